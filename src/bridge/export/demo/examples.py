"""What of the demonstration a person recognises: a line for each, as it stands in Rillet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import rillet
from brex_accounting import Amount
from bridge.datatable import DataTable, money
from bridge.documents.protocol import parts_of
from bridge.documents.rillet_payments import BillPaymentDocument, ReimbursementPaymentDocument
from bridge.export.demo import company
from bridge.export.reporting.report import ExportOutcome, Posted
from bridge.postings import Posting

_DUE_TO = "21950"
_GERMAN = company.SUBSIDIARIES[1]
_NAMES = {each.id: each.trade_name for each in company.SUBSIDIARIES}
_ACCOUNTS = {each.code: each.name for each in company.ACCOUNTS}


class Examples:
    """Examples among what was posted, read from the books by their ids; one that there is none of is left out."""

    def __init__(self, outcome: ExportOutcome, books: rillet.Client) -> None:
        # In which order they were posted differs from run to run.
        self._posted = sorted(outcome.posted, key=lambda each: each.record.id)
        self._books = books

    def lines(self) -> dict[str, str]:
        """The examples by what they are of."""
        found = {
            "German bill's payment": self._german_payment(),
            "Vendor credit": self._vendor_credit(),
            "Intercompany expense": self._intercompany(),
            "Paid-out reimbursement": self._reimbursement(),
            "Service period": self._service_period(),
        }
        return {name: line for name, lines in found.items() if (line := next(lines, None)) is not None}

    def _german_payment(self) -> Iterator[str]:
        for each in self._posted:
            document = each.document
            if isinstance(document, BillPaymentDocument) and document.subsidiary_id == _GERMAN.id:
                bill = self._books.bills.get(document.bill_id)
                paid = next(iter(self._books.bills.list_payments(bill.id)))
                yield (
                    f"{_GERMAN.trade_name} paid {_amount(paid.amount)} for bill {bill.expense_number} of "
                    f"{self._vendor(bill.vendor_id)} on {paid.date}, from {_account(document.account)}"
                )

    def _vendor_credit(self) -> Iterator[str]:
        for each in self._of_kind("vendor-credits"):
            credit = self._books.vendor_credits.get(each.id)
            if credit.amount is not None and credit.subsidiary_id is not None:
                yield (
                    f"{self._vendor(credit.vendor_id)} owes {_NAMES[credit.subsidiary_id]} {_amount(credit.amount)} by credit "
                    f"{credit.credit_number} of {credit.gl_impact_date}"
                )

    def _intercompany(self) -> Iterator[str]:
        for each in self._posted:
            if each.document is None or len(parts_of(each.document)) == 1:
                continue
            _, theirs = parts_of(each.document)
            owed = next(posting for posting in theirs.postings() if posting.account == _DUE_TO)
            yield (
                f"Of {_amount(each.record.amount)} that {company.SUBSIDIARIES[0].trade_name} paid by card, {_amount(owed)} are an "
                f"expense of {_GERMAN.trade_name}, which owes them on {_account(_DUE_TO)}"
            )

    def _reimbursement(self) -> Iterator[str]:
        for each in self._posted:
            document = each.document
            if isinstance(document, ReimbursementPaymentDocument):
                reimbursement = self._books.reimbursements.get(document.reimbursement_id)
                paid = next(iter(self._books.reimbursements.list_payments(reimbursement.id)))
                yield (
                    f"{self._vendor(reimbursement.vendor_id)} got {_amount(paid.amount)} back on {paid.date}, from "
                    f"{_account(document.account)}"
                )

    def _service_period(self) -> Iterator[str]:
        for each in self._of_kind("bills"):
            bill = self._books.bills.get(each.id)
            periods = [(item.amount, item.service_period) for item in bill.items if item.service_period is not None]
            for amount, period in periods:
                yield (
                    f"Bill {bill.expense_number} of {self._vendor(bill.vendor_id)} has {_amount(amount)} for service from "
                    f"{period.start} to {period.end}, over which Rillet spreads it"
                )

    def _of_kind(self, kind: str) -> Iterable[Posted]:
        return (each for each in self._posted if each.kind == kind)

    def _vendor(self, vendor_id: str) -> str:
        return self._books.vendors.get(vendor_id).name


def examples_table(lines: dict[str, str]) -> DataTable:
    """The examples for a terminal."""
    return DataTable(title="Among them, in Rillet", headings=("What", "Example"), rows=tuple(lines.items()))


def _amount(of: rillet.Money | Amount | Posting) -> str:
    return f"{money(of.amount, of.currency)} {of.currency}"


def _account(code: str) -> str:
    return f"{code} {_ACCOUNTS[code]}"
