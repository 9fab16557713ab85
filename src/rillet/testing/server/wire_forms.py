"""Objects as Rillet shows them: without nulls, but with empty lists and false where those are documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

import attrs

from clientkit import codec
from rillet.ledger.accounts import Account
from rillet.ledger.fields import Field
from rillet.payables.items import ExpenseItem
from rillet.payables.vendors import Vendor

D = TypeVar("D")


def plain(value: object) -> dict[str, object]:
    """A model as JSON values, without what equals its default."""
    return cast("dict[str, object]", codec.unstructure(value))


def with_lists(value: attrs.AttrsInstance) -> dict[str, object]:
    """A model as JSON values whose lists are there even where they are empty, at any depth."""
    found = {name: getattr(value, name) for name in attrs.fields_dict(type(value))}
    lists = {
        name: [with_lists(each) for each in cast("tuple[attrs.AttrsInstance, ...]", items)]
        for name, items in found.items()
        if isinstance(items, tuple)
    }
    return {**plain(value), **lists}


def show_account(account: Account) -> dict[str, object]:
    """An account always says whether it is intercompany."""
    return {"intercompany": False, **plain(account)}


def show_field(field: Field) -> dict[str, object]:
    """A field always has its values, and a value always says whether it is deactivated."""
    values = [{"deactivated": False, **plain(value)} for value in field.values]
    return {**plain(field), "values": values}


def show_vendor(vendor: Vendor) -> dict[str, object]:
    """A vendor always has its lists."""
    return {"external_references": [], "fields": [], **plain(vendor)}


def show_document(document: object, items: Sequence[ExpenseItem]) -> dict[str, object]:
    """A charge or a reimbursement and its lines always have their lists."""
    lines: list[Mapping[str, object]] = [{"fields": [], **plain(item)} for item in items]
    return {"external_references": [], **plain(document), "items": lines}
