"""Payouts to employees, and payments of bills by card, as payments of what they settle where Rillet has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import attrs

from brex_accounting import Side
from bridge.decisions import Post
from bridge.documents.rillet_payments import BillPaymentDocument, ReimbursementPaymentDocument
from bridge.followed import reference_of
from bridge.mappers.draft import Draft
from bridge.mappers.journal_entries import journal_entry
from bridge.master_data import Account, Bill, BillItem, Rate, Reimbursement
from bridge.settings.choices import Payouts, Role
from clientkit.money import total
from rillet import Money


def payout(draft: Draft) -> Post | None:
    """A payment of the reimbursement that carries the same id of Brex.

    It is a journal entry where a payment cannot say what the record says: Rillet does not have the reimbursement, as where
    it was summarised or is older than the export; the record has other lines than one account that pays and the one that
    was payable; or currency, subsidiary or rate differ.
    """
    found = _reimbursement(draft) if draft.settings.payouts is Payouts.PAYMENT else None
    simple = _simple(draft, Role.REIMBURSEMENT) if found is not None else None
    if found is None or simple is None or not _of_reimbursement(found).takes(simple.amount, draft):
        return journal_entry(draft)
    return draft.finish(
        ReimbursementPaymentDocument,
        reimbursement_id=found.id,
        amount=simple.amount,
        account=simple.account.code,
        payable_account=simple.payable.code,
        exchange_rate=found.exchange_rate,
    )


def card_payment(draft: Draft) -> Post | None:
    """A payment of the bill that carries the same id of Brex, where the card's account is behind a bank account of Rillet.

    Rillet takes payments of bills from no other account; what it does not take is a journal entry, as `payout` tells.
    """
    found = _bill(draft)
    simple = _simple(draft, Role.ACCOUNTS_PAYABLE) if found is not None else None
    if found is None or simple is None or not _of_bill(found).takes(simple.amount, draft):
        return journal_entry(draft)
    if simple.account.code not in (draft.books.paying_accounts or ()):
        return journal_entry(draft)
    return draft.finish(
        BillPaymentDocument,
        bill_id=found.id,
        amount=simple.amount,
        account=simple.account.code,
        payable_account=simple.payable.code,
        exchange_rate=found.exchange_rate,
    )


@attrs.frozen(kw_only=True)
class _Simple:
    """A record that only moves an amount from one account to the one that was payable."""

    amount: Money
    account: Account
    payable: Account


@attrs.frozen(kw_only=True)
class _Owed:
    """What a payment settles."""

    items: Sequence[BillItem]
    subsidiary_id: str | None
    day: date | None
    rate: Rate | None

    def takes(self, paid: Money, draft: Draft) -> bool:
        """Whether a payment of this amount says what the record says."""
        owed = total(item.amount.amount for item in self.items if item.amount.currency == paid.currency)
        here = draft.coded.subsidiary
        at = draft.coded.conversion
        return (
            all(item.amount.currency == paid.currency for item in self.items)
            and self.subsidiary_id in {None, here.id}
            and paid.amount <= owed
            and (at is None or self.day is None or draft.rates(at.base, at.target, self.day) == at.rate)
            and (paid.currency == here.currency) == (self.rate is None)
        )


def _of_reimbursement(found: Reimbursement) -> _Owed:
    day = found.impact_date or found.reimbursement_date
    return _Owed(items=found.items, subsidiary_id=found.subsidiary_id, day=day, rate=found.exchange_rate)


def _of_bill(found: Bill) -> _Owed:
    day = found.impact_date or found.bill_date
    return _Owed(items=found.items, subsidiary_id=found.subsidiary_id, day=day, rate=found.exchange_rate)


def _reimbursement(draft: Draft) -> Reimbursement | None:
    reference = reference_of(draft.record, draft.settings)
    found = () if reference is None else draft.books.reimbursements_by_reference(reference)
    return found[0] if len(found) == 1 else None


def _bill(draft: Draft) -> Bill | None:
    reference = reference_of(draft.record, draft.settings)
    found = () if reference is None else draft.books.bills_by_reference(reference)
    return found[0] if len(found) == 1 else None


def _simple(draft: Draft, role: Role) -> _Simple | None:
    """What the lines say, where a payment can say it: no line has a field or a tax, and each side is one account."""
    payable = _account(draft, role)
    accounts = dict[Side, dict[str, Account]]()
    for each in draft.coded.lines:
        if not each.line.amount.amount:
            continue
        stands_for = draft.coded.role_of(each)
        account = each.account if stands_for is None else _account(draft, stands_for)
        if account is None or each.fields or each.tax is not None:
            return None
        accounts.setdefault(each.line.type, {})[account.id] = account
    debited, credited = (tuple(accounts.get(side, {}).values()) for side in (Side.DEBIT, Side.CREDIT))
    if payable is None or debited != (payable,) or len(credited) != 1 or credited == debited:
        return None
    amount = total(each.line.amount.amount for each in draft.coded.lines if each.line.type == Side.CREDIT)
    return _Simple(amount=Money(amount, draft.coded.currency), account=credited[0], payable=payable)


def _account(draft: Draft, role: Role) -> Account | None:
    named = draft.coded.entity.account(role)
    return None if named is None else draft.books.account(named)
