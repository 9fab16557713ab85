"""Everything that Rillet has posted in a period, object by object, and what each object does to the accounts.

What charges, bills and their payments do is not told by Rillet's API; it is computed here as `bridge.documents.rillet` does
for documents that are sent. The trial balance says whether that is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeVar

import attrs

import rillet
from brex_accounting import Side
from bridge.books import Books
from bridge.closing.period import Period
from bridge.closing.snapshot import AccountLine, summed
from bridge.documents.form import form
from bridge.documents.protocol import Found, Ref
from bridge.documents.rillet_forms import (
    BILLS,
    CHARGES,
    JOURNAL_ENTRIES,
    REIMBURSEMENTS,
    VENDOR_CREDITS,
    RilletObject,
    found,
)
from bridge.documents.rillet_items import TaxedItem, posting, postings_of
from bridge.export.ledgers.rillet import RilletLedger
from bridge.export.ledgers.rillet_books import entry_of
from bridge.master_data import Subsidiary
from bridge.postings import Posting, signed
from bridge.settings.choices import Role
from bridge.settings.values import Settings
from clientkit.money import allot, product, total
from clientkit.paging import Pager
from clientkit.tolerance import Unreadable
from rillet import (
    Bill,
    BillPayment,
    BillStatus,
    Charge,
    DocumentStatus,
    ExchangeRate,
    ExpenseItem,
    JournalEntry,
    Money,
    NewExpenseItem,
    Reimbursement,
    ReimbursementPayment,
    ReportingJournalEntry,
    TaxType,
    VendorCredit,
)

T = TypeVar("T")

_PAYABLE = "Accounts Payable"
# What a snapshot of the books calls objects that count in a month.
_KINDS = {"bill": BILLS, "reimbursement": REIMBURSEMENTS}

# An entry counts again on its reversal date, which may be long after its own day.
_LONGEST_REVERSAL = timedelta(days=366)
# Objects are found by the time of their last change: what was dated into the period longer before it is not.
_DATED_AHEAD = timedelta(days=62)


@attrs.frozen(kw_only=True)
class Effect:
    """What one object does on a day, in the currency of its subsidiary; `name` is what people know it by."""

    day: date
    subsidiary_id: str
    lines: tuple[AccountLine, ...]
    name: str
    is_converted: bool = False


class RilletEntries:
    """The objects of a Rillet organization that count in a period or may do so."""

    def __init__(self, ledger: RilletLedger, books: Books, settings: Settings) -> None:
        self._ledger, self._client = ledger, ledger.client
        self._books, self._settings = books, settings
        self._subsidiaries = {each.id: each for each in books.subsidiaries}
        self._bills = {each.id: each for each in books.bills if isinstance(each, Bill)}
        self._reimbursements = {each.id: each for each in books.reimbursements if isinstance(each, Reimbursement)}
        self._reported = dict[str, ReportingJournalEntry]()
        #: What `read` met and cannot be read, with the kind of each object.
        self.unread = [(_KINDS[each.kind], each) for each in books.unreadable if each.kind in _KINDS]

    def read(self, period: Period) -> tuple[Found, ...]:
        """Every object, of all kinds. Raises `ApiError`."""
        since = datetime.combine(period.first, time(), UTC) - _DATED_AHEAD
        charges = self._read(CHARGES, self._client.charges.list(updated_after=since, limit=100))
        given_back = self._read(VENDOR_CREDITS, self._client.vendor_credits.list(updated_after=since, limit=100))
        documents: dict[str, Iterable[Charge | Reimbursement | Bill | VendorCredit]] = {
            CHARGES: charges,
            REIMBURSEMENTS: self._reimbursements.values(),
            BILLS: self._bills.values(),
            VENDOR_CREDITS: given_back,
        }
        read = [self._found(kind, each) for kind, listing in documents.items() for each in listing]
        read += self._payments(since)
        entries = self._entries(period, since)
        read += [self._found(JOURNAL_ENTRIES, each) for each in entries.values()]
        return (*read, *self._unlisted(period, entries, read))

    def balances(self, period: Period) -> Mapping[tuple[str, str], Decimal]:
        """What the trial balances say happened: debits less credits by subsidiary and account. Raises `ApiError`."""
        told = dict[tuple[str, str], Decimal]()
        for subsidiary in self._books.subsidiaries:
            balance = self._client.reports.trial_balance(
                from_date=period.first, to_date=period.last, subsidiary_id=subsidiary.id
            )
            for each in balance.accounts:
                moved = total((each.debit_total.amount, each.credit_total.amount.copy_negate()))
                if moved or each.debit_total.amount:
                    told[subsidiary.id, each.code] = moved
        return told

    def effects(self, each: Found, postings: Sequence[Posting] | None = None) -> tuple[Effect, ...]:
        """What an object does; a journal entry with a reversal date does it again that day, the other way.

        `postings` are what it is known to do in its own currency, where that is known better than from itself.
        """
        raw = each.raw
        subsidiary = self._subsidiary_of(raw)
        if subsidiary is None or each.impact_date is None:
            return ()
        rate = self._rate_of(raw)
        shown = self._postings(raw, subsidiary) if postings is None else postings
        lines = _local(shown, rate, subsidiary.currency)
        reported = self._reported.get(each.ref.id)
        if reported is not None and rate is not None and postings is None:
            lines = _as_reported(reported)
        effect = Effect(
            day=each.impact_date,
            subsidiary_id=subsidiary.id,
            lines=summed(lines),
            name=_name(raw),
            is_converted=rate is not None,
        )
        back = raw.reversal_date if isinstance(raw, JournalEntry) else None
        if back is None:
            return (effect,)
        opposite = tuple(attrs.evolve(line, amount=line.amount.copy_negate()) for line in effect.lines)
        return effect, attrs.evolve(effect, day=back, lines=opposite, name=f"reversal of {effect.name}")

    def title(self, each: Found) -> str:
        """The name of a journal entry, empty for anything else."""
        return each.raw.name if isinstance(each.raw, JournalEntry | ReportingJournalEntry) else ""

    def rate_of(self, each: Found) -> ExchangeRate | None:
        """The rate at which an object was converted."""
        return self._rate_of(each.raw)

    def _read(self, kind: str, listing: Pager[T]) -> Iterator[T]:
        """What of a listing can be read; the rest is noted."""
        for each in listing.tolerant():
            if not isinstance(each, Unreadable):
                yield each
            elif each.id is None or all(each.id != known.id for _, known in self.unread):
                self.unread.append((kind, entry_of(kind, each)))

    def _found(self, kind: str, value: RilletObject) -> Found:
        return found(kind, value, reference_type=self._ledger.reference_type)

    def _payments(self, since: datetime) -> Iterator[Found]:
        for bill in self._bills.values():
            is_recent = bill.updated_at is None or bill.updated_at >= since
            if is_recent and bill.status != BillStatus.UNPAID:
                kind = f"{BILLS}/{bill.id}/payments"
                for paid in self._read(kind, self._client.bills.list_payments(bill.id)):
                    yield self._found(kind, paid)
        for each in self._reimbursements.values():
            is_recent = each.updated_at is None or each.updated_at >= since
            if is_recent and each.status != DocumentStatus.UNPAID:
                kind = f"{REIMBURSEMENTS}/{each.id}/payments"
                for back in self._read(kind, self._client.reimbursements.list_payments(each.id)):
                    # Its own answer need not tell the reimbursement.
                    yield self._found(kind, attrs.evolve(back, reimbursement_id=each.id))

    def _entries(self, period: Period, since: datetime) -> dict[str, JournalEntry]:
        listing = self._client.journal_entries
        dated = listing.list(from_date=period.first - _LONGEST_REVERSAL, to_date=period.last, limit=100)
        changed = listing.list(updated_after=since, limit=100)
        read = (each for pager in (changed, dated) for each in self._read(JOURNAL_ENTRIES, pager))
        return {each.id: each for each in read}

    def _unlisted(
        self, period: Period, entries: Mapping[str, JournalEntry], documents: Sequence[Found]
    ) -> Iterator[Found]:
        """Reported entries that are none of the objects; what mirrors a document is that document's own entry."""
        for subsidiary in self._books.subsidiaries:
            reported = self._client.reports.journal_entries(
                subsidiary_id=subsidiary.id, from_date=period.first, to_date=period.last, limit=100
            )
            # The trial balance has what one says that cannot be read.
            rows = (each for each in reported.tolerant() if not isinstance(each, Unreadable))
            self._reported.update((each.id, each) for each in rows)
        mirrors = Counter(
            (effect.subsidiary_id, effect.day, effect.lines)
            for each in documents
            if each.ref.kind != JOURNAL_ENTRIES
            for effect in self.effects(each)
        )
        ids = {each.ref.id for each in documents}
        for each in self._reported.values():
            if each.id in entries or each.id in ids:
                continue
            mirror = each.subsidiary_id or "", each.date, summed(_as_reported(each))
            if mirrors[mirror]:
                mirrors[mirror] -= 1
            else:
                yield _reported_found(each)

    def _subsidiary_of(self, raw: object) -> Subsidiary | None:
        match raw:
            case Charge() | Reimbursement() | Bill() | JournalEntry() | VendorCredit() | ReportingJournalEntry():
                wanted = raw.subsidiary_id
            case BillPayment():
                return self._subsidiary_of(self._bills.get(raw.bill_id))
            case ReimbursementPayment():
                return self._subsidiary_of(self._reimbursements.get(raw.reimbursement_id or ""))
            case _:
                return None
        if wanted is None and len(self._subsidiaries) == 1:
            return next(iter(self._subsidiaries.values()))
        return self._subsidiaries.get(wanted or "")

    def _rate_of(self, raw: object) -> ExchangeRate | None:
        match raw:
            case Charge() | Reimbursement() | Bill() | JournalEntry():
                return raw.exchange_rate
            case BillPayment():
                return self._rate_of(self._bills.get(raw.bill_id))
            case ReimbursementPayment():
                return self._rate_of(self._reimbursements.get(raw.reimbursement_id or ""))
            case _:
                return None

    def _postings(self, raw: object, subsidiary: Subsidiary) -> Sequence[Posting]:
        match raw:
            case Charge() | Reimbursement() | Bill():
                return postings_of(self._taxed(raw.items, subsidiary), self._against(raw, subsidiary))
            case VendorCredit():
                return _opposite(postings_of(self._taxed(_lines_of(raw), subsidiary), self._payable(subsidiary)))
            case BillPayment() | ReimbursementPayment():
                return _payment(raw, self._against(raw, subsidiary))
            case JournalEntry():
                return [_entry_posting(each.account_code, each.side, each.amount) for each in raw.items]
            case ReportingJournalEntry():
                return [_entry_posting(each.account_code, each.side, each.local_amount) for each in raw.items]
            case _:
                return ()

    def _against(
        self, raw: Charge | Reimbursement | Bill | BillPayment | ReimbursementPayment, subsidiary: Subsidiary
    ) -> str:
        """The account that stands against a document's lines; Rillet tells that of charges alone."""
        match raw:
            case Charge():
                return raw.credit_card_account_code or ""
            case Reimbursement() | ReimbursementPayment():
                return self._account(Role.REIMBURSEMENT, subsidiary)
            case _:
                return self._payable(subsidiary)

    def _taxed(self, items: Iterable[ExpenseItem], subsidiary: Subsidiary) -> tuple[TaxedItem | ExpenseItem, ...]:
        return tuple(self._item(each, subsidiary) for each in items)

    def _item(self, item: ExpenseItem, subsidiary: Subsidiary) -> TaxedItem | ExpenseItem:
        account = self._account(Role.TAX, subsidiary) or None
        if item.tax_rate is None or item.tax_rate.type != TaxType.VAT or account is None:
            return item
        return TaxedItem(
            account_code=item.account_code, amount=item.amount, tax_rate=item.tax_rate, tax_account_code=account
        )

    def _payable(self, subsidiary: Subsidiary) -> str:
        return self._account(Role.ACCOUNTS_PAYABLE, subsidiary) or next(
            (each.code for each in self._books.accounts if each.subtype == _PAYABLE), ""
        )

    def _account(self, role: Role, subsidiary: Subsidiary) -> str:
        for entity in self._settings.entities:
            known, wanted = self._books.subsidiary(entity.subsidiary), entity.account(role)
            account = None if wanted is None else self._books.account(wanted)
            if known is not None and known.id == subsidiary.id and account is not None:
                return account.code
        return ""


