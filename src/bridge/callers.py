"""What the caller brings along: mappers, exchange rates and time zones. Where it fails, one record is refused, not the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, tzinfo
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from typing import ParamSpec, TypeAlias, TypeVar

import attrs

from brex_accounting import LineItem, Record, RecordType
from clientkit.field_problems import shortened
from clientkit.money import checked

_MOST_TEXT, _MOST_SHOWN = 2_000, 80

P = ParamSpec("P")
T = TypeVar("T")

#: How many units of the second currency one unit of the first buys on a day, or None where nobody knows.
Rates: TypeAlias = Callable[[str, str, date], Decimal | None]
#: The time zone of a name such as ``Europe/Berlin``, or None where nobody knows it.
Zones: TypeAlias = Callable[[str], tzinfo | None]


@attrs.frozen
class ChosenAccount:
    """An account for a line, a code or an id, and why, as `explain` tells it: ``"it is more than 5,000"``."""

    account: str
    why: str


#: Another account for a line that an expense is on, or None to leave it to its coding and the rules of the settings.
ChooseAccount: TypeAlias = Callable[[Record, LineItem], ChosenAccount | None]
#: The vendor of a record, an id or a name of the ledger's, or None to leave it to the matching.
ChooseVendor: TypeAlias = Callable[[Record], str | None]


class CallerError(Exception):
    """Something that the caller brought along raised an exception or gave what cannot be used."""


def no_account(record: Record, line: LineItem) -> ChosenAccount | None:
    """Leaves every line to its coding."""
    del record, line
    return None


def no_vendor(record: Record) -> str | None:
    """Leaves every record to the matching."""
    del record
    return None


def no_rates(base: str, target: str, day: date) -> Decimal | None:
    """Knows no rate, so that a record in another currency than its subsidiary's is refused."""
    del base, target, day
    return None


def only_utc(name: str) -> tzinfo | None:
    """Knows UTC alone: what other names mean is written in files."""
    return UTC if name == "UTC" else None


def check_types(types: Iterable[str]) -> None:
    """Raises `ValueError` for texts that are no record types of Brex; a `RecordType` may also be newer than this release."""
    known = [each.value for each in RecordType]
    unknown = [each for each in types if not isinstance(each, RecordType) and each not in known]
    if not unknown:
        return
    alike = {each: get_close_matches(str(each).upper(), known, n=1) for each in unknown}
    named = ", ".join(repr(each) + "".join(f" (did you mean {meant!r}?)" for meant in alike[each]) for each in unknown)
    raise ValueError(f"mappers has keys that are no record type of Brex: {named}; give a newer type as RecordType(…)")


def calling(what: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function of the caller gives. Raises `CallerError` for whatever it raises."""
    try:
        return function(*args, **kwargs)
    except CallerError:
        raise
    except Exception as error:
        raise failed(what, error) from error


def failed(what: str, error: Exception) -> CallerError:
    """What `calling` raises."""
    return CallerError(f"{what} failed: {described(error)}")


def account_chosen(
    choose: Callable[[Record, LineItem], object], record: Record, line: LineItem
) -> ChosenAccount | None:
    """The account that the caller chose for a line. Raises `CallerError` as `calling` does, and for what is none."""
    what = "the choice of accounts"
    chosen = calling(what, choose, record, line)
    is_text = isinstance(chosen, ChosenAccount) and all(isinstance(each, str) for each in attrs.astuple(chosen))
    if chosen is None or (isinstance(chosen, ChosenAccount) and is_text):
        return chosen
    raise CallerError(f"{what} gave {_shown(chosen)}, and it has to be None or a ChosenAccount of two texts")


def vendor_chosen(choose: Callable[[Record], object], record: Record) -> str | None:
    """The vendor that the caller chose for a record. Raises `CallerError` as `calling` does, and for what is no text."""
    chosen = calling("the choice of vendors", choose, record)
    if chosen is None or isinstance(chosen, str):
        return chosen
    raise CallerError(f"the choice of vendors gave {_shown(chosen)}, and it has to be None or a text")


def _shown(value: object) -> str:
    return calling("what was chosen", lambda: shortened(repr(value), _MOST_SHOWN))


def described(error: BaseException) -> str:
    """An exception of the caller's in words, shortened; its class alone where its own text cannot be had."""
    name = type(error).__name__
    try:
        return shortened(f"{name}: {error}", _MOST_TEXT)
    except Exception:  # noqa: BLE001 - whatever it is, the record beside must not suffer
        return name


def guarded_rates(rates: Callable[[str, str, date], object]) -> Rates:
    """The rates, which raise nothing but `CallerError` and give nothing but numbers."""
    return partial(_guarded, rates)


def _guarded(rates: Callable[[str, str, date], object], base: str, target: str, day: date) -> Decimal | None:
    return calling("the source of exchange rates", _rate, rates, base, target, day)


def _rate(rates: Callable[[str, str, date], object], base: str, target: str, day: date) -> Decimal | None:
    found = rates(base, target, day)
    if found is None:
        return None
    if not isinstance(found, Decimal):
        raise TypeError(f"{found!r} is not a Decimal")
    return checked(found) if found.is_finite() else found


#: What to do about a time zone that nobody knows.
ZONE_ADVICE = (
    "write an IANA name such as Europe/Berlin; where the machine has no database of time zones: pip install "
    '"brex-rillet[tzdata]"; a program passes Bridge(zones=bridge.export.zone_of)'
)


def zone_of(name: str, zones: Callable[[str], object]) -> tzinfo | None:
    """The time zone of a name. Raises `CallerError` as `calling` does, and for what is no time zone."""
    try:
        zone = zones(name)
    except CallerError:
        raise
    except Exception as error:
        raise failed("the source of time zones", error) from error
    if zone is None or isinstance(zone, tzinfo):
        return zone
    raise CallerError(f"the source of time zones gave {zone!r} for {name!r}, which is no time zone")
