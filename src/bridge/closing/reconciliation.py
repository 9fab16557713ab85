"""The reconciliation of a month: Brex beside the ledger for every account, and every difference down to its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TypeAlias

import attrs

from bridge.closing.delimited import Cell, delimited
from bridge.closing.month_totals import month_table, records_of, records_report, unexplained_of
from bridge.closing.period import Period
from bridge.closing.report import CURRENCY, Report
from bridge.closing.snapshot import (
    NOT_CODED,
    AccountLine,
    ClosingRecord,
    DifferenceKind,
    LedgerEntry,
    Snapshot,
    UnreadObject,
    UnreadRecord,
    checked_snapshot,
)
from bridge.datatable import DataTable, Tabular, money, money_text
from bridge.totals import Total, totals_json
from clientkit.money import decimal_text, places, product, total

#: Subsidiary id, account code and currency.
_Place: TypeAlias = tuple[str, str, str]
#: What names an account, and what both sides say of it.
_WHICH, _SUMS = ("subsidiary", "account", "name", "currency"), ("brex", "rillet", "difference")


@attrs.frozen(kw_only=True)
class Difference:
    """A part of the difference on an account: Brex less the ledger, debits less credits, in decimal major units.

    `record_id` names the record of Brex and `object` the ledger's object that it comes from, where there are such.
    """

    kind: DifferenceKind
    amount: Decimal
    why: str
    record_id: str | None = None
    object: str | None = None


@attrs.frozen(kw_only=True)
class AccountReconciliation:
    """One account of a subsidiary in one currency (ISO 4217): debits less credits of the period on both sides.

    `parts` add up to the `difference`. The account ``""`` holds the lines that nobody has coded.
    """

    subsidiary: str
    account: str
    name: str
    currency: str
    brex: Decimal
    rillet: Decimal
    parts: tuple[Difference, ...] = ()

    @property
    def difference(self) -> Decimal:
        """Brex less the ledger."""
        return total((self.brex, self.rillet.copy_negate()))

    @property
    def unexplained(self) -> Decimal:
        """What no record and no object explains."""
        return total(each.amount for each in self.parts if each.kind is DifferenceKind.UNEXPLAINED)


@attrs.frozen(kw_only=True, repr=False)
class Reconciliation(Tabular):
    """A month's accounts; rich and notebooks show them as a table, `differences` shows what they differ by.

    `records` is what the month's records came to as Brex states them: those that are ``posted``, ``refused``, ``dismissed``,
    ``held``, ``waiting``, ``gone`` from the ledger, or ``unreadable`` there. `totals` shows them for each currency.
    `unread_objects` are objects of the ledger that cannot be read. Where one counts in the month, the trial balance has more
    than the objects that were read, so that the difference is unexplained.
    """

    period: Period
    rows: tuple[AccountReconciliation, ...]
    unread: tuple[UnreadRecord, ...] = ()
    unread_objects: tuple[UnreadObject, ...] = ()
    records: Mapping[str, Total] = MappingProxyType({})

    @property
    def is_explained(self) -> bool:
        """Whether every difference has its record or object, and every record could be read."""
        is_open = any(part.kind is DifferenceKind.UNEXPLAINED for row in self.rows for part in row.parts)
        return not is_open and not self.unread

    @property
    def parts(self) -> Iterator[tuple[AccountReconciliation, Difference]]:
        """Every difference with its account."""
        return ((row, part) for row in self.rows for part in row.parts)

    @property
    def table(self) -> DataTable:
        """Every account with both sides, and what its difference comes from."""
        headings = ("Subsidiary", "Account", "Currency", "Brex", "Rillet", "Difference", "Explained by")
        return DataTable(
            title=f"Reconciliation {self.period}: {self.verdict}",
            headings=headings,
            rows=tuple(
                (
                    row.subsidiary,
                    f"{row.account} {row.name}".strip(),
                    row.currency,
                    *(money(each, row.currency) for each in (row.brex, row.rillet, row.difference)),
                    ", ".join(f"{_words(kind)} {count}" for kind, count in _counted(row.parts).items()),
                )
                for row in self.rows
            ),
        )

    @property
    def differences(self) -> DataTable:
        """Every difference, down to its record or object."""
        return DataTable(
            title=f"Differences: {sum(len(row.parts) for row in self.rows)}",
            headings=("Account", "What", "Amount", "Record", "Rillet", "Why"),
            rows=tuple(
                (
                    f"{row.subsidiary}\n{row.account} {row.name}".strip(),
                    _words(part.kind),
                    f"{money(part.amount, row.currency)} {row.currency}",
                    part.record_id or "",
                    part.object or "",
                    part.why,
                )
                for row, part in self.parts
            ),
        )

    def flat_rows(self) -> list[dict[str, object]]:
        """A row for each account, for pandas or `clientkit.frames.rows_to_arrow`: what both sides say, and their difference.

        Its parts are rows of ``reports["differences"].flat_rows()``.
        """
        return [{name: getattr(row, name) for name in self.columns} for row in self.rows]

    @property
    def columns(self) -> Mapping[str, type[object]]:
        """The columns of `flat_rows` and their types, so that a table without rows has them too."""
        return dict.fromkeys(_WHICH, str) | dict.fromkeys((*_SUMS, "unexplained"), Decimal)

    @property
    def totals(self) -> DataTable:
        """The month's records by where they stand, and what the accounts differ by, with a column for each currency."""
        return month_table(self.records, self.rows, title=f"Totals of {self.period}")

    @property
    def reports(self) -> Mapping[str, Report]:
        """The accounts, what they differ by, and the month's records by where they stand, with real numbers."""
        places_ = ("Subsidiary", "Account", "Name", CURRENCY)
        return {
            "reconciliation": Report(
                title=f"Reconciliation: {len(self.rows)}",
                headings=(*places_, "Brex", "Rillet", "Difference"),
                rows=tuple(
                    (row.subsidiary, row.account, row.name, row.currency, row.brex, row.rillet, row.difference)
                    for row in self.rows
                ),
            ),
            "differences": Report(
                title=f"Differences: {sum(len(row.parts) for row in self.rows)}",
                headings=(*places_, "What", "Amount", "Record", "Rillet", "Why"),
                rows=tuple(
                    (
                        row.subsidiary, row.account, row.name, row.currency, _words(part.kind), part.amount,
                        part.record_id, part.object, part.why,
                    )
                    for row, part in self.parts
                ),
            ),
            "records": records_report(self.records),
        }  # fmt: skip

    def to_csv(self) -> str:
        """One line for each difference, with its account; an account without a difference has one line too.

        What both sides say is in the first line of an account alone, so that the columns can be summed.
        """
        headings = (*_WHICH, *_SUMS, "kind", "amount", "record", "object", "why")
        return delimited(headings, self._cells())

    def as_json(self) -> dict[str, object]:
        """All of it for programs; amounts are texts."""
        return {
            "period": str(self.period),
            "explained": self.is_explained,
            "records": totals_json(self.records),
            "unexplained": {name: decimal_text(each) for name, each in sorted(unexplained_of(self.rows).items())},
            "accounts": [
                {
                    **{name: decimal_text(cell) if isinstance(cell, Decimal) else cell for name, cell in told.items()},
                    "parts": [
                        {**attrs.asdict(part), "kind": part.kind.value, "amount": decimal_text(part.amount)}
                        for part in row.parts
                    ],
                }
                for row, told in zip(self.rows, self.flat_rows(), strict=True)
            ],
            "unread": [{"record_id": each.record_id, "why": each.why} for each in self.unread],
            "unread_objects": [{"object": each.ref, "why": each.why} for each in self.unread_objects],
        }

    @property
    def verdict(self) -> str:
        """What it came to, in a few words."""
        if self.unread:
            return "1 record cannot be read" if len(self.unread) == 1 else f"{len(self.unread)} records cannot be read"
        if not self.is_explained:
            return "a difference is unexplained"
        if not self.rows:
            return "neither side has anything"
        different = sum(bool(row.parts) for row in self.rows)
        return f"differences on {different} accounts, all explained" if different else "no difference"

    def _cells(self) -> Iterator[tuple[Cell, ...]]:
        for row in self.rows:
            which = row.subsidiary, row.account, row.name, row.currency
            sums = row.brex, row.rillet, row.difference
            if not row.parts:
                yield *which, *sums, None, None, None, None, None
            for number, part in enumerate(row.parts):
                shown = (None, None, None) if number else sums
                yield *which, *shown, part.kind.value, part.amount, part.record_id, part.object, part.why


