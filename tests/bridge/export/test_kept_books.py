"""Books that are kept between runs: a new record costs a few requests, and comes to what it would come to without."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import attrs
import pytest

import brex_accounting.testing
import rillet.testing
from brex_accounting import Record
from bridge import Bridge, SettingsError
from bridge.export import AsyncExport, Export, ExportOutcome, KeptBooks, SqlJournal, StopCode
from clientkit import Answer
from clientkit.testing import Fault, Respond
from rillet import (
    AccountStatus,
    Bill,
    BillStatus,
    ExternalReference,
    NewBankAccount,
    NewBill,
    NewCharge,
    NewExpenseItem,
    NewPayment,
)
from rillet.testing import builders
from support.companies.changing import (
    HOUR,
    REFERENCE_TYPE,
    Company,
    MakeCompany,
    adopted,
    companies,
    dollars,
    reasons,
)
from support.companies.changing_records import bill, charge, credit, entry, payment, reimbursed
from support.companies.keeping import Keeping, with_vendors

MOST_REQUESTS = 4


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    "record",
    [
        charge(merchant="Cumulus Cloud"),
        reimbursed(),
        bill(),
        credit(),
        entry(),
    ],
    ids=["charge", "reimbursement", "bill", "vendor credit", "entry"],
)
def test_an_announced_record_costs_four_requests(make: MakeCompany, record: Record) -> None:
    keeping = Keeping(with_vendors(make()))
    for number in range(2):
        # The employee is created by the first run, and seen to be there by the second one.
        first = attrs.evolve(record, id=f"first{number}", source_id=f"other{number}", invoice_number=f"INV-0{number}")
        keeping.company.brex.add(first)
        assert keeping.run().complete

    outcome, asked = keeping.announce(record)

    assert outcome.complete
    assert [each.record.id for each in outcome.posted] == [record.id]
    assert not outcome.posted[0].adopted
    assert len(asked) <= MOST_REQUESTS, asked
    assert keeping.company.was_told(record.id)


def test_many_announcements_cost_two_requests_more_than_their_records(make: MakeCompany) -> None:
    keeping = Keeping(with_vendors(make()))
    keeping.run()

    for number in range(5):
        outcome, asked = keeping.announce(charge(id=f"k{number}", merchant="Acme"))
        assert outcome.complete
        assert len(asked) <= MOST_REQUESTS, asked
        keeping.company.clock.advance(HOUR)


def test_a_vendor_is_looked_for_before_it_is_created(make: MakeCompany) -> None:
    keeping = Keeping(make())
    keeping.run()
    keeping.company.rillet.put(builders.vendor("Cumulus Cloud"))

    outcome, _ = keeping.announce(charge(merchant="Cumulus Cloud"))

    assert outcome.complete
    assert outcome.created_vendors == ()
    assert [each.name for each in keeping.company.rillet.vendors] == ["Cumulus Cloud"]


# What happens in Rillet between two runs.


def nothing(company: Company) -> None:
    del company


def archives_the_account(company: Company) -> None:
    (account,) = (each for each in company.rillet.accounts if each.code == "61000")
    company.rillet.put(attrs.evolve(account, status=AccountStatus.INACTIVE))


def deletes_the_vendor(company: Company) -> None:
    (vendor,) = (each for each in company.rillet.vendors if each.name == "Acme")
    company.to_rillet.vendors.delete(vendor.id)


def closes_the_month(company: Company) -> None:
    company.close_books(date(2026, 3, 31))


def adds_the_account(company: Company) -> None:
    company.rillet.put(builders.account("61777", "New things"))


def demands_a_field(company: Company) -> None:
    company.rillet.put(builders.field("Project", ["One"], mandatory=True))


def books_the_charge(company: Company) -> None:
    """A person books the record by hand, with its id."""
    vendor = next(each.id for each in company.rillet.vendors if each.name == "Acme")
    company.to_rillet.charges.create(
        NewCharge(
            vendor_id=vendor,
            charge_date=date(2026, 2, 14),
            credit_card_account_code="21120",
            items=(NewExpenseItem(account_code="61000", amount=dollars("70")),),
            external_references=(ExternalReference(type=REFERENCE_TYPE, id="k1"),),
        )
    )


def books_the_invoice(company: Company) -> None:
    """A person books the bill by hand, without its id."""
    vendor = next(each.id for each in company.rillet.vendors if each.name == "Acme")
    company.to_rillet.bills.create(
        NewBill(
            vendor_id=vendor,
            expense_number="INV-1",
            bill_date=date(2026, 2, 14),
            due_date=date(2026, 3, 10),
            items=(NewExpenseItem(account_code="61000", amount=dollars("100")),),
        )
    )


def told(outcome: ExportOutcome) -> dict[str, object]:
    """What a run came to, without what differs between two companies."""
    return {
        "posted": sorted((each.record.id, each.kind.split("/")[0], each.adopted, each.step) for each in outcome.posted),
        "refused": {name: [str(code) for code in codes] for name, codes in reasons(outcome).items()},
        "failed": sorted((each.record.id, each.code) for each in outcome.failed),
        "created": sorted(each.name for each in outcome.created_vendors),
        "warned": sorted((each.record_id, each.code) for each in outcome.warnings),
        "amounts": outcome.amounts,
        "stopped": outcome.stop_code,
    }


RECORDS: dict[str, Callable[[], list[Record]]] = {
    "bills with one number": lambda: [bill(), bill(id="b2", source="bill2")],
    "bill and payment": lambda: [bill(), payment()],
    "several": lambda: [
        charge(merchant="Acme"),
        charge(account="61777", merchant="Acme", id="k2"),
        reimbursed(),
        entry(),
        credit(),
        bill(),
    ],
    "refused": lambda: [charge(account="99999", merchant="Acme"), charge(id="k2", merchant="Acme")],
}


@pytest.mark.parametrize(
    ("records", "journal"),
    [
        ("several", True),
        ("several", False),
        ("bill and payment", True),
        ("bills with one number", True),
        ("refused", True),
    ],
)
@pytest.mark.parametrize(
    "happens",
    [
        nothing,
        archives_the_account,
        deletes_the_vendor,
        closes_the_month,
        adds_the_account,
        demands_a_field,
        books_the_charge,
        books_the_invoice,
    ],
)
def test_it_comes_to_what_it_comes_to_on_fresh_books(
    make: MakeCompany, happens: Callable[[Company], None], records: str, *, journal: bool
) -> None:
    came_to = list[object]()
    for keeps in (True, False):
        company = with_vendors(make(journal=journal))
        keeping = Keeping(company, keeps=keeps)
        keeping.run()
        happens(company)
        company.brex.add(*RECORDS[records]())
        came_to.append(
            (told(keeping.run()), company.books(), {each: company.was_told(each) for each in company.brex.records})
        )

    assert came_to[0] == came_to[1]


def test_settings_that_name_what_is_gone_end_the_run(make: MakeCompany) -> None:
    company = with_vendors(make())
    keeping = Keeping(company)
    keeping.run()
    (account,) = (each for each in company.rillet.accounts if each.code == "21120")
    company.rillet.put(attrs.evolve(account, status=AccountStatus.INACTIVE))
    company.brex.add(charge(merchant="Acme"), charge(id="k2", merchant="Nobody knows"))

    outcome = keeping.run()

    assert outcome.stop_code is StopCode.SETUP
    assert "21120 Brex Card is inactive" in str(outcome.stopped)
    assert company.rillet.charges == ()
    assert [each.name for each in company.rillet.vendors] == ["Acme", "Cumulus Cloud"]
    with pytest.raises(SettingsError, match="21120 Brex Card is inactive"):
        keeping.run()


def test_what_was_deleted_counts_for_nothing(make: MakeCompany) -> None:
    """An object that is kept and was deleted does not pass as the record's."""
    company = with_vendors(make(charge(merchant="Acme")))
    other = Export(company.to_brex, company.to_rillet, Bridge(company.settings))
    company.brex.faults.append(
        Fault(Respond(Answer(status=500)), matches=lambda asked: asked.path.endswith("export-results"), times=100)
    )
    posted = other.run().posted[0]
    company.clock.advance(HOUR)
    keeping = Keeping(company)
    keeping.run(ids=[])
    company.brex.faults.clear()
    company.to_rillet.charges.delete(posted.id)

    outcome = keeping.run()

    assert outcome.complete
    assert adopted(outcome) == []
    assert len(company.rillet.charges) == 1
    assert company.was_told("k1")


