"""Texts as token ids, many in one block of memory, padded only when a batch is made. Knows no tokenizer, no model."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class EncodedTexts:
    """The ids of many texts, one after another.

    Args:
        token_ids: int array `(all tokens,)`.
        segment_ids: int array `(all tokens,)`, or None where all are 0, as of single texts.
        row_splits: int64 array `(texts + 1,)`; text `i` stands at `row_splits[i]:row_splits[i + 1]`.
        pad_id: int. The id that fills a batch.
    """

    token_ids: np.ndarray
    segment_ids: np.ndarray | None
    row_splits: np.ndarray
    pad_id: int = 0

    @classmethod
    def from_padded(cls, batches, pad_id=0):
        """Joins padded batches, leaving their padding out, in the narrowest integers that hold them.

        Args:
            batches: iterable of dicts of arrays `(texts, length)`: `token_ids`, `segment_ids`, `padding_mask`.
            pad_id: int. The id that fills a batch.
        """
        tokens, segments, lengths = [], [], [np.zeros(1, "int64")]
        for batch in batches:
            mask = np.asarray(batch["padding_mask"]) != 0
            tokens.append(_narrow(np.asarray(batch["token_ids"])[mask]))
            segments.append(_narrow(np.asarray(batch["segment_ids"])[mask]))
            lengths.append(mask.sum(axis=1, dtype="int64"))
        empty = [np.zeros(0, "uint8")]
        return cls(
            np.concatenate(tokens or empty),
            np.concatenate(segments) if any(part.any() for part in segments) else None,
            np.cumsum(np.concatenate(lengths)),
            pad_id,
        )

    def __len__(self):
        return len(self.row_splits) - 1

    @property
    def lengths(self):
        """int32 array `(texts,)`: tokens of each text."""
        return lengths_of(self.row_splits)

    def batch(self, rows):
        """Gives some texts, padded to the longest of them.

        Args:
            rows: int array of text numbers.

        Returns:
            dict of int32 arrays `(rows, longest)`: `token_ids`, `segment_ids`, `padding_mask`.
        """
        starts, lengths = self.row_splits[rows], self.row_splits[rows + 1] - self.row_splits[rows]
        columns = np.arange(lengths.max(initial=0))
        real = columns < lengths[:, None]  # (rows, longest)
        places = np.where(real, starts[:, None] + columns, 0)
        segments = np.zeros(real.shape, "int32")
        if self.segment_ids is not None:
            segments = np.where(real, self.segment_ids[places], 0).astype("int32")
        return {
            "token_ids": np.where(real, self.token_ids[places].astype("int32"), self.pad_id).astype("int32"),
            "segment_ids": segments,
            "padding_mask": real.astype("int32"),
        }


def lengths_of(row_splits):
    """Gives the lengths between places as int32, without a wider array on the way.

    Args:
        row_splits: int64 array `(texts + 1,)`.

    >>> lengths_of(np.array([0, 3, 4])).tolist()
    [3, 1]
    """
    lengths = np.empty(len(row_splits) - 1, "int32")
    return np.subtract(row_splits[1:], row_splits[:-1], out=lengths, casting="unsafe")


def _narrow(ids):
    for dtype in ("uint8", "uint16"):
        if not ids.size or (ids.min() >= 0 and ids.max() <= np.iinfo(dtype).max):
            return ids.astype(dtype)
    return ids
