"""Where a number in the books comes from: how each line of a record was coded, and why."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import attrs

from brex_accounting import LineItem, Record, Side
from bridge.books import Books
from bridge.callers import no_vendor, vendor_chosen
from bridge.card_accounts import card_account_rule
from bridge.coded_record import CodedLine, CodedRecord
from bridge.datatable import DataTable, Tabular, money_text, trimmed
from bridge.decisions import Decision, Findings, Post, Refuse, Skip
from bridge.documents.protocol import Document, PlannedVendor
from bridge.entities import names_field
from bridge.followed import Followed
from bridge.mapping import Bridge
from bridge.master_data import Account
from bridge.moved import moved_from
from bridge.settings.check_source import uncarried
from bridge.settings.choices import Role, Treatment
from bridge.settings.values import AccountRule, Settings
from bridge.taxes import LineTax
from bridge.values import FieldAssignment
from clientkit.money import decimal_text


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
        amount = money_text(self.amount, self.currency)
        return (self.line_id, self.side.value.lower(), amount, self.account, ", ".join(self.fields), self.why)


@attrs.frozen(kw_only=True, repr=False)
class Explanation(Tabular):
    """What becomes of a record, and its lines.

    As a text it is for people; `headings` and `rows` make a table, which rich prints and notebooks show. `uncarried` are the
    fields of the source with values that nothing takes.
    """

    record_id: str
    summary: str
    lines: tuple[ExplainedLine, ...]
    is_refused: bool = False
    uncarried: tuple[str, ...] = ()

    headings = ("Line", "Side", "Amount", "Account", "Fields", "Why")

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The lines as rows of a table."""
        return tuple(line.row for line in self.lines)

    @property
    def table(self) -> DataTable:
        """The lines as a table under the summary."""
        left = f"; values that are not carried over: {', '.join(self.uncarried)}" if self.uncarried else ""
        return DataTable(title=f"{self.record_id}: {self.summary}{left}", headings=self.headings, rows=self.rows)

    def __str__(self) -> str:
        left = [f"  values that are not carried over: {', '.join(self.uncarried)}"] if self.uncarried else []
        return "\n".join([f"{self.record_id}: {self.summary}", *(f"  {_sentence(line)}" for line in self.lines), *left])


def explain(record: Record, bridge: Bridge, books: Books, *, followed: Followed | None = None) -> Explanation:
    """How each line of a record is coded, and why; also for a record that is refused, as far as it goes.

    `followed` is what is known of the record that it follows, such as the reimbursement of a payout.
    """
    coded = bridge.coded(record, books, Findings(), followed=followed)
    outcome = bridge.outcome(record, books, followed=followed)
    return Explanation(
        record_id=record.id,
        summary=_summary(outcome, bridge, books),
        lines=() if coded is None else tuple(_lines(coded, bridge.settings, books)),
        is_refused=isinstance(outcome, Refuse),
        uncarried=tuple(sorted(uncarried(record, bridge.settings, books))),
    )


def _lines(coded: CodedRecord, settings: Settings, books: Books) -> Iterator[ExplainedLine]:
    for before, each in zip(coded.record.line_items, coded.lines, strict=True):
        account, why = _account(each, coded, settings, books)
        yield ExplainedLine(
            line_id=each.line.id,
            side=each.line.type,
            amount=each.line.amount.amount,
            currency=each.line.amount.currency,
            account="" if account is None else f"{account.code} {account.name}",
            fields=tuple(_named(assignment, books) for assignment in each.fields),
            why="; ".join([why, *_owed(each, coded), *_tax(each, coded, books), *_conversion(before, coded)]),
        )


def _owed(each: CodedLine, coded: CodedRecord) -> Iterator[str]:
    debt = coded.debt
    if debt is not None and each.is_debtors:
        yield (
            f"it is of {debt.debtor.name}, which owes it to {coded.entity.name}: due from {debt.due_from.code}, due to "
            f"{debt.due_to.code}"
        )


def _tax(each: CodedLine, coded: CodedRecord, books: Books) -> Iterator[str]:
    tax = each.tax
    if tax is None:
        return
    code, percentage = tax.rate.code, trimmed(tax.rate.percentage)
    amount = f"{decimal_text(tax.amount_of(each.line.amount))} {each.line.amount.currency}"
    if tax.treatment is Treatment.EXEMPT:
        yield f"its tax code {code} is exempt"
    elif tax.treatment is Treatment.REVERSE_CHARGE:
        yield f"its tax code {code} is a reverse charge of {percentage} %: {amount}{_on(tax)}"
    else:
        of = coded.debt.debtor if coded.debt is not None and each.is_debtors else coded.entity
        named = of.account(Role.TAX) if tax.is_parted else None
        account = None if named is None else books.account(named)
        where = "" if account is None else f", on {account.code} {account.name}"
        yield f"its tax code {code} is {percentage} %: {amount} of it is tax{where}"


