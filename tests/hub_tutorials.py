"""The calls of TF-Hub's published tutorials on two modules; a script, without this package, for any TensorFlow.

"Classify text with BERT", "Solve GLUE tasks using BERT on TPU", and the module pages' usage.
usage: hub_tutorials.py PREPROCESSOR ENCODER FOLDER; prints one line of JSON.
"""

import json
import os
import subprocess
import sys

import numpy as np
import tensorflow as tf

TEXTS = ["this is such an amazing movie!", "The movie was great!", "The movie was terrible...", "Unverständlich", ""]
LENGTH = 12


def module_page(preprocessor_handle, encoder_handle):
    """What the pages of preprocessors and encoders show."""
    import tensorflow_hub as hub

    preprocessor = hub.load(preprocessor_handle)
    tokens = preprocessor.tokenize(tf.constant(TEXTS))
    packed = preprocessor.bert_pack_inputs([tokens, tokens], tf.constant(LENGTH + 8))
    by_keyword = preprocessor.bert_pack_inputs([tokens], seq_length=LENGTH)
    flat = preprocessor.bert_pack_inputs([tokens.merge_dims(1, 2)], seq_length=LENGTH)
    for name in by_keyword:
        np.testing.assert_array_equal(by_keyword[name], flat[name])
    special = {name: int(value) for name, value in preprocessor.tokenize.get_special_tokens_dict().items()}
    encoder = hub.load(encoder_handle)
    outputs = encoder(packed)
    with open(encoder.vocab_file.asset_path.numpy().decode(), encoding="utf-8") as file:
        words = file.read().split("\n")[:-1]
    found = {
        "tokens": tokens.to_list(),
        "ids": packed["input_word_ids"].numpy().tolist(),
        "types": packed["input_type_ids"].numpy().tolist(),
        "mask": packed["input_mask"].numpy().tolist(),
        "special": special,
        "words": len(words),
        "lower": bool(encoder.do_lower_case.numpy()),
        "pooled": outputs["pooled_output"].numpy().tolist(),
        "layers": len(outputs["encoder_outputs"]),
        "default_is_pooled": bool(np.array_equal(outputs["default"], outputs["pooled_output"])),
        "states_are_the_last": bool(np.array_equal(outputs["encoder_outputs"][-1], outputs["sequence_output"])),
    }
    if hasattr(encoder, "mlm"):
        positions = tf.constant([[1, 2]] * len(TEXTS))
        found["mlm"] = encoder.mlm({**packed, "masked_lm_positions": positions})["mlm_logits"].numpy()[..., :5].tolist()
    return found


def classify_text(keras, preprocessor_handle, encoder_handle, folder):
    """ "Classify text with BERT": strings in, the encoder fine-tuned, the whole saved and loaded again."""
    import tensorflow_hub as hub

    text = keras.layers.Input(shape=(), dtype=tf.string, name="text")
    inputs = hub.KerasLayer(preprocessor_handle, name="preprocessing")(text)
    encoder = hub.KerasLayer(encoder_handle, trainable=True, name="BERT_encoder")
    net = keras.layers.Dropout(0.1)(encoder(inputs)["pooled_output"])
    model = keras.Model(text, keras.layers.Dense(1, activation=None, name="classifier")(net))
    model.compile(keras.optimizers.Adam(3e-3), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    texts, labels = tf.constant(TEXTS[:4] * 4), tf.constant([[1.0], [1.0], [0.0], [0.0]] * 4)
    before = [weight.numpy() for weight in encoder.trainable_weights]
    losses = model.fit(texts, labels, epochs=8, batch_size=8, verbose=0).history["loss"]
    moved = [bool(np.any(new.numpy() != old)) for new, old in zip(encoder.trainable_weights, before, strict=True)]
    model.save(folder, include_optimizer=False, save_format="tf")
    again = tf.saved_model.load(folder)
    difference = np.abs(again(texts).numpy() - model(texts).numpy()).max()
    return {"losses": losses, "moved": sum(moved), "weights": len(moved), "difference": float(difference)}


def glue(keras, preprocessor_handle, encoder_handle):
    """ "Solve GLUE tasks using BERT on TPU": two texts, tokenized and packed by parts of the preprocessor."""
    import tensorflow_hub as hub

    preprocessor = hub.load(preprocessor_handle)
    segments = [keras.layers.Input(shape=(), dtype=tf.string, name=name) for name in ("sentence1", "sentence2")]
    tokenizer = hub.KerasLayer(preprocessor.tokenize, name="tokenizer")
    packer = hub.KerasLayer(preprocessor.bert_pack_inputs, arguments={"seq_length": LENGTH}, name="packer")
    model = keras.Model(segments, packer([tokenizer(part) for part in segments]))
    packed = model({"sentence1": tf.constant(TEXTS), "sentence2": tf.constant(TEXTS[::-1])})
    encoder = hub.KerasLayer(encoder_handle, trainable=False)
    return {"shape": list(encoder(packed)["sequence_output"].shape), "frozen": len(encoder.trainable_weights)}


def run_tutorials(python, modules, folder):
    """Runs them with an interpreter on what `bigmodel export --format tf_hub` wrote; gives what they print."""
    parts = [str(modules / "preprocessor"), str(modules / "encoder"), str(folder)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("KERAS_BACKEND", None)
    ran = subprocess.run([python, __file__, *parts], capture_output=True, text=True, env=environment, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.splitlines()[-1])


def main(preprocessor_handle, encoder_handle, folder):
    """Runs all of them."""
    import tensorflow_text  # noqa: F401 (ops of the preprocessor)

    try:
        import tf_keras as keras  # hub.KerasLayer is one of its layers from TensorFlow 2.16 on
    except ImportError:
        keras = tf.keras
    print(
        json.dumps(
            {
                "tensorflow": tf.__version__,
                "page": module_page(preprocessor_handle, encoder_handle),
                "classify": classify_text(keras, preprocessor_handle, encoder_handle, folder),
                "glue": glue(keras, preprocessor_handle, encoder_handle),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
