"""Post a billing system's invoices to Rillet, each once, and report payments back to it.

`plan_invoice` is pure: it turns an invoice into something to post, nothing to do, or a refusal with every reason.
`bridge.billing.sync` runs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from bridge.billing.catalogue import Catalogue
    from bridge.billing.csv_file import read_invoices_csv
    from bridge.billing.customers import LinkProposal, propose_links
    from bridge.billing.decisions import Decision, Post, Refuse, Skip, SyncError, sync_error
    from bridge.billing.documents import CreditMemoDocument, InvoiceDocument, PlannedCustomer, PlannedProduct
    from bridge.billing.master_data import BookCustomer, BookProduct
    from bridge.billing.other_documents import ApplicationDocument, CustomerDocument, ProductDocument
    from bridge.billing.payment_status import PaymentState, PaymentStatus
    from bridge.billing.planning import plan_credit_note, plan_invoice
    from bridge.billing.settings import (
        BillingEntity,
        BillingSettings,
        CustomerLink,
        OnInvoiceChange,
        OnVoid,
        ProductLink,
        Scope,
        SettledElsewhere,
        TaxCode,
        TaxKind,
        read_billing_settings,
    )
    from bridge.billing.setup import SetupItem, SetupSeen, SetupState, check_setup
    from bridge.billing.stripe import StripeShapeError, read_stripe_credit_note, read_stripe_invoice
    from bridge.billing.values import (
        CreditNote,
        Customer,
        Invoice,
        InvoiceStatus,
        Line,
        PostalAddress,
        Product,
        TaxStatus,
        UnreadableInvoice,
    )

# Made by docs/make_exports.py from the imports above.
_HOMES = {
    "bridge.billing.catalogue": ("Catalogue",),
    "bridge.billing.csv_file": ("read_invoices_csv",),
    "bridge.billing.customers": ("LinkProposal", "propose_links",),
    "bridge.billing.decisions": ("Decision", "Post", "Refuse", "Skip", "SyncError", "sync_error",),
    "bridge.billing.documents": ("CreditMemoDocument", "InvoiceDocument", "PlannedCustomer", "PlannedProduct",),
    "bridge.billing.master_data": ("BookCustomer", "BookProduct",),
    "bridge.billing.other_documents": ("ApplicationDocument", "CustomerDocument", "ProductDocument",),
    "bridge.billing.payment_status": ("PaymentState", "PaymentStatus",),
    "bridge.billing.planning": ("plan_credit_note", "plan_invoice",),
    "bridge.billing.settings": (
        "BillingEntity", "BillingSettings", "CustomerLink", "OnInvoiceChange", "OnVoid", "ProductLink", "Scope",
        "SettledElsewhere", "TaxCode", "TaxKind", "read_billing_settings",
    ),
    "bridge.billing.setup": ("SetupItem", "SetupSeen", "SetupState", "check_setup",),
    "bridge.billing.stripe": ("StripeShapeError", "read_stripe_credit_note", "read_stripe_invoice",),
    "bridge.billing.values": (
        "CreditNote", "Customer", "Invoice", "InvoiceStatus", "Line", "PostalAddress", "Product", "TaxStatus",
        "UnreadableInvoice",
    ),
}  # fmt: skip
__all__ = [
    "ApplicationDocument", "BillingEntity", "BillingSettings", "BookCustomer", "BookProduct", "Catalogue",
    "CreditMemoDocument", "CreditNote", "Customer", "CustomerDocument", "CustomerLink", "Decision", "Invoice",
    "InvoiceDocument", "InvoiceStatus", "Line", "LinkProposal", "OnInvoiceChange", "OnVoid", "PaymentState",
    "PaymentStatus", "PlannedCustomer", "PlannedProduct", "Post", "PostalAddress", "Product", "ProductDocument",
    "ProductLink", "Refuse", "Scope", "SettledElsewhere", "SetupItem", "SetupSeen", "SetupState", "Skip",
    "StripeShapeError", "SyncError", "TaxCode", "TaxKind", "TaxStatus", "UnreadableInvoice", "check_setup",
    "plan_credit_note", "plan_invoice", "propose_links", "read_billing_settings", "read_invoices_csv",
    "read_stripe_credit_note", "read_stripe_invoice", "sync_error",
]  # fmt: skip
# End of what is made.

if not TYPE_CHECKING:
    # Type checkers take a name that is not there for an error, where they do not see that names load.
    __getattr__, __dir__ = lazy(__name__, _HOMES)
