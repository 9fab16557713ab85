"""What an export did, as a value that can be printed, counted and written as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import attrs
from typing_extensions import override

from brex_accounting import Amount, Record
from bridge.datatable import DataTable, Tabular
from bridge.decisions import Refuse, Skip, SkipCode
from bridge.documents.protocol import Document, Ref
from bridge.export.reporting.outcome_rows import outcome_rows
from bridge.export.reporting.outcome_tables import counts_table, lines_of, tables_of
from bridge.export.reporting.report_json import outcome_json
from bridge.totals import Total, totals_table
from clientkit.money import total
from clientkit.showing import in_short


@attrs.frozen(kw_only=True)
class Unattached:
    """A receipt that is not at its document for a reason that lasts.

    `code` names the reason for programs and logs, without anything that a service answered. `link` is the address of the
    record in Brex, where the settings tell it.
    """

    record_id: str
    receipt_id: str
    why: str
    code: str
    link: str | None = None


@attrs.frozen(kw_only=True)
class Attached:
    """What became of a record's receipts: how many `files` were attached just then, and which receipts cannot be."""

    files: int = 0
    unattached: tuple[Unattached, ...] = ()


@attrs.frozen(kw_only=True)
class CreatedVendor:
    """A vendor that a run has created in the ledger."""

    id: str
    name: str


@attrs.frozen(kw_only=True)
class Posted:
    """A record that is in the ledger: posted or changed by this run, or found there (`adopted`) as it should be.

    `step` is what was done, such as ``create``, ``replace`` or ``correcting entry``; `amounts` is what that added to
    what is spent, in decimal major units, and of one that was found what no run has counted yet. `document` is what was
    posted or found, None where it was kept as it is or deleted, and `correction` the entry of the difference that was
    posted to make the ledger say so. `subsidiary` names those in whose books it is, where it says so. `record_link` and
    `rillet_link` are the addresses of both sides, as the settings name them, also where the ledger has no field for a
    link, as with payments.
    """

    record: Record
    kind: str
    id: str
    document: Document | None = None
    correction: Document | None = None
    subsidiary: str | None = None
    adopted: bool = False
    step: str = "create"
    amounts: tuple[Amount, ...] = ()
    receipts: Attached = Attached()
    record_link: str | None = None
    rillet_link: str | None = None

    def __repr__(self) -> str:
        return f"<Posted {self.record.id}: {self.step}, {self.kind} {self.id}>"

    @property
    def posted(self) -> Document | None:
        """What was posted or found: the correction where there is one, else the document."""
        return self.document if self.correction is None else self.correction

    @property
    def ref(self) -> Ref:
        """The object in the ledger."""
        return Ref(kind=self.kind, id=self.id)

    @property
    def is_change(self) -> bool:
        """Whether it changed or deleted what was posted before."""
        return self.step in _CHANGES

    @property
    def is_removed(self) -> bool:
        """Whether its document was deleted, because nothing is left to post."""
        return self.step == _REMOVED


@attrs.frozen(kw_only=True)
class Unread:
    """A record that the source sent and that cannot be read; `record_id` is empty where it has none."""

    record_id: str
    why: str


@attrs.frozen(kw_only=True)
class Warned:
    """Something about a record that is posted and that a person should look at; `code` names it for programs."""

    record_id: str
    code: str
    text: str


@attrs.frozen(kw_only=True)
class Failed:
    """A record that could not be posted for a reason that may pass; it stays in Brex's queue.

    `code` names the reason for programs and logs, without anything that a service answered.
    """

    record: Record
    why: str
    code: str = "failed"

    def __repr__(self) -> str:
        return f"<Failed {self.record.id}: {self.code}>"

    def __str__(self) -> str:
        return in_short(f"{self.record.id}: {self.why}")


@attrs.frozen(kw_only=True)
class Elsewhere:
    """A record that another exporter has in hand: `holder` is who, and `until` (UTC) when its claim ends at the latest.

    Both are None where nobody can tell any more, because the claim was given back meanwhile.
    """

    record: Record
    why: str
    holder: str | None = None
    until: datetime | None = None

    def __repr__(self) -> str:
        return f"<Elsewhere {self.record.id}: {self.holder}>"


