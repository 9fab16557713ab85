"""A record on its way to a document, and what all mappers ask of it: accounts, vendors, days and rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

import attrs

from brex_accounting import Record, RecordType
from bridge.billing_amount import rate_billed
from bridge.books import Books
from bridge.callers import CallerError, ChooseVendor, Rates, no_rates, no_vendor, vendor_chosen
from bridge.coded_record import CodedLine, CodedRecord
from bridge.coding import unread_account
from bridge.decisions import Findings, Post, ReasonCode, Skip, SkipCode
from bridge.documents.marks import Origin
from bridge.documents.protocol import Document, PlannedVendor
from bridge.master_data import INACTIVE, Account
from bridge.rates import WINDOW
from bridge.settings.choices import Basis, CardHolder, ClosedPeriod, Role
from bridge.settings.values import Settings
from bridge.values import ExchangeRate
from bridge.vendors import matching
from clientkit.making import maker
from clientkit.money import is_rounded, product, rounded, total

_REIMBURSEMENT_OF = {
    Basis.ACCRUAL: RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
    Basis.CASH: RecordType.REIMBURSEMENT_EXPENSE_POST,
}


_OF_A_BASIS = frozenset(_REIMBURSEMENT_OF.values())

_origin, _post = maker(Origin), maker(Post)
_NOBODY, _NOTHING = CardHolder.NONE, frozenset[str]()
_BILLING_TOLERANCE = Decimal("0.05")


@attrs.frozen(kw_only=True)
class Draft:
    """A coded record, and what a mapper may look at besides.

    What is missing is noted in `findings`, and given as None: a mapper asks for everything, and `finish` makes the document
    where nothing is missing. `zone` is where moments become calendar days, `posted_on` the day on which the record stands
    in the ledger already.
    """

    coded: CodedRecord
    settings: Settings
    books: Books
    rates: Rates = no_rates
    zone: tzinfo = UTC
    posted_on: date | None = None
    findings: Findings = attrs.field(factory=Findings, eq=False)
    choose_vendor: ChooseVendor = attrs.field(default=no_vendor, eq=False)

    @property
    def record(self) -> Record:
        """The record itself."""
        return self.coded.record

    def refuse(self, code: ReasonCode | str, text: str, line_id: str | None = None) -> None:
        """Note a reason why the record cannot be posted as it is."""
        self.findings.add(code, text, line_id)

    def skip(self, code: SkipCode | str, why: str) -> Skip:
        """There is nothing to post, and why."""
        return Skip(record=self.record, why=why, code=SkipCode(code))

    def other_basis(self) -> Skip | None:
        """Nothing, where the record is a reimbursement of the basis that the settings do not name.

        Brex has a record for each basis, and both would count twice. It is asked before any mapper.
        """
        record = self.coded.record
        if record.type not in _OF_A_BASIS:
            return None
        basis = self.settings.reimbursement_basis
        wanted = _REIMBURSEMENT_OF[basis]
        if record.type == wanted or self.posted_on is not None:
            return None
        why = f"{record.type} is of the other basis; the settings say {basis}, which posts {wanted}"
        return self.skip(SkipCode.OTHER_BASIS, why)

    def finish(self, kind: Callable[..., Document], /, **fields: object) -> Post | None:
        """The document of this kind, None where a field that it needs is None.

        Fields that all documents have alike are filled in, where the class has them and they are not given: ``origin``,
        ``impact_date``, ``subsidiary_id``, ``exchange_rate``, ``tax_account`` and ``sales_taxes``. Raises `TypeError` for a
        field that the class does not have.
        """
        alike, required, make = _fields_of(kind)
        for name, give in alike:
            if name not in fields:
                fields[name] = give(self)
        for name in required:
            if fields.get(name) is None:
                _check_names(kind, fields)
                self.findings.missing = [each for each in required if fields.get(each) is None]
                return None
        try:
            return _post(record=self.coded.record, document=make(**fields))
        except TypeError:
            _check_names(kind, fields)
            raise

    def account(self, role: Role) -> Account | None:
        """The account of the settings that stands for lines that nobody codes."""
        entity = self.coded.entity
        wanted = entity.account(role)
        if wanted is None:
            text = f"it needs an account that the settings do not name: {role.value} of {entity.name}"
            self.refuse(ReasonCode.MISSING_ACCOUNT, text)
            return None
        account = self.books.account(wanted)
        if account is not None and self.books.is_sound(account):
            return account
        if (unread := unread_account(account, wanted, self.books)) is not None:
            self.refuse(ReasonCode.UNREADABLE, f"it needs the {role.label} of the settings, and {unread}")
        elif account is None:
            text = f"the {role.label} {wanted!r} of the settings is not in {self.books.ledger}"
            self.refuse(ReasonCode.UNKNOWN_ACCOUNT, text)
        elif account.status == INACTIVE:
            self.refuse(ReasonCode.INACTIVE_ACCOUNT, f"the {role.label} {account.code} {account.name} is inactive")
        return account

    def merchant(self) -> str | PlannedVendor | None:
        """The vendor of a card record."""
        return self._chosen() or matching.merchant(self.coded.record, self.settings, self.books, self.findings)

    def supplier(self) -> str | PlannedVendor | None:
        """The vendor of a bill."""
        return self._chosen() or matching.supplier(self.record, self.settings, self.books, self.findings)

    def employee(self) -> str | PlannedVendor | None:
        """The person who is paid back, as a vendor."""
        return self._chosen() or matching.employee(self.record, self.settings, self.books, self.findings)

    def _chosen(self) -> str | None:
        """The vendor that the caller chose. Raises `CallerError` for what is no vendor of the ledger."""
        if self.choose_vendor is no_vendor:
            return None
        wanted = vendor_chosen(self.choose_vendor, self.record)
        if wanted is None:
            return None
        found = self.books.vendor(wanted)
        named = (found,) if found is not None else self.books.vendors_by_name(wanted)
        if len(named) != 1:
            how_many = len(named) or "no"
            raise CallerError(
                f"the choice of vendors named {wanted!r}, and {self.books.ledger} has {how_many} such vendors"
            )
        return named[0].id

    def day_of(self, moment: datetime) -> date:
        """The calendar day of a moment."""
        return day_of(moment, self.zone)

    def impact_date(self) -> date:
        """The day on which the record counts in the books; never one in a closed period.

        Only a record that the ledger has already stays on its day there, so that it needs none where it stays as it is.
        """
        day = day_of(self.coded.record.erp_posting_date, self.zone)
        if not self.books.is_closed(day):
            return day
        kept, first_open = self.posted_on, self.books.first_open_day
        moves = self.settings.closed_period is ClosedPeriod.FIRST_OPEN_DAY
        if kept is not None and (moves or self.books.is_closed(kept)):
            return kept
        if moves and first_open is not None:
            return first_open
        text = f"it counts on {day}, and the books are closed up to {self.books.last_closed}"
        self.refuse(ReasonCode.CLOSED_PERIOD, text)
        return day

    def exchange_rate(self) -> ExchangeRate | None:
        """The rate that the ledger wants where document and subsidiary differ in currency: that of the transaction's day.

        That is so too where the record counts later, because its own period is closed.
        """
        base, subsidiary = self.coded.currency, self.coded.subsidiary
        target = subsidiary.currency
        if base == target:
            return None
        day = self.day_of(self.record.erp_posting_date)
        rate = self.rates(base, target, day)
        billed = rate_billed(self.record, target)
        if billed is not None:
            return self._billed_rate(ExchangeRate(base=base, target=target, rate=billed, date=day), rate)
        if rate is not None and rate.is_finite() and rate > 0:
            return ExchangeRate(base=base, target=target, rate=rate, date=day)
        given = f"{rate} as the exchange rate is given"
        if rate is None:
            given = f"no exchange rate is given; a file (--rates) needs one of that day or the {WINDOW} days before it"
        text = f"it is in {base}, {subsidiary.trade_name} keeps its books in {target}, and for {day} {given}"
        self.refuse(ReasonCode.NO_EXCHANGE_RATE, text)
        return None

    def _billed_rate(self, billed: ExchangeRate, known: Decimal | None) -> ExchangeRate:
        """The rate at which Brex has billed the record: that is what is owed. Far from the known one it is refused."""
        if known is not None and known.is_finite() and known > 0:
            most = product(known, _BILLING_TOLERANCE)
            if total((billed.rate, known.copy_negate())).copy_abs() > most:
                text = (
                    f"its billing amount in {billed.target} is at the rate {billed.rate}, and that of {billed.date} is {known}; "
                    f"they are more than 5 % apart"
                )
                self.refuse(ReasonCode.EXCHANGE_DIFFERENCE, text)
        return billed

    def origin(self) -> Origin:
        """What the document tells of the record."""
        record, settings = self.coded.record, self.settings
        return _origin(
            record_id=record.id,
            version=record.version,
            source_id=record.source_id,
            reference_type=settings.reference_type,
            link=settings.record_address(record.id),
        )

    def description(self, each: CodedLine) -> str | None:
        """What a line says about itself, or else its record, or else the merchant's name; and what was paid abroad, by whom.

        Blank text is no text.
        """
        text = each.line.memo
        if text is None or not text.strip():
            record = self.coded.record
            text = _said(record.memo)
            if text is None and record.vendor is not None:
                text = record.vendor.name.strip() or None
        if self.settings.card_holder is not _NOBODY and (spender := self._spender()) is not None:
            text = f"{text or ''} ({spender})".strip()
        if each.line.original_amount is None or (paid := each.transaction_amount) is None:
            return text
        # A number in JSON has lost its zeros: 41.2 is 41.20 EUR.
        amount = rounded(paid.amount, paid.currency) if is_rounded(paid.amount, paid.currency) else paid.amount
        return f"{text or ''} ({amount:f} {paid.currency})".strip()

    def _spender(self) -> str | None:
        user, told = self.record.user, self.settings.card_holder
        if user is None:
            return None
        return (
            user.id if told is CardHolder.ID else f"{user.first_name.strip()} {user.last_name.strip()}".strip() or None
        )

    def check_mandatory(self, each: CodedLine) -> None:
        """Note each field that the ledger wants on a line and that the line does not have."""
        mandatory = self.books.mandatory_fields
        if not mandatory:
            return
        assigned = {assignment.field_id for assignment in each.fields}
        for field in mandatory:
            if field.id not in assigned:
                text = f"{field.name} is mandatory in {self.books.ledger} and has no value on a line"
                self.refuse(ReasonCode.MISSING_FIELD, text, each.line.id)

    def _tax_account(self) -> str | None:
        wanted = self.coded.entity.tax_account
        account = None if wanted is None else self.books.account(wanted)
        return None if account is None else account.code

    def _sales_taxes(self) -> frozenset[str]:
        if not self.settings.taxes:
            return _NOTHING
        named = (self.books.tax_rate(each.code) for each in self.settings.taxes if each.sales_tax)
        return frozenset(each.code for each in named if each is not None)


_MIDNIGHT = time()


def day_of(moment: datetime, zone: tzinfo = UTC) -> date:
    """The calendar day of a moment in a time zone.

    Midnight in UTC is how Brex writes a day without a time, so it is that day everywhere.
    """
    try:
        # A moment is in UTC already where Brex tells it, and changing a zone takes longest of all here.
        in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
        return in_utc.date() if zone is UTC or in_utc.time() == _MIDNIGHT else in_utc.astimezone(zone).date()
    except OverflowError:
        # There it lies outside the calendar, so it is on the calendar's first or last day already.
        return moment.date()


def _said(text: str | None) -> str | None:
    return text if text is not None and text.strip() else None


#: How the fields are filled in that all documents have alike.
_ALIKE: Mapping[str, Callable[[Draft], object]] = MappingProxyType(
    {
        "origin": Draft.origin,
        "impact_date": Draft.impact_date,
        "subsidiary_id": lambda draft: draft.coded.subsidiary.id,
        "exchange_rate": Draft.exchange_rate,
        "tax_account": Draft._tax_account,
        "sales_taxes": Draft._sales_taxes,
    }
)


@lru_cache(maxsize=64)
def _fields_of(
    kind: Callable[..., Document],
) -> tuple[Sequence[tuple[str, Callable[[Draft], object]]], Sequence[str], Callable[..., Document]]:
    """Which fields of a class of documents are filled in where they are not given, which are required, and what makes one."""
    known = attrs.fields_dict(kind)  # type: ignore[arg-type]
    alike = tuple((name, give) for name, give in _ALIKE.items() if name in known)
    required = tuple(name for name, each in known.items() if each.init and each.default is attrs.NOTHING)
    return alike, required, maker(kind)


def _check_names(kind: Callable[..., Document], fields: Mapping[str, object]) -> None:
    """Raises `TypeError` for a field that a class of documents does not have; only where it went wrong, as this takes time."""
    known = [each.alias or each.name for each in attrs.fields_dict(kind).values() if each.init]  # type: ignore[arg-type]
    for name in fields:
        if name not in known:
            meant = "".join(f"; did you mean {each!r}?" for each in get_close_matches(name, known, n=1))
            raise TypeError(f"{getattr(kind, '__name__', kind)} has no field {name!r}{meant}") from None
