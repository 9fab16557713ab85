"""What settled items in another currency leave in the books, and the entry that takes it out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

import rillet.testing
from brex_accounting import Record, RecordType
from brex_accounting.testing.records import record
from bridge import Bridge
from bridge.closing import ExchangeDifferences, exchange_differences, month
from bridge.export.closing import read_snapshot
from rillet import AccountType, Money, NewJournalEntry, NewJournalEntryItem
from rillet import Side as RilletSide
from rillet.testing import account, chart_of_accounts
from support.closing.company import FEBRUARY, MARCH
from support.companies.changing import REFERENCE_TYPE, US, Company, MakeCompany
from support.companies.changing_records import bill, charge, payment, reimbursed

EXCHANGE = "79000"
ENTITY = attrs.evolve(US, exchange_account=EXCHANGE)
_CHART = (*chart_of_accounts(), account(EXCHANGE, "Exchange Differences", AccountType.EXPENSE, "Other Expense"))
#: What a euro costs in dollars in each month of 2026.
PRICES = {1: "1.08", 2: "1.10", 3: "1.12", 4: "1.06"}


def rates(base: str, target: str, day: date) -> Decimal | None:
    return Decimal(PRICES[day.month]) if (base, target) == ("EUR", "USD") else None


def dated(day: int, month: int) -> dict[str, Any]:
    moment = datetime(2026, month, day, tzinfo=UTC)
    return {"erp_posting_date": moment, "posted_at": moment, "currency": "EUR"}


def payout(amount: str, source: str = "e1", id: str = "o1", **more: Any) -> Record:
    kind = RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT
    lines = [(amount, list[Any]())]
    return record(kind, debits=lines, credits=lines, record_id=id, source_id=source, **more)


def company_of(make: MakeCompany, *records: Record, mode: str = "subsidiary", entity: Any = ENTITY) -> Company:
    made = make(*records, foreign_currency=mode)
    made.settings = attrs.evolve(made.settings, entities=(entity,))
    made.rillet = rillet.testing.StandIn(now=made.clock, reference_types={REFERENCE_TYPE}, accounts=_CHART)
    made.to_rillet = made.rillet.client()
    run(made)
    return made


def run(company: Company) -> None:
    outcome = company.export(Bridge(company.settings, rates=rates)).run()
    company.ids |= {each.record.id: each.id for each in outcome.posted}


def found(company: Company, period: Any = MARCH) -> ExchangeDifferences:
    return exchange_differences(read_snapshot(company.export(Bridge(company.settings, rates=rates)), period))


def entry(shown: ExchangeDifferences) -> Mapping[str, Decimal]:
    """The proposed entry of the only subsidiary, debits positive."""
    return {line.account: line.amount for lines in shown.entries.values() for line in lines}


def post(company: Company, shown: ExchangeDifferences) -> None:
    """Post what is proposed, as an accountant does."""
    items = [
        NewJournalEntryItem(
            account_code=code,
            amount=Money(abs(amount), "USD"),
            side=RilletSide.DEBIT if amount > 0 else RilletSide.CREDIT,
        )
        for code, amount in entry(shown).items()
    ]
    made = NewJournalEntry(name="Exchange", currency="USD", items=items, date=date(2026, 3, 31))
    company.to_rillet.journal_entries.create(made)


def test_a_reimbursement_that_was_paid_out_at_another_rate_leaves_a_loss(make: MakeCompany) -> None:
    company = company_of(
        make, reimbursed("100", source_id="e1", **dated(20, 2)), payout("100", **dated(5, 3))
    )  # fmt: skip
    assert company.books() == {"11900": Decimal("-112.00"), "21340": 2, "61000": 110}

    shown = found(company)

    (item,) = shown.items
    assert (item.account, item.source_id, item.currency, item.amount) == ("21340", "e1", "EUR", Decimal(2))
    assert (item.record_ids, item.stands_for, shown.left_out) == (("o1", "r1"), (), ())
    assert entry(shown) == {"21340": -2, EXCHANGE: 2}
    post(company, shown)
    assert company.books() == {"11900": Decimal("-112.00"), "61000": 110, EXCHANGE: 2}
    assert found(company, FEBRUARY).items == ()


def test_a_payment_that_is_refused_for_its_rate_is_in_the_entry(make: MakeCompany) -> None:
    company = company_of(make, bill("100", **dated(20, 2)), payment("100", **dated(5, 3)))
    assert company.books() == {"21100": -110, "61000": 110}

    shown = found(company)

    (item,) = shown.items
    assert (item.account, item.amount, item.stands_for) == ("21100", Decimal(2), ("p1",))
    assert entry(shown) == {"21100": 110, "11100": -112, EXCHANGE: 2}
    (row,) = shown.reports["exchange_differences"].rows
    assert row[-1] == "books p1 as well; dismiss it then"
    post(company, shown)
    assert company.books() == {"11100": -112, "61000": 110, EXCHANGE: 2}


def test_a_gain_is_negative(make: MakeCompany) -> None:
    company = company_of(make, reimbursed("100", source_id="e1", **dated(9, 1)), payout("100", **dated(5, 3)))
    cheaper = company_of(make, reimbursed("100", source_id="e1", **dated(5, 3)), payout("100", **dated(9, 4)))
    ahead = company_of(make, reimbursed("100", source_id="e1", **dated(5, 3)), payout("100", **dated(9, 2)))

    assert [each.amount for each in found(company).items] == [4]
    assert [each.amount for each in found(cheaper, month("2026-04")).items] == [-6]
    assert [each.amount for each in found(ahead).items] == [-2]


def test_a_payment_at_the_rate_of_its_bill_was_another_amount_at_the_bank(make: MakeCompany) -> None:
    company = company_of(make, bill("100", **dated(20, 2)), payment("100", **dated(5, 3)), mode="document")
    assert company.books() == {"11100": -110, "61000": 110}

    shown = found(company)

    assert entry(shown) == {"11100": -2, EXCHANGE: 2}


def test_what_is_not_settled_or_in_the_books_currency_leaves_nothing(make: MakeCompany) -> None:
    in_dollars = {**dated(5, 3), "currency": "USD"}
    company = company_of(
        make,
        bill("100", **dated(20, 2)), payment("60", **dated(5, 3)),
        bill("70", id="b2", source="bill2", invoice_number="INV-2", **in_dollars),
        payment("70", id="p2", source="bill2", **in_dollars),
        reimbursed("40", source_id="e9", id="r9", **dated(6, 3)), payout("40", "e9", "o9", **dated(7, 3)),
        charge("50", **dated(8, 3)),
    )  # fmt: skip

    shown = found(company)

    assert (shown.items, shown.left_out, shown.entries) == ((), (), {})


def test_an_item_is_settled_by_its_last_payment(make: MakeCompany) -> None:
    company = company_of(
        make,
        reimbursed("100", source_id="e1", **dated(9, 1)),
        payout("60", id="o1", **dated(9, 2)),
        payout("40", id="o2", **dated(5, 3)),
    )

    assert found(company, FEBRUARY).items == ()
    (item,) = found(company).items
    # 108.00 was owed, 66.00 and 44.80 were paid.
    assert (item.amount, item.record_ids) == (Decimal("2.80"), ("o1", "o2", "r1"))


def test_what_has_to_be_reconciled_first_is_left_out(make: MakeCompany) -> None:
    company = company_of(make, reimbursed("100", source_id="e1", **dated(20, 2)), payout("100", **dated(5, 3)))
    company.delete("r1")

    shown = found(company)

    assert shown.items == ()
    (left,) = shown.left_out
    assert left.source_id == "e1"
    assert left.why.startswith("r1 is not in the books: ")


def test_without_an_account_the_entry_says_so(make: MakeCompany) -> None:
    company = company_of(
        make, reimbursed("100", source_id="e1", **dated(20, 2)), payout("100", **dated(5, 3)), entity=US
    )  # fmt: skip

    shown = found(company)

    assert entry(shown) == {"21340": -2, "": 2}
    assert "the settings name no exchange_account" in {row[2] for row in shown.reports["exchange_entry"].rows}


def test_a_card_owes_what_brex_has_billed(make: MakeCompany) -> None:
    company = company_of(make, charge("100", **dated(8, 3)), mode="document")
    billed = attrs.evolve(
        company.brex.records["k1"], extra={"billing_amount": {"amount": "111.10", "currency": "USD"}}
    )  # fmt: skip
    company.change(billed)

    shown = found(company)

    (item,) = shown.items
    assert (item.account, item.currency, item.amount) == ("21120", "EUR", Decimal("-0.90"))
    assert entry(shown) == {"21120": Decimal("0.90"), EXCHANGE: Decimal("-0.90")}


def test_the_command_shows_and_writes_the_entry(make: MakeCompany, command: Callable[..., Any], tmp_path: Path) -> None:
    company = company_of(make, bill("100", **dated(20, 2)), payment("100", **dated(5, 3)), mode="document")
    table, target = tmp_path / "rates.csv", tmp_path / "entry.csv"
    table.write_text("base,target,date,rate\nEUR,USD,2026-02-20,1.10\nEUR,USD,2026-03-05,1.12\n", encoding="utf-8")
    more = f'exchange_account = "{EXCHANGE}"\n'
    options = ("--rates", str(table), "--journal", str(tmp_path / "journal0.db"))

    done = command(company, "exchange-differences", "--period", "2026-03", *options, "--csv", str(target), more=more)

    assert done.exit_code == 1, done.output
    assert "Exchange differences: 1" in done.stdout
    rows = list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))
    assert [(row["Account"], row["Amount"]) for row in rows] == [("11100", "-2.00"), (EXCHANGE, "2.00")]
    quiet = command(company, "exchange-differences", "--period", "2026-01", *options, more=more)
    assert quiet.exit_code == 0, quiet.output


def test_settings_read_the_account_and_check_it(make: MakeCompany) -> None:
    from bridge import check, read_settings

    text = '[[entities]]\nname = "US"\nsubsidiary = "Example Inc."\ncard_account = "21120"\nreimbursement_account = "21340"\n'
    told = read_settings(text + 'exchange_account = "79999"\n')

    problems = check(told, make().export().ledger.snapshot())

    assert [each for each in problems if "exchange_account" in each] == [
        "entities[0].exchange_account: Rillet has no account with the code or id '79999'"
    ]
