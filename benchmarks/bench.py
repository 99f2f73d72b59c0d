"""Measures keras_bigmodel beside PyTorch with transformers and KerasHub, on the same texts, and prints ratios.

python benchmarks/bench.py DATA_FOLDER [--jobs training prediction ...] [--rounds 3] [--quick]
python benchmarks/bench.py --report benchmarks/results/DATE.json

Each side of a job is a process of its own; the sides take turns within every round, and a ratio is computed within a
round before the median is taken. All are warmed up first; what is compiled outside the clock is told in a line of its
own. PyTorch's side runs in .venv-bench (`make bench` makes it), KerasHub's where this runs. Writes
benchmarks/results/DATE.json and DATE.png. Ends with 1 when a side failed.

Jobs: training (real lengths), fixed (training on 32 x 128), prediction (strings to labels; ids of 32 x 128), single
(one text at a time), tokens (tokenisation alone), memory (peaks; start to first prediction), growth.
"""

import argparse
import datetime
import json
import shlex
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from harness.agreement import check_answers
from harness.cases import JOBS, SETS, SIDES, all_cases, toy_cases
from harness.comparison import ratio_of
from harness.goals import comparisons
from harness.machine import in_words, is_busy, machine
from harness.results_file import free_path, read_results, write_results
from harness.results_picture import draw_ratios
from harness.results_table import results_table
from harness.rounds import Findings, run_rounds
from harness.side_environment import SideEnvironment
from harness.work_folder import BATCH_SIZE, MAX_LENGTH, WorkFolder

HERE = Path(__file__).resolve().parent


def main():
    """Runs the bench, or shows earlier results; gives the exit code."""
    args = arguments()
    if args.report:
        findings, about = read_results(args.report)
        report(findings, about, args.report)
        return 1 if findings.failures else 0
    environment = SideEnvironment(args.threads, args.torch_python, args.user_python)
    cases, not_here = chosen_cases(args, environment.missing())
    path = args.out or free_path(HERE / "results", datetime.date.today().isoformat())
    findings, about = Findings(not_here=not_here), description(args)
    print(in_words(about["machine"]), file=sys.stderr)
    if is_busy(about["machine"]):
        print(f"The machine is busy (load {about['machine']['load']}): figures will be off.", file=sys.stderr)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends this ends the side that runs
    try:
        measure(args, cases, environment, findings, lambda: write_results(path, findings, about))
    except KeyboardInterrupt:
        about["interrupted"] = True
    findings.failures.update(check_answers(findings.measurements))
    about["versions"] = versions(findings.measurements)
    write_results(path, findings, about)
    report(findings, about, path)
    return 130 if about.get("interrupted") else 1 if findings.failures else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, help="folder of the public sets; see datasets.py")
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS), help="default: all")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), help="texts; default: all")
    parser.add_argument("--sides", nargs="+", choices=SIDES, help="default: those that are installed")
    parser.add_argument("--rounds", type=int, help="default: 3; of a quick run 1")
    parser.add_argument("--rows", type=int, default=3200, help="texts to train on; of 32 x 128 a fifth of them")
    parser.add_argument("--few-rows", type=int, default=320, help="the same for KerasHub; it predicts twice as many")
    parser.add_argument("--test-rows", type=int, help="texts to predict at most; default: whole test sets")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="toy size, toy encoder: shows that all runs, and no more")
    parser.add_argument("--torch-python", type=Path, default=HERE.parent / ".venv-bench/bin/python")
    parser.add_argument("--user-python", type=Path, default=HERE.parent / ".venv-user/bin/python")
    parser.add_argument("--out", type=Path, help="JSON file to write; the picture stands beside it")
    parser.add_argument("--report", type=Path, metavar="FILE", help="print and draw an earlier run's results again")
    args = parser.parse_args()
    if args.rounds is None:
        args.rounds = 1 if args.quick else 3
    for name in ("rounds", "rows", "few_rows", "test_rows", "threads"):
        number = getattr(args, name)
        if number is not None and number < 1:
            parser.error(f"--{name.replace('_', '-')} {number} came; wanted 1 or more")
    if not args.report and args.data is None:
        parser.error("no data folder came; name it, e.g. python benchmarks/bench.py DATA_FOLDER")
    if not args.report and not args.data.is_dir():
        parser.error(f"{args.data} is no folder; name the folder of the public sets")
    return args


def chosen_cases(args, missing):
    """Gives the cases to run and a dict of key → why another cannot run here.

    Args:
        args: the command line's.
        missing: dict of side → why it is not here.

    Raises:
        SystemExit: a missing side was asked for by name.
    """
    for side, reason in missing.items():
        if side in (args.sides or ()):
            raise SystemExit(f"--sides {side} came, and {reason}.")
    cases = toy_cases() if args.quick else all_cases(streaming=(HERE / "streaming.py").is_file())
    cases = [case for case in cases if set(case.jobs) & set(args.jobs) and case.side in (args.sides or SIDES)]
    cases = [case for case in cases if case.set not in SETS or case.set in args.sets]
    not_here = {case.key: missing[case.side] for case in cases if case.side in missing}
    return [case for case in cases if case.key not in not_here], not_here


def description(args):
    """Gives what the figures depend on."""
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
        "command": shlex.join(["bench.py", *sys.argv[1:]]),
        "machine": machine(),
        "versions": {},
        "rounds": args.rounds,
        "threads": args.threads,
        "batch_size": BATCH_SIZE,
        "max_length": MAX_LENGTH,
        "quick": args.quick,
    }


def measure(args, cases, environment, findings, save):
    """Runs all cases and fills the findings."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        work = WorkFolder(Path(folder), args.rows, args.few_rows, args.test_rows, args.threads, args.quick)
        if any(case.function for case in cases):
            print("preparing texts and classifiers", file=sys.stderr)
            work.prepare(args.data, cases, environment)

        def run(case, number):
            words = [argument.format(data=args.data) for argument in case.arguments]
            if case.function is not None:
                words = [case.function, json.dumps(work.settings(case, number))]
            return environment.run(case.side, case.script, *words)

        run_rounds(cases, args.rounds, run, findings=findings, after_each_job=save)


def versions(measurements):
    """Takes the versions out of the measurements: a dict of program → versions."""
    found = {}
    for line in measurements:
        packages = line.pop("versions", None)
        if packages:
            found[line["who"]] = packages
    return found


def report(findings, about, path):
    """Prints the table and draws the picture beside the results."""
    compared = comparisons()
    if about["quick"]:  # a toy reaches nothing and misses nothing
        compared = [replace(comparison, goal=None) for comparison in compared]
    failed, not_here = set(findings.failures), set(findings.not_here)
    ratios = [ratio_of(entry, findings.measurements, failed=failed, not_here=not_here) for entry in compared]
    print(results_table(findings, ratios, about))
    picture = Path(path).with_suffix(".png")
    drawn = draw_ratios(picture, ratios, about)
    print(f"{path} and {picture.name}" if drawn else path)


if __name__ == "__main__":
    sys.exit(main())
