"""The stand-in's journal entries, in their own currency and in the organization's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import cast

from clientkit.money import places, total
from rillet.ledger.accounts import Account, AccountType
from rillet.ledger.journal_entries import (
    JournalEntry,
    JournalEntryItem,
    JournalEntryUpdate,
    NewJournalEntry,
    NewJournalEntryItem,
    RelatedEntity,
    Side,
)
from rillet.ledger.subsidiaries import Subsidiary
from rillet.reports.journal_entries import ReportingJournalEntry, ReportingJournalEntryItem
from rillet.testing.ledger.books import Books, Line
from rillet.testing.payables.expense_lines import SALES_TAX
from rillet.testing.server.collection import Collection
from rillet.testing.server.routing import Call, Route, invalid
from rillet.testing.server.wire_forms import with_lists
from rillet.values import Money
from rillet.webhooks import Entity, EventType

_CONTROL_SUBTYPES = frozenset({"Accounts Payable", "Accounts Receivable"})
_VAT_TYPES = frozenset({"revenue", "expense"})


class JournalEntryEndpoints:
    """Journal entries, which post what they say.

    An entry with a `reversal_date` is posted once more that day with its sides exchanged, under its own id. Negative
    amounts are refused, because the side says which way a line goes; what Rillet does with them is not documented. An
    update keeps the related entity, unless a line is on a control account then.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self.entries = Collection[JournalEntry]("Journal entry", "journal_entries", with_lists, books.now)

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/journal-entries", self._list)
        yield Route("POST", "/journal-entries", self._create)
        yield Route("GET", "/journal-entries/{journal_entry_id}", self._get)
        yield Route("PUT", "/journal-entries/{journal_entry_id}", self._update)
        yield Route("DELETE", "/journal-entries/{journal_entry_id}", self._delete)
        yield Route("GET", "/reports/journal-entries", self._report)

    def _list(self, call: Call) -> dict[str, object]:
        return self.entries.page(call, _wanted(call))

    def _found(self, call: Call) -> JournalEntry:
        return self.entries.get(call.ids["journal_entry_id"])

    def _get(self, call: Call) -> object:
        return with_lists(self._found(call))

    def _create(self, call: Call) -> object:
        asked = call.body(NewJournalEntry)
        subsidiary = self._books.subsidiary(asked.subsidiary_id)
        return self._post(self._books.new_id(), asked, subsidiary, asked.related_entity, EventType.CREATED)

    def _update(self, call: Call) -> object:
        entry = self._found(call)
        asked = call.body(JournalEntryUpdate)
        for posting in self._books.ledger.of(entry.id):
            self._books.check_open(posting.date)
        subsidiary = self._books.subsidiary(entry.subsidiary_id)
        return self._post(entry.id, asked, subsidiary, entry.related_entity, EventType.UPDATED)

    def _delete(self, call: Call) -> object:
        entry = self._found(call)
        self._books.take_back(entry.id)
        self.entries.remove(entry.id)
        self._books.emit(Entity.JOURNAL_ENTRY, EventType.DELETED, entry.id)
        return None

    def _post(
        self,
        entry_id: str,
        asked: NewJournalEntry | JournalEntryUpdate,
        subsidiary: Subsidiary,
        related_entity: RelatedEntity | None,
        event: EventType,
    ) -> object:
        _check(asked)
        self._books.check_rounded((f"items[{index}].amount", item.amount) for index, item in enumerate(asked.items))
        accounts = [
            self._books.account(item.account_code, f"items[{index}].account_code")
            for index, item in enumerate(asked.items)
        ]
        lines = list[Line]()
        for index, (item, account) in enumerate(zip(asked.items, accounts, strict=True)):
            is_expense = account.type is AccountType.EXPENSE
            self._books.check_assignments(item.fields, f"items[{index}].fields", expense=is_expense)
            lines.extend(self._lines(item, account, f"items[{index}]"))
        self._books.post_entry(
            entry_id,
            lines,
            subsidiary=subsidiary,
            day=asked.date,
            exchange_rate=asked.exchange_rate,
            reversal_day=asked.reversal_date,
        )
        on_control = any(account.subtype in _CONTROL_SUBTYPES for account in accounts)
        shown = self.entries.put(
            JournalEntry(
                id=entry_id,
                name=asked.name,
                currency=asked.currency,
                items=tuple(self._item(item, account) for item, account in zip(asked.items, accounts, strict=True)),
                reversal_date=asked.reversal_date,
                attachment_url=asked.attachment_url,
                exchange_rate=asked.exchange_rate,
                subsidiary_id=subsidiary.id,
                # Rillet takes it without a word, and the entry does not have it.
                related_entity=None if on_control else related_entity,
                updated_at=self._books.now(),
                date=asked.date,
            )
        )
        self._books.emit(Entity.JOURNAL_ENTRY, event, shown)
        return shown

    def _lines(self, item: NewJournalEntryItem, account: Account, where: str) -> Iterator[Line]:
        """A line, and the VAT in it on an account of its own."""
        amount, currency = _signed(item), item.amount.currency
        vat = self._vat(item, where)
        yield Line(account=account, amount=Money(amount - vat, currency), fields=tuple(item.fields))
        if item.vat_code is not None:
            yield Line(account=self._books.account_of(SALES_TAX, f"{where}.vat_code"), amount=Money(vat, currency))

    def _vat(self, item: NewJournalEntryItem, where: str) -> Decimal:
        """The VAT in a line. Countries are not compared, because the stand-in's subsidiaries have none."""
        if item.vat_code is None:
            return Decimal(0)
        if (item.vat_type or "").lower() not in _VAT_TYPES:
            raise invalid("vat_type must be Revenue or Expense", f"{where}.vat_type")
        rate = next(
            (each for each in self._books.tax_rates.values() if item.vat_code in {each.code, each.description}), None
        )
        if rate is None:
            raise invalid(f"VAT code {item.vat_code} not found", f"{where}.vat_code")
        place = Decimal(1).scaleb(-places(item.amount.currency))
        return (_signed(item) * rate.percentage / (100 + rate.percentage)).quantize(place, rounding=ROUND_HALF_UP)

    def _item(self, item: NewJournalEntryItem, account: Account) -> JournalEntryItem:
        return JournalEntryItem(
            id=self._books.new_id(),
            amount=item.amount,
            account_code=account.code,
            side=item.side,
            account_id=account.id,
            description=item.description,
            fields=tuple(item.fields),
        )

    def _report(self, call: Call) -> object:
        currency = self._books.reporting_currency(call.asked.one("subsidiary_id"))
        page = self._list(call)
        shown = cast("list[dict[str, str]]", page["journal_entries"])
        return {**page, "journal_entries": [_reported(self.entries.get(each["id"]), currency) for each in shown]}


