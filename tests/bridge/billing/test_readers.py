"""Stripe's JSON and a plain CSV become the same values, and what is wrong in them is named with its place."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from bridge.billing import (
    BillingSettings,
    Invoice,
    InvoiceStatus,
    OnVoid,
    PostalAddress,
    Product,
    Scope,
    StripeShapeError,
    TaxCode,
    TaxStatus,
    UnreadableInvoice,
    read_billing_settings,
    read_invoices_csv,
    read_stripe_credit_note,
    read_stripe_invoice,
)
from bridge.settings.values import SettingsError
from support.billing.stripe_json import CREDIT_NOTE, stripe_invoice, stripe_line


def test_an_invoice_of_stripe() -> None:
    read = read_stripe_invoice(stripe_invoice())

    assert (read.id, read.number, read.currency, read.status) == ("in_1", "A-001", "USD", InvoiceStatus.OPEN)
    # It was finalized after midnight.
    assert (read.issued, read.due) == (date(2026, 3, 2), date(2026, 3, 31))
    assert read.created_at == datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert read.updated_at == datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
    assert read.total == Decimal("119.00")
    assert (read.customer.id, read.customer.name, read.customer.tax_status) == ("cus_1", "Acme", TaxStatus.TAXED)
    assert read.customer.address == PostalAddress(
        line1="1 Main St", city="Memphis", state="TN", zip_code="38103", country="US"
    )
    (line,) = read.lines
    assert (line.amount, line.tax, line.quantity, line.unit_price) == (
        Decimal(100),
        Decimal(19),
        Decimal(4),
        Decimal(25),
    )
    assert line.product == Product(id="prod_1", name="4 x Seats")
    # The end of a period is the first moment after it.
    assert (line.start, line.end) == (date(2026, 3, 1), date(2026, 4, 1))


def test_days_are_those_of_the_sellers_time_zone() -> None:
    read = read_stripe_invoice(stripe_invoice(), zone=timezone(timedelta(hours=-6)))

    assert read.issued == date(2026, 3, 1)


def test_the_older_shape_of_lines() -> None:
    old = stripe_line(tax_amounts=[{"amount": 1_900, "inclusive": False}], price={"id": "price_1", "product": "prod_9"})
    del old["taxes"], old["pricing"]

    (line,) = read_stripe_invoice(stripe_invoice(old)).lines

    assert line.tax == 19
    assert line.product is not None
    assert line.product.id == "prod_9"


def test_discounts_and_taxes_in_the_price_are_taken_off() -> None:
    told = stripe_line(discount_amounts=[{"amount": 1_000}], taxes=[{"amount": 1_437, "tax_behavior": "inclusive"}])

    (line,) = read_stripe_invoice(stripe_invoice(told)).lines

    assert (line.amount, line.tax, line.unit_price) == (Decimal("75.63"), Decimal("14.37"), None)


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("jpy", 10_000), ("bhd", 10), ("usd", 100), ("isk", 100), ("ugx", 100), ("mga", 10_000)],
)
def test_amounts_are_of_the_smallest_unit_that_stripe_has(currency: str, amount: int) -> None:
    (line,) = read_stripe_invoice(stripe_invoice(currency=currency)).lines

    assert line.amount == amount


def test_expanded_objects_tell_more() -> None:
    product = {"id": "prod_1", "name": "Seats", "description": "For people", "tax_code": "txcd_10103001"}
    told = stripe_line(pricing={"price_details": {"product": product}})
    address = {"line1": "Rathausmarkt 1", "line2": None, "city": "Hamburg", "postal_code": "20095", "country": "DE"}
    customer = {"id": "cus_1", "name": "Acme", "currency": "usd", "address": address, "shipping": {"address": address}}

    invoice = stripe_invoice(told, customer=customer, customer_tax_exempt="reverse")
    read = read_stripe_invoice({**invoice, "customer_address": None})

    assert read.lines[0].product == Product(
        id="prod_1", name="Seats", description="For people", tax_category="txcd_10103001"
    )
    assert (read.customer.currency, read.customer.tax_status) == ("USD", TaxStatus.REVERSE_CHARGE)
    hamburg = PostalAddress(line1="Rathausmarkt 1", city="Hamburg", zip_code="20095", country="DE")
    assert (read.customer.address, read.customer.shipping_address) == (hamburg, hamburg)
    # What was on the invoice counts, whatever the customer's is by now.
    billed = read_stripe_invoice(invoice).customer.address
    assert billed is not None
    assert billed.country == "US"


def test_a_credit_note_of_stripe() -> None:
    customer = read_stripe_invoice(stripe_invoice()).customer
    note = CREDIT_NOTE

    read = read_stripe_credit_note(note, customer)

    assert (read.id, read.invoice_id, read.applied, read.total) == ("cn_1", "in_1", Decimal(5), Decimal("11.90"))
    assert not read.is_void
    assert read_stripe_credit_note({**note, "status": "void"}, customer).is_void


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"lines": {"data": [], "has_more": True}}, "not all of its lines are there"),
        ({"status": "hidden"}, "the status 'hidden' is not one of draft"),
        ({"total": 11.9}, "total is 11.9, not a whole number"),
        ({"total": True}, "total is True, not a whole number"),
        ({"created": "today"}, "created is 'today', not a number of seconds"),
        ({"created": None}, "created is missing"),
        ({"created": 10**30}, "which is no moment"),
        ({"customer": None}, "id is None, not a text"),
        ({"customer_tax_exempt": "maybe"}, "customer_tax_exempt is 'maybe'"),
        ({"lines": None}, "lines is None, not an object"),
        ({"lines": {"data": [{"id": "il_1"}]}}, "amount is missing"),
        ({"lines": {"data": [stripe_line(quantity="many")]}}, "quantity is 'many', not a number"),
        ({"lines": {"data": [stripe_line(taxes=[{}])]}}, "amount is missing"),
        ({"customer_address": "Memphis"}, "customer_address is 'Memphis', not an object"),
    ],
)
def test_what_is_not_as_stripe_documents_it_is_named(more: dict[str, object], told: str) -> None:
    with pytest.raises(StripeShapeError, match="invoice in_1") as caught:
        read_stripe_invoice(stripe_invoice(**more))

    assert told in str(caught.value)


CSV = """\
invoice_id,number,status,issued,due,currency,total,customer_id,customer_name,tax_status,product_id,tax_category,amount,tax
in_1,A-001,open,2026-03-02,2026-04-01,USD,226.00,cus_1,Acme,,prod_1,,100.00,19.00
in_1,A-001,open,2026-03-02,2026-04-01,USD,226.00,cus_1,Acme,,prod_2,books,100.00,7.00
in_2,A-002,draft,2026-03-03,,EUR,,cus_2,Beta,exempt,,,50,
"""


def test_a_csv_has_a_row_for_each_line() -> None:
    first, second = read_invoices_csv(CSV)

    assert isinstance(first, Invoice)
    assert isinstance(second, Invoice)
    assert (first.id, first.issued, first.due, first.total) == (
        "in_1",
        date(2026, 3, 2),
        date(2026, 4, 1),
        Decimal(226),
    )
    assert [(each.amount, each.tax) for each in first.lines] == [
        (Decimal(100), Decimal(19)),
        (Decimal(100), Decimal(7)),
    ]
    assert first.lines[1].product == Product(id="prod_2", name="prod_2", tax_category="books")
    assert (second.status, second.currency, second.customer.tax_status) == (
        InvoiceStatus.DRAFT,
        "EUR",
        TaxStatus.EXEMPT,
    )
    assert (second.lines[0].product, second.lines[0].tax) == (None, None)
    # Nobody knows when it was made, so nothing bounds how old an object for it may be.
    assert second.created_at is None


def test_what_is_wrong_in_a_csv_is_named_and_the_others_are_read() -> None:
    rows = CSV.splitlines()
    broken = [
        rows[1].replace("in_1", "in_3").replace("100.00", "a lot"),
        rows[1].replace("in_1", "in_4").replace("2026-03-02", "March"),
        rows[2].replace("in_1", "in_5").replace("open", "sent"),
        "in_6,A-006",
        rows[2].replace("Acme", "Other"),
    ]

    *read, cut = read_invoices_csv("\n".join([rows[0], rows[1], *broken, rows[3]]))

    why = {each.id: each.why for each in (*read, cut) if isinstance(each, UnreadableInvoice)}
    assert why == {
        "in_1": "invoices line 2: customer_name is 'Acme', and 'Other' in line 7 of the same invoice",
        "in_3": "invoices line 3: amount is 'a lot', not a number with a point such as 1250.00",
        "in_4": "invoices line 4: issued is 'March', not a date such as 2026-01-31",
        "in_5": "invoices line 5: status is 'sent', not one of draft, open, paid, void, uncollectible",
        "in_6": "invoices line 6: it has 2 columns, and the heading has 14",
    }
    assert [each.id for each in read if isinstance(each, Invoice)] == ["in_2"]


def test_a_line_that_is_there_twice_in_a_csv_is_refused() -> None:
    heading, row = "invoice_id,issued,currency,customer_id,customer_name,line_id,amount", "2026-03-02,USD,cus_1,Acme"
    rows = [f"in_1,{row},L1,100", f"in_1,{row},L1,100", f"in_2,{row},L1,50", f"in_2,{row},,50", f"in_2,{row},,50"]

    twice, other = read_invoices_csv("\n".join([heading, *rows]))

    assert twice == UnreadableInvoice(
        id="in_1", why="invoices line 2: line_id 'L1' is in line 2 and in line 3; leave one of them out"
    )
    assert isinstance(other, Invoice)
    assert other.net == 150


@pytest.mark.parametrize("column", ["currency", "customer_currency"])
@pytest.mark.parametrize("code", ["usd", "XQZ", "XXX", "US$"])
def test_a_code_that_is_no_currency_is_named_with_its_line(column: str, code: str) -> None:
    heading = "invoice_id,issued,currency,customer_currency,customer_id,customer_name,amount"
    codes = f"{code},USD" if column == "currency" else f"USD,{code}"

    bad, good = read_invoices_csv(
        f"{heading}\nin_1,2026-03-02,{codes},cus_1,Acme,1.00\nin_2,2026-03-02,USD,,cus_1,Acme,1.00\n", source="june.csv"
    )

    why = f"june.csv line 2: {column} is {code!r}, not a code of ISO 4217 such as USD"
    assert bad == UnreadableInvoice(id="in_1", why=why)
    assert isinstance(good, Invoice)


SHIFTED_HEADING = "customer_id,customer_name,invoice_id,issued,currency,amount"


@pytest.mark.parametrize(
    "row", ["cus_1,Smith, Co,in_1,2026-03-02,USD,50", "cus_1,in_1,2026-03-02,USD,50", "cus_1,Smith,in_1,2026-03-02,USD"]
)
def test_an_invoice_with_a_shifted_row_is_not_read_short_of_a_line(row: str) -> None:
    good = "cus_1,Smith,{},2026-03-02,USD,100"

    read = read_invoices_csv("\n".join([SHIFTED_HEADING, good.format("in_1"), good.format("in_2"), row]))

    assert [(type(each), each.id) for each in read] == [(Invoice, "in_2"), (UnreadableInvoice, "in_1")]


def test_a_row_that_does_not_tell_its_invoice_makes_the_whole_file_unreadable() -> None:
    with pytest.raises(
        SettingsError, match="line 3: it has 2 columns, and the heading has 6, so that nobody knows which"
    ):
        read_invoices_csv(f"{SHIFTED_HEADING}\ncus_1,Smith,in_1,2026-03-02,USD,100\ncus_1,50\n")


def test_columns_are_checked_before_any_row() -> None:
    with pytest.raises(SettingsError) as caught:
        read_invoices_csv("invoice_id,issued,currency,customer_id,customer_name,amonut,issued\n", source="june.csv")

    assert caught.value.problems[0] == "june.csv line 1: the column amount is missing"
    assert any("'amonut' is no column" in each for each in caught.value.problems)
    assert "june.csv line 1: the column issued is there twice" in caught.value.problems


@pytest.mark.parametrize("text", ["", "\ufeff", " \n\n"])
def test_an_empty_csv_is_called_so(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_invoices_csv(text, source="june.csv")

    assert caught.value.problems == ("june.csv is empty; its first line has to name the columns",)


def test_settings_in_toml() -> None:
    read = read_billing_settings("""
reference_type = "sequencehq"
scope = "full"
on_void = "credit"
create_products = true
revenue_account = "41000"

[[taxes]]
code = "DERC"
status = "reverse_charge"
""")

    assert read == BillingSettings(
        scope=Scope.FULL,
        on_void=OnVoid.CREDIT,
        create_products=True,
        revenue_account="41000",
        taxes=(TaxCode(code="DERC", status=TaxStatus.REVERSE_CHARGE),),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("create_products = true", "need the revenue_account"),
        ('on_change = "correct"', "'correct' is not one of replace, refuse"),
        ('colour = "blue"', "unknown key colour"),
        ('[[taxes]]\ncode = "A"\n[[taxes]]\ncode = "B"', "taxes[0] is about the same already"),
    ],
)
def test_settings_that_cannot_be_are_named(text: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_billing_settings(text)

    assert told in str(caught.value)
