"""The stand-in's general ledger: postings in double entry, and the trial balance that they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import attrs

from clientkit.money import total
from rillet.ledger.accounts import Account
from rillet.ledger.journal_entries import Side
from rillet.reports import AccountBalance, ReportPeriod, TrialBalance, TrialBalanceTotals
from rillet.values import FieldAssignment, Money


@attrs.frozen(kw_only=True)
class Posting:
    """One line in the books: `amount`, never negative, in the document's currency and `local` in the subsidiary's.

    `fields` are the dimensions of the document's line; the line that Rillet itself adds has none.
    """

    document_id: str
    account_id: str
    account_code: str
    side: Side
    amount: Money
    local: Money
    subsidiary_id: str
    date: date
    fields: tuple[FieldAssignment, ...] = ()

    @property
    def debit(self) -> Decimal:
        """The amount in the subsidiary's currency, negative on the credit side."""
        return self.local.amount if self.side is Side.DEBIT else -self.local.amount


@attrs.define
class _Day:
    """What was posted to an account on one day, and how many postings that are."""

    debits: Decimal = Decimal(0)
    credits: Decimal = Decimal(0)
    count: int = 0


class Ledger:
    """Every posting there is; a deleted document takes its own with it."""

    def __init__(self) -> None:
        self._by_document = dict[str, tuple[Posting, ...]]()
        self._balances = dict[str, Decimal]()
        # By account and subsidiary, so that a trial balance does not look at each posting.
        self._days = dict[tuple[str, str], dict[date, _Day]]()

    @property
    def postings(self) -> tuple[Posting, ...]:
        """All postings, in the order in which their documents came."""
        return tuple(posting for postings in self._by_document.values() for posting in postings)

    def of(self, document_id: str) -> tuple[Posting, ...]:
        """The postings of one charge, reimbursement or other document."""
        return self._by_document.get(document_id, ())

    def balance(self, account_code: str) -> Decimal:
        """Debits less credits of an account over all time, each in its subsidiary's currency."""
        return self._balances.get(account_code, Decimal(0))

    def post(self, document_id: str, postings: Sequence[Posting]) -> None:
        """Put a document's postings in place of those it had. Raises `ValueError` if they do not balance."""
        if total(posting.debit for posting in postings) != 0:
            raise ValueError(f"the postings of {document_id} do not balance")
        self._count(self.of(document_id), -1)
        self._by_document[document_id] = tuple(postings)
        self._count(postings, 1)

    def reverse(self, document_id: str) -> None:
        """Take a document's postings back."""
        self._count(self._by_document.pop(document_id, ()), -1)

    def _count(self, postings: Iterable[Posting], sign: int) -> None:
        """Take postings into the sums, or out of them again."""
        for posting in postings:
            amount = posting.local.amount if sign > 0 else -posting.local.amount
            is_debit = posting.side is Side.DEBIT
            code = posting.account_code
            self._balances[code] = total([self.balance(code), amount if is_debit else -amount])
            days = self._days.setdefault((posting.account_id, posting.subsidiary_id), {})
            day = days.setdefault(posting.date, _Day())
            if is_debit:
                day.debits = total([day.debits, amount])
            else:
                day.credits = total([day.credits, amount])
            day.count += sign
            if not day.count:
                del days[posting.date]

    def trial_balance(
        self,
        accounts: Iterable[Account],
        *,
        from_date: date,
        to_date: date,
        currency: str,
        subsidiary_id: str | None,
    ) -> TrialBalance:
        """Debits and credits of each account with postings up to `to_date`; balances are debits less credits.

        Of one subsidiary, or of all where none is given.
        """
        by_account = dict[str, list[tuple[date, _Day]]]()
        for (account_id, subsidiary), days in self._days.items():
            if subsidiary_id in {None, subsidiary} and (found := [each for each in days.items() if each[0] <= to_date]):
                by_account.setdefault(account_id, []).extend(found)
        rows = [
            _balance(account, _totals(by_account[account.id], from_date, currency))
            for account in accounts
            if account.id in by_account
        ]
        everything = [each for found in by_account.values() for each in found]
        return TrialBalance(
            period=ReportPeriod(from_date=from_date, to_date=to_date),
            currency=currency,
            accounts=tuple(rows),
            totals=_totals(everything, from_date, currency),
        )


def _totals(days: Sequence[tuple[date, _Day]], from_date: date, currency: str) -> TrialBalanceTotals:
    before = [each for day, each in days if day < from_date]
    beginning = total([*(each.debits for each in before), *(-each.credits for each in before)])
    current = [each for day, each in days if day >= from_date]
    debits = total(each.debits for each in current)
    credits_ = total(each.credits for each in current)
    return TrialBalanceTotals(
        beginning_balance=Money(beginning, currency),
        debit_total=Money(debits, currency),
        credit_total=Money(credits_, currency),
        ending_balance=Money(total([beginning, debits, -credits_]), currency),
    )


def _balance(account: Account, sums: TrialBalanceTotals) -> AccountBalance:
    return AccountBalance(
        id=account.id,
        code=account.code,
        name=account.name,
        beginning_balance=sums.beginning_balance,
        debit_total=sums.debit_total,
        credit_total=sums.credit_total,
        ending_balance=sums.ending_balance,
    )
