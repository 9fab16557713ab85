"""Values of the services: out into JSON and back, printed, and shown in notebooks."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Annotated

import httpx
import pytest

pytest.importorskip("fastapi", reason="fastapi of the extra `dev` is not installed")

from fastapi import Body, FastAPI
from fastapi.encoders import jsonable_encoder
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import brex_accounting
import rillet
from brex_accounting import Amount, Record
from brex_accounting.testing import StandIn
from brex_accounting.testing.records import card_expense, gl
from clientkit import CodecError, Model
from clientkit.model import ShownBriefly
from clientkit.paging import Pager
from clientkit.showing import MOST_ROWS
from rillet import Money, NewCharge, NewExpenseItem, NewVendor, Vendor
from rillet.testing import StandIn as RilletStandIn
from rillet.testing import vendor


def test_an_amount_prints_as_people_read_it() -> None:
    for amount in (Amount(amount=Decimal("1234.50"), currency="USD"), Money(Decimal("1234.50"), "USD")):
        assert str(amount) == "1234.50 USD"
        assert f"{amount}" == "1234.50 USD"
        assert f"{amount:f}" == "1234.50 USD"
        assert f"{amount:,.2f}" == "1,234.50 USD"
        with pytest.raises(ValueError, match="formats no amount"):
            f"{amount:spam}"


def test_a_record_becomes_json_and_comes_back() -> None:
    record = card_expense("42.75", coding=[gl("61100")], merchant="Ada")
    plain = record.to_dict()
    assert plain["amount"] == {"amount": "42.75", "currency": "USD"}
    assert json.loads(json.dumps(plain)) == json.loads(record.to_json()) == plain
    assert Record.from_dict(plain).to_dict() == plain
    assert Record.from_dict(plain).amount == record.amount
    assert dict(record) == plain


@given(amount=st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_amounts_stay_exact_as_text(amount: Decimal) -> None:
    value = Money(amount, "USD")
    assert Money.from_dict(value.to_dict()) == value
    assert isinstance(value.to_dict()["amount"], str)


def test_unknown_fields_are_kept() -> None:
    sent = {"id": "v_1", "name": "Ada", "shoe_size": {"eu": [44, None]}}
    assert Vendor.from_dict(sent).to_dict() == sent


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(CodecError, match="name"):
        Vendor.from_dict({"id": "v_1", "name": 3})


def test_every_value_of_both_services_is_a_model() -> None:
    kinds = [rillet.Vendor, rillet.Bill, rillet.TrialBalance, brex_accounting.Record, brex_accounting.Tokens]
    assert all(issubclass(each, Model) for each in kinds)


def test_a_notebook_shows_a_value_its_lists_and_no_markup() -> None:
    html = card_expense("42.75", coding=[gl("61100")], merchant="<script>x</script>")._repr_html_()
    assert "42.75 USD" in html
    assert "line_items: 2" in html
    assert "<script>" not in html


def test_a_notebook_shows_no_secret() -> None:
    made = brex_accounting.WebhookSecret(secret="whsec_hidden", status=brex_accounting.WebhookSecretStatus.ACTIVE)
    assert "whsec_hidden" not in made._repr_html_()


def test_a_trial_balance_is_a_table() -> None:
    client = RilletStandIn(vendors=[vendor("Ada")]).client()
    ada = client.vendors.list().first()
    assert ada is not None
    item = NewExpenseItem(account_code="61000", amount=Money(Decimal("42.75"), "USD"))
    day = date(2026, 9, 1)
    client.charges.create(NewCharge(vendor_id=ada.id, items=[item], charge_date=day, credit_card_account_code="21120"))
    html = client.reports.trial_balance(from_date=day, to_date=date(2026, 9, 30))._repr_html_()
    assert "42.75 USD" in html
    assert "<th>code</th>" in html
    assert "21120" in html


def test_a_listing_is_shown_by_its_first_page_and_nothing_more_is_asked() -> None:
    standin = RilletStandIn(vendors=[vendor(f"Vendor {n:03}") for n in range(130)])
    pager = standin.client().vendors.list(limit=100)
    assert repr(pager) == "<Pager of /vendors>"
    assert standin.asked == []
    html = pager._repr_html_()
    assert html.count("<tr>") == MOST_ROWS + 2
    assert "the first 100" in html
    assert "and 60 more" in html
    assert len(standin.asked) == 1


def printed(value: object) -> str:
    out = StringIO()
    Console(width=120, file=out).print(value)
    return out.getvalue()


def test_a_terminal_shows_a_value_and_its_lists_as_tables_without_markup() -> None:
    text = printed(card_expense("42.75", coding=[gl("61100")], merchant="[bold]x[/]\x1b[2J"))
    assert "vendor  " in text
    assert "[bold]x[/]\ufffd[2J" in text
    assert "line_items: 2" in text
    assert "42.75 USD" in text


def test_a_terminal_shows_the_first_page_of_a_listing() -> None:
    standin = RilletStandIn(vendors=[vendor(f"Vendor {n:03}") for n in range(130)])
    text = printed(standin.client().vendors.list(limit=100))
    assert "/vendors: the first 100" in text
    assert "Vendor 129" in text
    assert "and 60 more" in text
    assert len(standin.asked) == 1


def test_a_listing_tells_its_first_item_and_its_total() -> None:
    brex = StandIn([card_expense("1", record_id="accr_1"), card_expense("2", record_id="accr_2")])
    with brex.client() as client:
        assert client.records.list(ids=[]).first() is None
        first = client.records.list(limit=1).first()
        assert first is not None
        assert first.id in {"accr_1", "accr_2"}
        assert len(brex.asked) == 1
    with RilletStandIn(vendors=[vendor("Ada")]).client() as books:
        assert books.vendors.list().total() is None


def test_a_listing_has_a_length_where_the_service_tells_and_reads_its_first_page_once() -> None:
    brex = StandIn([card_expense("1", record_id=f"accr_{number}") for number in range(5)])
    records = brex.client().records.list(limit=2)
    assert len(records) == 5
    assert len(list(records)) == 5
    assert records
    # list asks for the length, and three pages are five records.
    assert len(brex.asked) == 1 + 3


def test_a_page_that_was_read_for_the_length_begins_no_later_iteration() -> None:
    brex, seconds = StandIn([card_expense("1", record_id="accr_1")]), iter([0.0, 0.0, 10.0, 10.0, 10.0])
    client = brex.client()
    records = Pager(client, client.records.list.build(), clock=lambda: next(seconds))
    assert len(records) == 1
    brex.add(card_expense("2", record_id="accr_2"))
    assert {each.id for each in records} == {"accr_1", "accr_2"}


def test_a_listing_has_no_length_where_the_service_does_not_tell_and_nothing_is_asked_for_it() -> None:
    books = RilletStandIn(vendors=[vendor("Ada")])
    vendors = books.client().vendors.list()
    with pytest.raises(TypeError, match="does not tell how many /vendors has"):
        len(vendors)
    assert books.asked == []
    assert [each.name for each in list(vendors)] == ["Ada"]
    assert len(books.asked) == 1


def test_fastapi_answers_with_a_value_and_takes_one() -> None:
    app = FastAPI()
    hotel = vendor("Hotel Adlon")

    @app.get("/declared")
    def declared() -> Vendor:
        return hotel

    @app.get("/undeclared", response_model=None)
    def undeclared():  # type: ignore[no-untyped-def]
        return {"vendors": [hotel]}

    @app.post("/new")
    def new(body: Annotated[NewVendor, Body()]) -> NewVendor:
        return body

    async def answers() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            read = [await client.get(path) for path in ("/declared", "/undeclared", "/openapi.json")]
            return [*read, *[await client.post("/new", json={"name": name}) for name in ("Ada", 3)]]

    one, several, described, taken, refused = asyncio.run(answers())
    assert one.json() == hotel.to_dict()
    assert several.json() == {"vendors": [hotel.to_dict()]}
    assert described.status_code == 200
    assert taken.json() == {"name": "Ada"}
    assert refused.status_code == 422
    assert jsonable_encoder(Money(Decimal("19.99"), "USD")) == {"amount": "19.99", "currency": "USD"}


def kept_of(value: ShownBriefly) -> str:
    """The text that IPython keeps of a value."""
    return value._repr_mimebundle_()["text/plain"]


def test_a_notebook_keeps_little_text_of_a_long_value() -> None:
    long = card_expense("100", splits=[("1", [gl("61000")])] * 100)
    page = next(RilletStandIn().client().accounts.list().pages())
    for value, said in ((long, "Record(id="), (page, "Page(items=")):
        assert kept_of(value).startswith(said)
        assert len(kept_of(value)) <= 400
    assert kept_of(Money(Decimal(1), "USD")) == repr(Money(Decimal(1), "USD"))


def test_a_table_has_no_empty_row_and_counts_one_item_as_one() -> None:
    html = card_expense("5", coding=[gl("61000")], memo=None)._repr_html_()
    assert "<td>receipts</td>" not in html
    assert "<td>1 item</td>" in html
    zero = NewExpenseItem(account_code="61000", amount=Money(Decimal("-0"), "USD"))
    assert "<td>0.00 USD</td>" in zero._repr_html_()


def test_what_a_notebook_keeps_of_a_record_has_no_address_that_its_table_does_not_show() -> None:
    made = card_expense("1234.5", coding=[gl("61000")], user="Ada Example", record_id="accr_1")
    assert made.user is not None
    kept = kept_of(made)
    assert kept.startswith("Record(id='accr_1', amount=1,234.50 USD, ")
    assert "user=Ada Example" in kept
    for shown in (kept, made._repr_html_()):
        assert "Ada Example" in shown
        assert made.user.email not in shown
    assert made.user.email


def test_a_page_shows_as_a_table() -> None:
    shown = next(RilletStandIn().client().accounts.list().pages())._repr_html_()
    assert "<caption>Page: 13</caption>" in shown
    assert "Brex Card" in shown
