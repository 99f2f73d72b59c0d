"""The page in a real browser, opened from disk: what it shows, what it fetches, what overlaps, what is printed."""

import contextlib
import os
import re
import shutil

import pytest

from keras_bigmodel.reports import write_report
from tests.reports.report_cases import HOSTILE, LABELS, make_run, run_of
from tests.reports.test_report import ALL

pytestmark = pytest.mark.full

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

# The smallest contrast of all texts that are seen with what is behind them, and where it is.
CONTRAST = """() => {
  const channel = value => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = color => color.match(/[\\d.]+/g).map(Number);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = numbers(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  let least = [99, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    // The numbers on a matrix's cells have a test of their own: what is behind them is no element's background.
    if (!walker.currentNode.data.trim() || element.closest('style, #confusion svg')) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(numbers(element.closest('svg') ? style.fill : style.color)), light(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < least[0]) least = [ratio, walker.currentNode.data.trim().slice(0, 60)];
  }
  return least;
}"""

# Pairs of texts of a figure whose boxes share more than a pixel each way.
OVERLAPS = """name => {
  const texts = [...document.querySelectorAll(name + ' svg text')].filter(text => text.textContent.trim());
  const boxes = texts.map(text => text.getBoundingClientRect());
  const found = [];
  for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
    const [a, b] = [boxes[i], boxes[j]];
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 1 && down > 1) found.push(texts[i].textContent + ' | ' + texts[j].textContent);
  }
  return found;
}"""

# Texts that stick out of their plot.
OUTSIDE = """() => [...document.querySelectorAll('figure svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect();
    return box.left < frame.left - 1 || box.right > frame.right + 1
      || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
  }).map(text => text.textContent);
})"""


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium; where there is none, the tests are skipped, and fail on the build machine."""
    if not os.path.exists(CHROMIUM):
        if os.environ.get("CI") == "true":
            pytest.fail("No chromium here. Install it: apt-get install chromium fonts-wqy-zenhei.")
        pytest.skip("No chromium here.")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The three kinds of report, and one of hostile texts, written once."""
    folder = tmp_path_factory.mktemp("reports")
    runs = {kind: run_of(kind) for kind in LABELS}
    runs["hostile"] = make_run(HOSTILE, HOSTILE * 6, name=HOSTILE[0])
    return {kind: write_report(folder / kind, run) for kind, run in runs.items()}


@contextlib.contextmanager
def opened(browser, path, *, width=1200, scheme="light"):
    """Opens a page and checks on the way out that it asked for nothing and complained of nothing."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    yield page
    page.wait_for_timeout(50)
    assert asked == [path.as_uri()]
    assert said == []
    context.close()


def kinds(*more):
    return pytest.mark.parametrize("kind", [*LABELS, *more])


@kinds("hostile")
@pytest.mark.parametrize("width", [400, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chapter_is_seen_and_nothing_sticks_out(browser, pages, kind, width, scheme, tmp_path):
    with opened(browser, pages[kind], width=width, scheme=scheme) as page:
        for chapter in ALL:
            assert page.locator(f"#{chapter} > h2").is_visible()
            assert page.locator(f"nav a[href='#{chapter}']").is_visible()
        page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("figure svg").count() == 8
        page.screenshot(path=tmp_path / f"{kind}_{width}_{scheme}.png", full_page=True)


@kinds()
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser, pages, kind, scheme):
    with opened(browser, pages[kind], scheme=scheme) as page:
        ratio, text = page.evaluate(CONTRAST)
        assert ratio >= 4.5, text


@kinds()
@pytest.mark.parametrize("width", [400, 1200])
def test_no_two_texts_of_a_plot_overlap_and_none_is_cut(browser, pages, kind, width):
    with opened(browser, pages[kind], width=width) as page:
        assert page.evaluate(OVERLAPS, "#confusion") == []
        for chapter in ("#data", "#training", "#probabilities"):
            assert page.evaluate(OVERLAPS, chapter) == []
        assert page.evaluate(OUTSIDE) == []


def test_chinese_labels_are_on_the_page_and_in_the_plots(browser, pages):
    with opened(browser, pages["chinese"]) as page:
        for label in LABELS["chinese"]:
            assert page.locator(f"#classes bdi:text-is('{label}')").is_visible()
            assert page.locator(f"#confusion svg text:text-is('{label}')").count() == 2


def test_hostile_texts_are_read_and_run_nothing(browser, pages):
    with opened(browser, pages["hostile"]) as page:
        assert page.title() == f"{HOSTILE[0]}, version 3: report"
        assert page.evaluate("document.scripts.length") == 0
        assert page.locator("#classes bdi", has_text="</script><script>document.title").count() == 1
        assert page.evaluate("getComputedStyle(document.querySelector('#classes bdi')).unicodeBidi") == "isolate"


def test_the_page_is_walked_by_keyboard(browser, pages):
    with opened(browser, pages["two"]) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        page.wait_for_function("location.hash === '#main'")  # the address changes after the key
        fold = page.locator("#data details summary").first
        fold.focus()
        page.keyboard.press("Enter")
        assert page.locator("#data details").first.get_attribute("open") is not None


@kinds()
def test_it_prints_with_its_folds_open_and_in_ink_on_paper(browser, pages, kind):
    with opened(browser, pages[kind], scheme="dark") as page:
        assert page.locator("#data details >> nth=0").get_attribute("open") is None
        page.emulate_media(media="print", color_scheme="dark")
        assert page.locator("#data details table").first.is_visible()
        assert not page.locator("nav").is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 40
