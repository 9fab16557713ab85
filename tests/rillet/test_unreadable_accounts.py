"""Accounts that Rillet sends in a shape that nobody documents: the other accounts are still read."""

from __future__ import annotations

from typing import cast

import attrs
import pytest

from clientkit import codec
from clientkit.testing import Asked
from clientkit.wire import Answer
from rillet import Account, Client, Unreadable, UnreadableAnswerError
from rillet.testing import StandIn
from support.endpoint_runner import Runner


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"code": 61000}, "61000 is not text @ $.code"),
        ({"name": None}, "None is not text @ $.name"),
    ],
)
def test_one_account_that_cannot_be_read_leaves_the_others(
    run: Runner[Client],
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, object],
    problem: str,
) -> None:
    first, *others = run.call(lambda client: client.accounts.list())
    respond = standin.respond

    def spoiled(asked: Asked) -> Answer:
        answer = respond(asked)
        body = cast("dict[str, list[object]]", codec.parse(answer.content))
        body["accounts"][0] = {**cast("dict[str, object]", body["accounts"][0]), **fields}
        return attrs.evolve(answer, content=codec.write(body))

    monkeypatch.setattr(standin, "respond", spoiled)
    bad, *found = run.call(lambda client: client.accounts.list().tolerant())

    assert isinstance(bad, Unreadable)
    assert (bad.id, bad.problem) == (first.id, problem)
    assert found == others
    assert all(isinstance(each, Account) for each in found)
    with pytest.raises(UnreadableAnswerError):
        run.call(lambda client: client.accounts.list())
