"""The benchmark's own computing: ratios, goals, sides that fail; and a run of ours at toy size."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.harness.agreement import check_answers
from benchmarks.harness.cases import Case, all_cases, growth_names, toy_cases
from benchmarks.harness.comparison import Comparison, Pick, ratio_of
from benchmarks.harness.goals import comparisons
from benchmarks.harness.machine import in_words, machine
from benchmarks.harness.results_file import free_path, read_results, write_results
from benchmarks.harness.results_picture import draw_ratios
from benchmarks.harness.results_table import results_table
from benchmarks.harness.rounds import Findings, Progress, run_rounds
from benchmarks.harness.side_process import SideRun, run_side
from benchmarks.sides.side import Texts
from keras_bigmodel.data.bundled_texts import support_messages
from tests.tiny_bert import tiny_vocabulary

BENCH = Path(__file__).parents[1] / "benchmarks/bench.py"
KEY = ("training", "ours", "sst2", "float32")
ABOUT = {
    "date": "2026-11-22T10:00+00:00",
    "command": "bench.py data",
    "machine": machine(),
    "versions": {"ours": {"keras": "3"}},
    "rounds": 3,
    "threads": 2,
    "batch_size": 32,
    "max_length": 128,
    "quick": False,
}


def measured(who, figures, *, dtype="float32", metric="rows_per_second"):
    about = {"job": "training", "who": who, "set": "sst2", "dtype": dtype}
    return [{**about, "round": number, metric: figure} for number, figure in enumerate(figures, start=1)]


def compared(*, metric="rows_per_second", goal=None, ours=("float32",), peer=("float32",)):
    picks = [Pick("training", who, "sst2", dtypes) for who, dtypes in (("ours", ours), ("peer", peer))]
    return Comparison("ours : peer", metric, *picks, goal)


# ---- ratios


def test_a_ratio_is_taken_within_each_round_before_the_median():
    # The machine was twice as fast in the second round: the medians alone would say 150 : 100.
    lines = measured("ours", [100, 400, 150]) + measured("peer", [100, 200, 50])
    ratio = ratio_of(compared(), lines)
    assert ratio.values == (1.0, 2.0, 3.0)
    assert ratio.median == 2.0


def test_a_round_that_only_one_side_has_gives_no_ratio():
    assert ratio_of(compared(), measured("ours", [100, 400]) + measured("peer", [50])).values == (2.0,)


def test_the_best_dtype_is_the_best_of_all_rounds_not_of_each():
    lines = measured("ours", [100, 100, 100]) + measured("ours", [90, 180, 90], dtype="bfloat16")
    ratio = ratio_of(compared(ours=("float32", "bfloat16")), lines + measured("peer", [100, 100, 100]))
    assert ratio.values == (1.0, 1.0, 1.0)
    assert ratio.dtypes == ("float32", "float32")


def test_the_best_memory_is_the_smallest():
    lines = measured("ours", [900], metric="peak_mb") + measured("ours", [600], dtype="bfloat16", metric="peak_mb")
    comparison = compared(metric="peak_mb", ours=("float32", "bfloat16"))
    assert ratio_of(comparison, lines + measured("peer", [1200], metric="peak_mb")).values == (0.5,)


@pytest.mark.parametrize(
    ("metric", "ours", "goal", "outcome"),
    [
        ("rows_per_second", 200, 2.0, "reached"),
        ("rows_per_second", 199, 2.0, "not reached"),
        ("peak_mb", 100, 1.0, "reached"),
        ("peak_mb", 101, 1.0, "not reached"),
        ("first_prediction_s", 50, 1.0, "reached"),
        ("rows_per_second", 1, None, "no goal"),
    ],
)
def test_a_goal_is_reached_from_the_right_side(metric, ours, goal, outcome):
    lines = measured("ours", [ours], metric=metric) + measured("peer", [100], metric=metric)
    assert ratio_of(compared(metric=metric, goal=goal), lines).outcome == outcome


def test_one_dtype_that_failed_among_several_leaves_no_ratio():
    lines = measured("ours", [100]) + measured("peer", [50])
    comparison = compared(goal=1.0, peer=("float32", "bfloat16"))
    ratio = ratio_of(comparison, lines, failed={("training", "peer", "sst2", "bfloat16")})
    assert (ratio.outcome, ratio.values, ratio.median) == ("failed", (), None)


def test_a_side_that_is_not_here_and_a_job_that_was_not_run_are_told_apart():
    lines = measured("ours", [100])
    peer = ("training", "peer", "sst2", "float32")
    assert ratio_of(compared(goal=2.0), lines, not_here={peer}).outcome == "not here"
    assert ratio_of(compared(goal=2.0), lines).outcome == "not run"


FIGURES = st.lists(st.tuples(st.floats(0.1, 1e5), st.floats(0.1, 1e5)), min_size=1, max_size=7)


@given(FIGURES)
def test_a_machine_that_is_slower_in_some_rounds_changes_no_ratio(pairs):
    ours, peer = zip(*pairs, strict=True)
    slow = [1 + number for number in range(len(pairs))]
    steady = ratio_of(compared(), measured("ours", ours) + measured("peer", peer))
    halves = [
        measured(who, [f / s for f, s in zip(fs, slow, strict=True)]) for who, fs in (("ours", ours), ("peer", peer))
    ]
    assert ratio_of(compared(), halves[0] + halves[1]).values == pytest.approx(steady.values)
    assert min(steady.values) <= steady.median <= max(steady.values)


# ---- goals and cases as data


def test_every_comparison_names_measurements_that_a_case_makes():
    made = {case.key for case in all_cases()}
    kinds = [f"{texts}, {threads}" for texts in ("English", "Chinese") for threads in ("1 thread", "2 threads")]
    made |= {("tokens", who, kind, "") for who in ("keras_bigmodel", "tokenizers") for kind in kinds}
    grown = [f"{name}, {step}" for name in growth_names() for step in ("training", "prediction")]
    made |= {("growth", who, name, "bfloat16") for who in ("keras_bigmodel", "PyTorch") for name in grown}
    for comparison in comparisons():
        assert {*comparison.ours.candidates(), *comparison.peer.candidates()} <= made, comparison.name


def test_names_and_keys_are_used_once():
    names = [comparison.name for comparison in comparisons()]
    keys = [case.key for case in all_cases(streaming=True)]
    assert len(set(names)) == len(names)
    assert len(set(keys)) == len(keys)


def test_a_quick_run_has_every_job():
    assert {job for case in toy_cases() for job in case.jobs} == {job for case in all_cases() for job in case.jobs}


# ---- a side as a process


def side_script(folder, code):
    path = folder / "side.py"
    path.write_text(code, encoding="utf-8")
    return [sys.executable, "-S", str(path)]


def test_a_side_answers_in_lines(tmp_path):
    run = run_side(side_script(tmp_path, 'print(\'{"rows": 1}\\n{"rows": 2}\')'))
    assert run.lines == [{"rows": 1}, {"rows": 2}]
    assert run.error == ""


def test_a_sides_memory_is_its_own_and_not_that_of_the_largest_before(tmp_path):
    # From a small process: a child's figure holds what its parent held when it began, and this test's holds TensorFlow.
    large = side_script(tmp_path, "import sys; x = bytearray(int(sys.argv[1])); print('{}')")
    code = (
        "import sys; from harness.side_process import run_side\n"
        "for size in ('300000000', '1000'): print(run_side([*sys.argv[1:], size]).peak_mb)"
    )
    command = [sys.executable, "-S", "-c", code, *large]
    said = subprocess.run(command, cwd=BENCH.parent, capture_output=True, text=True, check=True).stdout
    first, second = map(float, said.split())
    assert 290 < first < 350
    assert second < 100


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; print('{}'); sys.exit('no such weights')", "ended with code 1\nno such weights"),
        ("print('hello')", "no JSON object: hello"),
        ("print('[1]')", "no JSON object: [1]"),
        ("pass", "printed nothing"),
        ("import os; os.abort()", "was ended by signal 6"),
    ],
)
def test_a_side_that_fails_says_why_and_gives_no_line(tmp_path, code, said):
    run = run_side(side_script(tmp_path, code))
    assert said in run.error
    assert run.lines == []


def test_a_side_that_hangs_is_ended(tmp_path):
    run = run_side(side_script(tmp_path, "import time; time.sleep(600)"), timeout=0.5)
    assert "time limit" in run.error
    assert run.seconds < 60


def test_a_python_that_is_not_there_is_a_failed_side(tmp_path):
    assert "could not be started" in run_side([str(tmp_path / "python"), "x.py"]).error


# ---- rounds


def case(who, **more):
    return Case(("training",), who, who, "side.py", "training", set="sst2", dtype="float32", **more)


def answers(**failing):
    """A runner that notes what ran; `failing` names who fails in which round."""
    ran = []

    def run(case, number):
        ran.append((case.who, number))
        failed = failing.get(case.who) == number
        return SideRun([] if failed else [{"rows_per_second": 10.0}], 1.0, 50.0, "ended with code 1" if failed else "")

    return run, ran


def test_sides_take_turns_backwards_in_every_second_round():
    run, ran = answers()
    run_rounds([case("a"), case("b")], 3, run, findings=Findings(), screen=None)
    assert ran == [("a", 1), ("b", 1), ("b", 2), ("a", 2), ("a", 3), ("b", 3)]


def test_a_rehearsal_is_not_measured_and_once_is_once():
    run, ran = answers()
    findings = Findings()
    run_rounds([case("a", rehearse=True), case("b", once=True)], 2, run, findings=findings, screen=None)
    assert ran == [("a", 0), ("a", 1), ("b", 1), ("a", 2)]
    assert [(line["who"], line["round"]) for line in findings.measurements] == [("a", 1), ("b", 1), ("a", 2)]


def test_a_side_that_failed_once_is_not_run_again_and_gets_no_ratio(tmp_path):
    run, ran = answers(peer=2)
    findings = Findings()
    run_rounds([case("ours"), case("peer")], 3, run, findings=findings, screen=None)
    assert ran.count(("peer", 3)) == 0
    ratio = ratio_of(compared(goal=2.0), findings.measurements, failed=set(findings.failures))
    assert ratio.outcome == "failed"
    table = results_table(findings, [ratio], ABOUT)
    assert "FAILED: training peer sst2 float32: ended with code 1" in table
    assert "reached" not in table
    assert draw_ratios(tmp_path / "none.png", [ratio], ABOUT) is False


def test_lines_of_growing_rows_are_told_apart():
    lines = [{"job": "training", "rows": rows, "rows_per_second": 5.0, "peak_mb": 700} for rows in (1000, 2000)]
    findings = Findings()
    grown = Case(("growth",), "ours", "ours", "streaming.py", set="rows", once=True, by_rows=True)
    run_rounds([grown], 1, lambda case, number: SideRun(lines, 1.0, 50.0), findings=findings, screen=None)
    assert [line["set"] for line in findings.measurements] == ["1000 rows, training", "2000 rows, training"]
    assert {(line["job"], line["peak_mb"]) for line in findings.measurements} == {("growth", 700)}


def test_the_time_left_is_what_each_case_took_before():
    first, second = case("a"), case("b")
    progress = Progress([first, second, first, second], None)
    assert progress.seconds_left() is None
    progress.ended(first, 10.0)
    assert progress.seconds_left() == 30.0
    progress.ended(second, 2.0)
    assert progress.seconds_left() == 12.0


# ---- answers


def test_a_side_that_answers_otherwise_is_found():
    lines = [{**line, "answers": [0, 1] * 50} for line in measured("ours", [1]) + measured("peer", [1])]
    lines += [{**line, "answers": [1, 1] * 10} for line in measured("nonsense", [1])]
    wrong = check_answers(lines)
    assert set(wrong) == {("training", "nonsense", "sst2", "float32")}
    assert "50.0%" in wrong["training", "nonsense", "sst2", "float32"]
    assert [line["agreement"] for line in lines] == [1.0, 1.0, 0.5]
    assert not any("answers" in line for line in lines)


def test_texts_to_warm_up_on_have_one_length_a_batch_and_few_lengths(tmp_path):
    lengths = [3 + row % 60 for row in range(200)]
    columns = {"texts": [f"text {row}" for row in range(200)], "labels": [row % 2 for row in range(200)]}
    (tmp_path / "set.json").write_text(json.dumps({"names": ["no", "yes"], "train": {**columns, "lengths": lengths}}))
    batches = Texts(tmp_path / "set.json", "train").one_batch_a_length()
    found = [{lengths[row] for row in rows} for rows in batches]
    assert all(len(rows) == 32 for rows in batches)
    assert len(batches) == 32
    assert all(len(kinds) == 1 for kinds in found)
    assert (found[0], found[-1]) == ({62}, {3})  # the longest first


# ---- what is written and shown


@pytest.fixture
def findings():
    lines = measured("ours", [100, 210, 300]) + measured("peer", [100, 100, 100])
    for line in lines:
        line |= {"peak_mb": 700.0, "accuracy": 0.875, "compile_s": 2.5}
    return Findings(lines, {}, {("single", "LiteRT", "sst2", "int8"): "not written yet"})


def test_results_are_read_as_they_were_written_and_the_tables_are_the_same(tmp_path, findings):
    path = tmp_path / "new" / "results.json"
    write_results(path, findings, ABOUT)
    again, about = read_results(path)
    assert again == findings
    assert about == {**ABOUT, "format": 1}
    ratio = ratio_of(compared(goal=2.0), again.measurements)
    table = results_table(again, [ratio], about)
    assert table == results_table(findings, [ratio_of(compared(goal=2.0), findings.measurements)], ABOUT)
    assert in_words(ABOUT["machine"]) in table
    assert "2.10" in table
    assert "≥ 2" in table
    assert "compile s" in table
    assert "not here: single LiteRT sst2 int8: not written yet" in table


def test_the_picture_is_drawn(tmp_path, findings):
    ratios = [ratio_of(compared(goal=goal), findings.measurements) for goal in (2.0, 3.0, None)]
    assert draw_ratios(tmp_path / "picture.png", ratios, ABOUT) is True
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("content", ["", "[]", '{"format": 0}', '{"rows": 1}'])
def test_a_file_that_is_no_result_is_refused(tmp_path, content):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(SystemExit, match=r"holds no results of bench\.py"):
        read_results(tmp_path / "x.json")


def test_a_second_run_of_a_day_overwrites_nothing(tmp_path):
    assert free_path(tmp_path, "2026-11-22").name == "2026-11-22.json"
    (tmp_path / "2026-11-22.json").touch()
    assert free_path(tmp_path, "2026-11-22").name == "2026-11-22_2.json"


# ---- the command


def bench(*arguments):
    return subprocess.run(
        [sys.executable, str(BENCH), *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_a_report_shows_failures_and_ends_with_1(tmp_path, findings):
    findings.failures[KEY] = "ended with code 1"
    write_results(tmp_path / "results.json", findings, ABOUT)
    done = bench("--report", tmp_path / "results.json")
    assert done.returncode == 1
    assert "FAILED: training ours sst2 float32" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "no data folder came"),
        (("no_such_folder",), 2, "is no folder"),
        ((".", "--rounds", "0"), 2, "wanted 1 or more"),
        ((".", "--sides", "torch", "--torch-python", "no/python"), 1, "no/python is not there"),
    ],
)
def test_a_call_that_cannot_work_is_answered_with_a_sentence(arguments, code, said):
    done = bench(*arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def toy_data(tmp_path):
    """A data folder of a hundred texts, as the quick run of our own side reads it."""
    texts, _ = support_messages("train")
    files = {
        "sst2/train.tsv": "".join(f"{text}\t{len(text) % 2}\n" for text in texts[:100]),
        "sst2/test.tsv": "".join(f"{text}\t{len(text) % 2}\n" for text in texts[100:180]),
        "ag_news/test.csv": "".join(f'"1","title","{text.replace(chr(34), "")}"\n' for text in texts[:40]),
        "thucnews_titles/test.txt": "词汇阅读是关键\t3\n" * 40,
        "bert_vocab/uncased_L-12_H-768_A-12/vocab.txt": "\n".join(tiny_vocabulary()) + "\n",
    }
    for name, content in files.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path / "data"


@pytest.mark.full
def test_a_quick_run_of_our_side_measures_every_job(tmp_path, toy_data):
    out = tmp_path / "results.json"
    done = bench(toy_data, "--quick", "--sides", "keras_bigmodel", "--out", out)
    assert done.returncode == 0, done.stderr[-3000:]
    results, about = read_results(out)
    assert about["quick"]
    assert {line["job"] for line in results.measurements} == {
        "training",
        "fixed",
        "prediction",
        "single",
        "tokens",
        "memory",
        "growth",
    }
    answered = [line for line in results.measurements if "agreement" in line]
    assert {line["who"] for line in answered} == {"keras_bigmodel", "SavedModel", "LiteRT"}
    assert all(line["agreement"] >= 0.95 for line in answered)
    assert "reached" not in done.stdout  # a toy reaches nothing
    assert out.with_suffix(".png").is_file()
