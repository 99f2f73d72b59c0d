"""Opens a checkpoint by name or folder, and loads its encoder. Knows which sources exist, not how each is read."""

import difflib
from pathlib import Path

from keras_bigmodel.checkpoints.hub_handle import MODULE_FILE, is_url
from keras_bigmodel.checkpoints.hugging_face_folder import HuggingFaceFolder
from keras_bigmodel.checkpoints.minilm import minilm_folder
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.path_check import checked_path

NAMED_ENCODERS = {"minilm": minilm_folder}
_OURS = ("manifest.json", "task.json")  # in models of this package


def open_checkpoint(source):
    """Opens a checkpoint without reading its weights.

    Args:
        source: str or path. A known name (`"minilm"`), a folder in Hugging Face's format, or a BERT of TF-Hub: its
            folder or address.

    Returns:
        `HuggingFaceFolder` or `HubFolder`.

    Raises:
        UserError: there is no such name or folder, or the folder does not contain a BERT.
    """
    checked_path(source, "the name of an encoder, or its folder")
    if str(source) in NAMED_ENCODERS:
        return HuggingFaceFolder(NAMED_ENCODERS[str(source)]())
    if is_url(source) or _is_hub_module(Path(source)):
        from keras_bigmodel import checkpoints  # here: it needs TensorFlow, and the package says so where there is none

        return checkpoints.HubFolder(source)
    if Path(source).exists():
        return HuggingFaceFolder(source)
    near = difflib.get_close_matches(str(source), NAMED_ENCODERS, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else _how_to_download(str(source))
    raise UserError(
        f'No encoder "{source}": it is neither a known name nor a folder.{hint} Known names: '
        f"{', '.join(NAMED_ENCODERS)}. A folder must hold config.json, model.safetensors, and vocab.txt or "
        "tokenizer.json, e.g. ./my-bert; or saved_model.pb of a TF-Hub BERT"
    )


def is_checkpoint(source):
    """Returns whether a source is a pretrained encoder, and no model of this package: bool.

    Args:
        source: str or path. As in `open_checkpoint`.
    """
    folder = checked_path(source, "the name of an encoder, or its folder")
    is_hugging_face = (folder / "config.json").is_file() and not any((folder / name).is_file() for name in _OURS)
    return str(source) in NAMED_ENCODERS or is_url(source) or is_hugging_face or _is_hub_module(folder)


def load_encoder(source, *, pooler=True, dtype=None):
    """Loads a pretrained encoder.

    Args:
        source: str or path. As in `open_checkpoint`.
        pooler: bool. Whether to load BERT's pooler if there is one. Defaults to `True`.
        dtype: str or dtype policy of the layers. Defaults to Keras's global policy.

    Returns:
        `BertEncoder`, a functional `keras.Model` over `token_ids`, `segment_ids` and `padding_mask`.

    Raises:
        UserError: as `open_checkpoint`; or tensors are missing, of another shape, or have invalid numbers.
    """
    return open_checkpoint(source).load_encoder(pooler=pooler, dtype=dtype)


def _is_hub_module(folder):
    """Returns whether a folder is a SavedModel that neither this package nor Hugging Face wrote: bool."""
    others = ("config.json", *_OURS)
    return (folder / MODULE_FILE).is_file() and not any((folder / name).is_file() for name in others)


def _how_to_download(name):
    """Returns a sentence on downloading for names like those of the Hugging Face hub, else an empty str."""
    if "bert" not in name.lower() or name.startswith((".", "/", "~")) or name.count("/") > 1:
        return ""
    return (
        f" A model of the Hugging Face hub is downloaded first: hf download {name} --local-dir {name.split('/')[-1]}."
    )
