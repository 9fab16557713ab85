"""What a person reads who asks where a number comes from."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable
from decimal import Decimal
from html.parser import HTMLParser

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typing_extensions import override

from brex_accounting import Amount, Record, RecordType, Side
from brex_accounting.testing.records import card_expense, dimension, gl
from bridge import (
    DEFAULT_MAPPERS,
    Bridge,
    ChargeDocument,
    DataTable,
    Draft,
    ForeignCurrency,
    Post,
    TaxRule,
    Treatment,
    charge,
    effect,
)
from bridge.explanations import explain
from bridge.export.engine.attempts import is_part
from bridge.settings.values import AccountRule
from clientkit.showing import plain
from rillet import TaxRate
from support.companies.small import (
    AMERICA,
    BOOKS,
    BRIDGE,
    SETTINGS,
    WHOLE,
    WHOLE_ENTITY,
    account,
    billed,
    books,
    expense,
    moved,
    owed,
    paid,
    reimbursed,
    team,
)
from support.laws.records import Case, doubtful_cases

VAT = TaxRate(id="rate-1", code="DE19", country="DE", description="Germany VAT", percentage=Decimal("19.0000"))
RULED = Bridge(
    attrs.evolve(SETTINGS, accounts=(AccountRule(account="6200", instead_of="6100"), AccountRule(account="6200")))
)


def test_an_explanation_says_of_each_line_why_it_is_where_it_is() -> None:
    record = card_expense(
        "42.75",
        splits=[("40", [gl("id-6100", "Travel"), team("value-Sales")]), ("2.75", [gl("6200")])],
        record_id="accr_9",
    )
    explained = explain(record, BRIDGE, BOOKS)
    assert str(explained) == (
        "accr_9: a charge, which counts on 2026-02-03, for the vendor Sample Stationery (v-stationery)\n"
        "  debit 40.00 USD on 6100 Travel (Department: Sales): coded to 6100 Travel in Brex\n"
        "  debit 2.75 USD on 6200 Meals: coded to 6200 Meals in Brex\n"
        "  credit 42.75 USD on 21120 Brex Card: nobody coded it, so it is the card account of US"
    )
    assert explained.headings == ("Line", "Side", "Amount", "Account", "Fields", "Why")
    assert explained.rows[0][1:] == (
        "debit", "40.00 USD", "6100 Travel", "Department: Sales", "coded to 6100 Travel in Brex",
    )  # fmt: skip
    assert [row[0] for row in explained.rows] == [line.id for line in record.line_items]
    assert pickle.loads(pickle.dumps(explained)) == explained


@pytest.mark.parametrize(
    ("record", "company", "summary", "why"),
    [
        (reimbursed(), BRIDGE, "a reimbursement, which", "coded to 6100 Travel in Brex"),
        (moved(RecordType.CARD_PAYMENT), WHOLE, "a journal entry, which", "so it is the card account of US"),
        (moved(RecordType.CARD_PAYMENT), BRIDGE, "refused, because it needs", "the card account"),
        (moved(RecordType.REWARD_REDEMPTION), BRIDGE, "refused, because it needs", "the card account"),
        (moved(RecordType.CARD_PAYMENT_REFUND), BRIDGE, "refused, because", "name no bank_account of US"),
        (billed(), WHOLE, "a bill, which", "coded to 6100"),
        (paid(), WHOLE, "a payment of the bill b-1, which", "so it is the accounts payable account of US"),
        (expense("5", gl(None)), BRIDGE, "refused, because a debit line", "nobody coded it"),
        (expense("5", gl("7777")), BRIDGE, "refused, because", "coded to 7777 in Brex, which is no account of Rillet"),
        (expense("5"), RULED, "a charge", "the rule accounts[0] of the settings, instead of 6100"),
        (expense("5", gl(None)), RULED, "a charge", "the rule accounts[1] of the settings, because nobody coded it"),
        (expense("0"), BRIDGE, "nothing to post, because its lines move no money", "coded to"),
    ],
)  # fmt: skip
def test_every_way_to_an_account_has_its_reason(record: Record, company: Bridge, summary: str, why: str) -> None:
    explained = explain(record, company, books(bills=(owed(),)))
    assert explained.summary.startswith(summary)
    assert why in explained.lines[0].why


@given(doubtful_cases())
def test_what_is_explained_is_what_is_posted(case: Case) -> None:
    world = case.world
    explained = explain(case.record, world.bridge, world.books)
    outcome = world.bridge.outcome(case.record, world.books)
    assert str(explained).count("\n") == len(explained.lines) + bool(explained.uncarried)
    if isinstance(outcome, Post):
        told = {(line.account.split()[0], line.side) for line in explained.lines if line.amount}
        posted = {(posting.account, posting.side) for posting in effect(outcome.payload)}
        reasons = " ".join(line.why for line in explained.lines)
        if "its tax code" in reasons:
            assert all(f"on {account} " in reasons for account, _ in posted - told)
        elif is_part(outcome.document.kind):
            # A payment takes what is left of an account whose lines are on both sides.
            assert _balances(
                (line.account.split()[0], line.side, line.amount) for line in explained.lines
            ) == _balances((posting.account, posting.side, posting.amount) for posting in effect(outcome.payload))
        else:
            assert told == posted


def _balances(postings: Iterable[tuple[str, Side, Decimal]]) -> dict[str, Decimal]:
    found = dict[str, Decimal]()
    for code, side, amount in postings:
        found[code] = found.get(code, Decimal(0)) + (amount if side is Side.DEBIT else -amount)
    return {code: left for code, left in found.items() if left}


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (None, "its tax code DE19 is 19 %: 19.00 USD of it is tax, on 22000 VAT"),
        (TaxRule(code="DE19", sales_tax=True), "its tax code DE19 is 19 %: 19.00 USD of it is tax"),
        (TaxRule(code="DE19", treatment=Treatment.EXEMPT), "its tax code DE19 is exempt"),
        (
            TaxRule(code="DE19", treatment=Treatment.REVERSE_CHARGE, input_account="6200", output_account="22000"),
            "its tax code DE19 is a reverse charge of 19 %: 22.61 USD, on 6200 Meals, and taken back on 22000 VAT",
        ),
    ],
)
def test_a_tax_code_is_explained(rule: TaxRule | None, why: str) -> None:
    told = attrs.evolve(
        SETTINGS,
        tax_field="TAX",
        taxes=() if rule is None else (rule,),
        entities=(attrs.evolve(WHOLE_ENTITY, tax_account="22000"),),
    )
    kept = books(tax_rates=(VAT,), accounts=(*BOOKS.accounts, account("22000", "VAT", subtype="Sales Tax Liability")))
    explained = explain(expense("119", gl("6100"), dimension("TAX", "rate-1")), Bridge(told), kept)
    assert explained.lines[0].why == f"coded to 6100 Travel in Brex; {why}"


def test_a_conversion_is_explained() -> None:
    told = attrs.evolve(SETTINGS, foreign_currency=ForeignCurrency.SUBSIDIARY)
    bridge = Bridge(told, rates=lambda base, target, day: Decimal("1.0800"))
    kept = books(subsidiaries=(attrs.evolve(AMERICA, currency="EUR"),))
    explained = explain(expense("10"), bridge, kept)
    line = explained.lines[0]
    assert (line.amount, line.currency) == (Decimal("10.80"), "EUR")
    assert line.why.endswith("; 10 USD converted at 1.08 EUR for 1 USD of 2026-02-03")


def test_a_vendor_to_be_created_is_named() -> None:
    explained = explain(card_expense("5", coding=[gl("6100")], merchant="[/bold]<b>Co</b>"), BRIDGE, BOOKS)
    assert explained.summary.endswith(", for the vendor [/bold]<b>Co</b>, who has to be created")


def test_what_others_wrote_is_no_markup_in_notebooks_and_terminals() -> None:
    record = card_expense("5", coding=[gl("6100")], merchant="[red]<i>", record_id="accr_1")
    uncoded = card_expense("5", coding=[gl("nowhere", "[/red]<script>&\x1b[2J")], record_id="accr_2")
    explained = [explain(each, BRIDGE, BOOKS) for each in (record, uncoded)]
    console = Console(width=400, record=True, file=io.StringIO())
    for shown in (*explained, BRIDGE.plan([record], BOOKS)):
        console.print(shown)
    text, page = console.export_text(), "".join(each._repr_html_() for each in explained)
    assert "[/red]<script>&\ufffd[2J" in text
    assert "[red]<i>" in text
    assert "accr_1" in BRIDGE.plan([record], BOOKS)._repr_html_()
    assert "[/red]&lt;script&gt;&amp;\ufffd[2J" in page
    assert "[red]&lt;i&gt;" in page
    assert "<script" not in page


@pytest.mark.parametrize(("noun", "told"), [("Acme entry", "an Acme entry, "), ("voucher", "a voucher, ")])
def test_the_kind_of_a_document_has_its_article(noun: str, told: str) -> None:
    class Own(ChargeDocument):
        """A document of another ledger."""

    def mine(draft: Draft) -> Post | None:
        made = charge(draft)
        assert isinstance(made, Post)
        fields = [each.name for each in attrs.fields(ChargeDocument) if each.init]
        own = Own(**{name: getattr(made.document, name) for name in fields})
        object.__setattr__(own, "noun", noun)
        return attrs.evolve(made, document=own)

    bridge = Bridge(SETTINGS, mappers={**DEFAULT_MAPPERS, "CARD_EXPENSE_POST": mine})
    assert explain(expense(), bridge, BOOKS).summary.startswith(told)


def test_a_plan_shows_every_record() -> None:
    done = attrs.evolve(expense("0"), id="accr_done")
    plan = BRIDGE.plan([expense(), expense("5", gl("7777")), done], BOOKS)
    assert plan.table.title == "1 to post, 1 refused, 1 with nothing to do"
    assert [row[2] for row in plan.table.rows] == ["post", "refused", "nothing to do"]
    assert "it counts on 2026-02-03" in plan.table.rows[0][3]
    assert "7777" in plan.table.rows[1][3]


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2).map(tuple), max_size=4), st.text())
def test_any_text_can_be_in_a_table(rows: list[tuple[str, ...]], title: str) -> None:
    table = DataTable(title=title, headings=("One", "Other"), rows=tuple(rows))
    cells = _Cells()
    cells.feed(table._repr_html_())
    texts = [plain(text) for text in (title, *table.headings, *(cell for row in rows for cell in row))]
    assert cells.texts == texts
    Console(file=io.StringIO(), width=200).print(table)


class _Cells(HTMLParser):
    """The texts of a page's cells and its caption, with line ends as they were."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = list[str]()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"caption", "th", "td"}:
            self.texts.append("")
        elif tag == "br":
            self.texts[-1] += "\n"

    @override
    def handle_data(self, data: str) -> None:
        self.texts[-1] += data


def test_a_converted_line_tells_of_the_amount_that_was_converted() -> None:
    bought = card_expense("10", "EUR", coding=[gl("6100")], original=Amount(amount=Decimal("8.65"), currency="GBP"))
    told = attrs.evolve(WHOLE.settings, foreign_currency=ForeignCurrency.SUBSIDIARY)
    company = Bridge(told, rates=lambda _base, _target, _day: Decimal("1.0856"))
    for line in explain(bought, company, BOOKS).lines:
        assert "10 EUR converted at 1.0856 USD for 1 EUR of 2026-02-03" in line.why
