"""From an invoice to a decision: pure, and with every reason at once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from bridge.billing.catalogue import Catalogue
from bridge.billing.context import Context
from bridge.billing.customers import customer_of
from bridge.billing.decisions import Decision, Post, Refuse, Skip
from bridge.billing.documents import (
    CREDIT_NOTE,
    INVOICE,
    CreditMemoDocument,
    InvoiceDocument,
    Sold,
    SoldLine,
    Source,
)
from bridge.billing.products import product_of
from bridge.billing.settings import BillingSettings, OnVoid, Scope
from bridge.billing.taxes import rounded_as_told, tax_of
from bridge.billing.values import CreditNote, Invoice, InvoiceStatus, Line
from bridge.callers import CallerError, Rates, guarded_rates, no_rates
from bridge.decisions import Reason, ReasonCode, SkipCode
from bridge.master_data import Subsidiary
from bridge.rates import WINDOW
from bridge.values import ExchangeRate
from clientkit.money import checked, is_rounded, total


def plan_invoice(
    invoice: Invoice,
    catalogue: Catalogue,
    settings: BillingSettings,
    *,
    rates: Rates = no_rates,
    posted_on: date | None = None,
) -> Decision:
    """What is to be done with an invoice. It never raises for what the invoice holds.

    Args:
        invoice: The invoice, whatever its status.
        catalogue: What Rillet knows.
        settings: The settings.
        rates: How many units of the second currency one unit of the first buys on a day, for invoices that tell no rate.
        posted_on: The day on which Rillet has the invoice already, None where it does not.
    """
    if invoice.status is InvoiceStatus.DRAFT and posted_on is not None:
        text = "it is a draft again, and it was posted when it was none; finalize it again, or void it"
        return Refuse(invoice=invoice, reasons=(Reason(code=ReasonCode.DRAFT_AGAIN, text=text),))
    if invoice.status is InvoiceStatus.DRAFT:
        return Skip(invoice=invoice, why="it is a draft", code=SkipCode.NOT_READY)
    if invoice.status is InvoiceStatus.VOID and (settings.on_void is not OnVoid.CREDIT or posted_on is None):
        return Skip(invoice=invoice, why="it is void", code=SkipCode.NO_MONEY)
    if (skipped := _skipped(invoice, settings, posted_on)) is not None:
        return skipped
    sale = _Sale(invoice, catalogue, settings, rates, posted_on=posted_on)
    if sale.total < 0:
        text = "it comes to less than nothing, which takes a credit note of the billing system"
        sale.findings.add(ReasonCode.NEGATIVE_AMOUNT, text)
    sold = sale.sold(INVOICE)
    if sold is None:
        return Refuse(invoice=invoice, reasons=tuple(sale.findings.reasons))
    document = InvoiceDocument(
        scope=settings.scope,
        number=invoice.number or invoice.id,
        due=invoice.due,
        **attrs.asdict(sold, recurse=False),
    )
    return Post(invoice=invoice, document=document)


def plan_credit_note(
    note: CreditNote,
    catalogue: Catalogue,
    settings: BillingSettings,
    *,
    rates: Rates = no_rates,
    posted_on: date | None = None,
) -> Decision:
    """As `plan_invoice`, for a credit note. Its taxes need a tax rate of Rillet's, which a credit memo names."""
    if note.is_void:
        return Skip(invoice=note, why="it is void", code=SkipCode.NO_MONEY)
    if (skipped := _skipped(note, settings, posted_on)) is not None:
        return skipped
    lines = tuple(attrs.evolve(each, product=each.product or each.credited_product) for each in note.lines)
    sale = _Sale(attrs.evolve(note, lines=lines), catalogue, settings, rates, posted_on=posted_on)
    if sale.total < 0:
        sale.findings.add(ReasonCode.NEGATIVE_AMOUNT, "it comes to less than nothing, which takes an invoice")
    applied = note.applied if note.applied is not None else sale.total if note.invoice_id is not None else Decimal(0)
    if applied < 0 or (sale.is_whole and applied > sale.total):
        text = f"{sale.amount(applied)} of it is applied, and it comes to {sale.amount(sale.total)} {note.currency}"
        sale.findings.add(ReasonCode.UNBALANCED, text)
    sold = sale.sold(CREDIT_NOTE)
    if sold is None:
        return Refuse(invoice=note, reasons=tuple(sale.findings.reasons))
    document = CreditMemoDocument(
        number=note.number or note.id,
        applies_to=note.invoice_id,
        applied=applied,
        **attrs.asdict(sold, recurse=False),
    )
    return Post(invoice=note, document=document)


