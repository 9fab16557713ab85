"""What happens in Brex: records come, are edited and offered again, lose their money, and go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import attrs

from brex_accounting import Record
from brex_accounting.testing.records import Split, gl
from support.companies.changing import EXPORTED, READY
from support.companies.changing_records import (
    bill,
    charge,
    credit,
    entry,
    joint,
    pair,
    payment,
    payout,
    refund,
    reimbursed,
)
from support.companies.two import GMBH
from support.histories.choices import ACCOUNTS, SETTLING, chosen
from support.histories.world import World

KINDS = ("charge", "refund", "owed", "bill", "paid", "entry")
#: Payments of bills with a fee or a discount, payouts of reimbursements, and what vendors give back.
MOVEMENTS = ("fee", "out", "credit")
#: Records with lines of two entities.
SHARED = ("pair", "joint")
MERCHANTS = ("Cumulus Cloud", "Sample Stationery")
DAYS = (
    datetime(2026, 1, 20, 12, tzinfo=UTC),
    datetime(2026, 2, 3, 11, tzinfo=UTC),
    datetime(2026, 2, 20, 8, tzinfo=UTC),
)
#: No ledger has this account.
NO_ACCOUNT = "99999"


def _made(kind: str, number: int, amount: int, account: int, head: int) -> Record:
    """A record of a kind; only payments have cents, by which they are told apart."""
    day, code = chosen(DAYS, head), chosen(ACCOUNTS, account)
    name, merchant = f"{kind}{number}", chosen(MERCHANTS, head // 7)
    which = 2 if head % 5 == 0 else 1
    makers: Mapping[str, Callable[[], Record]] = {
        "charge": lambda: charge(chosen(("100", "40", "25"), amount), code, id=name, merchant=merchant, posted_at=day),
        "refund": lambda: refund(chosen(("90", "30", "20"), amount), code, id=name, merchant=merchant, posted_at=day),
        "owed": lambda: reimbursed(
            chosen(("80", "35", "15"), amount), code, id=name, source_id=f"expense{number}", posted_at=day
        ),
        "bill": lambda: bill(
            chosen(("500", "620", "750"), amount),
            code,
            id=name,
            source=f"source{number}",
            vendor=merchant,
            invoice_number=f"INV-{number}",
            posted_at=day,
        ),
        "paid": lambda: payment(
            f"{chosen((30, 40, 50), amount)}.0{number}", id=name, source=f"source{which}", posted_at=day
        ),
        "fee": lambda: payment(
            f"{chosen((30, 40, 50), amount)}.1{number}",
            id=name,
            fee=chosen(("2", "-1", "0"), account),
            source=f"source{which}",
            posted_at=day,
        ),
        "out": lambda: payout(
            f"{chosen((9, 12, 30), amount)}.2{number}", id=name, source=f"expense{which}", posted_at=day
        ),
        "credit": lambda: credit(
            chosen(("70", "55", "12"), amount), code, id=name, invoice_number=f"CN-{number}", posted_at=day
        ),
        "pair": lambda: pair(_shares(amount, account), id=name, merchant=merchant, posted_at=day),
        "joint": lambda: joint(
            _shares(amount, account),
            id=name,
            source=f"joint source{number}",
            vendor=merchant,
            invoice_number=f"JNT-{number}",
            posted_at=day,
        ),
        "entry": lambda: entry(chosen(("200", "60", "45"), amount), code, id=name, posted_at=day),
    }
    return makers[kind]()


def _shares(amount: int, account: int) -> Sequence[Split]:
    """What one entity spends, and mostly what the other one does."""
    ours = chosen(("60", "52", "20"), amount), [gl(chosen(ACCOUNTS, account))]
    theirs = chosen(("40", "31", "5"), amount // 3), [gl(chosen(ACCOUNTS, account // 3)), GMBH]
    return [ours] if amount % 5 == 0 else [ours, theirs]


def _put(world: World, record: Record, what: str) -> None:
    if world.company.settings.reference_type is None:
        record = attrs.evolve(record, memo=record.id)
    world.brex.add(record)
    world.known[record.id] = record
    world.edited.add(record.id)
    amount = record.amount.amount
    coded = [each.remote_field_value_id for line in record.line_items for each in line.accounting_field_values]
    day, state = f"{record.posted_at:%b %d}", record.review_status.value
    vendor = record.vendor.name if record.vendor is not None else "nobody"
    world.say(f"Brex: {what} {record.id}: {amount} on {coded} of {day}, {vendor}, version {record.version}, {state}")


def _add(world: World, kind: int, amount: int, account: int, head: int) -> None:
    _add_one(world, chosen(KINDS, kind), amount, account, head)


def _move(world: World, kind: int, amount: int, account: int, head: int) -> None:
    _add_one(world, chosen(MOVEMENTS, kind), amount, account, head)


def _share(world: World, kind: int, amount: int, account: int, head: int) -> None:
    _add_one(world, chosen(SHARED, kind), amount, account, head)


def _add_one(world: World, name: str, amount: int, account: int, head: int) -> None:
    number = 1 + sum(each.startswith(name) for each in world.known)
    if number > 9:
        return
    settled = {"paid": "bill", "fee": "bill", "out": "owed"}.get(name)
    if settled is not None and not any(each.startswith(settled) for each in world.known):
        _put(world, _dated(world, _made(settled, 1, amount, account, head), 2), "a new")
    _put(world, _dated(world, _made(name, number, amount, account, head), 2), "a new")


def _dated(world: World, record: Record, version: int) -> Record:
    return attrs.evolve(record, updated_at=world.clock(), version=version)


def _edit(world: World, which: int, amount: int, account: int, head: int) -> None:
    known = sorted(world.brex.records)
    if not known:
        return
    old = world.brex.records[chosen(known, which)]
    kind, number = old.id[:-1], int(old.id[-1])
    # Some edits change the amount or the account alone.
    made = _made(kind, number, amount, account, head)
    if head % 3:
        made = attrs.evolve(
            made,
            posted_at=old.posted_at,
            erp_posting_date=old.erp_posting_date,
            vendor=old.vendor,
            source_id=old.source_id,
            due_at=old.due_at,
        )
    # A payment may turn out to be another one's; what else is about something goes on being about it.
    made = attrs.evolve(made, receipts=old.receipts, source_id=made.source_id if kind in SETTLING else old.source_id)
    status = READY if (head // 3) % 2 else EXPORTED
    if old.review_status == READY:
        # What waits for export goes on waiting.
        status = READY
    _put(world, attrs.evolve(_dated(world, made, old.version + 1), review_status=status), "an edited")


def _offer(world: World, which: int, *_: int) -> None:
    known = sorted(world.brex.records)
    if known:
        old = world.brex.records[chosen(known, which)]
        _put(world, attrs.evolve(_dated(world, old, old.version + 1), review_status=READY), "offers again")


def _zero(world: World, which: int, state: int, *_: int) -> None:
    known = sorted(world.brex.records)
    if not known:
        return
    old = world.brex.records[chosen(known, which)]
    lines = tuple(
        attrs.evolve(each, amount=attrs.evolve(each.amount, amount=each.amount.amount * 0)) for each in old.line_items
    )
    status = READY if state % 2 else old.review_status
    none = attrs.evolve(old, line_items=lines, amount=attrs.evolve(old.amount, amount=old.amount.amount * 0))
    _put(world, attrs.evolve(_dated(world, none, old.version + 1), review_status=status), "takes the money out of")


def _leave(world: World, which: int, *_: int) -> None:
    known = sorted(world.brex.records)
    if len(known) > 1:
        name = chosen(known, which)
        world.brex._accounting.remove(name)
        world.edited.discard(name)
        world.say(f"Brex: {name} is gone")


def _spoil(world: World, which: int, state: int, *_: int) -> None:
    coded = [each for each in sorted(world.brex.records) if not each.startswith(SETTLING)]
    if not coded:
        return
    old = world.brex.records[chosen(coded, which)]
    lines = tuple(
        attrs.evolve(
            each,
            accounting_field_values=tuple(
                attrs.evolve(value, remote_field_value_id=NO_ACCOUNT) for value in each.accounting_field_values
            ),
        )
        for each in old.line_items
    )
    status = READY if state % 2 else old.review_status
    spoilt = attrs.evolve(_dated(world, old, old.version + 1), line_items=lines, review_status=status)
    _put(world, spoilt, "puts on an account that nobody has")


def _attach(world: World, which: int, state: int, *_: int) -> None:
    known = [each for each in sorted(world.brex.records) if each.startswith(("charge", "bill"))]
    if not known:
        return
    old = world.brex.records[chosen(known, which)]
    name = f"receipt {len(old.receipts) + 1} of {old.id}"
    receipt = world.brex.receipt_files.add(name.replace(" ", "_"), b"%PDF-" + name.encode())
    status = READY if state % 2 else old.review_status
    more = attrs.evolve(_dated(world, old, old.version + 1), receipts=(*old.receipts, receipt), review_status=status)
    _put(world, more, f"adds {name} to")


DOERS: Mapping[str, Callable[..., None]] = {
    "add": _add,
    "move": _move,
    "share": _share,
    "edit": _edit,
    "offer": _offer,
    "zero": _zero,
    "leave": _leave,
    "spoil": _spoil,
    "attach": _attach,
}
