"""Which numbers the bills of a vendor have, in the ledger and in a run, for invoices that come twice."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.books import Books
from bridge.export.ledgers.protocol import Ledger, SelectiveLedger
from bridge.master_data import Bill

# A vendor costs a request by itself, and so do a hundred bills of a listing of all.
_MOST_BY_THEMSELVES = 20


class BillNumbers:
    """The numbers that are taken. The bills of a snapshot count, and those that the ledger is asked for.

    A ledger that can is asked for the bills of each vendor that a new bill names, and for all of them where these are many.
    """

    def __init__(self, ledger: Ledger | None = None) -> None:
        self._ledger = ledger if isinstance(ledger, SelectiveLedger) else None
        self._asked = set[str]()
        self._books: Books | None = None
        self._taken = dict[tuple[str, str], str]()

    def taken(self, vendor_id: str, number: str, *, by: str, books: Books, is_planned: bool) -> str | None:
        """What has the number already; if nothing has, it is taken `by` this from now on.

        `is_planned` says that the vendor is not in the ledger yet. Raises `ApiError`.
        """
        if books is not self._books:
            self._books = books
            self._note(books.bills)
        if not is_planned:
            self._ask(vendor_id, books)
        other = self._taken.setdefault((vendor_id, number), by)
        return None if other == by else other

    def _ask(self, vendor_id: str, books: Books) -> None:
        ledger = self._ledger
        if ledger is None or vendor_id in self._asked:
            return
        if len(self._asked) < _MOST_BY_THEMSELVES:
            self._note(ledger.bills_of(vendor_id))
            self._asked.add(vendor_id)
            return
        self._note(ledger.with_bills(books).bills)
        self._ledger = None

    def _note(self, bills: Iterable[Bill]) -> None:
        for bill in bills:
            self._taken.setdefault((bill.vendor_id, bill.expense_number), f"the bill {bill.id}")
