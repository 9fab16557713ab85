"""Expenses, which know what accounting records do not: the day of purchase, the merchant, a link into Brex.

https://developer.brex.com/openapi/expenses_api
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import attrs

from brex_accounting._paging import PAGING, checked_limit
from brex_accounting.records import Receipt
from clientkit.codec import Extra, always_sent, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Model
from clientkit.money import places
from clientkit.requests import PageRequest, Query, Request, segment

_PAGE = 100


class ExpenseType(OpenEnum):
    """The kind of an expense."""

    CARD = "CARD"
    BILLPAY = "BILLPAY"
    REIMBURSEMENT = "REIMBURSEMENT"
    CLAWBACK = "CLAWBACK"
    UNSET = "UNSET"


class ExpenseStatus(OpenEnum):
    """Where an expense stands between draft and settlement."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    OUT_OF_POLICY = "OUT_OF_POLICY"
    VOID = "VOID"
    CANCELED = "CANCELED"
    SPLIT = "SPLIT"
    SETTLED = "SETTLED"


class ExpensePaymentStatus(OpenEnum):
    """Where the payment of an expense stands."""

    NOT_STARTED = "NOT_STARTED"
    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    SCHEDULED = "SCHEDULED"
    PROCESSING = "PROCESSING"
    CLEARED = "CLEARED"
    CANCELED = "CANCELED"
    DECLINED = "DECLINED"
    CREDITED = "CREDITED"
    REFUNDING = "REFUNDING"
    REFUNDED = "REFUNDED"
    CASH_ADVANCE = "CASH_ADVANCE"


class ExpenseDetail(OpenEnum):
    """What Brex adds to an expense when asked to; without a model here it is in `Expense.extra`."""

    MERCHANT = "merchant"
    RECEIPT_LINKS = "receipts.download_uris"
    LOCATION = "location"
    DEPARTMENT = "department"
    USER = "user"
    BUDGET = "budget"
    PAYMENT = "payment"
    SPENDING_ENTITY = "spending_entity"
    POLICY = "policy"


_MERCHANT = (ExpenseDetail.MERCHANT,)


