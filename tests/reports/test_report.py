"""The page as a file: which chapters it has, that nothing in it acts, that it is written the same way twice."""

import copy
import html.parser
import json
import re
import subprocess
import sys
from pathlib import Path

import jinja2.meta
import jinja2.nodes
import matplotlib
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from keras_bigmodel.evaluation import classification_metrics
from keras_bigmodel.reports import card, report, write_report
from keras_bigmodel.reports.report_json import as_json
from keras_bigmodel.reports.report_template import card_environment, page_environment
from tests.reports.report_cases import HOSTILE, LABELS, make_run, run_of

_VOID = {"meta", "wbr", "br", "img", "hr", "link", "input"}


class Page(html.parser.HTMLParser):
    """A parsed page; refuses tags that are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts, self.attributes = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attributes]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attributes]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.texts.append(data)

    def values(self, name):
        return [value for _, attribute, value in self.attributes if attribute == name]


def page_of(folder, run):
    return Page(write_report(folder, run).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("environment", "pattern", "view"),
    [
        (page_environment, "*.html", lambda run: report._view(run, {}) | {"id": None, "parts": None}),
        (card_environment, "*.jinja", card._view),
    ],
)
def test_the_templates_use_no_name_that_they_are_not_given(environment, pattern, view):
    """A name that is missing would be an empty place on the page, and no error."""
    templates, given = environment(), view(run_of("two"))
    paths = list(Path(report.__file__).parent.joinpath("templates").glob(pattern))
    assert paths
    for path in paths:
        parsed = templates.parse(path.read_text(encoding="utf-8"))
        set_here = {part.target.name for part in parsed.find_all(jinja2.nodes.Assign)}
        used = jinja2.meta.find_undeclared_variables(parsed) - set_here
        assert used <= set(given) | set(templates.globals), path.name


def chapters(page):
    return [value for tag, name, value in page.attributes if tag == "section" and name == "id"]


ALL = ["data", "training", "measures", "classes", "confusion", "probabilities", "slices", "mistakes", "making"]


@pytest.mark.parametrize("kind", LABELS)
def test_a_whole_run_has_every_chapter_and_every_plot_as_a_file(tmp_path, kind):
    page = page_of(tmp_path, run_of(kind))
    assert chapters(page) == ALL
    plots = {path.stem for path in tmp_path.glob("*.svg")}
    wanted = {
        "class_sizes",
        "text_lengths",
        "training_1",
        "training_2",
        "confusion_matrix",
        "roc",
        "reliability",
        "kept",
    }
    assert plots == wanted
    assert page.tags.count("figure") == len(plots)
    assert (tmp_path / "index.html").stat().st_size < 1_500_000


@pytest.mark.parametrize(
    ("path", "absent"),
    [
        (["data"], {"data"}),
        (["history"], {"training"}),
        (["measured"], {"measures", "classes", "confusion", "probabilities", "slices", "mistakes"}),
        (["measured", "test", "metrics", "confusion_matrix"], {"confusion"}),
        (["measured", "test", "metrics", "per_class"], {"classes"}),
        (["measured", "test", "details", "slices"], {"slices"}),
        (["measured", "test", "details", "mistakes"], {"mistakes"}),
        (["measured", "test", "details"], {"probabilities", "slices", "mistakes"}),
    ],
)
def test_a_chapter_without_figures_is_left_out(tmp_path, path, absent):
    run = run_of("two")
    without = run
    for name in path[:-1]:
        without = without[name]
    del without[path[-1]]
    page = page_of(tmp_path, run)
    assert chapters(page) == [chapter for chapter in ALL if chapter not in absent]
    linked = {link.removeprefix("#") for link in page.values("href")} - {"main"}
    assert linked <= set(chapters(page))


def test_each_part_of_a_table_may_be_missing(tmp_path):
    for part in ("path", "dropped", "notes", "classes", "lengths", "scripts", "duplicates", "conflicts", "sha256"):
        run = run_of("two")
        for table in run["data"]["tables"].values():
            table[part] = None
        assert "data" in chapters(page_of(tmp_path, run)), part


def test_a_run_of_nothing_is_still_a_page(tmp_path):
    page = page_of(tmp_path, {})
    assert chapters(page) == []
    assert "Classifier" in "".join(page.texts)
    assert json.loads((tmp_path / "metrics.json").read_text()) == {}


def test_a_note_stands_once_with_its_tables_and_does_not_tell_of_columns_that_were_taken(tmp_path):
    run = run_of("two")
    taken = "Took column a.b; c\nd as the text and column 2 as the label; name others with --text, --label."
    bare = f"The first row is taken as data, not as a header (--header says otherwise). {taken}"
    notes = {"train": [], "validation": [bare, "Cut 1 text."], "test": [taken, "Cut 1 text."]}
    for name, table in run["data"]["tables"].items():
        table["notes"] = notes[name]
    texts = page_of(tmp_path, run).texts
    noted = [text for text in texts if "Took column" in text or "header" in text or "Cut 1" in text]
    assert noted == [
        "validation: The first row is taken as data, not as a header (--header says otherwise).",
        "validation, test: Cut 1 text.",
    ]
    assert "Took column" in (tmp_path / "metrics.json").read_text(encoding="utf-8")


def test_tokens_that_are_unknown_have_a_column_where_they_were_counted(tmp_path):
    run = run_of("two")
    assert "unknown" not in page_of(tmp_path, run).texts
    run["data"]["tables"]["train"]["lengths"]["unknown_share"] = 0.0123
    run["data"]["tables"]["test"]["lengths"]["unknown_share"] = None
    texts = page_of(tmp_path, run).texts
    assert "unknown" in texts
    assert "1.2\u00a0%" in texts


def test_a_single_text_has_figures_and_no_interval_of_its_loss(tmp_path):
    metrics = classification_metrics([0], [[0.9, 0.1]], ["no", "yes"])
    page = page_of(tmp_path, {"measured": {"test": {"metrics": metrics}}})
    assert "0.105" in page.texts
    assert "None" not in "".join(page.texts)


def test_a_measurement_alone_is_reported_under_its_own_name(tmp_path):
    measured = {"reviews_of_march": run_of("two")["measured"]["test"]}
    text = "".join(page_of(tmp_path, {"measured": measured}).texts)
    assert "400 reviews_of_march texts are answered right" in text


def test_the_test_part_counts_and_validation_stands_beside_it(tmp_path):
    run = run_of("two")
    run["measured"]["test"]["metrics"]["accuracy"] = 0.4321
    run["measured"]["validation"]["metrics"]["accuracy"] = 0.9876
    text = "".join(page_of(tmp_path, run).texts)
    assert (
        text.index("43.2\u00a0%") < text.index("of 400 test texts are answered right") < text.index("validation 98.8")
    )


def test_a_model_without_mistakes_is_told_so(tmp_path):
    run = make_run(["no", "yes"], ["a", "b"] * 40, sharpness=99)
    assert "None: every measured text was answered as the table says." in "".join(page_of(tmp_path, run).texts)


def test_a_single_mistake_and_a_class_that_nobody_tested(tmp_path):
    run = run_of("two")
    run["measured"]["test"]["details"]["mistakes"] = run["measured"]["test"]["details"]["mistakes"][:1]
    run["measured"]["test"]["metrics"]["per_class"]["good"].update(texts=0, roc_auc=None, intervals={})
    page = page_of(tmp_path, run)
    assert page.values("class").count("said") == 1
    text = "".join(page.texts)
    assert "no texts to measure on" in text
    assert "1 class has no test text" in text


def test_both_texts_of_a_pair_are_shown(tmp_path):
    run = run_of("two")
    run["measured"]["test"]["details"]["mistakes"] = [
        {"text": "first", "text_pair": "second", "label": "bad", "answer": "good", "probability": 0.9}
    ]
    texts = page_of(tmp_path, run).texts
    assert texts.index("first") < texts.index("second")


def test_of_three_hundred_classes_the_matrix_draws_those_with_mistakes(tmp_path):
    labels = [f"class_{number:03d}" for number in range(300)]
    run = make_run(labels, [f"text {number}" for number in range(900)])
    text = "".join(page_of(tmp_path, run).texts)
    assert "Drawn are the 50 classes that most mistakes touch; 250 are left out." in text
    assert (tmp_path / "index.html").stat().st_size < 1_500_000
    assert (tmp_path / "confusion_matrix.svg").read_text(encoding="utf-8").count(">class_") == 100


def test_hostile_labels_and_texts_are_text(tmp_path):
    run = make_run(HOSTILE, HOSTILE * 6, name=HOSTILE[0])
    run["notes"] = run["data"]["notes"] = HOSTILE
    run["model"]["settings"] = dict(zip(HOSTILE, HOSTILE, strict=True))
    page = page_of(tmp_path, run)
    assert not {"script", "img"} & set(page.tags)
    assert [name for _, name, _ in page.attributes if name.startswith("on")] == []
    text = "".join(page.texts)
    for seen in (
        "</script><script>document.title",
        "$x^2$",
        "⟨U+202E⟩",
        "nul␀bell␇",
        "(10,000 characters)",
        "{{ 7 * 7 }}",
    ):
        assert seen in text
    for acting in "\u202e\x00\x1b\ufeff\ud800":
        assert acting not in text


def test_nothing_is_fetched(tmp_path):
    page = page_of(tmp_path, run_of("many"))
    assert "default-src 'none'" in "".join(page.values("content"))
    assert [link for link in page.values("href") if not link.startswith("#")] == []
    assert page.values("src") == []
    for path in tmp_path.glob("*.*"):
        addresses = set(re.findall(r"https?://[^\"'\s]+", path.read_text(encoding="utf-8")))
        assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_no_id_stands_twice_and_every_reference_leads_somewhere(tmp_path):
    page = page_of(tmp_path, run_of("many"))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    references = {link.removeprefix("#") for link in page.values("href") + page.values("xlink:href")}
    references |= set(re.findall(r"url\(#([\w-]+)\)", (tmp_path / "index.html").read_text(encoding="utf-8")))
    assert references <= set(ids)
    assert set(page.values("aria-labelledby")) <= set(ids)


def test_every_plot_and_table_says_what_it_is(tmp_path):
    page = page_of(tmp_path, run_of("chinese"))
    drawn = [value for tag, name, value in page.attributes if tag == "svg" and name == "role"]
    assert drawn == ["img"] * page.tags.count("figure")
    assert page.tags.count("table") == page.tags.count("caption")
    assert {"header", "nav", "main", "footer"} <= set(page.tags)
    assert ("html", "lang", "en") in page.attributes


def test_chinese_texts_and_labels_are_marked_as_chinese(tmp_path):
    text = write_report(tmp_path, run_of("chinese")).read_text(encoding="utf-8")
    assert '<bdi class="label" lang="zh">股票</bdi>' in text
    assert '<span class="text" dir="auto" lang="zh">今天的新闻' in text


def test_the_figures_come_back_as_they_were_given(tmp_path):
    run = run_of("chinese")
    given_run = copy.deepcopy(run)
    write_report(tmp_path, run)
    text = (tmp_path / "metrics.json").read_text(encoding="utf-8")
    assert json.loads(text) == given_run == run
    assert "股票" in text


def test_a_matrix_has_a_line_a_row(tmp_path):
    matrix = (np.arange(250_000) % 7).reshape(500, 500)
    run = {"measured": {"test": {"metrics": {"texts": 9, "accuracy": 0.5, "confusion_matrix": matrix.tolist()}}}}
    text = as_json(run)
    assert json.loads(text) == run
    assert len(text) < 3.1 * matrix.size
    assert len(text.splitlines()) < 600
    assert as_json({"rows": matrix[:2, :3], "none": [], "two": [{"a": (0.5, None)}, "词"]}).splitlines() == [
        "{",
        ' "rows": [',
        "  [0, 1, 2],",
        "  [3, 4, 5]",
        " ],",
        ' "none": [],',
        ' "two": [',
        "  {",
        '   "a": [0.5, null]',
        "  },",
        '  "词"',
        " ]",
        "}",
    ]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(_VALUES)
def test_whatever_is_written_is_read_again(value):
    assert json.loads(as_json(value)) == value


def test_a_loss_that_is_no_number_and_half_a_character_are_valid_json(tmp_path):
    run = {"history": {"loss": [1.0, float("nan"), float("inf")]}, "notes": ["\ud800"]}
    write_report(tmp_path, run)

    def refuse(name):
        raise AssertionError(name)

    text = (tmp_path / "metrics.json").read_bytes().decode("utf-8")
    assert json.loads(text, parse_constant=refuse) == {"history": {"loss": [1.0, None, None]}, "notes": ["\ud800"]}


def test_the_same_run_gives_the_same_bytes_whatever_style_the_user_draws_in(tmp_path):
    run = run_of("chinese")
    write_report(tmp_path / "one", run)
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "svg.fonttype": "path"}):
        before = dict(matplotlib.rcParams)
        write_report(tmp_path / "two", run)
        assert dict(matplotlib.rcParams) == before
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_writing_draws_without_pyplot_and_knowing_the_report_loads_no_matplotlib(tmp_path):
    code = (
        "import sys; from keras_bigmodel.reports import write_report; "
        "assert 'matplotlib' not in sys.modules; "
        f"write_report({str(tmp_path)!r}, {{'history': {{'loss': [1.0, 0.5]}}}}); "
        "assert 'matplotlib' in sys.modules and 'matplotlib.pyplot' not in sys.modules; "
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (tmp_path / "training_1.svg").is_file()


_ANY = st.text(st.characters(), max_size=60)


@settings(
    max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    labels=st.lists(_ANY, min_size=2, max_size=5, unique=True), texts=st.lists(_ANY, min_size=8, max_size=8), name=_ANY
)
def test_whatever_labels_and_texts_hold_the_page_is_whole(tmp_path, labels, texts, name):
    page = page_of(tmp_path, make_run(labels, texts, name=name))
    assert not {"script", "img", "iframe", "object", "form", "link"} & set(page.tags)
    assert {name for _, name, _ in page.attributes if name.startswith("on") or name == "src"} == set()
    assert chapters(page) == ALL
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["model"]["labels"] == labels