class StopCode(StrEnum):
    """Why a run ended before its end, for programs.

    ``INTERRUPTED``: a signal or `stop` asked for it. ``LEDGER_DOWN``, ``SOURCE_DOWN``: it cannot be read any more.
    ``SOURCE_NOT_TOLD``: the source does not take results. ``JOURNAL``: it cannot be read or written. ``SETUP``: a person
    has to change something first, such as a key, its rights or the reference type; another run would meet the same.
    """

    INTERRUPTED = "interrupted"
    LEDGER_DOWN = "ledger_down"
    SOURCE_DOWN = "source_down"
    SOURCE_NOT_TOLD = "source_not_told"
    JOURNAL = "journal"
    SETUP = "setup"


@attrs.frozen(kw_only=True)
class Unreported:
    """A record whose result Brex does not have, and why."""

    record_id: str
    why: str


# Reasons that name something of the record are different for each; memory must not grow with them.
_MOST_ALIKE = 100
#: The step of a `Posted` whose document was deleted, and those that change what was posted before.
_REMOVED = "delete"
_CHANGES = frozenset({"replace", "delete, post anew", "correcting entry", _REMOVED})

#: What can become of one record.
RecordResult: TypeAlias = Posted | Refuse | Skip | Failed | Elsewhere


@attrs.frozen(kw_only=True)
class Counts:
    """How many there were of each; `posted` does not count what was `adopted`, `attached` are files of receipts.

    What a run sends again of an earlier one, which counted it as failed, is `posted`; what it finds is `adopted`.

    `without_money` are those of `nothing` that move no money: they are reported as done, and nothing is posted. `changed`
    are those of `posted` that changed or deleted what was posted before.
    """

    posted: int = 0
    changed: int = 0
    adopted: int = 0
    created_vendors: int = 0
    held: int = 0
    refused: int = 0
    nothing: int = 0
    without_money: int = 0
    failed: int = 0
    reported: int = 0
    unreported: int = 0
    attached: int = 0
    unattached: int = 0
    unreadable: int = 0
    warnings: int = 0
    elsewhere: int = 0
    not_reached: int = 0


def _counted(outcome: ExportOutcome) -> Counts:
    adopted = sum(each.adopted for each in outcome.posted)
    return Counts(
        posted=len(outcome.posted) - adopted,
        changed=sum(each.is_change for each in outcome.posted),
        adopted=adopted,
        created_vendors=len(outcome.created_vendors),
        held=len(outcome.held),
        refused=len(outcome.refused),
        nothing=len(outcome.nothing),
        without_money=sum(each.code is SkipCode.NO_MONEY for each in outcome.nothing),
        failed=len(outcome.failed),
        reported=len(outcome.reported),
        unreported=len(outcome.unreported),
        attached=sum(each.receipts.files for each in outcome.posted),
        unattached=len(outcome.unattached),
        unreadable=len(outcome.unreadable),
        warnings=len(outcome.warnings),
        elsewhere=len(outcome.elsewhere),
        not_reached=len(outcome.not_reached),
    )


def _sums(outcome: ExportOutcome, *, found: bool = False) -> Mapping[str, Decimal]:
    sums = dict[str, Decimal]()
    for each in outcome.posted:
        if each.adopted is found:
            add_amounts(sums, each)
    return sums


def _found_sums(outcome: ExportOutcome) -> Mapping[str, Decimal]:
    return _sums(outcome, found=True)


def _alike(outcome: ExportOutcome) -> Mapping[str, int]:
    found = dict[str, int]()
    for each in (*outcome.held, *outcome.refused):
        count_alike(found, each)
    return found


def _totals(outcome: ExportOutcome) -> Mapping[str, Total]:
    found = dict[str, Total]()
    results: list[RecordResult] = [*outcome.posted, *outcome.held, *outcome.refused, *outcome.nothing]
    for each in [*results, *outcome.failed, *outcome.elsewhere]:
        add_total(found, each)
    if outcome.unreadable:
        found["unreadable"] = Total(records=len(outcome.unreadable))
    return found


