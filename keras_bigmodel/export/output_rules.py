"""Defines when two runs of an endpoint agree: one rule per output. Knows arrays; no endpoint, no format."""

from dataclasses import dataclass

import numpy as np

_LEAST = 1e-6  # the logarithm of a smaller number magnifies the last digit of float32


@dataclass(frozen=True)
class Equal:
    """Compares values that must be the same, such as ids and strings, except for zeros at the end of rows.

    Args:
        mask: str. Input or output of the endpoint that is not 0 where values count. Defaults to None: all values count.
    """

    mask: str | None = None
    name = "equal"

    def differences(self, ours, theirs, mask):
        """Returns which rows differ.

        Args:
            ours: array `(rows, ...)` of the model.
            theirs: array `(rows, ...)` of the export.
            mask: array `(rows, length)`, not 0 where values count; or None.

        Returns:
            float array `(rows,)`: 0 for equal rows, else 1.
        """
        ours, theirs = _as_wide(ours, theirs)
        if ours is None:
            return np.ones(len(theirs))
        same = ours == theirs
        return 1.0 - _over_rows(np.all, same if mask is None else same | ~mask_of(mask, same))

    def limit(self, tolerance):
        """Returns the largest difference that still agrees: 0, whatever the tolerance of the export."""
        return 0.0

    def facts(self, limit):
        """Returns the rule as a certificate describes it: dict."""
        return {"rule": self.name}


@dataclass(frozen=True)
class Close:
    """Compares numbers that may differ by a tolerance, relative to the model's number where its magnitude exceeds 1.

    Args:
        tolerance: float. Defaults to that of the export: 1e-5 in float32, 3e-2 in bfloat16.
        mask: str. As in `Equal`.
        logarithms: bool. Whether to compare logarithms, as for probabilities, and never relatively. Defaults to False.
        unit: float. What differences are divided by, in place of the model's number. Defaults to None.
        share: float. Share of the rows that must agree. Defaults to 1.
    """

    tolerance: float | None = None
    mask: str | None = None
    logarithms: bool = False
    unit: float | None = None
    share: float = 1.0
    name = "close"

    def differences(self, ours, theirs, mask):
        """Returns the largest difference in each row, infinite where shapes differ or a difference is not a number.

        Args:
            ours: array `(rows, ...)` of the model.
            theirs: array `(rows, ...)` of the export.
            mask: array `(rows, length)`, not 0 where values count; or None.

        Returns:
            float array `(rows,)`.
        """
        if ours.shape != theirs.shape:
            return np.full(len(theirs), np.inf)
        ours, theirs = ours.astype("float64"), theirs.astype("float64")
        if self.logarithms:
            ours, theirs = (np.log(np.maximum(part, _LEAST)) for part in (ours, theirs))
        with np.errstate(invalid="ignore"):  # a difference of NaN or infinities is NaN, handled below
            apart = np.abs(ours - theirs)
            apart = apart if self.logarithms else apart / (self.unit or np.maximum(1.0, np.abs(ours)))
        apart = np.where(np.isnan(apart), np.inf, apart)
        return _over_rows(np.max, apart if mask is None else np.where(mask_of(mask, apart), apart, 0.0))

    def limit(self, tolerance):
        """Returns the largest difference that still agrees: the tolerance of the rule, or else that of the export."""
        return tolerance if self.tolerance is None else self.tolerance

    def facts(self, limit):
        """Returns the rule as a certificate describes it: dict.

        Args:
            limit: float. What `limit` returned.
        """
        of = {"of": "logarithms"} if self.logarithms else {}
        of |= {"share": self.share} if self.share < 1 else {}
        return {"rule": self.name, **of, "tolerance": limit}


@dataclass(frozen=True)
class SameChoice:
    """Compares choices: the chosen name, or the index of the largest number, must be the same.

    Where the two best numbers differ by at most 1e-5, or the best one from `border`, either choice is accepted.

    Args:
        among: str. Output of the endpoint that holds the number of each choice, `(rows, choices)`.
        share: float. Share of the rows that must agree. Defaults to 1.
        border: float. Number below which no choice is made. Defaults to None: a choice is always made.
    """

    among: str
    share: float = 1.0
    border: float | None = None
    mask = None
    name = "same_choice"
    _TIE = 1e-5

    def differences(self, ours, theirs, among):
        """Returns which rows have another choice, and by how much.

        Args:
            ours: array of the model: the choices `(rows,)`, or the numbers of all choices `(rows, choices)`.
            theirs: array of the export, of the same form.
            among: array `(rows, choices)` of the model: the number of each choice.

        Returns:
            float array `(rows,)`: 0 for rows with the same choice or a tie, else the gap of the two best numbers.
        """
        best = np.sort(among.astype("float64"), axis=-1)
        apart = best[:, -1] - best[:, -2] if best.shape[-1] > 1 else np.ones(len(best))
        if self.border is not None:
            apart = np.minimum(apart, np.abs(best[:, -1] - self.border))
        chosen = [part.argmax(-1) if part.ndim > 1 else part for part in (ours, theirs)]
        other = chosen[0] != chosen[1]
        return np.where(other, np.where(apart <= self._TIE, 0.0, apart), 0.0)

    def limit(self, tolerance):
        """Returns the largest difference that still agrees: 0, whatever the tolerance of the export."""
        return 0.0

    def facts(self, limit):
        """Returns the rule as a certificate describes it: dict."""
        return {"rule": self.name, **({"share": self.share} if self.share < 1 else {})}


