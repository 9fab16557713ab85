"""The stand-in refuses what Rillet refuses, and overlooks what Rillet overlooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import attrs
import pytest

from clientkit import codec
from clientkit.testing import Asked
from clientkit.wire import Answer
from rillet import (
    BadRequestError,
    Charge,
    Client,
    ConfigurationError,
    ExchangeRate,
    ExpenseTax,
    ExternalReference,
    ExternalReferenceTypeNotFoundError,
    Field,
    FieldAssignment,
    FieldRule,
    FieldSettings,
    Money,
    NewCharge,
    NewExpenseItem,
    NewVendor,
    TaxCoverage,
    TaxType,
)
from rillet.testing import StandIn, account, subsidiary
from support.clocks import ManualClock
from support.rillet.books import (
    AMERICA,
    CARD,
    CHARGE,
    CLOSED_ACCOUNT,
    DAY,
    DEPARTMENT,
    EMPLOYEE,
    ENGINEERING,
    EUR_TO_USD,
    PAYABLE,
    REIMBURSEMENT,
    SALES,
    START,
    TRAVEL,
    books,
    charge,
    item,
)


@pytest.fixture
def client(standin: StandIn) -> Client:
    return standin.client()


def ask(
    standin: StandIn,
    method: str,
    path: str,
    body: object = None,
    *,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request of somebody who does not use the client."""
    content = body if isinstance(body, bytes) else codec.dumps(body) if body is not None else b""
    return standin.respond(
        Asked(
            method=method,
            path=path,
            query={name: (value,) for name, value in (query or {}).items()},
            headers={"authorization": f"Bearer {standin.api_key}", **(headers or {})},
            content=content,
        )
    )


def refused(client: Client, asked: NewCharge) -> BadRequestError:
    with pytest.raises(BadRequestError) as caught:
        client.charges.create(asked)
    assert caught.value.trace_id
    return caught.value


def fields_of(error: BadRequestError) -> Sequence[str]:
    return [violation.field for violation in error.violations]


@pytest.mark.parametrize("key", ["", "key of acme", "key\n"])
def test_a_key_that_no_client_takes_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match="api_key is empty or holds"):
        Client(key)
    with pytest.raises(ConfigurationError, match="api_key of the stand-in is empty or holds"):
        StandIn(api_key=key)


def test_the_type_of_a_reference_must_exist(standin: StandIn, client: Client) -> None:
    asked = attrs.evolve(CHARGE, external_references=[ExternalReference(type="unheard-of", id="1")])
    error = refused(client, asked)

    assert isinstance(error, ExternalReferenceTypeNotFoundError)
    assert error.code == "external_reference_type_not_found"

    standin.reference_types.add("unheard-of")
    assert client.charges.create(asked).external_references == tuple(asked.external_references)


def test_a_reference_stands_once(client: Client) -> None:
    twice = [ExternalReference(type="brex", id="1")] * 2
    assert fields_of(refused(client, attrs.evolve(CHARGE, external_references=twice))) == ["external_references"]


def test_a_charge_needs_a_credit_card_account(client: Client) -> None:
    error = refused(client, attrs.evolve(CHARGE, credit_card_account_code=PAYABLE))
    assert f"{PAYABLE} is not a credit card account" in str(error)


@pytest.mark.parametrize("code", ["00000", CLOSED_ACCOUNT])
def test_accounts_must_exist_and_be_active(client: Client, code: str) -> None:
    on_a_line = refused(client, charge(item("1.00"), item("1.00", "USD", code)))
    as_card = refused(client, attrs.evolve(CHARGE, credit_card_account_code=code))

    assert fields_of(on_a_line) == ["items[1].account_code"]
    assert fields_of(as_card) == ["credit_card_account_code"]
    assert code in str(on_a_line)


def test_an_account_made_inactive_takes_no_more_postings(standin: StandIn, client: Client) -> None:
    client.charges.create(CHARGE)
    standin.put(account(TRAVEL, "Travel", active=False))
    refused(client, CHARGE)


def test_the_vendor_must_exist(standin: StandIn, client: Client) -> None:
    assert fields_of(refused(client, attrs.evolve(CHARGE, vendor_id="nobody"))) == ["vendor_id"]
    client.vendors.delete(EMPLOYEE.id)
    with pytest.raises(BadRequestError):
        client.reimbursements.create(REIMBURSEMENT)
    assert standin.reimbursements == ()


