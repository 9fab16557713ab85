"""From records to outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, tzinfo
from functools import cached_property, partial
from types import MappingProxyType
from typing import TypeAlias

import attrs

from brex_accounting import Record
from bridge.books import Books
from bridge.callers import (
    ZONE_ADVICE,
    CallerError,
    ChooseAccount,
    ChooseVendor,
    Rates,
    Zones,
    check_types,
    failed,
    guarded_rates,
    no_account,
    no_rates,
    no_vendor,
    only_utc,
    zone_of,
)
from bridge.coded_record import CodedRecord
from bridge.coding import code
from bridge.currency import in_books_currency, with_tax_of_document
from bridge.decisions import Decision, Findings, Post, ReasonCode, Refuse, Skip, SkipCode
from bridge.followed import Followed, followed_in
from bridge.mappers.bill_payments import bill_payment
from bridge.mappers.bills import bill
from bridge.mappers.charges import charge
from bridge.mappers.draft import Draft
from bridge.mappers.intercompany import intercompany
from bridge.mappers.journal_entries import journal_entry
from bridge.mappers.payouts import card_payment, payout
from bridge.mappers.reimbursements import reimbursement
from bridge.plan import Plan
from bridge.settings.choices import ForeignCurrency, OtherTypes, TaxRounding
from bridge.settings.default_accounts import ROLES
from bridge.settings.values import OF_SUBSIDIARY, Settings
from bridge.vendors.planned import PlannedVendors
from bridge.wording import RECORDS, Wording
from clientkit.field_problems import shortened
from clientkit.making import maker

Mapper: TypeAlias = Callable[[Draft], Post | Skip | None]
"""Turns a draft into what to post, or says why nothing is; None where the draft has a reason why it cannot. It must be pure."""

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
        "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT": payout,
        "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL": journal_entry,
        "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN": journal_entry,
        "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND": journal_entry,
        "BILL_EXPENSE": bill,
        "BILL_EXPENSE_PAYMENT": bill_payment,
        "BILL_EXPENSE_CARD_PAYMENT": card_payment,
    }
)


_draft = maker(Draft)
_OWN = frozenset(DEFAULT_MAPPERS.values())
_MOST_SHOWN = 120


class Bridge:
    """The mapping of one company: its settings, the mapper of each record type, and a source of exchange rates.

    To replace or add a mapper, pass ``mappers={**DEFAULT_MAPPERS, "CARD_PAYMENT": mine}``; a type that `RecordType` does
    not list yet is given as ``RecordType("…")``. `rates` returns how many units of the second currency one unit of the
    first buys on a day, as a `RateTable` does. `zones` returns the time zone of a name; `bridge.export` has one that knows
    them all. They must be pure too.

    `choose_account` can give a line another account, with a reason, before the rules of the settings are applied.
    `choose_vendor` can name a record's vendor before it is matched. If one of them raises, the record is refused.

    Raises `ValueError` for a key of `mappers` that is a text and no known record type, as where it is misspelt.
    """

    #: The words of texts about what is posted.
    wording: Wording = RECORDS

    def __init__(
        self,
        settings: Settings,
        *,
        mappers: Mapping[str, Mapper] = DEFAULT_MAPPERS,
        rates: Rates = no_rates,
        zones: Zones = only_utc,
        choose_account: ChooseAccount = no_account,
        choose_vendor: ChooseVendor = no_vendor,
    ) -> None:
        check_types(mappers)
        self.settings, self.mappers, self.rates, self.zones = settings, dict(mappers), rates, zones
        self.choose_account, self.choose_vendor = choose_account, choose_vendor
        self._guarded_rates = guarded_rates(rates)
        self._leaves_amounts = (
            settings.foreign_currency is ForeignCurrency.DOCUMENT and settings.tax_rounding is TaxRounding.LINE
        )

    def __repr__(self) -> str:
        return f"<Bridge of {self.settings!r}, mappers for {', '.join(self.mappers)}>"

    def _repr_html_(self) -> str:
        return self.settings._repr_html_()

    def outcome(
        self, record: Record, books: Books, *, posted_on: date | None = None, followed: Followed | None = None
    ) -> Decision:
        """What is to be done with one record. It never raises for what a record holds, nor for what a mapper does.

        Args:
            record: The record, whatever its review status.
            books: What the ledger knows.
            posted_on: The day on which the ledger has the record already, None where it does not. A changed setting
                never takes such a record out of the books: `since` and the basis of reimbursements do not count then.
            followed: What is known of the record that this one follows, such as the reimbursement of a payout, None where
                nothing is. A bill of the books that it pays is found by its reference.
        """
        findings = Findings()
        try:
            made = self._made(record, books, findings, posted_on, followed)
        except CallerError as error:
            findings.add(ReasonCode.MAPPER_FAILED, str(error))
            made = None
        if isinstance(made, Skip):
            return made
        if findings.reasons or made is None:
            return Refuse(record=record, reasons=tuple(findings.reasons))
        return made

    def coded(
        self,
        record: Record,
        books: Books,
        findings: Findings,
        *,
        posted_on: date | None = None,
        followed: Followed | None = None,
    ) -> CodedRecord | None:
        """What the mapper gets: the record after coding and, where the settings say so, in its subsidiary's currency.

        None, with the reasons in `findings`, where it cannot be coded at all.
        """
        try:
            draft = self._draft(record, books, findings, posted_on, followed)
            return None if draft is None else self._in_books(draft).coded
        except CallerError as error:
            findings.add(ReasonCode.MAPPER_FAILED, str(error))
            return None

    def shares(
        self,
        record: Record,
        books: Books,
        findings: Findings,
        *,
        posted_on: date | None = None,
        followed: Followed | None = None,
    ) -> tuple[CodedRecord, ...]:
        """What each entity has of a record, each as `coded` gives it: of one entity it is the record itself.

        A record with lines of two entities has two shares, the payer's first. There is none, with the reasons in
        `findings`, where it cannot be coded at all.
        """
        try:
            draft = self._draft(record, books, findings, posted_on, followed)
            shares = () if draft is None else self._shares(draft)
            return tuple(each.coded for each in shares if each is not None)
        except CallerError as error:
            findings.add(ReasonCode.MAPPER_FAILED, str(error))
            return ()

    def _made(
        self, record: Record, books: Books, findings: Findings, posted_on: date | None, followed: Followed | None
    ) -> Post | Skip | None:
        mapper = self._mapper_of(record)
        if mapper is None and self.settings.other_types is OtherTypes.JOURNAL_ENTRY:
            mapper = journal_entry
        if mapper is None:
            findings.add(ReasonCode.TYPE_NOT_SUPPORTED, f"records of the type {record.type} are not mapped")
            return None
        whole = self._draft(record, books, findings, posted_on, followed)
        if whole is None:
            return None
        draft, other = self._shares(whole)
        entity = draft.coded.entity
        if posted_on is None and entity.since is not None and draft.day_of(record.erp_posting_date) < entity.since:
            return draft.skip(SkipCode.BEFORE_START, f"it counts before {entity.since}, where {entity.name} starts")
        if not findings.reasons and not draft.coded.moves_money:
            return draft.skip(SkipCode.NO_MONEY, f"its lines move no money in {draft.coded.currency}")
        # Whatever the mapper, also one of the caller's, or a summary: both bases would count the same expense twice.
        return draft.other_basis() or (
            _mapped(mapper, draft) if other is None else intercompany(partial(_mapped, mapper), draft, other)
        )

    def _mapper_of(self, record: Record) -> Mapper | None:
        return journal_entry if record.type in self.settings.summarise else self.mappers.get(record.type)

    def is_mapped_by_caller(self, record: Record) -> bool:
        """Whether the mapper of a record is none of the package's."""
        mapper = self._mapper_of(record)
        return mapper is not None and mapper not in _OWN

    def _draft(
        self, record: Record, books: Books, findings: Findings, posted_on: date | None, followed: Followed | None
    ) -> Draft | None:
        if followed is not None and followed.missing is not None and self._precedes(followed.record, books):
            followed = attrs.evolve(followed, missing=None)
        coded = code(
            record,
            self.settings,
            books,
            findings,
            followed=followed,
            like=self._like(record),
            choose=self.choose_account,
        )
        zone = self._zone(coded, findings)
        if coded is None:
            return None
        return _draft(
            coded=coded,
            settings=self.settings,
            books=books,
            rates=self._guarded_rates,
            zone=zone,
            posted_on=posted_on,
            findings=findings,
            choose_vendor=self.choose_vendor,
        )

    def _precedes(self, record: Record | None, books: Books) -> bool:
        """Whether a record is older than the export, which never posts it."""
        made = None if record is None else self.outcome(record, books)
        return isinstance(made, Skip) and made.code is SkipCode.BEFORE_START

    def _in_books(self, draft: Draft, *, is_entry: bool = False) -> Draft:
        """The draft in the currency that the settings want, with its tax as they want it; that of an entry is not rounded once."""
        if self._leaves_amounts:
            return draft
        coded = draft.coded
        if self.settings.foreign_currency is ForeignCurrency.SUBSIDIARY:
            coded = in_books_currency(draft)
        if not is_entry and self._rounds_once(coded):
            coded = with_tax_of_document(coded)
        return draft if coded is draft.coded else attrs.evolve(draft, coded=coded)

    def _shares(self, draft: Draft) -> tuple[Draft, Draft | None]:
        """The draft of the payer's share, and that of the other entity where it has one, which becomes an entry."""
        if draft.coded.debt is None:
            return self._in_books(draft), None
        payer, other = (attrs.evolve(draft, coded=each) for each in draft.coded.shares())
        return self._in_books(payer), self._in_books(other, is_entry=True)

    def _like(self, record: Record) -> str:
        """The type whose uncoded lines stand for the same accounts: its own, or of an added one that of its mapper."""
        if record.type in ROLES:
            return record.type
        mapper = self.mappers.get(record.type)
        if mapper is journal_entry:
            return record.type
        alike = (kind for kind, own in DEFAULT_MAPPERS.items() if own is mapper and len(ROLES.get(kind, {})) == 1)
        return next(alike, record.type)

    def _rounds_once(self, coded: CodedRecord) -> bool:
        """Whether tax is rounded once: in documents for which the ledger is told the tax, which it computes for entries."""
        kind = coded.record.type
        return (
            self.settings.tax_rounding is TaxRounding.DOCUMENT
            and kind not in self.settings.summarise
            and len(ROLES.get(kind, {})) == 1
            and kind in DEFAULT_MAPPERS
            and DEFAULT_MAPPERS[kind] is not journal_entry
        )

    @cached_property
    def _own_zone(self) -> tzinfo | None:
        """The time zone of the settings; None where nobody knows it, and where each subsidiary has its own."""
        name = self.settings.time_zone
        return None if name == OF_SUBSIDIARY else zone_of(name, self.zones)

    def _zone(self, coded: CodedRecord | None, findings: Findings) -> tzinfo:
        name, zone = self.settings.time_zone, self._own_zone
        if name == OF_SUBSIDIARY:
            name = coded.subsidiary.timezone if coded is not None else "UTC"
            zone = zone_of(name, self.zones)
        if zone is None:
            findings.add(ReasonCode.NO_TIME_ZONE, f"nobody here knows the time zone {name!r}; {ZONE_ADVICE}")
        return zone or UTC

    def plan(self, records: Iterable[Record], books: Books) -> Plan:
        """What is to be done with many records, in their order."""
        planned, everything = PlannedVendors(self.settings), tuple(records)
        followed = followed_in(everything)
        made = (self.outcome(each, books, followed=followed.get(each.id)) for each in everything)
        return Plan(outcomes=tuple(planned.settled(each) for each in made), books=books)


