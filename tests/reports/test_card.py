"""The model card: its sections, its figures, its code; and that it quotes nobody."""

import ast
import json
import re
import subprocess

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_bigmodel.evaluation import classification_metrics
from keras_bigmodel.reports import write_card
from tests.reports.report_cases import HOSTILE, LABELS, make_run, run_of

SECTIONS = [
    "Model details",
    "Intended use",
    "Data",
    "Evaluation",
    "Limits",
    "How to use it",
    "Environment",
]


def card_of(folder, run):
    return write_card(folder / "card.md", run).read_text(encoding="utf-8")


def without_code(card):
    return re.sub(r"^```.*?^```$", "", card, flags=re.MULTILINE | re.DOTALL)


def code_of(card, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", card, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("kind", LABELS)
def test_a_card_has_its_sections_and_the_figures_of_the_run(tmp_path, kind):
    run = run_of(kind)
    card = card_of(tmp_path, run)
    assert re.findall(r"^## (.*)$", card, re.MULTILINE) == SECTIONS
    metrics = run["measured"]["test"]["metrics"]
    low, high = metrics["intervals"]["macro_f1"]
    row = f"| Macro F1 | {metrics['macro_f1']:.1%} | {low:.1%} – {high:.1%} |"
    found = card.replace("\u00a0", " ").replace(" %", "%")
    assert row.replace(f"{low:.1%}", f"{low:.1%}".removesuffix("%")) in found
    assert "\n\n\n" not in card


def test_the_header_is_yaml_with_the_results(tmp_path):
    run = run_of("chinese")
    run["model"]["name"] = "新闻: [a] #b"
    _, header, _ = card_of(tmp_path, run).split("---\n", 2)
    values = yaml.safe_load(header)
    assert values["library_name"] == "keras"
    assert values["model-index"][0]["name"] == "新闻: [a] #b"
    accuracy = values["model-index"][0]["results"][0]["metrics"][0]
    assert accuracy["value"] == round(run["measured"]["test"]["metrics"]["accuracy"], 4)


@pytest.mark.parametrize("pair", [None, "second"])
@pytest.mark.parametrize("name", ["reviews", "a `name`; rm -rf $HOME\n```\n\"'", "酒店评论"])
def test_the_code_is_code(tmp_path, pair, name):
    run = run_of("two")
    run["model"].update(name=name, columns=["text", "text_pair"] if pair else ["text"])
    card = card_of(tmp_path, run)
    python, bash = code_of(card, "python"), code_of(card, "bash")
    assert (len(python), len(bash)) == (2, 1)
    for code in python:
        ast.parse(code)
        assert ("second" in code) == (pair is not None)
    subprocess.run(["bash", "-n", "-c", bash[0]], check=True)
    assert "rm -rf" not in bash[0]
    (request,) = re.findall(r"curl -d '(.*)' http", bash[0])
    (instance,) = json.loads(request)["instances"]
    assert instance == ({"text": "a text of yours", "text_pair": "its second"} if pair else "a text of yours")


def test_a_card_quotes_no_text_of_the_data(tmp_path):
    texts = [f"secret text number {number}" for number in range(40)]
    assert "secret" not in card_of(tmp_path, make_run(["no", "yes"], texts, sharpness=0.1))


@pytest.mark.parametrize("part", ["model", "data", "measured", "parity", "history"])
def test_a_missing_part_leaves_no_hole(tmp_path, part):
    run = run_of("two")
    del run[part]
    card = card_of(tmp_path, run)
    assert "None" not in card
    assert "Undefined" not in card
    sections = re.findall(r"^## (.*)$", card, re.MULTILINE)
    gone = {"data": ["Data"], "measured": ["Evaluation"]}.get(part, [])
    assert sections == [section for section in SECTIONS if section not in gone]


def test_a_card_of_nothing_still_says_how_to_use_it(tmp_path):
    card = card_of(tmp_path, {})
    assert "# Classifier" in card
    assert "saved_models/classifier" in card


@pytest.mark.parametrize(
    ("folder", "version_folder", "mounted"),
    [
        ("m/reviews", "m/reviews/3", "/here/m/reviews:/models/reviews"),
        ("./m//reviews/", "m/reviews/3", "/here/m/reviews:/models/reviews"),
        ("/srv/models/a b", "/srv/models/a b/3", "/srv/models/a b:/models/reviews"),
        (".", "3", "/here/.:/models/reviews"),
        ("模型/酒店", "模型/酒店/3", "/here/模型/酒店:/models/reviews"),
        ("a'b\"$(rm -rf x)`\\", "a'b\"$(rm -rf x)`\\/3", "/here/a'b\"$(rm -rf x)`\\:/models/reviews"),
        ("m\n```\n# x", "saved_models/reviews/3", "/here/saved_models/reviews:/models/reviews"),
        (None, "saved_models/reviews/3", "/here/saved_models/reviews:/models/reviews"),
    ],
)
def test_the_code_names_the_folder_that_the_run_was_given(tmp_path, folder, version_folder, mounted):
    run = run_of("two")
    run["model"].update(folder=folder, settings={})
    card = card_of(tmp_path, run)
    for code in code_of(card, "python"):
        paths = [node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)]
        assert version_folder in paths
    (bash,) = code_of(card, "bash")
    command = f'PWD=/here; docker() {{ printf %s "$5"; }}; {bash.splitlines()[0]}'
    assert subprocess.run(["bash", "-c", command], check=True, capture_output=True).stdout.decode() == mounted
    assert "-e MODEL_NAME=reviews tensorflow/serving" in bash


def test_unknown_tokens_stand_among_the_limits(tmp_path):
    run = run_of("two")
    run["data"]["tables"]["train"]["lengths"]["unknown_share"] = 0.3
    limits = card_of(tmp_path, run).split("## Limits")[1].split("## ")[0]
    assert "30.0\u00a0% of the train tokens are unknown to the encoder" in limits


def test_a_single_text_has_figures_and_no_interval_of_its_loss(tmp_path):
    metrics = classification_metrics([0], [[0.9, 0.1]], ["no", "yes"])
    card = card_of(tmp_path, {"measured": {"test": {"metrics": metrics}}})
    assert "| Log loss | 0.105 |  |" in card


def test_what_is_odd_stands_among_the_limits(tmp_path):
    run = run_of("two")
    limits = card_of(tmp_path, run).split("## Limits")[1].split("## ")[0]
    assert "6 rows (1.5\u00a0%) of the test table also stand in the train table" in limits


def cells(line):
    return len(re.findall(r"(?<!\\)\|", line))


def assert_whole(card):
    """The tables have as many cells in every row, and nothing in the text is HTML or a fence."""
    text = without_code(card.split("---\n", 2)[2])
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({cells(line) for line in table.splitlines()}) == 1
    assert "```" not in text
    assert "<" not in text
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1


def test_hostile_labels_stay_in_their_cells(tmp_path):
    card = card_of(tmp_path, make_run(HOSTILE, HOSTILE * 6, name=HOSTILE[11]))
    assert_whole(card)
    assert "&lt;/script&gt;" in card


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(), max_size=30), min_size=2, max_size=4, unique=True), st.text(max_size=40))
def test_whatever_a_label_holds_the_card_is_whole(tmp_path, labels, name):
    assert_whole(card_of(tmp_path, make_run(labels, ["text"] * 12, name=name)))