def _skipped(invoice: Invoice | CreditNote, settings: BillingSettings, posted_on: date | None) -> Skip | None:
    if posted_on is None and settings.since is not None and invoice.issued < settings.since:
        why = f"it was issued before {settings.since}, where the sync starts"
        return Skip(invoice=invoice, why=why, code=SkipCode.BEFORE_START)
    if invoice.lines and not any(amount for each in invoice.lines for amount in (each.amount, each.tax)):
        return Skip(invoice=invoice, why=f"its lines move no money in {invoice.currency}", code=SkipCode.NO_MONEY)
    return None


class _Sale:
    """One invoice or credit note while it is mapped; what is wrong with it gathers in `findings`."""

    def __init__(
        self,
        invoice: Invoice | CreditNote,
        catalogue: Catalogue,
        settings: BillingSettings,
        rates: Rates,
        *,
        posted_on: date | None,
    ) -> None:
        self._context = Context(invoice=invoice, catalogue=catalogue, settings=settings)
        self.findings, self.amount = self._context.findings, self._context.amount
        self._invoice, self._catalogue, self._settings, self._rates = invoice, catalogue, settings, rates
        self._posted_on = posted_on
        self._customer = customer_of(invoice.customer, catalogue, settings, self.findings)
        self._are_amounts = all(self._is_amount(each) for each in invoice.lines)
        sold = [self._sold(each) for each in invoice.lines] if self._are_amounts else []
        self._lines = rounded_as_told(invoice, sold)

    @property
    def is_whole(self) -> bool:
        """Whether all of its lines are known."""
        return self._are_amounts and None not in self._lines

    @property
    def total(self) -> Decimal:
        """What it comes to with the taxes that are known."""
        return total(amount for each in self._lines if each is not None for amount in (each.net, each.tax))

    def sold(self, what: str) -> Sold | None:
        """Everything that invoices and credit notes have in common once they are mapped, None where something is wrong."""
        invoice = self._invoice
        subsidiary = self._subsidiary()
        self._check_customer()
        self._check_amounts()
        rate = self._exchange_rate(subsidiary)
        catalogue = self._catalogue
        if self._posted_on is None and catalogue.is_closed(invoice.issued):
            text = f"it counts on {invoice.issued}, and the books are closed up to {catalogue.last_closed}; open the period in Rillet, or date it later"
            self.findings.add(ReasonCode.CLOSED_PERIOD, text)
        if self.findings.reasons or self._customer is None or subsidiary is None:
            return None
        receivable, tax = catalogue.receivable_account, catalogue.sales_tax_account
        source = Source(
            what=what,
            id=invoice.id,
            version=version_of(invoice),
            reference_type=self._settings.reference_type,
            link=invoice.link,
        )
        return Sold(
            source=source,
            customer=self._customer,
            subsidiary_id=subsidiary.id,
            currency=invoice.currency,
            lines=tuple(each for each in self._lines if each is not None),
            impact_date=invoice.issued,
            receivable_account=receivable.code if receivable is not None else "Accounts Receivable",
            tax_account=tax.code if tax is not None else "Sales Tax Liability",
            exchange_rate=rate,
        )

    def _is_amount(self, line: Line) -> bool:
        try:
            for each in (line.amount, line.quantity, line.unit_price, line.tax):
                if each is not None:
                    checked(each)
        except (TypeError, ValueError) as error:
            self.findings.add(ReasonCode.CURRENCY_PRECISION, str(error), line.id)
            return False
        return True

    def _sold(self, line: Line) -> SoldLine | None:
        invoice, settings = self._invoice, self._settings
        needs_rate = settings.scope is Scope.FULL or isinstance(invoice, CreditNote)
        mapped = product_of(line, self._context)
        taxed = tax_of(line, self._context, needs_rate=needs_rate)
        if mapped is None or taxed is None:
            return None
        start = line.start or invoice.issued
        end = line.end or start
        if end < start:
            first = f"on {start}" if line.start is not None else f"on the day of the invoice, {start},"
            text = f"the service of a line begins {first} and ends on {end}; correct one of the days"
            self._context.refuse(ReasonCode.SERVICE_PERIOD, text, line)
            return None
        return SoldLine(
            description=line.description or (line.product.name if line.product is not None else "Line"),
            product=mapped.product,
            account_code=mapped.account_code,
            net=line.amount,
            tax=taxed.amount,
            quantity=line.quantity,
            unit_price=line.unit_price,
            start=start,
            end=end,
            rate=taxed.rate,
        )

    def _check_customer(self) -> None:
        """The invoice's currency against that of its customer, in the billing system and in Rillet."""
        invoice, catalogue = self._invoice, self._catalogue
        ours = invoice.customer.currency
        if ours is not None and ours != invoice.currency:
            text = f"it is in {invoice.currency}, and the billing system has its customer {invoice.customer.name!r} in {ours}; correct one of them"
            self.findings.add(ReasonCode.CURRENCY_MISMATCH, text)
        if not self._settings.check_currency or not isinstance(self._customer, str):
            return
        theirs = catalogue.currencies.get(self._customer)
        if theirs is not None and theirs != invoice.currency:
            text = (
                f"it is in {invoice.currency}, and {catalogue.ledger} has its customer {invoice.customer.name!r} in {theirs}; "
                f"link another customer, or set check_currency to false"
            )
            self.findings.add(ReasonCode.CURRENCY_MISMATCH, text)

    def _check_amounts(self) -> None:
        invoice = self._invoice
        if not invoice.lines:
            self.findings.add(ReasonCode.NO_LINES, "it has no lines")
        if not self._are_amounts:
            return
        for line in invoice.lines:
            wrong = [
                each for each in (line.amount, line.tax) if each is not None and not is_rounded(each, invoice.currency)
            ]
            if wrong:
                text = f"{wrong[0]:f} has more places than {invoice.currency} has"
                self.findings.add(ReasonCode.CURRENCY_PRECISION, text, line.id)
        told = invoice.total
        if told is not None and self.is_whole and invoice.lines and told != self.total:
            lines = f"its lines come to {self.amount(self.total)} with their taxes"
            text = f"its total is {self.amount(told)} {invoice.currency}, and {lines}"
            self.findings.add(ReasonCode.UNBALANCED, text)

    def _subsidiary(self) -> Subsidiary | None:
        invoice, catalogue, settings = self._invoice, self._catalogue, self._settings
        wanted = settings.subsidiary
        if invoice.entity is not None:
            named = next((each.subsidiary for each in settings.entities if each.name == invoice.entity), None)
            if named is None and settings.entities:
                text = f"its entity {invoice.entity!r} is not in the settings; add it to [[entities]]"
                self.findings.add(ReasonCode.NO_ENTITY, text)
                return None
            wanted = named or wanted
        unread = None if wanted is None else catalogue.unread("subsidiary", wanted)
        if wanted is None:
            # One that cannot be read may be meant.
            unread = next((each for each in catalogue.unreadable if each.kind == "subsidiary"), None)
        if unread is not None:
            self.findings.add(ReasonCode.UNREADABLE, str(unread))
            return None
        if wanted is None and len(catalogue.subsidiaries) == 1:
            return catalogue.subsidiaries[0]
        found = None if wanted is None else catalogue.subsidiary(wanted)
        if wanted is None:
            there = f"{catalogue.ledger} has {len(catalogue.subsidiaries)} subsidiaries"
            self.findings.add(ReasonCode.MISSING_SETUP, f"{there}, and {_unnamed(invoice, settings)}")
        elif found is None:
            self.findings.add(
                ReasonCode.MISSING_SETUP,
                f"{catalogue.ledger} has no subsidiary {wanted!r}; correct its name in the settings",
            )
        return found

    def _exchange_rate(self, subsidiary: Subsidiary | None) -> ExchangeRate | None:
        """The rate into the subsidiary's currency: that of the invoice, or else of the caller's rates."""
        invoice = self._invoice
        if subsidiary is None or subsidiary.currency == invoice.currency:
            return None
        pair, told = (invoice.currency, subsidiary.currency), invoice.exchange_rate
        if told is not None and (told.base, told.target) == pair and told.rate.is_finite() and told.rate > 0:
            return told
        try:
            known = guarded_rates(self._rates)(*pair, invoice.issued)
        except CallerError as error:
            self.findings.add(ReasonCode.NO_EXCHANGE_RATE, str(error))
            return None
        if known is None or not known.is_finite() or known <= 0:
            text = (
                f"nobody knows how much {pair[1]} one {pair[0]} bought on {invoice.issued}; give the invoice an exchange rate, or "
                f"the sync a source of rates; a file (--rates) needs one of that day or the {WINDOW} days before it"
            )
            self.findings.add(ReasonCode.NO_EXCHANGE_RATE, text)
            return None
        return ExchangeRate(base=pair[0], target=pair[1], rate=known, date=invoice.issued)


def _unnamed(invoice: Invoice | CreditNote, settings: BillingSettings) -> str:
    """Why nothing tells the subsidiary of an invoice, and what to do."""
    if invoice.entity is not None:
        return f"the settings do not say which of them is {invoice.entity!r}; add it to [[entities]], or set subsidiary to the name of one"
    name = "name its entity (in CSV in the column entity, in JSON in the metadata as entity, in a program in the field entity)"
    if settings.entities:
        return f"it names none of [[entities]]; {name}, or set subsidiary to the one of all that name none"
    return f"nothing says which it is of; set subsidiary to the name of one, or add [[entities]] and {name}"


def version_of(invoice: Invoice | CreditNote) -> int:
    """A number that grows when an invoice changes, for billing systems count no versions; 0 where nobody knows."""
    return 0 if invoice.updated_at is None else max(int(invoice.updated_at.timestamp()), 0)
