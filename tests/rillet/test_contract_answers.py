"""Every answer that Rillet's description allows can be read, with nothing lost, and whatever comes on top of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import attrs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clientkit import codec
from clientkit.codec import text as codec_text
from clientkit.codec.unions import UnknownVariant
from clientkit.requests import Page
from support.descriptions.answers import answers
from support.descriptions.endpoints import Endpoint, endpoints
from support.descriptions.rillet import Described, operation_for, operations

_METHODS_WITHOUT_JSON = {"InvoiceOperations.pdf"}


def _described() -> list[tuple[Endpoint, Described]]:
    reached = [(each, each.requests(full=False)[0]) for each in endpoints()]
    return [
        (endpoint, described)
        for endpoint, request in reached
        for described in operations()
        if described.serves(request.method, request.path)
    ]


WITH_ANSWERS = [(endpoint, each) for endpoint, each in _described() if each.answer is not None]
readable = pytest.mark.parametrize(
    ("endpoint", "described"),
    [pair for pair in WITH_ANSWERS if pair[0].name not in _METHODS_WITHOUT_JSON],
    ids=lambda each: each.name if isinstance(each, Endpoint) else "",
)
few = settings(
    max_examples=min(8, settings().max_examples // 8),
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def _parts(value: object) -> Iterator[object]:
    """A value and everything in it."""
    yield value
    if isinstance(value, UnknownVariant):
        return
    if attrs.has(type(value)):
        for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(value))):
            yield from _parts(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for each in cast("list[object]", value):
            yield from _parts(each)


def _unmodelled(value: object) -> set[str]:
    """Names of what was read and has no field."""
    extras = [cast("Mapping[str, object]", getattr(part, "extra", {})) for part in _parts(value)]
    return {name for extra in extras for name in extra}


def _again(value: object) -> object:
    """A value written and read once more."""
    if isinstance(value, Page):
        page = cast("Page[object]", value)
        return attrs.evolve(page, items=tuple(_again(each) for each in page.items))
    return codec.structure(codec.parse(codec.dumps(value)), type(value))


@readable
@few
@given(data=st.data())
def test_what_is_described_is_modelled(endpoint: Endpoint, described: Described, data: st.DataObject) -> None:
    assert described.answer is not None
    text = codec.dumps(data.draw(answers(described.answer, surprises=False)))
    (request, *_) = endpoint.requests(full=False)
    assert request.returns is not None

    value = codec.structure(codec.parse(text), request.returns)

    assert not _unmodelled(value)
    assert not any(isinstance(part, UnknownVariant) for part in _parts(value))
    assert _again(value) == value
    assert codec.structure(codec_text._parse_plainly(text), request.returns) == value


@readable
@few
@given(data=st.data())
def test_surprises_are_lived_with(endpoint: Endpoint, described: Described, data: st.DataObject) -> None:
    assert described.answer is not None
    text = codec.dumps(data.draw(answers(described.answer, surprises=True)))
    (request, *_) = endpoint.requests(full=False)
    assert request.returns is not None

    value = codec.structure(codec.parse(text), request.returns)

    assert _again(value) == value
    assert codec.structure(codec_text._parse_plainly(text), request.returns) == value


def test_answers_without_a_body_are_read_as_none() -> None:
    silent = [endpoint for endpoint, described in _described() if described.answer is None]
    assert silent
    for endpoint in silent:
        assert all(request.returns is None for request in endpoint.requests(full=False))


def test_a_pdf_is_bytes() -> None:
    (endpoint,) = [each for each, _ in WITH_ANSWERS if each.name in _METHODS_WITHOUT_JSON]
    (request,) = endpoint.requests(full=False)
    described = operation_for(request.method, request.path)

    assert (request.returns, request.accept) == (bytes, "application/pdf")
    assert "application/pdf" in described.details["responses"]["200"]["content"]