def reconcile(snapshot: Snapshot) -> Reconciliation:
    """Brex beside the ledger, account by account.

    The right side of each account is what the ledger's own trial balance says. What a record says is compared with what
    its objects do, so that each difference has its record; what the ledger has besides is named by its object. Where the
    trial balance has more than all objects together, the rest is unexplained, up to what the conversion of documents in
    foreign currencies may be off; an account that neither Brex nor the settings know is not Brex's to explain.
    """
    work = _Work(checked_snapshot(snapshot))
    for each in snapshot.records:
        work.add_record(each)
    for entry in snapshot.others:
        work.add_other(entry)
    work.add_rest()
    return Reconciliation(
        period=snapshot.period,
        rows=tuple(work.rows()),
        unread=snapshot.unread,
        unread_objects=snapshot.unread_objects,
        records=records_of(snapshot),
    )


class _Work:
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot, self._period = snapshot, snapshot.period
        self._brex, self._rillet = dict[_Place, list[Decimal]](), dict[_Place, list[Decimal]]()
        self._parts = dict[_Place, list[Difference]]()
        self._converted = Counter[_Place]()

    def add_record(self, each: ClosingRecord) -> None:
        """What a record says, and what stands for it."""
        is_now = self._period.holds(each.day)
        says = _at(each.subsidiary_id, each.lines) if is_now else {}
        if is_now and each.debtor is not None:
            says = {**says, **_at(each.debtor.subsidiary_id, each.debtor.lines)}
        _add(self._brex, says)
        stands, elsewhere = dict[_Place, list[Decimal]](), dict[_Place, list[Decimal]]()
        for entry in each.entries:
            lines = _at(entry.subsidiary_id, entry.lines)
            if self._period.holds(entry.day):
                self._stands(entry, lines)
            if self._period.holds(entry.day) is not is_now:
                _add(elsewhere, lines if is_now else _negated(lines))
            if is_now:
                _add(stands, lines)
        content = _less(says, stands) if is_now else {}
        if is_now and each.is_counted and not says and not each.entries:
            # Debits and credits that nobody has coded cancel out, and the record is missing all the same.
            content = {(each.subsidiary_id, NOT_CODED, self._snapshot.currency_of(each.subsidiary_id)): Decimal(0)}
        kind, refs = each.cause or DifferenceKind.UNEXPLAINED, _refs(each.entries)
        for place, amount in content.items():
            why = each.why if amount else f"{each.why}; nobody has coded its {_amount(each)}"
            self._explain(place, kind, amount, why, record_id=each.record.id, object=refs)
        days = ", ".join(f"{entry.ref} counts on {entry.day}" for entry in each.entries)
        for place, amounts in elsewhere.items():
            if amount := total(amounts):
                why = f"the record counts on {each.day}, {days}"
                self._explain(place, DifferenceKind.OTHER_PERIOD, amount, why, record_id=each.record.id, object=refs)

    def add_other(self, entry: LedgerEntry) -> None:
        """An object without a record of Brex."""
        if not self._period.holds(entry.day):
            return
        lines = _at(entry.subsidiary_id, entry.lines)
        self._stands(entry, lines)
        for place, amount in lines.items():
            self._explain(
                place, entry.cause, amount.copy_negate(), entry.why or entry.name, record_id=entry.record_id,
                object=str(entry.ref),
            )  # fmt: skip

    def add_rest(self) -> None:
        """What the ledger's trial balance has beyond all of its objects that were read."""
        snapshot = self._snapshot
        known = snapshot.scope | {account for _, account, _ in self._brex}
        for (subsidiary_id, account), balance in snapshot.balances.items():
            currency = snapshot.currency_of(subsidiary_id)
            place = subsidiary_id, account, currency
            rest = total((balance, *(each.copy_negate() for each in self._rillet.get(place, ()))))
            if not rest:
                continue
            self._rillet.setdefault(place, []).append(rest)
            kind, why = self._rest(place, rest, is_known=account in known)
            self._explain(place, kind, rest.copy_negate(), why)
        for place, amounts in self._rillet.items():
            if place[:2] not in snapshot.balances and (amount := total(amounts)):
                # The trial balance knows nothing of what its objects say.
                amounts.append(amount.copy_negate())
                why = "the trial balance does not have what the objects on this account say"
                self._explain(place, DifferenceKind.UNEXPLAINED, amount, why)

    def rows(self) -> Iterator[AccountReconciliation]:
        """Every account that one of both has."""
        order = {each.id: index for index, each in enumerate(self._snapshot.books.subsidiaries)}
        places_ = sorted(
            {*self._brex, *self._rillet, *self._parts}, key=lambda each: (order.get(each[0], -1), each[1:])
        )
        for place in places_:
            brex, rillet = (total(side.get(place, ())) for side in (self._brex, self._rillet))
            parts = tuple(sorted(self._parts.get(place, ()), key=_order))
            if brex or rillet or parts:
                subsidiary_id, account, currency = place
                yield AccountReconciliation(
                    subsidiary=self._snapshot.subsidiary(subsidiary_id),
                    account=account,
                    name=self._snapshot.account(account),
                    currency=currency,
                    brex=brex,
                    rillet=rillet,
                    parts=parts,
                )

    def _stands(self, entry: LedgerEntry, lines: Mapping[_Place, Decimal]) -> None:
        _add(self._rillet, lines)
        if entry.is_converted:
            self._converted.update(_at_each(entry))

    def _explain(
        self,
        place: _Place,
        kind: DifferenceKind,
        amount: Decimal,
        why: str,
        *,
        record_id: str | None = None,
        object: str | None = None,
    ) -> None:
        part = Difference(kind=kind, amount=amount, why=why, record_id=record_id, object=object)
        self._parts.setdefault(place, []).append(part)

    def _rest(self, place: _Place, rest: Decimal, *, is_known: bool) -> tuple[DifferenceKind, str]:
        lines = self._converted[place]
        if rest.copy_abs() <= product(Decimal(1).scaleb(-places(place[2])), Decimal(lines)):
            return DifferenceKind.EXCHANGE_DIFFERENCE, f"rounding of {lines} converted lines"
        if not is_known:
            return DifferenceKind.OTHER_DOCUMENTS, "documents that are not read here; Brex does not touch this account"
        return DifferenceKind.UNEXPLAINED, "the trial balance has it, and no object that was read explains it"


