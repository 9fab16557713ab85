"""The Brex of the demonstration, in which a person can change a record, as spenders and bookkeepers do in the real one."""

from __future__ import annotations

from decimal import Decimal

import attrs

import brex_accounting.testing
from brex_accounting import FieldValueRef, LineItem, Record, ReviewStatus, Side
from brex_accounting.testing.records import GL_FIELD, gl
from brex_accounting.testing.routes import Refusal, body_of, invalid, ok, read
from clientkit.money import total
from clientkit.overriding import override
from clientkit.testing import Asked
from clientkit.wire import Answer

#: Before the id of a record: where a PATCH changes it.
CHANGES = "/demo/records/"


class ChangingStandIn(brex_accounting.testing.StandIn):
    """Takes ``PATCH /demo/records/{id}`` with a `surcharge`, in decimal major units as text, or another `account`, or both.

    The record has the next version then, and is ready for export again.
    """

    @override
    def respond(self, asked: Asked) -> Answer:
        """The answer to one request."""
        if asked.method != "PATCH" or not asked.path.startswith(CHANGES):
            return super().respond(asked)
        try:
            return self._changed(asked)
        except Refusal as refusal:
            return refusal.answer(asked)

    def _changed(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            raise Refusal(403, "FORBIDDEN", "The token is invalid, expired or revoked")
        record = self.records.get(asked.path.removeprefix(CHANGES))
        if record is None:
            raise Refusal(404, "NOT_FOUND", "There is no such record")
        wanted = body_of(asked)
        if not wanted or not wanted.keys() <= {"surcharge", "account"}:
            raise invalid('The body is such as {"surcharge": "10.00"} or {"account": "61100"}')
        changed = record
        if "surcharge" in wanted:
            changed = surcharged(changed, read(wanted["surcharge"], Decimal))
        if "account" in wanted:
            changed = with_account(changed, read(wanted["account"], str))
        changed = attrs.evolve(
            changed, version=record.version + 1, updated_at=self.now(), review_status=ReviewStatus.READY_FOR_EXPORT
        )
        self.add(changed)
        return ok({"id": changed.id, "version": changed.version, "review_status": changed.review_status.value})


def surcharged(record: Record, more: Decimal) -> Record:
    """A record about more, or less: that is on its first line, and on the last one, which balances it.

    Raises `Refusal` where one of them would come to nothing or less.
    """
    if len(record.line_items) < 2:
        raise invalid("The record has no two lines")
    first, *others, last = record.line_items
    lines = (_with_more(first, more), *others, _with_more(last, more))
    amount = attrs.evolve(record.amount, amount=total((record.amount.amount, more)))
    return attrs.evolve(record, amount=amount, line_items=lines)


def _with_more(line: LineItem, more: Decimal) -> LineItem:
    amount = total((line.amount.amount, more))
    if amount <= 0:
        raise invalid(f"The line {line.id} would be about {amount}")
    return attrs.evolve(line, amount=attrs.evolve(line.amount, amount=amount))


def is_coded(record: Record) -> bool:
    """Whether any line of a record is coded to an account."""
    return any(_is_account(each) for line in record.line_items for each in line.accounting_field_values)


def with_account(record: Record, account: str) -> Record:
    """A record all of whose coded lines are on this account; where none is coded, all that are debited."""
    if not is_coded(record):
        lines = (
            attrs.evolve(line, accounting_field_values=(gl(account), *line.accounting_field_values))
            if line.type == Side.DEBIT
            else line
            for line in record.line_items
        )
        return attrs.evolve(record, line_items=tuple(lines))
    lines = (
        attrs.evolve(
            line,
            accounting_field_values=tuple(
                gl(account) if _is_account(each) else each for each in line.accounting_field_values
            ),
        )
        for line in record.line_items
    )
    return attrs.evolve(record, line_items=tuple(lines))


def _is_account(value: FieldValueRef) -> bool:
    return value.remote_field_id == GL_FIELD
