"""Changing a part of what Rillet replaces as a whole."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rillet
from clientkit.codec import structure
from rillet import Address, ExpenseItem, Money, NewExpenseItem, Vendor
from rillet.errors import ObjectChangedError
from rillet.payables.bills import AsyncBills, Bill, Bills
from rillet.payables.vendor_credits import AsyncVendorCredits, VendorCredits
from rillet.payables.vendors import AsyncVendors, Vendors
from rillet.treasury.bank_transactions import AsyncBankTransactions, BankTransactions
from support.scripted import WAYS, on, scripted, target

JsonObject = dict[str, Any]

TEXT = st.text(max_size=12)
DATE = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)).map(date.isoformat)
MONEY = st.fixed_dictionaries(
    {
        "amount": st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False).map("{:f}".format),
        "currency": st.sampled_from(["USD", "EUR"]),
    }
)
PLAIN = st.none() | st.booleans() | st.integers(-99, 99) | TEXT | st.lists(TEXT, max_size=2)
UNKNOWN = st.dictionaries(st.text("xyz", min_size=1, max_size=3).map("new_{}".format), PLAIN, max_size=2)


def thing(required: Mapping[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object as Rillet sends it: any optional field may be missing or null, and fields nobody knows may be there."""
    fields = {name: st.none() | values for name, values in optional.items()}
    documented = st.fixed_dictionaries(dict(required), optional=fields)
    return st.builds(_both, documented, UNKNOWN)


def _both(known: JsonObject, unknown: JsonObject) -> JsonObject:
    return {**unknown, **known}


