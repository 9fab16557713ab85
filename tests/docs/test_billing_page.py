"""The page about billing does what it says."""

from __future__ import annotations

import contextlib
import io
import json
import re
from decimal import Decimal
from pathlib import Path

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
from bridge.billing.sync import InvoiceSync
from bridge.billing.sync.files import read_invoices
from bridge.export.commands.every import app
from support.billing.company import SETTINGS, standin
from support.billing.stripe_json import stripe_invoice

PAGE = (Path(__file__).parents[2] / "docs" / "billing.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_its_code_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = dict[str, object]()
    printed, shown = io.StringIO(), list[str]()
    with contextlib.redirect_stdout(printed):
        for language, text in BLOCK.findall(PAGE):
            if language == "python":
                exec(compile(text, "docs/billing.md", "exec"), names)
            elif language == "":
                shown.append(text)
    journal = names["journal"]
    journal.close()  # type: ignore[attr-defined]  # the page opens it

    assert printed.getvalue() == "".join(shown)


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