@pytest.mark.parametrize("amount", [Money(Decimal("1.001"), "USD"), Money(Decimal("1.5"), "JPY")])
def test_amounts_have_the_places_of_their_currency(client: Client, amount: Money) -> None:
    line = NewExpenseItem(account_code=TRAVEL, amount=amount)
    error = refused(client, attrs.evolve(CHARGE, items=[line, line]))

    assert fields_of(error) == ["items[0].amount", "items[1].amount"]
    assert all("rounded" in violation.message for violation in error.violations)


def _mandatory() -> Field:
    settings = DEPARTMENT.settings
    assert settings is not None
    assert settings.expenses is not None
    rule = FieldRule(mandatory=True, display=settings.expenses.display)
    return attrs.evolve(DEPARTMENT, settings=FieldSettings(expenses=rule))


def test_a_mandatory_field_is_wanted_on_every_line(standin: StandIn, client: Client) -> None:
    standin.put(_mandatory())
    coded = item("1.00", "USD", TRAVEL, ENGINEERING)

    error = refused(client, charge(coded, item("1.00")))
    assert (fields_of(error), "Department" in str(error)) == (["items[1].fields"], True)
    client.charges.create(charge(coded))
    client.vendors.create(NewVendor(name="not an expense"))


def test_only_values_that_exist_and_are_active_can_be_assigned(client: Client) -> None:
    nowhere = FieldAssignment(field_id="none", field_value_id="none")
    no_value = attrs.evolve(ENGINEERING, field_value_id="none")

    assert '"Sales" is deactivated' in str(refused(client, charge(item("1.00", "USD", TRAVEL, SALES))))
    for wrong in (nowhere, no_value):
        refused(client, charge(item("1.00", "USD", TRAVEL, wrong)))
        with pytest.raises(BadRequestError):
            client.vendors.create(NewVendor(name="x", fields=[wrong]))


def test_deleting_a_value_that_is_in_use_retires_it(client: Client) -> None:
    made = client.charges.create(charge(item("1.00", "USD", TRAVEL, ENGINEERING)))
    left = client.fields.delete_value(ENGINEERING.field_id, ENGINEERING.field_value_id)

    assert [(value.name, value.deactivated) for value in left.values] == [("Engineering", True), ("Sales", True)]
    assert client.charges.get(made.id).items[0].fields == (ENGINEERING,)


def test_nothing_is_posted_into_a_closed_period(standin: StandIn, client: Client) -> None:
    made = client.charges.create(CHARGE)
    standin.close_books(DAY)

    assert "closed" in str(refused(client, CHARGE))
    refused(client, attrs.evolve(CHARGE, charge_date=DAY + timedelta(days=1), impact_date=DAY))
    with pytest.raises(BadRequestError, match="closed"):
        client.charges.delete(made.id)
    assert standin.charges == (made,)
    client.charges.create(attrs.evolve(CHARGE, impact_date=DAY + timedelta(days=1)))


FOREIGN = charge(item("10.00", "EUR"))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (FOREIGN, "missing an exchange rate"),
        (
            attrs.evolve(FOREIGN, exchange_rate=ExchangeRate(base="USD", target="EUR", rate=Decimal("0.92"), date=DAY)),
            "from EUR to USD",
        ),
        (attrs.evolve(FOREIGN, exchange_rate=attrs.evolve(EUR_TO_USD, rate=Decimal(0))), "positive"),
        (attrs.evolve(CHARGE, exchange_rate=EUR_TO_USD), "from USD to itself"),
        (charge(item("1.00"), item("1.00", "EUR")), "one currency"),
    ],
)
def test_exchange_rates_lead_from_the_document_to_the_subsidiary(client: Client, asked: NewCharge, says: str) -> None:
    assert says in str(refused(client, asked))


def test_a_rate_of_one_is_wanted_across_currencies(client: Client) -> None:
    rate = attrs.evolve(EUR_TO_USD, rate=Decimal(1))
    assert client.charges.create(attrs.evolve(FOREIGN, exchange_rate=rate)).exchange_rate == rate


