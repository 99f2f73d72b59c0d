"""When two runs of one endpoint agree: a rule an output. Knows arrays; no endpoint, no format."""

from dataclasses import dataclass

import numpy as np

_LEAST = 1e-6  # a logarithm of less magnifies float32's last digit


@dataclass(frozen=True)
class Equal:
    """Every value is the same, as of ids and strings; zeros at the end of rows aside.

    Args:
        mask: str. The input or output of the endpoint that says where values count (not 0). Defaults to everywhere.
    """

    mask: str | None = None
    name = "equal"

    def differences(self, ours, theirs, mask):
        """Returns float array `(rows,)`: 0 for equal rows, else 1."""
        ours, theirs = _as_wide(ours, theirs)
        if ours is None:
            return np.ones(len(theirs))
        same = ours == theirs
        return 1.0 - _over_rows(np.all, same if mask is None else same | ~mask_of(mask, same))

    def limit(self, tolerance):
        """Returns the largest difference that still agrees."""
        return 0.0

    def facts(self, limit):
        """Returns what a certificate says of the rule."""
        return {"rule": self.name}


@dataclass(frozen=True)
class Close:
    """Numbers differ by no more than a tolerance; above 1, by no more than that part of them.

    Args:
        tolerance: float. Defaults to the export's: 1e-5 in float32, 3e-2 in bfloat16.
        mask: as `Equal`.
        logarithms: bool. Whether logarithms are compared, as of probabilities, whatever their size. Defaults to False.
    """

    tolerance: float | None = None
    mask: str | None = None
    logarithms: bool = False
    name = "close"

    def differences(self, ours, theirs, mask):
        """Returns float array `(rows,)`: the largest difference of each row."""
        if ours.shape != theirs.shape:
            return np.full(len(theirs), np.inf)
        ours, theirs = ours.astype("float64"), theirs.astype("float64")
        if self.logarithms:
            ours, theirs = (np.log(np.maximum(part, _LEAST)) for part in (ours, theirs))
        with np.errstate(invalid="ignore"):  # what is no number differs by what is no number
            apart = np.abs(ours - theirs)
            apart = apart if self.logarithms else apart / np.maximum(1.0, np.abs(ours))
        apart = np.where(np.isnan(apart), np.inf, apart)
        return _over_rows(np.max, apart if mask is None else np.where(mask_of(mask, apart), apart, 0.0))

    def limit(self, tolerance):
        """Returns the largest difference that still agrees."""
        return tolerance if self.tolerance is None else self.tolerance

    def facts(self, limit):
        """Returns what a certificate says of the rule."""
        of = {"of": "logarithms"} if self.logarithms else {}
        return {"rule": self.name, **of, "tolerance": limit}


@dataclass(frozen=True)
class SameChoice:
    """The chosen name, or largest number, is the same; where the two best are as good as equal, either may be.

    Args:
        among: str. The output of the endpoint that holds the number of each choice, `(rows, choices)`.
        share: float. Of the rows that must agree. Defaults to 1.
    """

    among: str
    share: float = 1.0
    mask = None
    name = "same_choice"
    _TIE = 1e-5

    def differences(self, ours, theirs, among):
        """Returns float array `(rows,)`: 0 for rows with the same choice, else how far apart the two best are."""
        best = np.sort(among.astype("float64"), axis=-1)
        apart = best[:, -1] - best[:, -2] if best.shape[-1] > 1 else np.ones(len(best))
        chosen = [part.argmax(-1) if part.ndim > 1 else part for part in (ours, theirs)]
        other = chosen[0] != chosen[1]
        return np.where(other, np.where(apart <= self._TIE, 0.0, apart), 0.0)

    def limit(self, tolerance):
        """Returns the largest difference that still agrees."""
        return 0.0

    def facts(self, limit):
        """Returns what a certificate says of the rule."""
        return {"rule": self.name, **({"share": self.share} if self.share < 1 else {})}


def mask_of(mask, values):
    """Returns a mask `(rows, length)` as bool, with as many axes as the values have."""
    mask = np.asarray(mask) != 0
    return mask.reshape(*mask.shape, *[1] * (values.ndim - mask.ndim))


def _over_rows(function, values):
    """Applies a reduction over all axes but the first, as float."""
    flat = values.reshape(len(values), -1)
    if not flat.shape[1]:
        return np.full(len(values), 1.0 if function is np.all else 0.0)
    return function(flat, axis=1).astype("float64")


def _as_wide(ours, theirs):
    """Fills the shorter rows of one up with zeros; `(None, theirs)` where the shapes differ otherwise."""
    if ours.shape == theirs.shape:
        return ours, theirs
    if ours.ndim != 2 or theirs.ndim != 2 or len(ours) != len(theirs) or ours.dtype.kind not in "iub":
        return None, theirs
    width = max(ours.shape[1], theirs.shape[1])
    widen = lambda part: np.pad(part, [(0, 0), (0, width - part.shape[1])])
    return widen(ours), widen(theirs)