def _check(asked: NewJournalEntry | JournalEntryUpdate) -> None:
    if not asked.name.strip():
        raise invalid("name must not be blank", "name")
    if len(asked.items) < 2:
        raise invalid("items must have two lines or more", "items")
    for index, item in enumerate(asked.items):
        if item.amount.currency != asked.currency:
            raise invalid(f"The amount must be in {asked.currency}", f"items[{index}].amount")
        if item.amount.amount < 0:
            raise invalid("The amount must not be negative", f"items[{index}].amount")
        if item.side not in {Side.DEBIT, Side.CREDIT}:
            raise invalid("side must be DEBIT or CREDIT", f"items[{index}].side")
    difference = total(_signed(item) for item in asked.items)
    if difference:
        raise invalid(f"Journal entry is not balanced: debits less credits are {difference}", "items")
    if asked.reversal_date is not None and asked.reversal_date < asked.date:
        raise invalid("reversal_date must not be before date", "reversal_date")


def _signed(item: NewJournalEntryItem) -> Decimal:
    return item.amount.amount if item.side is Side.DEBIT else -item.amount.amount


def _wanted(call: Call) -> Callable[[JournalEntry], bool]:
    """What the filters of both lists let through."""
    subsidiary, accounts = call.asked.one("subsidiary_id"), call.asked.one("account_ids")
    first, last = call.day("date.gte"), call.day("date.lte")
    account_ids = set((accounts or "").split(","))
    return lambda entry: (
        subsidiary in {None, entry.subsidiary_id}
        and (first is None or first <= entry.date)
        and (last is None or entry.date <= last)
        and (accounts is None or any(item.account_id in account_ids for item in entry.items))
    )


def _reported(entry: JournalEntry, currency: str) -> dict[str, object]:
    """An entry with its amounts in the subsidiary's currency and in the report's, which are the same here."""
    rate = entry.exchange_rate.rate if entry.exchange_rate is not None else Decimal(1)
    return with_lists(
        ReportingJournalEntry(
            id=entry.id,
            name=entry.name,
            items=tuple(_reported_item(item, Money(item.amount.amount * rate, currency)) for item in entry.items),
            subsidiary_id=entry.subsidiary_id,
            related_entity=entry.related_entity,
            reversal_date=entry.reversal_date,
            attachment_url=entry.attachment_url,
            date=entry.date,
        )
    )


def _reported_item(item: JournalEntryItem, amount: Money) -> ReportingJournalEntryItem:
    return ReportingJournalEntryItem(
        id=item.id,
        local_amount=amount,
        reporting_amount=amount,
        account_code=item.account_code,
        side=item.side,
        account_id=item.account_id,
        description=item.description,
        original_transaction_amount=item.amount if item.amount.currency != amount.currency else None,
        exchange_rate=Decimal(1),
        fields=item.fields,
    )
