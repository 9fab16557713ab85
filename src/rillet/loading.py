"""Rillet's listings and reports as a source of dlt, for a warehouse (the extra ``dlt``).

Where Rillet tells what changed, a run reads that and merges it by ``id``; the other listings are replaced. Rillet does not
list what was deleted: its rows stay in merged tables until the pipeline runs with ``refresh="drop_sources"``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import rillet
from clientkit.loading import Listed, Reported, source_of

if TYPE_CHECKING:
    from dlt.extract.source import DltSource

__all__ = ["rillet_source"]


def rillet_source(client: rillet.Client, *, periods: Iterable[tuple[date, date]] = ()) -> DltSource:
    """A resource for each listing of Rillet, and one for each report.

    Amounts are exact decimals of 38 digits with 9 after the point; lines are tables of their own, such as
    ``charges__items``. ``source.with_resources("vendors", "charges")`` takes some.

    Args:
        client: The client of the organization; it keeps to Rillet's pace.
        periods: First and last days, for the trial balance and the income statement; no reports without them.

    Raises:
        ModuleNotFoundError: The extra is not installed.
    """

    def changed(name: str, kind: type[object]) -> Listed:
        listing = getattr(client, name).list
        return Listed(name=name, kind=kind, read=lambda after: listing(updated_after=after), is_incremental=True)

    def all_of(name: str, kind: type[object]) -> Listed:
        listing = getattr(client, name).list
        return Listed(name=name, kind=kind, read=lambda _: listing())

    return source_of(
        "rillet",
        [
            changed("accounts", rillet.Account),
            all_of("bank_accounts", rillet.BankAccount),
            all_of("bank_transactions", rillet.BankTransaction),
            changed("bills", rillet.Bill),
            changed("charges", rillet.Charge),
            all_of("contracts", rillet.Contract),
            changed("credit_memos", rillet.CreditMemo),
            changed("customers", rillet.Customer),
            all_of("draft_contracts", rillet.DraftContract),
            changed("fields", rillet.Field),
            changed("invoice_payments", rillet.InvoicePayment),
            changed("invoices", rillet.Invoice),
            changed("journal_entries", rillet.JournalEntry),
            all_of("products", rillet.Product),
            changed("reimbursements", rillet.Reimbursement),
            all_of("subsidiaries", rillet.Subsidiary),
            all_of("tax_rates", rillet.TaxRate),
            changed("vendor_credits", rillet.VendorCredit),
            changed("vendors", rillet.Vendor),
        ],
        [
            Reported(
                name="trial_balance",
                kind=rillet.TrialBalance,
                read=lambda first, last: client.reports.trial_balance(from_date=first, to_date=last),
            ),
            Reported(
                name="income_statement",
                kind=rillet.IncomeStatement,
                read=lambda first, last: client.reports.income_statement(from_date=first, to_date=last),
            ),
        ],
        periods,
    )
