"""What people do in Rillet: they edit, rename, copy, book by hand, delete and pay, and close periods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from brex_accounting import RecordType
from bridge.mappers.draft import day_of
from clientkit import ApiError
from rillet import ExternalReference, NewCharge, NewExpenseItem, NewVendor
from support.companies.changing import READY, REFERENCE_TYPE, US, dollars
from support.histories.choices import ACCOUNTS, SETTLING, chosen
from support.histories.oracle import text
from support.histories.world import World

CLOSINGS = (date(2026, 1, 31), date(2026, 2, 10), date(2026, 2, 28))


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
    if world.content(object_id) == world.posted.get(object_id):
        # It is as it was posted again, so it is not a person's.
        world.by_hand.pop(object_id, None)
    else:
        world.by_hand[object_id] = world.content(object_id)
    world.written.add(world.owners[object_id])
    world.say(f"Rillet: a person {what} {world.owners[object_id]}: {text(world.content(object_id))}")


def _recode(world: World, which: int, account: int, amount: int, *_: int) -> None:
    found = _mine(world, which)
    if found is None or found[1].startswith(SETTLING) or _is_closed(world, found[0]):
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
    world.deleted.add(owner)
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


def _copy(world: World, which: int, *_: int) -> None:
    """A charge is duplicated, as a form is by saving it twice; its references are copied too."""
    there = [each for each in world.rillet.charges if world.owners.get(each.id) or each.id in _all_ids(world)]
    if not there:
        return
    original = chosen(there, which)
    owner = world.owners[original.id]
    items = [
        NewExpenseItem(account_code=each.account_code, amount=each.amount, description=each.description)
        for each in original.items
    ]
    new = NewCharge(
        vendor_id=original.vendor_id,
        items=items,
        charge_date=original.charge_date,
        impact_date=original.impact_date,
        credit_card_account_code=US.card_account,
        external_references=original.external_references,
    )
    try:
        made = world.company.to_rillet.charges.create(new)
    except ApiError:
        # Its period is closed.
        return
    world.copies[owner] = original.id, made.id
    _all_ids(world)
    _wrote(world, made.id, "copies what is there of")


def _book(world: World, which: int, amount: int, *_: int) -> None:
    """Somebody posts a card expense that waits, and names it by its reference; the amount may be another one."""
    waiting = [
        each
        for each in world.brex.records.values()
        if each.type == RecordType.CARD_EXPENSE_POST
        and each.review_status == READY
        and not world.objects().get(world.group_of(each.id))
    ]
    if not waiting or world.company.settings.reference_type is None:
        return
    record = chosen(sorted(waiting, key=lambda each: each.id), which)
    if record.vendor is None or not record.amount.amount:
        return
    rillet = world.company.to_rillet
    vendor = next((each.id for each in world.rillet.vendors if each.name == record.vendor.name), None)
    account = record.line_items[0].accounting_field_values[0].remote_field_value_id or ""
    spent = dollars(chosen((str(record.amount.amount), "11"), amount))
    new = NewCharge(
        vendor_id=vendor or rillet.vendors.create(NewVendor(name=record.vendor.name)).id,
        items=[NewExpenseItem(account_code=account, amount=spent)],
        charge_date=day_of(record.erp_posting_date),
        credit_card_account_code=US.card_account,
        external_references=[ExternalReference(type=REFERENCE_TYPE, id=record.id)],
    )
    try:
        made = rillet.charges.create(new)
    except ApiError:
        return
    _all_ids(world)
    _wrote(world, made.id, "books")


def _all_ids(world: World) -> set[str]:
    """Every object of the export; what is new gets its owner."""
    return {each for ids in world.objects().values() for each in ids}


DOERS: Mapping[str, Callable[..., None]] = {
    "recode": _recode,
    "rename": _rename,
    "delete": _delete,
    "copy": _copy,
    "book": _book,
    "pay": _pay,
    "close": _close,
}
