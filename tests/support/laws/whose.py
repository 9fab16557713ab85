"""Whose a record is, as the pages on settings and on types of records tell it.

It shares no code with the bridge: what nobody told is tried in every way in which somebody could have told it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import attrs

from bridge import Books, Entity, Settings
from support.laws.oracle import UNCODED, Json

REIMBURSED = ("REIMBURSEMENT_EXPENSE_APPROVAL", "REIMBURSEMENT_EXPENSE_POST")
#: By type, the types of what it follows; the page on types of records has them.
FOLLOWED = {
    "BILL_EXPENSE_PAYMENT": ("BILL_EXPENSE",),
    "BILL_EXPENSE_CARD_PAYMENT": ("BILL_EXPENSE",),
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT": REIMBURSED,
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL": REIMBURSED,
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN": REIMBURSED,
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND": REIMBURSED,
    "REIMBURSEMENT_EXPENSE_REPAYMENT": REIMBURSED,
    "CARD_EXPENSE_REPAYMENT": ("CARD_EXPENSE_POST",),
}
#: What passes through the clearing account does so whatever became of the reimbursement.
PASSING = ("REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN", "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND")


@attrs.frozen(kw_only=True)
class Told:
    """What somebody knows of what a record follows: the subsidiary that Rillet has it in, and what it says itself."""

    subsidiary_id: str | None = None
    json: Json | None = None


def whose(settings: Settings, books: Books, json: Json, told: Sequence[Told] = ()) -> tuple[Entity, ...]:
    """The entities whose a record is: none where it has to be refused, several where the books are the same with each."""
    if len(settings.entities) == 1 and settings.entities[0].when is None:
        return settings.entities
    left = _possible(settings, books, json)
    known = [names for each in told if (names := _of_told(settings, books, each))]
    for names in known:
        left &= names
    entities = tuple(each for each in settings.entities if each.name in left)
    keys = UNCODED.get(json["type"], {}).values()
    if known and len({(each.subsidiary, *(getattr(each, key) for key in keys)) for each in entities}) == 1:
        return entities
    if len(entities) > 1:
        entities = tuple(each for each in entities if each.movements is None or _is_among(each, json))
        entities = tuple(each for each in entities if each.movements is not None) or entities
    return entities if len(entities) == 1 else ()


def _is_among(entity: Entity, json: Json) -> bool:
    rule = entity.movements
    assert rule is not None
    return rule.currency in {None, json["amount"]["currency"]} and (not rule.types or json["type"] in rule.types)


def _of_told(settings: Settings, books: Books, told: Told) -> set[str]:
    said = set[str]() if told.json is None else {each.name for each in whose(settings, books, told.json)}
    said = said if len(said) == 1 else set[str]()
    if told.subsidiary_id is None:
        return said
    there = {each.name for each in settings.entities if told.subsidiary_id == _subsidiary_id(each, books)}
    return said & there or there


def _subsidiary_id(entity: Entity, books: Books) -> str:
    return next(each.id for each in books.subsidiaries if entity.subsidiary in {each.id, each.trade_name})


def _possible(settings: Settings, books: Books, json: Json) -> set[str]:
    """The entities that every line which tells may be of."""
    fields = {each.when.field for each in settings.entities if each.when is not None and each.when.field is not None}
    telling = list[Json]()
    for line in json["line_items"]:
        chosen = _chosen(line, fields)
        # An account says nothing where another record tells whose it is.
        coded = json["type"] not in FOLLOWED and _chosen(line, {settings.gl_field})
        if line["amount"]["amount"] and (chosen or (coded and line["type"] not in UNCODED.get(json["type"], {}))):
            telling.append(line)
    every = [_of_line(settings, books, json, each, fields) for each in telling]
    return every[0].intersection(*every) if every else _of_line(settings, books, json, None, fields)


def _of_line(settings: Settings, books: Books, json: Json, line: Json | None, fields: set[str]) -> set[str]:
    user = json["user"]
    towns = [each.when.location for each in settings.entities if each.when is not None]
    places = [{user["location_id"], user["location_name"]}] if user is not None else [{each} for each in (*towns, "?")]
    if line is not None:
        codings = [_chosen(line, fields)]
    else:
        values = {
            each.when.value for each in settings.entities if each.when is not None and each.when.value is not None
        }
        codings = [{(field, value) for field in fields} for value in (*sorted(values), "?")]
    ways = [
        {
            each.name
            for each in settings.entities
            if each.when is not None
            and each.when.currency in {None, json["amount"]["currency"]}
            and (each.when.location is None or each.when.location in place)
            and (each.when.field is None or (each.when.field, each.when.value) in coding)
        }
        for place in places
        for coding in codings
    ]
    sure, any_of = ways[0].intersection(*ways), set(chain.from_iterable(ways))
    rest = next((each for each in settings.entities if each.when is None), None)
    if rest is not None and line is not None:
        (trade_name,) = (each.trade_name for each in books.subsidiaries if each.id == _subsidiary_id(rest, books))
        names = {rest.name, rest.subsidiary, trade_name, _subsidiary_id(rest, books)}
        if any(value in names for _, value in codings[0]):
            sure, any_of = sure | {rest.name}, {rest.name}
    if len(sure) > 1:
        return set()
    if sure:
        return any_of | sure
    if line is not None and codings[0]:
        known = {
            (each.when.field, each.when.value)
            for each in settings.entities
            if each.when is not None and each.name in any_of
        }
        # Each value that somebody chose has to be one of those.
        if {value for _, value in codings[0]} - {value for _, value in codings[0] & known}:
            return set()
    return any_of | (set() if rest is None else {rest.name})


def _chosen(line: Json, fields: set[str]) -> set[tuple[str, str]]:
    """The values that a line has of these fields, under the names that the settings give the fields."""
    return {
        (name, ref["field_value_name"])
        for ref in line["accounting_field_values"]
        for name in (ref["brex_field_id"], ref["remote_field_id"], ref["field_name"])
        if name in fields and ref["field_value_name"] is not None
    }
