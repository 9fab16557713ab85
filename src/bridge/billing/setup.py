"""What has to be set up in Rillet before invoices can be synced, and where a person does that.

Nothing is called right that was not seen: what no API can read is either not verifiable or was seen at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import attrs

from bridge.billing.catalogue import Catalogue
from bridge.billing.settings import BillingSettings
from bridge.master_data import INACTIVE

_SETTINGS = "Rillet → Settings"
#: The events of invoices that a person switches on, each by itself, and how Rillet's page calls them.
WEBHOOK_EVENTS: Mapping[str, str] = MappingProxyType(
    {"UPDATED": "updated", "DELETED": "deleted", "PAYMENT_UPDATED": "payment updated"}
)


class SetupState(StrEnum):
    """What is known of a part of the setup.

    ``ok``: Rillet has it. ``missing``: Rillet does not have it. ``seen``: it cannot be read, but it has worked.
    ``not_verifiable``: it cannot be read, and nothing has shown yet that it works.
    """

    OK = "ok"
    MISSING = "missing"
    SEEN = "seen"
    NOT_VERIFIABLE = "not_verifiable"


@attrs.frozen(kw_only=True)
class SetupItem:
    """One part of the setup: what is known of it, and where a person adds it."""

    name: str
    state: SetupState
    text: str
    place: str


@attrs.frozen(kw_only=True)
class SetupSeen:
    """What has worked before, as the journal tells.

    `webhooks` says when each event of invoices (`WEBHOOK_EVENTS`) was last verified, `written_at` when the last object was written.
    """

    webhooks: Mapping[str, datetime] = MappingProxyType({})
    written_at: datetime | None = None


def check_setup(settings: BillingSettings, catalogue: Catalogue, seen: SetupSeen) -> tuple[SetupItem, ...]:
    """Every part of the setup that these settings need."""
    return tuple(_items(settings, catalogue, seen))


def _items(settings: BillingSettings, catalogue: Catalogue, seen: SetupSeen) -> Iterator[SetupItem]:
    yield _reference_type(settings, catalogue)
    yield _shown(
        "API key that may write",
        seen.written_at,
        "a key that may only read is refused when the first invoice is posted",
        f"{_SETTINGS} → API Access, leaving read-only clear",
    )
    for event, label in WEBHOOK_EVENTS.items():
        yield _shown(
            f"webhook of invoices {label}",
            seen.webhooks.get(event),
            "no API lists webhooks, and no delivery was verified; "
            + ("polling does not see deletions" if event == "DELETED" else "polling works without one"),
            f"{_SETTINGS} → Webhooks, for invoices: {label}",
        )
    yield from _subsidiaries(settings, catalogue)
    yield from _accounts(settings, catalogue)
    if settings.default_product is not None:
        yield _product("default product", settings.default_product, catalogue)
    for link in settings.products:
        yield _product(f"product of {link.billing}", link.rillet, catalogue)
    for customer in settings.customers:
        yield _item(
            f"customer of {customer.billing}",
            f"the customer {customer.rillet!r}",
            "Rillet → Customers",
            is_there=catalogue.customer(customer.rillet) is not None,
        )
    for code in settings.taxes:
        yield _item(
            f"tax rate {code.code}",
            f"one tax rate {code.code!r}",
            f"{_SETTINGS} → Tax rates",
            is_there=catalogue.tax_rate(code.code) is not None,
        )
    yield SetupItem(
        name="multi-currency",
        state=SetupState.NOT_VERIFIABLE,
        text="no API tells whether it is on; invoices in another currency than their subsidiary's need it",
        place="Rillet's support switches it on",
    )


def _product(name: str, named: str, catalogue: Catalogue) -> SetupItem:
    """A product that lines can be sold as: with an account that takes postings."""
    found = catalogue.product(named)
    code = found.account_code if found is not None and found.status != INACTIVE else None
    account = None if code is None else catalogue.account(code)
    is_there = account is not None and account.status != INACTIVE
    return _item(
        name, f"the product {named!r}, active and with an active account", "Rillet → Products", is_there=is_there
    )


def _reference_type(settings: BillingSettings, catalogue: Catalogue) -> SetupItem:
    """Rillet refuses a type that is not there, and lists none; an object that carries it shows that it is."""
    place, name = f"{_SETTINGS} → External References", f"external reference type {settings.reference_type}"
    for kind, values in (("customer", catalogue.customers), ("product", catalogue.products)):
        for each in values:
            if any(reference.type == settings.reference_type for reference in each.external_references):
                text = f"the {kind} {each.name!r} carries one"
                return SetupItem(name=name, state=SetupState.SEEN, text=text, place=place)
    text = "no API lists the types, and no customer or product carries one yet"
    return SetupItem(name=name, state=SetupState.NOT_VERIFIABLE, text=text, place=place)


def _subsidiaries(settings: BillingSettings, catalogue: Catalogue) -> Iterator[SetupItem]:
    wanted = {each.name: each.subsidiary for each in settings.entities}
    if settings.subsidiary is not None:
        wanted["invoices without an entity"] = settings.subsidiary
    for name, subsidiary in wanted.items():
        yield _item(
            f"subsidiary of {name}",
            f"the subsidiary {subsidiary!r}",
            f"{_SETTINGS} → Subsidiaries",
            is_there=catalogue.subsidiary(subsidiary) is not None,
        )
    if not wanted:
        text = f"one subsidiary alone, or the settings name one; there are {len(catalogue.subsidiaries)}"
        is_there = len(catalogue.subsidiaries) == 1
        yield _item("subsidiary", text, f"{_SETTINGS} → Subsidiaries", is_there=is_there)


def _accounts(settings: BillingSettings, catalogue: Catalogue) -> Iterator[SetupItem]:
    place = "Rillet → Chart of accounts"
    receivable, tax = catalogue.receivable_account, catalogue.sales_tax_account
    what = "one active account of the subtype"
    yield _item("receivable account", f"{what} Accounts Receivable", place, is_there=receivable is not None)
    if settings.taxes:
        yield _item("tax account", f"{what} Sales Tax Liability", place, is_there=tax is not None)
    if settings.revenue_account is not None:
        account = catalogue.account(settings.revenue_account)
        is_there = account is not None and account.status != INACTIVE
        yield _item("revenue account", f"the active account {settings.revenue_account!r}", place, is_there=is_there)


def _item(name: str, what: str, place: str, *, is_there: bool) -> SetupItem:
    state = SetupState.OK if is_there else SetupState.MISSING
    return SetupItem(name=name, state=state, text=f"Rillet {'has' if is_there else 'needs'} {what}", place=place)


def _shown(name: str, at: datetime | None, unknown: str, place: str) -> SetupItem:
    if at is None:
        return SetupItem(name=name, state=SetupState.NOT_VERIFIABLE, text=unknown, place=place)
    text = f"seen at {at:%Y-%m-%d %H:%M} UTC"
    return SetupItem(name=name, state=SetupState.SEEN, text=text, place=place)
