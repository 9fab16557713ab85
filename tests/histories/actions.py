"""What can happen in a history: each action is a name and a few numbers, so that it can be left out and played again."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import attrs

from brex_accounting import Record
from changing_company import EXPORTED, READY
from changing_records import bill, charge, entry, payment, refund, reimbursed
from clientkit import ApiError
from histories.oracle import text
from histories.world import Setup, World, settings_can

T = TypeVar("T")

KINDS = ("charge", "refund", "owed", "bill", "paid", "entry")
MERCHANTS = ("Cumulus Cloud", "Sample Stationery")
ACCOUNTS = ("61000", "62000", "63000")
DAYS = (
    datetime(2026, 1, 20, 12, tzinfo=UTC),
    datetime(2026, 2, 3, 11, tzinfo=UTC),
    datetime(2026, 2, 20, 8, tzinfo=UTC),
)
CLOSINGS = (date(2026, 1, 31), date(2026, 2, 10), date(2026, 2, 28))
CHOICES: Mapping[str, Sequence[str]] = {
    "on_change": ("replace", "correct", "refuse"),
    "on_delete": ("refuse", "delete"),
    "closed_period": ("refuse", "first_open_day"),
    "reimbursement_basis": ("accrual", "cash"),
}
_RUNS = ("run", "run", "run_with_fault", "run_killed")
_IN_BREX = ("add", "edit", "edit", "edit", "edit", "offer", "offer", "zero", "leave")
_IN_RILLET = ("recode", "recode", "delete", "pay", "rename", "close")
_OTHERS = ("set", "wait", "replay")


@dataclass(frozen=True)
class Action:
    """Something that happens; the numbers choose what it happens to."""

    name: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class History:
    """How a world begins, and what happens in it."""

    seed: int
    setup: Setup
    actions: tuple[Action, ...]


def history_of(seed: int) -> History:
    """The history with this seed."""
    source = random.Random(seed)
    settings = {
        name: source.choice(values)
        for name, values in CHOICES.items()
        if name != "reimbursement_basis" and settings_can(**{name: values[0]}) and source.random() < 0.5
    }
    journal = source.random() < 0.6
    setup = Setup(journal=journal, summarise=journal and source.random() < 0.3, settings=settings)
    names = ["add"] * source.randint(1, 3) + [source.choice(_RUNS)]
    for _ in range(source.randint(1, 3)):
        for _ in range(source.randint(1, 3)):
            names.append(source.choice(source.choice((_IN_BREX, _IN_BREX, _IN_RILLET, _OTHERS))))
        names.append(source.choice(_RUNS))
    return History(seed, setup, tuple(Action(each, tuple(source.choices(range(10**6), k=4))) for each in names))


def chosen(many: Sequence[T], number: int) -> T:
    return many[number % len(many)]


def perform(world: World, action: Action) -> None:
    """Let something happen; nothing where it cannot."""
    _DOERS[action.name](world, *action.numbers)
    world.clock.advance(60)


# In Brex.


def _made(kind: str, number: int, amount: int, account: int, head: int) -> Record:
    """A record of a kind; only the payments of a bill have cents, by which they are told apart."""
    day, code = chosen(DAYS, head), chosen(ACCOUNTS, account)
    name, merchant = f"{kind}{number}", chosen(MERCHANTS, head // 7)
    if kind == "charge":
        return charge(chosen(("100", "40", "25"), amount), code, id=name, merchant=merchant, posted_at=day)
    if kind == "refund":
        return refund(chosen(("90", "30", "20"), amount), code, id=name, merchant=merchant, posted_at=day)
    if kind == "owed":
        return reimbursed(chosen(("80", "35", "15"), amount), code, id=name, posted_at=day)
    if kind == "bill":
        return bill(
            chosen(("500", "620", "750"), amount),
            code,
            id=name,
            source=f"source{number}",
            vendor=merchant,
            invoice_number=f"INV-{number}",
            posted_at=day,
        )
    if kind == "paid":
        return payment(
            f"{chosen((30, 40, 50), amount)}.{number:02}",
            id=name,
            source=f"source{2 if head % 5 == 0 else 1}",
            posted_at=day,
        )
    return entry(chosen(("200", "60", "45"), amount), code, id=name, posted_at=day)


def _put(world: World, record: Record, what: str) -> None:
    world.brex.add(record)
    world.known[record.id] = record
    world.edited.add(record.id)
    amount = record.amount.amount
    coded = [each.remote_field_value_id for line in record.line_items for each in line.accounting_field_values]
    day, state = f"{record.posted_at:%b %d}", record.review_status.value
    vendor = record.vendor.name if record.vendor is not None else "nobody"
    world.say(f"Brex: {what} {record.id}: {amount} on {coded} of {day}, {vendor}, version {record.version}, {state}")


def _add(world: World, kind: int, amount: int, account: int, head: int) -> None:
    name = chosen(KINDS, kind)
    number = 1 + sum(each.startswith(name) for each in world.known)
    if number > 9:
        return
    if name == "paid" and not any(each.startswith("bill") for each in world.known):
        _put(world, _dated(world, _made("bill", 1, amount, account, head), 2), "a new")
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
        source = old.source_id or ""
        made = attrs.evolve(
            made,
            posted_at=old.posted_at,
            erp_posting_date=old.erp_posting_date,
            vendor=old.vendor,
            source_id=source,
            due_at=old.due_at,
        )
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
        world.brex._accounting.by_id.pop(name)
        world.edited.discard(name)
        world.say(f"Brex: {name} is gone")


# In Rillet.


def _mine(world: World, which: int) -> tuple[str, str] | None:
    """An object of the export, and its owner."""
    owned = sorted((owner, object_id) for owner, ids in world.objects().items() for object_id in ids)
    if not owned:
        return None
    owner, object_id = chosen(owned, which)
    return object_id, owner


def _is_closed(world: World, object_id: str) -> bool:
    closed = world.rillet._books.last_closed
    return closed is not None and any(each.date <= closed.end for each in world.rillet.ledger.of(object_id))


def _wrote(world: World, object_id: str, what: str) -> None:
    world.by_hand[object_id] = world.content(object_id)
    world.say(f"Rillet: a person {what} {world.owners[object_id]}: {text(world.content(object_id))}")


def _recode(world: World, which: int, account: int, amount: int, *_: int) -> None:
    found = _mine(world, which)
    if found is None or found[1].startswith("paid") or _is_closed(world, found[0]):
        return
    object_id, owner = found
    world.company.ids[owner] = object_id
    before = world.content(object_id)
    try:
        world.company.recode(owner, chosen(ACCOUNTS, account), chosen((None, "70", "33"), amount))
    except (ApiError, ValueError):
        # Rillet does not let everything be changed, such as a part that is paid.
        return
    if world.content(object_id) != before:
        _wrote(world, object_id, "edits what is there of")


def _rename(world: World, which: int, *_: int) -> None:
    found = _mine(world, which)
    entries = {each.id for each in world.rillet.journal_entries}
    if found is not None and found[0] in entries and not _is_closed(world, found[0]):
        try:
            world.company.edit_entry(found[0], name="reviewed")
        except ApiError:
            return
        world.renamed.add(found[1])
        world.say(f"Rillet: a person renames the entry of {found[1]}")


def _delete(world: World, which: int, *_: int) -> None:
    found = _mine(world, which)
    if found is None:
        return
    object_id, owner = found
    world.company.ids[owner] = object_id
    try:
        world.company.delete(owner)
    except (ApiError, StopIteration):
        return
    world.by_hand.pop(object_id, None)
    names = [each for each in world.known if world.group_of(each) == owner]
    if not world.objects().get(owner) and all(each in world.brex.results for each in names):
        # The export knows that it was posted, since it has told Brex.
        world.emptied.add(owner)
    world.say(f"Rillet: a person deletes what is there of {owner}")


def _pay(world: World, which: int, *_: int) -> None:
    if not world.rillet.bills:
        return
    paid = chosen(world.rillet.bills, which)
    world.company.ids["paid by hand"] = paid.id
    try:
        world.company.pay_bill("paid by hand", "1.99")
    except ApiError:
        return
    world.say(f"Rillet: a person pays 1.99 of the bill {paid.expense_number}")


def _close(world: World, which: int, *_: int) -> None:
    through, closed = chosen(CLOSINGS, which), world.rillet._books.last_closed
    if closed is None or closed.end < through:
        world.rillet.close_books(through)
        world.say(f"Rillet: the books are closed through {through}")


# Of the export.


def _set(world: World, which: int, value: int, *_: int) -> None:
    known = [name for name, values in CHOICES.items() if settings_can(**{name: values[0]})]
    name = chosen(known, which)
    world.set(**{name: chosen(CHOICES[name], value)})
    world.say(f"the settings have {name} = {chosen(CHOICES[name], value)}")


def _wait(world: World, hours: int, *_: int) -> None:
    passed = timedelta(hours=chosen((1, 25, 50), hours))
    world.clock.advance(passed.total_seconds())
    world.say(f"{passed} have passed")


_DOERS: Mapping[str, Callable[..., None]] = {
    "add": _add,
    "edit": _edit,
    "offer": _offer,
    "zero": _zero,
    "leave": _leave,
    "recode": _recode,
    "rename": _rename,
    "delete": _delete,
    "pay": _pay,
    "close": _close,
    "set": _set,
    "wait": _wait,
}
