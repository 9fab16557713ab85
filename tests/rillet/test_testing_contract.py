"""What the stand-in answers is what Rillet's description says, for every endpoint of the ledger, payables and treasury."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import pytest
from typing_extensions import override

from clientkit import codec
from clientkit.testing import Asked
from clientkit.wire import Answer
from rillet import (
    BankTransactionUpdate,
    BreakdownBy,
    ExpenseTax,
    ExternalReference,
    Field,
    FieldUpdate,
    JournalEntryUpdate,
    NewBankAccount,
    NewBankTransaction,
    NewField,
    NewFieldValue,
    NewVendor,
    NewVendorCreditApplication,
    RelatedEntity,
    RelatedEntityType,
    TaxCoverage,
    TaxRate,
    TaxType,
    VendorCreditUpdate,
)
from rillet.testing import StandIn, chart_of_accounts
from support.descriptions.endpoints import Endpoint, endpoints
from support.descriptions.rillet import complaints, operations
from support.rillet.books import (
    AMERICA,
    CHARGE,
    DAY,
    DEPARTMENT,
    EMPLOYEE,
    ENGINEERING,
    HOTEL,
    REIMBURSEMENT,
    START,
    TRAVEL,
    charge,
    item,
)
from support.rillet.documents import BANK, BILL, CREDIT, bill, bill_update, dollars, entry, line, payment

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
TAX = ExpenseTax(
    tax_amount=dollars("1.00"),
    percentage=Decimal(19),
    country="DE",
    type=TaxType.VAT,
    description="VAT",
    coverage=TaxCoverage.INCLUSIVE,
)
LINE = attrs.evolve(item("10.00", "USD", TRAVEL, ENGINEERING), tax_rate=TAX, description="Night")
REFERENCE = ExternalReference(type="brex", id="r1", url="https://example.com/r1")
FAMILIES = (
    "/accounts", "/bank-accounts", "/bank-transactions", "/bills", "/charges", "/fields", "/journal-entries",
    "/organizations", "/reimbursements", "/reports", "/subsidiaries", "/tax-rates", "/vendor-credits", "/vendors",
)  # fmt: skip
# Observed on the service: a report of one column has no ids of columns, and the percentage of a tax is text.
OBSERVED = (".breakdown_id is missing", ".tax_rate.percentage is str, not number")


class Recording(StandIn):
    """Keeps its answers beside the requests."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.answers = list[tuple[Asked, Answer]]()

    @override
    def respond(self, asked: Asked) -> Answer:
        answer = super().respond(asked)
        self.answers.append((asked, answer))
        return answer


def year_end(standin: StandIn) -> None:
    """Every endpoint once, with everything that can be filled in filled in, and once with as little as can be."""
    client = standin.client()
    client.organization.get()
    list(client.accounts.list())
    list(client.subsidiaries.list())
    client.subsidiaries.get(AMERICA.id)
    list(client.tax_rates.list())
    field = client.fields.create(NewField(name="Region", values=[NewFieldValue(name="EMEA")]))
    client.fields.update(field.id, FieldUpdate(name="Regions", settings=DEPARTMENT.settings))
    (value,) = client.fields.add_value(field.id, NewFieldValue(name="APAC")).values[1:]
    client.fields.update_value(field.id, value.id, NewFieldValue(name="Asia"))
    client.fields.delete_value(field.id, value.id)
    list(client.fields.list())

    vendor = client.vendors.create(NewVendor(name="Adlon", external_references=[REFERENCE], fields=[ENGINEERING]))
    client.vendors.get(vendor.id)
    client.vendors.update(vendor.id, NewVendor(name="Adlon"))
    list(client.vendors.list(limit=1))
    client.vendors.delete(vendor.id)

    client.charges.create(CHARGE)
    made = client.charges.create(charge(LINE, reference="r1"))
    client.charges.get(made.id)
    list(client.charges.list(limit=1))
    client.charges.delete(made.id)

    client.reimbursements.create(REIMBURSEMENT)
    back = client.reimbursements.create(attrs.evolve(REIMBURSEMENT, items=[LINE], external_references=[REFERENCE]))
    client.reimbursements.get(back.id)
    list(client.reimbursements.list(limit=1))

    client.bills.create(BILL)
    open_bill = client.bills.create(attrs.evolve(bill(LINE), external_references=[REFERENCE]))
    client.bills.create_payment(open_bill.id, payment("1.00"))
    client.bills.get(open_bill.id)
    list(client.bills.list_payments(open_bill.id))
    client.bills.update(open_bill.id, bill_update(LINE))
    list(client.bills.list(limit=1))

    whole = attrs.evolve(
        CREDIT, memo="Returned", line_items=[attrs.evolve(CREDIT.line_items[0], tax_rate=TAX, fields=[ENGINEERING])]
    )
    client.vendor_credits.create(CREDIT)
    credit = client.vendor_credits.create(whole)
    client.vendor_credits.apply(credit.id, [NewVendorCreditApplication(bill_id=open_bill.id, amount=dollars("1.00"))])
    update = VendorCreditUpdate(
        vendor_id=HOTEL.id, credit_number="G-2", gl_impact_date=DAY, line_items=whole.line_items, date=DAY
    )
    client.vendor_credits.update(credit.id, update)
    client.vendor_credits.get(credit.id)
    list(client.vendor_credits.list(limit=1))

    related = RelatedEntity(id=HOTEL.id, type=RelatedEntityType.VENDOR)
    coded = attrs.evolve(line(TRAVEL, "4.00"), description="March", fields=[ENGINEERING])
    full = attrs.evolve(
        entry(coded, line(BANK, "-4.00")), related_entity=related, reversal_date=DAY, attachment_url="https://a.test/a"
    )
    client.journal_entries.create(entry())
    journal_entry = client.journal_entries.create(full)
    client.journal_entries.get(journal_entry.id)
    client.journal_entries.update(
        journal_entry.id, JournalEntryUpdate(name="Changed", currency="USD", items=full.items, date=DAY)
    )
    list(client.journal_entries.list(limit=1))

    account = client.bank_accounts.create(
        NewBankAccount(
            name="Checking", currency="USD", bank_name="First", subsidiary_id=AMERICA.id, account_code=BANK, mask="1234"
        )
    )
    client.bank_accounts.get(account.id)
    list(client.bank_accounts.list())
    moved = client.bank_transactions.create(
        NewBankTransaction(
            bank_account_id=account.id,
            date=DAY,
            name="CARD",
            merchant="Adlon",
            net_amount=dollars("1.00"),
            external_references=[REFERENCE],
        )
    )
    client.bank_transactions.get(moved.id)
    client.bank_transactions.update(
        moved.id, BankTransactionUpdate(date=DAY, name="CARD", merchant="", net_amount=dollars("2.00"))
    )
    list(client.bank_transactions.list())
    reports(standin, None, None)
    reports(standin, BreakdownBy.SUBSIDIARY, None)
    reports(standin, BreakdownBy.CUSTOM_FIELD, DEPARTMENT)