def _on(tax: LineTax) -> str:
    if tax.input_account is None or tax.output_account is None:
        return ""
    due, back = tax.input_account, tax.output_account
    return f", on {due.code} {due.name}, and taken back on {back.code} {back.name}"


def _conversion(before: LineItem, coded: CodedRecord) -> Iterator[str]:
    rate, was = coded.conversion, before.amount
    if rate is None:
        return
    yield f"{decimal_text(was.amount)} {was.currency} converted at {trimmed(rate.rate)} {rate.target} for 1 {rate.base} of {rate.date}"


def _account(each: CodedLine, coded: CodedRecord, settings: Settings, books: Books) -> tuple[Account | None, str]:
    if each.rule is not None:
        return each.account, _ruled(each, each.rule, settings, books)
    if each.is_coded:
        missing = "" if each.account else f", which is no account of {books.ledger}"
        return each.account, f"coded to {_coding(each, settings, books)} in Brex{missing}"
    role = coded.role_of(each)
    wanted = None if role is None else coded.entity.account(role)
    if role is None:
        return None, "nobody coded it"
    if wanted is None:
        return None, f"nobody coded it, and the settings name no {role.value} of {coded.entity.name}"
    rule = card_account_rule(coded.record, coded.entity, settings) if role is Role.CARD else None
    if rule is not None:
        place = settings.card_accounts.index(rule)
        return books.account(
            wanted
        ), f"nobody coded it, so it is on the card account of the rule card_accounts[{place}] of the settings"
    return books.account(wanted), f"nobody coded it, so it is the {role.label} of {coded.entity.name}"


def _ruled(each: CodedLine, rule: AccountRule, settings: Settings, books: Books) -> str:
    before = _coding(each, settings, books)
    if each.why is not None:
        instead = f", instead of {before}" if before else ""
        return f"{each.why} (chosen by your program{instead})"
    because = f"instead of {before}" if before else "because nobody coded it"
    return f"the rule accounts[{settings.accounts.index(rule)}] of the settings, {because}"


def _coding(each: CodedLine, settings: Settings, books: Books) -> str:
    """The account that somebody chose for a line, as Brex names it where the books do not know it; empty where nobody did."""
    for ref in each.line.accounting_field_values:
        if names_field(ref, settings.gl_field) and (shown := ref.remote_field_value_id or ref.brex_field_value_id):
            if (account := books.account(shown)) is not None:
                return f"{account.code} {account.name}"
            name = ref.field_value_name
            return f"{name} ({shown})" if name and name != shown else shown
    return ""


def _named(assignment: FieldAssignment, books: Books) -> str:
    field = books.field(assignment.field_id)
    values = field.values if field is not None else ()
    value = next((each.name for each in values if each.id == assignment.field_value_id), assignment.field_value_id)
    return f"{field.name if field is not None else assignment.field_id}: {value}"


def _summary(outcome: Decision, bridge: Bridge, books: Books) -> str:
    if isinstance(outcome, Skip):
        return f"nothing to post, because {outcome.why}"
    if not isinstance(outcome, Post):
        return "refused, because " + "; ".join(outcome.texts)
    document, record = outcome.document, outcome.record
    by = f", made by your mapper of {record.type}" if bridge.is_mapped_by_caller(record) else ""
    own = moved_from(outcome, bridge, books)
    moved = "" if own is None else f", because it is of {own}, whose period is closed"
    return f"{_with_article(document.noun)}, which counts on {document.impact_date}{moved}{_party(document, books)}{_chooser(outcome, bridge, books)}{by}"


def _party(document: Document, books: Books) -> str:
    party = document.party
    if isinstance(party, PlannedVendor):
        return f", for the vendor {party.vendor.name}, who has to be created"
    vendor = None if party is None else books.vendor(party)
    return "" if vendor is None else f", for the vendor {vendor.name} ({vendor.id})"


def _chooser(outcome: Post, bridge: Bridge, books: Books) -> str:
    """That the caller's program chose the vendor, where the document is for the one that it names."""
    party = outcome.document.party
    if bridge.choose_vendor is no_vendor or not isinstance(party, str):
        return ""
    wanted = vendor_chosen(bridge.choose_vendor, outcome.record)
    vendor = books.vendor(party)
    is_chosen = (
        vendor is not None and wanted is not None and (wanted == party or vendor in books.vendors_by_name(wanted))
    )
    return ", chosen by your program" if is_chosen else ""


def _sentence(line: ExplainedLine) -> str:
    account = line.account or "no account"
    fields = f" ({', '.join(line.fields)})" if line.fields else ""
    amount = money_text(line.amount, line.currency)
    return f"{line.side.value.lower()} {amount} on {account}{fields}: {line.why}"


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun[:1].lower() in set("aeiou") else f"a {noun}"
