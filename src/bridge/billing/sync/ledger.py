"""Rillet's receivables as a ledger of the engine: invoices, credit memos, what these pay, customers and products."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs
from typing_extensions import override

import rillet
from bridge.billing.catalogue import Catalogue
from bridge.billing.documents import APPLICATION, CREDIT_NOTE, CUSTOMER, INVOICE, PRODUCT, subject_of
from bridge.billing.forms import (
    APPLICATIONS,
    CREDIT_MEMOS,
    CUSTOMERS,
    INVOICES,
    PRODUCTS,
    day_of,
    form_of_application,
    form_of_credit_memo,
    form_of_invoice,
    form_of_master,
    form_of_receivable,
    kind_of_application,
)
from bridge.books import Books
from bridge.decisions import Post
from bridge.documents.form import Form
from bridge.documents.marks import mark_of_references
from bridge.documents.protocol import Found, PlannedVendor, Ref
from bridge.export.engine.attempts import Attempt
from bridge.export.ledgers.protocol import Ability, LookUp, Sent
from bridge.export.ledgers.rillet import RilletLedger
from bridge.export.ledgers.rillet_books import last_closed
from clientkit import codec
from clientkit.codec import CodecError
from clientkit.errors import NotFoundError
from clientkit.requests import Request
from rillet import (
    CreditMemo,
    CreditMemoOperations,
    CreditMemoStatus,
    Customer,
    Invoice,
    InvoiceOperations,
    InvoiceStatus,
    Product,
)

_Object: TypeAlias = Invoice | CreditMemo | Customer | Product

# The clocks of the two services differ; looking a day further back costs at most a page.
_CLOCK_MARGIN = timedelta(days=1)
_PREFIXES: Mapping[str, str] = MappingProxyType(
    {INVOICES: INVOICE, CREDIT_MEMOS: CREDIT_NOTE, CUSTOMERS: CUSTOMER, PRODUCTS: PRODUCT}
)

#: By kind. Amounts of an invoice that another system sent cannot be changed, so it is deleted and posted anew.
ABILITIES: Mapping[str, Ability] = MappingProxyType(
    {
        INVOICES: Ability(deletes=True, is_found=True, honours_key=True),
        CREDIT_MEMOS: Ability(deletes=True, is_found=True, honours_key=True),
        APPLICATIONS: Ability(is_found=True, honours_key=True),
        CUSTOMERS: Ability(is_found=True, honours_key=True),
        PRODUCTS: Ability(is_found=True, honours_key=True),
    }
)


@attrs.frozen(kw_only=True)
class _Referring:
    """What counts of Rillet's answer: whether it is about what was sent."""

    external_references: tuple[rillet.ExternalReference, ...] = ()
    extra: codec.Extra = codec.unknown_fields()


