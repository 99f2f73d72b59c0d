"""What do customers want? Eight intents from 880 messages: train, measure, export, answer. `make demo` runs this.

usage: python apps/intents/run.py [--out saved_models/intents] [--encoder minilm] [--epochs 5]
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from keras_bigmodel.data import bundled_file, support_messages
from keras_bigmodel.pipeline import Screen, TrainSettings, import_tensorflow, load_task, train

QUESTIONS = [
    "hi, my parcel should have been here on monday??",
    "the zip on the jacket broke the first time i used it",
    "Can I still change the size of the boots to 39?",
    "You took the money twice from my card!",
    "does the lamp come with a bulb",
    "Lovely shop, thank you!",
]


def baseline_accuracy():
    """What word counts alone reach: TF-IDF and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10, max_iter=2000))
    return model.fit(*support_messages("train")).score(*support_messages("test"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="saved_models/intents")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--epochs", type=int, default=5)
    args = parser.parse_args()

    start = time.monotonic()
    import_tensorflow()
    print(f"Eight intents: {', '.join(sorted(set(support_messages('train')[1])))}\n")
    baseline = baseline_accuracy()
    settings = TrainSettings(
        table=str(bundled_file("support_messages.csv")),
        test=str(bundled_file("support_messages_test.csv")),
        out=args.out,
        encoder=args.encoder,
        epochs=args.epochs,
        learning_rate=2e-4,  # few rows: 25 steps an epoch
    )
    folder, manifest = train(settings, reporter=Screen())

    accuracy = manifest.metrics["test"]["accuracy"]
    print(f"\nOn the {manifest.metrics['test']['texts']} messages of the test split:")
    print(f"  words counted (TF-IDF, logistic regression)  {baseline:6.1%}")
    print(f"  this model                                   {accuracy:6.1%}\n")
    for text, answer in zip(QUESTIONS, load_task(folder).classify(QUESTIONS), strict=True):
        print(f"  {answer.label:22} {answer.probability:6.1%}  {text}")
    print(f"\nThe model: {folder} ({time.monotonic() - start:.0f} s). Go on with:")
    print(f'  bigmodel predict {args.out} "where is my order"')
    print(f"  bigmodel inspect {args.out}")
    print(f"Look at {folder / 'report' / 'index.html'}")
    print(json.dumps({"baseline_accuracy": round(baseline, 4), "accuracy": round(accuracy, 4), "folder": str(folder)}))


if __name__ == "__main__":
    main()
