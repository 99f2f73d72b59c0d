"""A task as a Hugging Face folder that proves itself before it appears. Knows the folder's writer and reader."""

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from keras_bigmodel.checkpoints import write_hugging_face_folder
from keras_bigmodel.core.manifest import package_versions
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.export import certify, columns_to_compare
from keras_bigmodel.export.text_batches import rows_alike, text_batches


def write_checked_hugging_face(task, folder, parity_texts=None, reporter=SILENT):
    """Writes a Hugging Face folder and `parity.json`, and refuses one that does not come back as it was.

    The weights are read back and compared bit for bit; the tokens are compared with those that Hugging Face's own
    `tokenizers` gives from the folder. PyTorch is not asked: it is not installed here.

    Args:
        task: `TextClassifier`.
        folder: path of a folder that is there.
        parity_texts: texts to compare on, checked, besides the bundled ones.
        reporter: `Reporter` that is told how far it is.

    Returns:
        dict: the certificate.

    Raises:
        UserError: no agreement; a tokenizer in mode `"fast"`.
    """
    write_hugging_face_folder(
        folder,
        encoder=task.encoder,
        logits_layer=task.get_layer("logits"),
        tokenizer=task.tokenizer,
        labels=task.labels,
        pooling=task.pooling,
        dropout=task.dropout,
        max_length=task.max_length,
    )
    how = {"pairs": task.pairs, "max_length": task.max_length, "dtype": task.export_dtype}
    twin = type(task).from_encoder(folder, **how)
    altered = sum(
        not np.array_equal(ours, theirs) for ours, theirs in zip(task.get_weights(), twin.get_weights(), strict=True)
    )
    batches = text_batches(columns_to_compare(task, parity_texts))
    theirs = _tokenizer_of(folder, task.max_length)
    other_tokens = []
    with reporter.bar("comparing tokens with Hugging Face's", len(batches)) as advance:
        for batch in batches:
            other_tokens += _other_tokens(task, theirs, batch)
            advance()
    certificate = {
        "texts": sum(len(batch["text"]) for batch in batches),
        "weights": len(task.get_weights()),
        "weights_that_came_back_altered": altered,
        "labels_came_back": twin.labels == task.labels,
        "texts_with_other_tokens": len(other_tokens),
        "needs_trust_remote_code": task.pooling != "pooler",
        "bytes": sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()),
        "versions": package_versions(),
    }
    reasons = [f"{altered} weights came back altered"] * bool(altered)
    if twin.labels != task.labels or twin.pooling != task.pooling:
        reasons.append("labels or pooling came back altered")
    if other_tokens:
        reasons.append(f"{len(other_tokens)} texts get other tokens, the first is {other_tokens[0]!r:.80}")
    return certify({"agrees": not reasons, "reasons": reasons, **certificate}, folder)


def _tokenizer_of(folder, max_length):
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.encode_special_tokens = True  # as tokenizer_config.json says with split_special_tokens
    tokenizer.enable_truncation(max_length)
    return tokenizer


def _other_tokens(task, tokenizer, batch):
    columns = list(batch.values())
    ours = task.preprocess(batch)
    rows = tokenizer.encode_batch(list(zip(*columns, strict=True)) if task.pairs else columns[0])
    width = max(len(row.ids) for row in rows)
    alike = np.ones(len(rows), bool)
    for name, values in (("token_ids", "ids"), ("segment_ids", "type_ids")):
        filler = task.tokenizer.pad_id if name == "token_ids" else 0
        theirs = [[*getattr(row, values), *[filler] * (width - len(row.ids))] for row in rows]
        alike &= rows_alike(ours[name].numpy(), np.array(theirs, "int32"))
    return [columns[0][row] for row in np.flatnonzero(~alike)]
