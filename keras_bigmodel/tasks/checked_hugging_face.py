"""Writes a task as a Hugging Face folder, and checks that it agrees. Knows the folder's writer and reader."""

import dataclasses
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from keras_bigmodel.checkpoints import write_hugging_face_folder
from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.export import Requests, certificate_of, certify, rows_to_compare
from keras_bigmodel.export.parity import compare_endpoints

_FIELDS = {"token_ids": "ids", "segment_ids": "type_ids", "padding_mask": "attention_mask"}


def write_checked_hugging_face(task, folder, parity_rows=None, reporter=SILENT):
    """Writes a Hugging Face folder and `parity.json`, and raises `UserError` if the folder does not agree.

    The weights are read back and compared bit for bit. The tokens are compared with those that Hugging Face's own
    `tokenizers` computes from the folder. The folder is not run in PyTorch, which is not installed here.

    Args:
        task: `TextClassifier`, `MultiLabelClassifier` or `TextRegressor`.
        folder: path of an existing folder.
        parity_rows: dict of column → checked texts to compare, besides the preprocessor's samples. Defaults to none.
        reporter: `Reporter` of the progress. Defaults to a silent one.

    Returns:
        dict: the parity certificate.

    Raises:
        UserError: the folder does not agree, the tokenizer is in mode `"fast"`, or the task has no
            such head.
    """
    if not hasattr(task, "hugging_face_head"):
        raise UserError(
            f"A {type(task).__name__} came; Hugging Face folders are written of TextClassifier, MultiLabelClassifier "
            'and TextRegressor. Export it with format="saved_model".'
        )
    task, head = task.hugging_face_head()
    write_hugging_face_folder(
        folder,
        encoder=task.encoder,
        logits_layer=task.get_layer("logits"),
        tokenizer=task.tokenizer,
        pooling=task.pooling,
        dropout=task.dropout,
        max_length=task.max_length,
        **head,
    )
    how = {"pairs": task.pairs, "max_length": task.max_length, "dtype": task.export_dtype}
    twin = type(task).from_encoder(folder, **how)
    pairs = zip(task.get_weights(), twin.get_weights(), strict=True)
    altered = sum(not np.array_equal(ours, theirs) for ours, theirs in pairs)
    reasons = [f"{altered} weights came back altered"] * bool(altered)
    came_back = twin.hugging_face_head()[1] == head
    if not came_back or twin.pooling != task.pooling:
        reasons.append("labels or pooling came back altered")

    tokenize = {"tokenize": dataclasses.replace(task.endpoints()["tokenize"], sampled=False)}
    requests = Requests.of(task.preprocessor, rows_to_compare(task.preprocessor, parity_rows), tokenize)
    with reporter.bar("asking Hugging Face's tokenizer", len(requests.batches)) as advance:
        theirs = _tokens(folder, task, requests, advance)
    compared, differing = compare_endpoints(tokenize, requests, theirs, tolerance=0.0, reporter=reporter)
    certificate = certificate_of(
        compared,
        [*reasons, *differing],
        requests.rows,
        weights=len(task.get_weights()),
        weights_that_came_back_altered=altered,
        labels_came_back=came_back,
        needs_trust_remote_code=task.pooling != "pooler",
        bytes=sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()),
    )
    return certify(certificate, folder)


def _tokens(folder, task, requests, advance):
    """Returns the features that the folder's tokenizer computes: dict of "batch/tokenize/feature" → array."""
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.encode_special_tokens = True  # as split_special_tokens in tokenizer_config.json
    tokenizer.enable_truncation(task.max_length)
    found = {}
    for number, batch in enumerate(requests.batches):
        columns = [[text.decode("utf-8") for text in batch[name]] for name in task.preprocessor.columns]
        rows = tokenizer.encode_batch(list(zip(*columns, strict=True)) if len(columns) > 1 else columns[0])
        width = max(len(row.ids) for row in rows)
        for feature, values in _FIELDS.items():
            filler = task.tokenizer.pad_id if feature == "token_ids" else 0
            padded = [[*getattr(row, values), *[filler] * (width - len(row.ids))] for row in rows]
            found[f"{number}/tokenize/{feature}"] = np.array(padded, "int32")
        advance()
    return found