class BillingLedger(RilletLedger):
    """The receivables of a Rillet organization; `type` is that of the external references by which objects are found."""

    def __init__(self, client: rillet.Client, type: str) -> None:
        super().__init__(client, type)
        self.type = type
        self._currencies = dict[str, str | None]()
        self._catalogue: Catalogue | None = None

    @override
    def ability(self, kind: str) -> Ability:
        """What Rillet can do with a kind."""
        return ABILITIES.get(kind.partition(":")[0], Ability())

    @override
    def snapshot(self) -> Catalogue:
        """Everything that invoices are mapped with, read once until `forget` is called."""
        client, known = self.client, self._catalogue
        if known is None:
            known = self._catalogue = Catalogue(
                accounts=tuple(client.accounts.list()),
                subsidiaries=tuple(client.subsidiaries.list()),
                tax_rates=tuple(client.tax_rates.list()),
                last_closed=last_closed(client),
                customers=tuple(client.customers.list(limit=100)),
                products=tuple(client.products.list(limit=100)),
            )
        told = {customer: currency for customer, currency in self._currencies.items() if currency is not None}
        return attrs.evolve(known, currencies=MappingProxyType(told))

    def forget(self) -> None:
        """Read everything anew at the next snapshot."""
        self._catalogue = None
        self._currencies.clear()

    @override
    def with_bills(self, books: Books) -> Books:
        """The same."""
        return books

    @override
    def with_planned(self, books: Books, posts: Sequence[Post]) -> Books:
        """The same."""
        del posts
        return books

    def look_up_currency(self, customer: str) -> None:
        """Find the currency of a customer, by its id, for later snapshots: that of its newest invoice."""
        if customer in self._currencies:
            return
        newest = next(iter(self.client.invoices.list(customer_id=customer, limit=1)), None)
        self._currencies[customer] = None if newest is None else newest.total.currency

    @override
    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        """See `Ledger.find`: by external reference. Only the lists are read that these subjects can be in."""
        del sources
        wanted, by_subject = set(subjects), dict[str, tuple[Found, ...]]()
        for subject, found in self._candidates({each.partition(":")[0] for each in wanted}, since, wanted):
            if subject in wanted:
                by_subject[subject] = (*by_subject.get(subject, ()), found)
        return LookUp(by_subject=by_subject)

    @override
    def get(self, ref: Ref) -> Found | None:
        """One object as it is now."""
        client = self.client
        try:
            match ref.kind:
                case "invoices":
                    return self._seen(client.invoices.get(ref.id))
                case "credit-memos":
                    return self._seen(client.credit_memos.get(ref.id))
                case "customers":
                    return self._seen(client.customers.get(ref.id))
                case "products":
                    return self._seen(client.products.get(ref.id))
                case _:
                    there = self._applications(client.credit_memos.get(ref.id))
                    return next((each for _, each in there if each.ref == ref), None)
        except NotFoundError as error:
            if not error.is_from_service:
                # The page of a proxy does not tell that anything is gone.
                raise
            return None

    @override
    def alike(self, ref_kind: str, form: Form) -> tuple[Found, ...]:
        """Nothing: everything is found by reference."""
        del ref_kind, form
        return ()

    @override
    def answers(self, attempt: Attempt, sent: Sent) -> bool:
        """Whether the answered object carries the reference of what was sent, where it carries one at all."""
        try:
            answered = codec.structure(codec.parse(sent.content), _Referring)
        except CodecError:
            return True
        own = {each.id for each in answered.external_references if each.type == self.type}
        what, _, name = attempt.subject.partition(":")
        return not own or (name.rpartition("/")[0] if what == APPLICATION else name) in own

    @override
    def delete(self, ref: Ref) -> Request[Any]:
        """The request that deletes an invoice or a credit memo."""
        if ref.kind == CREDIT_MEMOS:
            return CreditMemoOperations.delete.build(ref.id)
        if ref.kind != INVOICES:
            raise TypeError(f"{ref} is not deleted")
        return InvoiceOperations.delete.build(ref.id)

    @override
    def create_vendor(self, planned: PlannedVendor) -> Request[Any]:
        """Raises `TypeError`: invoices go to customers."""
        raise TypeError(f"{planned.key} is a vendor")

    @override
    def form_of(self, kind: str, content: bytes) -> Form | None:
        """The form of what was sent or answered."""
        return form_of_receivable(kind, content)

    def _candidates(self, families: set[str], since: datetime, wanted: set[str]) -> Iterator[tuple[str, Found]]:
        client, after = self.client, since - _CLOCK_MARGIN
        if INVOICE in families:
            for invoice in client.invoices.list(updated_after=after, limit=100):
                yield from self._with_subjects(invoice)
        if families & {CREDIT_NOTE, APPLICATION}:
            for memo in client.credit_memos.list(updated_after=after, limit=100):
                yield from self._with_subjects(memo)
                yield from self._applications(memo)
        if CUSTOMER in families:
            for subject in sorted(each for each in wanted if each.startswith(f"{CUSTOMER}:")):
                reference = rillet.ExternalReference(type=self.type, id=subject.partition(":")[2])
                for customer in client.customers.find(reference):
                    yield subject, self._seen(customer)
        if PRODUCT in families:
            for product in client.products.list(limit=100):
                yield from self._with_subjects(product)

    def _with_subjects(self, value: _Object) -> Iterator[tuple[str, Found]]:
        found = self._seen(value)
        subjects = {found.mark.subject} if found.mark is not None else set[str]()
        # A person may have given it the plain id alone.
        subjects |= {subject_of(_PREFIXES[found.ref.kind], each) for each in found.sources}
        for subject in sorted(subjects):
            yield subject, found

    def _applications(self, memo: CreditMemo) -> Iterator[tuple[str, Found]]:
        """What a credit memo of the sync pays, with the subject of each application."""
        mark, sources = mark_of_references(self._ids(memo.external_references))
        notes = {*sources, *(() if mark is None else (mark.subject.removeprefix(f"{CREDIT_NOTE}:"),))}
        for each in memo.applications:
            found = Found(
                ref=Ref(kind=kind_of_application(each.invoice_id), id=memo.id),
                form=form_of_application(memo.id, each.invoice_id, each.amount.amount, each.amount.currency),
                impact_date=each.application_date,
                is_free=False,
            )
            for note in sorted(notes):
                yield subject_of(APPLICATION, f"{note}/{each.invoice_id}"), found

    def _seen(self, value: _Object) -> Found:
        kind, form, is_free = _said(value)
        mark, sources = mark_of_references(self._ids(value.external_references))
        is_own = mark is not None and mark.subject.startswith(f"{_PREFIXES[kind]}:")
        plain = frozenset[str]() if mark is None or is_own else frozenset({mark.subject})
        return Found(
            ref=Ref(kind=kind, id=value.id),
            form=form,
            impact_date=day_of(form),
            is_free=is_free,
            mark=mark if is_own else None,
            sources=sources | plain,
            raw=value,
        )

    def _ids(self, references: Iterable[rillet.ExternalReference]) -> list[str]:
        return [each.id for each in references if each.type == self.type]


def _said(value: _Object) -> tuple[str, Form, bool]:
    """The kind of an object, what it says, and whether nothing settles it."""
    match value:
        case Invoice():
            return INVOICES, form_of_invoice(value), value.status == InvoiceStatus.UNPAID
        case CreditMemo():
            return CREDIT_MEMOS, form_of_credit_memo(value), value.status == CreditMemoStatus.UNAPPLIED
        case Customer():
            return CUSTOMERS, form_of_master(CUSTOMERS), False
        case Product():
            return PRODUCTS, form_of_master(PRODUCTS), False
