"""The stand-in's journal entries, each blocking and awaitable, in process and over sockets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet import (
    BadRequestError,
    Client,
    Field,
    FieldRule,
    FieldSettings,
    JournalEntryUpdate,
    Money,
    NewJournalEntry,
    NewJournalEntryItem,
    NotFoundError,
    RelatedEntity,
    RelatedEntityType,
    Side,
    TaxRate,
)
from rillet.testing import StandIn, account
from support.endpoint_runner import Runner
from support.rillet.books import (
    AMERICA,
    DAY,
    DEPARTMENT,
    ENGINEERING,
    EUR_TO_USD,
    GERMANY,
    HOTEL,
    START,
    TRAVEL,
    accounts,
)
from support.rillet.documents import BANK, CLEARING, PAYABLES, dollars, entry, line

VENDOR = RelatedEntity(id=HOTEL.id, type=RelatedEntityType.VENDOR)
VAT = TaxRate(id="t1", code="GB20", country="GB", description="Standard", percentage=Decimal("20.0000"))
SALES_TAX = "22500"
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def standin() -> StandIn:
    return StandIn(
        subsidiaries=[AMERICA, GERMANY],
        accounts=accounts(),
        fields=[DEPARTMENT],
        vendors=[HOTEL],
        tax_rates=[VAT],
        now=lambda: START,
    )


@pytest.fixture
def client(standin: StandIn) -> Client:
    return standin.client()


def update(*lines: NewJournalEntryItem, on: date = DAY) -> JournalEntryUpdate:
    return JournalEntryUpdate(name="Corrected", currency="USD", items=lines, date=on)


def test_an_entry_from_beginning_to_end(run: Runner[Client], standin: StandIn) -> None:
    coded = attrs.evolve(line(TRAVEL, "40.00"), description="March", fields=[ENGINEERING])
    asked = attrs.evolve(
        entry(coded, line(CLEARING, "-40.00")), attachment_url="https://example.com/a", related_entity=VENDOR
    )
    made = run.call(lambda client: client.journal_entries.create(asked))

    assert (made.name, made.currency, made.date, made.subsidiary_id) == ("Accrual", "USD", DAY, AMERICA.id)
    assert (made.attachment_url, made.related_entity, made.updated_at) == ("https://example.com/a", VENDOR, START)
    assert [(each.side, each.amount) for each in made.items] == [
        (Side.DEBIT, dollars("40")),
        (Side.CREDIT, dollars("40")),
    ]
    assert (made.items[0].description, made.items[0].fields) == ("March", (ENGINEERING,))
    assert made.items[0].account_id == next(each.id for each in standin.accounts if each.code == TRAVEL)
    assert run.call(lambda client: client.journal_entries.get(made.id)) == made
    assert standin.journal_entries == (made,)
    assert standin.ledger.balance(TRAVEL) == -standin.ledger.balance(CLEARING) == Decimal(40)

    lines = [line(TRAVEL, "-5.00"), line(CLEARING, "5.00")]
    changed = run.call(lambda client: client.journal_entries.update(made.id, update(*lines)))
    assert (changed.name, changed.attachment_url, changed.subsidiary_id) == ("Corrected", None, AMERICA.id)
    assert standin.ledger.balance(TRAVEL) == Decimal(-5)

    run.call(lambda client: client.journal_entries.delete(made.id))
    assert not standin.journal_entries
    assert not standin.ledger.postings
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.journal_entries.get(made.id))


def test_lists_are_filtered(run: Runner[Client], standin: StandIn) -> None:
    first = run.call(lambda client: client.journal_entries.create(entry()))
    banked = entry(line(BANK, "1.00"), line(CLEARING, "-1.00"))
    second = run.call(lambda client: client.journal_entries.create(attrs.evolve(banked, date=NEXT)))
    ids = {each.code: each.id for each in standin.accounts}

    def found(
        *,
        subsidiary_id: str | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
        account_ids: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> list[str]:
        listed = run.call(
            lambda client: client.journal_entries.list(
                subsidiary_id=subsidiary_id,
                from_date=from_date,
                to_date=to_date,
                account_ids=account_ids,
                limit=limit,
            )
        )
        return [each.id for each in listed]

    assert found() == found(limit=1) == [second.id, first.id]
    assert found(subsidiary_id=GERMANY.id) == []
    assert (found(from_date=NEXT), found(to_date=DAY)) == ([second.id], [first.id])
    assert found(account_ids=[ids[TRAVEL]]) == [first.id]
    assert found(account_ids=[ids[TRAVEL], ids[BANK]]) == [second.id, first.id]
    assert found(account_ids=[ids[PAYABLES]]) == []
    assert run.call(lambda client: client.journal_entries.list(updated_after=START)) == []

    run.call(lambda client: client.journal_entries.update(first.id, update(line(TRAVEL, "1.00"), line(BANK, "-1.00"))))
    by_update = run.call(lambda client: client.journal_entries.list(sort_by="updated"))
    assert [each.id for each in by_update] == [first.id, second.id]


def test_entries_in_the_reporting_currency(run: Runner[Client]) -> None:
    foreign = attrs.evolve(
        entry(line(TRAVEL, "10.01", "EUR"), line(CLEARING, "-10.01", "EUR")), currency="EUR", exchange_rate=EUR_TO_USD
    )
    abroad = run.call(lambda client: client.journal_entries.create(foreign))
    here = run.call(
        lambda client: client.journal_entries.create(attrs.evolve(entry(), date=NEXT, related_entity=VENDOR))
    )
    found = run.call(lambda client: client.reports.journal_entries(subsidiary_id=AMERICA.id, limit=1))

    assert [each.id for each in found] == [here.id, abroad.id]
    assert (found[0].date, found[0].related_entity, found[0].subsidiary_id) == (NEXT, VENDOR, AMERICA.id)
    converted = found[1].items[0]
    assert converted.local_amount == converted.reporting_amount == dollars("10.847837")
    assert converted.original_transaction_amount == Money(Decimal("10.01"), "EUR")
    assert (converted.side, converted.account_code, converted.exchange_rate) == (Side.DEBIT, TRAVEL, Decimal(1))
    assert found[0].items[0].original_transaction_amount is None
    later = run.call(lambda client: client.reports.journal_entries(subsidiary_id=AMERICA.id, from_date=NEXT))
    assert [each.id for each in later] == [here.id]
    with pytest.raises(BadRequestError, match="one subsidiary"):
        run.call(lambda client: client.reports.journal_entries())


def test_a_reversal_takes_everything_back(standin: StandIn, client: Client) -> None:
    made = client.journal_entries.create(attrs.evolve(entry(), reversal_date=NEXT))

    posted = [(each.account_code, each.debit, each.date) for each in standin.ledger.of(made.id)]
    assert posted == [
        (TRAVEL, Decimal(40), DAY),
        (CLEARING, Decimal(-40), DAY),
        (TRAVEL, Decimal(-40), NEXT),
        (CLEARING, Decimal(40), NEXT),
    ]
    assert made.reversal_date == NEXT
    changed = client.journal_entries.update(made.id, update(*entry().items))
    assert (changed.reversal_date, standin.ledger.balance(TRAVEL)) == (None, Decimal(40))


@pytest.mark.parametrize("code", [PAYABLES, "12000"])
def test_control_accounts_lose_the_related_entity_without_a_word(standin: StandIn, client: Client, code: str) -> None:
    standin.put(account("12000", "Receivables", subtype="Accounts Receivable"))
    plain = client.journal_entries.create(attrs.evolve(entry(), related_entity=VENDOR))
    control = [line(TRAVEL, "1.00"), line(code, "-1.00")]
    made = client.journal_entries.create(attrs.evolve(entry(*control), related_entity=VENDOR))

    assert (plain.related_entity, made.related_entity) == (VENDOR, None)
    kept = client.journal_entries.update(plain.id, update(*entry().items))
    lost = client.journal_entries.update(plain.id, update(*control))
    assert (kept.related_entity, lost.related_entity) == (VENDOR, None)


def taxed(amount: str, code: str | None = "GB20", kind: str | None = "expense") -> NewJournalEntry:
    return entry(attrs.evolve(line(TRAVEL, amount), vat_code=code, vat_type=kind), line(BANK, f"-{amount}"))


@pytest.mark.parametrize("code", ["GB20", "Standard"])
def test_vat_is_inside_the_amount(standin: StandIn, client: Client, code: str) -> None:
    standin.put(account(SALES_TAX, "VAT", subtype="Sales Tax Liability"))
    made = client.journal_entries.create(taxed("10.00", code))

    balances = [standin.ledger.balance(each) for each in (TRAVEL, SALES_TAX, BANK)]
    assert balances == [Decimal("8.33"), Decimal("1.67"), Decimal("-10.00")]
    assert [each.amount for each in made.items] == [dollars("10"), dollars("10")]


def test_vat_needs_an_account() -> None:
    chart = [each for each in accounts() if each.subtype != "Sales Tax Liability"]
    standin = StandIn(subsidiaries=[AMERICA], accounts=chart, tax_rates=[VAT])
    with pytest.raises(BadRequestError, match="Sales Tax Liability"):
        standin.client().journal_entries.create(taxed("10.00"))
    assert standin.ledger.postings == ()


@pytest.mark.parametrize(("code", "kind"), [("none", "Revenue"), ("GB20", None), ("GB20", "Both")])
def test_vat_is_checked(standin: StandIn, client: Client, code: str, kind: str | None) -> None:
    standin.put(account(SALES_TAX, "VAT", subtype="Sales Tax Liability"))
    with pytest.raises(BadRequestError):
        client.journal_entries.create(taxed("10.00", code, kind))
    assert standin.journal_entries == ()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (entry(line(TRAVEL, "1.00"), line(BANK, "-1.01")), "not balanced: debits less credits are -0.01"),
        (entry(line(TRAVEL, "0.00")), "two lines"),
        (entry(line(TRAVEL, "1.00"), line("00000", "-1.00")), "00000 not found"),
        (entry(line(TRAVEL, "0.001"), line(BANK, "-0.001")), "rounded"),
        (entry(line(TRAVEL, "1.00", "EUR"), line(BANK, "-1.00", "EUR")), "in USD"),
        (attrs.evolve(entry(), name=" "), "blank"),
        (attrs.evolve(entry(), reversal_date=DAY - timedelta(days=1)), "before date"),
        (attrs.evolve(entry(), date=DAY - timedelta(days=60)), "closed"),
        (attrs.evolve(entry(), exchange_rate=EUR_TO_USD), "No exchange rate"),
        (attrs.evolve(entry(), subsidiary_id=None), "subsidiary_id"),
    ],
)
def test_entries_are_checked(standin: StandIn, client: Client, asked: NewJournalEntry, says: str) -> None:
    standin.close_books(DAY - timedelta(days=30))
    with pytest.raises(BadRequestError, match=says):
        client.journal_entries.create(asked)
    assert (standin.journal_entries, standin.ledger.postings) == ((), ())


@pytest.mark.parametrize(
    "wrong",
    [
        attrs.evolve(line(TRAVEL, "1.00"), amount=dollars("-1.00")),
        attrs.evolve(line(TRAVEL, "1.00"), side=Side("BOTH")),
    ],
)
def test_sides_say_which_way_a_line_goes(client: Client, wrong: NewJournalEntryItem) -> None:
    with pytest.raises(BadRequestError):
        client.journal_entries.create(entry(wrong, line(BANK, "1.00")))


def _mandatory() -> Field:
    settings = DEPARTMENT.settings
    assert settings is not None
    assert settings.expenses is not None
    rule = FieldRule(mandatory=True, display=settings.expenses.display)
    return attrs.evolve(DEPARTMENT, settings=FieldSettings(expenses=rule))


def test_a_mandatory_field_is_wanted_on_expense_accounts_alone(standin: StandIn, client: Client) -> None:
    standin.put(_mandatory())
    client.journal_entries.create(entry(line(BANK, "1.00"), line(CLEARING, "-1.00")))
    with pytest.raises(BadRequestError, match="mandatory"):
        client.journal_entries.create(entry())


def test_closed_books_keep_their_entries(standin: StandIn, client: Client) -> None:
    made = client.journal_entries.create(entry())
    standin.close_books(DAY)
    for change in (
        lambda: client.journal_entries.delete(made.id),
        lambda: client.journal_entries.update(made.id, update(*entry().items, on=NEXT)),
        lambda: client.journal_entries.create(attrs.evolve(entry(), date=NEXT, reversal_date=DAY)),
    ):
        with pytest.raises(BadRequestError):
            change()
    assert standin.journal_entries == (made,)


@given(
    debits=st.lists(st.decimals("0", "1000", places=3), min_size=1, max_size=6),
    rate=st.decimals("0.0001", "2000", places=4),
    reversed_=st.booleans(),
)
def test_foreign_entries_balance_in_both_currencies(debits: list[Decimal], rate: Decimal, reversed_: bool) -> None:
    standin = StandIn(subsidiaries=[AMERICA], accounts=accounts(), now=lambda: START)
    lines = [line(TRAVEL, str(each), "BHD") for each in debits]
    asked = attrs.evolve(
        entry(*lines, line(BANK, f"-{sum(debits)}", "BHD")),
        currency="BHD",
        exchange_rate=attrs.evolve(EUR_TO_USD, base="BHD", rate=rate),
        reversal_date=NEXT if reversed_ else None,
    )
    made = standin.client().journal_entries.create(asked)

    postings = standin.ledger.of(made.id)
    for day in (DAY, NEXT):
        assert sum(each.debit for each in postings if each.date == day) == 0
    exact = [(each.amount.amount * rate, each.local.amount) for each in postings]
    assert all(abs(here - there) <= Decimal("0.01") for here, there in exact)
    assert standin.ledger.balance(TRAVEL) == (0 if reversed_ else -standin.ledger.balance(BANK))
