"""Whether the sides gave the same answers to the same texts. Knows measurements; no model."""

from collections import defaultdict

LEAST = 0.9  # bfloat16, int8 and texts cut at 64 tokens turn a few answers; another model or other texts turn many


def check_answers(measurements):
    """Compares answers with those of the first float32 side and takes them out of the measurements.

    Args:
        measurements: list of dict; those with `answers` (list of int, one a text, all sides' texts in one order; a
            side may answer fewer) get `agreement` (share of equal answers) instead.

    Returns:
        dict of `(job, who, set, dtype)` → sentence: the sides that agree on too few.
    """
    groups = defaultdict(list)
    for line in measurements:
        if "answers" in line:
            groups[line["job"], line["set"]].append(line)
    wrong = {}
    for (job, name), lines in groups.items():
        reference = min(lines, key=lambda line: (line["dtype"] != "float32", -len(line["answers"])))
        wanted = reference["answers"]
        for line in lines:
            line["agreement"] = round(_share(line["answers"], wanted), 4)
            if line["agreement"] < LEAST:
                wrong[job, line["who"], name, line["dtype"]] = (
                    f"gave the answers of {reference['who']} {reference['dtype']} to only {line['agreement']:.1%} of "
                    f"the texts; at least {LEAST:.0%} were wanted"
                )
        for line in lines:
            del line["answers"]
    return wrong


def _share(answers, wanted):
    pairs = list(zip(answers, wanted, strict=False))  # the first texts are everyone's
    return sum(left == right for left, right in pairs) / len(pairs) if pairs else 0.0
