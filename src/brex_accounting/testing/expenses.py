"""The stand-in's room of expenses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from brex_accounting.expenses import Expense
from brex_accounting.records import Receipt
from brex_accounting.testing.receipts import ReceiptFiles
from brex_accounting.testing.routes import Refusal, body_of, invalid, ok, page_of
from clientkit import codec
from clientkit.testing import Asked, Route
from clientkit.wire import Answer

_PATH = "/v1/expenses"
_IN = {
    "expense_type": "expense_type[]",
    "status": "status[]",
    "payment_status": "payment_status[]",
    "user_id": "user_id[]",
    "spending_entity_id": "spending_entity_id[]",
}
_BETWEEN = ("updated_at", "purchased_at", "payment_posted_at")


class TeamExpenses:
    """Expenses by id; the merchant and the links of receipts are shown to those who ask for them."""

    def __init__(self, files: ReceiptFiles) -> None:
        self.by_id = dict[str, Expense]()
        self._files = files

    def routes(self) -> Sequence[Route]:
        """The endpoints of this room."""
        return (
            Route("GET", _PATH, self._list),
            Route("GET", f"{_PATH}/{{id}}", self._get),
            Route("PUT", f"{_PATH}/card/{{id}}", self._update),
        )

    def _list(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        found = [expense for expense in self.by_id.values() if _is_wanted(expense, asked)]
        page, cursor = page_of(found, asked, _id, maximum=100)
        return ok({"items": [self._shown(expense, asked) for expense in page], "next_cursor": cursor})

    def _get(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        return ok(self._shown(self._known(segments), asked))

    def _update(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        memo = body_of(asked).get("memo")
        if not isinstance(memo, str):
            raise invalid("memo is text")
        expense = attrs.evolve(self._known(segments), memo=memo)
        self.by_id[expense.id] = expense
        return ok(self._shown(expense, asked))

    def _known(self, segments: Mapping[str, str]) -> Expense:
        expense = self.by_id.get(segments["id"])
        if expense is None:
            raise Refusal(404, "NOT_FOUND", "There is no expense with this id")
        return expense

    def _shown(self, expense: Expense, asked: Asked) -> object:
        expand = asked.query.get("expand[]", ())
        receipts = self._files.linked(expense.receipts, asked)
        if "receipts.download_uris" not in expand:
            receipts = tuple(Receipt(id=receipt.id) for receipt in receipts)
        merchant = expense.merchant if "merchant" in expand else None
        return codec.unstructure(attrs.evolve(expense, merchant=merchant, receipts=receipts))


def _is_wanted(expense: Expense, asked: Asked) -> bool:
    for name, parameter in _IN.items():
        wanted = asked.query.get(parameter)
        if wanted is not None and getattr(expense, name) not in wanted:
            return False
    for name in _BETWEEN:
        moment: datetime | None = getattr(expense, name)
        start, end = asked.one(f"{name}_start"), asked.one(f"{name}_end")
        if start is not None and (moment is None or moment < datetime.fromisoformat(start)):
            return False
        if end is not None and (moment is None or moment > datetime.fromisoformat(end)):
            return False
    return True


def _id(expense: Expense) -> str:
    return expense.id
