"""From records to outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, tzinfo
from types import MappingProxyType
from typing import TypeAlias

import attrs

from brex_accounting import Record, ReviewStatus
from bridge.books import Books
from bridge.coding import CodedRecord, code
from bridge.currency import in_books_currency
from bridge.datatable import DataTable, Tabular
from bridge.decisions import Findings, Nothing, Outcome, PlannedVendor, Post, ReasonCode, Refused
from bridge.mappers.bill_payments import bill_payment
from bridge.mappers.bills import bill, older_version
from bridge.mappers.charges import charge
from bridge.mappers.draft import Context, Rates, Zones, day_of, no_rates, only_utc
from bridge.mappers.journal_entries import journal_entry
from bridge.mappers.reimbursements import reimbursement
from bridge.settings.values import OF_SUBSIDIARY, ForeignCurrency, OtherTypes, Settings
from bridge.vendors.planned import PlannedVendors

Mapper: TypeAlias = Callable[[CodedRecord, Context, Findings], Post | None]
"""Turns a coded record into what to post; notes in the findings why it cannot. It must be pure."""

#: The other types that Brex lists, invoices and pay-ins for bills, are not explained by Brex: see `Settings.other_types`.

DEFAULT_MAPPERS: Mapping[str, Mapper] = MappingProxyType(
    {
        "CARD_EXPENSE_POST": charge,
        "CARD_EXPENSE_REFUND": charge,
        "REIMBURSEMENT_EXPENSE_APPROVAL": reimbursement,
        "REIMBURSEMENT_EXPENSE_POST": reimbursement,
        "CARD_EXPENSE_REPAYMENT": journal_entry,
        "CARD_PAYMENT": journal_entry,
        "CARD_PAYMENT_REFUND": journal_entry,
        "REWARD_REDEMPTION": journal_entry,
        "REIMBURSEMENT_EXPENSE_REPAYMENT": journal_entry,
        "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT": journal_entry,
        "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL": journal_entry,
        "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN": journal_entry,
        "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND": journal_entry,
        "BILL_EXPENSE": bill,
        "BILL_EXPENSE_PAYMENT": bill_payment,
        "BILL_EXPENSE_CARD_PAYMENT": journal_entry,
    }
)


@attrs.frozen(kw_only=True)
class Plan(Tabular):
    """What would become of a number of records; rich and notebooks show it as a table."""

    outcomes: tuple[Outcome, ...]

    @property
    def posts(self) -> tuple[Post, ...]:
        """The records that can be posted."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Post))

    @property
    def refused(self) -> tuple[Refused, ...]:
        """The records that cannot, with every reason."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Refused))

    @property
    def nothing(self) -> tuple[Nothing, ...]:
        """The records that need no posting."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Nothing))

    @property
    def new_vendors(self) -> tuple[PlannedVendor, ...]:
        """The vendors that have to be created, each once."""
        planned = (post.vendor for post in self.posts)
        return tuple({each.key: each for each in planned if isinstance(each, PlannedVendor)}.values())

    @property
    def table(self) -> DataTable:
        """Every record with what would become of it, and the day on which it counts or the reasons."""
        return DataTable(
            title=f"{len(self.posts)} to post, {len(self.refused)} refused, {len(self.nothing)} with nothing to do",
            headings=("Record", "Amount", "Outcome", "Why"),
            rows=tuple(_row(outcome) for outcome in self.outcomes),
        )


