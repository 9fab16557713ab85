"""What a record follows: the reimbursement of a payout, the bill of a payment, the card expense of a repayment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import attrs

from brex_accounting import Record, RecordType
from bridge.books import Books
from bridge.master_data import Bill
from bridge.settings.values import Settings
from bridge.values import ExternalReference

_Type = RecordType
_REIMBURSEMENTS = frozenset({_Type.REIMBURSEMENT_EXPENSE_APPROVAL, _Type.REIMBURSEMENT_EXPENSE_POST})

#: By record type, the types of the records that it follows; they have the same `source_id`.
FOLLOWS: Mapping[str, frozenset[RecordType]] = MappingProxyType(
    {
        _Type.CARD_EXPENSE_REPAYMENT: frozenset({_Type.CARD_EXPENSE_POST}),
        _Type.REIMBURSEMENT_EXPENSE_REPAYMENT: _REIMBURSEMENTS,
        _Type.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT: _REIMBURSEMENTS,
        _Type.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL: _REIMBURSEMENTS,
        _Type.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN: _REIMBURSEMENTS,
        _Type.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND: _REIMBURSEMENTS,
        _Type.BILL_EXPENSE_PAYMENT: frozenset({_Type.BILL_EXPENSE}),
        _Type.BILL_EXPENSE_CARD_PAYMENT: frozenset({_Type.BILL_EXPENSE}),
    }
)


@attrs.frozen(kw_only=True)
class Followed:
    """What is known of the record that another one follows, such as the reimbursement of a payout.

    `subsidiary_id` is where the ledger has it, `record` is what it says itself. `missing` tells in words why the ledger
    does not have it. `others` are further ones of the same source: where they are of different entities, nothing tells whose
    the record is that follows them.
    """

    subsidiary_id: str | None = None
    record: Record | None = None
    missing: str | None = None
    others: tuple[Followed, ...] = ()


def together(found: Iterable[Followed]) -> Followed | None:
    """Several of one source as one; None where there is none. What the ledger does not have counts where it has nothing else."""
    every = list[Followed]()
    for each in found:
        if each not in every:
            every.append(each)
    there = [each for each in every if each.missing is None] or every
    return attrs.evolve(there[0], others=tuple(there[1:])) if there else None


def follows(record: Record) -> frozenset[RecordType]:
    """The types of the records that a record follows; none for one that stands for itself."""
    return FOLLOWS.get(record.type, frozenset()) if record.source_id is not None else frozenset()


def reference_of(record: Record, settings: Settings) -> ExternalReference | None:
    """The external reference of what a record is about, such as the bill that it pays; None where it can have none."""
    kind, source = settings.reference_type, record.source_id
    return None if kind is None or source is None else ExternalReference(type=kind, id=source)


def bills_paid_by(record: Record, settings: Settings, books: Books) -> Sequence[Bill]:
    """The bills of the ledger that have the reference of the bill that a record pays."""
    reference = reference_of(record, settings) if RecordType.BILL_EXPENSE in follows(record) else None
    return () if reference is None else books.bills_by_reference(reference)


def followed_in(records: Iterable[Record]) -> Mapping[str, Followed]:
    """By the id of each record that follows one of the others, or several of one source: that one."""
    everything = tuple(records)
    kinds = {kind for each in FOLLOWS.values() for kind in each}
    known = dict[tuple[str | None, str], list[Record]]()
    for each in everything:
        if each.type in kinds:
            known.setdefault((each.source_id, each.type), []).append(each)
    found = {
        each.id: together(
            Followed(record=followed)
            for kind in sorted(follows(each))
            for followed in known.get((each.source_id, kind), ())
        )
        for each in everything
    }
    return {record_id: followed for record_id, followed in found.items() if followed is not None}
