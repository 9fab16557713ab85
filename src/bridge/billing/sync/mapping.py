"""The mapping of invoices as the engine asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import cast

import attrs
from typing_extensions import override

from brex_accounting import Record
from bridge import decisions
from bridge.billing.catalogue import Catalogue
from bridge.billing.decisions import Decision, Post, Skip
from bridge.billing.documents import CUSTOMER, PRODUCT, PlannedCustomer, subject_of
from bridge.billing.other_documents import BillingDocument
from bridge.billing.planning import plan_credit_note, plan_invoice
from bridge.billing.settings import BillingSettings, OnVoid
from bridge.billing.sync.voids import subject_of_void, voided_by
from bridge.billing.values import CreditNote, Invoice, InvoiceStatus
from bridge.billing.wording import InvoiceWording
from bridge.books import Books
from bridge.callers import Rates
from bridge.decisions import Reason, ReasonCode, Refuse, SkipCode
from bridge.followed import Followed
from bridge.mapping import Bridge
from bridge.settings.choices import OnChange, OnDelete
from bridge.settings.values import Settings


def engine_settings(settings: BillingSettings) -> Settings:
    """What the engine reads of the settings."""
    return Settings(
        entities=(),
        reference_type=settings.reference_type,
        receipts=False,
        on_change=OnChange(settings.on_change),
        on_delete=OnDelete.DELETE if settings.on_void is OnVoid.DELETE else OnDelete.REFUSE,
        rillet_link=settings.rillet_link,
    )


class InvoiceMapping(Bridge):
    """Invoices and credit notes, `values` by the ids of their records.

    `failed` says of customers and products, by their subjects, why they could not be created. A plan lets documents pass whose
    customer or products are still to be created. `hindered` says of invoices, and of credit notes of voids, why
    they are not posted, with a text where nothing is left to post.
    """

    def __init__(
        self,
        settings: BillingSettings,
        values: Mapping[str, Invoice | CreditNote],
        rates: Rates,
        *,
        is_plan: bool = False,
        failed: Mapping[str, str] | None = None,
        hindered: Mapping[str, Reason | str] | None = None,
    ) -> None:
        super().__init__(engine_settings(settings))
        self.wording = InvoiceWording(settings)
        self.billing_settings, self._values, self._of_pair = settings, values, rates
        self._is_plan, self._failed, self._hindered = is_plan, failed or {}, hindered or {}

    def decide(self, subject: str, catalogue: Catalogue, posted_on: date | None = None) -> Decision:
        """What is to be done with an invoice or a credit note."""
        value, settings, rates = self._values[subject], self.billing_settings, self._of_pair
        voided = self._values.get(voided_by(subject) or "")
        if voided is not None:
            # The books are to be as if there had been no invoice, whatever its currency is worth by now.
            rates = partial(_rates_of_day, rates, voided.issued)
            # The billing system tells no day for it, and whatever it changes later does not move what is posted.
            value = value if posted_on is None else attrs.evolve(value, issued=posted_on)
        if voided is not None and isinstance(value, CreditNote) and value.is_void:
            is_void = isinstance(voided, Invoice) and voided.status is InvoiceStatus.VOID
            why = f"the invoice {voided.id} is {'void and not posted' if is_void else 'not void'} any more"
            return Skip(invoice=value, why=why, code=SkipCode.NO_MONEY)
        if isinstance(value, Invoice):
            if subject_of_void(value.id) in self._values:
                # It is credited, or was under other settings, so that the invoice stays.
                settings = attrs.evolve(settings, on_void=OnVoid.CREDIT)
            return plan_invoice(value, catalogue, settings, rates=rates, posted_on=posted_on)
        return plan_credit_note(value, catalogue, settings, rates=rates, posted_on=posted_on)

    @override
    def outcome(
        self, record: Record, books: Books, *, posted_on: date | None = None, followed: Followed | None = None
    ) -> decisions.Decision:
        """What is to be done with one record."""
        decision = self.decide(record.id, cast("Catalogue", books), posted_on)
        hindered = self._hindered.get(record.id)
        if isinstance(hindered, str) and posted_on is None:
            return decisions.Skip(record=record, why=hindered, code=SkipCode.IN_LEDGER)
        if isinstance(hindered, Reason) and posted_on is None:
            return Refuse(record=record, reasons=(hindered,))
        if isinstance(decision, Post):
            missing = () if self._is_plan else tuple(self._missing(decision))
            if missing:
                return Refuse(record=record, reasons=missing)
            return decisions.Post(record=record, document=decision.document)
        if isinstance(decision, Skip):
            return decisions.Skip(record=record, why=decision.why, code=decision.code)
        return Refuse(record=record, reasons=decision.reasons)

    def _missing(self, post: Post) -> list[Reason]:
        """What should have been created before, and was not."""
        found = list[Reason]()
        if isinstance(post.document.customer, PlannedCustomer):
            customer = post.document.customer.customer
            why = self._failed.get(subject_of(CUSTOMER, customer.id), "the next run tries again")
            text = f"its customer {customer.id} {customer.name!r} was not created: {why}"
            found.append(Reason(code=ReasonCode.CUSTOMER_NOT_LINKED, text=text))
        for planned in {each.id: each for each in post.document.planned_products}.values():
            why = self._failed.get(subject_of(PRODUCT, planned.product.id), "the next run tries again")
            text = f"the product {planned.product.id} {planned.product.name!r} was not created: {why}"
            found.append(Reason(code=ReasonCode.PRODUCT_NOT_MAPPED, text=text))
        return found


def _rates_of_day(rates: Rates, day: date, base: str, target: str, _: date) -> Decimal | None:
    """The rates of one day, whichever is asked for."""
    return rates(base, target, day)


class Prepared(Bridge):
    """Documents that were made already, or why they were not, by the ids of their records: customers, products, applications.

    None where nothing is to be posted, and what an earlier run began is to be settled alone.
    """

    def __init__(self, settings: BillingSettings, documents: Mapping[str, BillingDocument | Reason | None]) -> None:
        super().__init__(engine_settings(settings))
        self.wording = InvoiceWording(settings)
        self._documents = documents

    @override
    def outcome(
        self, record: Record, books: Books, *, posted_on: date | None = None, followed: Followed | None = None
    ) -> decisions.Decision:
        """Its document."""
        del books, posted_on, followed
        made = self._documents[record.id]
        if made is None:
            return decisions.Skip(record=record, why="no invoice needs it now", code=SkipCode.NOT_READY)
        if isinstance(made, Reason):
            return Refuse(record=record, reasons=(made,))
        return decisions.Post(record=record, document=made)
