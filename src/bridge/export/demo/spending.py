"""Two months of the demonstration company's spending, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import attrs

from brex_accounting import FieldValueRef, LineItem, Receipt, Record, RecordType, RecordVendor, ReviewStatus, User
from brex_accounting.testing.records import (
    Coding,
    Details,
    Split,
    card_expense,
    card_refund,
    dimension,
    gl,
    record,
    reimbursement,
)
from bridge.closing.delimited import delimited
from bridge.export.demo.company import (
    AMBIGUOUS_MERCHANT,
    DEPARTMENTS,
    MERCHANTS,
    OLD_PROJECT,
    PEOPLE,
    PROJECTS,
    TAX_FIELD,
    UNKNOWN_MERCHANT,
    email_of,
    id_of,
    merchant_id,
    rate,
    tax_code_of,
)
from clientkit.money import total

FIRST_DAY = date(2026, 9, 1)
LAST_DAY = date(2026, 10, 30)

_DAYS = (LAST_DAY - FIRST_DAY).days + 1
# A payment is for the bill before it, so the first bill stays unpaid: Rillet's paid bills cannot be replaced.
_MOVEMENTS = (
    RecordType.BILL_EXPENSE,
    RecordType.CARD_PAYMENT,
    RecordType.BILL_EXPENSE,
    RecordType.BILL_EXPENSE_PAYMENT,
    RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN,
    RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT,
    RecordType.CARD_EXPENSE_REPAYMENT,
    RecordType.REWARD_REDEMPTION,
    RecordType.BILL_EXPENSE_CARD_PAYMENT,
    RecordType.CARD_PAYMENT_REFUND,
    RecordType.REIMBURSEMENT_EXPENSE_REPAYMENT,
    RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL,
    RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND,
    RecordType.INVOICE,
    RecordType.BILL_MONEY_MOVEMENT_PAYIN,
    # The last one is turned round: the vendor gives money back.
    RecordType.BILL_EXPENSE,
)
_RECEIVABLE, _SALES, _CLEARING, _BANK, _GERMAN_BANK = "13000", "41000", "11900", "11100", "11200"
_EVERY_SHARED = 5
_SURCHARGE = Decimal("50.00")
_SOFTWARE, _TRAVEL, _MEALS, _SUPPLIES = "61100", "62100", "62200", "63100"


def spending(count: int, seed: int) -> list[Record]:
    """`count` good records and a handful that must be refused, each for another reason."""
    chance = random.Random(seed)  # noqa: S311 - a demonstration, not a secret
    good = list[Record]()
    for number in range(count):
        # Every fourth record is no spending, of each type in turn.
        turn, place = divmod(number, 4)
        good.append(_good(chance, number) if place else _movement(chance, number, turn, good))
    return _shared(good) + _bad(chance)


def _shared(records: Sequence[Record]) -> list[Record]:
    """The records, where of some American card expenses the last line was bought for the German company."""
    made = list(records)
    several = [place for place, each in enumerate(made) if _has_parts(each)]
    for place in several[::_EVERY_SHARED]:
        *others, last, card = made[place].line_items
        theirs = attrs.evolve(last, accounting_field_values=(*last.accounting_field_values, *_legal_entity()))
        made[place] = attrs.evolve(made[place], line_items=(*others, theirs, card))
    return made


def _has_parts(each: Record) -> bool:
    is_american = each.type == RecordType.CARD_EXPENSE_POST and each.amount.currency == "USD"
    return is_american and len(each.line_items) > 2


def daily_rates() -> str:
    """The company's exchange rates as a CSV file, of each day on which something was spent."""
    days = (FIRST_DAY + timedelta(days=number) for number in range(_DAYS))
    rows = [("USD", "EUR", day, rate("USD", "EUR", day)) for day in days]
    return delimited(("base", "target", "date", "rate"), rows)


def corrected(bill: Record) -> Record:
    """The next version of an exported bill, ready again: the vendor has put a surcharge on its first line."""
    first, *others, payable = bill.line_items
    return attrs.evolve(
        bill,
        version=bill.version + 1,
        review_status=ReviewStatus.READY_FOR_EXPORT,
        amount=attrs.evolve(bill.amount, amount=total((bill.amount.amount, _SURCHARGE))),
        line_items=(_surcharged(first), *others, _surcharged(payable)),
    )


def _surcharged(line: LineItem) -> LineItem:
    return attrs.evolve(line, amount=attrs.evolve(line.amount, amount=total((line.amount.amount, _SURCHARGE))))


