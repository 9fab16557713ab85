"""What an export did, as a value that can be printed, counted and written as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import attrs

from brex_accounting import Record
from bridge.postings import effect, spent
from bridge.results import Nothing, Payload, Refused
from clientkit.money import decimal_text, total
from rillet import Vendor


@attrs.frozen(kw_only=True)
class Posted:
    """A record that is in Rillet: posted by this run, or found there (`adopted`) as an earlier run had left it."""

    record: Record
    kind: str
    id: str
    payload: Payload | None = None
    adopted: bool = False


@attrs.frozen(kw_only=True)
class Failed:
    """A record that could not be posted for a reason that may pass; it stays in Brex's queue."""

    record: Record
    why: str


@attrs.frozen(kw_only=True)
class Unreported:
    """A record whose result Brex does not have, and why."""

    record_id: str
    why: str


@attrs.frozen(kw_only=True)
class ExportOutcome:
    """What became of every record, and what Brex knows of it.

    `reported` are the ids of records whose result Brex has; those that are `unreported` although they are posted are found
    in Rillet by the next run, which reports them. `stopped` says why the run ended before its end, None if it did not.
    """

    posted: tuple[Posted, ...] = ()
    created_vendors: tuple[Vendor, ...] = ()
    refused: tuple[Refused, ...] = ()
    nothing: tuple[Nothing, ...] = ()
    failed: tuple[Failed, ...] = ()
    reported: tuple[str, ...] = ()
    unreported: tuple[Unreported, ...] = ()
    stopped: str | None = None
    requests: int = 0
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every record that had to go is in Rillet and known to Brex."""
        return not (self.refused or self.failed or self.unreported or self.stopped)

    @property
    def amounts(self) -> Mapping[str, Decimal]:
        """What was newly posted, per ISO 4217 currency: expenses less refunds, in decimal major units.

        Money that only moves between accounts does not count.
        """
        sums = dict[str, list[Decimal]]()
        for each in self.posted:
            for money in spent(each.payload) if each.payload is not None else ():
                sums.setdefault(money.currency, []).append(money.amount)
        return {currency: total(parts) for currency, parts in sorted(sums.items())}

    def as_json(self) -> dict[str, object]:
        """The outcome for programs; amounts are texts, and people are named by record id alone."""
        return {
            "posted": [_posted_json(each) for each in self.posted],
            "created_vendors": [{"id": vendor.id, "name": vendor.name} for vendor in self.created_vendors],
            "refused": refused_json(self.refused),
            "nothing": nothing_json(self.nothing),
            "failed": [{"record_id": each.record.id, "why": each.why} for each in self.failed],
            "reported": list(self.reported),
            "unreported": [{"record_id": each.record_id, "why": each.why} for each in self.unreported],
            "stopped": self.stopped,
            "amounts": {currency: decimal_text(amount) for currency, amount in self.amounts.items()},
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
        }


def _posted_json(each: Posted) -> dict[str, object]:
    return {
        "record_id": each.record.id,
        "kind": each.kind,
        "id": each.id,
        "adopted": each.adopted,
        "postings": postings_json(each.payload) if each.payload is not None else [],
    }


def postings_json(payload: Payload) -> list[dict[str, str]]:
    """What a payload posts, for programs."""
    return [
        {"account": p.account, "side": p.side.value, "amount": decimal_text(p.amount), "currency": p.currency}
        for p in effect(payload)
    ]


def refused_json(refused: Iterable[Refused]) -> list[dict[str, object]]:
    """Refusals with all their reasons, for programs."""
    return [
        {"record_id": each.record.id, "reasons": [{"code": r.code, "text": r.text} for r in each.reasons]}
        for each in refused
    ]


def nothing_json(nothing: Iterable[Nothing]) -> list[dict[str, str]]:
    """Records that need no posting, for programs."""
    return [{"record_id": each.record.id, "why": each.why} for each in nothing]