def _checked(made: Post, draft: Draft) -> Post:
    """What a mapper gave to post: for this record, and with what the export asks every document for."""
    if made.record.id != draft.record.id:
        raise ValueError(f"it gave what is to be posted for {made.record.id}")
    made.document.form()
    return made


def _mapped(mapper: Callable[[Draft], object], draft: Draft) -> Post | Skip | None:
    noted = len(draft.findings.reasons)
    try:
        made = mapper(draft)
        if isinstance(made, Post):
            return made if mapper in _OWN else _checked(made, draft)
    except CallerError:
        raise
    except Exception as error:
        raise failed(_named(draft), error) from error
    if made is None and not draft.findings.reasons:
        missing = draft.findings.missing
        why = f": the document has no {' and no '.join(missing)}" if missing else ""
        draft.refuse(ReasonCode.NOTHING_MAPPED, f"{_named(draft)} gave neither something to post nor a reason{why}")
    if made is None:
        return None
    if isinstance(made, Skip):
        # A reason that a caller's mapper notes may not vanish. Those of the coding are no concern of what is skipped.
        return made if mapper in _OWN or len(draft.findings.reasons) == noted else None
    if isinstance(made, Refuse):
        told = "; ".join(made.texts)
        raise CallerError(
            f"{_named(draft)} gave a Refuse; call draft.refuse(code, text) and return None. It said: {told}"
        )
    raise CallerError(f"{_named(draft)} gave {shortened(repr(made), _MOST_SHOWN)}, which is nothing to post")


def _named(draft: Draft) -> str:
    return f"the mapper of {draft.record.type}"