def without_period(document: object) -> Decimal:
    """What a document, sent or found, spends on lines without a service period."""
    items: Iterable[object] = getattr(document, "items", ())
    lines = [each for each in items if isinstance(each, ExpenseItem | NewExpenseItem)]
    return total(each.amount.amount for each in lines if each.service_period is None)


def _local(postings: Sequence[Posting], rate: ExchangeRate | None, currency: str) -> list[AccountLine]:
    """Postings in the currency of the books; the rounding of each side is spread over it."""
    if rate is None:
        return [
            AccountLine(account=each.account, amount=signed(each.amount, each.side), currency=currency)
            for each in postings
        ]
    lines = list[AccountLine]()
    for side in (Side.DEBIT, Side.CREDIT):
        mine = [each for each in postings if each.side == side]
        amounts = allot([product(each.amount, rate.rate) for each in mine], currency)
        for each, amount in zip(mine, amounts, strict=True):
            lines.append(AccountLine(account=each.account, amount=signed(amount, side), currency=currency))
    return lines


def _as_reported(entry: ReportingJournalEntry) -> list[AccountLine]:
    lines = [_entry_posting(each.account_code, each.side, each.local_amount) for each in entry.items]
    currency = lines[0].currency if lines else ""
    one = ExchangeRate(base=currency, target=currency, rate=Decimal(1), date=entry.date)
    # Local amounts can have more places than their currency.
    return _local(lines, one, currency)


