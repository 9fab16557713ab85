"""Exchange differences: what settled items leave in the books although nothing is owed any more, and the entry for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import attrs

from bridge.closing.period import Period
from bridge.closing.report import CURRENCY, Report
from bridge.closing.snapshot import AccountLine, ClosingRecord, DifferenceKind, Snapshot, checked_snapshot, summed
from bridge.datatable import DataTable, Tabular
from bridge.decisions import ReasonCode
from bridge.followed import follows
from bridge.settings.choices import Role
from clientkit.money import total

_OWED = (Role.ACCOUNTS_PAYABLE, Role.REIMBURSEMENT)


@attrs.frozen(kw_only=True)
class ExchangeDifference:
    """What one item has left: nothing in its own `currency` (ISO 4217), and `amount` in that of the books; a gain is negative.

    `account` is the one that the item was owed on, `source_id` what its records have in common; of a card's record that is
    itself. `lines` is the entry for it: it balances, and where the settings name no `exchange_account` the last line is on
    the account ``""``. `stands_for` are payments that are refused for their rate and that the entry books as well.
    """

    subsidiary_id: str
    account: str
    source_id: str
    currency: str
    amount: Decimal
    lines: tuple[AccountLine, ...]
    record_ids: tuple[str, ...]
    stands_for: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class NotSettled:
    """An item that is settled in its own currency, and whose difference cannot be told yet; and why."""

    source_id: str
    why: str


@attrs.frozen(kw_only=True)
class ExchangeDifferences(Tabular):
    """The exchange differences of a month. They are proposed and never posted."""

    snapshot: Snapshot = attrs.field(repr=False)
    items: tuple[ExchangeDifference, ...]
    left_out: tuple[NotSettled, ...] = ()

    @property
    def period(self) -> Period:
        """The month."""
        return self.snapshot.period

    @property
    def entries(self) -> Mapping[str, tuple[AccountLine, ...]]:
        """The proposed entries by the ids of their subsidiaries, each in the currency of the books; they balance."""
        lines = dict[str, list[AccountLine]]()
        for each in self.items:
            lines.setdefault(each.subsidiary_id, []).extend(each.lines)
        return {subsidiary_id: summed(each) for subsidiary_id, each in sorted(lines.items())}

    @property
    def table(self) -> DataTable:
        """The items."""
        return self.reports["exchange_differences"].table

    @property
    def reports(self) -> Mapping[str, Report]:
        """The items, the entry that is proposed, and what cannot be told yet."""
        return {"exchange_differences": self._items(), "exchange_entry": self._entry(), "not_settled": self._left_out()}

    def as_json(self) -> dict[str, object]:
        """All of it for programs; amounts are texts."""
        return {"period": str(self.period), **{name: report.as_json() for name, report in self.reports.items()}}

    def _items(self) -> Report:
        told = self.snapshot
        rows = tuple(
            (
                told.subsidiary(each.subsidiary_id),
                each.account,
                told.account(each.account),
                each.source_id,
                each.currency,
                each.amount,
                told.currency_of(each.subsidiary_id),
                ", ".join(each.record_ids),
                f"books {', '.join(each.stands_for)} as well; dismiss it then" if each.stands_for else "",
            )
            for each in self.items
        )
        headings = ("Subsidiary", "Account", "Name", "Item", "In", "Difference", CURRENCY, "Records", "The entry")
        return Report(title=f"Exchange differences: {len(rows)}", headings=headings, rows=rows)

    def _entry(self) -> Report:
        told = self.snapshot
        rows = tuple(
            (
                told.subsidiary(subsidiary_id),
                line.account,
                told.account(line.account) if line.account else "the settings name no exchange_account",
                line.amount,
                line.currency,
            )
            for subsidiary_id, lines in self.entries.items()
            for line in lines
        )
        headings = ("Subsidiary", "Account", "Name", "Amount", CURRENCY)
        return Report(title=f"Proposed entry for exchange differences: {len(rows)}", headings=headings, rows=rows)

    def _left_out(self) -> Report:
        rows = tuple((each.source_id, each.why) for each in self.left_out)
        return Report(
            title=f"Exchange differences that cannot be told: {len(rows)}", headings=("Item", "Why"), rows=rows
        )


def exchange_differences(snapshot: Snapshot) -> ExchangeDifferences:
    """What items that were settled in the month have left in the books, and the entry that takes it out.

    An item is a bill or a reimbursement in another currency than the books', with the payments of the same ``source_id``:
    settled is what comes to nothing in its own currency, by a record of the month. On the account that it was owed on it
    has to come to nothing in the books too, and a payment is worth what it is on its own day. The rest is exchange. A
    payment that is refused because its rate is not that of its bill is in the entry as well.

    On a card's account a record is worth what Brex has billed for it, where Brex tells that in the currency of the books.
    """
    found, left_out = list[ExchangeDifference](), list[NotSettled]()
    for (subsidiary_id, source_id), group in sorted(_groups(checked_snapshot(snapshot)).items()):
        for account in _accounts(group, snapshot, _OWED):
            if not _is_settled(group, account, snapshot.period):
                continue
            why = next(_obstacles(group), None)
            if why is not None:
                left_out.append(NotSettled(source_id=source_id, why=why))
                continue
            found += _of_item(subsidiary_id, source_id, account, group, snapshot)
    for each in snapshot.records:
        if each.is_billed and each.is_in_books and each.cause is DifferenceKind.EXCHANGE_DIFFERENCE:
            for account in _accounts([each], snapshot, (Role.CARD,)):
                found += _of_card(account, each, snapshot)
    return ExchangeDifferences(snapshot=snapshot, items=tuple(found), left_out=tuple(left_out))


def _groups(snapshot: Snapshot) -> Mapping[tuple[str, str], list[ClosingRecord]]:
    """The records of each item in a foreign currency, up to the end of the month."""
    groups = dict[tuple[str, str], list[ClosingRecord]]()
    known = (each for each in (*snapshot.records, *snapshot.settled) if each.day <= snapshot.period.last)
    for each in known:
        if each.original and each.entity is not None and each.record.source_id is not None:
            groups.setdefault((each.subsidiary_id, each.record.source_id), []).append(each)
    return groups


def _accounts(group: Iterable[ClosingRecord], snapshot: Snapshot, roles: Sequence[Role]) -> tuple[str, ...]:
    entities = [each.entity for each in group if each.entity is not None]
    codes = (snapshot.code_of(entity, role) for entity in entities for role in roles)
    return tuple(dict.fromkeys(code for code in codes if code is not None))


def _is_settled(group: Sequence[ClosingRecord], account: str, period: Period) -> bool:
    """Whether nothing is owed any more in the item's own currency, since a record of the period."""
    lines = [line for each in group for line in each.original if line.account == account]
    is_paid = any(follows(each.record) for each in group) and any(period.holds(each.day) for each in group)
    one_currency = len({line.currency for line in lines}) == 1
    return is_paid and one_currency and not total(line.amount for line in lines)


