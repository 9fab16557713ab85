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
from bridge.billing.marks import is_mark_of, mark_and_ids
from bridge.books import Books
from bridge.decisions import Post
from bridge.documents.form import Form
from bridge.documents.protocol import Found, PlannedVendor, Ref
from bridge.export.engine.attempts import Attempt
from bridge.export.ledgers.protocol import Ability, LookUp, Sent
from bridge.export.ledgers.rillet import RilletLedger
from bridge.export.ledgers.rillet_books import entry_of, last_closed, read_listing
from bridge.unreadable import UnreadableEntry
from clientkit import codec
from clientkit.codec import CodecError
from clientkit.errors import NotFoundError
from clientkit.requests import Request
from clientkit.tolerance import Unreadable
from rillet import (
    Bill,
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
#: What objects are, of which families they may be, and the objects.
_Listing: TypeAlias = tuple[str, Sequence[str], Iterable[_Object | Unreadable]]

# The clocks of the two services differ; looking a day further back costs at most a page.
_CLOCK_MARGIN = timedelta(days=1)
_PREFIXES: Mapping[str, str] = MappingProxyType(
    {INVOICES: INVOICE, CREDIT_MEMOS: CREDIT_NOTE, CUSTOMERS: CUSTOMER, PRODUCTS: PRODUCT}
)

# Whose mark an object of a family carries.
_MARKS: Mapping[str, str] = {INVOICE: INVOICE, CREDIT_NOTE: CREDIT_NOTE, APPLICATION: CREDIT_NOTE, PRODUCT: PRODUCT}

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
            unreadable = list[UnreadableEntry]()
            accounts = read_listing(client.accounts.list(), "account", unreadable)
            subsidiaries = read_listing(client.subsidiaries.list(), "subsidiary", unreadable)
            tax_rates = read_listing(client.tax_rates.list(), "tax rate", unreadable)
            customers = read_listing(client.customers.list(limit=100), "customer", unreadable)
            products = read_listing(client.products.list(limit=100), "product", unreadable)
            known = self._catalogue = Catalogue(
                accounts=accounts,
                subsidiaries=subsidiaries,
                tax_rates=tax_rates,
                last_closed=last_closed(client),
                customers=customers,
                products=products,
                unreadable=tuple(unreadable),
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
    def bills_of(self, vendor_id: str) -> tuple[Bill, ...]:
        """None, since invoices are no bills."""
        del vendor_id
        return ()

    @override
    def with_planned(self, books: Books, posts: Sequence[Post]) -> Books:
        """The same."""
        del posts
        return books

    def look_up_currency(self, customer: str) -> None:
        """Find the currency of a customer, by its id, for later snapshots: that of its newest invoice."""
        if customer in self._currencies:
            return
        listing = self.client.invoices.list(customer_id=customer, limit=1).tolerant()
        newest = next((each for each in listing if not isinstance(each, Unreadable)), None)
        self._currencies[customer] = None if newest is None else newest.total.currency

    @override
    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        """See `Ledger.find`: by external reference. Only the lists are read that these subjects can be in."""
        del sources
        wanted, by_subject = set(subjects), dict[str, tuple[Found, ...]]()
        unreadable = dict[str, UnreadableEntry]()
        for subject, found in self._candidates({each.partition(":")[0] for each in wanted}, since, wanted):
            if isinstance(found, UnreadableEntry):
                unreadable[subject] = found
            elif subject in wanted:
                by_subject[subject] = (*by_subject.get(subject, ()), found)
        return LookUp(by_subject=by_subject, unreadable=unreadable)

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

    def _candidates(
        self, families: set[str], since: datetime, wanted: set[str]
    ) -> Iterator[tuple[str, Found | UnreadableEntry]]:
        for kind, may_be, listing in self._listings(families, since - _CLOCK_MARGIN):
            for each in listing:
                if isinstance(each, Unreadable):
                    yield from _named(entry_of(kind, each), may_be, wanted)
                    continue
                yield from self._with_subjects(each)
                if isinstance(each, CreditMemo):
                    yield from self._applications(each)
        if CUSTOMER in families:
            for subject in sorted(each for each in wanted if each.startswith(f"{CUSTOMER}:")):
                yield from self._customers(subject)

    def _listings(self, families: set[str], after: datetime) -> Iterator[_Listing]:
        """The lists that objects of these families can be in."""
        client = self.client
        if INVOICE in families:
            yield "invoice", (INVOICE,), client.invoices.list(updated_after=after, limit=100).tolerant()
        if families & {CREDIT_NOTE, APPLICATION}:
            memos = client.credit_memos.list(updated_after=after, limit=100).tolerant()
            yield "credit memo", (CREDIT_NOTE, APPLICATION), memos
        if PRODUCT in families:
            yield "product", (PRODUCT,), client.products.list(limit=100).tolerant()

    def _customers(self, subject: str) -> Iterator[tuple[str, Found | UnreadableEntry]]:
        listing = self.client.customers.list(
            external_reference_type=self.type, external_reference_id=subject.partition(":")[2], limit=100
        )
        for each in listing.tolerant():
            yield subject, entry_of("customer", each) if isinstance(each, Unreadable) else self._seen(each)

    def _with_subjects(self, value: _Object) -> Iterator[tuple[str, Found]]:
        found = self._seen(value)
        subjects = {found.mark.subject} if found.mark is not None else set[str]()
        # A person may have given it the plain id alone.
        subjects |= {subject_of(_PREFIXES[found.ref.kind], each) for each in found.sources}
        for subject in sorted(subjects):
            yield subject, found

    def _applications(self, memo: CreditMemo) -> Iterator[tuple[str, Found]]:
        """What a credit memo of the sync pays, with the subject of each application."""
        mark, sources = mark_and_ids(self._ids(memo.external_references))
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
        mark, sources = mark_and_ids(self._ids(value.external_references))
        is_own = mark is not None and mark.subject.startswith(f"{_PREFIXES[kind]}:")
        return Found(
            ref=Ref(kind=kind, id=value.id),
            form=form,
            impact_date=day_of(form),
            is_free=is_free,
            mark=mark if is_own else None,
            sources=sources,
            raw=value,
        )

    def _ids(self, references: Iterable[rillet.ExternalReference]) -> list[str]:
        return [each.id for each in references if each.type == self.type]


def _named(
    entry: UnreadableEntry, families: Sequence[str], wanted: Collection[str]
) -> Iterator[tuple[str, UnreadableEntry]]:
    """The wanted subjects that an object which cannot be read may be for, by what it says."""
    said = {word for text in entry.texts for word in (text, *text.split())}
    for subject in wanted:
        family, _, name = subject.partition(":")
        if family not in families:
            continue
        own = name.rpartition("/")[0] if family == APPLICATION else name
        marked = subject_of(_MARKS[family], own)
        if not said.isdisjoint({own, marked}) or any(is_mark_of(each, marked) for each in entry.texts):
            yield subject, entry


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