def _at(subsidiary_id: str, lines: Iterable[AccountLine]) -> dict[_Place, Decimal]:
    amounts = dict[_Place, list[Decimal]]()
    for each in lines:
        amounts.setdefault((subsidiary_id, each.account, each.currency), []).append(each.amount)
    return {place: amount for place, parts in amounts.items() if (amount := total(parts))}


def _at_each(entry: LedgerEntry) -> Iterator[_Place]:
    return ((entry.subsidiary_id, each.account, each.currency) for each in entry.lines)


def _add(sums: dict[_Place, list[Decimal]], lines: Mapping[_Place, Decimal]) -> None:
    for place, amount in lines.items():
        sums.setdefault(place, []).append(amount)


def _negated(lines: Mapping[_Place, Decimal]) -> dict[_Place, Decimal]:
    return {place: amount.copy_negate() for place, amount in lines.items()}


def _less(says: Mapping[_Place, Decimal], stands: Mapping[_Place, list[Decimal]]) -> dict[_Place, Decimal]:
    """What is said and does not stand; what is equal is left out."""
    left = {
        place: total((says.get(place, Decimal(0)), total(stands.get(place, ())).copy_negate()))
        for place in {**says, **stands}
    }
    return {place: amount for place, amount in left.items() if amount}


def _refs(entries: Iterable[LedgerEntry]) -> str | None:
    return ", ".join(dict.fromkeys(str(each.ref) for each in entries)) or None


def _order(part: Difference) -> tuple[str, str, str]:
    return part.kind.value, part.record_id or "", part.object or ""


def _counted(parts: Iterable[Difference]) -> Mapping[DifferenceKind, int]:
    return Counter(part.kind for part in parts)


def _amount(each: ClosingRecord) -> str:
    return money_text(each.record.amount.amount, each.record.amount.currency)


def _words(kind: DifferenceKind) -> str:
    return kind.value.replace("_", " ")
