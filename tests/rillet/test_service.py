from __future__ import annotations

import pytest

import rillet
from clientkit.wire import Answer
from rillet.service import AsyncServiceResource, ServiceResource
from support.scripted import WAYS, on, scripted, target

pytestmark = pytest.mark.parametrize("way", WAYS)


def service_of(client: rillet.Client) -> ServiceResource:
    return on(client, ServiceResource, AsyncServiceResource)


def test_health_comes_back_whatever_the_body_is(way: str) -> None:
    with scripted(way, Answer(status=200, headers={"content-type": "text/plain"}, content=b"UP")) as (run, service):
        run.call(lambda client: service_of(client).health())
    assert target(service.only) == ("GET", "/health", {})


def test_a_known_key_passes(way: str) -> None:
    with scripted(way, Answer(status=200)) as (run, service):
        run.call(lambda client: service_of(client).check_api_key())
    assert target(service.only) == ("GET", "/api-key", {})


def test_an_unknown_key_raises_although_the_answer_has_no_body(way: str) -> None:
    with scripted(way, Answer(status=401)) as (run, _), pytest.raises(rillet.UnauthorizedError, match="GET /api-key"):
        run.call(lambda client: service_of(client).check_api_key())
