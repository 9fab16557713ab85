"""The JSON Schema of values, by which FastAPI describes what it answers and takes."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import attrs
import pytest

pytest.importorskip("fastapi", reason="fastapi of the extra `dev` is not installed")

from fastapi import Body, FastAPI
from jsonschema import Draft202012Validator, ValidationError
from pydantic import TypeAdapter

import brex_accounting
import rillet
from brex_accounting import Record
from brex_accounting.testing.records import card_expense, gl
from clientkit import Model
from rillet import Charge, Money, NewCharge, NewExpenseItem, Vendor
from rillet.testing import StandIn, vendor


def charge() -> Charge:
    ada = vendor("Ada")
    item = NewExpenseItem(account_code="61000", amount=Money(Decimal("42.75"), "USD"))
    new = NewCharge(vendor_id=ada.id, items=[item], charge_date=date(2026, 9, 1), credit_card_account_code="21120")
    return StandIn(vendors=[ada]).client().charges.create(new)


def kinds() -> list[type[Any]]:
    named: list[Any] = [getattr(each, name) for each in (rillet, brex_accounting) for name in each.__all__]
    classes: list[type[Any]] = [each for each in named if isinstance(each, type)]
    return [each for each in classes if issubclass(each, Model) and attrs.has(each)]


def check(value: object, kind: type[Model]) -> None:
    validator: Any = Draft202012Validator(TypeAdapter(kind).json_schema())
    validator.validate(value)


def components(api: FastAPI) -> dict[str, Any]:
    found: dict[str, Any] = api.openapi()["components"]["schemas"]
    return found


def test_openapi_shows_the_fields_of_a_value_and_the_classes_in_it() -> None:
    api = FastAPI()

    @api.get("/charges")
    def charges() -> list[Charge]:
        return []

    @api.post("/charges")
    def create(new: Annotated[NewCharge, Body()]) -> Charge:
        raise NotImplementedError(new)

    described = components(api)
    assert described["Charge"]["required"][:2] == ["id", "vendor_id"]
    assert described["Charge"]["properties"]["items"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/ExpenseItem"},
    }
    assert described["NewCharge"]["properties"]["charge_date"] == {"type": "string", "format": "date"}
    money = described["Money"]["properties"]
    assert (money["amount"]["type"], money["amount"]["format"]) == ("string", "decimal")
    answered = api.openapi()["paths"]["/charges"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answered["items"] == {"$ref": "#/components/schemas/Charge"}


def test_enums_are_open_and_fields_have_the_names_of_the_json() -> None:
    api = FastAPI()

    @api.get("/record")
    def record() -> Record:
        raise NotImplementedError

    properties = components(api)["Record"]["properties"]
    status = next(each for each in properties["review_status"].get("anyOf", [properties["review_status"]]))
    assert "enum" not in status
    assert "READY_FOR_EXPORT" in status["examples"]
    assert "extra" not in properties


@pytest.mark.parametrize(
    "value",
    [card_expense("42.75", coding=[gl("61000")], merchant="Ada"), charge(), vendor("Ada"), Money(Decimal(-1), "USD")],
    ids=lambda each: type(each).__name__,
)
def test_the_json_of_a_value_fits_its_schema(value: Model) -> None:
    check(value.to_dict(), type(value))


def test_what_the_sdk_does_not_read_does_not_fit() -> None:
    for wrong in ({"id": "1"}, {"id": "1", "name": 3}, {"id": "1", "name": "Ada", "address": "Berlin"}):
        with pytest.raises(ValidationError):
            check(wrong, Vendor)


def test_every_class_of_both_services_has_a_schema() -> None:
    assert len(kinds()) > 150
    for kind in kinds():
        schema = TypeAdapter(kind).json_schema()
        Draft202012Validator.check_schema(schema)
        assert schema.get("title", kind.__name__) == kind.__name__
        referred = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))
        assert referred <= schema.get("$defs", {}).keys()
