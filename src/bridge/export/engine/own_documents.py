"""What a mapper of the caller's gave to post, tried before anything of it is sent, so that what lasts is a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from brex_accounting import Amount, Record, Side
from bridge.callers import described
from bridge.decisions import Decision, Post, Reason, ReasonCode, Refuse
from bridge.documents.form import Form
from bridge.documents.protocol import PlannedVendor
from bridge.export.engine.attempts import PLANNED
from bridge.export.engine.own_marks import creation_of, mark_of_another
from bridge.export.ledgers.own import fault_of_creation
from bridge.mapping import Bridge
from bridge.postings import Posting
from clientkit import codec
from clientkit.field_problems import shortened
from clientkit.money import is_currency_code, total
from clientkit.requests import Request

_SHOWN = 40


def tried(decision: Decision, bridge: Bridge) -> Decision:
    """The decision, or a refusal where what the caller's mapper gave cannot be posted. The package's own are not tried."""
    if not isinstance(decision, Post) or not bridge.is_mapped_by_caller(decision.record):
        return decision
    fault = _fault_of(decision.document) or _other_mark(decision)
    if fault is None:
        return decision
    reason = Reason(code=ReasonCode.MAPPER_FAILED, text=gave_what_cannot_be_posted(decision.record, fault))
    return Refuse(record=decision.record, reasons=(reason,))


def gave_what_cannot_be_posted(record: Record, fault: str) -> str:
    """The text of a refusal for what a mapper gave."""
    return f"the mapper of {record.type} gave what cannot be posted: {fault}"


# A document of the caller's own is of any class, and nothing has checked what its methods give.


def _form(document: Any) -> str | None:
    form: object = document.form()
    if not isinstance(form, Form):
        return _other(form, "a Form")
    form.as_json()
    return None


def _kind(document: Any) -> str | None:
    return _text(document.kind)


def _noun(document: Any) -> str | None:
    return _text(document.noun)


def _impact_date(document: Any) -> str | None:
    day: object = document.impact_date
    return None if day is None or isinstance(day, date) else _other(day, "a date or None")


def _party(document: Any) -> str | None:
    party: object = document.party
    is_known = party is None or isinstance(party, str | PlannedVendor)
    return None if is_known else _other(party, "the id of a vendor, a PlannedVendor or None")


def _with_vendor(document: Any) -> str | None:
    if not isinstance(document.party, PlannedVendor):
        return None
    placed: object = document.with_vendor(PLANNED)
    return None if isinstance(placed, type(document)) else _other(placed, f"a {type(document).__name__}")


def _create(document: Any) -> str | None:
    request: object = creation_of(document)
    if not isinstance(request, Request):
        return _other(request, "a Request")
    if (fault := fault_of_creation(request.method, request.body)) is not None:
        return fault
    codec.dumps(request.body)
    return None


def _spent(document: Any) -> str | None:
    return _all(document.spent(), _is_amount, "Amounts of a finite Decimal and a currency")


def _postings(document: Any) -> str | None:
    given: Any = document.postings()
    if not hasattr(given, "__iter__"):
        return _other(given, "postings")
    postings: tuple[Posting, ...] = tuple(given)
    if (fault := _all(postings, lambda each: isinstance(each, Posting), "postings")) is not None:
        return fault
    if not postings:
        return "gave no postings, and a document without lines books nothing"
    wrong = next((fault for each in postings if (fault := _fault_of_posting(each)) is not None), None)
    return wrong or _imbalance(postings)


def _fault_of_posting(posting: Posting) -> str | None:
    amount, currency = _contents(posting)
    if not isinstance(amount, Decimal) or not amount.is_finite():
        return f"gave a posting of {shortened(repr(amount), _SHOWN)}, and an amount has to be a finite Decimal"
    if not isinstance(currency, str) or not is_currency_code(currency):
        shown = shortened(repr(currency), _SHOWN)
        return f"gave a posting in {shown}, and a currency has to be a code of ISO 4217 such as EUR"
    if posting.side not in {Side.DEBIT, Side.CREDIT}:
        return f"gave a posting on the side {shortened(repr(posting.side), _SHOWN)}, and it has to be DEBIT or CREDIT"
    return None


def _imbalance(postings: tuple[Posting, ...]) -> str | None:
    """Debits and credits of each currency by itself: nobody knows here what one is worth in another."""
    for currency in sorted({each.currency for each in postings}):
        debits, credited = (
            total(each.amount for each in postings if (each.currency, each.side) == (currency, side))
            for side in (Side.DEBIT, Side.CREDIT)
        )
        if debits != credited:
            return f"gave postings that do not balance: debits {debits:f} {currency}, credits {credited:f} {currency}"
    return None


_CHECKS: Mapping[str, Callable[[Any], str | None]] = MappingProxyType(
    {
        "form": _form,
        "kind": _kind,
        "noun": _noun,
        "impact_date": _impact_date,
        "party": _party,
        "with_vendor": _with_vendor,
        "create": _create,
        "spent": _spent,
        "postings": _postings,
    }
)


def _fault_of(document: object) -> str | None:
    """What is wrong with a document, with its class and method; None where nothing is."""
    for name, check in _CHECKS.items():
        try:
            fault = check(document)
        except Exception as error:  # noqa: BLE001 - it is the caller's
            fault = f"failed: {described(error)}"
        if fault is not None:
            return f"{type(document).__name__}.{name} {fault}"
    return None


def _other_mark(post: Post) -> str | None:
    name = f"{type(post.document).__name__}.create"
    try:
        other = mark_of_another(post.document, post.record.id)
    except Exception as error:  # noqa: BLE001 - it is the caller's
        return f"{name} failed: {described(error)}"
    if other is None:
        return None
    return f"{name} gave a request with the mark of {other}, and not with that of its record"


def _other(given: object, wanted: str) -> str:
    return f"gave {type(given).__name__}, and it has to give {wanted}"


def _text(given: object) -> str | None:
    return None if isinstance(given, str) and given else _other(given, "a text")


def _all(given: Any, fits: Callable[[object], bool], wanted: str) -> str | None:
    if not hasattr(given, "__iter__"):
        return _other(given, wanted)
    parts: Iterable[object] = given
    return next((_other(each, wanted) for each in parts if not fits(each)), None)


def _is_amount(given: object) -> bool:
    if not isinstance(given, Amount):
        return False
    amount, currency = _contents(given)
    return isinstance(amount, Decimal) and amount.is_finite() and isinstance(currency, str)


def _contents(given: Amount | Posting) -> tuple[object, object]:
    return given.amount, given.currency