def some(each: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(each, max_size=2)


FIELDS = some(thing({"field_id": TEXT, "field_value_id": TEXT}))
REFERENCES = some(thing({"type": TEXT, "id": TEXT}, url=TEXT))
TAX = thing(
    {
        "tax_amount": MONEY,
        "percentage": st.integers(0, 100),
        "country": TEXT,
        "type": st.sampled_from(["VAT", "SALES_TAX", "NEW_TAX"]),
        "description": TEXT,
        "coverage": st.sampled_from(["INCLUSIVE", "EXCLUSIVE"]),
    },
    tax_code=TEXT,
)
LINE_BASICS = {"id": TEXT, "account_code": TEXT, "amount": MONEY}
LINE = thing(
    LINE_BASICS, description=TEXT, tax_rate=TAX, service_period=thing({"start": DATE, "end": DATE}), fields=FIELDS
)
ADDRESS = thing(dict.fromkeys(("line1", "city", "state", "zip_code", "country"), TEXT), line2=TEXT)
RATE = thing({"base": TEXT, "target": TEXT, "rate": st.sampled_from(["1", "1.25"]), "date": DATE})
UPDATED_AT = st.just("2026-03-01T10:00:00.123Z")


class Modify(Protocol):
    def __call__(self, client: rillet.Client, **changes: Any) -> object: ...


@attrs.frozen
class Family:
    """One kind of object: its path, what Rillet sends, what of it must not be sent back, and how it is modified."""

    path: str
    answers: st.SearchStrategy[JsonObject]
    own: frozenset[str]
    own_of_lines: frozenset[str]
    modify: Modify


FAMILIES = {
    "vendor": Family(
        "/vendors/o1",
        thing(
            {"id": st.just("o1"), "name": TEXT},
            account_code=TEXT,
            address=ADDRESS,
            email=TEXT,
            payment_terms=st.integers(0, 180),
            external_references=REFERENCES,
            ten_ninety_nine_eligible=st.booleans(),
            tax_id=TEXT,
            fields=FIELDS,
            updated_at=UPDATED_AT,
        ),
        frozenset({"id", "updated_at"}),
        frozenset(),
        lambda client, **changes: on(client, Vendors, AsyncVendors).modify("o1", **changes),
    ),
    "bill": Family(
        "/bills/o1",
        thing(
            {
                "id": st.just("o1"),
                "vendor_id": TEXT,
                "expense_number": TEXT,
                "items": some(LINE),
                "bill_date": DATE,
                "due_date": DATE,
                "status": st.sampled_from(["UNPAID", "NEW_STATUS"]),
            },
            impact_date=DATE,
            subsidiary_id=TEXT,
            external_references=REFERENCES,
            exchange_rate=RATE,
            updated_at=UPDATED_AT,
        ),
        frozenset({"id", "status", "subsidiary_id", "updated_at"}),
        frozenset({"id"}),
        lambda client, **changes: on(client, Bills, AsyncBills).modify("o1", **changes),
    ),
    "vendor credit": Family(
        "/vendor-credits/o1",
        thing(
            {
                "id": st.just("o1"),
                "vendor_id": TEXT,
                "credit_number": TEXT,
                "date": DATE,
                "gl_impact_date": DATE,
                "status": st.just("UNAPPLIED"),
                "applied_amount": MONEY,
                "remaining_amount": MONEY,
                "line_items": some(
                    thing(
                        LINE_BASICS,
                        description=TEXT,
                        tax_rate=TAX,
                        fields=FIELDS,
                        net_amount=MONEY,
                        tax_amount=MONEY,
                    )
                ),
            },
            amount=MONEY,
            memo=TEXT,
            organization_id=TEXT,
            subsidiary_id=TEXT,
            applications=some(
                thing(
                    {"id": TEXT, "vendor_credit_id": TEXT, "bill_id": TEXT, "amount": MONEY, "application_date": DATE}
                )
            ),
            updated_at=UPDATED_AT,
        ),
        frozenset(
            {"id", "status", "organization_id", "subsidiary_id", "amount", "applied_amount", "remaining_amount"}
            | {"applications", "updated_at"}
        ),
        frozenset({"id", "net_amount", "tax_amount"}),
        lambda client, **changes: on(client, VendorCredits, AsyncVendorCredits).modify("o1", **changes),
    ),
    "bank transaction": Family(
        "/bank-transactions/o1",
        thing(
            {
                "id": st.just("o1"),
                "bank_account_id": TEXT,
                "date": DATE,
                "name": TEXT,
                "merchant": TEXT,
                "net_amount": MONEY,
                "fee": MONEY,
                "pending": st.booleans(),
                "excluded": st.booleans(),
            },
            subsidiary_id=TEXT,
            external_references=REFERENCES,
        ),
        frozenset({"id", "subsidiary_id"}),
        frozenset(),
        lambda client, **changes: on(client, BankTransactions, AsyncBankTransactions).modify("o1", **changes),
    ),
}


def sendable(answer: JsonObject, family: Family) -> object:
    """What a PUT has to repeat of an answer: all of it but what is Rillet's own."""
    lines = {"items", "line_items"}
    return {
        name: [without(line, family.own_of_lines) for line in value] if name in lines else value
        for name, value in without(answer, family.own).items()
    }


def without(value: JsonObject, names: frozenset[str]) -> JsonObject:
    return {name: each for name, each in value.items() if name not in names}


def filled(value: object) -> object:
    """A value without fields that are null or an empty list: on the wire they mean the same as none at all."""
    if isinstance(value, dict):
        pairs: dict[str, object] = {name: filled(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # parsed JSON
        return {name: each for name, each in pairs.items() if each is not None and each != []}
    if isinstance(value, list):
        return [filled(each) for each in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # parsed JSON
    return value


def only(changes: Mapping[str, Any]) -> Callable[[Family], Callable[[rillet.Client], object]]:
    return lambda family: lambda client: family.modify(client, **changes)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FAMILIES)
@given(data=st.data())
def test_modify_without_changes_sends_back_all_that_was_read(name: str, way: str, data: st.DataObject) -> None:
    family = FAMILIES[name]
    answer = data.draw(family.answers)
    with scripted(way, answer, answer) as (run, service):
        run.call(only({})(family))
    read, written = service.asked
    assert target(read) == ("GET", family.path, {})
    assert target(written) == ("PUT", family.path, {})
    assert filled(written.json()) == filled(sendable(answer, family))


@pytest.mark.parametrize("way", WAYS)
@given(data=st.data(), email=TEXT.filter(bool), terms=st.integers(0, 180))
def test_a_change_changes_its_own_fields_alone(way: str, data: st.DataObject, email: str, terms: int) -> None:
    family = FAMILIES["vendor"]
    answer = data.draw(family.answers)
    with scripted(way, answer, answer) as (run, service):
        run.call(only({"email": email, "payment_terms": terms})(family))
    expected = {**answer, "email": email, "payment_terms": terms}
    assert filled(service.asked[1].json()) == filled(sendable(expected, family))


VENDOR: JsonObject = {
    "id": "v1",
    "name": "Acme",
    "email": "ap@acme.test",
    "address": {"line1": "1", "city": "c", "state": "TN", "zip_code": "z", "country": "US", "floor": 3},
    "fields": [{"field_id": "f1", "field_value_id": "x1"}],
    "updated_at": "2026-03-01T10:00:00Z",
    "approved": True,
}
BILL: JsonObject = {
    "id": "b1",
    "vendor_id": "v1",
    "expense_number": "7",
    "items": [{"id": "l1", "account_code": "60100", "amount": {"amount": "10", "currency": "USD"}, "new_flag": True}],
    "bill_date": "2026-03-01",
    "due_date": "2026-03-31",
    "status": "UNPAID",
}


def modify_vendor(based_on: Vendor | None = None, **changes: Any) -> Callable[[rillet.Client], Vendor]:
    return lambda client: on(client, Vendors, AsyncVendors).modify("v1", based_on=based_on, **changes)


@pytest.mark.parametrize("way", WAYS)
def test_modify_returns_what_the_service_made_of_it(way: str) -> None:
    with scripted(way, VENDOR, {**VENDOR, "name": "Acme Inc"}) as (run, _):
        assert run.call(modify_vendor(name="Acme Inc")).name == "Acme Inc"


@pytest.mark.parametrize("way", WAYS)
def test_none_empties_a_field(way: str) -> None:
    with scripted(way, VENDOR, VENDOR) as (run, service):
        run.call(modify_vendor(email=None, fields=None))
    assert service.asked[1].json() == {"name": "Acme", "address": VENDOR["address"], "approved": True}


@pytest.mark.parametrize("way", WAYS)
def test_a_field_that_does_not_exist_is_refused_with_those_that_do(way: str) -> None:
    known = "it has name, account_code, address, email, payment_terms, external_references"
    with scripted(way, VENDOR) as (run, service), pytest.raises(TypeError, match=f"no e_mail and no id; {known}"):
        run.call(modify_vendor(e_mail="x", id="v2"))
    assert [asked.method for asked in service.asked] == ["GET"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": None}, "name: "),
        ({"name": 7}, "name: .*name: a str is wanted, not an int"),
        ({"payment_terms": "30"}, "payment_terms: .*payment_terms: an int is wanted, not a str"),
        ({"address": {"line1": "2"}}, "address: .*address: an Address is wanted, not a dict"),
        ({"fields": ["x1"]}, r"fields: .*fields\[0\]: a FieldAssignment is wanted, not a str"),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_a_value_of_a_wrong_type_is_not_sent(way: str, changes: dict[str, Any], reason: str) -> None:
    change: Callable[[rillet.Client], object] = modify_vendor(**changes)
    with (
        scripted(way, VENDOR) as (run, service),
        pytest.raises(ValueError, match=f"the NewVendor cannot be sent with this {reason}"),
    ):
        run.call(change)
    assert [asked.method for asked in service.asked] == ["GET"]


@pytest.mark.parametrize("way", WAYS)
def test_a_change_based_on_an_older_state_is_not_sent(way: str) -> None:
    known = structure(VENDOR, Vendor)
    now = {**VENDOR, "email": "new@acme.test", "updated_at": "2026-03-02T10:00:00Z"}
    with scripted(way, now) as (run, service), pytest.raises(ObjectChangedError) as caught:
        run.call(modify_vendor(known, name="Acme Inc"))
    assert [asked.method for asked in service.asked] == ["GET"]
    assert (caught.value.kind, caught.value.fields) == ("Vendor", ("email", "updated_at"))
    assert "email, updated_at" in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.fields) == (str(caught.value), caught.value.fields)


@pytest.mark.parametrize("way", WAYS)
def test_a_change_based_on_the_present_state_is_sent(way: str) -> None:
    known = structure(VENDOR, Vendor)
    with scripted(way, VENDOR, VENDOR) as (run, service):
        run.call(modify_vendor(known, address=Address(line1="2", city="c", state="TN", zip_code="z", country="US")))
    assert [asked.method for asked in service.asked] == ["GET", "PUT"]


@pytest.mark.parametrize("way", WAYS)
def test_lines_that_were_read_stand_beside_new_ones(way: str) -> None:
    read = structure(BILL, Bill)
    lines: list[NewExpenseItem | ExpenseItem] = [
        *read.items,
        NewExpenseItem(account_code="60200", amount=Money(Decimal("1.5"), "USD")),
    ]
    with scripted(way, BILL, BILL) as (run, service):
        run.call(lambda client: on(client, Bills, AsyncBills).modify("b1", items=lines))
    sent = service.asked[1].json()
    assert isinstance(sent, dict)
    assert sent["items"] == [
        {"account_code": "60100", "amount": {"amount": "10", "currency": "USD"}, "new_flag": True},
        {"account_code": "60200", "amount": {"amount": "1.5", "currency": "USD"}},
    ]
