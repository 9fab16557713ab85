# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
"""What is handed over for a month: the workbook, read by another library, and the page."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import attrs
import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from brex_accounting import Record, ReviewStatus
from bridge import Bridge
from bridge.closing import ClosePackage, Plot
from bridge.export.closing import MissingExtraError, check_extra, page, provenance, read_package, workbook
from clientkit.frames import rows_to_arrow
from support.closing.company import FEBRUARY, accruing, posted
from support.companies.changing import Company, MakeCompany
from support.companies.changing_records import bill, charge, reimbursed

SETTINGS = b'reference_type = "brex"\n'
HOSTILE = "<script>document.title='run'</script>"


def on(day: int, month: int = 2) -> dict[str, Any]:
    moment = datetime(2026, month, day, tzinfo=UTC)
    return {"erp_posting_date": moment, "posted_at": moment}


def month(make: MakeCompany, *more: Record, **settings: Any) -> Company:
    """Three records in the books, of which one was deleted there, and one in review; and January's spending."""
    company = accruing(
        make,
        charge("100", id="k1", **on(3)),
        charge("50.25", "62000", id="k2", **on(5)),
        bill("1200", id="b1", **on(10)),
        attrs.evolve(charge("80", id="k3", user="Grace Hopper", **on(20)), review_status=ReviewStatus.REVIEW),
        charge("33", id="k0", **on(15, 1)),
        *more,
        **settings,
    )
    company.run()
    company.delete("k2")
    return company


def packed(company: Company, by: str = "Ada Example", **options: Any) -> ClosePackage:
    export = company.export(Bridge(company.settings))
    return read_package(export, FEBRUARY, provenance(by, SETTINGS), **options)


def sheets(content: bytes, *, values: bool = True) -> dict[str, Worksheet]:
    book = openpyxl.load_workbook(BytesIO(content), data_only=values)
    return {name: book[name] for name in book.sheetnames}


