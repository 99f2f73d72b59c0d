"""The tutorials' classifier on a TF-Hub BERT, in Keras 3: trained, saved, loaded, exported with text in the graph.

Three integer inputs → `HubEncoder` → `GlobalAveragePooling1D` → softmax; Adam 3e-5, `EarlyStopping`, a tenth held back.
Without --handle, a module is made of MiniLM first (`bigmodel export minilm --format tf_hub`).

usage: python apps/tf_hub_classifier/run.py [--handle FOLDER_OR_ADDRESS] [--out saved_models/tf_hub] [--epochs 10]
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from keras_bigmodel import HubEncoder, WordPieceTokenizer
from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.data import support_messages
from keras_bigmodel.export import Endpoint, write_saved_model
from keras_bigmodel.pipeline import export

NAMES = {"input_word_ids": "token_ids", "input_mask": "padding_mask", "input_type_ids": "segment_ids"}
LENGTH = 64


def build(handle, num_labels):
    """The model, as the tutorials draw it."""
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in NAMES}
    states = HubEncoder(handle, name="encoder")(inputs)["sequence_output"]
    x = keras.layers.GlobalAveragePooling1D()(states, mask=inputs["input_mask"])
    outputs = keras.layers.Dense(num_labels, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs, outputs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--handle", help="a TF-Hub BERT: its folder or address")
    parser.add_argument("--encoder", default="minilm", help="what a module is made of without --handle")
    parser.add_argument("--out", default="saved_models/tf_hub")
    parser.add_argument("--epochs", type=int, default=10)
    args = parser.parse_args()
    keras.utils.set_random_seed(0)
    out = Path(args.out)
    handle = args.handle or out / "modules" / "encoder"
    if args.handle is None and not handle.is_dir():
        export(args.encoder, format="tf_hub", out=out / "modules")

    vocabulary, settings = open_checkpoint(handle).vocabulary()
    tokenizer = WordPieceTokenizer(vocabulary, **settings)

    def features(texts):
        """Token ids under TF-Hub's names; the same ops in training and in the export."""
        packed = tokenizer(texts, max_length=LENGTH)
        return {theirs: packed[ours] for theirs, ours in NAMES.items()}

    (texts, labels), (test_texts, test_labels) = support_messages("train"), support_messages("test")
    names = sorted(set(labels))
    numbers = lambda column: np.array([names.index(label) for label in column])
    arrays = lambda column: {name: part.numpy() for name, part in features(column).items()}
    order = np.random.default_rng(0).permutation(len(texts))  # validation_split takes the last rows

    model = build(handle, len(names))
    model.compile(keras.optimizers.Adam(3e-5), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        arrays([texts[row] for row in order]),
        numbers(labels)[order],
        batch_size=32,
        epochs=args.epochs,
        validation_split=0.1,
        callbacks=[keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)],
        verbose=2,
    )
    test = arrays(test_texts)
    _, accuracy = model.evaluate(test, numbers(test_labels), verbose=0)

    model.save(out / "classifier.keras")
    again = keras.models.load_model(out / "classifier.keras")
    same = float(np.abs(again.predict(test, verbose=0) - model.predict(test, verbose=0)).max())

    def serving_default(text):
        probabilities = model(features(text), training=False)
        return {"probabilities": probabilities, "label": tf.gather(names, tf.argmax(probabilities, axis=-1))}

    endpoint = Endpoint(serving_default, (tf.TensorSpec([None], tf.string, name="text"),))
    write_saved_model({"serving_default": endpoint}, model.variables, out / "1")
    served = tf.saved_model.load(str(out / "1")).signatures["serving_default"]
    answers = [label.decode() for label in served(text=tf.constant(test_texts))["label"].numpy()]
    served_accuracy = float(np.mean([ours == theirs for ours, theirs in zip(answers, test_labels, strict=True)]))

    print(f"\naccuracy on the test messages: {accuracy:.1%}; of the SavedModel, from strings: {served_accuracy:.1%}")
    print(f"saved and loaded again, the probabilities differ by {same:.1g}")
    print(f"{test_texts[0]!r} → {answers[0]}")
    print(json.dumps({"accuracy": float(accuracy), "served_accuracy": served_accuracy, "difference": same}))


if __name__ == "__main__":
    main()
