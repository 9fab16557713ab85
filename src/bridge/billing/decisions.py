"""What can become of an invoice: post this, nothing to do, or refused with every reason found."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

import attrs

from bridge.billing.documents import CreditMemoDocument, InvoiceDocument
from bridge.billing.values import CreditNote, Invoice
from bridge.decisions import Reason, ReasonCode, SkipCode


class SyncError(StrEnum):
    """Why an invoice is not in Rillet, by what a person has to do.

    ``customer_not_linked``: link its customer, or let the settings create customers. ``product_not_mapped``: map its
    product, name a default product, or let the settings create products. ``currency_mismatch``: its currency is not the
    customer's in Rillet, or there is no exchange rate. ``missing_setup``: something that the settings name is not in Rillet.
    ``api_error``: Rillet refused it or did not answer. ``invalid_invoice``: the invoice itself, or what became of it in Rillet,
    has to be looked at.
    """

    CUSTOMER_NOT_LINKED = "customer_not_linked"
    PRODUCT_NOT_MAPPED = "product_not_mapped"
    CURRENCY_MISMATCH = "currency_mismatch"
    MISSING_SETUP = "missing_setup"
    API_ERROR = "api_error"
    INVALID_INVOICE = "invalid_invoice"


_ERRORS: Mapping[ReasonCode, SyncError] = MappingProxyType(
    {
        ReasonCode.CUSTOMER_NOT_LINKED: SyncError.CUSTOMER_NOT_LINKED,
        ReasonCode.PRODUCT_NOT_MAPPED: SyncError.PRODUCT_NOT_MAPPED,
        ReasonCode.CURRENCY_MISMATCH: SyncError.CURRENCY_MISMATCH,
        ReasonCode.NO_EXCHANGE_RATE: SyncError.CURRENCY_MISMATCH,
        ReasonCode.MISSING_SETUP: SyncError.MISSING_SETUP,
        ReasonCode.NO_ENTITY: SyncError.MISSING_SETUP,
        ReasonCode.MISSING_ACCOUNT: SyncError.MISSING_SETUP,
        ReasonCode.UNKNOWN_ACCOUNT: SyncError.MISSING_SETUP,
        ReasonCode.INACTIVE_ACCOUNT: SyncError.MISSING_SETUP,
        ReasonCode.UNKNOWN_TAX_CODE: SyncError.MISSING_SETUP,
        ReasonCode.REJECTED_BY_LEDGER: SyncError.API_ERROR,
        ReasonCode.NOT_NOW: SyncError.API_ERROR,
        ReasonCode.UNREADABLE: SyncError.API_ERROR,
    }
)


def sync_error(reason: Reason) -> SyncError:
    """Which of the sync errors a reason is."""
    return _ERRORS.get(reason.code, SyncError.INVALID_INVOICE)


@attrs.frozen(kw_only=True)
class Post:
    """Post `document`; customers and products in it that are planned have to be created first."""

    invoice: Invoice | CreditNote
    document: InvoiceDocument | CreditMemoDocument


@attrs.frozen(kw_only=True)
class Skip:
    """There is nothing to post, and why."""

    invoice: Invoice | CreditNote
    why: str
    code: SkipCode


@attrs.frozen(kw_only=True)
class Refuse:
    """The invoice cannot be posted as it is; `reasons` holds everything that was found, not only the first."""

    invoice: Invoice | CreditNote
    reasons: tuple[Reason, ...]

    @property
    def errors(self) -> frozenset[SyncError]:
        """Which sync errors there are."""
        return frozenset(map(sync_error, self.reasons))


Decision: TypeAlias = Post | Skip | Refuse