def test_the_subsidiary_may_be_left_out_where_there_is_one(client: Client) -> None:
    nobodys = attrs.evolve(CHARGE, subsidiary_id=None)
    assert fields_of(refused(client, nobodys)) == ["subsidiary_id"]
    assert fields_of(refused(client, attrs.evolve(CHARGE, subsidiary_id="none"))) == ["subsidiary_id"]

    single = StandIn(subsidiaries=[AMERICA], vendors=books().vendors)
    assert single.client().charges.create(nobodys).subsidiary_id == AMERICA.id


def test_a_charge_has_lines(client: Client) -> None:
    assert fields_of(refused(client, attrs.evolve(CHARGE, items=[]))) == ["items"]


def _taxed(coverage: TaxCoverage, currency: str = "USD") -> NewCharge:
    tax = ExpenseTax(
        tax_amount=Money(Decimal("1.90"), currency),
        percentage=Decimal(19),
        country="DE",
        type=TaxType.VAT,
        description="VAT",
        coverage=coverage,
    )
    return charge(attrs.evolve(item("10.00"), tax_rate=tax))


def test_a_tax_on_top_costs_more(standin: StandIn, client: Client) -> None:
    client.charges.create(_taxed(TaxCoverage.INCLUSIVE))
    assert standin.ledger.balance(CARD) == Decimal("-10.00")
    client.charges.create(_taxed(TaxCoverage.EXCLUSIVE))
    assert standin.ledger.balance(CARD) == Decimal("-21.90")
    assert fields_of(refused(client, _taxed(TaxCoverage.INCLUSIVE, "EUR"))) == ["items[0].tax_rate"]


def test_vat_is_on_an_account_of_its_own_and_sales_tax_is_not(standin: StandIn, client: Client) -> None:
    vat = _taxed(TaxCoverage.EXCLUSIVE)
    (line,) = vat.items
    assert line.tax_rate is not None
    client.charges.create(vat)
    assert standin.ledger.balance("22500") == Decimal("1.90")
    assert standin.ledger.balance(line.account_code) == Decimal("10.00")

    sales_tax = attrs.evolve(line, tax_rate=attrs.evolve(line.tax_rate, type=TaxType.SALES_TAX))
    client.charges.create(charge(sales_tax))
    assert standin.ledger.balance("22500") == Decimal("1.90")
    assert standin.ledger.balance(line.account_code) == Decimal("21.90")


@pytest.mark.parametrize(
    ("vendor", "field"),
    [
        (NewVendor(name=" "), "name"),
        (NewVendor(name="x", payment_terms=181), "payment_terms"),
        (NewVendor(name="x", account_code="none"), "account_code"),
    ],
)
def test_vendors_are_checked(client: Client, vendor: NewVendor, field: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        client.vendors.create(vendor)
    assert fields_of(caught.value) == [field]


def test_unknown_fields_of_a_body_are_ignored(standin: StandIn) -> None:
    answer = ask(standin, "POST", "/vendors", {"name": "x", "paymentTerms": 3})

    assert answer.status == 200
    assert "paymentTerms" not in answer.content.decode()


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b'{"name": NaN}', b'{"name": 1}', b"[]", b"{}"])
def test_a_body_that_does_not_fit_is_refused(standin: StandIn, body: bytes) -> None:
    answer = ask(standin, "POST", "/vendors", body)

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_wrong_part_is_named_once_whatever_it_says(standin: StandIn) -> None:
    line = {"account_code": TRAVEL, "amount": {"amount": "12; 50 @ $.x", "currency": "EUR"}}
    body = codec.structure(codec.parse(codec.dumps(CHARGE)), dict[str, object])
    answer = ask(standin, "POST", "/charges", {**body, "items": [line]})

    problem = codec.structure(codec.parse(answer.content), dict[str, object])
    assert problem["violations"] == [
        {"field": "items[0].amount.amount", "message": "'12; 50 @ $.x' is not a decimal number"}
    ]


