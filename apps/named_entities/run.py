"""Finds names in texts: trained on tagged words, measured, asked, also of a text longer than the encoder reads.

usage: python apps/named_entities/run.py --train eng.train --validation eng.testa --test eng.testb
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from keras_bigmodel.pipeline import TrainSettings, load_task, measure, train
from keras_bigmodel.pipeline.screen import Screen
from keras_bigmodel.tables import read_text_table

SENTENCES = ["Angela Merkel met Tim Cook in Cupertino .", "Real Madrid beat Barcelona 2-1 on Sunday ."]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True, help="tagged words: CoNLL columns or JSON lines")
    parser.add_argument("--validation", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--out", default="saved_models/named_entities")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--max-length", type=int, default=128)
    args = parser.parse_args()
    settings = TrainSettings(
        table=args.train,
        validation=args.validation,
        task="token_classification",
        encoder=args.encoder,
        epochs=args.epochs,
        max_length=args.max_length,
        out=args.out,
    )
    folder, _ = train(settings, reporter=Screen())

    task = load_task(folder)
    found = measure(task, read_text_table(args.test, label_kind="spans"), reporter=Screen())
    for name in ("micro_f1", "micro_precision", "micro_recall"):
        low, high = found["intervals"][name]
        print(f"{name}: {found[name]:.4f} ({low:.4f}–{high:.4f})")
    for label, row in found["per_class"].items():
        print(f"  {label}: F1 {row['f1']:.3f}, {row['spans']} spans")
    print(", ".join(f"{name}: {number}" for name, number in found["outcomes"].items()))

    for text, answer in zip(SENTENCES, task.tag(SENTENCES), strict=True):
        print(f"{text!r}:", ", ".join(f"{span.text} ({span.label})" for span in answer.spans) or "no span")
    long = " ".join(SENTENCES * 20)
    (answer,) = task.tag([long])
    tokens = int(task.token_counts([long])[0][0])
    print(f"{tokens} tokens, read {task.max_length} at once: {len(answer.spans)} spans")


if __name__ == "__main__":
    main()
