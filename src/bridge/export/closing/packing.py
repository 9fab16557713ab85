"""A close package, read: the reports of a month, what was spent in those before it, and what was decided."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from importlib.util import find_spec

from bridge.closing.package import AuditEntry, ClosePackage, Provenance, close_package
from bridge.closing.period import Period
from bridge.closing.snapshot import Snapshot
from bridge.closing.spending import MonthlySpending, months_up_to, spending_of
from bridge.closing.status import CloseStatus, close_status
from bridge.export.closing.purchases import Bought, nobody_knows
from bridge.export.closing.reading import read_snapshot
from bridge.export.closing.texts import missing_extra
from bridge.export.engine.approvals import reviews
from bridge.export.engine.approved_plans import approved_plans
from bridge.export.engine.attempts import Attempt, Purpose, reason_of_dismissal
from bridge.export.engine.export import Export
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.rillet import RilletLedger
from bridge.export.ledgers.rillet_entries import RilletEntries

_WRITERS = ("xlsxwriter", "jinja2")


def check_extra() -> None:
    """Raise `MissingExtraError` where what writes the files is not installed, before anything is read."""
    for name in _WRITERS:
        if find_spec(name) is None:
            raise missing_extra(name)


def provenance(by: str, settings: bytes) -> Provenance:
    """Who runs it, with the content of the settings file, and the versions of what is installed here.

    Raises `ValueError` where nobody is named.
    """
    if not by.strip():
        raise ValueError("say who you are")
    versions = {name: version for name in ("brex-rillet", *_WRITERS) if (version := _version(name)) is not None}
    return Provenance(by=by.strip(), settings_digest=hashlib.sha256(settings).hexdigest(), versions=versions)


def read_package(
    export: Export,
    period: Period,
    provenance: Provenance,
    *,
    months: int = 6,
    bought: Bought | None = None,
    status: Callable[[Snapshot], CloseStatus] = close_status,
) -> ClosePackage:
    """Everything that is handed over for a month. Nothing is changed anywhere.

    `months` is how many of them, with this one, the spending is shown for; `bought` knows days of purchase, and `status` says
    what counts as large or missing. Raises as `read_snapshot`.
    """
    snapshot = read_snapshot(export, period, bought=bought or nobody_knows)
    return close_package(
        snapshot,
        provenance,
        status=status(snapshot),
        spending=_spending(export, snapshot, months),
        audit_trail=_audit_trail(export.journal, snapshot),
    )


def _spending(export: Export, snapshot: Snapshot, months: int) -> Iterator[MonthlySpending]:
    if not isinstance(export.ledger, RilletLedger):
        return
    entries = RilletEntries(export.ledger, snapshot.books, snapshot.settings)
    told = [
        (month, snapshot.balances if month == snapshot.period else entries.balances(month))
        for month in months_up_to(snapshot.period, months)
    ]
    yield from spending_of(told, snapshot.books)


def _audit_trail(journal: Journal, snapshot: Snapshot) -> Iterator[AuditEntry]:
    """What the journal has of the month's records: refusals, holds, approvals and dismissals, each by its time."""
    made = list[AuditEntry]()
    ids = [each.record.id for each in snapshot.records]
    attempts = journal.attempts_of(ids)
    for plan in approved_plans(journal):
        named = {*plan.records}
        made += (
            AuditEntry(record_id=each, what="plan approved", by=plan.by, at=plan.at, why=f"with {plan.name}")
            for each in ids
            if each in named
        )
    for record_id in ids:
        made += _dismissals(record_id, attempts.get(record_id, ()))
        for refusal in journal.refusals(record_id):
            why = "; ".join(refusal.texts)
            what = "no longer refused" if refusal.is_over else "held" if refusal.is_held else "refused"
            made.append(AuditEntry(record_id=record_id, what=what, by=refusal.by, at=refusal.at, why=why))
        for review in reviews(journal, record_id):
            why = review.why or review.before
            made.append(AuditEntry(record_id=record_id, what=review.step.value, by=review.by, at=review.at, why=why))
    yield from sorted(made, key=lambda each: (each.at, each.record_id, each.what))


def _dismissals(record_id: str, attempts: Iterable[Attempt]) -> Iterator[AuditEntry]:
    """Who dismissed a record, and who took it up again."""
    for each in attempts:
        if each.purpose is not Purpose.DISMISSAL:
            continue
        why = reason_of_dismissal(each)
        yield AuditEntry(record_id=record_id, what="dismissed", by=each.intended_by, at=each.intended_at, why=why)
        if each.was_undone and each.settled_at is not None:
            again = f"it was dismissed before: {why}"
            yield AuditEntry(
                record_id=record_id, what="replayed", by=each.settled_by or "", at=each.settled_at, why=again
            )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
