"""Every model of the package goes out or comes in somewhere, and lists in a query are joined as described."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

import rillet
from clientkit import codec
from clientkit.forms import Multipart
from rillet import webhooks
from support.descriptions.endpoints import Endpoint, endpoints
from support.descriptions.rillet import Described, operations, resolved

ENDPOINTS = endpoints()


def _classes(kind: Any, found: set[type]) -> set[type]:
    """The attrs classes that a type holds, at any depth."""
    for part in typing.get_args(kind):
        _classes(part, found)
    if isinstance(kind, type) and attrs.has(kind) and kind not in found:
        found.add(kind)
        for field in attrs.fields(attrs.resolve_types(kind)):
            _classes(field.type, found)
    return found


def _exchanged() -> set[type]:
    found = set[type]()
    for endpoint in ENDPOINTS:
        for hint in typing.get_type_hints(cast("Any", endpoint.build).func).values():
            _classes(hint, found)
    return _classes(webhooks.Event, found)


def _defined() -> Iterator[type]:
    for module in pkgutil.walk_packages(rillet.__path__, "rillet."):
        if not module.name.startswith("rillet.testing"):
            for name, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if kind.__module__ == module.name and attrs.has(kind) and not name.startswith("_"):
                    yield kind


def test_every_model_is_sent_or_received() -> None:
    unused = {kind.__name__ for kind in _defined()} - {kind.__name__ for kind in _exchanged()}
    assert not unused


def test_every_model_that_comes_in_keeps_what_it_does_not_know() -> None:
    received = set[type]()
    for endpoint in ENDPOINTS:
        _classes(typing.get_type_hints(cast("Any", endpoint.build).func)["return"], received)
    models = {kind for kind in received if kind.__module__.startswith("rillet.")}
    assert len(models) > 50
    assert {kind.__name__ for kind in models if "extra" not in attrs.fields_dict(kind)} == set()


def _lists() -> Iterator[tuple[Endpoint, Described, str]]:
    for endpoint in ENDPOINTS:
        (request, *_) = endpoint.requests(full=True)
        described = next((each for each in operations() if each.serves(request.method, request.path)), None)
        for name, parameter in (described.query if described else {}).items():
            if described is not None and resolved(parameter["schema"]).get("type") == "array":
                yield endpoint, described, name


def test_lists_in_a_query_are_joined_by_commas_where_the_description_says_so() -> None:
    found = list(_lists())
    assert found
    for endpoint, described, name in found:
        assert described.query[name]["explode"] is False
        for request in endpoint.requests(full=True):
            (text,) = parse_qs(urlsplit(request.target()).query)[name]
            assert len(text.split(",")) == 2


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_a_name_stands_once_in_a_query(endpoint: Endpoint) -> None:
    for request in endpoint.requests(full=True):
        assert all(len(values) == 1 for values in parse_qs(urlsplit(request.target()).query).values())


BODIES = [
    request.body
    for endpoint in ENDPOINTS
    for full in (False, True)
    for request in endpoint.requests(full=full)
    if attrs.has(type(request.body)) and not isinstance(request.body, Multipart)
]


@pytest.mark.parametrize("body", BODIES, ids=lambda each: type(each).__name__)
def test_what_is_sent_can_be_read_and_written_again(body: object) -> None:
    text = codec.dumps(body)
    again: object = codec.structure(codec.parse(text), type(body))
    assert codec.dumps(again) == text