@dataclass(frozen=True)
class SameSides:
    """Compares whether numbers reach their borders; for a number within 1e-5 of its border, either is accepted.

    Args:
        among: str. Output of the endpoint that holds the numbers, `(rows, choices)`.
        borders: tuple of float, one for each choice.
        share: float. Share of the rows that must agree. Defaults to 1.
    """

    among: str
    borders: tuple[float, ...]
    share: float = 1.0
    mask = None
    name = "same_sides"
    _TIE = 1e-5

    def differences(self, ours, theirs, among):
        """Returns which rows differ, and by how much.

        Args:
            ours: bool array `(rows, choices)` of the model; or the numbers themselves, float.
            theirs: array of the export, of the same form.
            among: array `(rows, choices)` of the model: the number of each choice.

        Returns:
            float array `(rows,)`: 0 for rows that agree, else the largest distance from a border of a number that is on
            another side; infinite where shapes differ.
        """
        if ours.shape != theirs.shape:
            return np.full(len(theirs), np.inf)
        borders = np.asarray(self.borders, "float32")
        sides = [part if part.dtype.kind == "b" else part >= borders for part in (ours, theirs)]
        apart = np.abs(among.astype("float64") - borders)
        return _over_rows(np.max, np.where((sides[0] != sides[1]) & (apart > self._TIE), apart, 0.0))

    def limit(self, tolerance):
        """Returns the largest difference that still agrees: 0, whatever the tolerance of the export."""
        return 0.0

    def facts(self, limit):
        """Returns the rule as a certificate describes it: dict."""
        return {"rule": self.name, **({"share": self.share} if self.share < 1 else {})}


@dataclass(frozen=True)
class SameDirection:
    """Compares vectors by the cosine of the angle between them, by which vectors of texts are searched.

    Args:
        cosine: float. Smallest cosine similarity of rows that agree.
        share: float. Share of the rows that must agree. Defaults to 1.
    """

    cosine: float
    share: float = 1.0
    mask = None
    name = "same_direction"

    def differences(self, ours, theirs, mask):
        """Returns 1 minus the cosine similarity of each row, infinite where shapes differ or it is not a number.

        Args:
            ours: array `(rows, width)` of the model.
            theirs: array `(rows, width)` of the export.
            mask: not used.

        Returns:
            float array `(rows,)`. Two vectors of zeros have no direction and agree, one beside another vector does not.
        """
        if ours.shape != theirs.shape:
            return np.full(len(theirs), np.inf)
        ours, theirs = ours.astype("float64"), theirs.astype("float64")
        lengths = [np.sqrt(np.sum(part * part, axis=-1)) for part in (ours, theirs)]
        with np.errstate(invalid="ignore", divide="ignore"):
            apart = 1.0 - np.sum(ours * theirs, axis=-1) / (lengths[0] * lengths[1])
        apart = np.where((lengths[0] == 0) & (lengths[1] == 0), 0.0, apart)
        return np.where(np.isfinite(apart), np.maximum(apart, 0.0), np.inf)

    def limit(self, tolerance):
        """Returns the largest difference that still agrees: that of the rule, whatever the tolerance of the export."""
        return 1.0 - self.cosine

    def facts(self, limit):
        """Returns the rule as a certificate describes it: dict."""
        return {"rule": self.name, "cosine": self.cosine, **({"share": self.share} if self.share < 1 else {})}


def mask_of(mask, values):
    """Returns a mask as bool, with as many axes as the values have.

    Args:
        mask: array `(rows, length)`, not 0 where values count.
        values: array `(rows, length, ...)`.
    """
    mask = np.asarray(mask) != 0
    return mask.reshape(*mask.shape, *[1] * (values.ndim - mask.ndim))


def _over_rows(function, values):
    """Applies a reduction to all axes but the first and returns floats `(rows,)`."""
    flat = values.reshape(len(values), -1)
    if not flat.shape[1]:
        return np.full(len(values), 1.0 if function is np.all else 0.0)
    return function(flat, axis=1).astype("float64")


def _as_wide(ours, theirs):
    """Pads the shorter rows of one array with zeros; returns `(None, theirs)` where the shapes differ otherwise."""
    if ours.shape == theirs.shape:
        return ours, theirs
    if ours.ndim != 2 or theirs.ndim != 2 or len(ours) != len(theirs) or ours.dtype.kind not in "iub":
        return None, theirs
    width = max(ours.shape[1], theirs.shape[1])
    widen = lambda part: np.pad(part, [(0, 0), (0, width - part.shape[1])])
    return widen(ours), widen(theirs)
