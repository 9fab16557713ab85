"""What payments of bills and of reimbursements have in common."""

from __future__ import annotations

from datetime import date

import attrs

from clientkit.codec.enums import OpenEnum
from clientkit.model import Input
from rillet.values import Money


class ClearingStatus(OpenEnum):
    """Whether a payment is matched with a bank transaction; only one that is not can be deleted."""

    CLEARED = "CLEARED"
    UNCLEARED = "UNCLEARED"


@attrs.frozen(kw_only=True)
class NewPayment(Input):
    """A payment to record: `account_code`, the account of a bank account, is credited with `amount` on `date`."""

    amount: Money
    account_code: str
    date: date
