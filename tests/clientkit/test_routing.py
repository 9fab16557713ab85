"""Routes and the rate limit that both stand-ins have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from typing_extensions import override

from clientkit import Answer
from clientkit.testing import Asked, RateLimit, Refusal, Route, Router, json_answer
from support.clocks import ManualClock


class No(Refusal):
    @override
    def answer(self, asked: Asked) -> Answer:
        return json_answer(*self.args)


def _show(asked: Asked, ids: Mapping[str, str]) -> Answer:
    return json_answer(200, {"method": asked.method, **ids})


ROUTER = Router(
    [
        Route("GET", "/shops/{shop_id}/items/{item_id}", _show),
        Route("PUT", "/shops/{shop_id}/items/{item_id}", _show),
        Route("GET", "/shops/v1.0", _show),
    ],
    unknown=lambda asked: No(404, asked.path),
    not_allowed=lambda asked, allowed: No(405, [asked.method, *allowed]),
)


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/shops/a%2Fb/items/%C3%A9", {"method": "GET", "shop_id": "a/b", "item_id": "é"}),
        ("PUT", "/shops/a/items/1", {"method": "PUT", "shop_id": "a", "item_id": "1"}),
        ("GET", "/shops/v1.0", {"method": "GET"}),
    ],
)
def test_a_request_reaches_its_route_with_decoded_ids(method: str, path: str, told: object) -> None:
    assert ROUTER.answer(Asked(method=method, path=path)) == json_answer(200, told)


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("DELETE", "/shops/a/items/1", (405, ["DELETE", "GET", "PUT"])),
        ("GET", "/shops/v1x0", (404, "/shops/v1x0")),
        ("GET", "/shops/a/items/", (404, "/shops/a/items/")),
        ("GET", "/shops/a/items/1/more", (404, "/shops/a/items/1/more")),
    ],
)
def test_the_service_says_why_nothing_answers(method: str, path: str, said: object) -> None:
    with pytest.raises(No) as refused:
        ROUTER.answer(Asked(method=method, path=path))
    assert refused.value.args == said


def test_so_many_requests_are_let_in_during_any_window() -> None:
    clock, window = ManualClock(datetime(2026, 1, 31, tzinfo=UTC)), timedelta(seconds=60)
    limit = RateLimit(clock)
    assert [limit.refuses(2, window) for _ in range(3)] == [False, False, True]
    clock.advance(59.9)
    assert limit.refuses(2, window)
    clock.advance(0.1)
    assert [limit.refuses(2, window) for _ in range(3)] == [False, False, True]
    assert not limit.refuses(None, window)
