"""Whose records and books an export is between, so that a journal is never used for another company's, nor by clocks that disagree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

import attrs

from bridge.export.journal.protocol import Journal, JournalError, WrongJournalError

_SOURCE, _LEDGER, _PLACE = "source", "ledger", "place"
_KEPT_FOR = "kept for"
# Clocks differ by moments; keys are sent again for 23 of the 24 hours that they live.
_MINUTES, _HOUR = timedelta(minutes=5), timedelta(hours=1)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_OTHER_USE: Mapping[str, str] = MappingProxyType(
    {
        "export": "this journal is that of a sync of invoices; give the export a journal of its own, or a namespace (--namespace)",
        "billing": "this journal is that of an export; give the sync of invoices a journal of its own, or a namespace (--namespace)",
    }
)


@attrs.frozen(kw_only=True)
class Owner:
    """Whose records or books something is: the account or organization by an id that stays under a new key.

    `place` is the environment, such as the host; None where it does not tell, as on this machine.
    """

    name: str
    place: str | None = None


@runtime_checkable
class Owned(Protocol):
    """A source or a ledger that can tell whose it is. Both may have this; without it a journal is not bound to them."""

    def owner(self) -> Owner | None:
        """Whose it is, None where nobody can tell. Asked anew each time. Raises `ApiError` where it cannot be asked."""
        ...


class Named(Protocol):
    """What records or books are of."""

    @property
    def name(self) -> str:
        """The service, in messages."""
        ...


class JournalUse(StrEnum):
    """What a journal is kept for: an export of Brex would ask for invoices that it finds there, and the other way round."""

    EXPORT = "export"
    BILLING = "billing"


@runtime_checkable
class UsesJournal(Protocol):
    """A source that is not for the journal of an export."""

    @property
    def journal_use(self) -> JournalUse:
        """What its journal is kept for."""
        ...


def use_of(source: object) -> JournalUse:
    """What the journal of a source is kept for."""
    return source.journal_use if isinstance(source, UsesJournal) else JournalUse.EXPORT


def counts_versions(source: object) -> bool:
    """Whether the version of a record grows with each change; a billing system may change an invoice at one moment twice."""
    return use_of(source) is JournalUse.EXPORT


def check_use(use: JournalUse, journal: Journal, *, binds: bool) -> None:
    """Refuse a journal that is kept for something else. Raises `WrongJournalError` then.

    With `binds` a journal that nobody has used is kept for this from now on.
    """
    if journal.forgets:
        return
    kept = journal.mark(_KEPT_FOR)
    if kept is None and journal.first_intended_at() is not None:
        # Another process may have begun in between, which says first what it keeps the journal for.
        kept = journal.mark(_KEPT_FOR) or JournalUse.EXPORT
    if kept is not None and kept != use:
        raise WrongJournalError(_OTHER_USE[use])
    if binds and kept is None and use is not JournalUse.EXPORT:
        journal.set_mark(_KEPT_FOR, use)


def check_owner(source: Named | None, ledger: Named, journal: Journal, *, binds: bool) -> None:
    """Refuse a journal that was written for another account or organization, or for another environment.

    None for a source that is not asked.

    With `binds` a journal that is nobody's yet, or that does not know one of both sides, is theirs from now on.

    Raises:
        WrongJournalError: It is another one's.
        ApiError: A service cannot be asked whose it is.
    """
    if journal.forgets:
        return
    sides = {_LEDGER: ledger} if source is None else {_SOURCE: source, _LEDGER: ledger}
    names = {side: service.name for side, service in sides.items()}
    told = _told(sides)
    known = journal.owners()
    _compare(known, told, names)
    if _LEDGER in known and _LEDGER not in told:
        raise WrongJournalError(
            f"the journal belongs to {ledger.name} {known[_LEDGER]}, and this key cannot tell which one it is for: "
            f"use a key that may read the organization"
        )
    if binds:
        # Another exporter may have bound it at this moment.
        _compare(journal.bind(told), told, names)


def check_source(source: Named, journal: Journal, *, binds: bool) -> None:
    """The same for what the source alone is asked for: a journal of another account is refused. The ledger is not asked."""
    if journal.forgets:
        return
    told, names = _told({_SOURCE: source}), {_SOURCE: source.name}
    _compare(journal.owners(), told, names)
    if binds:
        _compare(journal.bind(told), told, names)


def ledger_owner(ledger: Named, journal: Journal) -> str | None:
    """Whose books they are, as the journal has it that `check_owner` compared, or else as they tell; None where nobody can.

    Raises `ApiError` and `JournalError`.
    """
    known: Mapping[str, str] = {} if journal.forgets else journal.owners()
    if _LEDGER in known:
        return f"{known[_LEDGER]} at {known.get(f'{_LEDGER} {_PLACE}')}"
    owner = ledger.owner() if isinstance(ledger, Owned) else None
    return None if owner is None else f"{owner.name} at {owner.place}"


def check_clock(journal: Journal) -> str | None:
    """What to say where another exporter's clock is minutes ahead of this machine's.

    Raises:
        JournalError: It is an hour ahead or more. A key would be taken for dead that lives, and a record posted twice.
    """
    latest = journal.latest_of_others()
    if latest is None:
        return None
    at, who = latest
    ahead = at - journal.now()
    if ahead < _MINUTES:
        return None
    text = (
        f"the journal has an attempt of {who} at {at:%Y-%m-%d %H:%M} UTC, which lies in the future of this machine's clock: "
        f"set both clocks right"
    )
    if ahead >= _HOUR:
        raise JournalError(text)
    return text


def place_of(base_url: str) -> str | None:
    """The environment that an address belongs to: its host, which differs for a sandbox. None on this machine."""
    host = (urlsplit(base_url).hostname or base_url).lower()
    return None if host in _LOOPBACK else host


def _told(sides: Mapping[str, Named]) -> dict[str, str]:
    """Whose each side is, and where, as far as they tell."""
    told = dict[str, str]()
    for side, service in sides.items():
        owner = service.owner() if isinstance(service, Owned) else None
        if owner is not None:
            told[side] = owner.name
        if owner is not None and owner.place is not None:
            told[f"{side} {_PLACE}"] = owner.place
    return told


def _compare(known: Mapping[str, str], told: Mapping[str, str], names: Mapping[str, str]) -> None:
    for key, value in told.items():
        if known.get(key, value) != value:
            name = names[key.partition(" ")[0]]
            at = "at " if key.endswith(_PLACE) else ""
            raise WrongJournalError(
                f"the journal belongs to {name} {at}{known[key]}, and this is {name} {at}{value}: "
                f"give each company and environment a journal of its own, or a namespace (--namespace)"
            )
