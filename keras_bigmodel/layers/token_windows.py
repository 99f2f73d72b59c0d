"""Splits rows of tokens into windows that an encoder can read, and joins their states. Knows tensors only."""

import keras
from keras import ops

from keras_bigmodel.core.errors import UserError

SPECIAL = 2  # tokens of a window that are no pieces: the first and the last


@keras.saving.register_keras_serializable("keras_bigmodel")
class TokenWindows(keras.layers.Layer):
    """Splits rows of tokens into windows of at most `width` tokens, each of which begins and ends as a row does.

    A row is its first token, its pieces, its last token, and padding. The windows of a row share `overlap` pieces with
    their neighbours. Rows of at most `width` tokens are returned as they are, one window each.

    Args:
        width: int. Maximum number of tokens of a window.
        overlap: int. Number of pieces that two neighbouring windows share, below `width - 2`.
        cls_id: int. Id of the first token of a window.
        sep_id: int. Id of the last token of a window.
        pad_id: int. Id of padding. Defaults to 0.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape: dict of int32 `(batch, length)`: `token_ids`, `segment_ids` and `padding_mask`. Output shape: the same
    of `(batch · windows, at most width)`; the windows of a row follow each other. Windows without pieces, of rows that
    are shorter than others, hold the first and the last token.

    Raises:
        UserError: the overlap leaves no new piece to a window.

    >>> windows = TokenWindows(width=4, overlap=0, cls_id=8, sep_id=9)
    >>> ids = keras.ops.convert_to_tensor([[8, 1, 2, 3, 9]])
    >>> row = {"token_ids": ids, "segment_ids": ids * 0, "padding_mask": keras.ops.ones_like(ids)}
    >>> keras.ops.convert_to_numpy(windows(row)["token_ids"]).tolist()
    [[8, 1, 2, 9], [8, 3, 9, 0]]

    Source: Devlin et al., 2018, "BERT": its code's windows over long texts (`doc_stride`).
    """

    def __init__(self, width, overlap, *, cls_id, sep_id, pad_id=0, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= overlap < width - SPECIAL:
            raise UserError(
                f"overlap={overlap} came for windows of {width} tokens; wanted 0 to {width - SPECIAL - 1}, so that "
                "each window has a new piece."
            )
        self.width, self.overlap = width, overlap
        self.cls_id, self.sep_id, self.pad_id = cls_id, sep_id, pad_id

    def call(self, inputs):
        """Returns the windows; see the class."""
        length = ops.shape(inputs["token_ids"])[1]
        if isinstance(length, int):
            return self._divided(inputs, length) if length > self.width else dict(inputs)
        return ops.cond(length > self.width, lambda: self._divided(inputs, length), lambda: dict(inputs))

    def _divided(self, inputs, length):
        grid = _Grid(self.width, self.overlap)
        windows = grid.windows(length)
        ids, pieces = inputs["token_ids"], _pieces(inputs["padding_mask"])
        starts, places = ops.arange(windows) * grid.step, ops.arange(self.width)
        source = ops.minimum(starts[:, None] + places[None], length - 1)  # (windows, width)
        found = ops.take(ids, ops.reshape(source, [-1]), axis=1)  # (batch, windows · width)
        found = ops.reshape(found, [-1, self.width])
        left = ops.clip(pieces[:, None] - starts[None], 0, grid.inner)  # (batch, windows): pieces of each
        left = ops.reshape(left, [-1, 1])
        number = lambda value: ops.cast(value, ids.dtype)
        found = ops.where(places[None] == 0, number(self.cls_id), found)
        found = ops.where(places[None] == left + 1, number(self.sep_id), found)
        is_real = places[None] <= left + 1
        found = ops.where(is_real, found, number(self.pad_id))
        mask = ops.cast(is_real, inputs["padding_mask"].dtype)
        return {"token_ids": found, "segment_ids": ops.zeros_like(found), "padding_mask": mask}

    def compute_output_spec(self, inputs):
        """Returns the shapes and dtypes of the windows."""
        return {name: keras.KerasTensor((None, None), part.dtype) for name, part in inputs.items()}

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`."""
        own = {name: getattr(self, name) for name in ("width", "overlap", "cls_id", "sep_id", "pad_id")}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("keras_bigmodel")
class JoinedWindows(keras.layers.Layer):
    """Joins the states of windows: each piece has the state of the window in which it is farthest from the border.

    Args:
        width: as in `TokenWindows`.
        overlap: as in `TokenWindows`.
        **kwargs: arguments of `keras.layers.Layer`.

    Call arguments:
        states: `(batch · windows, at most width, hidden_dim)`. The states of what `TokenWindows` returned.
        mask: int32 `(batch, length)`. The `padding_mask` of the rows.

    Output shape: `(batch, length, hidden_dim)`. The states of padding are those of any token.
    """

    def __init__(self, width, overlap, **kwargs):
        super().__init__(**kwargs)
        self.width, self.overlap = width, overlap
        self.supports_masking = True

    def compute_mask(self, states, mask, previous=None):
        """Returns None: the mask of the rows is an input."""
        return

    def call(self, states, mask):
        """Returns the states of the rows; see the class."""
        length = ops.shape(mask)[1]
        if isinstance(length, int):
            return self._joined(states, mask, length) if length > self.width else states
        return ops.cond(length > self.width, lambda: self._joined(states, mask, length), lambda: states)

    def _joined(self, states, mask, length):
        grid = _Grid(self.width, self.overlap)
        windows, batch = grid.windows(length), ops.shape(mask)[0]
        pieces = _pieces(mask)[:, None]
        own = grid.windows(pieces + SPECIAL)  # (batch, 1): windows that hold pieces of the row
        index = ops.arange(length)[None] - 1  # (1, length): of the piece
        window = ops.maximum(ops.floor_divide(index - self.overlap // 2, grid.step), 0)
        window = ops.minimum(window, own - 1)  # (batch, length)
        place = ops.clip(index - window * grid.step + 1, 0, self.width - 1)
        first = ops.arange(batch)[:, None] * windows
        flat = ops.reshape(states, [-1, states.shape[-1]])
        return ops.take(flat, (first + window) * self.width + place, axis=0)

    def compute_output_spec(self, states, mask):
        """Returns the shape and the dtype of the states."""
        return keras.KerasTensor((*mask.shape, states.shape[-1]), states.dtype)

    def get_config(self):
        """Returns the configuration: dict of the arguments of `__init__`."""
        return {**super().get_config(), "width": self.width, "overlap": self.overlap}


class _Grid:
    """Computes which pieces are in which window."""

    def __init__(self, width, overlap):
        self.inner = width - SPECIAL  # pieces of a window
        self.step = self.inner - overlap
        self._overlap = overlap

    def windows(self, length):
        """Returns the number of windows of a row of a length, special tokens included: int or integer tensor."""
        missing = length - SPECIAL - self._overlap
        found = -(-missing // self.step)
        return max(found, 1) if isinstance(length, int) else ops.maximum(found, 1)


def _pieces(mask):
    """Returns the number of pieces of each row: int32 `(batch,)`."""
    return ops.maximum(ops.sum(ops.cast(mask, "int32"), axis=1) - SPECIAL, 0)