def reports(standin: StandIn, by: BreakdownBy | None, field: Field | None) -> None:
    """Every report with these columns; the balance sheet takes no field."""
    given = standin.client().reports
    field_id = field.id if field is not None else None
    given.trial_balance(from_date=FIRST, to_date=LAST)
    given.income_statement(from_date=FIRST, to_date=LAST, breakdown_by=by, custom_field_id=field_id)
    given.cash_flow_statement(from_date=FIRST, to_date=LAST, breakdown_by=by, custom_field_id=field_id)
    given.executive_pl(from_date=FIRST, to_date=LAST, breakdown_by=by, custom_field_id=field_id)
    if field is None:
        given.balance_sheet(as_of_date=DAY, breakdown_by=by)
    list(given.journal_entries())
    list(given.arr_waterfall(month=DAY, status="ACTIVE", breakdown="ARR"))


@pytest.fixture(scope="module")
def recorded() -> list[tuple[Asked, Answer]]:
    rate = TaxRate(id="t1", code="GB20", country="GB", description="VAT", percentage=Decimal("20.0000"))
    standin = Recording(
        subsidiaries=[AMERICA],
        accounts=chart_of_accounts(),
        fields=[DEPARTMENT],
        vendors=[HOTEL, EMPLOYEE],
        tax_rates=[rate],
        reference_types={"brex"},
        now=lambda: START,
    )
    year_end(standin)
    return standin.answers


def test_answers_are_as_described(recorded: list[tuple[Asked, Answer]]) -> None:
    found = dict[str, str]()
    for asked, answer in recorded:
        described = next(each for each in operations() if each.serves(asked.method, asked.path))
        assert answer.status in {200, 204}
        if described.answer is None:
            assert answer.content == b""
            continue
        for complaint in complaints(described.answer, codec.parse(answer.content)):
            if not complaint.endswith(OBSERVED):
                found[f"{described.id}: {complaint}"] = asked.path
    assert found == {}


def test_every_endpoint_was_asked(recorded: list[tuple[Asked, Answer]]) -> None:
    wanted = {each.id for each in operations() if each.template.startswith(FAMILIES) and each.answer is not None}
    reached = {next(each.id for each in operations() if each.serves(asked.method, asked.path)) for asked, _ in recorded}
    assert wanted <= reached


@pytest.mark.parametrize("endpoint", endpoints(), ids=lambda each: each.name)
def test_every_endpoint_of_the_client_has_a_route(endpoint: Endpoint) -> None:
    standin = StandIn()
    headers = {"authorization": f"Bearer {standin.api_key}"}
    for request in endpoint.requests(full=False):
        answer = standin.respond(Asked(method=request.method, path=request.path, headers=headers))
        has_route = answer.status != 405 and b"The path " not in answer.content
        assert has_route, f"no Route in src/rillet/testing answers {request.method} {request.path}"