def rows(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def test_the_workbook_has_a_sheet_for_every_report(make: MakeCompany) -> None:
    package = packed(month(make))

    found = sheets(workbook(package))

    assert list(found) == [name.replace("_", " ").capitalize() for name in package.reports]
    for name, report in package.reports.items():
        sheet = found[name.replace("_", " ").capitalize()]
        assert rows(sheet)[0] == report.headings
        assert sheet.freeze_panes == "A2"
        assert sheet.print_title_rows == "$1:$1"


def test_a_report_without_rows_has_the_columns_of_one_with_rows(make: MakeCompany) -> None:
    package = packed(month(make))
    compared = package.reconciliation
    told = [(compared.flat_rows(), compared.columns)]
    told += [(each.flat_rows(), each.columns) for name, each in package.reports.items() if name != "summary"]

    for found, columns in told:
        for row in found:
            assert list(row) == list(columns)
            assert all(cell is None or cell == "" or type(cell) is columns[name] for name, cell in row.items()), row
    assert sum(bool(found) for found, _ in told) >= 6
    pytest.importorskip("pyarrow", reason="the extra `frames` is not installed")
    for _, columns in told:
        assert rows_to_arrow([], columns).column_names == list(columns)
    assert rows_to_arrow([], compared.columns).schema == rows_to_arrow(compared.flat_rows(), compared.columns).schema


def test_amounts_are_numbers_with_the_places_of_their_currency_and_days_are_days(make: MakeCompany) -> None:
    sheet = sheets(workbook(packed(month(make))))["Not in the books"]

    headings, *found = rows(sheet)
    first = dict(zip(headings, found[0], strict=True))
    assert (first["Record"], f"{first['Day']}", first["Age"], first["Amount"]) == (
        "k2",
        "2026-02-05 00:00:00",
        24,
        50.25,
    )
    assert isinstance(first["Day"], datetime)
    assert sheet.cell(2, headings.index("Amount") + 1).number_format == "#,##0.00"
    assert sheet.cell(2, headings.index("Day") + 1).number_format == "yyyy-mm-dd"


def test_totals_are_formulas_for_each_currency_that_come_to_the_sum(make: MakeCompany) -> None:
    content = workbook(packed(month(make)))

    formulas, values = (rows(sheets(content, values=each)["Reconciliation"]) for each in (False, True))

    count = len(values) - 2
    assert formulas[-1] == (
        "Total", None, None, "USD",
        f"=SUMIF($D$2:$D${count},D{count + 2},$E$2:$E${count})",
        f"=SUMIF($D$2:$D${count},D{count + 2},$F$2:$F${count})",
        f"=SUMIF($D$2:$D${count},D{count + 2},$G$2:$G${count})",
    )  # fmt: skip
    for column in (4, 5, 6):
        shown = [Decimal(str(row[column])) for row in values[1:count]]
        assert sum(shown) == Decimal(str(values[-1][column])) == 0
    differences = rows(sheets(content)["Not in the books"])
    assert (differences[-1][0], differences[-1][8:10]) == ("Total", (130.25, "USD"))


def test_an_amount_with_more_places_than_its_currency_has_is_shown_whole(make: MakeCompany) -> None:
    waiting = attrs.evolve(charge("19.999", id="k9", **on(21)), review_status=ReviewStatus.REVIEW)
    sheet = sheets(workbook(packed(month(make, waiting))))["Not in the books"]

    _, *found = sheet.iter_rows(min_col=9, max_col=9)

    shown = [(cell.value, cell.number_format) for (cell,) in found if cell.value is not None]
    assert shown == [(50.25, "#,##0.00"), (80, "#,##0.00"), (19.999, "#,##0.000"), (150.249, "#,##0.000")]


def test_it_tells_who_made_it_of_which_settings_with_which_versions(make: MakeCompany) -> None:
    company = month(make)
    company.export().hold("k3", by="ada@example.com", why="which project?")

    package = packed(company, by="Grace Hopper")

    summary = rows(sheets(workbook(package))["Summary"])[1:]
    told = {what: value for what, value, _ in summary}
    assert len(told) == len(summary)
    assert told["Unexplained"] == "0.00 USD"
    assert ("Accounts compared", len(package.reconciliation.rows), "accounts") in summary
    assert told["Prepared by"] == "Grace Hopper"
    assert told["Settings, SHA-256"] == hashlib.sha256(SETTINGS).hexdigest()
    assert {each for each in told if str(each).startswith("Version of")} == {
        "Version of brex-rillet", "Version of jinja2", "Version of xlsxwriter",
    }  # fmt: skip
    assert told["Not in the books"] == 2
    decided = rows(sheets(workbook(package))["Audit trail"])[1:]
    assert [(each[0], each[1], each[2], each[4]) for each in decided] == [
        ("k3", "hold", "ada@example.com", "which project?")
    ]


def test_the_audit_trail_has_who_dismissed_a_record_and_who_took_it_up_again(make: MakeCompany) -> None:
    company = month(make)
    company.change(charge("45", "99999", id="k5", **on(25)))
    company.export().dismiss("k5", why="booked as JE-18", by="grace@example.com")
    at = company.clock()
    company.clock.advance(3600)
    company.replay("k5", even_dismissed=True, by=" heinz@example.com ")
    company.export().dismiss("k5", why="booked as JE-19", by=" alan@example.com ")

    package = packed(company)

    assert [
        (each.what, each.by, each.at, each.why)
        for each in package.audit_trail
        if each.record_id == "k5" and each.what != "refused"
    ] == [
        ("dismissed", "grace@example.com", at, "booked as JE-18"),
        ("replayed", "heinz@example.com", at + timedelta(hours=1), "it was dismissed before: booked as JE-18"),
        ("dismissed", "alan@example.com", company.clock(), "booked as JE-19"),
    ]
    dismissed = package.reports["dismissed"]
    assert [row[dismissed.headings.index("Why")] for row in dismissed.rows] == [
        f"dismissed by alan@example.com on {company.clock():%Y-%m-%d}: booked as JE-19"
    ]


def test_accruals_say_when_they_count_and_whether_they_are_posted(make: MakeCompany) -> None:
    company = month(make)
    proposed = packed(company).reports["accruals"]
    (step,) = posted(company).steps
    there = packed(company).reports["accruals"]
    company.change(charge("90", id="k4", **on(20)), ReviewStatus.REVIEW)
    changed = packed(company).reports["accruals"]

    assert there.headings[1:4] == ("Day", "Reversal day", "Record")
    assert {row[1:4] for row in there.rows} == {(FEBRUARY.last, FEBRUARY.next_day, "k3")}
    assert {row[-2:] for row in proposed.rows} == {("proposed", "")}
    assert {row[-2:] for row in there.rows} == {("posted", f"journal-entries {step.object_id}")}
    assert {row[-2:] for row in changed.rows} == {("posted with other amounts", f"journal-entries {step.object_id}")}
    told = page(packed(company))
    assert "Reversal day" in told
    assert "2026-03-01" in told


def test_the_package_adds_up_the_records_of_the_month(make: MakeCompany) -> None:
    records = packed(month(make)).reports["records"]

    assert records.title == "Records of the month: 4"
    assert records.rows == (
        ("in Rillet", Decimal(1300), "USD"),
        ("not ready in Brex, or waiting for the next run", Decimal(80), "USD"),
        ("deleted in Rillet", Decimal("50.25"), "USD"),
    )


def test_postings_name_their_record_and_balance(make: MakeCompany) -> None:
    company = month(make)

    _, *found, _, total = rows(sheets(workbook(packed(company)))["Postings"])

    k1 = company.ids["k1"]
    assert [(f"{each[1]:%d.%m.%Y}", each[2], each[3], each[5], each[7]) for each in found if each[2] == "k1"] == [
        ("03.02.2026", "k1", f"charges {k1}", "21120", -100),
        ("03.02.2026", "k1", f"charges {k1}", "61000", 100),
    ]
    assert total[7] == 0


def test_two_packages_of_one_state_are_equal_to_the_byte(make: MakeCompany) -> None:
    company = month(make)
    first = packed(company)
    company.clock.advance(86_400)

    second = packed(company)

    assert workbook(first) == workbook(second)
    assert page(first) == page(second)
    assert workbook(packed(company, by="Somebody else")) != workbook(first)


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("https://evil.example")', "+1", "\x00bell\x07", "half \ud800", "x" * 40_000]
)
def test_other_peoples_texts_stay_texts(make: MakeCompany, text: str) -> None:
    company = month(make)
    entry = packed(company, by=text)

    by = sheets(workbook(entry), values=False)["Summary"].cell(3, 2)

    assert by.data_type == "s"
    shown = text.encode("utf-8", "replace").decode().translate({0: "\ufffd", 7: "\ufffd"})
    assert by.value == shown[:32_767]
    assert html.escape(shown).replace("&quot;", "&#34;") in page(entry)


