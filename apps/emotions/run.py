"""Which feelings a text has, none, one or several: trained on a table, measured, asked, also as a file for phones.

usage: python apps/emotions/run.py --train train.tsv --validation dev.tsv --test test.tsv [--names emotions.txt]
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from keras_bigmodel.edge import LiteClassifier
from keras_bigmodel.pipeline import TrainSettings, export, load_task, measure, train
from keras_bigmodel.pipeline.screen import Screen
from keras_bigmodel.tables import read_text_table

SENTENCES = ["thank you so much, that made my day", "how dare they, i am furious", "the bus leaves at nine"]


def named(labels, names):
    return [names[int(label)] if names else label for label in labels]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True, help="table: texts in column 1, labels in column 2, no header")
    parser.add_argument("--validation", required=True, help="the thresholds are chosen on it")
    parser.add_argument("--test", required=True)
    parser.add_argument("--names", help="file with a name a line, if the labels are numbers from 0")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--out", default="saved_models/emotions")
    parser.add_argument("--epochs", type=int, default=3)
    args = parser.parse_args()
    columns = {"text": "1", "label": "2", "header": False}
    settings = TrainSettings(
        table=args.train,
        validation=args.validation,
        task="multi_label",
        encoder=args.encoder,
        epochs=args.epochs,
        out=args.out,
        **columns,
    )
    folder, _ = train(settings, reporter=Screen())
    names = Path(args.names).read_text(encoding="utf-8").split() if args.names else None

    task = load_task(folder)
    found = measure(task, read_text_table(args.test, label_kind="several", **columns), reporter=Screen())
    for name in ("micro_f1", "macro_f1", "subset_accuracy"):
        low, high = found["intervals"][name]
        print(f"{name}: {found[name]:.4f} ({low:.4f}–{high:.4f})")
    worst = sorted(found["per_class"].items(), key=lambda row: row[1]["f1"])[:5]
    for label, row in worst:
        name = named([label], names)[0]
        print(f"  {name}: F1 {row['f1']:.3f}, threshold {row['threshold']:.3f}, {row['texts']} texts")

    phone = Path(args.out) / "phone"
    export(folder, format="litert", out=phone, max_drop=2)
    for text, ours, theirs in zip(
        SENTENCES, task.answers(SENTENCES), LiteClassifier(phone / "model.tflite").classify(SENTENCES), strict=True
    ):
        print(f"{text!r}: {named(ours.labels, names)}; on the phone {named(theirs.labels, names)}")


if __name__ == "__main__":
    main()
