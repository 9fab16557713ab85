"""Where a number in the books comes from: how each line of a record was coded, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import attrs

from brex_accounting import Record, Side
from bridge.books import Books
from bridge.coding import CodedLine, CodedRecord, code, means
from bridge.plan import Bridge
from bridge.results import BillPayload, BillPaymentPayload, Findings, Nothing, Outcome, Post
from bridge.roles import role_of
from bridge.settings import Settings
from clientkit.money import decimal_text
from rillet import Account, FieldAssignment, NewCharge, NewJournalEntry, NewReimbursement

_NOUNS: Mapping[type, str] = {
    NewCharge: "a charge",
    NewReimbursement: "a reimbursement",
    NewJournalEntry: "a journal entry",
    BillPayload: "a bill",
}


@attrs.frozen(kw_only=True)
class ExplainedLine:
    """One line of a record: what it says, the account it is on (code and name), its field values, and why."""

    line_id: str
    side: Side
    amount: Decimal
    currency: str
    account: str
    fields: tuple[str, ...]
    why: str

    @property
    def row(self) -> tuple[str, ...]:
        """The line as cells of a table, in the order of `Explanation.headings`."""
        amount = f"{self.amount:f} {self.currency}"
        return (self.line_id, self.side.value.lower(), amount, self.account, ", ".join(self.fields), self.why)


@attrs.frozen(kw_only=True)
class Explanation:
    """What becomes of a record, and its lines. As a text it is for people; `headings` and `rows` make a table."""

    record_id: str
    summary: str
    lines: tuple[ExplainedLine, ...]

    headings = ("Line", "Side", "Amount", "Account", "Fields", "Why")

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The lines as rows of a table."""
        return tuple(line.row for line in self.lines)

    def __str__(self) -> str:
        return "\n".join([f"{self.record_id}: {self.summary}", *(f"  {_sentence(line)}" for line in self.lines)])


def explain(record: Record, bridge: Bridge, books: Books) -> Explanation:
    """How each line of a record is coded, and why; also for a record that is refused, as far as it goes."""
    coded = code(record, bridge.settings, books, Findings())
    lines = () if coded is None else tuple(_lines(coded, bridge.settings, books))
    return Explanation(record_id=record.id, summary=_summary(bridge.outcome(record, books)), lines=lines)


def _lines(coded: CodedRecord, settings: Settings, books: Books) -> Iterator[ExplainedLine]:
    for each in coded.lines:
        account, why = _account(each, coded, settings, books)
        yield ExplainedLine(
            line_id=each.line.id,
            side=each.line.type,
            amount=each.line.amount.amount,
            currency=each.line.amount.currency,
            account="" if account is None else f"{account.code} {account.name}",
            fields=tuple(_named(assignment, books) for assignment in each.fields),
            why=why,
        )


def _account(each: CodedLine, coded: CodedRecord, settings: Settings, books: Books) -> tuple[Account | None, str]:
    if each.rule is not None:
        before = _coding(each, settings)
        because = f"instead of {before}" if before else "because nobody coded it"
        return each.account, f"the rule accounts[{settings.accounts.index(each.rule)}] of the settings, {because}"
    if each.is_coded:
        missing = "" if each.account else ", which is no account of Rillet"
        return each.account, f"coded to {_coding(each, settings)} in Brex{missing}"
    role = role_of(coded.record.type, each.line.type)
    wanted = None if role is None else coded.entity.account(role)
    if role is None:
        return None, "nobody coded it"
    if wanted is None:
        return None, f"nobody coded it, and the settings name no {role.value} of {coded.entity.name}"
    return books.account(wanted), f"nobody coded it, so it is the {role.label} of {coded.entity.name}"


def _coding(each: CodedLine, settings: Settings) -> str:
    """How Brex names the account that somebody chose for a line; empty where nobody did."""
    for ref in each.line.accounting_field_values:
        if means(ref, settings.gl_field) and (shown := ref.remote_field_value_id or ref.brex_field_value_id):
            name = ref.field_value_name
            return f"{name} ({shown})" if name and name != shown else shown
    return ""


def _named(assignment: FieldAssignment, books: Books) -> str:
    field = books.field(assignment.field_id)
    values = field.values if field is not None else ()
    value = next((each.name for each in values if each.id == assignment.field_value_id), assignment.field_value_id)
    return f"{field.name if field is not None else assignment.field_id}: {value}"


def _summary(outcome: Outcome) -> str:
    if isinstance(outcome, Nothing):
        return f"nothing to post, because {outcome.why}"
    if not isinstance(outcome, Post):
        return "refused, because " + "; ".join(str(reason) for reason in outcome.reasons)
    payload = outcome.payload
    if isinstance(payload, BillPaymentPayload):
        what = f"a payment of the bill {payload.bill_id}"
    else:
        what = _NOUNS[type(payload)]
    return f"{what}, which counts on {outcome.impact_date}"


def _sentence(line: ExplainedLine) -> str:
    account = line.account or "no account"
    fields = f" ({', '.join(line.fields)})" if line.fields else ""
    amount = f"{decimal_text(line.amount)} {line.currency}"
    return f"{line.side.value.lower()} {amount} on {account}{fields}: {line.why}"