def _entry_posting(account: str, side: rillet.Side, amount: Money) -> Posting:
    negative = side != rillet.Side.DEBIT
    return posting(account, Money(amount.amount.copy_negate() if negative else amount.amount, amount.currency))


def _payment(raw: BillPayment | ReimbursementPayment, payable: str) -> Sequence[Posting]:
    negative = Money(raw.amount.amount.copy_negate(), raw.amount.currency)
    return posting(payable, raw.amount), posting(raw.account_code or "", negative)


def _opposite(postings: Iterable[Posting]) -> list[Posting]:
    other = {Side.DEBIT: Side.CREDIT, Side.CREDIT: Side.DEBIT}
    return [attrs.evolve(each, side=other[each.side]) for each in postings]


def _lines_of(credit: VendorCredit) -> Iterator[ExpenseItem]:
    for each in credit.line_items:
        yield ExpenseItem(id=each.id, account_code=each.account_code, amount=each.amount, tax_rate=each.tax_rate)


def _reported_found(entry: ReportingJournalEntry) -> Found:
    return Found(
        ref=Ref(kind=JOURNAL_ENTRIES, id=entry.id),
        form=form(JOURNAL_ENTRIES, (), {"day": entry.date.isoformat()}),
        impact_date=entry.date,
        is_free=False,
        raw=entry,
    )


def _name(raw: object) -> str:
    match raw:
        case JournalEntry() | ReportingJournalEntry():
            return raw.name
        case Bill():
            return f"bill {raw.expense_number}"
        case VendorCredit():
            return f"vendor credit {raw.credit_number}"
        case Charge() | Reimbursement():
            texts = (each.description for each in raw.items)
            return next((text for text in texts if text), "")
        case _:
            return ""
