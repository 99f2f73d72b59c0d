"""Defines what an examination of a model holds. Knows no format."""

from dataclasses import asdict, dataclass, field

LEVELS = ("problem", "warning", "note")  # it will not work; it works badly; worth knowing


@dataclass(frozen=True)
class Finding:
    """Holds what was found and what to do.

    Args:
        level: str. One of `LEVELS`.
        code: str. Short name of the check, stable between versions.
        what: str. A sentence that says what was found.
        advice: str. A sentence that says what to do.
    """

    level: str
    code: str
    what: str
    advice: str


@dataclass(frozen=True)
class Examination:
    """Holds the result of an examination.

    Args:
        path: str. What was examined.
        kind: str. `"SavedModel"` or `"LiteRT file"`.
        facts: dict of str → str or list of str. What the model is.
        findings: list of `Finding`, problems first.
    """

    path: str
    kind: str
    facts: dict
    findings: list = field(default_factory=list)

    @property
    def has_problems(self):
        """Returns whether something will not work: bool."""
        return any(finding.level == LEVELS[0] for finding in self.findings)

    def as_json(self):
        """Returns the examination as a dict that JSON can store."""
        return asdict(self)
