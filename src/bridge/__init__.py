"""Map Brex records to Rillet payloads with pure functions; `bridge.export` runs the export.

Nothing outside `bridge.export` uses the network, files, the clock or the environment::

    from bridge import Bridge, read_settings

    outcome = Bridge(read_settings(text)).outcome(record, books)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from bridge.books import Books, normalised
    from bridge.callers import ChooseAccount, ChooseVendor, ChosenAccount, Rates, Zones
    from bridge.coded_record import CodedLine, CodedRecord
    from bridge.currency import in_books_currency
    from bridge.datatable import DataTable, Tabular
    from bridge.debts import Debt
    from bridge.decisions import Decision, Findings, Post, Reason, ReasonCode, Refuse, Skip, SkipCode
    from bridge.documents.form import Form, FormLine, difference, form
    from bridge.documents.marks import Origin, mark_of_name, mark_of_references
    from bridge.documents.protocol import Document, Found, Mark, PlannedVendor, Ref
    from bridge.documents.record_digest import record_digest
    from bridge.documents.rillet import (
        BillDocument,
        BillPayload,
        ChargeDocument,
        Payload,
        ReimbursementDocument,
        effect,
        new_vendor,
    )
    from bridge.documents.rillet_credits import VendorCreditDocument, VendorCreditPayload
    from bridge.documents.rillet_entries import JournalEntryDocument
    from bridge.documents.rillet_forms import form_of, form_of_bytes, found
    from bridge.documents.rillet_intercompany import IntercompanyDocument, IntercompanyPayload
    from bridge.documents.rillet_items import TaxedCreditItem, TaxedEntryItem, TaxedItem
    from bridge.documents.rillet_payments import (
        BillPaymentDocument,
        BillPaymentPayload,
        ReimbursementPaymentDocument,
        ReimbursementPaymentPayload,
    )
    from bridge.explanations import ExplainedLine, Explanation, explain
    from bridge.field_sync import FieldChange, FieldWithValues, plan_field_sync
    from bridge.followed import FOLLOWS, Followed, followed_in
    from bridge.mappers.bill_payments import bill_payment
    from bridge.mappers.bills import bill
    from bridge.mappers.charges import charge
    from bridge.mappers.draft import Draft
    from bridge.mappers.journal_entries import journal_entry
    from bridge.mappers.payouts import card_payment, payout
    from bridge.mappers.reimbursements import reimbursement
    from bridge.mappers.summaries import Member, Summary, digest_of, summarise
    from bridge.mapping import DEFAULT_MAPPERS, Bridge, Mapper
    from bridge.master_data import Account, Bill, Field, Rate, Reference, Reimbursement, Subsidiary, TaxRate, Vendor
    from bridge.plan import RECORD_COLUMNS, Plan
    from bridge.postings import Posting, summed
    from bridge.rates import RatesError, RateTable
    from bridge.settings.approval_rules import ApprovalRule
    from bridge.settings.card_account_rules import CardAccountRule
    from bridge.settings.check import check
    from bridge.settings.choices import (
        Basis,
        BillTiming,
        CardHolder,
        ClosedPeriod,
        Coverage,
        ForeignCurrency,
        NearDuplicates,
        OnChange,
        OnDelete,
        OtherTypes,
        PageAction,
        Payouts,
        Role,
        SameInvoice,
        TaxRounding,
        Treatment,
    )
    from bridge.settings.default_accounts import ROLES, role_of
    from bridge.settings.toml_file import read_settings
    from bridge.settings.values import (
        AccountRule,
        Entity,
        FieldMapping,
        Intercompany,
        Movements,
        Settings,
        SettingsError,
        TaxRule,
        VendorMapping,
        When,
    )
    from bridge.taxes import LineTax
    from bridge.totals import Total
    from bridge.unreadable import UnreadableEntry
    from bridge.values import ExchangeRate, ExternalReference, FieldAssignment, NewVendor
    from bridge.vendors.planned import PlannedVendors

# Made by docs/make_exports.py from the imports above.
_HOMES = {
    "bridge.books": ("Books", "normalised",),
    "bridge.callers": ("ChooseAccount", "ChooseVendor", "ChosenAccount", "Rates", "Zones",),
    "bridge.coded_record": ("CodedLine", "CodedRecord",),
    "bridge.currency": ("in_books_currency",),
    "bridge.datatable": ("DataTable", "Tabular",),
    "bridge.debts": ("Debt",),
    "bridge.decisions": ("Decision", "Findings", "Post", "Reason", "ReasonCode", "Refuse", "Skip", "SkipCode",),
    "bridge.documents.form": ("Form", "FormLine", "difference", "form",),
    "bridge.documents.marks": ("Origin", "mark_of_name", "mark_of_references",),
    "bridge.documents.protocol": ("Document", "Found", "Mark", "PlannedVendor", "Ref",),
    "bridge.documents.record_digest": ("record_digest",),
    "bridge.documents.rillet": (
        "BillDocument", "BillPayload", "ChargeDocument", "Payload", "ReimbursementDocument", "effect", "new_vendor",
    ),
    "bridge.documents.rillet_credits": ("VendorCreditDocument", "VendorCreditPayload",),
    "bridge.documents.rillet_entries": ("JournalEntryDocument",),
    "bridge.documents.rillet_forms": ("form_of", "form_of_bytes", "found",),
    "bridge.documents.rillet_intercompany": ("IntercompanyDocument", "IntercompanyPayload",),
    "bridge.documents.rillet_items": ("TaxedCreditItem", "TaxedEntryItem", "TaxedItem",),
    "bridge.documents.rillet_payments": (
        "BillPaymentDocument", "BillPaymentPayload", "ReimbursementPaymentDocument", "ReimbursementPaymentPayload",
    ),
    "bridge.explanations": ("ExplainedLine", "Explanation", "explain",),
    "bridge.field_sync": ("FieldChange", "FieldWithValues", "plan_field_sync",),
    "bridge.followed": ("FOLLOWS", "Followed", "followed_in",),
    "bridge.mappers.bill_payments": ("bill_payment",),
    "bridge.mappers.bills": ("bill",),
    "bridge.mappers.charges": ("charge",),
    "bridge.mappers.draft": ("Draft",),
    "bridge.mappers.journal_entries": ("journal_entry",),
    "bridge.mappers.payouts": ("card_payment", "payout",),
    "bridge.mappers.reimbursements": ("reimbursement",),
    "bridge.mappers.summaries": ("Member", "Summary", "digest_of", "summarise",),
    "bridge.mapping": ("Bridge", "DEFAULT_MAPPERS", "Mapper",),
    "bridge.master_data": (
        "Account", "Bill", "Field", "Rate", "Reference", "Reimbursement", "Subsidiary", "TaxRate", "Vendor",
    ),
    "bridge.plan": ("Plan", "RECORD_COLUMNS",),
    "bridge.postings": ("Posting", "summed",),
    "bridge.rates": ("RateTable", "RatesError",),
    "bridge.settings.approval_rules": ("ApprovalRule",),
    "bridge.settings.card_account_rules": ("CardAccountRule",),
    "bridge.settings.check": ("check",),
    "bridge.settings.choices": (
        "Basis", "BillTiming", "CardHolder", "ClosedPeriod", "Coverage", "ForeignCurrency", "NearDuplicates",
        "OnChange", "OnDelete", "OtherTypes", "PageAction", "Payouts", "Role", "SameInvoice", "TaxRounding",
        "Treatment",
    ),
    "bridge.settings.default_accounts": ("ROLES", "role_of",),
    "bridge.settings.toml_file": ("read_settings",),
    "bridge.settings.values": (
        "AccountRule", "Entity", "FieldMapping", "Intercompany", "Movements", "Settings", "SettingsError", "TaxRule",
        "VendorMapping", "When",
    ),
    "bridge.taxes": ("LineTax",),
    "bridge.totals": ("Total",),
    "bridge.unreadable": ("UnreadableEntry",),
    "bridge.values": ("ExchangeRate", "ExternalReference", "FieldAssignment", "NewVendor",),
    "bridge.vendors.planned": ("PlannedVendors",),
}  # fmt: skip
__all__ = [
    "Account", "AccountRule", "ApprovalRule", "Basis", "Bill", "BillDocument", "BillPayload", "BillPaymentDocument",
    "BillPaymentPayload", "BillTiming", "Books", "Bridge", "CardAccountRule", "CardHolder", "ChargeDocument",
    "ChooseAccount", "ChooseVendor", "ChosenAccount", "ClosedPeriod", "CodedLine", "CodedRecord", "Coverage",
    "DEFAULT_MAPPERS", "DataTable", "Debt", "Decision", "Document", "Draft", "Entity", "ExchangeRate", "ExplainedLine",
    "Explanation", "ExternalReference", "FOLLOWS", "Field", "FieldAssignment", "FieldChange", "FieldMapping",
    "FieldWithValues", "Findings", "Followed", "ForeignCurrency", "Form", "FormLine", "Found", "Intercompany",
    "IntercompanyDocument", "IntercompanyPayload", "JournalEntryDocument", "LineTax", "Mapper", "Mark", "Member",
    "Movements", "NearDuplicates", "NewVendor", "OnChange", "OnDelete", "Origin", "OtherTypes", "PageAction", "Payload",
    "Payouts", "Plan", "PlannedVendor", "PlannedVendors", "Post", "Posting", "RECORD_COLUMNS", "ROLES", "Rate",
    "RateTable", "Rates", "RatesError", "Reason", "ReasonCode", "Ref", "Reference", "Refuse", "Reimbursement",
    "ReimbursementDocument", "ReimbursementPaymentDocument", "ReimbursementPaymentPayload", "Role", "SameInvoice",
    "Settings", "SettingsError", "Skip", "SkipCode", "Subsidiary", "Summary", "Tabular", "TaxRate", "TaxRounding",
    "TaxRule", "TaxedCreditItem", "TaxedEntryItem", "TaxedItem", "Total", "Treatment", "UnreadableEntry", "Vendor",
    "VendorCreditDocument", "VendorCreditPayload", "VendorMapping", "When", "Zones", "bill", "bill_payment",
    "card_payment", "charge", "check", "difference", "digest_of", "effect", "explain", "followed_in", "form", "form_of",
    "form_of_bytes", "found", "in_books_currency", "journal_entry", "mark_of_name", "mark_of_references", "new_vendor",
    "normalised", "payout", "plan_field_sync", "read_settings", "record_digest", "reimbursement", "role_of",
    "summarise", "summed",
]  # fmt: skip
# End of what is made.

if not TYPE_CHECKING:
    # Type checkers take a name that is not there for an error, where they do not see that names load.
    __getattr__, __dir__ = lazy(__name__, _HOMES)
