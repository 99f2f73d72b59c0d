"""Exports a pretrained encoder as it is, with its tokenizer, as TF-Hub modules. Knows checkpoints; no task."""

from pathlib import Path

from keras_bigmodel.checkpoints import is_checkpoint, open_checkpoint
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.preprocessors import TextPreprocessor
from keras_bigmodel.tasks.checked_hub_modules import HubParts
from keras_bigmodel.tasks.export_formats import export_checked
from keras_bigmodel.tokenizers import WordPieceTokenizer

_FORMAT, _LENGTH = "tf_hub", 128
_POOLINGS = ("mean", "cls")  # those that a source names; without a name it is BERT's pooler, if there is one


def is_encoder_export(path, format):
    """Returns whether a pretrained encoder is to be exported, not a model of this package: bool.

    Args:
        path: str or path. What is exported.
        format: str. The format.

    Raises:
        UserError: the format is TF-Hub's, and there is neither a folder nor an encoder of that name.
    """
    if format != _FORMAT:
        return False
    is_encoder = is_checkpoint(path)
    if not is_encoder and not Path(path).exists():
        open_checkpoint(path)  # raises, and says which encoders there are
    return is_encoder


def export_encoder(source, out, *, reporter=SILENT):
    """Exports an encoder, its tokenizer and, if it has one, its head for masked tokens as TF-Hub modules.

    Args:
        source: str or path. As in `checkpoints.open_checkpoint`.
        out: path of a new folder.
        reporter: `Reporter` that receives the progress.

    Returns:
        `(Path of the written folder, dict: the parity certificate)`.

    Raises:
        UserError: as `open_checkpoint`; `out` already exists; or the modules do not agree.
    """
    checkpoint = open_checkpoint(source)
    encoder = checkpoint.load_encoder(dtype="float32")
    vocabulary, settings = checkpoint.vocabulary()
    tokenizer = WordPieceTokenizer(vocabulary, mode=getattr(checkpoint, "mode", "exact"), **settings)
    preprocessor = TextPreprocessor(tokenizer, max_length=min(_LENGTH, encoder.settings["max_length"]))
    pooling = checkpoint.pooling if checkpoint.pooling in _POOLINGS else "pooler"
    pooling = "mean" if pooling == "pooler" and encoder.pooler is None else pooling
    parts = HubParts(encoder, preprocessor, pooling, checkpoint.load_mlm_head(encoder))
    return Path(out), export_checked(parts, out, format=_FORMAT, reporter=reporter)
