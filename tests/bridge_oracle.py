"""An oracle that knows what a Brex record says about the books, and what Rillet books for a payload.

It shares no code with the bridge. It reads the JSON of both as an accountant would, with the settings and the chart of
accounts beside it, and counts in fractions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from bridge import Books, Entity, Settings
from clientkit import codec
from rillet import Account, Field

Json: TypeAlias = dict[str, Any]
#: Account code, side, currency, and field values as pairs of ids.
Entry: TypeAlias = tuple[str, str, str, frozenset[tuple[str, str]]]
#: What is booked where, in major units.
Ledger: TypeAlias = Mapping[Entry, Fraction]


def told(settings: Settings, books: Books, json: Json) -> Ledger:
    """What a record's lines say about the books."""
    entity = entity_of(settings, json)
    role = entity.card_account if json["type"].startswith("CARD") else entity.reimbursement_account
    sums = defaultdict[Entry, Fraction](Fraction)
    for line in json["line_items"]:
        named, fields = role, set[tuple[str, str]]()
        for ref in line["accounting_field_values"]:
            names = _names(ref)
            if settings.gl_field in names:
                named = ref["remote_field_value_id"] or named
            elif (field := _rillet_field(settings, books, names, ref["remote_field_id"])) is not None:
                fields.update(
                    (field.id, value.id)
                    for value in field.values
                    if ref["remote_field_value_id"] == value.id
                    or (
                        ref["remote_field_value_id"] is None
                        and (ref["field_value_name"] or "").lower() == value.name.lower()
                    )
                )
        amount = line["amount"]
        entry = (account_named(books, named).code, line["type"], amount["currency"], frozenset(fields))
        sums[entry] += Fraction(amount["amount"])
    return {entry: amount for entry, amount in sums.items() if amount}


def booked(content: bytes) -> Ledger:
    """What Rillet books for a charge or a reimbursement, from the bytes that are sent."""
    payload: Any = codec.parse(content)
    offsetting: str = payload.get("credit_card_account_code") or payload["payable_account_code"]
    sums = defaultdict[Entry, Fraction](Fraction)
    for item in payload["items"]:
        amount, currency = Fraction(item["amount"]["amount"]), item["amount"]["currency"]
        fields = frozenset((each["field_id"], each["field_value_id"]) for each in item.get("fields", ()))
        sums[item["account_code"], "DEBIT" if amount > 0 else "CREDIT", currency, fields] += abs(amount)
    totals = defaultdict[str, Fraction](Fraction)
    for item in payload["items"]:
        totals[item["amount"]["currency"]] += Fraction(item["amount"]["amount"])
    for currency, amount in totals.items():
        sums[offsetting, "CREDIT" if amount > 0 else "DEBIT", currency, frozenset()] += abs(amount)
    return {entry: amount for entry, amount in sums.items() if amount}


def entity_of(settings: Settings, json: Json) -> Entity:
    """The entity that a record belongs to; the first without a condition, if no condition holds."""
    values = {
        (name, value)
        for line in json["line_items"]
        for ref in line["accounting_field_values"]
        for name in _names(ref)
        for value in (ref["remote_field_value_id"], ref["brex_field_value_id"], ref["field_value_name"])
    }
    user: Json = json["user"] or {}
    for entity in settings.entities:
        when = entity.when
        if when is not None and (
            (when.field is not None and (when.field, when.value) in values)
            or (when.currency is not None and when.currency == json["amount"]["currency"])
            or (when.location is not None and when.location in {user.get("location_id"), user.get("location_name")})
        ):
            return entity
    return next(entity for entity in settings.entities if entity.when is None)


def _names(ref: Json) -> set[str | None]:
    return {ref["brex_field_id"], ref["remote_field_id"], ref["field_name"]}


def account_named(books: Books, named: str) -> Account:
    by_code = (each for each in books.accounts if each.code == named)
    return next((each for each in books.accounts if each.id == named), None) or next(by_code)


def _rillet_field(settings: Settings, books: Books, names: set[str | None], remote: str | None) -> Field | None:
    wanted = [mapping.rillet for mapping in settings.fields if mapping.brex in names]
    return next(
        (each for each in books.fields if (each.id in wanted or each.name in wanted) or each.id == remote), None
    )
