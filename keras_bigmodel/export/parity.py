"""Compares endpoints that ran elsewhere with those here and certifies it. Knows endpoints and rules; no format."""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_bigmodel.core.errors import UserError
from keras_bigmodel.core.manifest import package_versions
from keras_bigmodel.core.reporter import SILENT
from keras_bigmodel.export.output_rules import Close

PARITY_FILE = "parity.json"
REPORT_IT = "please report this with the text."


class WorseExportError(UserError):
    """Indicates that an export does not agree with its model, or loses more accuracy than allowed."""


def certify(certificate, folder, advice=REPORT_IT):
    """Writes a certificate into a folder, or raises `UserError` if the export does not agree.

    Args:
        certificate: dict with `agrees` and `reasons`.
        folder: path.
        advice: str. End of the error message: what to do. Defaults to a request to report the case.

    Returns:
        dict: the certificate.

    Raises:
        WorseExportError: the export does not agree; the message says what differs.
    """
    if not certificate["agrees"]:
        reasons = "; ".join(certificate["reasons"])
        raise WorseExportError(f"The export does not agree with the model: {reasons}. It was not written; {advice}")
    text = json.dumps(certificate, indent=2, ensure_ascii=False)
    (Path(folder) / PARITY_FILE).write_text(text + "\n", encoding="utf-8")
    return certificate


TOLERANCE = {"float32": 1e-5, "bfloat16": 3e-2}  # by dtype: the largest difference of numbers that agree
_SHOWN = 10


def compare_endpoints(endpoints, requests, theirs, *, tolerance, reporter=SILENT):
    """Computes every request here and compares each output, by its rule, with that of the other process.

    Args:
        endpoints: dict of name → `Endpoint`.
        requests: `Requests`.
        theirs: dict of "batch/endpoint/output" → array. The outputs of the other process.
        tolerance: float. For rules that have none of their own.
        reporter: `Reporter` of the progress. Defaults to a silent one.

    Returns:
        `(dict of endpoint → its rows and outputs, list of reasons why they do not agree)`. Of each output, the dict
        holds the rule, how many rows differ and the first such rows; of numbers also the largest and mean difference.
    """
    found, reasons = {}, []
    with reporter.bar("comparing, here", sum(map(len, requests.batches_of.values()))) as advance:
        for name, endpoint in endpoints.items():
            comparison = _EndpointComparison(name, endpoint, tolerance)
            for number in requests.batches_of[name]:
                comparison.add(number, requests, theirs)
                advance()
            found[name] = comparison.facts()
            reasons += comparison.reasons()
    return found, reasons


def certificate_of(compared, reasons, rows, **facts):
    """Returns a parity certificate: dict.

    Args:
        compared: dict that `compare_endpoints` returned.
        reasons: list of str. Why the export does not agree; empty if it does.
        rows: int. Number of rows in the requests.
        **facts: further entries of the certificate.
    """
    whole = {"agrees": not reasons, "reasons": reasons, "rows": rows, "endpoints": compared}
    return {**whole, **facts, "versions": package_versions()}


class _EndpointComparison:
    """Collects the differences in the outputs of one endpoint, batch by batch."""

    def __init__(self, name, endpoint, tolerance):
        self._name = name
        self._traced = endpoint.traced()
        self._inputs = {spec.name: spec for spec in endpoint.inputs}
        outputs = self._traced.structured_outputs
        self._rules = {output: endpoint.rule(output, tensor.dtype) for output, tensor in outputs.items()}
        self._limits = {output: rule.limit(tolerance) for output, rule in self._rules.items()}
        self._differences = {output: [np.zeros(0)] for output in self._rules}
        self._numbers = {output: [np.zeros(0)] for output in self._rules}
        self._shown = {output: [] for output in self._rules}
        self._missing = []

    def add(self, number, requests, theirs):
        inputs = {name: requests.batches[number][name] for name in self._inputs}
        tensors = {name: tf.constant(array, self._inputs[name].dtype) for name, array in inputs.items()}
        ours = {output: _plain(value.numpy()) for output, value in self._traced(**tensors).items()}
        for output, rule in self._rules.items():
            key = f"{number}/{self._name}/{output}"
            if key not in theirs:
                self._missing.append(output)
                continue
            beside = {**inputs, **ours}
            given = beside[rule.among] if hasattr(rule, "among") else beside.get(rule.mask)
            apart = rule.differences(ours[output], theirs[key], given)
            self._differences[output].append(apart)
            told = rule.name != "close" and _are_floats(ours[output])  # `Close` reports them as its own result
            if told and ours[output].shape == theirs[key].shape:
                self._numbers[output].append(Close().differences(ours[output], theirs[key], beside.get(rule.mask)))
            room = _SHOWN - len(self._shown[output])
            differing = np.flatnonzero(~(apart <= self._limits[output]))[:room]
            self._shown[output] += requests.row_words(number, differing)

    def facts(self):
        return {
            "rows": max(map(len, map(np.concatenate, self._differences.values()))),
            "outputs": {output: self._facts(output) for output in self._rules},
        }

    def _facts(self, output):
        rule, limit, apart = self._rules[output], self._limits[output], np.concatenate(self._differences[output])
        facts = {**rule.facts(limit), "rows_that_differ": int((~(apart <= limit)).sum())}
        numbers = apart if rule.name == "close" else np.concatenate(self._numbers[output])
        if len(numbers):
            facts["largest_difference"] = float(numbers.max())
            facts["mean_difference"] = float(numbers.mean())
        if rule.name == "same_direction" and len(apart):
            facts["smallest_cosine"] = float(1.0 - apart.max())
        if self._shown[output]:
            facts["some_rows_that_differ"] = self._shown[output]
        return facts

    def reasons(self):
        for output in dict.fromkeys(self._missing):
            yield f"{self._name} does not give {output}"
        for output, rule in self._rules.items():
            facts, rows = self._facts(output), len(np.concatenate(self._differences[output]))
            differing = facts["rows_that_differ"]
            if differing <= (1 - getattr(rule, "share", 1.0)) * rows:
                continue
            if rule.name == "close":
                yield (
                    f"{output} of {self._name} differs by up to {facts['largest_difference']:.1e}, allowed is "
                    f"{facts['tolerance']:.0e}"
                )
            elif rule.name == "same_choice":
                yield (
                    f"{1 - differing / rows:.1%} of the rows keep their choice in {output} of {self._name}, wanted are "
                    f"{rule.share:.0%}; the first that does not is {facts['some_rows_that_differ'][0]!r:.80}"
                )
            elif rule.name == "same_direction":
                yield (
                    f"{1 - differing / rows:.1%} of the rows keep the direction of {output} of {self._name} (cosine "
                    f"similarity {rule.cosine} or more), wanted are {rule.share:.0%}; the first that does not is "
                    f"{facts['some_rows_that_differ'][0]!r:.80}"
                )
            else:
                yield (
                    f"{differing} of {rows} rows get another {output} of {self._name}, the first is "
                    f"{facts['some_rows_that_differ'][0]!r:.80}"
                )


def _are_floats(array):
    """Returns whether an array holds floats, whose differences are reported under every rule."""
    return array.dtype.kind == "f"


def _plain(array):
    return array.astype("float32") if array.dtype.name == "bfloat16" else array
