"""The snapshot of a month, read from Brex, the ledger and the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, timedelta

import attrs

from brex_accounting import Record
from bridge.billing_amount import rate_billed
from bridge.books import Books
from bridge.callers import zone_of
from bridge.closing.accrual_marks import accrual_mark
from bridge.closing.period import Period
from bridge.closing.snapshot import (
    NOT_CODED,
    AccountLine,
    ClosingRecord,
    DebtorShare,
    DifferenceKind,
    LedgerEntry,
    Snapshot,
    UnreadRecord,
    summed,
)
from bridge.coded_record import CodedRecord
from bridge.decisions import Findings, Post, Refuse, Skip
from bridge.documents.form import Form, form_of_json
from bridge.documents.protocol import Document, Found, Ref, parts_of
from bridge.export.closing.causes import Standings, cause_of
from bridge.export.closing.mappings import Mappings
from bridge.export.closing.purchases import Bought, guarded, nobody_knows
from bridge.export.closing.unread import UnreadObjects
from bridge.export.engine.approvals import reviews
from bridge.export.engine.attempts import Attempt, is_record, last_attempt, summary_subject, was_taken_up
from bridge.export.engine.export import Export
from bridge.export.engine.facts import Standing
from bridge.export.engine.parts import check_is
from bridge.export.engine.standing import State, state_of
from bridge.export.ledgers.rillet import RilletLedger
from bridge.export.ledgers.rillet_entries import Effect, RilletEntries, without_period
from bridge.export.sources.protocol import WholeSource
from bridge.followed import followed_in
from bridge.mappers.draft import day_of
from bridge.mappers.summaries import Member, digest_of
from bridge.postings import signed
from bridge.settings.values import OF_SUBSIDIARY, SettingsError
from clientkit.errors import UnreadableAnswerError
from clientkit.money import product, rounded, total

_ONE_DAY = timedelta(days=1)


def read_snapshot(export: Export, period: Period, *, bought: Bought = nobody_knows) -> Snapshot:
    """Everything that the reports of a close are made from. Nothing is changed anywhere.

    Records do not tell the day of the purchase; `bought` may know it, such as one that `read_purchases` gives. One that raises
    does not know it.

    All records of Brex are read, because any of them may count in the period; of Rillet what changed since two months
    before, and every journal entry of a year before. What the export is told of settings, rates and journal holds here too.

    Raises:
        SettingsError: The settings name what the ledger does not have, or source or ledger cannot show everything.
        ApiError: Brex or Rillet cannot be read.
        JournalError: The journal cannot be read.
    """
    check_is(export, Export, "export", "an Export")
    check_is(period, Period, "period", 'a bridge.closing.Period, such as month("2026-10"),')
    return _Reading(export, period, bought).snapshot()


class _Reading:
    def __init__(self, export: Export, period: Period, bought: Bought) -> None:
        if not isinstance(export.ledger, RilletLedger) or not isinstance(export.source, WholeSource):
            raise SettingsError(("a close needs Rillet as its ledger, and a source that shows every record",))
        self._source, self._ledger, self._journal = export.source, export.ledger, export.journal
        self._bought = guarded(bought)
        self._is_taken, self._period, self._bridge = export.source.is_taken, period, export.bridge
        self._mappings = Mappings(export.bridge)
        self._books: Books = export.ledger.with_reimbursements(export.ledger.with_bills(export.books()))
        self._entries = RilletEntries(export.ledger, self._books, export.bridge.settings)
        self._found = dict[Ref, Found | None]()
        self._claimed = set[Ref]()
        self._unread = UnreadObjects()

    def snapshot(self) -> Snapshot:
        self._found.update((each.ref, each) for each in self._entries.read(self._period))
        for kind, entry in self._entries.unread:
            self._unread.add(kind, entry)
        subjects, unread = self._subjects(), dict[str | None, UnreadRecord]()
        records, seen = dict[str, Record](), list[Record]()
        for page in self._source.everything():
            unread.update((each.id, UnreadRecord(record_id=each.id, why=each.why)) for each in page.unreadable)
            records.update((each.id, each) for each in page.records if each.id in subjects or self._is_near(each))
            seen.extend(each for each in page.records if each.source_id is not None)
        self._followed = followed_in(seen)
        items = {each.source_id for each in records.values() if self._is_near(each)}
        records.update((each.id, each) for each in seen if each.source_id in items)
        known = tuple(self._closing_records(records, subjects))
        read = tuple(each for each in known if self._concerns(each))
        mine = {each.record.id for each in read}
        others = tuple(self._others(read, records, unread))
        return Snapshot(
            period=self._period,
            settings=self._bridge.settings,
            books=self._books,
            records=read,
            others=others,
            balances=self._entries.balances(self._period),
            unread=tuple(unread.values()),
            settled=tuple(each for each in known if each.record.id not in mine and each.record.source_id in items),
            unread_objects=tuple(self._unread),
        )

    def _subjects(self) -> Mapping[str, tuple[Found, ...]]:
        """The objects that name a record of Brex, by its id; those of summaries by their members."""
        subjects = dict[str, tuple[Found, ...]]()
        for each in self._found.values():
            for subject in () if each is None else self._named(each):
                subjects[subject] = (*subjects.get(subject, ()), *([] if each is None else [each]))
        return subjects

    def _named(self, each: Found) -> Iterable[str]:
        if each.mark is not None:
            return (each.mark.subject,)
        if (digest := digest_of(self._entries.title(each))) is not None:
            return [member.record_id for member in self._journal.members(summary_subject(digest))]
        made = self._journal.by_object(each.ref.id)
        return dict.fromkeys(attempt.subject for attempt in made if is_record(attempt.subject))

    def _is_near(self, record: Record) -> bool:
        # A day in another zone is at most one day off.
        period, bought = self._period, self._bought(record)
        days = record.erp_posting_date.date(), record.posted_at.date()
        is_near = any(period.first - _ONE_DAY <= day <= period.last + _ONE_DAY for day in days)
        return is_near or (bought is not None and period.holds(bought))

    def _concerns(self, each: ClosingRecord) -> bool:
        """Whether a record counts in the month, was settled or bought in it, or has an object that counts in it."""
        holds = self._period.holds
        told = (each.day, day_of(each.record.posted_at), *(() if each.bought is None else (each.bought,)))
        is_near = each.is_counted and any(map(holds, told))
        return is_near or any(holds(entry.day) for entry in each.entries)

    def _closing_records(
        self, records: Mapping[str, Record], subjects: Mapping[str, tuple[Found, ...]]
    ) -> Iterator[ClosingRecord]:
        ids = list(records)
        attempts, members = self._journal.attempts_of(ids), self._journal.memberships(ids)
        # A payment of a bill has no mark, so those that a journal knows are taken before others are told by their content.
        order = sorted(records.values(), key=lambda each: (each.id not in attempts, each.erp_posting_date, each.id))
        made = [
            self._closing_record(each, attempts.get(each.id, ()), members.get(each.id, ()), subjects.get(each.id, ()))
            for each in order
        ]
        yield from sorted(made, key=lambda each: (each.day, each.record.id))

    def _closing_record(
        self,
        record: Record,
        attempts: Sequence[Attempt],
        members: Sequence[tuple[str, Member]],
        named: Sequence[Found],
    ) -> ClosingRecord:
        own = tuple(each for each in named if digest_of(self._entries.title(each)) is None)
        stands = () if all(each.is_correction for each in own) else own
        state = state_of(attempts, self._ledger, members, found=stands)
        wanted = [each.ref for each in state.objects]
        there = [each for ref in wanted if (each := self._get(ref)) is not None]
        present = tuple({each.ref: each for each in (*there, *own)}.values())
        unread = self._unread.of(record, wanted, is_there=bool(present))
        day = state.day or next((each.impact_date for each in present), None)
        decision = self._bridge.outcome(record, self._books, posted_on=day, followed=self._followed.get(record.id))
        document = decision.document if isinstance(decision, Post) else None
        if not present and document is not None and not wanted and unread is None:
            present = self._alike(document)
        self._claimed.update(each.ref for each in present)
        own_day, shares = self._coded(record, day, present)
        coded, *others = shares or (None,)
        entries = tuple(self._stands(record, state, members, present, document))
        is_counted = not isinstance(decision, Skip) or bool(present)
        lines = self._lines(record, coded) if is_counted else ()
        theirs = next((each for each in others if is_counted), None)
        known = Standings(
            record=record,
            decision=decision,
            state=state,
            last=last_attempt(attempts),
            present=present,
            gone=tuple(ref for ref in wanted if self._get(ref) is None),
            # Of one that was taken up again, Brex knows from its dismissal.
            is_taken=self._is_taken(record) and not was_taken_up(attempts),
            refusals=() if present else self._journal.refusals(record.id),
            reviews=() if present else reviews(self._journal, record.id),
            unread=unread,
        )
        cause, why = cause_of(known)
        return ClosingRecord(
            record=record,
            subsidiary_id="" if coded is None else coded.subsidiary.id,
            day=own_day,
            lines=lines,
            entries=entries,
            cause=cause,
            why=why,
            entity=None if coded is None else coded.entity,
            is_undecided=known.last is not None and known.last.is_open,
            is_dismissed=state.standing is Standing.DISMISSED,
            bought=self._bought(record),
            without_period=without_period(present[0].raw if present else document),
            debtor=None if theirs is None else self._debtor(record, theirs),
            original=self._original(record, coded) if lines and theirs is None else (),
            is_billed=coded is not None and rate_billed(record, coded.subsidiary.currency) is not None,
            reasons=tuple(each.code for each in decision.reasons) if isinstance(decision, Refuse) else (),
            is_refused=known.is_refused,
            is_held=known.is_held,
            is_counted=is_counted,
        )

    def _original(self, record: Record, coded: CodedRecord | None) -> tuple[AccountLine, ...]:
        """What a record in a foreign currency says in it."""
        if coded is None or record.amount.currency == coded.subsidiary.currency:
            return ()
        followed = self._followed.get(record.id)
        own = self._mappings.unconverted.coded(record, self._books, Findings(), followed=followed)
        return self._lines(record, own)

    def _alike(self, document: Document) -> tuple[Found, ...]:
        """Of objects that carry no mark, such as payments of a bill, one that says the same and is no other record's."""
        if "/" not in document.kind:
            return ()
        form = document.form()
        same = (
            each
            for ref, each in self._found.items()
            if each is not None and ref.kind == document.kind and ref not in self._claimed and each.form.equals(form)
        )
        first = next(same, None)
        return () if first is None else (first,)

    def _debtor(self, record: Record, coded: CodedRecord) -> DebtorShare:
        return DebtorShare(subsidiary_id=coded.subsidiary.id, entity=coded.entity, lines=self._lines(record, coded))

    def _coded(
        self, record: Record, day: date | None, present: Sequence[Found]
    ) -> tuple[date, tuple[CodedRecord, ...]]:
        rates = [rate for each in present if (rate := self._entries.rate_of(each)) is not None]
        bridge = self._mappings.converting(rates)
        shares = bridge.shares(record, self._books, Findings(), posted_on=day, followed=self._followed.get(record.id))
        name = self._bridge.settings.time_zone
        if name == OF_SUBSIDIARY:
            name = shares[0].subsidiary.timezone if shares else "UTC"
        return day_of(record.erp_posting_date, zone_of(name, self._bridge.zones) or UTC), shares

    def _lines(self, record: Record, coded: CodedRecord | None) -> tuple[AccountLine, ...]:
        """What a record says; what nobody has coded is on the account ``""``."""
        if coded is None:
            amount = record.amount
            return summed([AccountLine(account=NOT_CODED, amount=amount.amount, currency=amount.currency)])
        lines = [
            AccountLine(
                account=each.account, amount=signed(each.amount, each.side), currency=each.currency, fields=each.fields
            )
            for each in coded.known_postings(self._books)
        ]
        rest = total(each.amount for each in lines).copy_negate()
        uncoded = [
            AccountLine(
                account=NOT_CODED,
                amount=signed(each.line.amount.amount, each.line.type),
                currency=coded.currency,
                fields=frozenset(each.fields),
            )
            for each in coded.lines
            if each.account is None and coded.role_of(each) is None
        ]
        # Lines that do not balance leave a rest that no line has.
        if total(each.amount for each in uncoded) != rest:
            uncoded = [AccountLine(account=NOT_CODED, amount=rest, currency=coded.currency)]
        return summed([*lines, *uncoded], with_fields=True)

    def _stands(
        self,
        record: Record,
        state: State,
        members: Sequence[tuple[str, Member]],
        present: Sequence[Found],
        document: Document | None,
    ) -> Iterator[LedgerEntry]:
        """What its objects do; of a summary its share alone."""
        for each in present:
            base = state.base
            is_share = state.is_member and base is not None and each.ref == base.ref
            form = _member_form(members) if is_share else each.form
            parts = () if document is None or form is None else parts_of(document)
            postings = next((part.postings() for part in parts if form is not None and part.form().equals(form)), None)
            if is_share and postings is None:
                yield from self._share(each, form, record.id)
                continue
            for effect in self._entries.effects(each, postings):
                yield _entry(each.ref, effect, record_id=record.id)

    def _share(self, each: Found, form: Form | None, record_id: str) -> Iterator[LedgerEntry]:
        """A member's share of a summary, from what the journal has of it."""
        rate = self._entries.rate_of(each)
        for effect in self._entries.effects(each):
            currency = self._currency(effect.subsidiary_id)
            amounts = (
                AccountLine(
                    account=line.account,
                    amount=line.amount if rate is None else rounded(product(line.amount, rate.rate), currency),
                    currency=currency,
                )
                for line in (() if form is None else form.lines)
            )
            yield _entry(each.ref, attrs.evolve(effect, lines=summed(amounts)), record_id=record_id)

    def _currency(self, subsidiary_id: str) -> str:
        known = self._books.subsidiary(subsidiary_id)
        return known.currency if known is not None else ""

    def _others(
        self,
        read: Sequence[ClosingRecord],
        records: Mapping[str, Record],
        unread: Mapping[str | None, UnreadRecord],
    ) -> Iterator[LedgerEntry]:
        """What no record of Brex stands behind, and what somebody has added to a summary."""
        shares = dict[Ref, list[LedgerEntry]]()
        for share in (entry for each in read for entry in each.entries):
            shares.setdefault(share.ref, []).append(share)
        for each in [found for found in self._found.values() if found is not None]:
            digest = digest_of(self._entries.title(each))
            if digest is not None:
                yield from self._rest_of_summary(each, summary_subject(digest), records, shares.get(each.ref, ()))
            elif each.ref not in self._claimed:
                for effect in self._entries.effects(each):
                    yield self._foreign(each, effect, unread)

    def _rest_of_summary(
        self, each: Found, subject: str, records: Mapping[str, Record], shares: Sequence[LedgerEntry]
    ) -> Iterator[LedgerEntry]:
        lost = list[LedgerEntry]()
        for member in self._journal.members(subject):
            if member.record_id not in records and member.form is not None:
                lost += self._share(each, form_of_json(member.form), member.record_id)
        for entry in lost:
            why = f"Brex has no record {entry.record_id}, which the summary was posted for"
            yield attrs.evolve(entry, why=why)
        for effect in self._entries.effects(each):
            known = (line for share in (*shares, *lost) if share.day == effect.day for line in share.lines)
            less = (attrs.evolve(line, amount=line.amount.copy_negate()) for line in known)
            if rest := summed((*effect.lines, *less)):
                entry = _entry(each.ref, attrs.evolve(effect, lines=rest))
                why = "the summary has something else than its records"
                yield attrs.evolve(entry, cause=DifferenceKind.CHANGED_IN_RILLET, why=why)

    def _foreign(self, each: Found, effect: Effect, unread: Mapping[str | None, UnreadRecord]) -> LedgerEntry:
        entry = _entry(each.ref, effect)
        accrual = accrual_mark(self._entries.title(each))
        if accrual is not None:
            return attrs.evolve(entry, cause=DifferenceKind.ACCRUED, why=effect.name)
        subject = self._subject(each)
        if subject is None:
            return attrs.evolve(entry, why=effect.name or "nobody here made it")
        why = f"its record {subject} cannot be read" if subject in unread else f"Brex has no record {subject}"
        return attrs.evolve(entry, record_id=subject, why=why)

    def _subject(self, each: Found) -> str | None:
        named = each.mark.subject if each.mark is not None else None
        made = (attempt.subject for attempt in self._journal.by_object(each.ref.id) if is_record(attempt.subject))
        return named or next(made, None)

    def _get(self, ref: Ref) -> Found | None:
        if ref not in self._found:
            try:
                self._found[ref] = self._ledger.get(ref)
            except UnreadableAnswerError as error:
                self._found[ref] = None
                self._unread.add_object(ref, error.reason)
        return self._found[ref]


def _entry(ref: Ref, effect: Effect, *, record_id: str | None = None) -> LedgerEntry:
    return LedgerEntry(
        ref=ref,
        subsidiary_id=effect.subsidiary_id,
        day=effect.day,
        lines=effect.lines,
        name=effect.name,
        is_converted=effect.is_converted,
        record_id=record_id,
    )


def _member_form(members: Sequence[tuple[str, Member]]) -> Form | None:
    """What was posted for a member of a summary, None where an old journal does not tell."""
    told = [member.form for _, member in members if member.form is not None]
    return form_of_json(told[-1]) if told else None
