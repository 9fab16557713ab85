"""The stand-in's payables: vendors, charges and reimbursements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Protocol

from rillet.ledger.accounts import Account
from rillet.ledger.subsidiaries import Subsidiary
from rillet.payables.charges import Charge, NewCharge
from rillet.payables.items import ExpenseItem, NewExpenseItem
from rillet.payables.reimbursements import NewReimbursement, Reimbursement
from rillet.payables.vendors import NewVendor, Vendor
from rillet.testing.books import Books, Line
from rillet.testing.collection import Collection
from rillet.testing.routing import Call, Route, invalid
from rillet.testing.show import show_document, show_vendor
from rillet.values import DocumentStatus, ExchangeRate, ExternalReference, Money, TaxCoverage

_CARD = "Credit Card"


class _NewDocument(Protocol):
    """What charges and reimbursements have in common before they are posted."""

    @property
    def vendor_id(self) -> str: ...
    @property
    def items(self) -> Sequence[NewExpenseItem]: ...
    @property
    def subsidiary_id(self) -> str | None: ...
    @property
    def external_references(self) -> Sequence[ExternalReference]: ...
    @property
    def exchange_rate(self) -> ExchangeRate | None: ...


class PayablesEndpoints:
    """Vendors and what is owed to them."""

    def __init__(self, books: Books, vendors: Iterable[Vendor]) -> None:
        self._books = books
        self.vendors = Collection[Vendor]("Vendor", "vendors", show_vendor, books.now, vendors)
        self.charges = Collection[Charge]("Charge", "charges", _show_charge, books.now)
        self.reimbursements = Collection[Reimbursement](
            "Reimbursement", "reimbursements", _show_reimbursement, books.now
        )

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
        yield Route("DELETE", "/charges/{charge_id}", self._delete_charge)
        yield Route("GET", "/reimbursements", self._list_reimbursements)
        yield Route("POST", "/reimbursements", self._create_reimbursement)
        yield Route("GET", "/reimbursements/{reimbursement_id}", self._reimbursement)
        yield Route("DELETE", "/reimbursements/{reimbursement_id}", self._delete_reimbursement)

    def _create_vendor(self, call: Call) -> object:
        return self._put_vendor(self._books.new_id(), call.body(NewVendor))

    def _vendor(self, call: Call) -> object:
        return show_vendor(self.vendors.get(call.ids["vendor_id"]))

    def _update_vendor(self, call: Call) -> object:
        vendor = self.vendors.get(call.ids["vendor_id"])
        return self._put_vendor(vendor.id, call.body(NewVendor))

    def _delete_vendor(self, call: Call) -> object:
        self.vendors.remove(call.ids["vendor_id"])
        return None

    def _put_vendor(self, id: str, asked: NewVendor) -> object:
        """The vendor as `asked` and nothing else: what is left out becomes empty."""
        if not asked.name.strip():
            raise invalid("name must not be blank", "name")
        if asked.payment_terms is not None and not 0 <= asked.payment_terms <= 180:
            raise invalid("payment_terms must be between 0 and 180", "payment_terms")
        if asked.account_code is not None:
            self._books.account(asked.account_code, "account_code")
        self._books.check_references(asked.external_references)
        self._books.check_assignments(asked.fields, "fields", expense=False)
        return self.vendors.put(
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
        items = self._post(document_id, asked, against=against, subsidiary=subsidiary, day=impact_date)
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

    def _delete_charge(self, call: Call) -> object:
        charge = self.charges.get(call.ids["charge_id"])
        self._take_back(charge.id, charge.impact_date)
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
        items = self._post(document_id, asked, against=against, subsidiary=subsidiary, day=impact_date)
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
        self._take_back(reimbursement.id, reimbursement.impact_date)
        self.reimbursements.remove(reimbursement.id)
        return None

    def _post(
        self, document_id: str, asked: _NewDocument, *, against: Account, subsidiary: Subsidiary, day: date
    ) -> tuple[ExpenseItem, ...]:
        """Check a document, debit its lines and credit `against`; the lines as they were posted."""
        books = self._books
        if not asked.items:
            raise invalid("items must not be empty", "items")
        books.check_references(asked.external_references)
        if asked.vendor_id not in self.vendors:
            raise invalid(f"Vendor {asked.vendor_id} not found", "vendor_id")
        books.check_rounded(_amounts(asked.items))
        lines = list[Line]()
        for index, item in enumerate(asked.items):
            account = books.account(item.account_code, f"items[{index}].account_code")
            books.check_assignments(item.fields, f"items[{index}].fields", expense=True)
            lines.append(Line(account=account, amount=_debited(item, f"items[{index}].tax_rate")))
        books.post(
            document_id, lines, against=against, subsidiary=subsidiary, day=day, exchange_rate=asked.exchange_rate
        )
        return tuple(self._item(item) for item in asked.items)

    def _item(self, item: NewExpenseItem) -> ExpenseItem:
        return ExpenseItem(
            id=self._books.new_id(),
            account_code=item.account_code,
            amount=item.amount,
            description=item.description,
            tax_rate=item.tax_rate,
            service_period=item.service_period,
            fields=tuple(item.fields),
        )

    def _take_back(self, document_id: str, day: date | None) -> None:
        """Reverse a document's postings; refused in a closed period, where Rillet's rule is not documented."""
        if day is not None:
            self._books.check_open(day)
        self._books.ledger.reverse(document_id)


def _amounts(items: Sequence[NewExpenseItem]) -> Iterator[tuple[str, Money]]:
    for index, item in enumerate(items):
        yield f"items[{index}].amount", item.amount
        if item.tax_rate is not None:
            yield f"items[{index}].tax_rate.tax_amount", item.tax_rate.tax_amount


def _debited(item: NewExpenseItem, where: str) -> Money:
    """What a line costs; a tax on top of its amount is debited to the same account."""
    tax = item.tax_rate
    if tax is None:
        return item.amount
    if tax.tax_amount.currency != item.amount.currency:
        raise invalid(f"The tax must be in {item.amount.currency}", where)
    extra = tax.tax_amount.amount if tax.coverage is TaxCoverage.EXCLUSIVE else 0
    return Money(item.amount.amount + extra, item.amount.currency)


def _show_charge(charge: Charge) -> dict[str, object]:
    return show_document(charge, charge.items)


def _show_reimbursement(reimbursement: Reimbursement) -> dict[str, object]:
    return show_document(reimbursement, reimbursement.items)
