"""Whose records and books an export is between, so that a journal is never used for another company's, nor by clocks that disagree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from bridge.export.journal.protocol import Journal, JournalError
from bridge.export.ledgers.protocol import Ledger
from bridge.export.sources.protocol import Source

_SOURCE, _LEDGER = "source", "ledger"
# Clocks differ by moments; keys are sent again for 23 of the 24 hours that they live.
_MINUTES, _HOUR = timedelta(minutes=5), timedelta(hours=1)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@runtime_checkable
class Owned(Protocol):
    """A source or a ledger that can tell whose it is. Both may have this; without it a journal is not bound to them."""

    def owner(self) -> str | None:
        """The account or organization with its environment, as it stays under a new key; None where nobody can tell.

        Asked anew each time. Raises `ApiError` where the service cannot be asked.
        """
        ...


def owner_of(service: Source | Ledger) -> str | None:
    """Whose a source or a ledger is, None where it does not tell. Raises `ApiError`."""
    return service.owner() if isinstance(service, Owned) else None


def check_owner(source: Source, ledger: Ledger, journal: Journal, *, binds: bool) -> None:
    """Refuse a journal that was written for another account or organization, or for another environment.

    With `binds` a journal that is nobody's yet, or that does not know one of both sides, is theirs from now on.

    Raises:
        JournalError: It is another one's.
        ApiError: A service cannot be asked whose it is.
    """
    if journal.forgets:
        return
    mine = {_SOURCE: owner_of(source), _LEDGER: owner_of(ledger)}
    told = {side: owner for side, owner in mine.items() if owner is not None}
    names = {_SOURCE: source.name, _LEDGER: ledger.name}
    known = journal.owners()
    _compare(known, told, names)
    if _LEDGER in known and _LEDGER not in told:
        raise JournalError(
            f"the journal belongs to {ledger.name} {known[_LEDGER]}, and this key cannot tell which one it is for: "
            f"use a key that may read the organization"
        )
    if binds:
        # Another exporter may have bound it at this moment.
        _compare(journal.bind(told), told, names)


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


def place_of(base_url: str) -> str:
    """The environment that an address belongs to: its host, which differs for a sandbox."""
    host = (urlsplit(base_url).hostname or base_url).lower()
    # Ports on this machine change from one run to the next.
    return "this machine" if host in _LOOPBACK else host


def _compare(known: Mapping[str, str], told: Mapping[str, str], names: Mapping[str, str]) -> None:
    for side, owner in told.items():
        if known.get(side, owner) != owner:
            raise JournalError(
                f"the journal belongs to {names[side]} {known[side]}, and this is {names[side]} {owner}: "
                f"give each company and environment a journal of its own, or a namespace (--namespace)"
            )
