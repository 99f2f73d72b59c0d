"""Prints how fast the tokenizers are beside Hugging Face's: `python benchmarks/tokenize_speed.py DATA_FOLDER`.

At the end stand the time of one text of 20 words, and what one word of 100 characters among 1,000 texts costs.
One process per number of threads (both engines read it once, at start); each figure is the median of several runs.
With `--json` it prints a JSON line for each engine and kind of text, as bench.py reads them.
"""

import argparse
import csv
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BATCH = 1024
KINDS = ("English", "German", "Chinese")
WHO = {
    "HF": "tokenizers",
    "exact": "keras_bigmodel",
    "core": "keras_bigmodel core ops",
    "fast": "keras_bigmodel fast",
    "plain": "keras_bigmodel plain",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--texts", choices=KINDS, nargs="*", default=list(KINDS))
    parser.add_argument("--most", type=int, help="texts of each kind at most; default: all")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--words", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps((measure_words if arguments.words else measure)(arguments, arguments.child)))
        return
    show = print_lines if arguments.json else print_table
    if not arguments.json:
        print_heading()
    for threads in arguments.threads:
        show(threads, json.loads(in_a_process(arguments, threads)))
    if not arguments.json:
        print_words(json.loads(in_a_process(arguments, arguments.threads[-1], "--words")))


def in_a_process(arguments, threads, *more):
    """Gives what a process of so many threads measured, as JSON."""
    command = [sys.executable, __file__, str(arguments.data_folder), "--child", str(threads)]
    command += ["--runs", str(arguments.runs), "--texts", *arguments.texts, *more]
    command += ["--most", str(arguments.most)] if arguments.most else []
    environment = os.environ | {"RAYON_NUM_THREADS": str(threads), "TF_CPP_MIN_LOG_LEVEL": "3"}
    if threads == 1:
        environment["TOKENIZERS_PARALLELISM"] = "false"
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def print_heading():
    processor = platform.processor() or platform.machine()
    print(f"{processor}, {os.cpu_count()} cores; MB of text a second, batches of {BATCH}")
    engines = "".join(f" {engine:>7}" for engine in WHO)
    print(f"{'texts':10} {'threads':>7}{engines}   exact/HF  core/HF  fast/HF  plain/HF")


def print_table(threads, answer):
    for name, speeds in answer.items():
        ratios = "  ".join(f"{speeds[engine] / speeds['HF']:7.1f}x" for engine in ("exact", "core", "fast", "plain"))
        print(f"{name:10} {threads:7} " + " ".join(f"{speed:7.1f}" for speed in speeds.values()) + f"   {ratios}")


def print_words(answer):
    for ops, (milliseconds, factor) in answer.items():
        print(f"ops {ops}: one text of 20 words {milliseconds:.2f} ms; with a word of 100 characters x {factor:.2f}")


def print_lines(threads, answer):
    ending = "1 thread" if threads == 1 else f"{threads} threads"
    for name, speeds in answer.items():
        for engine, speed in speeds.items():
            about = {"who": WHO[engine], "set": f"{name}, {ending}", "peak_mb": None}  # one process holds them all
            print(json.dumps({**about, "mb_per_second": round(speed, 3)}))


def use_threads(threads):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def read_vocabulary(folder):
    return (folder / "bert_vocab/uncased_L-12_H-768_A-12/vocab.txt").read_text("utf-8").split("\n")[:-1]


def measure_words(arguments, threads):
    use_threads(threads)
    from keras_bigmodel.tokenizers import WordPieceTokenizer

    texts, answer = english(arguments.data_folder)[:1000], {}
    one, longer = " ".join(" ".join(texts).split()[:20]), [*texts[:-1], f"{texts[-1]} {'x' * 100}"]
    for ops in ("text", "core"):
        tokenizer = WordPieceTokenizer(read_vocabulary(arguments.data_folder), ops=ops)
        without, with_it = alternating_seconds(tokenizer.tokenize, (texts, longer), 10 * arguments.runs)
        (alone,) = alternating_seconds(tokenizer.tokenize, ([one],), 40 * arguments.runs)
        answer[ops] = 1000 * alone, with_it / without
    return answer


def alternating_seconds(run, inputs, runs):
    """Gives the median seconds of each input, which take turns."""
    seconds = [[] for _ in inputs]
    for turn in range(runs + 1):  # the first traces the graph
        for given, taken in zip(inputs, seconds, strict=True):
            start = time.perf_counter()
            run(given)
            if turn:
                taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in seconds]


def measure(arguments, threads):
    use_threads(threads)
    from tokenizers import BertWordPieceTokenizer

    from keras_bigmodel.tokenizers import PlainWordPieceTokenizer, WordPieceTokenizer

    vocabulary = read_vocabulary(arguments.data_folder)
    hugging_face = BertWordPieceTokenizer({token: position for position, token in enumerate(vocabulary)})
    plain = PlainWordPieceTokenizer(vocabulary)

    def through_graph(tokenizer):
        def run(texts):
            batches = (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))
            with ThreadPoolExecutor(threads) as pool:
                return list(pool.map(tokenizer.tokenize, batches))

        return run

    def through_hugging_face(texts):
        for start in range(0, len(texts), BATCH):
            hugging_face.encode_batch(texts[start : start + BATCH], add_special_tokens=False)

    engines = {
        "HF": through_hugging_face,
        "exact": through_graph(WordPieceTokenizer(vocabulary, ops="text")),
        "core": through_graph(WordPieceTokenizer(vocabulary, ops="core")),
        "fast": through_graph(WordPieceTokenizer(vocabulary, mode="fast")),
        "plain": lambda texts: [plain.tokenize(text) for text in texts],
    }
    return {
        name: {engine: speed(run, texts, arguments.runs) for engine, run in engines.items()}
        for name, texts in corpora(arguments.data_folder, arguments.texts, arguments.most).items()
    }


def corpora(folder, kinds, most):
    readers = {"English": english, "German": german, "Chinese": chinese}
    return {kind: readers[kind](folder)[:most] for kind in kinds}


def english(folder):
    with open(folder / "ag_news/test.csv", encoding="utf-8", newline="") as file:
        return [row[2] for row in csv.reader(file)]


def german(folder):
    with gzip.open(folder / "multi30k_en_de/train.de.gz", "rt", encoding="utf-8") as file:
        return file.read().split("\n")[:15000]


def chinese(folder):
    return (folder / "thucnews_titles/test.txt").read_text("utf-8").split("\n")


def speed(run, texts, runs):
    run(texts[:BATCH])
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        run(texts)
        seconds.append(time.perf_counter() - start)
    return megabytes / statistics.median(seconds)


if __name__ == "__main__":
    main()
