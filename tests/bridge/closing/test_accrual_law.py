"""The law of accruals: a month's result is what it would be if everything had been exported in time, and nothing counts twice."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from brex_accounting import Amount, Record, ReviewStatus, Side
from support.closing.company import ACCRUED, FEBRUARY, MARCH, UNCODED, accruing, moved, posted, result
from support.companies.changing import READY, Company, MakeCompany, companies
from support.companies.changing_records import bill, charge, refund, reimbursed

#: ``BREX_RILLET_MONTHS=500`` for a long run.
MONTHS = int(os.environ.get("BREX_RILLET_MONTHS", "5"))
ACCOUNTS = ("61000", "62000", "63000")


@attrs.frozen(kw_only=True)
class Spent:
    """A record that is late or not: as it was when the month ended, and as it arrives; None where it is rejected."""

    at_end: Record
    later: Record | None
    is_late: bool
    is_coded: bool


def generated(seed: int) -> Sequence[Spent]:
    chance, made = random.Random(seed), list[Spent]()
    for number in range(chance.randint(3, 10)):
        kind = chance.choice((charge, charge, refund, reimbursed, bill))
        day = datetime(2026, 2, chance.randint(1, 28), tzinfo=UTC)
        more: dict[str, Any] = {"erp_posting_date": day, "posted_at": day, "id": f"k{number}"}
        if kind is bill:
            more |= {"source": f"bill{number}", "invoice_number": f"INV-{number}"}
        final = kind(f"{chance.randint(1, 90_000) / 100:.2f}", chance.choice(ACCOUNTS), **more)
        fate = chance.choice(("in time", "late", "late", "uncoded", "changed", "rejected"))
        at_end = final if fate == "in time" else attrs.evolve(final, review_status=_waits(chance))
        if fate == "uncoded":
            lines = (attrs.evolve(line, accounting_field_values=()) for line in final.line_items)
            at_end = attrs.evolve(at_end, line_items=tuple(lines))
        later = None if fate == "rejected" else final
        if fate == "changed":
            lines = (attrs.evolve(line, amount=_raised(line.amount)) for line in final.line_items)
            later = attrs.evolve(final, amount=_raised(final.amount), line_items=tuple(lines))
        made.append(Spent(at_end=at_end, later=later, is_late=fate != "in time", is_coded=fate != "uncoded"))
    return made


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_month_with_accruals_is_the_month_in_time(tmp_path: Path, is_closed: bool) -> None:
    for seed in range(MONTHS):
        folder = tmp_path / f"month{seed}"
        folder.mkdir()
        with companies(folder) as make:
            _one_month(make, generated(seed), is_closed=is_closed)


def _one_month(make: MakeCompany, spent: Sequence[Spent], *, is_closed: bool) -> None:
    company = accruing(make, *(each.at_end for each in spent), closed_period="first_open_day")
    assert company.run().complete
    assert posted(company).complete
    in_time = _spending(each.at_end for each in spent)
    assert result(company, FEBRUARY) == in_time
    assert {each.step.value for each in posted(company).steps} <= {"keep"}
    if is_closed:
        company.close_books()

    _arrive(company, spent)
    assert company.run().complete

    final = _spending(each.later for each in spent if each.later is not None)
    if is_closed:
        assert result(company, FEBRUARY) == in_time
        # Nothing but what was changed, coded or rejected since.
        assert result(company, MARCH) == _less(final, in_time)
    else:
        # The export takes out what has arrived; what was rejected goes with the next `accrue`.
        arrived = (each.at_end if each.later is None else each.later for each in spent)
        assert result(company, FEBRUARY) == _spending(arrived)
        assert posted(company).complete
        assert result(company, FEBRUARY) == final
        assert result(company, MARCH) == {}
        assert ACCRUED not in moved(company, FEBRUARY)
    assert sum(each.debit for each in company.rillet.ledger.postings if each.account_code == ACCRUED) == 0


def _arrive(company: Company, spent: Iterable[Spent]) -> None:
    for each in spent:
        if each.later is None:
            company.brex.remove(each.at_end.id)
        elif each.is_late:
            company.change(each.later, READY)


def _spending(records: Iterable[Record]) -> Mapping[str, Decimal]:
    """What records debit to the accounts of profit and loss, from their lines alone."""
    sums = dict[str, Decimal]()
    for each in records:
        economic = Side.CREDIT if each.type == "CARD_EXPENSE_REFUND" else Side.DEBIT
        for line in each.line_items:
            coded = next((ref.remote_field_value_id for ref in line.accounting_field_values), None)
            if line.type == economic:
                amount = line.amount.amount if line.type == Side.DEBIT else -line.amount.amount
                sums[coded or UNCODED] = sums.get(coded or UNCODED, Decimal(0)) + amount
    return {code: amount for code, amount in sorted(sums.items()) if amount}


def _less(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    left = {code: one.get(code, Decimal(0)) - other.get(code, Decimal(0)) for code in sorted({*one, *other})}
    return {code: amount for code, amount in left.items() if amount}


def _waits(chance: random.Random) -> ReviewStatus:
    return chance.choice((ReviewStatus.PREPARE, ReviewStatus.REVIEW))


def _raised(amount: Amount) -> Amount:
    return attrs.evolve(amount, amount=amount.amount * 2 + 1)
