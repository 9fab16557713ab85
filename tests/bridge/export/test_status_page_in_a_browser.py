"""The status page in a real browser: the demonstration's company, with people on its pages and strangers' names in its records."""

# Selenium types what its scripts take and give in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from brex_accounting import ReviewStatus
from bridge import ApprovalRule, Bridge, PageAction
from bridge.export import Export, SqlJournal
from bridge.export.demo.run import Demo
from bridge.export.web.overview import Status, overview
from support.browser import browser
from support.status_page import SECRET, Page, serving

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement
    from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.may_skip

PATIENCE = 30
GRACE = "grace@halden.example"
HOSTILE = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"


class Person:
    """Somebody at a browser who looks at the page and uses what is shown there."""

    def __init__(self, window: Chrome, page: Page) -> None:
        self.window, self.page = window, page

    def open(self, path: str) -> None:
        self.window.get(self.page.url + path)

    def find(self, selector: str) -> WebElement:
        return self.window.find_element("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        return [each.text for each in self.window.find_elements("css selector", selector)]

    def click(self, selector: str) -> None:
        """Click on what leads to a page, and wait for what it begins to be done; the page then shows it by itself."""
        from selenium.webdriver.support.expected_conditions import staleness_of

        before = self.find("html")
        self.find(selector).click()
        self.waiting().until(staleness_of(before))
        self.page.background.wait()

    def fill(self, selector: str, text: str) -> None:
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def sees(self, selector: str, text: str) -> None:
        """Wait until it is shown."""
        from selenium.common.exceptions import TimeoutException

        shown: Callable[[Chrome], bool] = lambda _: text in self.find(selector).text  # noqa: E731 - of this type
        try:
            self.waiting().until(shown)
        except TimeoutException:
            # Not before: a page that shows itself anew takes what is being read away.
            pytest.fail(f"{text!r} is not in {self.words()!r}")

    def waits_for_style(self) -> None:
        """Wait for the one style sheet, which Chromium may apply a moment after the page counts as loaded."""
        applied: Callable[[Chrome], bool] = lambda window: (  # noqa: E731 - of this type
            window.execute_script("return document.styleSheets.length") == 1
        )
        self.waiting().until(applied)

    def waiting(self) -> WebDriverWait[Chrome]:
        """Wait for something, whatever looking at it raises while one page takes another's place.

        Chromium's driver may call what has gone an unknown error instead of stale: SeleniumHQ/selenium#15401.
        """
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.window, PATIENCE, poll_frequency=0.05, ignored_exceptions=(WebDriverException,))

    def words(self) -> str:
        return self.find("body").text


@pytest.fixture(scope="module")
def window() -> Iterator[Chrome]:
    with browser() as opened:
        opened.implicitly_wait(5)
        yield opened


@contextmanager
def company(tmp_path: Path, *, secret: str | None = None) -> Generator[tuple[Demo, Page]]:
    """Half of the demonstration's records are posted, the rest waits; one is of a merchant with a hostile name."""
    with Demo(records=30, seed=1) as demo, SqlJournal(str(tmp_path / "export.db")) as journal:
        settings = attrs.evolve(
            demo.bridge.settings,
            approvals=(ApprovalRule(above=Decimal(1000), types=("CARD_EXPENSE_POST",)), ApprovalRule(new_vendor=True)),
            page_actions=tuple(PageAction),
            record_link="https://brex.test/{id}",
            rillet_link="https://rillet.test/{kind}/{id}",
        )
        bridge = Bridge(settings, rates=demo.bridge.rates)
        export = Export(demo.brex_client, demo.rillet_client, bridge, journal=journal)
        posted = next(each for each in demo.brex.records.values() if each.type == "CARD_EXPENSE_POST" and each.vendor)
        assert posted.vendor is not None
        vendor = attrs.evolve(posted.vendor, id="hostile", name=HOSTILE)
        demo.brex.add(attrs.evolve(posted, id="hostile", vendor=vendor, memo=HOSTILE))
        export.run(ids=[*demo.brex.records][::2])
        with serving(export, secret=secret) as page:
            page.read()
            yield demo, page


def ids(page: Page, status: Status) -> list[str]:
    return [each.record_id for each in overview(page.export.journal) if each.status is status]


