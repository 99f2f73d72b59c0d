"""Measures of spans: equal to seqeval's strict mode, and what a report shows beside them."""

import random
import warnings

import numpy as np
import pytest

from keras_bigmodel import UserError
from keras_bigmodel.core.tagged_words import illegal_tags, spans_of_tags
from keras_bigmodel.core.tags import OUTSIDE, best_tags, runs_of, tag_names
from keras_bigmodel.evaluation import paired_spans, span_details, span_metrics
from keras_bigmodel.evaluation.scored_spans import OUTCOMES

LABELS = ["A", "B", "C-d"]


def drawn_tags(draw, words):
    """Legal tags of words, as a model gives them."""
    tags, before = [], None
    for _ in range(words):
        choices = ["O", "O", *(f"B-{label}" for label in LABELS), *([f"I-{before}"] * 3 if before else [])]
        tags.append(draw.choice(choices))
        before = None if tags[-1] == "O" else tags[-1][2:]
    return tags


def drawn_sets(seed, texts=12):
    draw = random.Random(seed)
    due = [drawn_tags(draw, draw.randint(0, 9)) for _ in range(texts)]
    found = [[*tags] if draw.random() < 0.3 else drawn_tags(draw, len(tags)) for tags in due]
    return due, found


@pytest.fixture(scope="module")
def seqeval():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it names deprecated names of NumPy
        return pytest.importorskip("seqeval.metrics")


def test_every_measure_is_that_of_seqeval(seqeval):
    from seqeval.scheme import IOB2

    for seed in range(1000):
        due, found = drawn_sets(seed)
        assert not any(illegal_tags(tags, "BIO") for tags in found)
        ours = span_metrics([*map(spans_of_tags, due)], [*map(spans_of_tags, found)], LABELS, resamples=0)
        for how in ({"mode": "strict", "scheme": IOB2}, {}):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of labels without spans
                report = seqeval.classification_report(due, found, output_dict=True, zero_division=0, **how)
            for name in ("precision", "recall"):
                assert ours[f"micro_{name}"] == pytest.approx(report["micro avg"][name], abs=1e-12)
            assert ours["micro_f1"] == pytest.approx(report["micro avg"]["f1-score"], abs=1e-12)
            assert ours["weighted_f1"] == pytest.approx(report["weighted avg"]["f1-score"], abs=1e-12)
            for label in LABELS:
                if label in report:
                    row = ours["per_class"][label]
                    assert row["spans"] == report[label]["support"]
                    assert row["f1"] == pytest.approx(report[label]["f1-score"], abs=1e-12)


def test_tags_of_probabilities_make_the_spans_that_seqeval_sees(seqeval):
    """Viterbi's tags are legal, so that seqeval's strict mode and its default mode agree on them."""
    random_numbers, names = np.random.default_rng(0), np.array(tag_names(LABELS))
    for _ in range(50):
        drawn = random_numbers.dirichlet(np.full(len(names), 0.3), size=12).astype("float32")
        tags = best_tags(drawn)
        spans = [(first, last, names[tags[first]][2:]) for first, last in runs_of(tags)]
        assert spans == spans_of_tags(names[tags].tolist())
        assert (tags == OUTSIDE).sum() + sum(last - first for first, last, _ in spans) == len(tags)


def test_intervals_hold_their_figures_and_follow_the_seed():
    due, found = (list(map(spans_of_tags, part)) for part in drawn_sets(3, texts=60))
    first, again = (span_metrics(due, found, LABELS, seed=5) for _ in range(2))
    assert first == again
    for name, interval in first["intervals"].items():
        assert interval is None or interval[0] <= first[name] <= interval[1]
    for row in first["per_class"].values():
        low, high = row["intervals"]["f1"]
        assert 0 <= low <= row["f1"] <= high <= 1


