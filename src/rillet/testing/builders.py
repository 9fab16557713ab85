"""Short ways to the master data that a stand-in starts with; ids follow from names, so they are the same every time."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

from rillet.ledger.accounts import Account, AccountStatus, AccountType
from rillet.ledger.fields import Field, FieldDisplay, FieldRule, FieldSettings, FieldValue
from rillet.ledger.organization import Organization
from rillet.ledger.subsidiaries import Subsidiary, SubsidiaryType
from rillet.payables.vendors import Vendor
from rillet.values import ExternalReference


def account(
    code: str,
    name: str,
    type: AccountType = AccountType.EXPENSE,
    subtype: str = "Operating Expense",
    *,
    active: bool = True,
) -> Account:
    """An account whose id follows from its code."""
    status = AccountStatus.ACTIVE if active else AccountStatus.INACTIVE
    return Account(id=_id("account", code), code=code, name=name, type=type, subtype=subtype, status=status)


def organization(name: str = "Example Inc.", currency: str = "USD", *, seed: int = 0) -> Organization:
    """An organization whose id follows from its name and the seed."""
    own = f"{name} {seed}" if seed else name
    return Organization(id=_id("organization", own), trade_name=name, currency=currency, timezone="America/New_York")


def subsidiary(name: str = "Example Inc.", currency: str = "USD") -> Subsidiary:
    """A legal entity whose id follows from its name."""
    return Subsidiary(
        id=_id("subsidiary", name),
        trade_name=name,
        currency=currency,
        timezone="America/New_York",
        type=SubsidiaryType.LEGAL_ENTITY,
    )


def field(name: str, values: Sequence[str], *, mandatory: bool = False, deactivated: Sequence[str] = ()) -> Field:
    """A custom field for expenses; those of its values that `deactivated` names cannot be assigned."""
    made = tuple(
        FieldValue(id=_id("field value", f"{name}/{value}"), name=value, deactivated=value in deactivated)
        for value in values
    )
    rule = FieldRule(mandatory=mandatory, display=FieldDisplay.STANDALONE)
    return Field(id=_id("field", name), name=name, values=made, settings=FieldSettings(expenses=rule))


def vendor(name: str, *, email: str | None = None, references: Sequence[ExternalReference] = ()) -> Vendor:
    """A vendor whose id follows from its name."""
    return Vendor(id=_id("vendor", name), name=name, email=email, external_references=tuple(references))


def chart_of_accounts() -> tuple[Account, ...]:
    """A small chart, which a stand-in has when it is given no other."""
    return (
        account("11100", "Operating Account", AccountType.ASSET, "Bank"),
        account("11900", "Cash Clearing", AccountType.ASSET, "Other Current Asset"),
        account("12000", "Accounts Receivable", AccountType.ASSET, "Accounts Receivable"),
        account("12500", "Personal Expenses Receivable", AccountType.ASSET, "Other Current Asset"),
        account("21100", "Accounts Payable", AccountType.LIABILITY, "Accounts Payable"),
        account("21120", "Brex Card", AccountType.LIABILITY, "Credit Card"),
        account("21340", "Employee Reimbursements Payable", AccountType.LIABILITY, "Other Current Liability"),
        account("22500", "Sales Tax Payable", AccountType.LIABILITY, "Sales Tax Liability"),
        account("41000", "Subscriptions", AccountType.INCOME, "Revenue"),
        account("48000", "Card Rewards", AccountType.INCOME, "Other Income"),
        account("61000", "Software"),
        account("62000", "Travel"),
        account("63000", "Meals"),
    )


def _id(kind: str, name: str) -> str:
    digest = hashlib.sha256(f"{kind}\n{name}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))
