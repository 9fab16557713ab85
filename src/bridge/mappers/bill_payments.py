"""Payments of bills as payments of Rillet's bills."""

from __future__ import annotations

from brex_accounting import Side
from bridge.decisions import Post, ReasonCode
from bridge.documents.rillet_payments import BillPaymentDocument
from bridge.mappers.draft import Draft
from bridge.mappers.journal_entries import journal_entry
from bridge.master_data import Account, Bill
from bridge.settings.values import Role
from bridge.values import ExternalReference
from clientkit.money import total
from rillet import Money


def bill_payment(draft: Draft) -> Post | None:
    """A payment of the bill that carries the same id of Brex as an external reference.

    In Rillet it debits the payable account and credits one account with money, so that is what the record has to say.
    A bill that is paid already may have been paid for this very record, so Rillet decides whether it takes more.
    A payment that was converted at another rate than its bill is refused: the exchange difference would stay on the
    payable account, and Rillet's payments have no line for it. Where the settings say that payables were brought in when
    the export began, a payment of one of these is an entry.
    """
    if _pays_what_was_there_before(draft):
        return journal_entry(draft)
    payable = draft.account(Role.ACCOUNTS_PAYABLE)
    paid = _bill(draft)
    bank = None if payable is None else _bank(draft, payable)
    if paid is not None and bank is not None:
        _check(paid, draft)
        _check_rate(paid, draft)
    amount = total(each.line.amount.amount for each in draft.coded.lines if each.line.type == Side.CREDIT)
    return draft.finish(
        BillPaymentDocument,
        bill_id=paid and paid.id,
        amount=Money(amount, draft.coded.currency),
        account=bank and bank.code,
        payable_account=payable and payable.code,
        exchange_rate=paid and paid.exchange_rate,
    )


def _pays_what_was_there_before(draft: Draft) -> bool:
    """Whether it pays a bill that Rillet has in its opening balance alone."""
    until, kind, source = (
        draft.coded.entity.opening_payables_until,
        draft.settings.reference_type,
        draft.record.source_id,
    )
    if until is None or kind is None or source is None or draft.day_of(draft.record.erp_posting_date) > until:
        return False
    return not draft.books.bills_by_reference(ExternalReference(type=kind, id=source))


def _bill(draft: Draft) -> Bill | None:
    record, kind = draft.record, draft.settings.reference_type
    if kind is None or record.source_id is None:
        missing = "a reference_type" if kind is None else "a source_id"
        draft.refuse(ReasonCode.BILL_NOT_FOUND, f"the bill that it pays cannot be found without {missing}")
        return None
    found = draft.books.bills_by_reference(ExternalReference(type=kind, id=record.source_id))
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(sorted(bill.id for bill in found))
        text = f"{len(found)} bills of Rillet have the reference {record.source_id!r} ({ids}); delete all but one"
    else:
        text = f"no bill of Rillet has the reference {record.source_id!r}; the bill has to be there first"
    draft.refuse(ReasonCode.BILL_NOT_FOUND, text)
    return None


def _bank(draft: Draft, payable: Account) -> Account | None:
    """The one account that the money comes from; every debit has to be on the payable account."""
    banks = dict[str, Account]()
    for each in draft.coded.lines:
        if not each.line.amount.amount:
            continue
        account = each.account
        if each.fields or each.tax is not None:
            what = "field values" if each.fields else "a tax code"
            text = f"a line of a bill's payment carries {what}, which Rillet cannot keep there"
            draft.refuse(ReasonCode.FIELDS_ON_OFFSETTING_LINE, text, each.line.id)
        if each.line.type == Side.CREDIT:
            if not each.is_coded:
                account = draft.account(Role.BANK)
            if account is not None:
                banks[account.id] = account
        elif account is not None and account.id != payable.id:
            text = (
                f"it debits {account.code} {account.name}; the payment of a bill debits {payable.code} {payable.name}"
            )
            draft.refuse(ReasonCode.NOT_A_PAYMENT, text, each.line.id)
    if payable.id in banks or len(banks) > 1:
        codes = " and ".join(sorted(account.code for account in banks.values()))
        draft.refuse(
            ReasonCode.NOT_A_PAYMENT, f"it credits {codes}; the payment of a bill credits one account with money"
        )
    return next(iter(banks.values()), None)


def _check(paid: Bill, draft: Draft) -> None:
    coded = draft.coded
    currencies = {item.amount.currency for item in paid.items}
    if currencies - {coded.currency}:
        text = (
            f"the bill {paid.expense_number} is in {' and '.join(sorted(currencies))}, its payment in {coded.currency}"
        )
        draft.refuse(ReasonCode.MIXED_CURRENCIES, text)
    if paid.subsidiary_id is not None and paid.subsidiary_id != coded.subsidiary.id:
        text = f"the bill {paid.expense_number} is of another subsidiary than {coded.subsidiary.trade_name}"
        draft.refuse(ReasonCode.NOT_A_PAYMENT, text)


def _check_rate(paid: Bill, draft: Draft) -> None:
    """Whether the bill was converted at the rate of its payment."""
    at = draft.coded.conversion
    day = paid.impact_date or paid.bill_date
    if at is not None and draft.rates(at.base, at.target, day) != at.rate:
        text = (
            f"it was converted from {at.base} at the rate of {at.date}, the bill {paid.expense_number} at that of {day}; "
            f"record the payment in Rillet, with the exchange difference"
        )
        draft.refuse(ReasonCode.EXCHANGE_DIFFERENCE, text)
