"""Records as general journals: the document that the export posts and compares, and the mapper that makes it. All pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Self

import attrs

from brex_accounting import Amount, RecordType, Side
from bridge import (
    DEFAULT_MAPPERS,
    CodedLine,
    Draft,
    Form,
    FormLine,
    Found,
    Mapper,
    Origin,
    PlannedVendor,
    Post,
    Posting,
    ReasonCode,
    Role,
    form,
)
from clientkit import Request
from syspro.client import JournalLine, JournalOperations, NewJournal

#: The only kind of document that goes into this ledger.
JOURNALS = "journals"

_OF_MERCHANTS = frozenset({RecordType.CARD_EXPENSE_POST, RecordType.CARD_EXPENSE_REFUND})


def form_of(journal: NewJournal) -> Form:
    """What a journal says about the books, whether it is to be posted or stands in the ledger."""
    lines = (FormLine(account=each.account, amount=each.amount, currency=journal.currency) for each in journal.lines)
    return form(JOURNALS, lines, {"day": journal.day.isoformat(), "party": journal.supplier})


@attrs.frozen(kw_only=True)
class JournalDocument:
    """A general journal for the record of `origin`; `party` is the supplier, where the record has one."""

    kind: str = attrs.field(default=JOURNALS, init=False)
    noun: str = attrs.field(default="journal", init=False)

    origin: Origin
    impact_date: date
    currency: str
    lines: tuple[JournalLine, ...]
    party: str | PlannedVendor | None = None

    @property
    def payload(self) -> NewJournal:
        """What SYSPRO gets; a supplier that has to be created is ``new:`` and its key."""
        return NewJournal(
            day=self.impact_date,
            currency=self.currency,
            lines=self.lines,
            reference=self.origin.record_id,
            supplier=f"new:{self.party.key}" if isinstance(self.party, PlannedVendor) else self.party,
        )

    def with_vendor(self, vendor: str | PlannedVendor, /) -> Self:
        """The journal for another supplier."""
        return attrs.evolve(self, party=vendor)

    def postings(self) -> tuple[Posting, ...]:
        """The lines as they are."""
        return tuple(
            Posting(
                account=each.account,
                side=Side.DEBIT if each.amount > 0 else Side.CREDIT,
                amount=each.amount.copy_abs(),
                currency=self.currency,
            )
            for each in self.lines
        )

    def spent(self) -> tuple[Amount, ...]:
        """Nothing: a journal does not tell which of its lines are spending."""
        return ()

    def form(self) -> Form:
        """The canonical form."""
        return form_of(self.payload)

    def create(self) -> Request[Any]:
        """Post it. Raises `ValueError` while its supplier has to be created."""
        if isinstance(self.party, PlannedVendor):
            raise ValueError(f"the supplier {self.party.key!r} has to be created first")  # noqa: TRY004 - its state is wrong
        return JournalOperations.post.build(self.payload)

    def replace(self, present: Found) -> Request[Any]:
        """Raises `TypeError`: what is posted stays."""
        raise TypeError(f"SYSPRO does not replace {present.ref}")

    def correction(self, lines: tuple[FormLine, ...], day: date) -> JournalDocument | None:
        """A journal of what is different, which is how a ledger that changes nothing is put right."""
        if not lines or any(each.currency != self.currency for each in lines):
            return None
        entry = (JournalLine(account=each.account, amount=each.amount, narration="Correction") for each in lines)
        return attrs.evolve(self, lines=tuple(entry), impact_date=day)

    def corrected(self, base: Form, corrections: Sequence[Form]) -> Form | None:
        """The sum of all lines."""
        return form(base.kind, [line for each in (base, *corrections) for line in each.lines], base.head)


def mappers(*, creates_suppliers: bool) -> Mapping[str, Mapper]:
    """For a `Bridge`: every type of record becomes a general journal.

    `creates_suppliers` tells whether a merchant that SYSPRO does not have becomes a supplier, or is refused.
    """
    return dict.fromkeys(DEFAULT_MAPPERS, partial(general_journal, creates_suppliers=creates_suppliers))


def general_journal(draft: Draft, *, creates_suppliers: bool) -> Post | None:
    """The record's own postings as a journal. Accounts and supplier are checked here, before anything is sent."""
    ours = draft.coded.subsidiary.currency
    if draft.coded.currency != ours:
        text = f"it is in {draft.coded.currency}, and journals are in {ours}; set foreign_currency to subsidiary"
        draft.refuse(ReasonCode.NO_EXCHANGE_RATE, text)
    return draft.finish(
        JournalDocument,
        currency=draft.coded.currency,
        lines=tuple(_lines(draft)) or None,
        party=_supplier(draft, creates=creates_suppliers),
    )


def _supplier(draft: Draft, *, creates: bool) -> str | PlannedVendor | None:
    if draft.record.type in _OF_MERCHANTS:
        supplier = draft.merchant()
    else:
        supplier = draft.supplier() if draft.record.type == RecordType.BILL_EXPENSE else None
    if isinstance(supplier, PlannedVendor) and not creates:
        text = f"SYSPRO has no supplier {supplier.vendor.name!r}; create it there, or name another one in [[vendors]]"
        draft.refuse(ReasonCode.NO_VENDOR, text)
    return supplier


def _lines(draft: Draft) -> Iterator[JournalLine]:
    for each in draft.coded.lines:
        _check_accounts(each, draft)
        # One line at a time, so that its postings (it has several where tax is parted off) are known to be its own.
        for posting in attrs.evolve(draft.coded, lines=(each,)).known_postings(draft.books):
            signed = posting.amount if posting.side == Side.DEBIT else posting.amount.copy_negate()
            yield JournalLine(account=posting.account, amount=signed, narration=_narration(posting, draft))


def _check_accounts(each: CodedLine, draft: Draft) -> None:
    """Note the accounts that are missing; coding has checked those that somebody chose."""
    role = draft.coded.role_of(each)
    if not each.is_coded and role is not None:
        draft.account(role)
    elif not each.is_coded and each.line.amount.amount:
        text = f"a {each.line.type.lower()} line has no general ledger account; code it in Brex"
        draft.refuse(ReasonCode.UNCODED_LINE, text, each.line.id)
    if each.tax is not None and each.tax.is_parted:
        draft.account(Role.TAX)


def _narration(posting: Posting, draft: Draft) -> str:
    """Who paid, how much, for what, and to whom: the context that people reconcile with."""
    user, vendor = draft.record.user, draft.record.vendor
    account = draft.books.account(posting.account)
    parts = (
        f"{user.first_name.strip()} {user.last_name.strip()}".strip() if user is not None else "",
        f"{posting.amount:f} {posting.currency}",
        account.name if account is not None else "",
        vendor.name.strip() if vendor is not None else "",
    )
    return ", ".join(part for part in parts if part)
