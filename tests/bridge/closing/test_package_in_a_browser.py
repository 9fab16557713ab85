"""The page of a close package in a real browser."""

# Selenium types what its scripts take and give in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from brex_accounting import ReviewStatus
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge
from bridge.closing import ClosePackage
from bridge.export.closing import page, provenance, read_package
from support.browser import browser
from support.closing.company import FEBRUARY, accruing
from support.companies.changing import MakeCompany
from support.companies.changing_records import bill, charge

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.may_skip

HOSTILE = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"


@pytest.fixture
def window() -> Iterator[Chrome]:
    with browser() as opened:
        yield opened


def packed(make: MakeCompany) -> ClosePackage:
    hostile = card_expense("80", coding=[gl("61000")], merchant=HOSTILE, memo=HOSTILE, user=HOSTILE, record_id="k3")
    company = accruing(
        make,
        charge("100", id="k1"),
        bill("1200", id="b1"),
        attrs.evolve(hostile, review_status=ReviewStatus.REVIEW),
        charge("7", "99999", id="k" + "9" * 60),
    )
    company.run()
    return read_package(company.export(Bridge(company.settings)), FEBRUARY, provenance(HOSTILE, b""))


def test_tables_and_plots_are_shown_and_nobodys_name_runs(make: MakeCompany, window: Chrome, tmp_path: Path) -> None:
    package = packed(make)
    path = tmp_path / "close.html"
    path.write_text(page(package), encoding="utf-8")

    window.set_window_size(1100, 900)
    window.get(path.as_uri())

    shown = window.execute_script(
        """
        const seen = each => { const box = each.getBoundingClientRect(); return box.width > 0 && box.height > 0; };
        return {
            title: document.title,
            tables: Object.fromEntries([...document.querySelectorAll('section')].map(
                each => [each.id, [...each.querySelectorAll('tbody tr')].filter(seen).length])),
            plots: [...document.querySelectorAll('svg')].filter(seen).length,
            bars: [...document.querySelectorAll('svg rect')].filter(seen).length,
            foreign: document.querySelectorAll('script, img, iframe, link').length,
            words: document.body.innerText,
            wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            tableOverflow: [...document.querySelectorAll('.scroll')].filter(
                each => each.scrollWidth > each.clientWidth).map(each => each.parentElement.id),
        };
        """
    )
    assert shown["title"] == "Close of 2026-02"
    assert {name: count for name, count in shown["tables"].items() if name != "plots"} == {
        name: len(report.rows) for name, report in package.reports.items()
    }
    assert shown["plots"] == len(package.plots) == 3
    assert shown["bars"] == sum(
        bool(bar.amount) for plot in package.plots for panel in plot.panels for bar in panel.bars
    )
    assert shown["foreign"] == 0
    assert HOSTILE in shown["words"]
    assert "1,200.00" in shown["words"]
    assert (shown["wide"], shown["tableOverflow"]) == (0, [])
    assert len(b64decode(window.print_page())) > 7_500
