"""Payments of bills as payments of Rillet's bills."""

from __future__ import annotations

from brex_accounting import Record, Side
from bridge.coding import CodedRecord
from bridge.decisions import BillPaymentPayload, Findings, Post, ReasonCode
from bridge.mappers import draft
from bridge.mappers.draft import Context
from bridge.settings.values import Role
from clientkit.money import total
from rillet import Account, Bill, ExternalReference, Money, NewPayment


def bill_payment(coded: CodedRecord, context: Context, findings: Findings) -> Post | None:
    """A payment of the bill that carries the same id of Brex as an external reference.

    In Rillet it debits the payable account and credits one account with money, so that is what the record has to say.
    A bill that is paid already may have been paid for this very record, so Rillet decides whether it takes more.
    A payment that was converted at another rate than its bill is refused: the exchange difference would stay on the
    payable account, and Rillet's payments have no line for it.
    """
    record = coded.record
    payable = draft.role_account(coded.entity, Role.ACCOUNTS_PAYABLE, context, findings)
    paid = _bill(record, context, findings)
    impact = draft.impact_date(record, context, findings)
    if payable is None:
        return None
    bank = _bank(coded, payable, context, findings)
    if paid is None or bank is None:
        return None
    _check(paid, coded, findings)
    _check_rate(paid, coded, context, findings)
    amount = total(each.line.amount.amount for each in coded.lines if each.line.type == Side.CREDIT)
    payload = BillPaymentPayload(
        bill_id=paid.id,
        payment=NewPayment(amount=Money(amount, coded.currency), account_code=bank.code, date=impact),
        payable_account_code=payable.code,
    )
    return Post(record=record, payload=payload)


def _bill(record: Record, context: Context, findings: Findings) -> Bill | None:
    kind = context.settings.reference_type
    if kind is None or record.source_id is None:
        missing = "a reference_type" if kind is None else "a source_id"
        findings.add(ReasonCode.BILL_NOT_FOUND, f"the bill that it pays cannot be found without {missing}")
        return None
    found = context.books.bills_by_reference(ExternalReference(type=kind, id=record.source_id))
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(sorted(bill.id for bill in found))
        text = f"{len(found)} bills of Rillet have the reference {record.source_id!r} ({ids}); delete all but one"
    else:
        text = f"no bill of Rillet has the reference {record.source_id!r}; the bill has to be there first"
    findings.add(ReasonCode.BILL_NOT_FOUND, text)
    return None


def _bank(coded: CodedRecord, payable: Account, context: Context, findings: Findings) -> Account | None:
    """The one account that the money comes from; every debit has to be on the payable account."""
    banks = dict[str, Account]()
    for each in coded.lines:
        if not each.line.amount.amount:
            continue
        account = each.account
        if each.fields or each.tax is not None:
            what = "field values" if each.fields else "a tax code"
            text = f"a line of a bill's payment carries {what}, which Rillet cannot keep there"
            findings.add(ReasonCode.FIELDS_ON_OFFSETTING_LINE, text, each.line.id)
        if each.line.type == Side.CREDIT:
            if not each.is_coded:
                account = draft.role_account(coded.entity, Role.BANK, context, findings)
            if account is not None:
                banks[account.id] = account
        elif account is not None and account.id != payable.id:
            text = (
                f"it debits {account.code} {account.name}; the payment of a bill debits {payable.code} {payable.name}"
            )
            findings.add(ReasonCode.NOT_A_PAYMENT, text, each.line.id)
    if payable.id in banks or len(banks) > 1:
        codes = " and ".join(sorted(account.code for account in banks.values()))
        findings.add(
            ReasonCode.NOT_A_PAYMENT, f"it credits {codes}; the payment of a bill credits one account with money"
        )
    return next(iter(banks.values()), None)


def _check(paid: Bill, coded: CodedRecord, findings: Findings) -> None:
    currencies = {item.amount.currency for item in paid.items}
    if currencies - {coded.currency}:
        text = (
            f"the bill {paid.expense_number} is in {' and '.join(sorted(currencies))}, its payment in {coded.currency}"
        )
        findings.add(ReasonCode.MIXED_CURRENCIES, text)
    if paid.subsidiary_id is not None and paid.subsidiary_id != coded.subsidiary.id:
        text = f"the bill {paid.expense_number} is of another subsidiary than {coded.subsidiary.trade_name}"
        findings.add(ReasonCode.NOT_A_PAYMENT, text)


def _check_rate(paid: Bill, coded: CodedRecord, context: Context, findings: Findings) -> None:
    """Whether the bill was converted at the rate of its payment."""
    at = coded.conversion
    day = paid.impact_date or paid.bill_date
    if at is not None and context.rates(at.base, at.target, day) != at.rate:
        text = (
            f"it was converted from {at.base} at the rate of {at.date}, the bill {paid.expense_number} at that of {day}; "
            f"record the payment in Rillet, with the exchange difference"
        )
        findings.add(ReasonCode.EXCHANGE_DIFFERENCE, text)
