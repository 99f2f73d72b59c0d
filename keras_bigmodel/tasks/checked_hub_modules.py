"""Writes an encoder and its tokenizer as TF-Hub modules, and checks that they agree. Knows their writer and parity."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_bigmodel.checkpoints import HubEncoderFunctions, HubPreprocessorFunctions
from keras_bigmodel.checkpoints.hub_interface import ENCODER_FOLDER, INPUTS, POSITIONS, PREPROCESSOR_FOLDER
from keras_bigmodel.checkpoints.write_hub_modules import write_hub_modules
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.export import Endpoint, certificate_of, certify, rows_to_compare, saved_model_parity
from keras_bigmodel.preprocessors import Preprocessor

_SIGNATURE = "serving_default"
_ROWS, _TOLERANCE = 64, 1e-4  # of what is compared without a signature; logits of masked tokens are in the tens
_SENTENCES = tf.TensorSpec([None], tf.string, name="sentences")


@dataclass(frozen=True)
class HubParts:
    """Holds what TF-Hub modules are written of.

    Args:
        encoder: `BertEncoder`.
        preprocessor: `TextPreprocessor` with a `WordPieceTokenizer`.
        pooling: str. What `pooled_output` is; see `write_hub_modules`.
        mlm_head: `MlmHead`, or None.
    """

    encoder: Any
    preprocessor: Any
    pooling: str
    mlm_head: Any = None


def write_checked_hub_modules(task, folder, parity_rows=None, reporter=SILENT):
    """Writes the modules `encoder` and `preprocessor` and `parity.json`; raises `UserError` if they do not agree.

    The head of a classifier is not a part of TF-Hub's interface and is left out: `pooled_output` is the vector that
    the head stands on.

    Args:
        task: `TextClassifier`, or `HubParts`.
        folder: path of an existing folder.
        parity_rows: dict of column → checked texts to compare, besides the preprocessor's samples. Defaults to none.
        reporter: `Reporter` of the progress. Defaults to a silent one.

    Returns:
        dict: the parity certificate.

    Raises:
        UserError: the modules do not agree, or the task is no `TextClassifier`.
    """
    if not hasattr(task, "pooling"):
        raise UserError(
            f"A {type(task).__name__} came; TF-Hub modules are written of TextClassifier and of encoders. Export it "
            'with format="saved_model".'
        )
    preprocessor, mlm_head = task.preprocessor, getattr(task, "mlm_head", None)
    encode = HubEncoderFunctions(task.encoder, task.pooling, mlm_head)
    prepare = HubPreprocessorFunctions(preprocessor.tokenizer, preprocessor.max_length)
    with reporter.bar("writing the modules", 1) as advance:
        write_hub_modules(folder, encode, prepare)
        advance()
    columns = rows_to_compare(preprocessor, parity_rows)
    sentences = {"sentences": [text for column in columns.values() for text in column]}
    compared, reasons, about = {}, [], {}
    for part in (PREPROCESSOR_FOLDER, ENCODER_FOLDER):
        found = saved_model_parity(_HubModel(encode, prepare, part), Path(folder) / part, sentences, reporter=reporter)
        compared[part] = found["endpoints"][_SIGNATURE]
        reasons += [f"{part}: {reason}" for reason in found["reasons"]]
        about[part] = {name: found[name] for name in ("oldest_serving", "clean_process", "load_seconds")}
    for name, largest in _parts_compared(Path(folder), encode, prepare, sentences["sentences"]).items():
        compared[name] = {"rows": _ROWS, "outputs": {name.partition(".")[2]: _facts(largest)}}
        reasons += [f"{name} differs by {largest:.1e}"] * (not largest <= _TOLERANCE)
    return certify(
        certificate_of(
            compared,
            reasons,
            len(sentences["sentences"]),
            mlm=mlm_head is not None,
            modules=about,
            bytes=sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()),
        ),
        folder,
    )


def _parts_compared(folder, encode, prepare, sentences):
    """Runs what has no signature of its own, loaded from the folder: dict of "module.part" → largest difference.

    `tokenize` and `bert_pack_inputs` take and return what a signature cannot; both run here, in this process.
    """
    texts = tf.constant(sentences[:: max(1, len(sentences) // _ROWS)][:_ROWS])
    module = tf.saved_model.load(str(folder / PREPROCESSOR_FOLDER))
    ours, theirs = prepare.tokenize(texts), module.tokenize(texts)
    length, pairs = tf.constant(min(33, prepare.max_length)), [theirs, theirs[::-1]]
    found = {
        "preprocessor.tokenize": _largest(_flat(ours), _flat(theirs)),
        "preprocessor.bert_pack_inputs": _largest(
            prepare.pack([ours, ours[::-1]], length), module.bert_pack_inputs(pairs, seq_length=length)
        ),
    }
    if encode.mlm_head is not None:
        inputs = {**prepare.pack([ours], length), POSITIONS: tf.tile([[0, 1]], (len(texts), 1))}
        head = tf.saved_model.load(str(folder / ENCODER_FOLDER)).mlm(inputs)["mlm_logits"]
        found["encoder.mlm"] = _largest(encode.predict_tokens(inputs)["mlm_logits"], head)
    return found


def _flat(ragged):
    return [ragged.flat_values, *ragged.nested_row_splits]


def _largest(ours, theirs):
    """Returns the largest difference in a structure of tensors: float, infinite if shapes differ."""
    pairs = zip(tf.nest.flatten(ours), tf.nest.flatten(theirs), strict=True)
    return max(
        float(np.abs(a.numpy().astype("float64") - b.numpy()).max(initial=0.0)) if a.shape == b.shape else float("inf")
        for a, b in pairs
    )


def _facts(largest):
    differs = not largest <= _TOLERANCE
    facts = {"rule": "close", "tolerance": _TOLERANCE, "rows_that_differ": _ROWS * differs}
    return {**facts, "largest_difference": largest, "mean_difference": largest}


class _HubModel:
    """Has what `saved_model_parity` asks of an exportable, for one of the two modules."""

    export_dtype = "float32"

    def __init__(self, encode, prepare, part):
        self.preprocessor = _Sentences(prepare)
        self._encode, self._part = encode, part

    def endpoints(self):
        if self._part == PREPROCESSOR_FOLDER:
            return {_SIGNATURE: Endpoint(self.preprocessor, (_SENTENCES,))}
        ids = tuple(tf.TensorSpec([None, None], tf.int32, name=name) for name in INPUTS)
        return {_SIGNATURE: Endpoint(self._encode.serve, ids, sampled=True)}


class _Sentences(Preprocessor):
    """Texts as a TF-Hub preprocessor takes them, and the features that it returns."""

    columns, features = ("sentences",), INPUTS

    def __init__(self, functions):
        self._functions = functions

    @property
    def specs(self):
        return {"sentences": _SENTENCES}

    def __call__(self, sentences):
        return self._functions.preprocess(sentences)
