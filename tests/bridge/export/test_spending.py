"""What an outcome calls spending is what the lines of its records call so."""

from __future__ import annotations

from decimal import Decimal

import pytest

from brex_accounting import RecordType, lines
from bridge.export.demo.run import Demo


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_lines_of_what_is_posted_add_up_to_the_spending_of_the_outcome(seed: int) -> None:
    with Demo(records=80, seed=seed) as shown:
        outcome = shown.export().run()

    records = [each.record for each in outcome.posted if not each.adopted]
    assert {RecordType.REIMBURSEMENT_EXPENSE_REPAYMENT, RecordType.CARD_EXPENSE_REPAYMENT} <= {
        each.type for each in records
    }
    spent = dict[str, Decimal]()
    for row in lines(records, basis="accrual"):
        amount, currency = row["amount"], row["currency"]
        if row["spending"]:
            assert isinstance(amount, Decimal)
            assert isinstance(currency, str)
            spent[currency] = spent.get(currency, Decimal(0)) + amount
    assert spent == outcome.amounts
    assert len(spent) > 1
