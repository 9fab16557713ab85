"""A month as both sides have it: Brex's records with what stands for each in the ledger, and everything else there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

import attrs

from brex_accounting import Record
from bridge.books import Books
from bridge.closing.period import Period
from bridge.datatable import DataTable, Tabular, money_text
from bridge.decisions import ReasonCode
from bridge.documents.protocol import Ref
from bridge.settings.choices import Role
from bridge.settings.values import Entity, Settings
from bridge.values import FieldAssignment
from clientkit.money import total

#: Stands for the account of lines that nobody has coded, and for the subsidiary of records that no entity claims.
NOT_CODED = ""


class DifferenceKind(StrEnum):
    """Why Brex and the ledger differ."""

    NOT_EXPORTED = "not_exported"
    DISMISSED = "dismissed"
    CHANGED_IN_BREX = "changed_in_brex"
    CHANGED_IN_RILLET = "changed_in_rillet"
    CHANGED_ON_BOTH_SIDES = "changed_on_both_sides"
    DELETED_IN_RILLET = "deleted_in_rillet"
    UNREADABLE_IN_RILLET = "unreadable_in_rillet"
    ONLY_IN_RILLET = "only_in_rillet"
    POSTED_SEVERAL_TIMES = "posted_several_times"
    OTHER_PERIOD = "other_period"
    OTHER_SETTINGS = "other_settings"
    EXCHANGE_DIFFERENCE = "exchange_difference"
    ACCRUED = "accrued"
    OTHER_DOCUMENTS = "other_documents"
    UNEXPLAINED = "unexplained"


@attrs.frozen(kw_only=True)
class AccountLine:
    """What happens on one account: `amount` in decimal major units of the ISO 4217 `currency`, debits positive.

    `fields` are the custom field values of the line, as far as they are known.
    """

    account: str
    amount: Decimal
    currency: str
    fields: frozenset[FieldAssignment] = frozenset()


@attrs.frozen(kw_only=True)
class LedgerEntry:
    """What one object of the ledger does in a subsidiary on a day, in the subsidiary's currency.

    `name` is what people know it by. `is_converted` tells that its document is in another currency. `cause` and `why` say
    how it comes that no record of Brex stands behind it, where none does; `record_id` is the one that it names.
    """

    ref: Ref
    subsidiary_id: str
    day: date
    lines: tuple[AccountLine, ...]
    name: str = ""
    is_converted: bool = False
    cause: DifferenceKind = DifferenceKind.ONLY_IN_RILLET
    why: str = ""
    record_id: str | None = None


@attrs.frozen(kw_only=True)
class DebtorShare:
    """What a record of two entities says in the books of the one that owes it to the other, in its currency."""

    subsidiary_id: str
    entity: Entity
    lines: tuple[AccountLine, ...]


@attrs.frozen(kw_only=True)
class ClosingRecord:
    """A record of Brex that counts in the month, was settled or bought in it, or whose object counts in it.

    `lines` is what it says now, in its subsidiary's currency where a rate is known, and `day` the day on which it counts
    by its own date; `entries` is what stands for it in the ledger. Where both say different things, `cause` and `why` tell
    how that comes. `entity` is the entity of the settings that it belongs to, None where nobody claims it. `is_undecided` tells
    that the outcome of its last attempt is unknown, and `is_dismissed` that a person has booked it by hand. `bought` is the day
    of the purchase, where that is known, and `without_period` what its document spends on lines without a service period, in
    the document's currency. Of two entities `lines` is what the one says that paid, and `debtor` what the other one does.
    `original` is what the record says in its own currency, where that is not that of the books, and
    `is_billed` tells that its rate is that at which Brex has billed it. `reasons` are those for which it is refused now.
    `is_refused` tells that it is ready in Brex and was refused, here or by the ledger, and `is_held` that it waits for an approval.
    `is_counted` tells that the ledger should have something for it, or has, even where its `lines` come to nothing.
    """

    record: Record
    subsidiary_id: str
    day: date
    lines: tuple[AccountLine, ...]
    entries: tuple[LedgerEntry, ...] = ()
    cause: DifferenceKind | None = None
    why: str = ""
    entity: Entity | None = None
    is_undecided: bool = False
    is_dismissed: bool = False
    bought: date | None = None
    without_period: Decimal = Decimal(0)
    debtor: DebtorShare | None = None
    original: tuple[AccountLine, ...] = ()
    is_billed: bool = False
    reasons: tuple[ReasonCode, ...] = ()
    is_refused: bool = False
    is_held: bool = False
    is_counted: bool = True

    @property
    def is_in_books(self) -> bool:
        """Whether something stands in the ledger for it."""
        return bool(self.entries)

    @property
    def became(self) -> str:
        """Where it stands: ``posted``, ``dismissed``, ``gone``, ``unreadable``, ``held``, ``refused`` or ``waiting``."""
        if self.is_in_books:
            return "posted"
        match self.cause:
            case DifferenceKind.DISMISSED:
                return "dismissed"
            case DifferenceKind.DELETED_IN_RILLET:
                return "gone"
            case DifferenceKind.UNREADABLE_IN_RILLET:
                return "unreadable"
            case _:
                return "held" if self.is_held else "refused" if self.is_refused else "waiting"

    def __repr__(self) -> str:
        return f"<ClosingRecord {self.record.id} of {self.day}: {self.record.amount}>"


@attrs.frozen(kw_only=True)
class UnreadRecord:
    """A record that Brex sent and that cannot be read."""

    record_id: str | None
    why: str


@attrs.frozen(kw_only=True)
class UnreadObject:
    """An object that the ledger sent and that cannot be read; `ref` is its kind and its id, where it has one."""

    ref: str
    why: str


@attrs.frozen(kw_only=True, repr=False)
class Snapshot(Tabular):
    """Everything that the reports of a close are made from, at one moment.

    `others` are the ledger's objects without a record of Brex behind them. `balances` is what the ledger itself says
    happened in the period, debits less credits, by subsidiary and account. `settled` are records of other months that have
    their ``source_id`` in common with one of this month. `unread_objects` are objects of the ledger whose content nobody
    knows, of whichever month.
    """

    period: Period
    settings: Settings
    books: Books
    records: tuple[ClosingRecord, ...]
    others: tuple[LedgerEntry, ...]
    balances: Mapping[tuple[str, str], Decimal]
    unread: tuple[UnreadRecord, ...] = ()
    settled: tuple[ClosingRecord, ...] = ()
    unread_objects: tuple[UnreadObject, ...] = ()

    @property
    def table(self) -> DataTable:
        """Its records, each with the day on which it counts and how many objects of the ledger stand for it."""
        unread = len(self.unread) + len(self.unread_objects)
        counted = f"{len(self.records)} records, {len(self.others)} objects only in the ledger"
        return DataTable(
            title=f"{self.period}: {counted}{f', {unread} unreadable' if unread else ''}",
            headings=("Record", "Day", "Type", "Amount", "Subsidiary", "Objects"),
            rows=tuple(self._row(each) for each in self.records),
        )

    def _row(self, each: ClosingRecord) -> tuple[str, ...]:
        amount = money_text(each.record.amount.amount, each.record.amount.currency)
        subsidiary = self.subsidiary(each.subsidiary_id)
        return each.record.id, each.day.isoformat(), each.record.type, amount, subsidiary, str(len(each.entries))

    def subsidiary(self, subsidiary_id: str) -> str:
        """The name of a subsidiary."""
        known = self.books.subsidiary(subsidiary_id)
        return "no entity" if known is None else known.trade_name

    def account(self, code: str) -> str:
        """The name of an account."""
        known = None if code == NOT_CODED else self.books.account(code)
        return ("not coded" if code == NOT_CODED else "") if known is None else known.name

    def currency_of(self, subsidiary_id: str) -> str:
        """The currency of a subsidiary's books."""
        known = self.books.subsidiary(subsidiary_id)
        return "" if known is None else known.currency

    def code_of(self, entity: Entity, role: Role) -> str | None:
        """The code of the account that plays a role for an entity."""
        wanted = entity.account(role)
        known = None if wanted is None else self.books.account(wanted)
        return None if known is None else known.code

    @property
    def scope(self) -> frozenset[str]:
        """The codes of the accounts that the settings name."""
        named = [self.code_of(entity, role) for entity in self.settings.entities for role in Role]
        between = (account for each in self.settings.intercompany for account in (each.due_from, each.due_to))
        known = (self.books.account(each) for each in between)
        named += [None if each is None else each.code for each in known]
        cards = (self.books.account(rule.account) for rule in self.settings.card_accounts)
        return frozenset(
            (*(each for each in named if each is not None), *(each.code for each in cards if each is not None))
        )


def checked_snapshot(given: object) -> Snapshot:
    """What a report is made of. Raises `TypeError` for anything else, such as the export that it is read by."""
    if not isinstance(given, Snapshot):
        raise TypeError(f"snapshot: a Snapshot is wanted, as read_snapshot makes one, not {type(given).__name__}")
    return given


def summed(lines: Iterable[AccountLine], *, with_fields: bool = False) -> tuple[AccountLine, ...]:
    """One line for each account and currency, and for each set of field values where these count; none is zero."""
    amounts = dict[AccountLine, list[Decimal]]()
    for each in lines:
        key = attrs.evolve(each, amount=Decimal(0), fields=each.fields if with_fields else frozenset())
        amounts.setdefault(key, []).append(each.amount)
    made = (attrs.evolve(key, amount=total(parts)) for key, parts in amounts.items())
    return tuple(sorted((each for each in made if each.amount), key=_place))


def _place(line: AccountLine) -> tuple[str, str, list[tuple[str, str]]]:
    return line.account, line.currency, sorted((each.field_id, each.field_value_id) for each in line.fields)
