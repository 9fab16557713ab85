"""What every family of endpoints shares: master data, the general ledger, and the rules of posting to it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from itertools import accumulate, pairwise

import attrs

from clientkit.money import is_rounded, places, total
from rillet.ledger.accounts import Account, AccountStatus
from rillet.ledger.book_periods import BookPeriod, BookStatus
from rillet.ledger.fields import Field
from rillet.ledger.journal_entries import Side
from rillet.ledger.organization import Organization
from rillet.ledger.subsidiaries import Subsidiary
from rillet.ledger.tax_rates import TaxRate
from rillet.testing.ledger.general_ledger import Ledger, Posting
from rillet.testing.server.collection import Collection
from rillet.testing.server.outbox import Outbox
from rillet.testing.server.routing import Refusal, invalid
from rillet.testing.server.wire_forms import show_account, show_field
from rillet.treasury.bank_accounts import BankAccount
from rillet.values import ExchangeRate, ExternalReference, FieldAssignment, Money
from rillet.webhooks import Entity, EventType

#: The subtype of accounts that hold money; Rillet's own name for it is not documented.
BANK = "Bank"

_WIDE = Context(prec=80)
_OTHER = {Side.DEBIT: Side.CREDIT, Side.CREDIT: Side.DEBIT}


def random_ids(seed: str) -> Iterator[str]:
    """Ids shaped like random UUIDs, the same for one `seed` in every run."""
    source = random.Random(seed)  # noqa: S311 - being predictable is the point
    while True:
        yield str(uuid.UUID(int=source.getrandbits(128), version=4))


@attrs.frozen(kw_only=True)
class Line:
    """What a document does to one account: debits it, or credits it where the amount is negative."""

    account: Account
    amount: Money
    fields: Sequence[FieldAssignment] = ()


class Books:
    """The state of one organization."""

    def __init__(
        self,
        *,
        organization: Organization,
        subsidiaries: Iterable[Subsidiary],
        accounts: Iterable[Account],
        fields: Iterable[Field],
        tax_rates: Iterable[TaxRate],
        reference_types: Iterable[str],
        now: Callable[[], datetime],
        ids: Iterator[str],
        outbox: Outbox,
        multi_currency: bool = True,
    ) -> None:
        self.organization = organization
        self.subsidiaries = {each.id: each for each in subsidiaries}
        self.accounts = Collection("Account", "accounts", show_account, now, accounts)
        self.fields = Collection("Field", "fields", show_field, now, fields)
        self.tax_rates = {each.id: each for each in tax_rates}
        self.reference_types = set(reference_types)
        self.ledger = Ledger()
        self.bank_accounts = dict[str, BankAccount]()
        self.last_closed: BookPeriod | None = None
        self.assigned_values = set[str]()
        self.outbox = outbox
        self.multi_currency = multi_currency
        self.now = now
        self._ids = ids

    def new_id(self) -> str:
        """The id of the next object."""
        return next(self._ids)

    def emit(self, entity: Entity, event: EventType, body: object) -> None:
        """Tell the organization's webhooks: `body` is the object as its endpoint shows it, or its id once deleted."""
        self.outbox.emit(entity, event, body)

    def close(self, through: date) -> None:
        """Close the books up to and including a day."""
        self.last_closed = BookPeriod(
            id=self.new_id(),
            start=through.replace(day=1),
            end=through,
            status=BookStatus.CLOSED,
            closed_on=self.now().date(),
        )

    def account(self, code: str, where: str) -> Account:
        """The account with this code, if it can be posted to."""
        found = next((each for each in self.accounts if each.code == code), None)
        if found is None:
            raise invalid(f"Account with code {code} not found", where)
        if found.status is not AccountStatus.ACTIVE:
            raise invalid(f"Account with code {code} is inactive", where)
        return found

    def account_of(self, subtype: str, *wanted_by: str) -> Account:
        """The account that Rillet posts to on its own for this purpose: the first active one of its subtype."""
        for each in self.accounts:
            if each.subtype == subtype and each.status is AccountStatus.ACTIVE:
                return each
        raise invalid(f'There is no active account of subtype "{subtype}"', *wanted_by)

    def is_cash(self, account: Account) -> bool:
        """Whether an account holds money: it stands behind a bank account, or has the subtype of those that do."""
        return account.subtype == BANK or any(each.account_code == account.code for each in self.bank_accounts.values())

    def subsidiary(self, subsidiary_id: str | None) -> Subsidiary:
        """The subsidiary with this id, or the only one.

        Leaving it out in an organization with several is refused; what Rillet does is not documented.
        """
        if subsidiary_id is None and len(self.subsidiaries) == 1:
            return next(iter(self.subsidiaries.values()))
        if subsidiary_id is None:
            raise invalid("subsidiary_id must not be null", "subsidiary_id")
        if subsidiary_id not in self.subsidiaries:
            raise invalid(f"Subsidiary {subsidiary_id} not found", "subsidiary_id")
        return self.subsidiaries[subsidiary_id]

    def reporting_currency(self, subsidiary_id: str | None) -> str:
        """The currency of a report about one subsidiary or, where they share a currency, about all.

        Rillet consolidates across currencies with rates of its own, which nobody outside can know.
        """
        if subsidiary_id is not None:
            return self.subsidiary(subsidiary_id).currency
        currency = self.organization.currency
        if any(each.currency != currency for each in self.subsidiaries.values()):
            raise invalid("The stand-in does not consolidate several currencies; ask for one subsidiary")
        return currency

    def check_references(self, references: Sequence[ExternalReference]) -> None:
        """Refuse a reference whose type nobody has created, and one that is given twice."""
        for reference in references:
            if reference.type not in self.reference_types:
                raise Refusal(
                    400,
                    "https://api.rillet.com/exception/external_reference_type_not_found",
                    "External reference type not found",
                    f"External reference type {reference.type} does not exist",
                )
        if len(set(references)) < len(references):
            raise invalid("external_references must be unique", "external_references")

    def check_assignments(self, assigned: Sequence[FieldAssignment], where: str, *, expense: bool) -> None:
        """Refuse values that cannot be assigned, and an expense line that lacks a mandatory field."""
        for each in assigned:
            values = self.fields.get(each.field_id).values if each.field_id in self.fields else ()
            value = next((value for value in values if value.id == each.field_value_id), None)
            if value is None:
                raise invalid(f"Field value {each.field_value_id} not found", where)
            if value.deactivated:
                raise invalid(f'Field value "{value.name}" is deactivated', where)
        given = {each.field_id for each in assigned}
        for field in self.fields:
            rule = field.settings.expenses if field.settings is not None else None
            if expense and rule is not None and rule.mandatory and field.id not in given:
                raise invalid(f'Field "{field.name}" is mandatory', where)
        self.assigned_values.update(each.field_value_id for each in assigned)

    def check_open(self, day: date) -> None:
        """Refuse a day in a closed period; the wording is the stand-in's own, Rillet's is not documented."""
        if self.last_closed is not None and day <= self.last_closed.end:
            raise invalid(f"The accounting period of {day} is closed")

    def check_rounded(self, amounts: Iterable[tuple[str, Money]]) -> None:
        """Refuse amounts with more places than their currency has, all of them at once."""
        wrong = [where for where, money in amounts if not is_rounded(money.amount, money.currency)]
        if wrong:
            raise invalid("must be rounded to the currency's default number of decimals", *wrong)

    def post(
        self,
        document_id: str,
        lines: Sequence[Line],
        *,
        against: Account,
        subsidiary: Subsidiary,
        day: date,
        exchange_rate: ExchangeRate | None,
    ) -> None:
        """Debit each line and credit the account `against` with their sum, if the books take it."""
        due = total(line.amount.amount for line in lines)
        last = Line(account=against, amount=Money(-due, _currency(lines)))
        self.post_entry(document_id, [*lines, last], subsidiary=subsidiary, day=day, exchange_rate=exchange_rate)

    def check_currency(self, currency: str, subsidiary: Subsidiary) -> None:
        """Refuse another currency than the subsidiary's where multi-currency is off; how Rillet says so is not documented."""
        if currency != subsidiary.currency and not self.multi_currency:
            raise invalid(f"Multi-currency is not enabled, and {currency} is not {subsidiary.currency}", "currency")

    def post_entry(
        self,
        document_id: str,
        lines: Sequence[Line],
        *,
        subsidiary: Subsidiary,
        day: date,
        exchange_rate: ExchangeRate | None,
        reversal_day: date | None = None,
    ) -> None:
        """Post lines whose amounts sum to zero, and the opposite of each on `reversal_day`, if the books take them."""
        currency = _currency(lines)
        self.check_currency(currency, subsidiary)
        rate = _rate(currency, subsidiary.currency, exchange_rate)
        local = _converted([line.amount.amount for line in lines], rate, subsidiary.currency)
        postings = [
            Posting(
                document_id=document_id,
                account_id=line.account.id,
                account_code=line.account.code,
                side=Side.CREDIT if line.amount.amount < 0 else Side.DEBIT,
                amount=Money(abs(line.amount.amount), currency),
                local=Money(abs(here), subsidiary.currency),
                subsidiary_id=subsidiary.id,
                date=day,
                fields=tuple(line.fields),
            )
            for line, here in zip(lines, local, strict=True)
            if line.amount.amount
        ]
        self.check_open(day)
        if reversal_day is not None:
            self.check_open(reversal_day)
            postings += [attrs.evolve(each, side=_OTHER[each.side], date=reversal_day) for each in postings]
        self.ledger.post(document_id, postings)

    def take_back(self, document_id: str) -> None:
        """Reverse a document's postings; refused in a closed period, where Rillet's rule is not documented."""
        for posting in self.ledger.of(document_id):
            self.check_open(posting.date)
        self.ledger.reverse(document_id)


