"""From a table to a phone: train, shrink to 8 bits, answer without TensorFlow, with the sizes and times of each step.

usage: python apps/phone/run.py [--out saved_models/phone] [--encoder minilm] [--epochs 5] [--quantize int8]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from keras_bigmodel.core.versions import LITE_PATH
from keras_bigmodel.data import bundled_file, support_messages
from keras_bigmodel.pipeline import Screen, TrainSettings, import_tensorflow, load_task, train

ON_DEVICE = Path(__file__).with_name("on_device.py")
ONE_BY_ONE = 100  # texts that the model answers one at a time


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="saved_models/phone")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--quantize", default="int8", choices=("int8", "int4", "float16", "none"))
    args = parser.parse_args()

    import_tensorflow()
    settings = TrainSettings(
        table=str(bundled_file("support_messages.csv")),
        test=str(bundled_file("support_messages_test.csv")),
        out=args.out,
        encoder=args.encoder,
        epochs=args.epochs,
        learning_rate=2e-4,
        formats="saved_model,litert",
        quantize=args.quantize,
    )
    folder, _ = train(settings, reporter=Screen())
    if not (folder / LITE_PATH).is_file():
        sys.exit("The LiteRT file lost too much and was not written (the note above); keep more: --quantize float16.")

    model = measured_model(folder)
    done = subprocess.run(
        [sys.executable, str(ON_DEVICE), str(folder / LITE_PATH), str(bundled_file("support_messages_test.csv"))],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    phone = json.loads(done.stdout.splitlines()[-1])
    print_table(model, phone, args.quantize)
    print(f"\nThe file for the phone: {folder / LITE_PATH}. Go on with:")
    print(f'  bigmodel-edge {folder / LITE_PATH} "where is my order"')
    print(f"  bigmodel-edge {folder / LITE_PATH} --vectors vectors   # to check the tokenizer of an app; docs/phones")
    print(json.dumps({"model": model, "phone": phone, "folder": str(folder)}))


def measured_model(folder):
    """Returns size, accuracy and times of the model itself: dict, as `on_device.py` prints."""
    start = time.perf_counter()
    task = load_task(folder)
    texts, labels = support_messages("test")
    task.classify(texts[:1])
    start_s = time.perf_counter() - start
    times = []
    for text in texts[:ONE_BY_ONE]:
        start = time.perf_counter()
        task.predict([text])
        times.append(time.perf_counter() - start)
    right = [answer.label == label for answer, label in zip(task.classify(texts), labels, strict=True)]
    size = sum(path.stat().st_size for path in (folder / "variables").iterdir())
    return {
        "megabytes": round(size / 1e6, 1),
        "accuracy": round(float(np.mean(right)), 4),
        "start_s": round(start_s, 2),
        "median_ms": round(1e3 * float(np.median(times)), 1),
    }


def print_table(model, phone, quantize):
    print(f"\n{'':34}{'the model':>12}{f'LiteRT {quantize}':>16}")
    for name, words in (
        ("megabytes", "size, MB"),
        ("accuracy", "accuracy on the test messages"),
        ("start_s", "start to the first answer, s"),
        ("median_ms", "one text, ms"),
    ):
        shown = [f"{one[name]:.1%}" if name == "accuracy" else str(one[name]) for one in (model, phone)]
        print(f"  {words:32}{shown[0]:>12}{shown[1]:>16}")
    print(f"  {'memory at its peak, MB':32}{'':>12}{phone['peak_mb']:>16}")


if __name__ == "__main__":
    main()
