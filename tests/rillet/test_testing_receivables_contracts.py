"""Every endpoint of contracts, drafts and usage against the stand-in, in the four ways."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import attrs
import pytest

from clientkit.paging import Pager
from clientkit.testing import AnswerLost, Fault
from rillet import BadRequestError, Client, NotFoundError
from rillet.receivables.amendments import (
    AddedItem,
    AmendedItem,
    AmendmentPreview,
    ChangedItem,
    FullContractAmendment,
    RevenueRecognitionOnlyContractAmendment,
    TerminatedItem,
)
from rillet.receivables.contract_items import NewUsage
from rillet.receivables.contracts import Contract, ContractItemStatus, ContractStatus
from rillet.receivables.invoicing import InvoiceSchedule
from rillet.receivables.pricing import RevenuePattern
from rillet.testing import StandIn
from support.endpoint_runner import Runner
from support.rillet.books import AMERICA, GERMANY
from support.rillet.receivables_books import (
    CALLS,
    MONTHLY,
    RECEIVABLE,
    REFERENCE,
    SEATS,
    Company,
    company,
    dollars,
    reference,
    scheduled,
)


@pytest.fixture
def acme(standin: StandIn) -> Company:
    return company(standin.client(), [REFERENCE])


def test_a_contract_that_rillet_invoices(run: Runner[Client], standin: StandIn, acme: Company) -> None:
    made = run.call(lambda client: client.contracts.create(acme.contract()))
    assert (made.status, made.total_value) == (ContractStatus.ACTIVE, dollars("6000"))
    assert [each.total for each in made.invoices or ()] == [dollars("500")] * 12
    assert run.call(lambda client: client.contracts.get(made.id)) == made
    assert standin.contracts == (attrs.evolve(made, invoices=None),)

    (old,) = made.items
    more = AmendedItem(
        product_id=acme.product.id,
        price=SEATS,
        quantity=Decimal(7),
        revenue_pattern=RevenuePattern.DAILY,
        start_date=date(2026, 7, 1),
        amending=old.id,
    )
    tried = AmendmentPreview(amendment_date=date(2026, 7, 1), items=[more], invoicing=MONTHLY)
    preview = run.call(lambda client: client.contracts.preview_amendment(made.id, tried))
    assert preview.total_value == dollars("4200")
    assert run.call(lambda client: client.contracts.get(made.id)) == made

    amendment = FullContractAmendment(
        amendment_date=date(2026, 7, 1), amendment_reason="more seats", items=[more], invoicing=MONTHLY
    )
    amended = run.call(lambda client: client.contracts.amend(made.id, amendment))
    before, after = amended.items
    assert (before.id, before.status, before.end_date) == (old.id, ContractItemStatus.AMENDED, date(2026, 6, 30))
    assert (after.amending, after.quantity, after.total_value) == (old.id, Decimal(7), dollars("4200"))
    assert amended.total_value == dollars("4200")

    run.call(lambda client: client.contracts.delete(made.id))
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.contracts.get(made.id))


def test_a_contract_that_another_system_invoices(run: Runner[Client], standin: StandIn, acme: Company) -> None:
    asked = acme.external_contract(scheduled("X-1"), scheduled("X-2", day=date(2026, 9, 1)))
    made = run.call(lambda client: client.contracts.create(asked))
    (line,) = made.items
    assert made.invoices is not None
    first, second = made.invoices

    assert (made.total_value, made.invoicing, made.close_date) == (dollars("1200"), None, date(2026, 1, 1))
    assert [each.invoice_number for each in (first, second)] == ["X-1", "X-2"]
    assert run.call(lambda client: client.invoices.get(first.id)).contract_id == made.id
    assert standin.ledger.balance(RECEIVABLE) == 1200

    amendment = RevenueRecognitionOnlyContractAmendment(
        amendment_date=date(2026, 7, 1),
        amendment_reason="renegotiated",
        items=[
            ChangedItem(price=dollars("1500"), amending_reference="line-1"),
            AddedItem(
                product_id=acme.product.id,
                price=dollars("50"),
                revenue_pattern=RevenuePattern.DAILY,
                external_reference=reference("line-2"),
            ),
            TerminatedItem(external_reference="line-2", end_date=date(2026, 8, 31)),
        ],
        invoice_schedule=InvoiceSchedule(invoices=[scheduled("X-1"), scheduled("X-3", "950", line="line-2")]),
    )
    amended = run.call(lambda client: client.contracts.amend(made.id, amendment))
    assert amended.total_value == dollars("1550")
    assert [(item.status, item.end_date) for item in amended.items] == [
        (ContractItemStatus.AMENDED, date(2026, 6, 30)),
        (ContractItemStatus.ACTIVE, date(2026, 12, 31)),
        (ContractItemStatus.ACTIVE, date(2026, 8, 31)),
    ]
    assert amended.items[1].amending == line.id
    assert [each.invoice_number for each in amended.invoices or []] == ["X-1", "X-3"]
    assert standin.ledger.balance(RECEIVABLE) == 600 + 950


def test_lists_of_contracts(run: Runner[Client], acme: Company) -> None:
    dated = run.call(lambda client: client.contracts.create(acme.contract()))
    external = run.call(lambda client: client.contracts.create(acme.external_contract()))
    early = attrs.evolve(acme.contract(end=date(2025, 6, 30)), start_date=date(2025, 1, 1))
    ended = run.call(lambda client: client.contracts.create(early))
    open_ended = run.call(lambda client: client.contracts.create(acme.contract(end=None)))
    newest_first = [each.id for each in (open_ended, ended, external, dated)]

    found = run.call(lambda client: client.contracts.list(limit=3))
    assert [each.id for each in found] == newest_first
    assert {each.invoices for each in found} == {None}
    start, end = dated.start_date, date(2026, 12, 31)
    filtered: list[tuple[Callable[[Client], Pager[Contract]], list[str]]] = [
        (lambda c: c.contracts.list(customer_id=acme.customer.id, subsidiary_id=AMERICA.id), newest_first),
        (lambda c: c.contracts.list(subsidiary_id=GERMANY.id), []),
        (lambda c: c.contracts.list(customer_id="nobody"), []),
        (lambda c: c.contracts.list(status=ContractStatus.ENDED), [ended.id]),
        (lambda c: c.contracts.list(start_date_from=start), [open_ended.id, external.id, dated.id]),
        (lambda c: c.contracts.list(start_date_after=start), []),
        (lambda c: c.contracts.list(start_date_to=ended.start_date), [ended.id]),
        (lambda c: c.contracts.list(start_date_before=ended.start_date), []),
        (lambda c: c.contracts.list(end_date_from=end), [external.id, dated.id]),
        (lambda c: c.contracts.list(end_date_after=date(2025, 6, 30), end_date_before=end), []),
        (lambda c: c.contracts.list(end_date_to=end), [ended.id, external.id, dated.id]),
    ]
    for listing, expected in filtered:
        assert [each.id for each in run.call(listing)] == expected

    run.call(lambda client: client.contracts.end(open_ended.id, end))
    assert run.call(lambda client: client.contracts.get(open_ended.id)).items[0].end_date == end
    with pytest.raises(BadRequestError, match="2026-12-31"):
        run.call(lambda client: client.contracts.end(open_ended.id, end))


def test_drafts_are_told_apart_by_their_references(run: Runner[Client], standin: StandIn, acme: Company) -> None:
    first = run.call(lambda client: client.draft_contracts.create(acme.draft(reference("a"))))
    second = run.call(lambda client: client.draft_contracts.create(acme.draft(reference("b"))))
    bare = [run.call(lambda client: client.draft_contracts.create(acme.draft())) for _ in range(2)]
    merged = run.call(
        lambda client: client.draft_contracts.create(acme.draft(reference("a"), reference("b"), name="Both"))
    )

    assert (merged.id, merged.name) == (first.id, "Both")
    assert merged.items[0].id != first.items[0].id
    assert {draft.id for draft in standin.draft_contracts} == {merged.id, *(each.id for each in bare)}
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.draft_contracts.get(second.id))
    replaced = run.call(lambda client: client.draft_contracts.update(merged.id, acme.draft(name="Plain")))
    assert (replaced.external_references, replaced.name) == ((), "Plain")
    assert run.call(lambda client: client.draft_contracts.get(merged.id)) == replaced
    assert run.call(lambda client: client.draft_contracts.list(customer_id="nobody")) == []
    assert run.call(lambda client: client.draft_contracts.list(subsidiary_id=AMERICA.id))[-1] == replaced
    run.call(lambda client: client.draft_contracts.delete(merged.id))
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.draft_contracts.update(merged.id, acme.draft()))


def test_usage_is_said_again_without_harm(run: Runner[Client], standin: StandIn, acme: Company) -> None:
    contract = run.call(lambda client: client.contracts.create(acme.contract(acme.contract_item(CALLS, "1"))))
    (item,) = contract.items
    assert contract.total_value == dollars("0")
    days = [date(2026, 3, day) for day in (3, 1, 2)]
    rows = [NewUsage(date=day, quantity=Decimal("10.5")) for day in days]

    standin.faults.append(Fault(AnswerLost(), matches=lambda asked: asked.method == "PATCH"))
    recorded = run.call(lambda client: client.contract_items.record_usage(item.id, rows))
    assert [asked.method for asked in standin.asked].count("PATCH") == 2
    assert [(each.date.day, each.quantity) for each in recorded.usage] == [(day, Decimal("10.5")) for day in (3, 2, 1)]

    again = [NewUsage(date=days[1], quantity=Decimal(7))]
    run.call(lambda client: client.contract_items.record_usage(item.id, again))
    listed = run.call(lambda client: client.contract_items.list_usage(item.id, limit=2))
    assert [(each.date.day, str(each.quantity)) for each in listed] == [(3, "10.5"), (2, "10.5"), (1, "7")]
    run.call(lambda client: client.contract_items.delete_usage(item.id, days[0]))
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.contract_items.delete_usage(item.id, days[0]))
    assert len(run.call(lambda client: client.contract_items.list_usage(item.id))) == 2
