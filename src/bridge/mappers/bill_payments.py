"""Payments of bills as payments of Rillet's bills."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from brex_accounting import Side
from bridge.coded_record import CodedLine
from bridge.decisions import Post, ReasonCode
from bridge.documents.form import FormLine, form
from bridge.documents.rillet_payments import BillPaymentDocument
from bridge.followed import reference_of
from bridge.mappers.draft import Draft
from bridge.mappers.journal_entries import journal_entry
from bridge.master_data import Account, Bill
from bridge.postings import signed
from bridge.settings.choices import Role
from clientkit.money import total
from clientkit.showing import first_of
from rillet import AccountType, Money


def bill_payment(draft: Draft) -> Post | None:
    """A payment of the bill that carries the same id of Brex as an external reference.

    In Rillet it debits the payable account and credits one account with money. What the record says beyond that, as with
    a fee or a discount, is an entry of its own. A bill that is paid already may have been paid for this very record, so
    Rillet decides whether it takes more. A payment that was converted at another rate than its bill is refused: the
    exchange difference would stay on the payable account, and Rillet's payments have no line for it. Where the settings
    say that payables were brought in when the export began, a payment of one of these is an entry.
    """
    if _pays_what_was_there_before(draft):
        return journal_entry(draft)
    payable = draft.account(Role.ACCOUNTS_PAYABLE)
    paid = _bill(draft)
    lines = None if payable is None else _lines(draft, payable)
    if paid is not None and lines is not None:
        _check(paid, draft)
        _check_rate(paid, draft)
    currency = draft.coded.currency
    return draft.finish(
        BillPaymentDocument,
        bill_id=paid and paid.id,
        amount=lines and Money(lines.amount, currency),
        account=lines and lines.bank.code,
        payable_account=payable and payable.code,
        exchange_rate=paid and paid.exchange_rate,
        more=() if lines is None else lines.more(currency),
    )


@attrs.frozen(kw_only=True)
class _Lines:
    """What the lines of a payment say: what left the `bank`, what was `owed`, and the `others` with their accounts."""

    bank: Account
    left: Decimal
    owed: Decimal
    others: tuple[tuple[CodedLine, Account], ...]

    @property
    def amount(self) -> Decimal:
        """What a payment alone says: what was owed, as far as it left the bank."""
        return min(self.left, self.owed)

    def more(self, currency: str) -> tuple[FormLine, ...]:
        """What the record says beyond that, but for what is on the payable account."""
        surplus = total((self.amount, self.left.copy_negate()))
        lines = [FormLine(account=self.bank.code, amount=surplus, currency=currency)]
        for each, account in self.others:
            amount = each.line.amount.amount
            lines.append(
                FormLine(
                    account=account.code,
                    amount=signed(amount, each.line.type),
                    currency=currency,
                    fields=frozenset((field.field_id, field.field_value_id) for field in each.fields),
                )
            )
        return form("", lines, {}).lines


def _pays_what_was_there_before(draft: Draft) -> bool:
    """Whether it pays a bill that Rillet has in its opening balance alone."""
    until, reference = draft.coded.entity.opening_payables_until, reference_of(draft.record, draft.settings)
    if until is None or reference is None or draft.day_of(draft.record.erp_posting_date) > until:
        return False
    return not draft.books.bills_by_reference(reference)


def _bill(draft: Draft) -> Bill | None:
    record, reference = draft.record, reference_of(draft.record, draft.settings)
    if reference is None:
        missing = "a reference_type" if draft.settings.reference_type is None else "a source_id"
        draft.refuse(ReasonCode.BILL_NOT_FOUND, f"the bill that it pays cannot be found without {missing}")
        return None
    found = draft.books.bills_by_reference(reference)
    if len(found) == 1:
        return found[0]
    if not found and any(each.code is ReasonCode.NOT_POSTED_YET for each in draft.findings.reasons):
        # It is told already which bill is to come first.
        return None
    if found:
        ids = first_of(sorted(bill.id for bill in found))
        text = f"{len(found)} bills of Rillet have the reference {record.source_id!r} ({ids}); delete all but one"
    else:
        text = f"no bill of Rillet has the reference {record.source_id!r}; the bill has to be there first"
    draft.refuse(ReasonCode.BILL_NOT_FOUND, text)
    return None


def _lines(draft: Draft, payable: Account) -> _Lines | None:
    """What the lines say: which account the money comes from, what was owed, and what else there is."""
    banks, owed, others = list[tuple[CodedLine, Account]](), list[Decimal](), list[tuple[CodedLine, Account]]()
    for each in draft.coded.lines:
        if not each.line.amount.amount:
            continue
        is_credit = each.line.type == Side.CREDIT
        account = each.account if each.is_coded else draft.account(Role.BANK) if is_credit else payable
        if account is None:
            continue
        if each.tax is not None:
            text = "a line of a bill's payment carries a tax code, which Rillet cannot keep there"
            draft.refuse(ReasonCode.FIELDS_ON_OFFSETTING_LINE, text, each.line.id)
        if account.id == payable.id and not is_credit:
            owed.append(each.line.amount.amount)
        elif is_credit and account.id != payable.id and _pays(account, draft):
            banks.append((each, account))
        else:
            others.append((each, account))
            if each.is_coded and account.type == AccountType.EXPENSE:
                draft.check_mandatory(each)
    if not banks:
        # Any one account may be the one with the money.
        banks = [each for each in others if each[0].line.type == Side.CREDIT and each[1].id != payable.id]
        others = [each for each in others if each not in banks]
    accounts = {account.id: account for _, account in banks}
    if not owed or len(accounts) != 1 or any(account.id == payable.id for _, account in others):
        codes = " and ".join(sorted({account.code for _, account in (*banks, *others)}))
        text = f"it has {codes or 'nothing'} beside {payable.code}; a payment of a bill debits that, and credits one account with money"
        draft.refuse(ReasonCode.NOT_A_PAYMENT, text)
        return None
    _check_fields(draft, banks, payable)
    left = total(each.line.amount.amount for each, _ in banks)
    return _Lines(bank=next(iter(accounts.values())), left=left, owed=total(owed), others=tuple(others))


def _pays(account: Account, draft: Draft) -> bool:
    """Whether an account has money: it is that of the settings, or of its subtype, or is behind a bank account."""
    named = draft.coded.entity.account(Role.BANK)
    bank = None if named is None else draft.books.account(named)
    is_like = bank is not None and bank.subtype is not None and account.subtype == bank.subtype
    return (
        is_like or (bank is not None and account.id == bank.id) or account.code in (draft.books.paying_accounts or ())
    )


def _check_fields(draft: Draft, banks: Sequence[tuple[CodedLine, Account]], payable: Account) -> None:
    """Note field values on the lines of the payment itself."""
    of_payment = {each.line.id for each, _ in banks}
    for each in draft.coded.lines:
        is_owed = each.line.type == Side.DEBIT and (not each.is_coded or each.account == payable)
        if each.fields and each.line.amount.amount and (is_owed or each.line.id in of_payment):
            text = "a line of a bill's payment carries field values, which Rillet cannot keep there"
            draft.refuse(ReasonCode.FIELDS_ON_OFFSETTING_LINE, text, each.line.id)


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
    """Whether the bill was converted at the rate of its payment.

    The rate is that of the transaction, and a bill may count later because its own period was closed; nothing in it tells.
    So the rate has to be that of both days.
    """
    at = draft.coded.conversion
    days = dict.fromkeys((paid.bill_date, paid.impact_date or paid.bill_date))
    day = next((each for each in days if at is not None and draft.rates(at.base, at.target, each) != at.rate), None)
    if at is not None and day is not None:
        text = (
            f"it was converted from {at.base} at the rate of {at.date}, the bill {paid.expense_number} at that of {day}; "
            f"record the payment in Rillet, with the exchange difference"
        )
        draft.refuse(ReasonCode.EXCHANGE_DIFFERENCE, text)
