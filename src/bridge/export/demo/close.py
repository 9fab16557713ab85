"""The demonstration's month before its close: what is late, and what people have done on both sides since the export."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from brex_accounting import Record, RecordType, ReviewStatus
from bridge.closing import month
from bridge.export.demo.company import DEPARTMENT, SUBSIDIARIES
from bridge.export.demo.run import Demo
from bridge.export.reporting.report import ExportOutcome
from clientkit.money import total
from rillet import FieldAssignment, Money, NewJournalEntry, NewJournalEntryItem, Side

PERIOD = month("2026-10")
_LATE = 5
_SURCHARGE = Decimal("25.00")


def delay_some(company: Demo) -> tuple[str, ...]:
    """Some card expenses of the month are still in review; their ids."""
    late = _expenses(company)[:_LATE]
    company.brex.add(*(attrs.evolve(each, review_status=ReviewStatus.REVIEW) for each in late))
    return tuple(each.id for each in late)


def disturb(company: Demo, exported: ExportOutcome) -> dict[str, str]:
    """What people do after the export: by the id of the record, or of the entry, what was done."""
    charges = [each for each in exported.posted if each.kind == "charges" and _is_of_month(each.record)]
    changed, deleted = charges[-1].record, charges[-2]
    company.brex.add(_dearer(company.brex.records[changed.id]))
    company.rillet_client.charges.delete(deleted.id)
    team = FieldAssignment(field_id=DEPARTMENT.id, field_value_id=DEPARTMENT.values[0].id)
    lines = (("61100", Side.DEBIT, (team,)), ("21120", Side.CREDIT, ()))
    items = [
        NewJournalEntryItem(account_code=code, amount=Money(Decimal(480), "USD"), side=side, fields=fields)
        for code, side, fields in lines
    ]
    by_hand = NewJournalEntry(
        name="JE-118 card statement",
        currency="USD",
        items=items,
        date=date(2026, 10, 30),
        subsidiary_id=SUBSIDIARIES[0].id,
    )
    made = company.rillet_client.journal_entries.create(by_hand)
    return {
        changed.id: "was changed in Brex",
        deleted.record.id: "was deleted in Rillet",
        made.id: "was posted in Rillet by hand",
    }


def _expenses(company: Demo) -> list[Record]:
    records = company.brex.records.values()
    good = (each for each in records if not each.id.startswith("accr_bad"))
    return [each for each in good if each.type == RecordType.CARD_EXPENSE_POST and _is_of_month(each)]


def _is_of_month(record: Record) -> bool:
    # The middle of the month is in it in every time zone.
    return PERIOD.first < record.erp_posting_date.date() < PERIOD.last


def _dearer(record: Record) -> Record:
    first, *others = record.line_items
    *middle, last = others
    raised = [
        attrs.evolve(each, amount=attrs.evolve(each.amount, amount=total((each.amount.amount, _SURCHARGE))))
        for each in (first, last)
    ]
    amount = attrs.evolve(record.amount, amount=total((record.amount.amount, _SURCHARGE)))
    return attrs.evolve(record, version=record.version + 1, amount=amount, line_items=(raised[0], *middle, raised[1]))