def test_an_amount_with_more_digits_than_a_spreadsheet_has_stays_exact(make: MakeCompany) -> None:
    company = accruing(make, charge("12345678901234.56", id="k1", **on(3)), charge("1", id="k2", **on(3)))

    found = rows(sheets(workbook(packed(company)))["Not in the books"])

    assert [row[8] for row in found[1:] if row[8] is not None] == ["12345678901234.56", 1, "12,345,678,901,235.56"]


def test_links_lead_to_pages_alone(make: MakeCompany) -> None:
    good, bad = (packed(month(make, record_link=f"{scheme}{{id}}")) for scheme in ("https://b.example/", "javascript:"))

    cells = [sheets(workbook(each))["Not in the books"].cell(2, 11) for each in (good, bad)]

    assert [cell.value for cell in cells] == ["https://b.example/k2", "javascript:k2"]
    link, none = (cell.hyperlink for cell in cells)
    assert (link and link.target, none) == ("https://b.example/k2", None)
    assert '<a href="https://b.example/k2"' in page(good)
    assert 'href="javascript' not in page(bad)


def test_the_spending_of_the_months_before_stands_beside_this_one(make: MakeCompany) -> None:
    package = packed(month(make), months=3)

    told = {(str(each.month), each.account): each.amount for each in package.spending}
    assert told == {("2026-01", "61000"): 33, ("2026-02", "61000"): 1300}
    spent, different, _ = package.plots
    assert [[(bar.label, bar.text) for bar in panel.bars] for panel in spent.panels] == [
        [("2026-01", "33.00"), ("2026-02", "1,300.00")]
    ]
    assert {bar.label.split()[0]: bar.amount for bar in different.panels[0].bars} == {
        "21120": Decimal("-130.25"), "61000": 80, "62000": Decimal("50.25"),
    }  # fmt: skip


