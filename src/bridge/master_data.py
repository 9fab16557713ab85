"""What the mapping reads of a ledger's master data, as protocols: the values of any client that have these attributes fit.

Rillet's own values do. Whoever keeps books elsewhere gives `Books` values of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

#: The status of an account that nothing can be posted to.
INACTIVE = "INACTIVE"


class Reference(Protocol):
    """The id that another system gives an object, and what the ledger calls that system."""

    @property
    def type(self) -> str: ...
    @property
    def id(self) -> str: ...


class Rate(Protocol):
    """How many units of `target` one unit of `base` buys on a day."""

    @property
    def base(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def rate(self) -> Decimal: ...
    @property
    def date(self) -> date: ...


class Account(Protocol):
    """An account of the general ledger; its `id` stays, its `code` can be renumbered.

    `type` is ``ASSET``, ``LIABILITY``, ``EQUITY``, ``EXPENSE`` or ``INCOME``; `status` is ``ACTIVE`` or ``INACTIVE``. A
    charge needs an account of the `subtype` ``Credit Card``.
    """

    @property
    def id(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def subtype(self) -> str | None: ...
    @property
    def status(self) -> str: ...


class Subsidiary(Protocol):
    """A legal entity with books of its own, in its own currency (ISO 4217) and time zone (IANA name)."""

    @property
    def id(self) -> str: ...
    @property
    def trade_name(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def timezone(self) -> str: ...


class FieldValue(Protocol):
    """One choice of a custom field; a deactivated one cannot be assigned anew."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def deactivated(self) -> bool: ...


class FieldRule(Protocol):
    """Whether every line needs a value of a field."""

    @property
    def mandatory(self) -> bool: ...


class FieldSettings(Protocol):
    """How a field behaves on the lines of expenses; None where it is not for them."""

    @property
    def expenses(self) -> FieldRule | None: ...


class Field(Protocol):
    """A custom field (a dimension such as department) with its values."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def values(self) -> Sequence[FieldValue]: ...
    @property
    def settings(self) -> FieldSettings | None: ...


class Vendor(Protocol):
    """Somebody who is paid: a supplier, a merchant, or an employee with reimbursements."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str | None: ...
    @property
    def external_references(self) -> Sequence[Reference]: ...


class TaxRate(Protocol):
    """A tax rate with its code; `percentage` is 0 to 100."""

    @property
    def id(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def percentage(self) -> Decimal: ...


class Money(Protocol):
    """An amount in decimal major units of a currency (ISO 4217)."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...


class BillItem(Protocol):
    """A line of a bill or a reimbursement."""

    @property
    def amount(self) -> Money: ...


class Reimbursement(Protocol):
    """A reimbursement that a payout can be for."""

    @property
    def id(self) -> str: ...
    @property
    def items(self) -> Sequence[BillItem]: ...
    @property
    def reimbursement_date(self) -> date | None: ...
    @property
    def impact_date(self) -> date | None: ...
    @property
    def subsidiary_id(self) -> str | None: ...
    @property
    def external_references(self) -> Sequence[Reference]: ...
    @property
    def exchange_rate(self) -> Rate | None: ...


class Bill(Protocol):
    """A bill that a payment can be for."""

    @property
    def id(self) -> str: ...
    @property
    def vendor_id(self) -> str: ...
    @property
    def expense_number(self) -> str: ...
    @property
    def items(self) -> Sequence[BillItem]: ...
    @property
    def bill_date(self) -> date: ...
    @property
    def impact_date(self) -> date | None: ...
    @property
    def subsidiary_id(self) -> str | None: ...
    @property
    def external_references(self) -> Sequence[Reference]: ...
    @property
    def exchange_rate(self) -> Rate | None: ...
