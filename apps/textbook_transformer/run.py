"""The textbook Transformer classifier: Input → TransformerLayer → pooling → Dense softmax, on real messages.

The `TransformerLayer(d_model, num_heads)` of the books, as a layer of one's own functional Keras model: learnt from
nothing, with `adam` and `sparse_categorical_crossentropy`, on token vectors from an embedding table.

usage: python apps/textbook_transformer/run.py [--epochs 25]
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from keras_bigmodel import TransformerLayer, WordPieceTokenizer
from keras_bigmodel.data import support_messages
from keras_bigmodel.tokenizers import learn_vocabulary

LENGTH = 48


def token_ids(tokenizer, texts):
    """Gives int32 `(texts, LENGTH)`: a text's ids, filled up with 0."""
    ids = tokenizer(texts, max_length=LENGTH)["token_ids"].numpy()
    return np.pad(ids, ((0, 0), (0, LENGTH - ids.shape[1])))


def build(vocabulary_size, num_labels, d_model=64, num_heads=4):
    """The model, as the textbooks draw it; the embedding's mask tells attention which tokens are padding."""
    inputs = keras.Input((LENGTH,), dtype="int32")
    x = keras.layers.Embedding(vocabulary_size, d_model, mask_zero=True)(inputs)
    x = TransformerLayer(d_model, num_heads)(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    outputs = keras.layers.Dense(num_labels, activation="softmax")(x)
    return keras.Model(inputs, outputs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=25)
    args = parser.parse_args()
    keras.utils.set_random_seed(0)

    (texts, labels), (test_texts, test_labels) = support_messages("train"), support_messages("test")
    names = sorted(set(labels))
    tokenizer = WordPieceTokenizer(learn_vocabulary(texts, 2000))
    x, y = token_ids(tokenizer, texts), np.array([names.index(label) for label in labels])
    x_test, y_test = token_ids(tokenizer, test_texts), np.array([names.index(label) for label in test_labels])

    model = build(tokenizer.vocabulary_size, len(names))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.summary()
    model.fit(x, y, batch_size=32, epochs=args.epochs, validation_data=(x_test, y_test), verbose=2)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"accuracy on the test messages, learnt from nothing: {accuracy:.1%}")


if __name__ == "__main__":
    main()