class Bridge:
    """The mapping of one company: its settings, the mapper of each record type, and a source of exchange rates.

    An integrator replaces or adds a mapper with ``mappers={**DEFAULT_MAPPERS, "CARD_PAYMENT": mine}``. `rates` answers
    how many units of the second currency one unit of the first buys on a day, as a `RateTable` does; `zones` gives the
    time zone of a name (in `bridge.export` there is one that knows them all). They must be pure too.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        mappers: Mapping[str, Mapper] = DEFAULT_MAPPERS,
        rates: Rates = no_rates,
        zones: Zones = only_utc,
    ) -> None:
        self.settings, self.mappers, self.rates, self.zones = settings, dict(mappers), rates, zones

    def outcome(self, record: Record, books: Books) -> Outcome:
        """What is to be done with one record. It never raises for what a record holds."""
        if record.review_status != ReviewStatus.READY_FOR_EXPORT:
            return Nothing(record=record, why=f"it is {record.review_status}, not READY_FOR_EXPORT")
        findings = Findings()
        mapper = journal_entry if record.type in self.settings.summarise else self.mappers.get(record.type)
        if mapper is None and self.settings.other_types is OtherTypes.JOURNAL_ENTRY:
            mapper = journal_entry
        if mapper is None:
            findings.add(ReasonCode.TYPE_NOT_SUPPORTED, f"records of the type {record.type} are not mapped")
            return Refused(record=record, reasons=tuple(findings.reasons))
        coded = self.coded(record, books, findings)
        context = self._context(coded, books, findings)
        if coded is not None and _is_before_start(coded, context.zone):
            return Nothing(
                record=record, why=f"it counts before {coded.entity.since}, where {coded.entity.name} starts"
            )
        if coded is not None and not findings.reasons and _is_idle(coded, context):
            return Nothing(record=record, why=f"its lines move no money in {coded.currency}")
        post = None
        if coded is not None:
            post = mapper(coded, context, findings)
            if post is None and not findings.reasons:
                text = f"the mapper of {record.type} gave neither something to post nor a reason"
                findings.add(ReasonCode.NOTHING_MAPPED, text)
        if findings.reasons or post is None:
            return Refused(record=record, reasons=tuple(findings.reasons))
        return post

    def coded(self, record: Record, books: Books, findings: Findings) -> CodedRecord | None:
        """What the mapper gets: the record after coding and, where the settings say so, in its subsidiary's currency.

        None, with the reasons in `findings`, where it cannot be coded at all.
        """
        coded = code(record, self.settings, books, findings)
        if coded is None or self.settings.foreign_currency is ForeignCurrency.DOCUMENT:
            return coded
        return in_books_currency(coded, self._context(coded, books, findings), findings)

    def _context(self, coded: CodedRecord | None, books: Books, findings: Findings) -> Context:
        return Context(settings=self.settings, books=books, rates=self.rates, zone=self._zone(coded, findings))

    def _zone(self, coded: CodedRecord | None, findings: Findings) -> tzinfo:
        name = self.settings.time_zone
        if name == OF_SUBSIDIARY:
            name = coded.subsidiary.timezone if coded is not None else "UTC"
        zone = self.zones(name)
        if zone is None:
            findings.add(ReasonCode.NO_TIME_ZONE, f"nobody here knows the time zone {name!r}")
        return zone or UTC

    def plan(self, records: Iterable[Record], books: Books) -> Plan:
        """What is to be done with many records, in their order."""
        planned = PlannedVendors(self.settings)
        return Plan(outcomes=tuple(planned.settled(self.outcome(record, books)) for record in records))


def _row(outcome: Outcome) -> tuple[str, ...]:
    record = outcome.record
    amount = f"{record.amount.amount:f} {record.amount.currency}"
    if isinstance(outcome, Post):
        return record.id, amount, "post", f"it counts on {outcome.impact_date}"
    if isinstance(outcome, Nothing):
        return record.id, amount, "nothing to do", outcome.why
    return record.id, amount, "refused", "\n".join(str(reason) for reason in outcome.reasons)


def _is_idle(coded: CodedRecord, context: Context) -> bool:
    """Whether no money moves. A bill that Rillet still has is for the mapper to judge."""
    return not coded.moves_money and older_version(coded.record, context) is None


def _is_before_start(coded: CodedRecord, zone: tzinfo) -> bool:
    since = coded.entity.since
    return since is not None and day_of(coded.record.erp_posting_date, zone) < since
