"""The plots as files: XML that any viewer reads, every label in it, nothing that a label can do."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from keras_bigmodel.reports.plots import draw_plots
from keras_bigmodel.reports.plots.palette import CSS_VARIABLES
from keras_bigmodel.reports.report_template import page_environment
from tests.reports.report_cases import HOSTILE, LABELS, make_run, run_of

_SVG = "{http://www.w3.org/2000/svg}"


def drawn(run, part="test"):
    return draw_plots(run, measured_part=part, data_part="train")


def texts_of(plot):
    root = ElementTree.fromstring(plot.file().encode("utf-8"))
    return ["".join(element.itertext()) for element in root.iter(f"{_SVG}text")]


@pytest.mark.parametrize("kind", LABELS)
def test_every_plot_is_xml_with_a_title_and_a_description(kind):
    for plot in drawn(run_of(kind)).values():
        root = ElementTree.fromstring(plot.file().encode("utf-8"))
        assert root.find(f"{_SVG}title").text == plot.title
        assert len(root.find(f"{_SVG}desc").text) > 20
        assert root.find(f".//{_SVG}image") is None


def test_chinese_labels_are_texts_and_no_shapes():
    plots = drawn(run_of("chinese"))
    for name in ("class_sizes", "confusion_matrix"):
        assert set(LABELS["chinese"]) <= set(texts_of(plots[name]))


def test_a_long_label_is_shortened_and_whole_in_its_tooltip():
    plot = drawn(run_of("many"))["confusion_matrix"]
    long = "cash_withdrawal_not_received_by_recipient"
    root = ElementTree.fromstring(plot.file().encode("utf-8"))
    assert sum(title.text == long for title in root.iter(f"{_SVG}title")) == 2  # its row and its column


def test_a_matrix_of_two_classes_holds_its_numbers_and_shares():
    run = run_of("two")
    matrix = run["measured"]["test"]["metrics"]["confusion_matrix"] = [[180, 20], [5, 195]]
    texts = texts_of(drawn(run)["confusion_matrix"])
    assert {str(number) for row in matrix for number in row} <= set(texts)
    assert {"90.0\u00a0%", "10.0\u00a0%", "2.5\u00a0%", "97.5\u00a0%"} <= set(texts)


def test_of_many_classes_the_worst_curves_are_drawn_and_the_mean():
    run = run_of("many")
    per_class = run["measured"]["test"]["metrics"]["per_class"]
    per_class["card_limits"]["roc_auc"] = 0.5
    texts = texts_of(drawn(run)["roc"])
    assert any(text.startswith("mean of all 7") for text in texts)
    assert "card_limits" in texts
    assert sum(text.startswith("area ") for text in texts) == 6


def test_the_cut_is_drawn_where_texts_are_cut():
    run = run_of("two")
    assert "cut at 128" in texts_of(drawn(run)["text_lengths"])
    run["data"]["max_length"] = None
    assert not any("cut" in text for text in texts_of(drawn(run)["text_lengths"]))


@pytest.mark.parametrize(
    "history",
    [
        {"loss": [0.5]},
        {"loss": [0.5, 0.5]},
        {"epoch": [4, 5], "loss": [float("nan"), 0.2], "val_loss": [None, 0.3]},
        {"loss": [1e-9, 2e-9], "val_loss": [1e9, 2e9]},
        {"val_accuracy": [0.0, 1.0, 0.0]},
        {f"metric {number}": [float(number)] * 30 for number in range(9)},
    ],
)
def test_any_history_is_drawn(history):
    plots = draw_plots({"history": history}, measured_part=None, data_part=None)
    assert 1 <= len(plots) <= 6
    for plot in plots.values():
        ElementTree.fromstring(plot.file().encode("utf-8"))


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"loss": [float("nan")]}, {"learning_rate": [0.1]}])
def test_a_history_without_figures_is_not_drawn(history):
    assert draw_plots({"history": history}, measured_part=None, data_part=None) == {}


def test_every_colour_of_the_page_is_known_to_its_style_sheet():
    sheet = page_environment().get_template("report.css").render()
    light, _, dark = sheet.partition("@media screen and (prefers-color-scheme: dark)")
    for color, variable in CSS_VARIABLES.items():
        name = variable.removeprefix("var(").removesuffix(")")
        assert f"{name}: {color};" in light
        assert f"{name}: #" in dark
    inline = "".join(plot.inline() for kind in LABELS for plot in drawn(run_of(kind)).values())
    assert "#000000" not in inline


def luminance(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_numbers_on_the_cells_can_be_read(scheme):
    sheets = page_environment().get_template("report.css").render().partition("@media screen and (prefers-color")
    colors = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", sheets[0] if scheme == "light" else sheets[2]))
    for cell in (f"{kind}-{step}" for kind in ("right", "wrong") for step in range(6)):
        text = "paper" if cell.endswith(("4", "5")) else "ink"
        light, dark = sorted((luminance(colors[cell]), luminance(colors[text])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, cell


def test_a_plot_on_a_page_takes_its_colours_from_there_and_a_file_brings_its_own():
    plot = drawn(run_of("two"))["reliability"]
    assert "var(--series-0)" in plot.inline()
    assert "var(" not in plot.file()


def test_hostile_labels_are_drawn_as_texts():
    plots = drawn(make_run(HOSTILE, HOSTILE * 6))
    texts = texts_of(plots["confusion_matrix"])
    for seen in ("$x^2$ and $\\frac{1}{0}", "Z0Z", "{{ 7 * 7 }} {% raw %}", '#0b62a8 url(#clip) id="x"'):
        assert texts.count(seen) == 2
    for plot in plots.values():
        tags = {element.tag.removeprefix(_SVG) for element in ElementTree.fromstring(plot.file()).iter()}
        assert tags <= {"svg", "title", "desc", "rect", "g", "path", "text", "defs", "use", "clipPath"}


@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(st.lists(st.text(st.characters(), max_size=80), min_size=2, max_size=6, unique=True))
def test_whatever_a_label_holds_the_plots_are_xml(labels):
    for plot in drawn(make_run(labels, ["text"] * 12)).values():
        ElementTree.fromstring(plot.file().encode("utf-8"))
        ElementTree.fromstring(f'<svg xmlns:xlink="x">{plot.inline()}</svg>')