def test_what_waits_is_counted_by_its_age_as_in_the_summary(make: MakeCompany) -> None:
    company = month(make)
    company.change(charge("45", "99999", id="k5", **on(25)))
    company.dismiss("k5")

    package = packed(company)

    assert {bar.label: bar.text for bar in package.plots[-1].panels[0].bars if bar.amount} == {"8 to 30 days": "2"}
    assert ("Not in the books", 2, "records") in package.reports["summary"].rows
    assert ("Dismissed", 1, "records") in package.reports["summary"].rows


def _lengths(plot: Plot) -> list[Decimal]:
    return [Decimal(each) for each in re.findall(r'<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)"', plot.svg)]


def test_bars_are_as_long_as_their_amounts(make: MakeCompany) -> None:
    longest, of_61000, of_62000 = _lengths(packed(month(make)).plots[1])

    assert [round(each / longest, 2) for each in (of_61000, of_62000)] == [Decimal("0.61"), Decimal("0.39")]


def test_the_page_has_every_table(make: MakeCompany) -> None:
    package = packed(month(make))

    told = page(package)

    for name, report in package.reports.items():
        assert f'<section id="{name}">' in told or f'id="{name}"' in told
        assert html.escape(report.title, quote=False).replace("'", "&#39;") in told or name == "summary"
    assert told.count("<svg") == len(package.plots) == 3
    assert '<td class="number">1,200.00</td>' in told


def test_a_package_needs_a_name() -> None:
    with pytest.raises(ValueError, match="say who you are"):
        provenance(" ", SETTINGS)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> None:
        del name

    monkeypatch.setattr("bridge.export.closing.packing.find_spec", nothing)

    with pytest.raises(
        MissingExtraError, match=r'needs xlsxwriter. Install it with: pip install "brex-rillet\[close\]"'
    ):
        check_extra()


def test_the_command_writes_both_and_says_what_it_wrote(
    make: MakeCompany, command: Callable[..., Any], tmp_path: Path
) -> None:
    company = month(make)
    folder = tmp_path / "february"

    done = command(
        company, "close-package", "--period", "2026-02", "--by", "Ada Example", "--to", str(folder), "--months", "2", "--json"
    )  # fmt: skip

    assert done.exit_code == 1, done.output
    told = json.loads(done.stdout)
    settings = (tmp_path / "settings.toml").read_bytes()
    assert told["settings_sha256"] == hashlib.sha256(settings).hexdigest()
    assert (told["period"], told["by"], told["explained"], told["complete"]) == ("2026-02", "Ada Example", True, False)
    written = {path: path.read_bytes() for path in (folder / "close-2026-02.xlsx", folder / "close-2026-02.html")}
    assert told["files"] == {str(path): hashlib.sha256(content).hexdigest() for path, content in written.items()}
    again = command(company, "close-package", "--period", "2026-02", "--by", "Ada Example", "--to", str(folder))
    assert again.exit_code == 1
    assert "Not in the books" in again.stdout
    assert "close-2026-02.xlsx" in again.stdout


def test_the_command_needs_a_name(make: MakeCompany, command: Callable[..., Any]) -> None:
    done = command(make(), "close-package", "--period", "2026-02", "--by", " ")

    assert done.exit_code == 2
    assert "say who you are" in done.output


def test_a_complete_month_ends_well(make: MakeCompany, command: Callable[..., Any], tmp_path: Path) -> None:
    company = make(reimbursed())
    company.run()

    done = command(company, "close-package", "--period", "2026-02", "--by", "Ada", "--to", str(tmp_path))

    assert done.exit_code == 0, done.output
    assert "no difference" in done.stdout
    assert 'class="badge complete"' in (tmp_path / "close-2026-02.html").read_text("utf-8")
