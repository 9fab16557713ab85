"""The page about billing does what it says."""

from __future__ import annotations

import contextlib
import io
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from bridge.billing import (
    Invoice,
    InvoiceStatus,
    OnInvoiceChange,
    OnVoid,
    Scope,
    SettledElsewhere,
    SyncError,
    TaxStatus,
    UnreadableInvoice,
    read_billing_settings,
    read_invoices_csv,
)
from bridge.billing.csv_file import NEEDED, OPTIONAL
from bridge.billing.sync import InvoiceSync, ListedInvoices
from bridge.billing.sync.files import read_invoices
from bridge.export.commands.every import app
from support.billing.company import ACME, SETTINGS, invoice, line, note, standin
from support.billing.stripe_json import stripe_invoice

PAGE = (Path(__file__).parents[2] / "docs" / "billing.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_its_code() -> dict[str, Any]:
    """What its code has defined at the end."""
    names = dict[str, Any]()
    for language, text in BLOCK.findall(PAGE):
        if language == "python":
            exec(compile(text, "docs/billing.md", "exec"), names)
    names["journal"].close()
    return names


def test_its_code_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        run_its_code()

    assert printed.getvalue() == "".join(text for language, text in BLOCK.findall(PAGE) if language == "")


def test_its_comparison_of_totals_is_a_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever a shop has: credits alone, void notes, refused and deleted invoices, and invoices without a total."""
    monkeypatch.chdir(tmp_path)
    compare_totals, client = run_its_code()["compare_totals"], standin().client()
    capsys.readouterr()
    invoices = [
        invoice(1),
        invoice(2, status=InvoiceStatus.VOID),
        invoice(3, customer=attrs.evolve(ACME, id="cus_3", name="Refused"), total=Decimal(1)),
        invoice(4, customer=attrs.evolve(ACME, id="cus_4", name="Deleted"), total=Decimal("119.00")),
        invoice(5, line("20.00"), currency="EUR", customer=attrs.evolve(ACME, id="cus_5", name="Unread")),
    ]
    notes = [
        note(1, invoice_id=None, currency="JPY", customer=attrs.evolve(ACME, id="cus_6", name="Japan"), applied=None),
        note(2, is_void=True),
    ]
    rates = {"EUR": Decimal("1.08"), "JPY": Decimal("0.0067")}
    sync = InvoiceSync(
        ListedInvoices(invoices, notes), client, SETTINGS, rates=lambda base, target, day: rates.get(base)
    )
    assert {each.subject for each in sync.run().problems} == {"invoice:in_3"}
    client.invoices.delete(next(each.id for each in client.invoices.list() if each.invoice_number == "A-004"))

    compare_totals(client, invoices[:4], notes)

    assert capsys.readouterr().out.splitlines() == [
        "EUR 0 difference -23.8",
        "JPY -12 difference 0",
        "USD 239.00 difference 120.00",
    ]


def test_it_shows_the_external_references_of_an_invoice() -> None:
    books, moment = standin(), datetime(2026, 3, 4, 12, tzinfo=UTC)
    sold = invoice(1, id="S-3", updated_at=moment, link="https://shop.example.com/S-3")
    InvoiceSync(ListedInvoices([sold]), books.client(), SETTINGS).run()

    (plain, mark) = books.invoices[0].external_references
    (shown,) = re.findall(r"`invoice:S-3 v(\d+) [0-9a-f]{12}`", PAGE)
    assert (plain.id, plain.url, mark.url) == ("S-3", sold.link, None)
    assert re.fullmatch(rf"invoice:S-3 v{int(moment.timestamp())} [0-9a-f]{{12}}", mark.id)
    assert datetime.fromtimestamp(int(shown), UTC).date() == moment.date()
    later = attrs.evolve(sold, link="https://shop.example.com/invoices/S-3", updated_at=moment + timedelta(days=1))
    assert InvoiceSync(ListedInvoices([later]), books.client(), SETTINGS).run().posted == 0
    assert books.invoices[0].external_references == (plain, mark)


def test_its_csv_is_read() -> None:
    (text,) = (text for language, text in BLOCK.findall(PAGE) if language == "csv")
    (read,) = read_invoices_csv(text)

    assert isinstance(read, Invoice)
    assert [(each.amount, each.tax) for each in read.lines] == [
        (Decimal(100), Decimal(19)),
        (Decimal(50), Decimal("9.50")),
    ]


def columns() -> dict[str, str]:
    """The columns of the table, in bold where they are, and whether they are of the invoice or of a line."""
    rows = re.findall(r"^\| ((?:\*{0,2}`\w+`\*{0,2}(?:, )?)+) \| (invoice|line) \|", PAGE, re.MULTILINE)
    return {name: of for names, of in rows for name in names.replace("`", "").split(", ")}


def test_it_names_every_column_of_a_csv() -> None:
    assert sorted(each.strip("*") for each in columns()) == sorted([*NEEDED, *OPTIONAL])
    assert {each.strip("*") for each in columns() if each.startswith("**")} == set(NEEDED)


@pytest.mark.parametrize("column", columns())
def test_a_column_is_of_the_invoice_or_of_a_line(column: str) -> None:
    """Rows of one invoice say the same in a column of the invoice."""
    name, of = column.strip("*"), columns()[column]
    first = dict.fromkeys({*NEEDED, name}, "") | {
        "invoice_id": "in_1",
        "issued": "2026-03-02",
        "currency": "USD",
        "customer_id": "cus_1",
        "customer_name": "Acme",
        "amount": "1",
    }
    second = first | {name: "other"}
    read = read_invoices_csv("\n".join(",".join(row) for row in (first, first.values(), second.values())))

    told = [each.why for each in read if isinstance(each, UnreadableInvoice)]
    assert any("of the same invoice" in each for each in told) == (of == "invoice" and name != "invoice_id")


@pytest.mark.parametrize(
    "shape",
    [
        "{}",
        '{{"object": "list", "data": [{}], "has_more": true}}',
        '{{"object": "event", "data": {{"object": {}}}}}',
        "[{}]",
        '{{"invoices": [{}], "credit_notes": []}}',
    ],
)
def test_the_shapes_of_stripes_json_are_read(shape: str, tmp_path: Path) -> None:
    text = shape.format(json.dumps(stripe_invoice()))
    for name, content in (("whole.json", text), ("lines.jsonl", f"{text}\n{text}\n")):
        (tmp_path / name).write_text(content, encoding="utf-8")

        read = read_invoices(tmp_path / name)

        assert set(read.subjects()) == {"invoice:in_1"}


def test_an_invoice_of_which_lines_are_missing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(
        json.dumps(stripe_invoice(lines={"data": [], "has_more": True})), encoding="utf-8"
    )

    (read,) = read_invoices(tmp_path / "one.json").invoices(ids=None, updated_after=None)

    assert isinstance(read, UnreadableInvoice)


def test_its_settings_are_accepted() -> None:
    (toml,) = (text for language, text in BLOCK.findall(PAGE) if language == "toml")

    assert [each.code for each in read_billing_settings(toml).taxes] == ["DE7", "DE19", "DERC"]


def test_it_names_every_error_and_choice() -> None:
    for choices in (SyncError, Scope, OnInvoiceChange, OnVoid, SettledElsewhere, InvoiceStatus, TaxStatus):
        assert all(f"`{each.value}`" in PAGE for each in choices), choices


def test_its_commands_are_there() -> None:
    (billing,) = (each.typer_instance for each in app.registered_groups if each.name == "billing")
    assert billing is not None
    known = {each.name for each in billing.registered_commands}
    (shell,) = (text for language, text in BLOCK.findall(PAGE) if language == "sh")
    variable, *commands = shell.splitlines()

    assert variable.startswith("export RILLET_API_KEY=")
    assert {line.split()[2] for line in commands} == known


def test_its_json_is_posted_and_applied(tmp_path: Path) -> None:
    (text,) = (text for language, text in BLOCK.findall(PAGE) if language == "json")
    (tmp_path / "invoices.json").write_text(text, encoding="utf-8")
    books = standin()

    outcome = InvoiceSync(read_invoices(tmp_path / "invoices.json"), books.client(), SETTINGS).run()

    ((invoice,), (memo,), (product,)) = books.invoices, books.credit_memos, books.products
    assert (outcome.complete, outcome.posted, product.name) == (True, 2, "Seats")
    assert (memo.total.amount, memo.applied_amount.amount) == (Decimal("35.70"), Decimal(20))
    assert (invoice.total.amount, invoice.amount_due.amount) == (Decimal(119), Decimal(99))
    assert (invoice.items[0].product_id, memo.items[0].product_id) == (product.id, product.id)