@attrs.frozen(kw_only=True, repr=False)
class ExportOutcome(Tabular):
    """What became of every record, and what Brex knows of it.

    `reported` are the ids of records whose result Brex has; those that are `unreported` although they are posted are
    found in Rillet by the next run, which reports them. `held` wait for an approval. `not_reached` are the ids of
    records that the run would have taken and has not come to, because it ended early or Brex did not offer them any
    more, and `not_reached_records` are the records, as they were read; none where a number of entries is to be kept.
    `unattached` are receipts that are not at their bill or charge, which keeps no record back. `elsewhere` are records
    that another exporter has in hand, which is no failure. `stopped` says why the run ended before its end, and
    `stop_code` says it for programs; None if it did not.

    Where a run was told to `keep` a number of entries, there are at most so many of each sort; `counts` and `amounts`
    are of all. `totals` has the records and their amounts as Brex states them, by what became of them; their sum is
    what was read. `amounts` is what was newly posted, per ISO 4217 currency: expenses less refunds, in decimal major
    units. Money that only moves between accounts does not count. `found_amounts` is the same of what was found in the
    ledger and no run has counted, such as what an interrupted run had posted without hearing of it. `ledger` is the
    name of the ledger, for texts. `refused_alike` tells for the reasons of refusals, a line for each, how many records
    have just these; it knows the first 100 different ones.
    """

    posted: tuple[Posted, ...] = ()
    created_vendors: tuple[CreatedVendor, ...] = ()
    held: tuple[Refuse, ...] = ()
    refused: tuple[Refuse, ...] = ()
    nothing: tuple[Skip, ...] = ()
    failed: tuple[Failed, ...] = ()
    not_reached: tuple[str, ...] = ()
    not_reached_records: tuple[Record, ...] = ()
    reported: tuple[str, ...] = ()
    unreported: tuple[Unreported, ...] = ()
    unattached: tuple[Unattached, ...] = ()
    unreadable: tuple[Unread, ...] = ()
    warnings: tuple[Warned, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    stopped: str | None = None
    stop_code: StopCode | None = None
    requests: int = 0
    seconds: float = 0.0
    ledger: str = "Rillet"
    counts: Counts = attrs.field(default=attrs.Factory(_counted, takes_self=True))
    amounts: Mapping[str, Decimal] = attrs.field(default=attrs.Factory(_sums, takes_self=True))
    found_amounts: Mapping[str, Decimal] = attrs.field(default=attrs.Factory(_found_sums, takes_self=True))
    refused_alike: Mapping[str, int] = attrs.field(default=attrs.Factory(_alike, takes_self=True))
    totals: Mapping[str, Total] = attrs.field(default=attrs.Factory(_totals, takes_self=True))

    @property
    def complete(self) -> bool:
        """Whether every record that had to go is in Rillet and known to Brex, but for those that another exporter has in hand."""
        counts = self.counts
        left = counts.held or counts.refused or counts.failed or counts.unreported or counts.unreadable
        return not (left or self.stopped)

    @property
    def totals_table(self) -> DataTable:
        """The records that were read and their amounts as Brex states them, by what became of them, with their sum."""
        return totals_table(self.totals, title="Amounts of the records", ledger=self.ledger)

    @property
    @override
    def table(self) -> DataTable:
        """The counts and amounts; what is unusual only where it came up."""
        return counts_table(self)

    def _repr_html_(self) -> str:
        return "".join(each._repr_html_() for each in tables_of(self))

    def __repr__(self) -> str:
        told = ", ".join(f"{count} {name}" for name, count in attrs.asdict(self.counts).items() if count)
        return f"<ExportOutcome: {told or 'nothing'}{', stopped' if self.stopped else ''}>"

    def __str__(self) -> str:
        return "\n".join(lines_of(self))

    def rows(self) -> list[dict[str, object]]:
        """A flat row for each record, with the columns of `bridge.RECORD_COLUMNS`, posted ones first."""
        return list(outcome_rows(self))

    def as_json(self) -> dict[str, object]:
        """The outcome for programs; amounts are texts. People are named only where their records are held or refused."""
        return outcome_json(self)


def add_amounts(sums: dict[str, Decimal], posted: Posted) -> None:
    """Add what a record spent to the sums, by currency."""
    for part in posted.amounts:
        sums[part.currency] = total((sums.get(part.currency, Decimal(0)), part.amount))


def became(result: RecordResult) -> str:
    """The name of what a result is, among those of `Counts`."""
    match result:
        case Posted():
            return "adopted" if result.adopted else "posted"
        case Refuse():
            return "held" if result.is_held else "refused"
        case Skip():
            return "nothing"
        case Failed():
            return "failed"
        case Elsewhere():
            return "elsewhere"


def add_total(totals: dict[str, Total], result: RecordResult) -> None:
    """Add a record to the totals, by what became of it."""
    name = became(result)
    totals[name] = totals.get(name, Total()).plus(result.record.amount)


def count_alike(counts: dict[str, int], refused: Refuse) -> None:
    """Count a refusal with those for the same reasons."""
    text = "\n".join(refused.texts)
    if text in counts or len(counts) < _MOST_ALIKE:
        counts[text] = counts.get(text, 0) + 1
