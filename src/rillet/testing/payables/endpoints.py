"""The stand-in's vendors, charges, and reimbursements with their payments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from rillet.ledger.accounts import Account
from rillet.payables.charges import Charge, NewCharge
from rillet.payables.payments import NewPayment
from rillet.payables.reimbursements import NewReimbursement, Reimbursement
from rillet.payables.vendors import NewVendor, Vendor
from rillet.testing.ledger.books import Books
from rillet.testing.payables.expense_lines import Expenses, sum_of
from rillet.testing.payables.payments import Payments
from rillet.testing.server.attachments import RECEIPT_TYPES, Attachments
from rillet.testing.server.collection import Collection
from rillet.testing.server.routing import Call, Route, invalid
from rillet.testing.server.wire_forms import show_document, show_vendor
from rillet.values import DocumentStatus, Money
from rillet.webhooks import Entity, EventType

_CARD = "Credit Card"


class PayablesEndpoints:
    """Vendors, and what is owed to them without a bill."""

    def __init__(self, books: Books, vendors: Iterable[Vendor], attachments: Attachments) -> None:
        self._books, self._attachments = books, attachments
        self.vendors = Collection[Vendor]("Vendor", "vendors", show_vendor, books.now, vendors)
        self.charges = Collection[Charge]("Charge", "charges", _show_charge, books.now)
        self.reimbursements = Collection[Reimbursement](
            "Reimbursement", "reimbursements", _show_reimbursement, books.now
        )
        self.expenses = Expenses(books, self.vendors)
        self.payments = Payments(books, "reimbursement_id", cash_only=False)
        # Rillet does not show the account that a reimbursement is payable on, but payments need it.
        self._payable = dict[str, Account]()

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/vendors", self.vendors.page)
        yield Route("POST", "/vendors", self._create_vendor)
        yield Route("GET", "/vendors/{vendor_id}", self._vendor)
        yield Route("PUT", "/vendors/{vendor_id}", self._update_vendor)
        yield Route("DELETE", "/vendors/{vendor_id}", self._delete_vendor)
        yield Route("GET", "/charges", self._list_charges)
        yield Route("POST", "/charges", self._create_charge)
        yield Route("GET", "/charges/{charge_id}", self._charge)
        yield Route("POST", "/charges/{charge_id}", self._upload)
        yield Route("DELETE", "/charges/{charge_id}", self._delete_charge)
        yield Route("GET", "/reimbursements", self._list_reimbursements)
        yield Route("POST", "/reimbursements", self._create_reimbursement)
        yield Route("GET", "/reimbursements/{reimbursement_id}", self._reimbursement)
        yield Route("DELETE", "/reimbursements/{reimbursement_id}", self._delete_reimbursement)
        yield Route("GET", "/reimbursements/{reimbursement_id}/payments", self._list_payments)
        yield Route("POST", "/reimbursements/{reimbursement_id}/payments", self._create_payment)
        yield Route("DELETE", "/reimbursements/{reimbursement_id}/payments/{payment_id}", self._delete_payment)

    def _create_vendor(self, call: Call) -> object:
        return self._put_vendor(self._books.new_id(), call.body(NewVendor), EventType.CREATED)

    def _vendor(self, call: Call) -> object:
        return show_vendor(self.vendors.get(call.ids["vendor_id"]))

    def _update_vendor(self, call: Call) -> object:
        vendor = self.vendors.get(call.ids["vendor_id"])
        return self._put_vendor(vendor.id, call.body(NewVendor), EventType.UPDATED)

    def _delete_vendor(self, call: Call) -> object:
        vendor = self.vendors.get(call.ids["vendor_id"])
        self.vendors.remove(vendor.id)
        self._books.emit(Entity.VENDOR, EventType.DELETED, vendor.id)
        return None

    def _put_vendor(self, id: str, asked: NewVendor, event: EventType) -> object:
        """The vendor as `asked` and nothing else: what is left out becomes empty."""
        if not asked.name.strip():
            raise invalid("name must not be blank", "name")
        if asked.payment_terms is not None and not 0 <= asked.payment_terms <= 180:
            raise invalid("payment_terms must be between 0 and 180", "payment_terms")
        if asked.account_code is not None:
            self._books.account(asked.account_code, "account_code")
        self._books.check_references(asked.external_references)
        self._books.check_assignments(asked.fields, "fields", expense=False)
        shown = self.vendors.put(
            Vendor(
                id=id,
                name=asked.name,
                account_code=asked.account_code,
                address=asked.address,
                email=asked.email,
                payment_terms=asked.payment_terms,
                external_references=tuple(asked.external_references),
                ten_ninety_nine_eligible=asked.ten_ninety_nine_eligible,
                tax_id=asked.tax_id,
                fields=tuple(asked.fields),
                updated_at=self._books.now(),
            )
        )
        self._books.emit(Entity.VENDOR, event, shown)
        return shown

    def _list_charges(self, call: Call) -> object:
        wanted = call.asked.one("subsidiary_id")
        return self.charges.page(call, lambda charge: wanted in {None, charge.subsidiary_id})

    def _charge(self, call: Call) -> object:
        return _show_charge(self.charges.get(call.ids["charge_id"]))

    def _create_charge(self, call: Call) -> object:
        asked = call.body(NewCharge)
        code = asked.credit_card_account_code
        against = self._books.account(code, "credit_card_account_code")
        if against.subtype != _CARD:
            raise invalid(f"Account with code {code} is not a credit card account", "credit_card_account_code")
        impact_date = asked.impact_date or asked.charge_date
        document_id, subsidiary = self._books.new_id(), self._books.subsidiary(asked.subsidiary_id)
        items = self.expenses.post(document_id, asked, against=against, subsidiary=subsidiary, day=impact_date)
        return self.charges.put(
            Charge(
                id=document_id,
                vendor_id=asked.vendor_id,
                items=items,
                charge_date=asked.charge_date,
                credit_card_account_code=code,
                status=DocumentStatus.UNPAID,
                impact_date=impact_date,
                subsidiary_id=subsidiary.id,
                external_references=tuple(asked.external_references),
                exchange_rate=asked.exchange_rate,
                updated_at=self._books.now(),
            )
        )

    def _upload(self, call: Call) -> object:
        charge = self.charges.get(call.ids["charge_id"])
        self._attachments.keep(call, charge.id, types=RECEIPT_TYPES)
        return None

    def _delete_charge(self, call: Call) -> object:
        charge = self.charges.get(call.ids["charge_id"])
        self._books.take_back(charge.id)
        self.charges.remove(charge.id)
        return None

    def _list_reimbursements(self, call: Call) -> object:
        wanted = call.asked.one("subsidiary_id")
        return self.reimbursements.page(call, lambda each: wanted in {None, each.subsidiary_id})

    def _reimbursement(self, call: Call) -> object:
        return _show_reimbursement(self.reimbursements.get(call.ids["reimbursement_id"]))

    def _create_reimbursement(self, call: Call) -> object:
        asked = call.body(NewReimbursement)
        impact_date = asked.impact_date or asked.reimbursement_date
        document_id, subsidiary = self._books.new_id(), self._books.subsidiary(asked.subsidiary_id)
        against = self._books.account(asked.payable_account_code, "payable_account_code")
        items = self.expenses.post(document_id, asked, against=against, subsidiary=subsidiary, day=impact_date)
        self._payable[document_id] = against
        return self.reimbursements.put(
            Reimbursement(
                id=document_id,
                vendor_id=asked.vendor_id,
                items=items,
                status=DocumentStatus.UNPAID,
                reimbursement_date=asked.reimbursement_date,
                impact_date=impact_date,
                subsidiary_id=subsidiary.id,
                external_references=tuple(asked.external_references),
                exchange_rate=asked.exchange_rate,
                updated_at=self._books.now(),
            )
        )

    def _delete_reimbursement(self, call: Call) -> object:
        reimbursement = self.reimbursements.get(call.ids["reimbursement_id"])
        if self.payments.of(reimbursement.id):
            raise invalid("Only unpaid reimbursements can be deleted")
        self._books.take_back(reimbursement.id)
        self.reimbursements.remove(reimbursement.id)
        return None

    def _list_payments(self, call: Call) -> object:
        return self.payments.whole(self.reimbursements.get(call.ids["reimbursement_id"]).id)

    def _create_payment(self, call: Call) -> object:
        reimbursement = self.reimbursements.get(call.ids["reimbursement_id"])
        payment = self.payments.record(
            reimbursement.id,
            call.body(NewPayment),
            open_amount=self._open_amount(reimbursement),
            payable=self._payable[reimbursement.id],
            subsidiary=self._books.subsidiary(reimbursement.subsidiary_id),
            exchange_rate=reimbursement.exchange_rate,
        )
        self._settle(reimbursement)
        return self.payments.show(payment)

    def _delete_payment(self, call: Call) -> object:
        reimbursement = self.reimbursements.get(call.ids["reimbursement_id"])
        self.payments.remove(reimbursement.id, call.ids["payment_id"])
        self._settle(reimbursement)
        return None

    def _open_amount(self, reimbursement: Reimbursement) -> Money:
        owed = sum_of(reimbursement.items)
        return Money(owed.amount - self.payments.paid(reimbursement.id), owed.currency)

    def _settle(self, reimbursement: Reimbursement) -> None:
        """Give a reimbursement the status that its payments make; it counts as changed."""
        status = DocumentStatus.UNPAID
        if self.payments.paid(reimbursement.id):
            left = self._open_amount(reimbursement).amount
            status = DocumentStatus.PARTIALLY_PAID if left else DocumentStatus.PAID
        self.reimbursements.put(attrs.evolve(reimbursement, status=status, updated_at=self._books.now()))


def _show_charge(charge: Charge) -> dict[str, object]:
    return show_document(charge, charge.items)


def _show_reimbursement(reimbursement: Reimbursement) -> dict[str, object]:
    return show_document(reimbursement, reimbursement.items)