def test_settings_that_name_something_new_are_no_mistake(make: MakeCompany) -> None:
    company = with_vendors(make())
    keeping = Keeping(company)
    keeping.run()
    adds_the_account(company)
    (entity,) = company.settings.entities
    settings = attrs.evolve(company.settings, entities=(attrs.evolve(entity, accounts_payable_account="61777"),))
    export = Export(company.to_brex, company.to_rillet, Bridge(settings), journal=company.journal, kept=keeping.kept)

    assert export.run().complete


def test_books_are_read_anew_when_they_are_too_old(make: MakeCompany) -> None:
    keeping = Keeping(with_vendors(make()))
    keeping.run()
    keeping.announce(charge(merchant="Acme"))
    keeping.seconds += timedelta(minutes=6).total_seconds()

    _, asked = keeping.announce(charge(id="k2", merchant="Acme"))

    assert {"GET /accounts", "GET /fields", "GET /vendors", "GET /subsidiaries", "GET /tax-rates"} <= set(asked)


def test_an_age_below_zero_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="books cannot be"):
        KeptBooks(timedelta(seconds=-1))


def test_books_of_another_organization_are_not_taken_for_these(make: MakeCompany) -> None:
    company = with_vendors(make(journal=False))
    keeping = Keeping(company)
    keeping.run()
    other = with_vendors(make(charge(merchant="Acme"), journal=False))
    other.rillet = rillet.testing.StandIn(
        now=other.clock, reference_types={REFERENCE_TYPE}, organization=builders.organization(seed=1)
    )
    client = other.rillet.client()

    outcome = Export(other.to_brex, client, Bridge(other.settings), kept=keeping.kept).run()

    assert outcome.complete
    (posted,) = other.rillet.charges
    assert posted.vendor_id == other.rillet.vendors[0].id
    assert [each.name for each in outcome.created_vendors] == ["Acme"]