def _good(chance: random.Random, number: int) -> Record:
    german = chance.random() < 0.35
    currency = "EUR" if german else "USD"
    moment = _moment(chance)
    details = Details(record_id=_record_id(number), posted_at=moment, erp_posting_date=moment)
    person = _person(chance.choice(PEOPLE))
    account = chance.choice(sorted(MERCHANTS))
    name = UNKNOWN_MERCHANT if number % 97 == 11 else chance.choice(MERCHANTS[account])
    amount = _amount(chance, 900)
    kind = chance.random()
    if kind < 0.16:
        details["memo"] = "Paid out of pocket"
        splits = _splits(chance, amount, german=german, accounts=(_TRAVEL, _MEALS))
        return reimbursement(amount, currency, splits=splits, user=person, **details)
    if kind < 0.24:
        details["memo"] = f"Refund of {name}"
        coding = _coding(chance, account, german=german)
        return card_refund(amount, currency, coding=coding, merchant=_merchant(name), user=person, **details)
    splits = _splits(chance, amount, german=german, accounts=(account, account, _SUPPLIES))
    details["receipts"] = [Receipt(id=f"receipt_{number:05d}")] if number % 6 == 0 else []
    return card_expense(amount, currency, splits=splits, merchant=_merchant(name), user=person, **details)


def _movement(chance: random.Random, number: int, turn: int, earlier: Sequence[Record]) -> Record:
    kind = _MOVEMENTS[turn % len(_MOVEMENTS)]
    if kind == RecordType.BILL_EXPENSE_PAYMENT:
        return _payment(number, next(each for each in reversed(earlier) if each.type == RecordType.BILL_EXPENSE), kind)
    if kind == RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT:
        approved = _reimbursed(earlier)
        if approved:
            return _payment(number, approved[-1], kind)
    german, moment = chance.random() < 0.35, _moment(chance)
    details = Details(record_id=_record_id(number), posted_at=moment, erp_posting_date=moment)
    amount, currency = _amount(chance, 3_000), "EUR" if german else "USD"
    if kind == RecordType.BILL_EXPENSE:
        account = chance.choice(sorted(MERCHANTS))
        details["source_id"] = f"bill_{number:05d}"
        details["invoice_number"] = f"R-{number:05d}"
        details["due_at"] = moment + timedelta(days=30)
        details["receipts"] = [Receipt(id=f"receipt_{number:05d}")]
        splits = _splits(chance, amount, german=german, accounts=(account, _SUPPLIES))
        vendor = _merchant(chance.choice(MERCHANTS[account]))
        owed: Sequence[Split] = [(amount, ())]
        if turn % len(_MOVEMENTS) == len(_MOVEMENTS) - 1:
            return record(kind, debits=owed, credits=splits, currency=currency, vendor=vendor, **details)
        bill = record(kind, debits=splits, credits=owed, currency=currency, vendor=vendor, **details)
        return _prepaid(bill) if turn % len(_MOVEMENTS) else bill
    # Nobody codes the lines of most; money that an employee gives back goes to the account of the expense.
    entity = _legal_entity() if german else []
    debit: Coding = entity
    credit: Coding = entity
    if kind == RecordType.REIMBURSEMENT_EXPENSE_REPAYMENT:
        credit = _coding(chance, _MEALS, german=german)
    elif kind == RecordType.INVOICE:
        debit, credit = ([gl(_id(account)), *entity] for account in (_RECEIVABLE, _SALES))
    elif kind == RecordType.BILL_MONEY_MOVEMENT_PAYIN:
        debit, credit = ([gl(_id(each)), *entity] for each in (_CLEARING, _GERMAN_BANK if german else _BANK))
    return record(kind, debits=[(amount, debit)], credits=[(amount, credit)], currency=currency, **details)


def _reimbursed(earlier: Sequence[Record]) -> list[Record]:
    """What was reimbursed and not paid out yet."""
    paid = {each.source_id for each in earlier if each.type == RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT}
    approved = (each for each in earlier if each.type == RecordType.REIMBURSEMENT_EXPENSE_APPROVAL)
    return [each for each in approved if each.source_id not in paid]


def _prepaid(bill: Record) -> Record:
    """The bill with a year of service on its first line, as Brex amortises it."""
    first, *others = bill.line_items
    year = {"start_date": "2026-10-01", "end_date": "2027-09-30"}
    return attrs.evolve(bill, line_items=(attrs.evolve(first, extra={"amortization": year}), *others))


