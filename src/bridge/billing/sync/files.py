"""Invoices in a file: a plain CSV, or Stripe's JSON.

Its objects may be a list, an answer of its API, an event, one on each line, or ``{"invoices": [...], "credit_notes": [...]}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias, cast

from bridge.billing.csv_file import read_invoices_csv
from bridge.billing.stripe import StripeShapeError, read_stripe_credit_note, read_stripe_invoice
from bridge.billing.sync.protocol import ListedInvoices
from bridge.billing.values import CreditNote, Invoice, UnreadableInvoice
from bridge.settings.values import SettingsError
from clientkit import codec

#: An object of Stripe's, and whether it is a credit note.
_Object: TypeAlias = tuple[Mapping[str, object], bool]

_NOTE = "credit_note"
_PARTS: Mapping[str, bool] = MappingProxyType({"invoices": False, "credit_notes": True})


def read_invoices(path: Path) -> ListedInvoices:
    """The invoices and credit notes in a file; of those of JSON, credit notes are about invoices of the same file.

    Raises:
        SettingsError: The file is neither, with the line.
        OSError: It cannot be read.
    """
    text = _text(path)
    if path.suffix.lower() == ".csv":
        return ListedInvoices(read_invoices_csv(text, source=path.name), name=path.name)
    objects = list(_objects(text, path.name))
    invoices = [_invoice(each) for each, is_note in objects if not is_note]
    by_id = {each.id: each for each in invoices if isinstance(each, Invoice)}
    notes = [_note(each, by_id) for each, is_note in objects if is_note]
    return ListedInvoices(invoices, notes, name=path.name)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError((f"{path.name} line {line}: it is not in UTF-8; save the file as UTF-8",)) from None


def _objects(text: str, source: str) -> Iterator[_Object]:
    for place, found in _parsed(text, source):
        if isinstance(found, list):
            yield from _listed(cast("list[object]", found), place)
        else:
            yield from _unpacked(_fields(found), place)


def _unpacked(found: Mapping[str, object], place: str) -> Iterator[_Object]:
    """The objects in what is no list: itself, or what it holds."""
    kind = found.get("object")
    if kind == "list":
        yield from _listed(found.get("data"), place)
    elif kind == "event":
        yield from _unpacked(_fields(_fields(found.get("data")).get("object")), place)
    elif kind is not None or "id" in found:
        yield found, kind == _NOTE
    elif found and found.keys() <= _PARTS.keys():
        for part, inside in found.items():
            listed = _fields(inside).get("data", inside)
            yield from ((each, _PARTS[part]) for each, _ in _listed(listed, f"{place}: {part}"))
    else:
        raise _wrong_shape(place)


def _listed(found: object, place: str) -> Iterator[_Object]:
    if not isinstance(found, list):
        raise _wrong_shape(place)
    for number, each in enumerate(cast("list[object]", found), start=1):
        if not isinstance(each, dict):
            raise SettingsError((f"{place}: entry {number} of the list is {str(each)[:40]!r}, no object of Stripe",))
        fields = cast("dict[str, object]", each)
        yield fields, fields.get("object") == _NOTE


def _wrong_shape(place: str) -> SettingsError:
    why = (
        'it holds no invoices in a shape that is read; write {"invoices": [...], "credit_notes": [...]}, or Stripe\'s objects '
        "as a list, as an answer of its API, or one on each line"
    )
    return SettingsError((f"{place}: {why}",))


def _parsed(text: str, source: str) -> Iterable[tuple[str, object]]:
    try:
        return [(source, codec.parse(text.encode()))]
    except codec.CodecError as error:
        whole = error
    found = list[tuple[str, object]]()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                found.append((f"{source} line {number}", codec.parse(line.encode())))
            except codec.CodecError:
                raise SettingsError((f"{source}: it is neither JSON nor an object on each line: {whole}",)) from None
    return found


def _invoice(found: Mapping[str, object]) -> Invoice | UnreadableInvoice:
    try:
        return read_stripe_invoice(found)
    except StripeShapeError as error:
        return _unreadable(found, str(error))


def _note(found: Mapping[str, object], invoices: Mapping[str, Invoice]) -> CreditNote | UnreadableInvoice:
    told = found.get("invoice")
    named = _fields(told).get("id", told)
    invoice = invoices.get(named) if isinstance(named, str) else None
    if invoice is None:
        return _unreadable(found, f"its invoice {named!r}, which tells of its customer, is not in the file")
    try:
        return read_stripe_credit_note(found, invoice.customer, credited=invoice.lines, entity=invoice.entity)
    except StripeShapeError as error:
        return _unreadable(found, str(error))


def _fields(found: object) -> Mapping[str, object]:
    """What an object tells; nothing where it is none."""
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


def _unreadable(found: Mapping[str, object], why: str) -> UnreadableInvoice:
    named = found.get("id")
    return UnreadableInvoice(id=named if isinstance(named, str) else None, why=why)
