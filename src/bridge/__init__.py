"""From Brex records to Rillet payloads: pure functions, and in `bridge.export` the shell that runs an export.

Nothing outside `bridge.export` touches a network, a file, a clock or the environment::

    from bridge import Bridge, read_settings

    outcome = Bridge(read_settings(text)).outcome(record, books)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from bridge.books import Books, normalised
    from bridge.coding import CodedLine, CodedRecord
    from bridge.currency import in_books_currency
    from bridge.datatable import DataTable, Tabular
    from bridge.decisions import (
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
    from bridge.explanations import ExplainedLine, Explanation, explain
    from bridge.field_sync import FieldChange, FieldWithValues, plan_field_sync
    from bridge.mappers.bill_payments import bill_payment
    from bridge.mappers.bills import bill
    from bridge.mappers.charges import charge
    from bridge.mappers.draft import Context, Rates, Zones
    from bridge.mappers.journal_entries import journal_entry
    from bridge.mappers.reimbursements import reimbursement
    from bridge.mappers.summaries import Member, Summary, digest_of, summarise
    from bridge.mapping import DEFAULT_MAPPERS, Bridge, Mapper, Plan
    from bridge.postings import Posting, effect, summed
    from bridge.rates import RatesError, RateTable
    from bridge.settings.check import check
    from bridge.settings.default_accounts import ROLES, role_of
    from bridge.settings.toml_file import read_settings
    from bridge.settings.values import (
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
    from bridge.taxes import LineTax, TaxedEntryItem, TaxedItem
    from bridge.vendors.planned import PlannedVendors

_HOMES = {
    "bridge.mappers.bill_payments": ("bill_payment",),
    "bridge.mappers.bills": ("bill",),
    "bridge.books": ("Books", "normalised",),
    "bridge.mappers.charges": ("charge",),
    "bridge.coding": ("CodedLine", "CodedRecord",),
    "bridge.currency": ("in_books_currency",),
    "bridge.mappers.draft": ("Context", "Rates", "Zones",),
    "bridge.explanations": ("ExplainedLine", "Explanation", "explain",),
    "bridge.field_sync": ("FieldChange", "FieldWithValues", "plan_field_sync",),
    "bridge.mappers.journal_entries": ("journal_entry",),
    "bridge.mapping": ("Bridge", "DEFAULT_MAPPERS", "Mapper", "Plan",),
    "bridge.vendors.planned": ("PlannedVendors",),
    "bridge.postings": ("Posting", "effect", "summed",),
    "bridge.rates": ("RateTable", "RatesError",),
    "bridge.mappers.reimbursements": ("reimbursement",),
    "bridge.decisions": ("BillPayload", "BillPaymentPayload", "BillReplacement", "Findings", "Nothing", "Outcome", "Payload", "PlannedVendor", "Post", "Reason", "ReasonCode", "Refused",),
    "bridge.settings.default_accounts": ("ROLES", "role_of",),
    "bridge.settings.values": ("AccountRule", "Basis", "ClosedPeriod", "Coverage", "Entity", "FieldMapping", "ForeignCurrency", "NearDuplicates", "OtherTypes", "Role", "Settings", "SettingsError", "TaxRule", "Treatment", "VendorMapping", "When",),
    "bridge.settings.check": ("check",),
    "bridge.settings.toml_file": ("read_settings",),
    "bridge.mappers.summaries": ("Member", "Summary", "digest_of", "summarise",),
    "bridge.datatable": ("DataTable", "Tabular",),
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