def test_people_list_filter_and_open_records_and_dismiss_and_approve(tmp_path: Path, window: Chrome) -> None:
    with company(tmp_path) as (demo, page):
        person = Person(window, page)
        window.set_window_size(1280, 900)

        # The list, and a part of it.
        person.open("/")
        assert len(person.texts(".rows tbody tr")) == len(demo.brex.records)
        person.click(".tabs .refused")
        refused = person.texts(".rows .chip")
        assert set(refused) == {"Refused"}
        assert person.find(".tabs .refused b").text == str(len(refused))
        assert person.texts(".rows .why")[0] != ""

        # A record that is posted, found by its id, with both links.
        posted = ids(page, Status.POSTED)[0]
        attempt = page.export.journal.attempts(posted)[-1]
        person.open("/")
        person.fill("[name=q]", posted)
        person.click(".search button")
        assert len(person.texts(".rows tbody tr")) == 1
        person.click(".rows a")
        assert person.find("#in-brex").get_attribute("href") == f"https://brex.test/{posted}"
        link = f"https://rillet.test/{attempt.kind}/{attempt.object_id}"
        assert person.find("#in-rillet").get_attribute("href") == link
        assert "Posted to Rillet" in person.find("#history").text

        # One that was booked by hand.
        by_hand = ids(page, Status.REFUSED)[0]
        person.open(f"/records/{by_hand}")
        person.fill("#dismiss [name=by]", GRACE)
        person.fill("#dismiss [name=why]", "booked by hand")
        person.click("#dismiss button")
        person.sees("#done", "It is dismissed")
        person.sees(".lead", "Dismissed")
        assert demo.brex.records[by_hand].review_status == ReviewStatus.EXPORTED
        dismissal = page.export.journal.attempts(by_hand)[-1]
        assert (dismissal.intended_by, dismissal.error) == (GRACE, "booked by hand")

        # One that waits for somebody else than who has spent the money.
        person.open("/?status=held")
        person.fill("[name=q]", "hostile")
        person.click(".search button")
        person.click(".rows a")
        assert "look first at what would be posted" in person.words()
        person.click("#look")
        person.sees("#lines", "Brex Card")
        spender = demo.brex.records["hostile"].user
        assert spender is not None
        person.fill("#approve [name=by]", spender.email)
        person.click("#approve button")
        person.sees("#done", "somebody else has to approve it")
        person.click("#look")
        person.sees("#lines", "Brex Card")
        person.fill("#approve [name=by]", GRACE)
        person.click("#approve button")
        person.sees("#done", f"{GRACE} has approved it")
        person.sees(".lead", "Waiting")
        assert "hostile" in [each.record.id for each in page.export.run().posted]


def test_a_merchant_called_script_does_nothing_on_any_page_or_screen(tmp_path: Path, window: Chrome) -> None:
    with company(tmp_path) as (_, page):
        person = Person(window, page)
        person.open("/reconcile?period=2026-10")
        person.click("#compare")
        person.sees("#verdict", "Differences on")
        person.open("/records/hostile")
        person.click("#look")
        person.sees("#lines", HOSTILE)
        paths = ("/", "/?q=script", "/records/hostile", "/records/" + "%3Cscript%3E", "/reconcile?period=2026-10")
        for width in (390, 1280):
            window.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
            )
            for path in paths:
                person.open(path)
                person.waits_for_style()
                told = window.execute_script(
                    "return [document.title, document.querySelectorAll('script, img, iframe, style').length,"
                    " document.documentElement.scrollWidth]"
                )
                assert "run" not in told[0]
                assert (told[1], told[2] <= width) == (0, True)
            person.open("/?q=script")
            assert HOSTILE in person.words()
        window.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_without_the_secret_there_is_nothing_to_see(tmp_path: Path, window: Chrome) -> None:
    with company(tmp_path, secret=SECRET) as (demo, page):
        person = Person(window, page)
        window.delete_all_cookies()
        known = [*demo.brex.records]
        for path in ("/", f"/records/{known[0]}", "/reconcile?period=2026-10"):
            person.open(path)
            assert person.find("h1").text == "Sign in"
            assert not any(each in window.page_source for each in known)

        person.fill("[name=name]", GRACE)
        person.fill("[name=secret]", "another secret")
        person.click("button")
        assert "That is not the secret" in person.words()
        person.fill("[name=name]", GRACE)
        person.fill("[name=secret]", SECRET)
        person.click("button")

        assert person.find("h1").text == "Records"
        assert GRACE in person.find("header").text
        person.click("header button")
        assert person.find("h1").text == "Sign in"