def _currency(lines: Sequence[Line]) -> str:
    currencies = sorted({line.amount.currency for line in lines})
    if len(currencies) != 1:
        raise invalid(f"Line items must have one currency, not {', '.join(currencies) or 'none'}", "items")
    return currencies[0]


def _rate(currency: str, local: str, given: ExchangeRate | None) -> Decimal:
    if currency == local:
        if given is not None:
            raise invalid(f"No exchange rate is needed from {currency} to itself", "exchange_rate")
        return Decimal(1)
    if given is None:
        raise invalid("Expense is missing an exchange rate", "exchange_rate")
    if (given.base, given.target) != (currency, local):
        raise invalid(
            f"Exchange rate must be from {currency} to {local}, not from {given.base} to {given.target}",
            "exchange_rate",
        )
    if given.rate <= 0:
        raise invalid("Exchange rate must be positive", "exchange_rate.rate")
    return given.rate


def _converted(amounts: Iterable[Decimal], rate: Decimal, currency: str) -> list[Decimal]:
    """Each amount in another currency, at most one smallest unit off, so that the sum is the sum's conversion.

    What is rounded is the running total: rounding never falls where the total rises, so no line changes its side.
    """
    place = Decimal(1).scaleb(-places(currency))
    sums = list(accumulate(amounts, _WIDE.add))
    rounded = [
        _WIDE.multiply(each, rate).quantize(place, rounding=ROUND_HALF_UP, context=_WIDE)
        for each in [Decimal(0), *sums]
    ]
    return [_WIDE.subtract(after, before) for before, after in pairwise(rounded)]
