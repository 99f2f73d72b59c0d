"""What is refused of TF-Hub modules and by `bigmodel doctor`: name → function that is refused.

Each runs in a folder that holds what `write_modules` wrote. `docs/bad-input.md` has the sentences.
"""

import shutil
from pathlib import Path
from unittest import mock

import tensorflow as tf

from keras_bigmodel import HubEncoder, TextClassifier, WordPieceTokenizer, load_encoder
from keras_bigmodel.checkpoints import open_checkpoint
from keras_bigmodel.doctor import examine
from keras_bigmodel.preprocessors import TextPreprocessor
from tests.doctor.broken_models import write
from tests.hub_modules import write_hub_bert, write_hub_preprocessor
from tests.tiny_bert import tiny_vocabulary

IDS = [tf.TensorSpec([None, None], tf.int32, name=f"input_{name}") for name in ("word_ids", "mask", "type_ids")]


def write_modules():
    """Writes a BERT, one that was exported frozen, a preprocessor, and models that are neither."""
    write_hub_bert("bert", tiny_vocabulary(), layers=1)
    write_hub_bert("frozen", tiny_vocabulary(), layers=1, trainable=False)
    write_hub_preprocessor("preprocessor", Path("bert/assets/vocab.txt"))
    write(Path("embedding"), lambda text: {"embedding": tf.strings.to_number(text)[:, tf.newaxis]}, warm_up=False)
    masked = lambda input_word_ids, input_mask, input_type_ids: {"out": input_mask}
    write(Path("signatures"), masked, *IDS, warm_up=False)
    root = tf.Module()
    root.layer = tf.Module()
    root.layer.kernel = tf.Variable(tf.ones((4, 4)), name="shared_layer/kernel")
    root.__call__ = tf.function(lambda inputs: inputs, input_signature=[{spec.name: spec for spec in IDS}])
    write(Path("albert"), masked, *IDS, root=root, warm_up=False)
    write(Path("segmenter"), warm_up=False)
    Path("segmenter/tfhub_module.pb").write_bytes(b"\x08\x03")


def without_network():
    refusal = OSError("<urlopen error [Errno -3] Temporary failure in name resolution>")
    with (
        mock.patch("tensorflow_hub.resolve", side_effect=refusal),
        mock.patch.dict("os.environ", TFHUB_CACHE_DIR="cache"),
    ):
        load_encoder("https://tfhub.dev/tensorflow/small_bert/bert_en_uncased_L-4_H-256_A-4/2")


def larger_vocabulary():
    vocabulary = [*tiny_vocabulary(), "another"]
    preprocessor = TextPreprocessor(WordPieceTokenizer(vocabulary), max_length=16)
    TextClassifier(load_encoder("bert"), preprocessor, ["no", "yes"])


def longer_texts():
    preprocessor = TextPreprocessor(WordPieceTokenizer(tiny_vocabulary()), max_length=128)
    TextClassifier(load_encoder("bert"), preprocessor, ["no", "yes"])


def changed(name, change):
    shutil.copytree("bert", name)
    change(Path(name))
    return name


def longer_file(folder):
    with (folder / "assets/vocab.txt").open("a", encoding="utf-8") as file:
        file.write("another\n")


def newer_schema(folder):
    from tensorflow.core.protobuf import saved_model_pb2

    message = saved_model_pb2.SavedModel()
    message.ParseFromString((folder / "saved_model.pb").read_bytes())
    message.saved_model_schema_version = 7
    (folder / "saved_model.pb").write_bytes(message.SerializeToString())


def doctor_of(name, change):
    return lambda: examine(changed(name, change))


def no_lite_file():
    Path("model.tflite").write_bytes(b"no model")
    examine("model.tflite")


REFUSED = {
    "a preprocessor in the encoder's place": lambda: HubEncoder("preprocessor"),
    "a module that takes texts": lambda: load_encoder("embedding"),
    "a module in the format of TensorFlow 1": lambda: HubEncoder("segmenter"),
    "a model with signatures alone": lambda: HubEncoder("signatures"),
    "another architecture, read as a BERT": lambda: load_encoder("albert"),
    "a folder that is not there": lambda: HubEncoder("bort"),
    "an address without a network": without_network,
    "weights that were exported frozen, to be trained": lambda: HubEncoder("frozen"),
    "a head that the module has not": lambda: HubEncoder("bert", mlm=True),
    "a preprocessor with more tokens than the encoder": larger_vocabulary,
    "a preprocessor for longer texts than the encoder": longer_texts,
    "a vocabulary of another module": lambda: open_checkpoint(changed("longer", longer_file)).vocabulary(),
    "a module without its vocabulary": lambda: open_checkpoint(
        changed("words", lambda folder: (folder / "assets/vocab.txt").unlink())
    ).vocabulary(),
    "doctor: a folder without a model": lambda: examine("bert/assets"),
    "doctor: a truncated model": doctor_of("cut", lambda folder: (folder / "saved_model.pb").write_bytes(b"")),
    "doctor: a newer schema": doctor_of("newer", newer_schema),
    "doctor: a server of unknown ops": lambda: examine("bert", server="2.8"),
    "doctor: no LiteRT file": no_lite_file,
}
