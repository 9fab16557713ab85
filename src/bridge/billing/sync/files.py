"""Invoices in a file: a plain CSV, or Stripe's JSON as a list, an answer of its API, or one object on each line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

from bridge.billing.csv_file import read_invoices_csv
from bridge.billing.stripe import StripeShapeError, read_stripe_credit_note, read_stripe_invoice
from bridge.billing.sync.protocol import ListedInvoices
from bridge.billing.values import CreditNote, Invoice, UnreadableInvoice
from bridge.settings.values import SettingsError
from clientkit import codec


def read_invoices(path: Path) -> ListedInvoices:
    """The invoices and credit notes in a file; of those of JSON, credit notes are about invoices of the same file.

    Raises:
        SettingsError: The file is neither, with the line.
        OSError: It cannot be read.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix.lower() == ".csv":
        return ListedInvoices(read_invoices_csv(text, source=path.name), name=path.name)
    objects = list(_objects(text, path.name))
    invoices = [_invoice(each) for each in objects if each.get("object") != "credit_note"]
    by_id = {each.id: each for each in invoices if isinstance(each, Invoice)}
    notes = [_note(each, by_id) for each in objects if each.get("object") == "credit_note"]
    return ListedInvoices(invoices, notes, name=path.name)


def _objects(text: str, source: str) -> Iterator[Mapping[str, object]]:
    for place, found in _parsed(text, source):
        answer = _fields(found)
        listed = answer.get("data") if answer.get("object") == "list" else found
        for each in cast("list[object]", listed) if isinstance(listed, list) else [listed]:
            if not isinstance(each, dict):
                raise SettingsError((f"{place}: {str(each)[:40]!r} is no object of Stripe",))
            yield cast("dict[str, object]", each)


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
        return read_stripe_credit_note(found, invoice.customer)
    except StripeShapeError as error:
        return _unreadable(found, str(error))


def _fields(found: object) -> Mapping[str, object]:
    """What an object tells; nothing where it is none."""
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


def _unreadable(found: Mapping[str, object], why: str) -> UnreadableInvoice:
    named = found.get("id")
    return UnreadableInvoice(id=named if isinstance(named, str) else None, why=why)
