"""Payments of bills and of reimbursements: what is recorded, posted, cleared and taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import attrs

from clientkit.money import total
from rillet.ledger.accounts import Account
from rillet.ledger.subsidiaries import Subsidiary
from rillet.payables.payments import ClearingStatus, NewPayment
from rillet.testing.ledger.books import Books, Line
from rillet.testing.server.routing import invalid, not_found
from rillet.testing.server.wire_forms import plain
from rillet.values import ExchangeRate, Money


@attrs.frozen(kw_only=True)
class Payment:
    """One payment of the document `document_id`."""

    id: str
    document_id: str
    amount: Money
    date: date
    account_code: str
    status: ClearingStatus


class Payments:
    """The payments of one kind of document; `noun` is what an answer calls the document's id.

    Payments of bills come from accounts behind bank accounts alone (`cash_only`). Whether those of reimbursements have to
    is not known.
    """

    def __init__(self, books: Books, noun: str, *, cash_only: bool) -> None:
        self._books, self._noun, self._cash_only = books, noun, cash_only
        self._payments = dict[str, Payment]()

    def __iter__(self) -> Iterator[Payment]:
        return iter(list(self._payments.values()))

    def of(self, document_id: str) -> Sequence[Payment]:
        """The payments of one document, oldest first."""
        return [each for each in self if each.document_id == document_id]

    def paid(self, document_id: str) -> Decimal:
        """What was paid for one document, in its currency."""
        return total(each.amount.amount for each in self.of(document_id))

    def show(self, payment: Payment) -> dict[str, object]:
        """A payment with its document's id under the name that its own endpoint gives it."""
        return {
            "id": payment.id,
            "status": payment.status.value,
            self._noun: payment.document_id,
            "amount": plain(payment.amount),
            "date": payment.date.isoformat(),
            "account_code": payment.account_code,
        }

    def whole(self, document_id: str) -> dict[str, object]:
        """The payments of one document in one answer."""
        return {"payments": [self.show(each) for each in self.of(document_id)]}

    def record(
        self,
        document_id: str,
        asked: NewPayment,
        *,
        open_amount: Money,
        payable: Account,
        subsidiary: Subsidiary,
        exchange_rate: ExchangeRate | None,
    ) -> Payment:
        """Debit what was owed and credit the bank, at the document's own rate, since a payment brings none.

        Refuses what is not positive, more than is open, and for bills an account that holds no money.
        """
        check_portion(asked.amount, open_amount, "amount")
        self._books.check_rounded([("amount", asked.amount)])
        bank = self._books.account(asked.account_code, "account_code")
        if self._cash_only and not self._books.is_cash(bank):
            raise invalid(f"Account with code {bank.code} is not linked to a bank account", "account_code")
        payment = Payment(
            id=self._books.new_id(),
            document_id=document_id,
            amount=asked.amount,
            date=asked.date,
            account_code=bank.code,
            status=ClearingStatus.UNCLEARED,
        )
        line = Line(account=payable, amount=asked.amount)
        self._books.post(
            payment.id, [line], against=bank, subsidiary=subsidiary, day=asked.date, exchange_rate=exchange_rate
        )
        self._payments[payment.id] = payment
        return payment

    def remove(self, document_id: str, payment_id: str) -> None:
        """Take a payment and its postings back. Refuses one that is matched with a bank transaction."""
        payment = self._payments.get(payment_id)
        if payment is None or payment.document_id != document_id:
            raise not_found(f"Payment {payment_id}")
        if payment.status is not ClearingStatus.UNCLEARED:
            raise invalid("Only uncleared payments can be deleted")
        self._books.take_back(payment_id)
        del self._payments[payment_id]

    def clear(self, payment_id: str) -> bool:
        """Match a payment with a bank transaction, as a person does; whether it is one of these."""
        if payment_id not in self._payments:
            return False
        self._payments[payment_id] = attrs.evolve(self._payments[payment_id], status=ClearingStatus.CLEARED)
        return True


def check_portion(asked: Money, available: Money, where: str) -> None:
    """Refuse a part of an amount that is not positive, of another currency, or more than there is left.

    The wording is the stand-in's own.
    """
    if asked.currency != available.currency:
        raise invalid(f"The amount must be in {available.currency}", where)
    if asked.amount <= 0:
        raise invalid("The amount must be positive", where)
    if asked.amount > available.amount:
        raise invalid(f"The amount must not exceed {available}", where)
