"""The lines of charges, reimbursements and bills, which are alike."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.model import Input, Model
from rillet.values import ExpenseTax, FieldAssignment, Money, Period


@attrs.frozen(kw_only=True)
class NewExpenseItem(Input):
    """One line to post: `amount` (rounded to its currency) debits `account_code`; a negative one credits it."""

    account_code: str
    amount: Money
    description: str | None = None
    tax_rate: ExpenseTax | None = None
    service_period: Period | None = None
    fields: Sequence[FieldAssignment] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class ExpenseItem(Model):
    """One posted line."""

    id: str
    account_code: str
    amount: Money
    description: str | None = None
    tax_rate: ExpenseTax | None = None
    service_period: Period | None = None
    fields: tuple[FieldAssignment, ...] = ()
    extra: Extra = unknown_fields()
