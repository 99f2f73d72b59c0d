"""Accuracy after fine-tuning MiniLM by the recipe, mean over seeds, on public sets in a folder that you name.

usage: python benchmarks/accuracy.py DATA_FOLDER [--sets sst2:1 sst2:3 banking77:5 ag_news:2] [--seeds 0 1 2]
Prints one JSON line a run and one a set. `--part dev` measures on development parts: settings are chosen there.
"""

import argparse
import json
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import datasets


def run(name, epochs, seed, args):
    import keras

    from keras_bigmodel import TextClassifier
    from keras_bigmodel.data.batch_plan import padding_share
    from keras_bigmodel.data.length_batches import LengthBatches

    (texts, labels), (test_texts, test_labels) = datasets.read(name, args.data, args.part)
    keras.utils.set_random_seed(seed)
    task = TextClassifier.from_encoder("minilm", labels=sorted(set(labels)), dtype=args.dtype, **json.loads(args.make))
    task.compile(**json.loads(args.compile))
    start = time.time()
    task.fit(texts, labels, batch_size=32, epochs=epochs, verbose=0, seed=seed)
    seconds = time.time() - start
    accuracy = task.evaluate(test_texts, test_labels, verbose=0, return_dict=True)["accuracy"]
    batches = LengthBatches(task.preprocessor.encode(task.preprocessor.checked(texts)), batch_size=32, seed=seed)
    return {
        "set": name,
        "epochs": epochs,
        "seed": seed,
        "part": args.part,
        "dtype": task.export_dtype,
        "accuracy": round(float(accuracy), 4),
        "train_rows_per_second": round(epochs * len(texts) / seconds, 1),
        "padding": round(padding_share(batches.examples.lengths, batches.plan()), 4),
        "make": args.make,
        "compile": args.compile,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--sets", nargs="+", default=["sst2:1", "sst2:3", "banking77:5", "ag_news:2"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--part", choices=["test", "dev"], default="test")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--make", default="{}", help="JSON of arguments to TextClassifier.from_encoder")
    parser.add_argument("--compile", default="{}", help="JSON of arguments to compile")
    args = parser.parse_args()
    for entry in args.sets:
        name, epochs = entry.split(":")
        runs = []
        for seed in args.seeds:
            runs.append(run(name, int(epochs), seed, args))
            print(json.dumps(runs[-1]), flush=True)
        scores = [result["accuracy"] for result in runs]
        print(
            json.dumps({"set": entry, "part": args.part, "mean_accuracy": round(statistics.mean(scores), 4)}),
            flush=True,
        )


if __name__ == "__main__":
    main()
