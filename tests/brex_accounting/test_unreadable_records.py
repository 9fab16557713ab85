"""Records that Brex sends in a shape that nobody documents: they do not take the others of their page with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import attrs
import pytest

from brex_accounting import Client, Record, Unreadable, UnreadableAnswerError
from brex_accounting.testing import StandIn
from brex_accounting.testing.records import card_expense
from clientkit import codec
from clientkit.testing import Asked
from clientkit.wire import Answer
from support.endpoint_runner import Runner

_SHAPES: list[tuple[dict[str, object], str]] = [
    ({"amount": None}, "None is not an object @ $.amount"),
    ({"line_items": None}, "None is not an array @ $.line_items"),
    ({"version": None}, "None is not a whole number @ $.version"),
    ({"updated_at": "2026-01-31T12:00:00"}, "'2026-01-31T12:00:00' is not a date-time with a zone @ $.updated_at"),
    ({"vendor": "Acme"}, "'Acme' is not an object @ $.vendor"),
]


@pytest.fixture
def spoil(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, object]], None]:
    """From now on the second record of each page has these fields."""
    respond = standin.respond

    def start(fields: dict[str, object]) -> None:
        def spoiled(asked: Asked) -> Answer:
            answer = respond(asked)
            body = cast("dict[str, list[object]]", codec.parse(answer.content))
            second = cast("dict[str, object]", body["items"][1])
            body["items"][1] = {**second, **fields}
            return attrs.evolve(answer, content=codec.write(body))

        monkeypatch.setattr(standin, "respond", spoiled)

    return start


@pytest.mark.parametrize(("fields", "problem"), _SHAPES)
def test_one_record_that_cannot_be_read_leaves_the_others(
    run: Runner[Client],
    standin: StandIn,
    spoil: Callable[[dict[str, object]], None],
    fields: dict[str, object],
    problem: str,
) -> None:
    records = [card_expense("10", record_id=f"accr_{number}") for number in range(4)]
    standin.add(*records)
    spoil(fields)

    found = run.call(lambda client: client.records.list(limit=2).tolerant())

    assert [each for each in found if isinstance(each, Record)] == [records[0], records[2]]
    bad = [each for each in found if isinstance(each, Unreadable)]
    assert [(each.id, each.problem) for each in bad] == [("accr_1", problem), ("accr_3", problem)]
    with pytest.raises(UnreadableAnswerError):
        run.call(lambda client: client.records.list(limit=2))