def test_the_next_slice_costs_a_few_requests(make: MakeCompany) -> None:
    company = with_vendors(make(*(charge(id=f"k{number:03d}", merchant="Acme") for number in range(60))))
    # Traffic of the company, which is several pages of its books.
    for number in range(250):
        company.rillet.put(builders.vendor(f"Vendor {number}"))
    keeping = Keeping(company)
    reads, posted = list[int](), 0
    for _ in range(9):
        before, left = len(company.rillet.asked), iter(range(20))
        outcome = keeping.run(stop=lambda left=left: next(left, None) is None)
        asked = company.rillet.asked[before:]
        reads.append(sum(each.method == "GET" for each in asked))
        posted += outcome.counts.posted
        if outcome.stop_code is None:
            break
        assert outcome.stop_code is StopCode.INTERRUPTED
        assert not outcome.complete

    assert posted == 60
    assert len(company.rillet.charges) == 60
    assert len(reads) >= 3
    assert all(each <= MOST_REQUESTS for each in reads[1:]), reads


def test_a_slice_by_another_export_of_the_tenant_is_as_cheap(make: MakeCompany) -> None:
    company = with_vendors(make(charge(merchant="Acme")))
    keeping = Keeping(company)
    keeping.run()
    company.brex.add(charge(id="k2", merchant="Acme"))
    before = len(company.rillet.asked)

    export = Export(
        company.to_brex, company.to_rillet, Bridge(company.settings), journal=company.journal, kept=keeping.kept
    )
    outcome = export.run()

    assert outcome.complete
    # Whose the books are is asked anew.
    assert len(company.rillet.asked) - before <= MOST_REQUESTS + 1


def test_one_whose_postings_are_rejected_is_decided_once_more_and_counted_once(make: MakeCompany) -> None:
    company = with_vendors(make())
    keeping = Keeping(company)
    keeping.run()
    refusal = Answer(
        status=400, headers={"content-type": "application/problem+json"}, content=b'{"title": "No such thing"}'
    )
    company.rillet.faults.append(
        Fault(Respond(refusal), matches=lambda asked: asked.path == "/charges" and asked.method == "POST", times=9)
    )
    shown = list[int]()
    company.brex.add(charge(merchant="Acme"))

    outcome = keeping.export.run(progress=lambda each: shown.append(each.done))

    assert reasons(outcome) == {"k1": ["rejected_by_ledger"]}
    assert outcome.counts.refused == 1
    assert shown == [1]