def _payment(number: int, bill: Record, kind: RecordType) -> Record:
    """The payment of a bill or of a reimbursement."""
    last = datetime.combine(LAST_DAY, time(12), UTC)
    moment = min(bill.posted_at + timedelta(days=14), last)
    # Nobody codes it: it is its bill's entity's.
    lines: Sequence[Split] = [(bill.amount.amount, [])]
    return record(
        kind,
        debits=lines,
        credits=lines,
        currency=bill.amount.currency,
        record_id=_record_id(number),
        source_id=bill.source_id,
        posted_at=moment,
        erp_posting_date=moment,
    )


def _record_id(number: int) -> str:
    return f"accr_{id_of('record', str(number)).replace('-', '')}"


#: A card expense that nobody has coded to an account.
UNCODED = "accr_bad03"


def _bad(chance: random.Random) -> list[Record]:
    moment = _moment(chance)
    at = Details(posted_at=moment, erp_posting_date=moment)
    department = dimension("Department", None, name="Sales")
    coding = [gl(_id(_TRAVEL)), department]
    vendor = _merchant("Skyline Air")
    closed = datetime(2026, 8, 29, 12, tzinfo=UTC)
    lines: Sequence[Split] = [(Decimal("100.00"), coding)]
    bad = [
        record(RecordType.CARD_EXPENSE_POST, debits=lines, credits=[(Decimal("99.99"), ())], vendor=vendor, **at),
        card_expense("48.20", "CAD", coding=coding, merchant=vendor, **at),
        card_expense("310", coding=[department], merchant=vendor, **at),
        card_expense("25", coding=[gl(_id("66100")), department], merchant=vendor, **at),
        card_expense("75", coding=[*coding, dimension("Project", None, name=OLD_PROJECT)], merchant=vendor, **at),
        card_expense("64.90", coding=[gl(_id(_SOFTWARE))], merchant=vendor, **at),
        card_expense("120", coding=coding, merchant=vendor, posted_at=closed, erp_posting_date=closed),
        card_expense("8.50", coding=coding, merchant=_merchant(AMBIGUOUS_MERCHANT), **at),
        attrs.evolve(card_expense("19.999", coding=[gl("69999")], **at), vendor=None),
        reimbursement("58", coding=coding, user=_person(PEOPLE[0]), type=RecordType.REIMBURSEMENT_EXPENSE_POST, **at),
        record(RecordType.INVOICE_PAYMENT, debits=[("5000", ())], credits=[("5000", ())], **at),
    ]
    return [attrs.evolve(each, id=f"accr_bad{number:02d}") for number, each in enumerate(bad, start=1)]


def _moment(chance: random.Random) -> datetime:
    midnight = datetime.combine(FIRST_DAY, time(), UTC)
    return midnight + timedelta(days=chance.randrange(_DAYS), seconds=chance.randrange(86_400))


def _amount(chance: random.Random, most: int) -> Decimal:
    return Decimal(chance.randrange(199, most * 100)).scaleb(-2)


def _splits(chance: random.Random, amount: Decimal, *, german: bool, accounts: Sequence[str]) -> list[Split]:
    """The amount on one line, or on two or three with accounts and departments of their own."""
    parts = list[Decimal]()
    rest = amount
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        part = (rest * chance.randrange(20, 60) / 100).quantize(Decimal("0.01"))
        parts.append(part)
        rest -= part
    return [(part, _coding(chance, chance.choice(accounts), german=german)) for part in (rest, *parts) if part]


def _coding(chance: random.Random, account: str, *, german: bool) -> Coding:
    coding: list[FieldValueRef] = [gl(_id(account)), dimension("Department", None, name=chance.choice(DEPARTMENTS))]
    if chance.random() < 0.4:
        coding.append(dimension("Project", None, name=chance.choice(PROJECTS)))
    return [*coding, dimension(TAX_FIELD, tax_code_of(account)), *_legal_entity()] if german else coding


def _legal_entity() -> list[FieldValueRef]:
    return [dimension("LEGAL_ENTITY", "halden-gmbh", name="Halden Robotics GmbH")]


def _id(code: str) -> str:
    return id_of("account", code)


def _merchant(name: str) -> RecordVendor:
    return RecordVendor(id=merchant_id(name), name=name)


def _person(name: str) -> User:
    first, _, last = name.partition(" ")
    return User(id=f"cuuser_{id_of('person', name)[:8]}", first_name=first, last_name=last, email=email_of(name))
