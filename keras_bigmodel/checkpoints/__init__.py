"""Reads and writes weights and configurations of other libraries, one file per format. Knows no training.

What reads TF-Hub's modules is imported on first use: it needs TensorFlow, and Hugging Face folders do not.
"""

from keras_bigmodel.checkpoints.hugging_face_folder import HuggingFaceFolder
from keras_bigmodel.checkpoints.load_encoder import NAMED_ENCODERS, is_checkpoint, load_encoder, open_checkpoint
from keras_bigmodel.checkpoints.write_hugging_face_folder import write_hugging_face_folder
from keras_bigmodel.core.lazy_names import lazy_names

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
    "write_hugging_face_folder",
]


__getattr__ = lazy_names(
    __name__,
    {
        "HubEncoder": "hub_encoder",
        "HubEncoderFunctions": "hub_functions",
        "HubFolder": "hub_folder",
        "HubPreprocessorFunctions": "hub_functions",
    },
)
