"""Reads and writes weights and configurations of other libraries, one file per format. Knows no training."""

from keras_bigmodel.checkpoints.hub_encoder import HubEncoder
from keras_bigmodel.checkpoints.hub_folder import HubFolder
from keras_bigmodel.checkpoints.hub_functions import HubEncoderFunctions, HubPreprocessorFunctions
from keras_bigmodel.checkpoints.hugging_face_folder import HuggingFaceFolder
from keras_bigmodel.checkpoints.load_encoder import NAMED_ENCODERS, is_checkpoint, load_encoder, open_checkpoint
from keras_bigmodel.checkpoints.write_hub_modules import write_hub_modules
from keras_bigmodel.checkpoints.write_hugging_face_folder import write_hugging_face_folder

__all__ = [
    "NAMED_ENCODERS",
    "HubEncoder",
    "HubEncoderFunctions",
    "HubFolder",
    "HubPreprocessorFunctions",
    "HuggingFaceFolder",
    "is_checkpoint",
    "load_encoder",
    "open_checkpoint",
    "write_hub_modules",
    "write_hugging_face_folder",
]