def test_what_became_of_each_span():
    due = [[(0, 3, "A"), (5, 8, "B"), (10, 14, "A"), (20, 22, "B"), (30, 31, "A")]]
    found = [[(0, 3, "A"), (5, 8, "A"), (11, 14, "A"), (19, 22, "A"), (40, 44, "B")]]
    measured = span_metrics(due, found, ["A", "B"], resamples=0)
    assert measured["outcomes"] == dict.fromkeys(OUTCOMES, 1)
    assert (measured["spans"], measured["predicted"]) == (5, 5)
    assert measured["place_f1"] == pytest.approx(0.4)
    assert measured["text_accuracy"] == 0
    assert measured["matrix_labels"] == ["A", "B", "no span"]
    assert measured["confusion_matrix"] == [[1, 0, 2], [1, 0, 1], [2, 1, 0]]


def test_one_answer_is_not_held_against_two_spans():
    measured = span_metrics([[(0, 3, "A"), (4, 7, "A")]], [[(0, 7, "A")]], ["A"], resamples=0)
    assert measured["outcomes"]["wrong border"] == 1
    assert measured["outcomes"]["missed"] == 1


def test_texts_without_spans_are_right_if_none_is_found():
    measured = span_metrics([[], []], [[], [(0, 1, "A")]], ["A"])
    assert measured["text_accuracy"] == 0.5
    assert measured["micro_f1"] == 0
    assert measured["macro_f1"] is None


def test_mistakes_stand_in_their_text_the_surest_first():
    text = "x" * 100 + " Ada and Bob met in Rome " + "y" * 100
    place = lambda word: (text.index(word), text.index(word) + len(word))
    due = [[(*place("Ada"), "PER"), (*place("Rome"), "LOC")], []]
    found = [[(*place("Ada and Bob"), "PER")], [(0, 5, "PER")]]
    details = span_details(due, found, ["PER", "LOC"], [[0.6], [0.9]], {"text": [text, "Great stuff"]})
    sure, wide, missed = details["mistakes"]
    assert (sure["outcome"], sure["found"], sure["due"], sure["probability"]) == ("invented", "Great", None, 0.9)
    assert (wide["outcome"], wide["due"], wide["found"]) == ("wrong border", "Ada", "Ada and Bob")
    assert wide["before"].startswith("…x")
    assert wide["before"].endswith("x ")
    assert wide["behind"].startswith(" met in Rome")
    assert (missed["outcome"], missed["due"], missed["found"], missed["probability"]) == ("missed", "Rome", None, None)


def test_slices_have_the_f1_of_their_texts():
    due, found = (list(map(spans_of_tags, part)) for part in drawn_sets(1, texts=40))
    texts = {"text": ["t"] * 40}
    sides = ["odd" if row % 2 else "even" for row in range(40)]
    probabilities = [[0.5] * len(spans) for spans in found]
    slices = span_details(due, found, LABELS, probabilities, texts, slices={"side": sides})["slices"]
    for row, start in zip(slices, (0, 1), strict=True):
        whole = span_metrics(due[start::2], found[start::2], LABELS, resamples=0)
        assert row["f1"] == pytest.approx(whole["micro_f1"])
        assert (row["texts"], row["spans"]) == (20, whole["spans"])


def test_two_models_are_compared_text_by_text():
    due = [[(0, 1, "A")], [(0, 1, "A")], [(0, 1, "A")], []]
    first = [[(0, 1, "A")], [], [(0, 1, "B")], []]
    second = [[], [(0, 1, "A")], [(0, 2, "A")], []]
    compared = paired_spans(due, first, second, ["A", "B"])
    assert (compared["fixed"], compared["broken"], compared["both_wrong"]) == (1, 1, 1)
    assert compared["changed_rows"] == [0, 1, 2]
    assert compared["difference"]["micro_f1"] == pytest.approx(
        compared["second"]["micro_f1"] - compared["first"]["micro_f1"]
    )


@pytest.mark.parametrize(
    ("targets", "answers", "message"),
    [
        ([[]], [], "0 answers came for 1 texts"),
        ([], [], "0 answers came for 0 texts"),
        ([[(0, 1, "X")]], [[]], 'A span has the label "X"'),
    ],
)
def test_what_cannot_be_measured_is_refused(targets, answers, message):
    with pytest.raises(UserError, match=message):
        span_metrics(targets, answers, ["A"])
