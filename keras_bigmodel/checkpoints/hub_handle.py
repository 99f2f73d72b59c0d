"""Finds the folder of a TF-Hub handle: a folder, a cached download, or a download. Knows no model."""

import os
import tempfile
from pathlib import Path

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path
from keras_bigmodel.core.sentences import first_line

MODULE_FILE = "saved_model.pb"
_URLS = ("https://", "http://")
_CACHE = "TFHUB_CACHE_DIR"


def is_url(source):
    """Returns whether a source is the address of a module, not a folder: bool.

    Args:
        source: str or path.
    """
    return str(source).lower().startswith(_URLS)


def hub_folder(handle):
    """Returns the folder of a TF-Hub handle, downloaded into TF-Hub's cache if it is not there.

    Args:
        handle: str or path. A folder, or the address of a module, e.g.
            `"https://tfhub.dev/tensorflow/small_bert/bert_en_uncased_L-4_H-256_A-4/2"`.

    Returns:
        `Path`.

    Raises:
        UserError: there is no such folder, the module cannot be downloaded, or tensorflow-hub is not installed.

    Source: TF-Hub's caching (`TFHUB_CACHE_DIR`), https://www.tensorflow.org/hub/caching
    """
    if not is_url(handle):
        folder = checked_path(handle, "a TF-Hub handle: a folder, or the address of a module")
        if not folder.is_dir():
            raise UserError(f"No folder {folder}. Give a folder that holds saved_model.pb, or a module's address.")
        return folder
    try:
        import tensorflow_hub
    except ImportError as error:
        raise UserError(
            f'{handle} is an address, for which tensorflow-hub is needed. Install: pip install "keras-bigmodel[hub]"; '
            "or download the module and give its folder."
        ) from error
    try:
        return Path(tensorflow_hub.resolve(str(handle)))
    except Exception as error:  # the resolvers raise what the network, the disk, tar and TensorFlow raise
        cache = os.environ.get(_CACHE) or os.path.join(tempfile.gettempdir(), "tfhub_modules")
        raise UserError(
            f"{handle} could not be downloaded ({first_line(error)}). Without a network: download "
            f"{handle}?tf-hub-format=compressed on another machine (or the model's TensorFlow 2 files from Kaggle "
            "Models), unpack it, and give the folder that holds saved_model.pb. "
            f"Downloads are cached in {cache}, or where {_CACHE} says."
        ) from error
