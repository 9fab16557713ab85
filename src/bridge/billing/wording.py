"""What texts about invoices call them, and what they advise: nothing but what a billing system and its settings can do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from typing_extensions import override

from bridge.billing.documents import CREDIT_NOTE, CUSTOMER, INVOICE, PRODUCT
from bridge.billing.settings import BillingSettings, OnVoid
from bridge.wording import Wording

_BY_HAND = "correct it by hand"
#: What the parts of a form's head are called.
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "due": "due day",
        "party": "customer",
        "rate": "exchange rate",
        "periods": "service period",
        "products": "product",
    }
)


class InvoiceWording(Wording):
    """The words of a sync with these settings."""

    thing = "invoice"
    run = "sync"
    source = "the billing system"
    taken = "synced"
    is_there = "is there already"

    def __init__(self, settings: BillingSettings) -> None:
        self._on_void = settings.on_void

    @override
    def named(self, subject: str) -> str:
        """It by what it is and its id in the billing system."""
        what, _, billing_id = subject.partition(":")
        return f"{what.replace('-', ' ')} {billing_id}"

    @override
    def nothing_left(self, stands: str, why: str) -> str:
        """Why the billing system wants nothing of it any more."""
        del stands
        return f"{why}, so nothing is left to post of it"

    @override
    def change(self, key: str, before: str | None, after: str | None, *, are_lines: bool) -> str:
        """A part of the head in words; of service periods the days alone, and of products the ids, where the lines have the amounts."""
        if key == "products" and (are_lines or _products(before) != _products(after)):
            before, after = _products(before), _products(after)
        if key == "periods" and (are_lines or _days(before) != _days(after)):
            before, after = _days(before), _days(after)
        return "" if before == after else f"{_NAMES.get(key, key)}: {before or 'none'} becomes {after or 'none'}"

    @override
    def if_deleted(self, subject: str) -> str:
        """An invoice is synced again; what it needs can be another one."""
        what, _, billing_id = subject.partition(":")
        if what == CUSTOMER:
            return f"link another customer for {billing_id} in [[customers]]"
        if what == PRODUCT:
            return f"map another product for {billing_id} in [[products]]"
        return f"sync {billing_id} alone to post it anew" if what == INVOICE else "enter it there by hand"

    @override
    def if_settled(self, subject: str, *, is_wanted: bool) -> str:
        """Credit is what corrects a settled invoice."""
        if is_wanted:
            return "take back what settles it, or issue a credit note"
        if _is_note(subject):
            return f"take back what it pays{self._and_void_by_hand()}"
        return f"take back what settles it{self._and_void_by_hand()}, or set on_void to credit"

    @override
    def if_closed(self, subject: str, *, is_wanted: bool) -> str:
        """Credit counts in an open period."""
        if is_wanted:
            return "issue a credit note"
        return _BY_HAND if _is_note(subject) else f"set on_void to credit, or {_BY_HAND}"

    @override
    def if_left(self, subject: str, *, is_wanted: bool) -> str:
        """What the settings can allow."""
        if is_wanted:
            return "set on_change to replace, or issue a credit note"
        choices = "delete" if _is_note(subject) else "delete or credit"
        return f"set on_void to {choices}, or {_BY_HAND}"

    def _and_void_by_hand(self) -> str:
        return "" if self._on_void is OnVoid.DELETE else " and delete it by hand"


def _days(periods: str | None) -> str | None:
    """The days of service periods, each of which stands between its account and its amount."""
    return None if periods is None else ", ".join(sorted({each.split(" ")[1] for each in periods.split("; ")}))


def _products(told: str | None) -> str | None:
    """The ids of products, each of which stands before its amount."""
    return None if told is None else ", ".join(sorted({each.rpartition(" ")[0] for each in told.split("; ")}))


def _is_note(subject: str) -> bool:
    return subject.startswith(f"{CREDIT_NOTE}:")
