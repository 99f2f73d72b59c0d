"""The textbook BERT classifier: three integer inputs → encoder → pooling → softmax Dense, with early stopping.

A pretrained encoder as a plain part of one's own functional Keras model, trained with Adam 3e-5 on
`categorical_crossentropy`, a tenth held back, `EarlyStopping(patience=3)`.

usage: python apps/textbook_bert/run.py [--encoder minilm] [--epochs 10]
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from keras_bigmodel import TextClassifier
from keras_bigmodel.data import support_messages

NAMES = ("token_ids", "padding_mask", "segment_ids")


def build(encoder, num_labels):
    """The model, as the tutorials draw it."""
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in NAMES}
    states = encoder(inputs)["sequence_output"]
    x = keras.layers.GlobalAveragePooling1D()(states, mask=inputs["padding_mask"])
    outputs = keras.layers.Dense(num_labels, activation="softmax")(x)
    return keras.Model(inputs, outputs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--epochs", type=int, default=10)
    args = parser.parse_args()
    keras.utils.set_random_seed(0)

    (texts, labels), (test_texts, test_labels) = support_messages("train"), support_messages("test")
    names = sorted(set(labels))
    one_hot = lambda column: keras.utils.to_categorical([names.index(label) for label in column], len(names))
    order = np.random.default_rng(0).permutation(len(texts))  # validation_split takes the last rows

    task = TextClassifier.from_encoder(args.encoder, labels=names, dtype="float32")  # brings tokenizer and encoder
    arrays = lambda column: {name: value.numpy() for name, value in task.preprocess(column).items()}
    x, y = arrays([texts[row] for row in order]), one_hot([labels[row] for row in order])

    model = build(task.encoder, len(names))
    model.compile(
        optimizer=keras.optimizers.Adam(3e-5),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    model.fit(
        x,
        y,
        batch_size=32,
        epochs=args.epochs,
        validation_split=0.1,
        callbacks=[keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)],
        verbose=2,
    )
    _, accuracy = model.evaluate(arrays(test_texts), one_hot(test_labels), verbose=0)
    print(f"accuracy on the test messages: {accuracy:.1%}")


if __name__ == "__main__":
    main()
