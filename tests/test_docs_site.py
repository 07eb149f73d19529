"""The built site: links lead somewhere, nothing is fetched, nothing is wider than the screen.

`make test-docs` builds the site and names its folder in DOCS_HTML; otherwise these are skipped.
"""

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, NClustersSweep

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
LOADING = {"src", "srcset", "poster", "data"}
PHONE, DESKTOP = 390, 1280

WIDTHS = """<!DOCTYPE html>
<title>Widths</title>
<script>
const pages = [%s];
async function measure() {
  const found = [];
  for (const page of pages) {
    const frame = document.createElement("iframe");
    frame.style = "width: %dpx; height: 800px; border: 0";
    frame.src = page;
    await new Promise((done) => { frame.onload = done; document.body.append(frame); });
    const root = frame.contentDocument.documentElement;
    const overflow = (element) => frame.contentWindow.getComputedStyle(element).overflowX;
    const article = root.querySelector(".bd-article");
    const scrolls = (element) => element !== article &&
      (["auto", "scroll"].includes(overflow(element)) || scrolls(element.parentElement));
    const isCell = (element) => element.matches("td, th");
    const isCut = (element) => element.clientWidth > 1 &&
      element.scrollWidth > element.clientWidth + 1 && (isCell(element) || !scrolls(element));
    const cut = [...(article?.querySelectorAll("*") ?? [])].filter(isCut);
    const holdsAnother = (element) =>
      cut.some((other) => other !== element && element.contains(other));
    const names = cut.filter((element) => !holdsAnother(element)).map((element) =>
      element.tagName + ":" + element.textContent.slice(0, 30));
    found.push(`${page}=${root.scrollWidth}/${root.clientWidth} ${JSON.stringify(names)}`);
    frame.remove();
  }
  document.body.innerHTML = `<pre id="widths">${found.join("\\n")}\\n</pre>`;
}
window.onload = measure;
</script>
<body></body>
"""


class Page(HTMLParser):
    """The anchors of a page, where its links lead, and what it loads."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.loaded = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag == "link" and given.get("rel") in ("stylesheet", "preload", "icon", "shortcut icon"):
            self.loaded.append(given["href"])
        self.loaded += [given[name] for name in LOADING if given.get(name)]


@pytest.fixture(scope="module")
def site():
    if "DOCS_HTML" not in os.environ:
        pytest.skip("needs the built site: make test-docs")
    return Path(os.environ["DOCS_HTML"]).resolve()


@pytest.fixture(scope="module")
def pages(site):
    files = [file for file in sorted(site.rglob("*.html")) if "_static" not in file.parts]
    assert len(files) > 50
    return {file: Page(file.read_text(encoding="utf-8")) for file in files}


def test_every_internal_link_and_anchor_resolves(pages):
    broken = []
    for file, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            exists = target.is_file()
            if exists and parts.fragment and target in pages:
                exists = unquote(parts.fragment) in pages[target].anchors
            if not exists:
                broken.append(f"{file.name}: {link}")
    assert not broken


def test_pages_load_nothing_from_elsewhere_and_nothing_that_is_missing(pages, site):
    for file, page in pages.items():
        for name in page.loaded:
            parts = urlsplit(name)
            if parts.scheme == "data":
                continue
            assert not parts.scheme, f"{file}: {name}"
            assert not parts.netloc, f"{file}: {name}"
            assert (file.parent / unquote(parts.path)).is_file(), f"{file}: {name}"
    for style in site.rglob("*.css"):
        urls = re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]*", style.read_text(encoding="utf-8"))
        assert not urls, f"{style}: {urls}"


def test_the_question_mark_of_each_estimator_leads_to_a_page_of_the_site(site):
    for estimator in (IoUKMeans(), MostFrequentShapes(), NClustersSweep(IoUKMeans())):
        _, _, path = estimator._get_doc_link().partition("/en/latest/")
        assert path, estimator
        assert (site / path).is_file(), path


def test_what_people_ask_is_answered_within_two_clicks(pages, site):
    start = site / "index.html"
    near = {start}
    for _ in range(2):
        near |= {
            (file.parent / unquote(urlsplit(link).path)).resolve()
            for file in near & pages.keys()
            for link in pages[file].links
            if not urlsplit(link).scheme and urlsplit(link).path
        }
    answers = {
        "guide/units.html": ["Letterbox or stretch", "grid cells"],
        "guide/objective.html": ["The same anchors every run"],
        "guide/number_of_anchors.html": ["How many anchors"],
        "recipes/darknet.html": ["mask = 6,7,8"],
        "recipes/ultralytics.html": ["# P3/8"],
        "guide/detector.html": ["Compare before you train", "Why mAP can fall"],
        "guide/labels.html": ["Nothing is dropped in silence", "line 2"],
        "guide/many_boxes.html": ["partial_fit"],
        "guide/upper_bound.html": ["How far from the best possible"],
    }
    for name, phrases in answers.items():
        assert site / name in near, name
        text = re.sub(r"<[^>]+>", "", (site / name).read_text(encoding="utf-8"))
        for phrase in phrases:
            assert phrase in text, f"{name}: {phrase}"


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, to lay the pages out")
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_no_page_scrolls_sideways_or_is_cut_off(pages, site, tmp_path, width):
    names = [file.relative_to(site).as_posix() for file in pages]
    script = site / "_widths.html"
    script.write_text(WIDTHS % (", ".join(f'"{name}"' for name in names), width))
    try:
        done = subprocess.run(
            [
                CHROMIUM,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--allow-file-access-from-files",
                f"--user-data-dir={tmp_path}",
                "--virtual-time-budget=600000",
                "--dump-dom",
                script.as_uri(),
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
    finally:
        script.unlink()
    found = re.findall(r"^(?:.*>)?([\w./-]+)=(\d+)/(\d+) (.*)$", done.stdout, re.MULTILINE)
    assert [name for name, *_ in found] == names, done.stdout[-2000:]
    wide = [line for line in found if line[1] != line[2] or line[3] != "[]"]
    assert not wide, wide
