"""How alike two sentences are: a score of both together, and the cosine of two vectors, which then search a list.

usage: python apps/sentence_similarity/run.py --train stsb-train.csv --validation stsb-dev.csv --test stsb-test.csv
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from keras_bigmodel.pipeline import TrainSettings, load_task, measure, train
from keras_bigmodel.pipeline.screen import Screen
from keras_bigmodel.tables import read_text_table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True, help="table: first text, second text, score; no header")
    parser.add_argument("--validation", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--out", default="saved_models/similarity")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--question", default="a man is playing an instrument")
    args = parser.parse_args()
    columns = {"text": "1", "pair": "2", "label": "3", "header": False}
    test = read_text_table(args.test, label_kind="number", **columns)
    folders = {}
    for head in ("linear", "cosine"):
        settings = TrainSettings(
            table=args.train,
            validation=args.validation,
            task="regression",
            head=head,
            encoder=args.encoder,
            epochs=args.epochs,
            out=str(Path(args.out) / head),
            **columns,
        )
        folders[head], _ = train(settings, reporter=Screen())
        found = measure(load_task(folders[head]), test, reporter=Screen())
        print(f"{head}: Spearman {found['spearman']:.4f}, Pearson {found['pearson']:.4f} on {found['texts']} pairs")

    embed = tf.saved_model.load(str(folders["cosine"])).signatures["embed"]
    texts = list(dict.fromkeys(test.texts))[:200]
    vectors = embed(text=tf.constant([args.question, *texts]))["embedding"].numpy()
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = vectors[1:] @ vectors[0]
    print(f"Most like {args.question!r}:")
    for row in np.argsort(-alike)[:3]:
        print(f"  {alike[row]:.3f}  {texts[row]}")


if __name__ == "__main__":
    main()