def test_a_wrong_part_of_a_body_is_named(standin: StandIn) -> None:
    body = codec.structure(codec.parse(codec.dumps(CHARGE)), dict[str, object])
    answer = ask(standin, "POST", "/charges", {**body, "items": [{"account_code": 7}], "charge_date": "tomorrow"})

    assert answer.status == 400
    problem = codec.structure(codec.parse(answer.content), dict[str, object])
    named = {each["field"] for each in codec.structure(problem["violations"], list[dict[str, str]])}
    assert named >= {"charge_date", "items[0].account_code"}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/charges", {"limit": "0"}),
        ("/charges", {"limit": "101"}),
        ("/charges", {"limit": "ten"}),
        ("/charges", {"updated.gt": "2026-01-01T00:00:00+00:00"}),
        ("/charges", {"updated.gt": "2026-01-01T00:00:00+02:00"}),
        ("/charges", {"updated.gt": "yesterday"}),
        ("/reports/trial-balance", {"from_date": "2026-01-01"}),
        ("/reports/trial-balance", {"from_date": "2026-01-01", "to_date": "2026-02-30"}),
    ],
)
def test_queries_are_checked(standin: StandIn, path: str, query: dict[str, str]) -> None:
    assert ask(standin, "GET", path, query=query).status == 400


def test_paths_and_methods(standin: StandIn) -> None:
    assert ask(standin, "GET", "/nothing").status == 404
    assert ask(standin, "GET", "/charges/a/b").status == 404
    assert ask(standin, "PATCH", "/charges").headers["allow"] == "GET, POST"
    assert ask(standin, "GET", "/health").status == 200
    assert ask(standin, "GET", "/api-key").status == 200
    assert ask(standin, "GET", "/api-key", headers={"authorization": "Bearer other"}).status == 401


def test_every_answer_has_a_trace_id_of_its_own(standin: StandIn) -> None:
    answers = [ask(standin, "GET", path) for path in ("/accounts", "/nothing", "/charges")]
    assert len({answer.headers["x-trace-id"] for answer in answers}) == 3


def test_answers_are_written_as_rillet_writes_them() -> None:
    clock = ManualClock(START)
    standin = books(clock)
    for micros, text in ((0, "12:00:00Z"), (120_000, "12:00:00.12Z"), (123_456, "12:00:00.123456Z")):
        clock.now = START + timedelta(microseconds=micros)
        answer = ask(standin, "POST", "/charges", codec.unstructure(charge(item("10.00"), item("0.50"))))
        written = codec.structure(codec.parse(answer.content), dict[str, object])

        assert f'"updated_at":"2026-04-01T{text}"' in answer.content.decode()
        assert '"amount":"10"' in answer.content.decode()
        assert '"amount":"0.5"' in answer.content.decode()
        assert written["external_references"] == []
        assert "exchange_rate" not in written
        assert written["impact_date"] == str(DAY)


def test_the_last_page_has_an_empty_pagination(standin: StandIn) -> None:
    assert b'"pagination":{}' in ask(standin, "GET", "/vendors").content
    assert b'"pagination":{"next_cursor":' in ask(standin, "GET", "/vendors", query={"limit": "1"}).content


def test_by_update_the_last_change_comes_first(standin: StandIn, client: Client) -> None:
    oldest = standin.vendors[0]
    client.vendors.update(oldest.id, NewVendor(name="changed"))

    by_update = ask(standin, "GET", "/vendors", query={"sort_by": "updated", "limit": "1"}).content
    assert b'"name":"changed"' in by_update
    assert b'"name":"changed"' not in ask(standin, "GET", "/vendors", query={"limit": "1"}).content


def test_ids_are_the_same_in_every_run() -> None:
    made = [StandIn(subsidiaries=[AMERICA], vendors=books().vendors, seed=seed) for seed in (1, 1, 2)]
    found: list[Charge] = [each.client().charges.create(CHARGE) for each in made]
    assert found[0].id == found[1].id != found[2].id


def test_a_new_subsidiary_can_be_used_at_once(standin: StandIn, client: Client) -> None:
    japan = subsidiary("Example K.K.", "JPY")
    standin.put(japan)

    made = client.charges.create(charge(item("1000", "JPY"), subsidiary_id=japan.id))
    report = client.reports.trial_balance(from_date=date(2026, 1, 1), to_date=DAY, subsidiary_id=japan.id)
    assert (made.subsidiary_id, report.currency, report.totals.debit_total.amount) == (japan.id, "JPY", Decimal(1000))
