"""Every endpoint of the package against the facts of Brex's API: what is sent, and what may come back."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brex_accounting
from brex_accounting import Client, Page, Request
from brex_accounting.field_values import FieldValueChange, FieldValueId, FieldValueUpdate
from brex_accounting.fields import FieldGroup, NewField
from brex_accounting.testing import TOKEN, StandIn
from brex_accounting.testing.records import card_expense, gl
from clientkit import codec
from clientkit.endpoints import Listing, Operation
from clientkit.requests import PageRequest
from clientkit.transport import InProcess
from clientkit.wire import Answer
from support.descriptions.brex import (
    DESCRIBED,
    SPEC,
    Json,
    answers,
    closed,
    kinds,
    not_kept,
    problems,
    resolved,
)

#: Endpoints of Brex's other APIs, which the description does not hold (https://developer.brex.com/openapi/fields_api,
#: https://developer.brex.com/openapi/team_api and https://developer.brex.com/openapi/expenses_api).
ELSEWHERE: Mapping[str, str] = {
    "CompanyOperations.get": "GET /v2/company",
    "ExpenseOperations.get": "GET /v1/expenses/{}",
    "ExpenseOperations.list": "GET /v1/expenses",
    "ExpenseOperations.update_memo": "PUT /v1/expenses/card/{}",
    "FieldOperations.create": "POST /v1/fields",
    "FieldOperations.delete": "DELETE /v1/fields/{}",
    "FieldOperations.get": "GET /v1/fields/{}",
    "FieldOperations.list": "GET /v1/fields",
    "FieldOperations.update": "PUT /v1/fields/{}",
    "FieldValueOperations.create_batch": "POST /v1/fields/{}/values",
    "FieldValueOperations.delete_batch": "DELETE /v1/fields/{}/values",
    "FieldValueOperations.get": "GET /v1/fields/{}/values/{}",
    "FieldValueOperations.list": "GET /v1/fields/{}/values",
    "FieldValueOperations.update_batch": "PUT /v1/fields/{}/values",
    "LegalEntityOperations.get": "GET /v2/legal_entities/{}",
    "LegalEntityOperations.list": "GET /v2/legal_entities",
    "UserOperations.get": "GET /v2/users/{}",
    "UserOperations.list": "GET /v2/users",
    "UserOperations.me": "GET /v2/users/me",
}

#: Arguments that have to look like something.
BY_NAME: Mapping[str, object] = {"url": "https://books.example.com/hooks/brex"}

#: Classes with rules between their fields.
BY_KIND: Mapping[type, object] = {
    FieldValueId: FieldValueId(brex_id="x"),
    FieldValueUpdate: FieldValueUpdate(brex_id="x", data=FieldValueChange(value="x")),
    NewField: NewField(name="x", group=FieldGroup.ERP, integration_id="x"),
}


def _endpoints() -> Iterator[tuple[str, Operation[..., Any] | Listing[..., Any]]]:
    for module in pkgutil.iter_modules(brex_accounting.__path__, "brex_accounting."):
        if module.name == "brex_accounting.testing":
            continue
        for name, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if name.endswith("Operations") and kind.__module__ == module.name:
                for endpoint in vars(kind).values():
                    if isinstance(endpoint, Operation | Listing):
                        yield f"{name}.{endpoint._build.__name__}", endpoint


ENDPOINTS = dict(_endpoints())


def _value(kind: Any, *, name: str = "", whole: bool = False) -> Any:
    """A value of an annotated type; of a class of this package with all its fields, or with the necessary ones."""
    if name in BY_NAME or kind in BY_KIND:
        return BY_NAME.get(name) or BY_KIND[kind]
    arguments = [each for each in typing.get_args(kind) if each is not type(None)]
    origin = typing.get_origin(kind)
    if origin in {typing.Union, types.UnionType}:
        return _value(arguments[0], name=name, whole=whole)
    if origin is not None:
        return [_value(arguments[0], name=name.removesuffix("s"), whole=whole)]
    if attrs.has(kind):
        fields = [each for each in attrs.fields(attrs.resolve_types(kind)) if each.name != "extra"]
        wanted = [each for each in fields if whole or each.default is attrs.NOTHING]
        return kind(**{each.name: _value(each.type, name=each.name, whole=whole) for each in wanted})
    plain: Mapping[type, object] = {
        str: "x/1",
        int: 7,
        bool: True,
        date: date(2026, 1, 31),
        datetime: datetime(2026, 1, 31, 5, tzinfo=UTC),
    }
    return next(iter(kind)) if issubclass(kind, Enum) else plain[kind]


def _requests(endpoint: Operation[..., Any] | Listing[..., Any]) -> Iterator[Request[Any]]:
    """What the endpoint sends: with what it needs, with bodies in full, and with each of its options."""
    annotations = typing.get_type_hints(endpoint._build)
    parameters = list(inspect.signature(endpoint._build).parameters.values())[1:]
    needed = [each.name for each in parameters if each.default is inspect.Parameter.empty]
    options = [each.name for each in parameters if each.default is not inspect.Parameter.empty]
    least = {name: _value(annotations[name], name=name) for name in needed}
    whole = {name: _value(annotations[name], name=name, whole=True) for name in needed}
    for arguments in (
        least,
        whole,
        *({**whole, name: _value(annotations[name], name=name, whole=True)} for name in options),
    ):
        try:
            built = endpoint.build(**arguments)
        except ValueError:
            # An endpoint whose options need one another refuses some of these; every one of them accepts another.
            continue
        if isinstance(built, PageRequest):
            yield built.at(None)
            yield built.at("a cursor")
        else:
            yield built


def _label(request: Request[Any]) -> str | None:
    """The operation of the description that a request is for; a fixed path goes before one with variables."""
    for label, described in sorted(DESCRIBED.items(), key=lambda each: each[1].path.count("{")):
        pattern = re.sub(r"\{\w+\}", "[^/]+", described.path)
        if label.startswith(f"{request.method} ") and re.fullmatch(pattern, request.path):
            return label
    return None


def _labels(name: str) -> set[str | None]:
    return {_label(request) for request in _requests(ENDPOINTS[name])}


HERE = [name for name in ENDPOINTS if None not in _labels(name)]


def test_every_endpoint_is_described_or_listed_as_another_apis() -> None:
    assert all(_labels(name) for name in ENDPOINTS)
    targets = {
        name: {f"{request.method} {request.path.replace('x%2F1', '{}')}" for request in _requests(ENDPOINTS[name])}
        for name in ENDPOINTS.keys() - set(HERE)
    }
    assert targets == {name: {target} for name, target in ELSEWHERE.items()}


def test_every_described_operation_is_served() -> None:
    served = {label for name in HERE for label in _labels(name)}
    assert DESCRIBED.keys() - served == set()
    assert all(len(_labels(name)) == 1 for name in HERE)


def _typed(text: str, schema: Json) -> object:
    allowed = kinds(schema)
    if "boolean" in allowed:
        return {"true": True, "false": False}.get(text, text)
    return int(text) if {"integer", "number"} & set(allowed) and text.isdecimal() else text


@pytest.mark.parametrize("name", HERE)
def test_the_query_has_known_names_and_allowed_values(name: str) -> None:
    for request in _requests(ENDPOINTS[name]):
        described = DESCRIBED[_label(request) or ""]
        values = dict[str, list[str]]()
        for key, text in parse_qsl(request.target().partition("?")[2], keep_blank_values=True):
            values.setdefault(key, []).append(text)
        for key, texts in values.items():
            outer, _, inner = key.rstrip("]").partition("[")
            parameter = described.parameter("query", outer)
            assert parameter is not None, f"{key} is not a parameter of {request.path}"
            assert (parameter.get("style") == "deepObject") == bool(inner), f"{key} is written in the wrong style"
            schema = resolved(parameter["schema"])
            schema = resolved(schema["properties"][inner]) if inner else schema
            value = (
                [_typed(each, schema["items"]) for each in texts]
                if schema["type"] == "array"
                else _typed(texts[0], schema)
            )
            assert problems(value, schema) == []
            assert len(texts) == 1 or schema["type"] == "array"
        required = {each["name"] for each in described.parameters if each["in"] == "query" and each["required"]}
        assert required <= values.keys()


@pytest.mark.parametrize("name", HERE)
def test_the_body_has_what_is_required_and_nothing_unknown(name: str) -> None:
    for request in _requests(ENDPOINTS[name]):
        described = DESCRIBED[_label(request) or ""]
        assert (request.body is None) == (described.body is None)
        if described.body is not None:
            assert problems(json.loads(codec.dumps(request.body)), closed(described.body)) == []


@pytest.mark.parametrize("name", HERE)
def test_a_key_is_sent_where_it_is_required(name: str) -> None:
    for request in _requests(ENDPOINTS[name]):
        if DESCRIBED[_label(request) or ""].parameter("header", "Idempotency-Key") is not None:
            assert request.takes_key


@pytest.mark.parametrize("name", HERE)
def test_an_endpoint_reads_an_answer_exactly_where_there_is_one(name: str) -> None:
    for request in _requests(ENDPOINTS[name]):
        assert (request.returns is None) == (DESCRIBED[_label(request) or ""].returns is None)


def _received(request: Request[Any], body: object) -> Any:
    answer = Answer(status=200, headers={"content-type": "application/json"}, content=codec.write(body))
    with Client(TOKEN, transport=InProcess(lambda _: answer)) as client:
        return client.execute(request)


READING = [name for name in HERE if DESCRIBED[next(iter(_labels(name))) or ""].returns is not None]


@pytest.mark.parametrize("name", READING)
@settings(max_examples=50)
@given(data=st.data())
def test_any_conforming_answer_is_read_and_nothing_of_it_is_lost(name: str, data: st.DataObject) -> None:
    request = next(_requests(ENDPOINTS[name]))
    body = data.draw(answers(_label(request) or ""))

    received: list[Any] = [_received(request, body)]
    if isinstance(body, list):
        received = list(received[0])
    elif "items" in body:
        page: Page[Any] = received[0]
        assert page.next_cursor in {None, body.get("next_cursor")}
        body, received = body["items"], list(page.items)
    written = [codec.parse(codec.dumps(each)) for each in received]
    assert not_kept(body if isinstance(body, list) else [body], written) == []
    for each, plain in zip(received, written, strict=True):
        kind: type[Any] = each.__class__
        assert codec.structure(plain, kind) == each


@pytest.mark.parametrize("label", [label for label, described in DESCRIBED.items() if described.returns is not None])
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_generated_conforms(label: str, data: st.DataObject) -> None:
    returns = DESCRIBED[label].returns
    assert returns is not None
    body = data.draw(answers(label, tomorrow=False))
    assert problems(json.loads(codec.write(body)), returns) == []


def test_the_stand_in_answers_as_described() -> None:
    standin = StandIn([card_expense("42.750", coding=[gl("6100"), gl(None)], record_id="a"), card_expense("1")])
    with standin.client() as client:
        client.records.get("a")
        client.records.list().collect()
        client.export_results.report([brex_accounting.Exported(accounting_record_id="a")])
    for asked in list(standin.asked):
        label = _label(Request(method=asked.method, path=asked.path))
        answer = standin.respond(asked)
        schema = (
            DESCRIBED[label or ""].returns
            if answer.status == 200
            else SPEC["components"]["schemas"]["AccountingErrorResponse"]
        )
        assert schema is not None
        assert problems(json.loads(answer.content), schema) == []
    # The report is refused the second time.
    assert standin.respond(standin.asked[-1]).status == 422
