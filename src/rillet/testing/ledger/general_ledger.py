"""The stand-in's general ledger: postings in double entry, and the trial balance that they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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


class Ledger:
    """Every posting there is; a deleted document takes its own with it."""

    def __init__(self) -> None:
        self._by_document = dict[str, tuple[Posting, ...]]()

    @property
    def postings(self) -> tuple[Posting, ...]:
        """All postings, in the order in which their documents came."""
        return tuple(posting for postings in self._by_document.values() for posting in postings)

    def of(self, document_id: str) -> tuple[Posting, ...]:
        """The postings of one charge, reimbursement or other document."""
        return self._by_document.get(document_id, ())

    def balance(self, account_code: str) -> Decimal:
        """Debits less credits of an account over all time, each in its subsidiary's currency."""
        return total(each.debit for each in self.postings if each.account_code == account_code)

    def post(self, document_id: str, postings: Sequence[Posting]) -> None:
        """Put a document's postings in place of those it had. Raises `ValueError` if they do not balance."""
        if total(posting.debit for posting in postings) != 0:
            raise ValueError(f"the postings of {document_id} do not balance")
        self._by_document[document_id] = tuple(postings)

    def reverse(self, document_id: str) -> None:
        """Take a document's postings back."""
        self._by_document.pop(document_id, None)

    def trial_balance(
        self,
        accounts: Iterable[Account],
        *,
        from_date: date,
        to_date: date,
        currency: str,
        counts: Callable[[Posting], bool],
    ) -> TrialBalance:
        """Debits and credits of each account with postings up to `to_date`; balances are debits less credits."""
        relevant = [posting for posting in self.postings if posting.date <= to_date and counts(posting)]
        rows = list[AccountBalance]()
        for account in accounts:
            mine = [posting for posting in relevant if posting.account_id == account.id]
            if mine:
                rows.append(_balance(account, _totals(mine, from_date, currency)))
        return TrialBalance(
            period=ReportPeriod(from_date=from_date, to_date=to_date),
            currency=currency,
            accounts=tuple(rows),
            totals=_totals(relevant, from_date, currency),
        )


def _totals(postings: Sequence[Posting], from_date: date, currency: str) -> TrialBalanceTotals:
    beginning = total(posting.debit for posting in postings if posting.date < from_date)
    current = [posting for posting in postings if posting.date >= from_date]
    debits = total(posting.local.amount for posting in current if posting.side is Side.DEBIT)
    credits_ = total(posting.local.amount for posting in current if posting.side is Side.CREDIT)
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
