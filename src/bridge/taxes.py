"""Tax codes of lines: what they are worth, and on which accounts the tax goes."""

from __future__ import annotations

from decimal import Context, Decimal

import attrs

from brex_accounting import Amount, FieldValueRef
from bridge.books import Books
from bridge.decisions import Findings, ReasonCode
from bridge.master_data import INACTIVE, Account, TaxRate
from bridge.settings.choices import Coverage, Treatment
from bridge.settings.values import Settings, TaxRule
from clientkit.money import product, rounded, total

# Quotients are rounded to the currency afterwards, so they need many more digits than any amount has.
_WIDE = Context(prec=120)


@attrs.frozen(kw_only=True)
class LineTax:
    """The tax code of a line, and how it counts.

    `input_account` and `output_account` are where a reverse charge goes, None for other codes and where Rillet does not
    have the one that the settings name. `allotted` is the line's share of the tax of its document, where that is rounded
    once.
    """

    rate: TaxRate
    treatment: Treatment
    coverage: Coverage
    is_sales_tax: bool = False
    input_account: Account | None = None
    output_account: Account | None = None
    allotted: Decimal | None = None

    @property
    def is_parted(self) -> bool:
        """Whether the tax is in the line's amount, and on another account than the line."""
        return self.treatment is Treatment.TAXED and not self.is_sales_tax

    def amount_of(self, money: Amount) -> Decimal:
        """The tax on a line of this amount, rounded to its currency, halves up.

        At 19 % it is 19.00 of 119.00 that were paid with the tax in it, and 19.00 on 100.00 with a reverse charge.
        """
        return self.allotted if self.allotted is not None else rounded(self.exact(money), money.currency)

    def exact(self, money: Amount) -> Decimal:
        """The tax before it is rounded."""
        percentage = self.rate.percentage
        if self.treatment is Treatment.EXEMPT:
            return Decimal(0)
        hundred = Decimal(100)
        whole = total((hundred, percentage)) if self.treatment is Treatment.TAXED else hundred
        return _WIDE.divide(product(money.amount, percentage), whole)

    def charged_in(self, money: Amount) -> Decimal:
        """The tax that the vendor charged in a line of this amount; nothing where the company owes it itself."""
        return self.amount_of(money) if self.treatment is Treatment.TAXED else Decimal(0)

    def reverse_charge(self, money: Amount) -> tuple[tuple[Account, Decimal], ...]:
        """What a reverse charge adds to a line of this amount: the tax on one account, and taken back on another."""
        due = self.amount_of(money) if self.treatment is Treatment.REVERSE_CHARGE else Decimal(0)
        if not due or self.input_account is None or self.output_account is None:
            return ()
        return (self.input_account, due), (self.output_account, due.copy_negate())


def line_tax(ref: FieldValueRef, line_id: str, settings: Settings, books: Books, findings: Findings) -> LineTax | None:
    """The tax that a value of the tax field stands for; None, with the reason in `findings`, where Rillet has none."""
    wanted = [each for each in (ref.remote_field_value_id, ref.field_value_name) if each]
    rate = next((found for each in wanted if (found := books.tax_rate(each)) is not None), None)
    of_rate = None if rate is None else rate.id
    unread = None if of_rate in wanted else books.unread("tax rate", *wanted)
    if rate is None and unread is None:
        unread = books.nameless("tax rate")
    if unread is not None and unread.id != of_rate:
        shown = next(iter([*wanted, ref.brex_field_value_id]))
        findings.add(ReasonCode.UNREADABLE, f"its tax code is {shown!r} of {books.ledger}, and {unread}", line_id)
        return None
    if rate is None:
        shown = next(iter([*wanted, ref.brex_field_value_id]))
        text = f"its tax code {shown!r} is not that of one tax rate of {books.ledger}"
        findings.add(ReasonCode.UNKNOWN_TAX_CODE, text, line_id)
        return None
    rule = next((each for each in settings.taxes if books.tax_rate(each.code) == rate), TaxRule(code=rate.code))
    treatment = rule.treatment or (Treatment.TAXED if rate.percentage else Treatment.EXEMPT)
    input_account = output_account = None
    if treatment is Treatment.REVERSE_CHARGE:
        input_account, output_account = (
            _account(f"{key} of the reverse charge {rate.code}", wanted, line_id, books, findings)
            for key, wanted in (("input_account", rule.input_account), ("output_account", rule.output_account))
        )
    return LineTax(
        rate=rate,
        treatment=treatment,
        coverage=rule.coverage or settings.tax_coverage,
        is_sales_tax=rule.sales_tax,
        input_account=input_account,
        output_account=output_account,
    )


def _account(key: str, wanted: str | None, line_id: str, books: Books, findings: Findings) -> Account | None:
    account = None if wanted is None else books.account(wanted)
    if wanted is None:
        text = f"it needs an account that the settings do not name: {key}"
        findings.add(ReasonCode.MISSING_ACCOUNT, text, line_id)
    elif account is None and (unread := books.unread("account", wanted) or books.nameless("account")) is not None:
        findings.add(ReasonCode.UNREADABLE, f"it needs the {key} of {books.ledger}, and {unread}", line_id)
    elif account is None:
        findings.add(ReasonCode.UNKNOWN_ACCOUNT, f"the {key}, {wanted!r}, is not in {books.ledger}", line_id)
    elif account.status == INACTIVE:
        text = f"the {key}, {account.code} {account.name}, is inactive"
        findings.add(ReasonCode.INACTIVE_ACCOUNT, text, line_id)
    return account
