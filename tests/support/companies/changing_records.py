"""Records of each kind of document that can change after their export, and what they say about the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

from brex_accounting import FieldValueRef, Record, RecordType
from brex_accounting.testing.records import Split, card_expense, card_refund, gl, record, reimbursement

#: Debits less credits by account code.
Balances: TypeAlias = Mapping[str, Decimal | int]


def charge(amount: str = "100", account: str = "61000", *, id: str = "k1", **more: Any) -> Record:
    return card_expense(amount, coding=[gl(account)], record_id=id, **more)


def pair(splits: Sequence[Split], *, id: str = "s1", **more: Any) -> Record:
    """A card expense of several splits."""
    return card_expense(_total(splits), splits=list(splits), record_id=id, **more)


def _total(splits: Sequence[Split]) -> str:
    return str(sum(Decimal(amount) for amount, _ in splits))


def refund(amount: str = "100", account: str = "61000", *, id: str = "n1", **more: Any) -> Record:
    return card_refund(amount, coding=[gl(account)], record_id=id, **more)


def reimbursed(amount: str = "100", account: str = "61000", *, id: str = "r1", **more: Any) -> Record:
    return reimbursement(amount, coding=[gl(account)], record_id=id, **more)


def entry(amount: str = "100", account: str = "21120", *, id: str = "e1", **more: Any) -> Record:
    """A payment of the card, which is a journal entry in Rillet: it debits `account` and credits the bank."""
    return record(
        RecordType.CARD_PAYMENT, debits=[(amount, [gl(account)])], credits=[(amount, [])], record_id=id, **more
    )


def bill(amount: str = "100", account: str = "61000", *, id: str = "b1", vendor: str = "Acme", **more: Any) -> Record:
    more.setdefault("invoice_number", "INV-1")
    return joint([(amount, [gl(account)])], id=id, vendor=vendor, **more)


def joint(splits: Sequence[Split], *, id: str = "j1", source: str = "bill1", **more: Any) -> Record:
    """A bill of several splits."""
    more.setdefault("due_at", datetime(2026, 3, 10, tzinfo=UTC))
    total = [(_total(splits), ())]
    return record(RecordType.BILL_EXPENSE, debits=splits, credits=total, record_id=id, source_id=source, **more)


def credit(amount: str = "100", account: str = "61000", *, id: str = "v1", **more: Any) -> Record:
    """What a vendor gives back: a bill turned round, which is a vendor credit in Rillet."""
    more.setdefault("invoice_number", "CN-1")
    return record(
        RecordType.BILL_EXPENSE,
        debits=[(amount, [])],
        credits=[(amount, [gl(account)])],
        record_id=id,
        source_id=f"bill of {id}",
        vendor="Acme",
        **more,
    )


def _line(amount: str, *coding: FieldValueRef) -> Split:
    return amount, coding


def payment(amount: str = "100", *, id: str = "p1", source: str = "bill1", fee: str = "0", **more: Any) -> Record:
    """A payment of a bill; the fee comes on top of it, and a negative one is a discount."""
    left = Decimal(amount) + Decimal(fee)
    owed, paid = [_line(amount)], [_line(str(left))]
    if left > Decimal(amount):
        owed.append(_line(fee, gl("63000")))
    elif left < Decimal(amount):
        paid.append(_line(fee.removeprefix("-"), gl("63000")))
    return record(RecordType.BILL_EXPENSE_PAYMENT, debits=owed, credits=paid, record_id=id, source_id=source, **more)


def payout(amount: str = "100", *, id: str = "o1", source: str = "expense1", **more: Any) -> Record:
    """A payout of a reimbursement, which pays it in Rillet."""
    return record(
        RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT,
        debits=[(amount, [])],
        credits=[(amount, [])],
        record_id=id,
        source_id=source,
        **more,
    )


class MakeRecord(Protocol):
    """Makes the record of a kind with an amount and an account."""

    def __call__(self, amount: str, account: str, /) -> Record: ...


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of document, for tests of what holds for all: the record that changes, and what else there is.

    `sign` is how its amount counts on its own account, `offset` is the account on the other side.
    """

    name: str
    make: MakeRecord
    sign: int
    offset: str
    others: tuple[Record, ...] = ()
    other_books: Balances = field(default_factory=dict[str, Decimal | int])
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    has_account: bool = True
    is_put: bool = False

    @property
    def record_id(self) -> str:
        return self.make("1", "61000").id

    def books(self, amount: int, account: str = "61000") -> Balances:
        """What the books are with this amount on this account."""
        sums = Counter[str]({code: int(each) for code, each in self.other_books.items()})
        sums[account if self.has_account else "21100"] += self.sign * amount
        sums[self.offset] -= self.sign * amount
        return {code: each for code, each in sorted(sums.items()) if each}


def _payment_of(amount: str, account: str) -> Record:
    del account
    return payment(amount)


CHARGE = Kind("charge", charge, 1, "21120")
REFUND = Kind("refund", refund, -1, "21120")
REIMBURSEMENT = Kind("reimbursement", reimbursed, 1, "21340")
BILL = Kind("bill", bill, 1, "21100", is_put=True)
CREDIT = Kind("vendor credit", credit, -1, "21100", is_put=True)
ENTRY = Kind("entry", entry, 1, "11100", is_put=True)
PAYMENT = Kind(
    "payment",
    _payment_of,
    1,
    "11100",
    others=(bill("500"),),
    other_books={"61000": 500, "21100": -500},
    has_account=False,
)
MEMBER = Kind(
    "member",
    charge,
    1,
    "21120",
    others=(charge("30", "63000", id="k2"), charge("7", "63000", id="k3")),
    other_books={"63000": 37, "21120": -37},
    settings={"summarise": ("CARD_EXPENSE_POST",)},
)
DOCUMENTS = (CHARGE, REFUND, REIMBURSEMENT, BILL, CREDIT, ENTRY)
KINDS = (*DOCUMENTS, PAYMENT, MEMBER)