@attrs.frozen(kw_only=True)
class MinorAmount(Model):
    """Money in minor units as this API sends it, cents for dollars; accounting records count in major units."""

    amount: int
    currency: str = attrs.field(default="USD", metadata=always_sent())
    extra: Extra = unknown_fields(compared=False)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exactly: 4275 of USD is ``42.75``, 4275 of JPY is ``4275``."""
        sign, digits, _ = Decimal(self.amount).as_tuple()
        return Decimal((sign, digits, -places(self.currency)))


@attrs.frozen(kw_only=True)
class Merchant(Model):
    """Where a card was used: the descriptor of the card network, the ISO 18245 category, the ISO 3166-1 alpha-3 country."""

    raw_descriptor: str = ""
    mcc: str = ""
    country: str = ""
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Expense(Model):
    """An expense. All times are UTC; `dashboard_url` opens it in Brex.

    `original_amount` is what was spent, `billing_amount` what the entity is charged in its own currency. Entity ids are
    those of Brex's legal entities; the ``integration_`` ones are the entities' ids in the ERP.
    """

    id: str
    updated_at: datetime
    dashboard_url: str | None = None
    expense_type: ExpenseType | None = None
    status: ExpenseStatus | None = None
    payment_status: ExpensePaymentStatus | None = None
    memo: str | None = None
    category: str | None = None
    purchased_at: datetime | None = None
    submitted_at: datetime | None = None
    approved_at: datetime | None = None
    payment_posted_at: datetime | None = None
    exported_at: datetime | None = None
    original_amount: MinorAmount | None = None
    billing_amount: MinorAmount | None = None
    budget_amount: MinorAmount | None = None
    purchased_amount: MinorAmount | None = None
    usd_equivalent_amount: MinorAmount | None = None
    merchant_id: str | None = None
    merchant: Merchant | None = None
    user_id: str | None = None
    department_id: str | None = None
    location_id: str | None = None
    budget_id: str | None = None
    spending_entity_id: str | None = None
    billing_entity_id: str | None = None
    integration_spending_entity_id: str | None = None
    integration_billing_entity_id: str | None = None
    receipts: tuple[Receipt, ...] = ()
    expense_line_items: tuple[Expense, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class _Memo:
    memo: str


class ExpenseOperations:
    """The endpoints under ``/v1/expenses``; they need the scope ``expenses.card.readonly``."""

    @operation
    def get(self, expense_id: str, *, expand: Sequence[ExpenseDetail | str] = _MERCHANT) -> Request[Expense]:
        """One expense, with its merchant. Raises `NotFoundError` where there is none with this id.

        Args:
            expense_id: The id, which is the `source_id` of a card record.
            expand: What to add; the merchant when left out.
        """
        path = f"/v1/expenses/{segment(expense_id)}"
        return Request(method="GET", path=path, returns=Expense, query={"expand[]": _texts(expand)})

    @listing
    def list(
        self,
        *,
        expense_types: Sequence[ExpenseType | str] = (),
        statuses: Sequence[ExpenseStatus | str] = (),
        payment_statuses: Sequence[ExpensePaymentStatus | str] = (),
        user_ids: Sequence[str] = (),
        spending_entity_ids: Sequence[str] = (),
        updated_from: datetime | None = None,
        updated_until: datetime | None = None,
        purchased_from: datetime | None = None,
        purchased_until: datetime | None = None,
        posted_from: datetime | None = None,
        posted_until: datetime | None = None,
        expand: Sequence[ExpenseDetail | str] = _MERCHANT,
        limit: int | None = None,
    ) -> PageRequest[Expense]:
        """Expenses: all of the account for an admin or a bookkeeper, else the person's own.

        Args:
            expense_types: Only these kinds.
            statuses: Only expenses in one of these states.
            payment_statuses: Only expenses whose payment is in one of these states.
            user_ids: Only expenses of these people.
            spending_entity_ids: Only expenses of these legal entities.
            updated_from: Only expenses changed at or after this moment.
            updated_until: Only expenses changed at or before this moment.
            purchased_from: Only purchases made at or after this moment.
            purchased_until: Only purchases made at or before this moment.
            posted_from: Only expenses whose payment posted at or after this moment.
            posted_until: Only expenses whose payment posted at or before this moment.
            expand: What to add; the merchant when left out.
            limit: Expenses per page, 1 to 100.

        Raises:
            ValueError: A limit outside 1 to 100.
        """
        query: Query = {
            "expense_type[]": _texts(expense_types),
            "status[]": _texts(statuses),
            "payment_status[]": _texts(payment_statuses),
            "user_id[]": tuple(user_ids),
            "spending_entity_id[]": tuple(spending_entity_ids),
            "updated_at_start": updated_from,
            "updated_at_end": updated_until,
            "purchased_at_start": purchased_from,
            "purchased_at_end": purchased_until,
            "payment_posted_at_start": posted_from,
            "payment_posted_at_end": posted_until,
            "expand[]": _texts(expand),
            "limit": checked_limit(limit, _PAGE),
        }
        return PageRequest(path="/v1/expenses", item=Expense, items_key="items", paging=PAGING, query=query, key=_id)

    @operation
    def update_memo(self, expense_id: str, memo: str) -> Request[Expense]:
        """Replace the memo of a card expense, the one thing of it that can be changed; scope ``expenses.card``."""
        path = f"/v1/expenses/card/{segment(expense_id)}"
        return Request(method="PUT", path=path, returns=Expense, body=_Memo(memo=memo))


def _texts(values: Sequence[OpenEnum | str]) -> Sequence[str]:
    return tuple(str(each) for each in values)


def _id(expense: Expense) -> str:
    return expense.id


class Expenses(ExpenseOperations, SyncResource):
    """Expenses, blocking."""


class AsyncExpenses(ExpenseOperations, AsyncResource):
    """Expenses, to be awaited."""
