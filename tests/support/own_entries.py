"""Entries of a ledger of a caller's own: what `support.pocket` and `support.acme` have in common."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Self

import attrs
from typing_extensions import override

from brex_accounting import Amount, Side
from bridge import (
    Books,
    Draft,
    Entity,
    Form,
    FormLine,
    Found,
    Origin,
    PlannedVendor,
    Post,
    Posting,
    Ref,
    form,
    mark_of_name,
)
from bridge.export import Attempt, File, LookUp, Sent
from clientkit import Model, Request


@attrs.frozen(kw_only=True)
class Line(Model):
    account: str
    amount: Decimal
    currency: str


@attrs.frozen(kw_only=True)
class NewEntry(Model):
    memo: str
    day: date
    lines: tuple[Line, ...]


def entry_form(day: date, lines: Sequence[Line]) -> Form:
    """What an entry says about the books."""
    shown = [FormLine(account=each.account, amount=each.amount, currency=each.currency) for each in lines]
    return form("entries", shown, {"day": day.isoformat()})


@attrs.frozen(kw_only=True)
class EntryDocument:
    """An entry for one record. `party` is not part of it, but has to be there first."""

    kind: str = attrs.field(default="entries", init=False)
    noun: str = attrs.field(default="entry", init=False)
    origin: Origin
    impact_date: date
    lines: tuple[Line, ...]
    party: str | PlannedVendor | None = None

    @property
    def memo(self) -> str:
        return self.origin.name("expense", self.form().digest())

    @property
    def payload(self) -> NewEntry:
        return NewEntry(memo=self.memo, day=self.impact_date, lines=self.lines)

    def form(self) -> Form:
        return entry_form(self.impact_date, self.lines)

    def create(self) -> Request[Any]:
        return Request(method="POST", path="/entries", body=self.payload, returns=bytes)

    def postings(self) -> tuple[Posting, ...]:
        return tuple(
            Posting(
                account=each.account,
                side=Side.DEBIT if each.amount > 0 else Side.CREDIT,
                amount=abs(each.amount),
                currency=each.currency,
            )
            for each in self.lines
        )

    def spent(self) -> tuple[Amount, ...]:
        return ()

    def with_vendor(self, vendor: str | PlannedVendor, /) -> Self:
        return attrs.evolve(self, party=vendor)

    def replace(self, present: Found) -> Request[Any]:
        raise TypeError(f"{present.ref} stays")

    def correction(self, lines: tuple[FormLine, ...], day: date) -> None:
        del lines, day

    def corrected(self, base: Form, corrections: Sequence[Form]) -> Form | None:
        del base, corrections
        return None


@attrs.frozen(kw_only=True)
class CorrectedEntry(EntryDocument):
    """An entry that a correcting one can follow: the `total` of that is what the entry says with it."""

    total: Form | None = None

    @property
    @override
    def memo(self) -> str:
        own = self.form().digest()
        if self.total is None:
            return self.origin.name("expense", own)
        return self.origin.name_of_correction("correction", self.total.digest(), own)

    @override
    def correction(self, lines: tuple[FormLine, ...], day: date) -> Any:
        made = tuple(Line(account=each.account, amount=each.amount, currency=each.currency) for each in lines)
        return attrs.evolve(self, impact_date=day, lines=made, total=self.form())

    @override
    def corrected(self, base: Form, corrections: Sequence[Form]) -> Form | None:
        return form(base.kind, [line for each in (base, *corrections) for line in each.lines], base.head)


def lines_of(draft: Draft) -> tuple[Line, ...]:
    """The record's own postings."""
    return tuple(
        Line(
            account=each.account,
            amount=each.amount if each.side == Side.DEBIT else -each.amount,
            currency=each.currency,
        )
        for each in draft.coded.known_postings(draft.books)
    )


def found_entry(entry_id: str, entry: NewEntry) -> Found:
    """An entry as the engine knows it."""
    return Found(
        ref=Ref(kind="entries", id=entry_id),
        form=entry_form(entry.day, entry.lines),
        impact_date=entry.day,
        is_free=True,
        mark=mark_of_name(entry.memo),
        raw=entry,
    )


def named_by(found: Iterable[Found], subjects: Collection[str]) -> LookUp:
    """The entries whose marks name one of the records."""
    by_subject = dict[str, tuple[Found, ...]]()
    for each in found:
        if each.mark is not None and each.mark.subject in subjects:
            by_subject[each.mark.subject] = (*by_subject.get(each.mark.subject, ()), each)
    return LookUp(by_subject=by_subject)


@attrs.frozen(kw_only=True)
class Account:
    id: str
    code: str
    name: str
    type: str
    subtype: str | None = None
    status: str = "ACTIVE"


@attrs.frozen(kw_only=True)
class Company:
    id: str = "acme"
    trade_name: str = "Acme Inc."
    currency: str = "USD"
    timezone: str = "UTC"


CHART = (
    Account(id="1", code="6100", name="Software", type="EXPENSE"),
    Account(id="2", code="2100", name="Brex Card", type="LIABILITY", subtype="Credit Card"),
    Account(id="3", code="2110", name="Owed to people", type="LIABILITY"),
)
US = Entity(name="US", subsidiary="Acme Inc.", card_account="2100", reimbursement_account="2110")


class EntriesAlone:
    """What a ledger says that has a chart and entries, and no bills, files or parts of documents."""

    name = "Own Books"

    def snapshot(self) -> Books:
        return Books(accounts=CHART, subsidiaries=(Company(),), ledger=self.name)

    def with_bills(self, books: Books) -> Books:
        return books

    def with_reimbursements(self, books: Books) -> Books:
        return books

    def with_planned(self, books: Books, posts: Sequence[Post]) -> Books:
        del posts
        return books

    def without(self, found: Found, parts: Collection[Ref]) -> Found:
        del parts
        return found

    def alike(self, ref_kind: str, form: Form) -> tuple[Found, ...]:
        del ref_kind, form
        return ()

    def upload(self, attempt: Attempt, ref: Ref, file: File) -> Sent:
        raise TypeError(attempt, ref, file)