def _obstacles(group: Iterable[ClosingRecord]) -> Iterator[str]:
    """Why nothing can be said of an item yet."""
    for each in group:
        if each.is_undecided:
            yield f"{each.record.id}: the outcome of its last attempt is unknown; export first"
        if not each.is_in_books and not _is_refused_for_its_rate(each):
            yield f"{each.record.id} is not in the books: {each.why}"
        if each.is_in_books and each.cause is not DifferenceKind.EXCHANGE_DIFFERENCE:
            yield f"{each.record.id}: {each.why}; reconcile first"
        if any(line.currency == original.currency for line in each.lines for original in each.original):
            yield f"{each.record.id}: no exchange rate is known for it"


def _is_refused_for_its_rate(each: ClosingRecord) -> bool:
    return set(each.reasons) == {ReasonCode.EXCHANGE_DIFFERENCE} and not each.is_dismissed


def _of_item(
    subsidiary_id: str, source_id: str, account: str, group: Sequence[ClosingRecord], snapshot: Snapshot
) -> Iterator[ExchangeDifference]:
    currency = snapshot.currency_of(subsidiary_id)
    lines = [line for each in group for line in _taken_back(each) if line.account == account]
    for each in group:
        if follows(each.record):
            lines += [line for line in each.lines if line.account != account]
            lines += [line for line in _taken_back(each) if line.account != account]
    entry = _balanced(lines, currency, group, snapshot)
    if entry:
        yield ExchangeDifference(
            subsidiary_id=subsidiary_id,
            account=account,
            source_id=source_id,
            currency=next(line.currency for each in group for line in each.original),
            amount=entry[-1].amount,
            lines=entry,
            record_ids=tuple(sorted(each.record.id for each in group)),
            stands_for=tuple(sorted(each.record.id for each in group if not each.is_in_books)),
        )


def _of_card(account: str, each: ClosingRecord, snapshot: Snapshot) -> Iterator[ExchangeDifference]:
    billed = [line for line in each.lines if line.account == account]
    stands = [line for line in _taken_back(each) if line.account == account]
    entry = _balanced((*billed, *stands), snapshot.currency_of(each.subsidiary_id), [each], snapshot)
    if entry:
        yield ExchangeDifference(
            subsidiary_id=each.subsidiary_id,
            account=account,
            source_id=each.record.source_id or each.record.id,
            currency=each.record.amount.currency,
            amount=entry[-1].amount,
            lines=entry,
            record_ids=(each.record.id,),
        )


def _taken_back(each: ClosingRecord) -> Iterator[AccountLine]:
    """What takes back what the ledger has for a record, without field values, as totals of accounts have none."""
    return (attrs.evolve(line, amount=line.amount.copy_negate()) for entry in each.entries for line in entry.lines)


def _balanced(
    lines: Iterable[AccountLine], currency: str, group: Sequence[ClosingRecord], snapshot: Snapshot
) -> tuple[AccountLine, ...]:
    """The lines with the exchange that balances them, which comes last; nothing where there is none."""
    moved = summed(lines)
    rest = total(line.amount for line in moved).copy_negate()
    if not rest:
        return ()
    named = (snapshot.code_of(each.entity, Role.EXCHANGE) for each in group if each.entity is not None)
    code = next((each for each in named if each is not None), "")
    return (*moved, AccountLine(account=code, amount=rest, currency=currency))
