"""Texts as token ids in a file, of which a batch at a time is read. Knows no tokenizer, no model."""

import contextlib
import os
import tempfile
import weakref

import numpy as np

from keras_bigmodel.core.full_disk import full_disk_explained
from keras_bigmodel.data.encoded_texts import lengths_of

_NARROW = 1 << 16  # vocabularies up to this size take two bytes an id


class StoredTexts:
    """As `EncodedTexts`, but the ids stand in a file: memory holds eight bytes a text, however long it is.

    The file has no name from the moment it is made: it goes with the object, or with the process, however that ends.
    Rows are read where they stand (`pread`), so no page of the file ever counts as this process's memory.

    Made by `StoredTexts.write`. `row_splits` and `pad_id` are as in `EncodedTexts`.
    """

    def __init__(self, files, row_splits, pad_id):
        self._files = files  # name → (number of an open file, dtype); "segment_ids" only for pairs
        self.row_splits = row_splits
        self.pad_id = pad_id
        for number, _ in files.values():
            weakref.finalize(self, os.close, number)

    @classmethod
    def write(cls, parts, *, vocabulary_size, pairs=False, pad_id=0, folder=None):
        """Writes encoded texts as they come, holding one part of them at a time.

        Args:
            parts: iterable of `EncodedTexts`.
            vocabulary_size: int. Ids are below it; two bytes hold one up to 65,536 tokens, four beyond.
            pairs: bool. Whether segment ids are kept, a byte each. Defaults to False: all are 0.
            pad_id: int. The id that fills a batch. Defaults to 0.
            folder: path of a folder that is there. Defaults to the system's temporary folder.

        Raises:
            UserError: the disk is full.
        """
        dtypes = {"token_ids": "uint16" if vocabulary_size <= _NARROW else "int32"}
        dtypes |= {"segment_ids": "uint8"} if pairs else {}
        where = folder or tempfile.gettempdir()
        with full_disk_explained(f"The token ids in {where}"), contextlib.ExitStack() as opened:
            files = {name: opened.enter_context(tempfile.TemporaryFile(dir=where)) for name in dtypes}
            lengths = [np.zeros(1, "int64")]
            for part in parts:
                for name, file in files.items():
                    ids = getattr(part, name)
                    ids = np.zeros(len(part.token_ids), "uint8") if ids is None else ids
                    file.write(ids.astype(dtypes[name]).tobytes())
                lengths.append(part.lengths)
            for file in files.values():
                file.flush()
            open_files = {name: (os.dup(file.fileno()), np.dtype(dtypes[name])) for name, file in files.items()}
        return cls(open_files, np.cumsum(np.concatenate(lengths), dtype="int64"), pad_id)

    def __len__(self):
        return len(self.row_splits) - 1

    @property
    def lengths(self):
        """int32 array `(texts,)`: tokens of each text."""
        return lengths_of(self.row_splits)

    def batch(self, rows):
        """Gives some texts, padded to the longest of them; see `EncodedTexts.batch`."""
        starts, ends = self.row_splits[rows], self.row_splits[rows + 1]
        lengths = ends - starts
        shape = len(lengths), int(lengths.max(initial=0))
        batch = {"token_ids": np.full(shape, self.pad_id, "int32"), "segment_ids": np.zeros(shape, "int32")}
        for name, (number, dtype) in self._files.items():
            size = dtype.itemsize
            for row, (start, length) in enumerate(zip(starts.tolist(), lengths.tolist(), strict=True)):
                batch[name][row, :length] = np.frombuffer(os.pread(number, length * size, start * size), dtype)
        batch["padding_mask"] = (np.arange(shape[1]) < lengths[:, None]).astype("int32")
        return batch
