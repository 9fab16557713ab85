"""The endpoints of the ledger, each blocking and awaitable, in process and over sockets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import attrs
import pytest

from rillet import (
    BadRequestError,
    BookStatus,
    Client,
    FieldDisplay,
    FieldRule,
    FieldSettings,
    FieldUpdate,
    Money,
    NewField,
    NewFieldValue,
    NotFoundError,
    Request,
    StatusError,
)
from rillet.testing import StandIn
from support.endpoint_runner import Runner
from support.rillet.books import AMERICA, CARD, CHARGE, DAY, DEPARTMENT, GERMANY, START, TRAVEL, accounts

LATER = datetime(2026, 4, 2, tzinfo=UTC)


def test_organization(run: Runner[Client], standin: StandIn) -> None:
    assert run.call(lambda client: client.organization.get()) == standin.organization


def test_subsidiaries(run: Runner[Client]) -> None:
    assert run.call(lambda client: client.subsidiaries.list()) == [AMERICA, GERMANY]
    assert run.call(lambda client: client.subsidiaries.get(GERMANY.id)) == GERMANY
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.subsidiaries.get("nowhere"))


def test_accounts(run: Runner[Client], standin: StandIn) -> None:
    found = run.call(lambda client: client.accounts.list())

    assert [account.code for account in found] == [account.code for account in accounts()]
    assert tuple(found) == standin.accounts


def test_accounts_changed_since(run: Runner[Client], standin: StandIn) -> None:
    renumbered = attrs.evolve(standin.accounts[0], code="11101", updated_at=LATER)
    standin.put(renumbered)

    changed = run.call(lambda client: client.accounts.list(updated_after=LATER - timedelta(microseconds=1)))
    unchanged = run.call(lambda client: client.accounts.list(updated_after=LATER))

    assert changed == [renumbered]
    assert unchanged == []


def test_fields(run: Runner[Client], standin: StandIn) -> None:
    found = run.call(lambda client: client.fields.list())

    assert tuple(found) == standin.fields
    assert [value.deactivated for value in found[0].values] == [False, True]


def test_fields_changed_since(run: Runner[Client]) -> None:
    assert len(run.call(lambda client: client.fields.list(updated_after=START - timedelta(microseconds=1)))) == 1
    assert run.call(lambda client: client.fields.list(updated_after=START)) == []


def test_create_field(run: Runner[Client], standin: StandIn) -> None:
    asked = NewField(name=" Project ", values=[NewFieldValue(name="Apollo"), NewFieldValue(name=" Gemini ")])
    made = run.call(lambda client: client.fields.create(asked))

    assert (made.name, [value.name for value in made.values]) == ("Project", ["Apollo", "Gemini"])
    assert made in standin.fields


def test_a_field_without_values_is_sent_with_an_empty_list(run: Runner[Client], standin: StandIn) -> None:
    run.call(lambda client: client.fields.create(NewField(name="Project", values=[])))

    assert standin.asked[-1].json() == {"name": "Project", "values": []}


def test_one_name_makes_two_fields(run: Runner[Client], standin: StandIn) -> None:
    for _ in range(2):
        run.call(lambda client: client.fields.create(NewField(name="Project", values=[])))

    assert [field.name for field in standin.fields] == ["Department", "Project", "Project"]


def test_update_field(run: Runner[Client]) -> None:
    renamed = run.call(lambda client: client.fields.update(DEPARTMENT.id, FieldUpdate(name="Team")))
    assert (renamed.name, renamed.settings) == ("Team", DEPARTMENT.settings)

    rule = FieldRule(mandatory=True, display=FieldDisplay.STANDALONE)
    settings = FieldSettings(expenses=rule, revenue=rule)
    ruled = run.call(lambda client: client.fields.update(DEPARTMENT.id, FieldUpdate(name="Team", settings=settings)))
    assert ruled.settings == settings


def test_a_free_tag_cannot_be_mandatory(run: Runner[Client]) -> None:
    settings = FieldSettings(expenses=FieldRule(mandatory=True, display=FieldDisplay.FREE_TAG))
    with pytest.raises(BadRequestError, match="mandatory"):
        run.call(lambda client: client.fields.update(DEPARTMENT.id, FieldUpdate(name="Team", settings=settings)))


def test_field_values(run: Runner[Client]) -> None:
    added = run.call(lambda client: client.fields.add_value(DEPARTMENT.id, NewFieldValue(name=" Legal ")))
    legal = added.values[-1]
    assert legal.name == "Legal"

    renamed = run.call(lambda client: client.fields.update_value(DEPARTMENT.id, legal.id, NewFieldValue(name="Law")))
    assert renamed.values[-1] == attrs.evolve(legal, name="Law")

    left = run.call(lambda client: client.fields.delete_value(DEPARTMENT.id, legal.id))
    assert left.values == DEPARTMENT.values
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.fields.delete_value(DEPARTMENT.id, legal.id))


def test_a_value_exists_once_whatever_its_blanks(run: Runner[Client]) -> None:
    with pytest.raises(BadRequestError, match='Value "Sales" already exists'):
        run.call(lambda client: client.fields.add_value(DEPARTMENT.id, NewFieldValue(name=" Sales ")))


def test_last_closed_period(run: Runner[Client], standin: StandIn) -> None:
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.book_periods.last_closed())

    standin.close_books(date(2026, 2, 28))
    closed = run.call(lambda client: client.book_periods.last_closed())

    assert (closed.start, closed.end) == (date(2026, 2, 1), date(2026, 2, 28))
    assert (closed.status, closed.closed_on) == (BookStatus.CLOSED, date(2026, 4, 1))


def test_trial_balance(run: Runner[Client]) -> None:
    run.call(lambda client: client.charges.create(CHARGE))
    report = run.call(lambda client: client.reports.trial_balance(from_date=DAY, to_date=DAY, subsidiary_id=AMERICA.id))

    zero, spent = Money(Decimal(0), "USD"), Money(Decimal("149.50"), "USD")
    rows = {row.code: (row.debit_total, row.credit_total) for row in report.accounts}
    assert rows == {TRAVEL: (spent, zero), CARD: (zero, spent)}
    assert (report.currency, report.totals.debit_total, report.totals.credit_total) == ("USD", spent, spent)
    assert (report.period.from_date, report.period.to_date) == (DAY, DAY)


def test_trial_balance_begins_with_what_was_before(run: Runner[Client]) -> None:
    run.call(lambda client: client.charges.create(CHARGE))
    report = run.call(
        lambda client: client.reports.trial_balance(
            from_date=DAY + timedelta(days=1), to_date=DAY + timedelta(days=1), subsidiary_id=AMERICA.id
        )
    )

    before = {row.code: (row.beginning_balance.amount, row.ending_balance.amount) for row in report.accounts}
    assert before == {TRAVEL: (Decimal("149.5"), Decimal("149.5")), CARD: (Decimal("-149.5"), Decimal("-149.5"))}
    assert report.totals.debit_total.amount == 0


def test_a_trial_balance_from_the_last_day_to_the_first_is_refused(run: Runner[Client]) -> None:
    with pytest.raises(BadRequestError, match="to_date must not be before from_date"):
        run.call(
            lambda client: client.reports.trial_balance(
                from_date=DAY, to_date=DAY - timedelta(days=1), subsidiary_id=AMERICA.id
            )
        )


def test_trial_balance_across_currencies_is_more_than_the_standin_knows(run: Runner[Client]) -> None:
    with pytest.raises(BadRequestError, match="one subsidiary"):
        run.call(lambda client: client.reports.trial_balance(from_date=DAY, to_date=DAY))


def test_a_field_cannot_be_read_alone(run: Runner[Client]) -> None:
    with pytest.raises(StatusError) as caught:
        run.call(lambda client: client.execute(Request(method="GET", path=f"/fields/{DEPARTMENT.id}")))
    assert (caught.value.status, caught.value.headers["allow"]) == (405, "PUT")
