"""Reads and writes weights and configurations of other libraries, one file per format. Knows no training."""

from keras_bigmodel.checkpoints.hub_encoder import HubEncoder
from keras_bigmodel.checkpoints.hub_folder import HubFolder
from keras_bigmodel.checkpoints.hugging_face_folder import HuggingFaceFolder
from keras_bigmodel.checkpoints.load_encoder import NAMED_ENCODERS, load_encoder, open_checkpoint
from keras_bigmodel.checkpoints.write_hugging_face_folder import write_hugging_face_folder

__all__ = [
    "NAMED_ENCODERS",
    "HubEncoder",
    "HubFolder",
    "HuggingFaceFolder",
    "load_encoder",
    "open_checkpoint",
    "write_hugging_face_folder",
]
