"""From Brex records to Rillet payloads: pure functions, and in `bridge.export` the shell that runs an export.

Nothing outside `bridge.export` touches a network, a file, a clock or the environment::

    from bridge import Bridge, read_settings

    outcome = Bridge(read_settings(text)).outcome(record, books)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from bridge.bill_payments import bill_payment
    from bridge.bills import bill
    from bridge.books import Books, normalised
    from bridge.charges import charge
    from bridge.coding import CodedLine, CodedRecord
    from bridge.currency import in_books_currency
    from bridge.documents import Context, Rates, Zones
    from bridge.explanations import ExplainedLine, Explanation, explain
    from bridge.field_sync import FieldChange, FieldWithValues, plan_field_sync
    from bridge.journal_entries import journal_entry
    from bridge.plan import DEFAULT_MAPPERS, Bridge, Mapper, Plan
    from bridge.planned_vendors import PlannedVendors
    from bridge.postings import Posting, effect, summed
    from bridge.rates import RatesError, RateTable
    from bridge.reimbursements import reimbursement
    from bridge.results import (
        BillPayload,
        BillPaymentPayload,
        BillReplacement,
        Findings,
        Nothing,
        Outcome,
        Payload,
        PlannedVendor,
        Post,
        Reason,
        ReasonCode,
        Refused,
    )
    from bridge.roles import ROLES, role_of
    from bridge.settings import (
        AccountRule,
        Basis,
        ClosedPeriod,
        Coverage,
        Entity,
        FieldMapping,
        ForeignCurrency,
        NearDuplicates,
        OtherTypes,
        Role,
        Settings,
        SettingsError,
        TaxRule,
        Treatment,
        VendorMapping,
        When,
    )
    from bridge.settings_check import check
    from bridge.settings_file import read_settings
    from bridge.summaries import Member, Summary, digest_of, summarise
    from bridge.tables import DataTable, Tabular
    from bridge.taxes import LineTax, TaxedEntryItem, TaxedItem

_HOMES = {
    "bridge.bill_payments": ("bill_payment",),
    "bridge.bills": ("bill",),
    "bridge.books": ("Books", "normalised",),
    "bridge.charges": ("charge",),
    "bridge.coding": ("CodedLine", "CodedRecord",),
    "bridge.currency": ("in_books_currency",),
    "bridge.documents": ("Context", "Rates", "Zones",),
    "bridge.explanations": ("ExplainedLine", "Explanation", "explain",),
    "bridge.field_sync": ("FieldChange", "FieldWithValues", "plan_field_sync",),
    "bridge.journal_entries": ("journal_entry",),
    "bridge.plan": ("Bridge", "DEFAULT_MAPPERS", "Mapper", "Plan",),
    "bridge.planned_vendors": ("PlannedVendors",),
    "bridge.postings": ("Posting", "effect", "summed",),
    "bridge.rates": ("RateTable", "RatesError",),
    "bridge.reimbursements": ("reimbursement",),
    "bridge.results": ("BillPayload", "BillPaymentPayload", "BillReplacement", "Findings", "Nothing", "Outcome", "Payload", "PlannedVendor", "Post", "Reason", "ReasonCode", "Refused",),
    "bridge.roles": ("ROLES", "role_of",),
    "bridge.settings": ("AccountRule", "Basis", "ClosedPeriod", "Coverage", "Entity", "FieldMapping", "ForeignCurrency", "NearDuplicates", "OtherTypes", "Role", "Settings", "SettingsError", "TaxRule", "Treatment", "VendorMapping", "When",),
    "bridge.settings_check": ("check",),
    "bridge.settings_file": ("read_settings",),
    "bridge.summaries": ("Member", "Summary", "digest_of", "summarise",),
    "bridge.tables": ("DataTable", "Tabular",),
    "bridge.taxes": ("LineTax", "TaxedEntryItem", "TaxedItem",),
}  # fmt: skip

__all__ = [
    "AccountRule", "Basis", "BillPayload", "BillPaymentPayload", "BillReplacement", "Books", "Bridge", "ClosedPeriod",
    "CodedLine", "CodedRecord", "Context", "Coverage", "DEFAULT_MAPPERS", "DataTable", "Entity", "ExplainedLine",
    "Explanation", "FieldChange", "FieldMapping", "FieldWithValues", "Findings", "ForeignCurrency", "LineTax",
    "Mapper", "Member", "NearDuplicates", "Nothing", "OtherTypes", "Outcome", "Payload", "Plan", "PlannedVendor",
    "PlannedVendors", "Post", "Posting", "ROLES", "RateTable", "Rates", "RatesError", "Reason", "ReasonCode",
    "Refused", "Role", "Settings", "SettingsError", "Summary", "Tabular", "TaxRule", "TaxedEntryItem", "TaxedItem",
    "Treatment", "VendorMapping", "When", "Zones", "bill", "bill_payment", "charge", "check", "digest_of", "effect",
    "explain", "in_books_currency", "journal_entry", "normalised", "plan_field_sync", "read_settings",
    "reimbursement", "role_of", "summarise", "summed",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__, _HOMES)