def test_an_async_export_keeps_them_too(tmp_path: Path) -> None:
    brex = brex_accounting.testing.StandIn(rate_limit=None)
    books = rillet.testing.StandIn(reference_types={REFERENCE_TYPE})
    books.put(builders.vendor("Acme"))
    company = Company()

    async def main(journal: SqlJournal) -> None:
        export = AsyncExport(
            brex.async_client(), books.async_client(), Bridge(company.settings), journal=journal, kept=KeptBooks()
        )
        assert (await export.run()).complete
        before = 0
        # The first one is older than what is kept reaches back to.
        for number in range(2):
            brex.add(charge(merchant="Acme", id=f"k{number}"))
            before = len(books.asked)
            assert (await export.run(ids=[f"k{number}"])).counts.posted == 1
        assert len(books.asked) - before <= MOST_REQUESTS

    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        asyncio.run(main(journal))


@pytest.mark.parametrize("has_bank", [True, False])
def test_an_announced_payment_of_a_bill_costs_four_requests(make: MakeCompany, *, has_bank: bool) -> None:
    company = with_vendors(make())
    if has_bank:
        company.to_rillet.bank_accounts.create(
            NewBankAccount(
                name="Operating",
                currency="USD",
                bank_name="Bank",
                subsidiary_id=company.rillet.subsidiaries[0].id,
                account_code="11100",
            )
        )
    keeping = Keeping(company)
    keeping.run()
    for number in range(2):
        keeping.announce(bill(id=f"b{number}", source=f"bill{number}", invoice_number=f"INV-{number}"))
    keeping.announce(payment(id="p0", source="bill0"))

    outcome, asked = keeping.announce(payment(source="bill1"))

    assert outcome.complete
    assert [(each.record.id, each.adopted) for each in outcome.posted] == [("p1", False)]
    assert len(asked) <= MOST_REQUESTS, asked
    assert company.was_told("p1")


def _unpaid(company: Company) -> Bill:
    (there,) = (each for each in company.rillet.bills if each.status == BillStatus.UNPAID)
    return there


def pays_the_bill(company: Company) -> None:
    """A person pays the bill by hand."""
    there = _unpaid(company)
    paid = NewPayment(amount=dollars("100"), account_code="11100", date=date(2026, 2, 14))
    company.to_rillet.bills.create_payment(there.id, paid)


def deletes_the_bill(company: Company) -> None:
    company.to_rillet.bills.delete(_unpaid(company).id)


def exports_elsewhere(company: Company) -> None:
    """Another exporter, whose journal nobody else has, exports it, and neither Brex hears of it nor do keys count any more."""
    fault = Fault(Respond(Answer(status=500)), matches=lambda asked: asked.path.endswith("export-results"), times=100)
    company.brex.faults.append(fault)
    Export(company.to_brex, company.to_rillet, Bridge(company.settings)).run()
    company.brex.faults.clear()
    company.rillet.idempotency_keys.forget_all()


PAYMENTS: dict[str, Callable[[], list[Record]]] = {
    "payment": lambda: [payment()],
    "with a fee": lambda: [payment(fee="5")],
    "beside a charge": lambda: [payment(), charge(merchant="Acme")],
    "of too much": lambda: [payment("900")],
}


@pytest.mark.parametrize("records", PAYMENTS)
@pytest.mark.parametrize("happens", [nothing, closes_the_month, pays_the_bill, deletes_the_bill, exports_elsewhere])
def test_payments_come_to_what_they_come_to_on_fresh_books(
    make: MakeCompany, happens: Callable[[Company], None], records: str
) -> None:
    came_to = list[object]()
    for keeps in (True, False):
        company = with_vendors(make())
        keeping = Keeping(company, keeps=keeps)
        keeping.run()
        keeping.announce(bill(id="b0", source="bill0", invoice_number="INV-0"), bill())
        keeping.announce(payment(id="p0", source="bill0"))
        announced = PAYMENTS[records]()
        company.brex.add(*announced)
        happens(company)
        outcome = keeping.run(ids=[each.id for each in announced])
        came_to.append(
            (told(outcome), company.books(), {each: company.was_told(each) for each in company.brex.records})
        )

    assert came_to[0] == came_to[1]
