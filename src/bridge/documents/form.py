"""The canonical form of a document: what it says about the books, in a shape that can be compared.

A document has three forms at any moment: what the export posted last, what the ledger has now, and what the source says
now. Two forms are equal when they say the same about the books, whatever their texts, ids and order are. What the
source does not determine (texts, service periods, references of others, unknown fields) is in no form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal

import attrs

from clientkit.money import decimal_text, total

_DIGITS = 12


@attrs.frozen(kw_only=True)
class FormLine:
    """What a document says about one account: `amount` (decimal major units, debits positive) of an ISO 4217 currency.

    `fields` are pairs of a field's id and a value's id; `tax` is the code of a tax with its amount in `tax_amount`, which
    is a part of `amount`. `subsidiary` is the id of the one whose books it is in, where that is not the document's.
    """

    account: str
    amount: Decimal
    currency: str
    fields: frozenset[tuple[str, str]] = frozenset()
    tax: str | None = None
    tax_amount: Decimal = Decimal(0)
    subsidiary: str | None = None


@attrs.frozen(kw_only=True)
class Form:
    """One document: its kind, its lines summed, and its head, such as ``{"day": "2026-02-05", "party": "…"}``.

    Lines are in the order of their content and none of them is zero; `form` makes them so. A key of the head that only
    one of two forms has does not count: the other one does not determine it.
    """

    kind: str
    lines: tuple[FormLine, ...]
    head: Mapping[str, str] = attrs.field(factory=dict[str, str], hash=False)

    def equals(self, other: Form) -> bool:
        """Whether both say the same about the books."""
        return not self.differences(other)

    def differences(self, other: Form) -> tuple[str, ...]:
        """What differs: ``kind``, ``lines``, or a key of the head."""
        found = [name for name in ("kind", "lines") if getattr(self, name) != getattr(other, name)]
        return (*found, *(key for key in self.head if key in other.head and self.head[key] != other.head[key]))

    def digest(self) -> str:
        """Twelve hexadecimal digits that stand for the form: the same for equal forms with the same keys in the head."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()[:_DIGITS]

    def without(self, key: str) -> Form:
        """The form without a key of its head."""
        return attrs.evolve(self, head={name: value for name, value in self.head.items() if name != key})

    def as_json(self) -> str:
        """The form as a text, the same for equal forms; `form_of_json` reads it."""
        lines = [
            [
                *(each.account, _text(each.amount), each.currency, sorted(each.fields), each.tax or ""),
                *(_text(each.tax_amount), *(() if each.subsidiary is None else (each.subsidiary,))),
            ]
            for each in self.lines
        ]
        return json.dumps({"head": dict(sorted(self.head.items())), "kind": self.kind, "lines": lines}, sort_keys=True)


def form(kind: str, lines: Iterable[FormLine], head: Mapping[str, str | None]) -> Form:
    """A form of these lines, summed and in order; head keys without a value are left out."""
    amounts = dict[FormLine, list[FormLine]]()
    for line in lines:
        key = attrs.evolve(line, amount=Decimal(0), tax_amount=Decimal(0))
        amounts.setdefault(key, []).append(line)
    summed = (
        attrs.evolve(
            key, amount=total(each.amount for each in parts), tax_amount=total(each.tax_amount for each in parts)
        )
        for key, parts in amounts.items()
    )
    ordered = sorted((each for each in summed if each.amount or each.tax_amount), key=_place)
    return Form(kind=kind, lines=tuple(ordered), head={key: value for key, value in head.items() if value is not None})


def lines_beside(base: Form, entry: Form) -> tuple[FormLine, ...]:
    """The lines of an entry as a part of the document `base`: those in the books of another subsidiary say so."""
    own, there = base.head.get("subsidiary"), entry.head.get("subsidiary")
    if own is None or there is None or own == there:
        return entry.lines
    return tuple(attrs.evolve(each, subsidiary=there) for each in entry.lines)


def difference(new: Form, old: Form) -> tuple[FormLine, ...]:
    """The lines that have to be added to `old` to make the lines of `new`; each with what is different on its account."""
    negated = (
        attrs.evolve(each, amount=each.amount.copy_negate(), tax_amount=each.tax_amount.copy_negate())
        for each in old.lines
    )
    return form(new.kind, (*new.lines, *negated), {}).lines


def form_of_json(text: str) -> Form:
    """The form that `Form.as_json` wrote. Raises `ValueError` for any other text."""
    try:
        read = json.loads(text)
        lines = [
            FormLine(
                account=account,
                amount=Decimal(amount),
                currency=currency,
                fields=frozenset((field, value) for field, value in fields),
                tax=tax or None,
                tax_amount=Decimal(tax_amount),
                subsidiary=elsewhere[0] if elsewhere else None,
            )
            for account, amount, currency, fields, tax, tax_amount, *elsewhere in read["lines"]
        ]
        return form(read["kind"], lines, read["head"])
    except (KeyError, TypeError, ArithmeticError) as error:
        raise ValueError("this is not the form of a document") from error


def _text(amount: Decimal) -> str:
    """An amount without zeros at its end, so that equal amounts are equal texts."""
    text = decimal_text(amount)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _place(line: FormLine) -> tuple[str, str, list[tuple[str, str]], str, str]:
    return line.account, line.currency, sorted(line.fields), line.tax or "", line.subsidiary or ""
