"""The site builds strictly, leads nowhere dead, says everything to assistants, and works in a browser of any width."""

# Selenium types what its scripts take and give in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownLambdaType=false

from __future__ import annotations

import functools
import http.server
import importlib.util
import json
import re
import threading
import tomllib
from collections.abc import Generator, Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urljoin

import pytest

from support.browser import browser as opened_browser

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (390, 1_280)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def build_site() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_site", ROOT / "tools" / "build_site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SITE = build_site()


#: An earlier version whose pages are there already; by its letters it comes behind this one.
EARLIER = "0.0.10"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This version's part of a site that has an earlier one."""
    if importlib.util.find_spec("zensical") is None:
        pytest.skip("the extra `docs` is not installed")
    root = tmp_path_factory.mktemp("site")
    for name in (EARLIER, "0.0.9"):
        (root / name).mkdir()
        (root / name / "index.html").write_text("<title>earlier</title>as it was", encoding="utf-8")
    made: Path = SITE.publish(root)
    return made


class Page(HTMLParser):
    """What a page links to, what it loads, and the places in it that can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links, self.loads, self.places = list[str](), list[str](), set[str]()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in {"script", "img"} and "src" in given:
            self.loads.append(given["src"])
        if tag == "link" and given.get("rel") in {"stylesheet", "icon"}:
            self.loads.append(given["href"])


@pytest.fixture(scope="module")
def made(site: Path) -> dict[str, Page]:
    return {str(path.relative_to(site)): Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_page_has_its_place_in_the_navigation() -> None:
    pages = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}

    assert sorted(SITE.pages()) == sorted(pages)


def _dead(made: dict[str, Page]) -> Iterator[tuple[str, str]]:
    for name, page in made.items():
        if name == "404.html":
            continue
        for link in page.links:
            if link.startswith(("http:", "https:", "mailto:")):
                continue
            path, place = urldefrag(urljoin(f"/{name}", link))
            target = path.lstrip("/") or "index.html"
            target = f"{target}index.html" if target.endswith("/") else target
            if target not in made or (place and unquote(place) not in made[target].places):
                yield name, link


def test_no_link_is_dead(made: dict[str, Page]) -> None:
    assert len(made) > 50
    assert list(_dead(made)) == []


def test_nothing_is_loaded_from_elsewhere(site: Path, made: dict[str, Page]) -> None:
    for name, page in made.items():
        assert [each for each in page.loads if each.startswith(("http:", "https:", "//"))] == [], name
        if name != "404.html":
            assert all((site / name).parent.joinpath(each.partition("?")[0]).exists() for each in page.loads), name


def test_each_version_has_its_folder_and_the_site_leads_to_the_newest(site: Path) -> None:
    told = json.loads((site.parent / "versions.json").read_text(encoding="utf-8"))

    assert [(each["version"], each["aliases"]) for each in told] == [
        (PROJECT["version"], ["latest"]),
        (EARLIER, []),
        ("0.0.9", []),
    ]
    assert site.name == PROJECT["version"]
    assert (site.parent / EARLIER / "index.html").read_text(encoding="utf-8").endswith("as it was")
    assert Page(site.parent / "index.html").links == [f"{site.name}/index.html"]
    assert f"]({site.name}/paging.md): " in (site.parent / "llms.txt").read_text(encoding="utf-8")
    assert (site.parent / "llms-full.txt").read_bytes() == (site / "llms-full.txt").read_bytes()


def test_assistants_get_every_page(site: Path) -> None:
    contents = (site / "llms.txt").read_text(encoding="utf-8")
    text = (site / "llms-full.txt").read_text(encoding="utf-8")

    for page in SITE.pages():
        assert f"]({page}): " in contents
        assert (site / page).read_text(encoding="utf-8").strip() in text
    assert "- [Commands](commands.md): This page lists every command with its options." in contents
    assert not [line for line in contents.splitlines() if line.endswith(": ")]


@pytest.fixture(scope="module")
def address(site: Path) -> Generator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    folder = str(site.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{site.name}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with opened_browser() as window:
        yield window


def resize(browser: Chrome, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


#: Puts the content of each page into the page that is open, and gives the pages that need more width than there is.
_WIDE = """
const [names, done] = arguments, wide = [], shown = document.querySelector(".md-content");
(async () => {
  for (const name of names) {
    const page = new DOMParser().parseFromString(await (await fetch(name)).text(), "text/html");
    shown.replaceChildren(...page.querySelector(".md-content").childNodes);
    const needed = document.documentElement.scrollWidth;
    if (needed > innerWidth || shown.textContent.length < 200) wide.push([name, needed]);
  }
  done(wide);
})();
"""


@pytest.mark.full
@pytest.mark.may_skip
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_window(browser: Chrome, address: str, made: dict[str, Page], width: int) -> None:
    resize(browser, width)
    browser.get(f"{address}/index.html")
    browser.set_script_timeout(120)

    assert browser.execute_script("return innerWidth") == width
    assert browser.execute_async_script(_WIDE, [name for name in made if name != "404.html"]) == []


@pytest.mark.full
@pytest.mark.may_skip
def test_a_page_that_is_too_wide_is_noticed(browser: Chrome, address: str, site: Path) -> None:
    text = (site / "paging.html").read_text(encoding="utf-8")
    wide = text.replace("<h1 ", '<p style="width: 2000px">wide</p><h1 ', 1)
    (site / "wide.html").write_text(wide, encoding="utf-8")
    resize(browser, WIDTHS[1])
    browser.get(f"{address}/index.html")

    (found,) = browser.execute_async_script(_WIDE, ["paging.html", "wide.html"])
    (site / "wide.html").unlink()

    assert found[0] == "wide.html"


@pytest.mark.may_skip
def test_the_header_tells_the_version_and_leads_to_others(browser: Chrome, address: str, site: Path) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    resize(browser, WIDTHS[1])
    browser.get(f"{address.removesuffix(site.name)}")
    waiting = WebDriverWait(browser, 60)
    waiting.until(lambda there: there.current_url == f"{address}/index.html")
    shown = "return document.querySelector('.md-version__current')?.textContent.trim()"
    assert waiting.until(lambda there: there.execute_script(shown)) == PROJECT["version"]
    links = "return [...document.querySelectorAll('.md-version__link')].map(each => each.textContent.trim())"
    assert browser.execute_script(links) == [PROJECT["version"], EARLIER, "0.0.9"]
    browser.execute_script("document.querySelectorAll('.md-version__link')[1].click()")
    waiting.until(lambda there: f"/{EARLIER}/" in there.current_url)
    assert browser.title == "earlier"


#: Lets tests see into the search, whose parts the page keeps to itself.
_OPEN = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) {
  return (window.searching = attach.call(this, { ...init, mode: "open" }));
};
"""
_RESULTS = "return [...(window.searching?.querySelectorAll('a') ?? [])].map(each => each.href)"


@pytest.mark.full
@pytest.mark.may_skip
@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("uncoded_line", "/reasons.html#uncoded_line"),
        ("client.vendors.modify", "/reference/rillet.payables.html#clientvendorsmodify"),
    ],
)
def test_a_search_leads_to_the_entry(browser: Chrome, address: str, words: str, place: str) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait

    resize(browser, WIDTHS[1])
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _OPEN})
    browser.get(f"{address}/index.html")
    waiting = WebDriverWait(browser, 60)
    browser.find_element(By.CSS_SELECTOR, ".md-search__button").click()
    waiting.until(lambda there: there.execute_script("return window.searching?.activeElement?.tagName") == "INPUT")
    browser.switch_to.active_element.send_keys(words)

    def first(there: Chrome) -> str | None:
        """The first result, once it is the entry; while words are typed, others are found."""
        results = there.execute_script(_RESULTS)
        return results[0] if results and re.sub(r"\?h=[^#]*", "", results[0]) == f"{address}{place}" else None

    entry = waiting.until(first, "the first result is another one")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    waiting.until(lambda there: there.current_url == entry, "the result leads elsewhere")
