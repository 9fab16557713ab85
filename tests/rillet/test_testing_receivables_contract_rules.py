"""What becomes of the stand-in's contracts, and what they refuse."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast

import attrs
import pytest

from clientkit import codec
from clientkit.testing import Asked
from rillet import BadRequestError, Client, NotFoundError
from rillet.receivables.amendments import (
    AmendedItem,
    AmendmentItem,
    AmendmentPreview,
    ChangedItem,
    ContractAmendment,
    FullContractAmendment,
    RevenueRecognitionOnlyContractAmendment,
    TerminatedItem,
)
from rillet.receivables.contract_items import NewUsage
from rillet.receivables.invoices import InvoiceStatus
from rillet.receivables.invoicing import (
    InvoiceSchedule,
    UsageCommitment,
    UsageConfiguration,
    UsageCycle,
    UsageFrequency,
    UsageInvoiceDate,
    UsageInvoicing,
)
from rillet.receivables.pricing import FixedRecurringPrice, RevenuePattern, Tier, TieredBilling, TierMode, UsagePrice
from rillet.testing import StandIn
from support.rillet.receivables_books import (
    CALLS,
    MONTHLY,
    REVENUE,
    SETUP,
    Company,
    company,
    dollars,
    payment,
    sales_tax,
    scheduled,
)

MAY = date(2026, 5, 1)


@pytest.fixture
def client(standin: StandIn) -> Client:
    return standin.client()


@pytest.fixture
def acme(client: Client) -> Company:
    return company(client)


def test_a_contract_whose_invoice_is_refused_leaves_no_trace(standin: StandIn, client: Client, acme: Company) -> None:
    standin.close_books(date(2026, 1, 31))
    asked = acme.external_contract(scheduled("X-1"), scheduled("X-2", day=date(2026, 1, 31)))
    with pytest.raises(BadRequestError, match="closed"):
        client.contracts.create(asked)
    with pytest.raises(BadRequestError, match="line-9"):
        client.contracts.create(acme.external_contract(scheduled("X-1", line="line-9")))
    assert (standin.contracts, standin.invoices, standin.ledger.postings) == ((), (), ())

    made = client.contracts.create(acme.external_contract(scheduled("X-1")))
    with pytest.raises(BadRequestError, match="has invoices"):
        client.contracts.delete(made.id)
    client.invoices.delete(standin.invoices[0].id)
    client.contracts.delete(made.id)


def test_usage_belongs_to_items_with_a_usage_price(client: Client, acme: Company) -> None:
    contract = client.contracts.create(acme.contract(acme.contract_item(SETUP), acme.contract_item(CALLS)))
    once, metered = contract.items
    assert once.total_value == dollars("2500")
    rows = [NewUsage(date=date(2026, 3, day), quantity=Decimal(day)) for day in range(1, 5)]
    with pytest.raises(BadRequestError, match="no usage price"):
        client.contract_items.record_usage(once.id, rows)
    with pytest.raises(NotFoundError):
        client.contract_items.record_usage("none", rows)

    client.contract_items.record_usage(metered.id, rows)
    pages = client.contract_items.list_usage(metered.id, limit=2).pages()
    first = next(pages)
    client.contract_items.record_usage(metered.id, [NewUsage(date=date(2026, 2, 1), quantity=Decimal(9))])
    rest = [row for page in pages for row in page.items]
    assert [row.quantity for row in (*first.items, *rest)] == [4, 3, 2, 1, 9]
    client.contracts.delete(contract.id)
    with pytest.raises(NotFoundError):
        list(client.contract_items.list_usage(metered.id))


def amended(acme: Company, **changes: Any) -> FullContractAmendment:
    """An amendment that adds an item on the first of May."""
    item = AmendedItem(
        product_id=acme.product.id,
        price=SETUP,
        quantity=Decimal(1),
        revenue_pattern=RevenuePattern.DAILY,
        start_date=MAY,
    )
    return FullContractAmendment(
        amendment_date=MAY, amendment_reason="more", items=[attrs.evolve(item, **changes)], invoicing=MONTHLY
    )


def elsewhere(*items: AmendmentItem, day: date = MAY) -> RevenueRecognitionOnlyContractAmendment:
    return RevenueRecognitionOnlyContractAmendment(
        amendment_date=day, amendment_reason="more", items=items, invoice_schedule=InvoiceSchedule()
    )


def test_an_amendment_that_cannot_be_changes_nothing(standin: StandIn, client: Client, acme: Company) -> None:
    made = client.contracts.create(acme.contract())
    (item,) = made.items
    wrong: list[tuple[ContractAmendment, str]] = [
        (amended(acme, start_date=date(2026, 4, 30)), "items[0].start_date"),
        (amended(acme, end_date=date(2026, 4, 30)), "items[0].end_date"),
        (amended(acme, tax_rate=sales_tax("5")), "items[0].tax_rate.tax_amount"),
        (amended(acme, amending="nothing"), "items[0].amending"),
        (amended(acme, quantity=Decimal(0)), "items[0].quantity"),
        (attrs.evolve(amended(acme), amendment_date=date(2025, 12, 31)), "amendment_date"),
        (elsewhere(), "scope"),
    ]
    for amendment, place in wrong:
        with pytest.raises(BadRequestError) as caught:
            client.contracts.amend(made.id, amendment)
        assert [violation.field for violation in caught.value.violations] == [place]
    assert client.contracts.get(made.id) == made

    client.contracts.amend(made.id, amended(acme, amending=item.id))
    with pytest.raises(BadRequestError, match="amendment_date"):
        client.contracts.amend(made.id, attrs.evolve(amended(acme), amendment_date=date(2026, 4, 30)))
    with pytest.raises(BadRequestError, match="Active item"):
        client.contracts.amend(made.id, amended(acme, amending=item.id))
    assert len(standin.contracts) == 1


def test_an_amendment_of_a_contract_from_elsewhere_names_items_by_reference(client: Client, acme: Company) -> None:
    made = client.contracts.create(acme.external_contract())
    early = date(2025, 12, 31)
    wrong: list[tuple[AmendmentItem, str]] = [
        (ChangedItem(price=dollars("1"), amending_reference="line-9"), "items[0].amending_reference"),
        (ChangedItem(price=dollars("1"), amending_reference="line-1", end_date=early), "items[0].end_date"),
        (TerminatedItem(external_reference="line-9"), "items[0].external_reference"),
        (TerminatedItem(external_reference="line-1", end_date=early), "items[0].end_date"),
    ]
    for item, place in wrong:
        with pytest.raises(BadRequestError) as caught:
            client.contracts.amend(made.id, elsewhere(item))
        assert [violation.field for violation in caught.value.violations] == [place]
    with pytest.raises(BadRequestError, match="previewed"):
        client.contracts.preview_amendment(made.id, AmendmentPreview(amendment_date=MAY, items=[], invoicing=MONTHLY))
    assert client.contracts.get(made.id) == made

    ended = client.contracts.amend(made.id, elsewhere(TerminatedItem(external_reference="line-1")))
    assert ended.items[0].end_date == MAY


def test_a_paid_invoice_stays_although_the_new_schedule_lacks_it(client: Client, acme: Company) -> None:
    made = client.contracts.create(acme.external_contract(scheduled("X-1"), scheduled("X-2")))
    assert made.invoices is not None
    client.invoice_payments.create(made.invoices[0].id, payment("1"))
    after = client.contracts.amend(made.id, elsewhere())
    assert after.invoices is not None
    assert [(each.invoice_number, each.status) for each in after.invoices] == [("X-1", InvoiceStatus.PARTIALLY_PAID)]


@pytest.mark.parametrize(
    ("months", "end", "worth"),
    [
        (1, date(2026, 1, 31), "100"),
        (1, date(2026, 2, 1), "200"),
        (1, date(2026, 12, 31), "1200"),
        (12, date(2026, 12, 31), "100"),
        (12, date(2028, 6, 30), "300"),
        (3, None, "100"),
    ],
)
def test_a_recurring_price_counts_for_each_interval_that_begins(
    client: Client, acme: Company, months: int, end: date | None, worth: str
) -> None:
    price = FixedRecurringPrice(amount=dollars("100"), interval_months=months)
    made = client.contracts.create(acme.contract(acme.contract_item(price, "1"), end=end))
    assert made.total_value == dollars(worth)


def test_prices_in_tiers_and_minimum_commitments(client: Client, acme: Company) -> None:
    tiers = (Tier(up_to=10, flat_price=dollars("5")), Tier(per_unit_price=dollars("0.4")))
    graduated = UsagePrice(interval_months=1, billing_scheme=TieredBilling(mode=TierMode.GRADUATED, tiers=tiers))
    least = UsageCommitment(amount=dollars("50"), revenue_account=REVENUE)
    metered = attrs.evolve(acme.contract_item(graduated, "1"), usage_minimum_commitment=least)
    made = client.contracts.create(acme.contract(metered))
    assert made.items[0].usage_minimum_commitment == least
    assert made.items[0].price == graduated

    usage = UsageConfiguration(
        usage_invoicing=UsageInvoicing(
            frequency=UsageFrequency.MONTHLY,
            payment_terms=30,
            invoice_date=UsageInvoiceDate.FIRST_DAY_OF_NEXT_CYCLE,
            cycle=UsageCycle.CALENDAR,
        ),
        contract_level_minimum_commitment=least,
    )
    without = attrs.evolve(acme.contract(acme.contract_item(graduated, "1")), usage_configuration=usage, invoicing=None)
    assert client.contracts.create(without).usage_configuration == usage
    twice = attrs.evolve(acme.contract(metered), usage_configuration=usage)
    seats = attrs.evolve(acme.contract_item(), usage_minimum_commitment=least)
    for wrong in (twice, acme.contract(seats)):
        with pytest.raises(BadRequestError, match="minimum commitment"):
            client.contracts.create(wrong)


def test_an_open_ended_contract_ends_after_it_began(client: Client, acme: Company) -> None:
    early = attrs.evolve(acme.contract_item(), end_date=date(2026, 3, 31))
    made = client.contracts.create(acme.contract(acme.contract_item(), early, end=None))
    with pytest.raises(BadRequestError, match="before start_date"):
        client.contracts.end(made.id, date(2025, 12, 31))
    client.contracts.end(made.id, MAY)
    assert [item.end_date for item in client.contracts.get(made.id).items] == [MAY, early.end_date]


@pytest.mark.parametrize(
    ("part", "value", "place"),
    [
        ("price", {"type": "BARTER", "amount": 1}, "items[0].price.type"),
        ("price", {"interval_months": 0, "type": "FIXED_RECURRING", "amount": {"amount": "1", "currency": "USD"}},
         "items[0].price.interval_months"),
        ("price", {"type": "USAGE", "interval_months": 1, "billing_scheme": {"type": "GUESS"}},
         "items[0].price.billing_scheme.type"),
        ("discount", {"type": "LUCK"}, "items[0].discount.type"),
    ],
)  # fmt: skip
def test_kinds_that_there_are_not_are_refused(
    standin: StandIn, acme: Company, part: str, value: object, place: str
) -> None:
    body = cast("dict[str, Any]", codec.unstructure(acme.contract()))
    body["items"][0][part] = value
    asked = Asked(
        method="POST",
        path="/contracts",
        headers={"authorization": f"Bearer {standin.api_key}"},
        content=codec.dumps(body),
    )
    answer = standin.respond(asked)
    assert answer.status == 400
    problem = cast("dict[str, Any]", codec.parse(answer.content))
    assert [violation["field"] for violation in problem["violations"]] == [place]
    assert standin.contracts == ()
