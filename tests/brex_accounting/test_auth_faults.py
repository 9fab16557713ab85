from __future__ import annotations

import contextlib
import io
import itertools
import logging
import traceback
from collections.abc import Mapping
from datetime import timedelta

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brex_accounting.auth import UserToken
from brex_accounting.oauth import (
    AuthorizationError,
    ConsentRequiredError,
    OAuthClient,
    Pkce,
)
from brex_accounting.renewing import OAuth
from brex_accounting.testing import StandIn
from brex_accounting.testing.oauth import CLIENT_SECRET, Rotation
from brex_accounting.tokens import MemoryTokenStore, Tokens, TokenStore
from clientkit.call_context import Refusal
from clientkit.errors import ApiError
from clientkit.testing import (
    Action,
    AnswerLost,
    AnswerTruncated,
    Fault,
    RequestLost,
    Respond,
    json_answer,
)
from clientkit.transport import InProcess
from clientkit.wire import Answer, Outgoing
from support.brex.oauth import (
    REFUSED,
    app,
    client,
    clocks,
    new_brex,
    new_clock,
    paths,
    seed,
)
from support.clocks import ManualClock


@attrs.define
class Disk:
    """A store that fails when it is told to, before or after it has written."""

    tokens: Tokens
    fails: str = ""
    is_broken: bool = False

    def load(self) -> Tokens | None:
        if self.is_broken:
            raise OSError("no disk")
        return self.tokens

    def save(self, tokens: Tokens) -> None:
        fails, self.fails = self.fails, ""
        if fails == "before":
            raise OSError("disk full")
        self.tokens = tokens
        if fails == "after":
            raise OSError("disk slow")


def works(brex: StandIn, store: TokenStore, clock: ManualClock) -> bool:
    """Whether a new process, with nothing but the store, can make a call."""
    brex.faults.clear()
    return client(brex, OAuth(app(), store, clocks=clocks(clock)), clock).company.get() == brex.team.company


def crash(brex: StandIn, oauth: OAuth, clock: ManualClock, steps: int) -> bool:
    """Make a call and end the process after so many steps. Whether the call came to its end before that."""
    left = itertools.count(steps, -1)

    class End(BaseException):
        pass

    def handle(outgoing: Outgoing) -> Answer:
        if next(left) == 0:
            raise End
        answer = brex.transport().send(outgoing)
        if next(left) == 0:
            raise End
        return answer

    made = client(brex, oauth, clock, InProcess(handle))
    try:
        made.company.get()
    except End:
        return False
    return True


def test_after_a_crash_between_any_two_steps_the_store_works(clock: ManualClock) -> None:
    done, steps = False, 0
    while not done:
        brex = new_brex(clock)
        disk = Disk(seed(brex))
        done = crash(brex, OAuth(app(), disk, clocks=clocks(clock)), clock, steps)
        assert works(brex, disk, clock), f"after {steps} steps"
        steps += 1
    assert steps == 7


@pytest.mark.parametrize("fails", ["before", "after"])
def test_tokens_that_could_not_be_saved_are_not_used_and_not_lost(
    brex: StandIn, clock: ManualClock, fails: str
) -> None:
    disk = Disk(seed(brex), fails)
    oauth = OAuth(app(), disk, clocks=clocks(clock))
    made = client(brex, oauth, clock)
    with pytest.raises(AuthorizationError, match=r"did not take the new tokens \(OSError\)"):
        made.company.get()
    assert paths(brex) == ["company", "token"]
    assert made.company.get() == brex.team.company
    assert brex.oauth.granted == 1
    assert disk.tokens.access_token == "access-2"
    assert works(brex, disk, clock)


def test_a_store_that_cannot_be_read_fails_the_call(brex: StandIn, clock: ManualClock) -> None:
    disk = Disk(seed(brex))
    oauth = OAuth(app(), disk, clocks=clocks(clock))
    disk.is_broken = True
    with pytest.raises(AuthorizationError, match=r"could not be read \(OSError\)"):
        client(brex, oauth, clock).company.get()


def failure_of(brex: StandIn, oauth: OAuth, clock: ManualClock) -> ApiError | None:
    try:
        client(brex, oauth, clock).company.get()
    except ApiError as error:
        return error
    return None


FAULTS: Mapping[str, Action] = {
    "request lost": RequestLost(),
    "answer lost": AnswerLost(),
    "answer cut": AnswerTruncated(),
    "server error": Respond(json_answer(503, {})),
    "rate limit": Respond(json_answer(429, {})),
    "no JSON": Respond(Answer(status=200, content=b"<html>", headers={"content-type": "text/html"})),
}


@settings(deadline=None)
@given(
    st.sampled_from([Rotation.NONE, Rotation.ON_USE]),
    st.lists(
        st.sampled_from([*FAULTS, "save fails before", "save fails after", "crash", "expired", "call"]), max_size=12
    ),
    st.data(),
)
def test_whatever_goes_wrong_the_store_always_holds_a_working_token(
    rotation: Rotation, events: list[str], data: st.DataObject
) -> None:
    clock = new_clock()
    brex = new_brex(clock, rotation=rotation)
    disk = Disk(seed(brex))
    oauth = OAuth(app(), disk, clocks=clocks(clock))
    for event in events:
        clock.now += timedelta(minutes=data.draw(st.integers(1, 90)))
        if event in FAULTS:
            brex.faults.append(Fault(FAULTS[event], times=data.draw(st.integers(1, 6))))
        elif event == "crash":
            with_faults = data.draw(st.integers(0, 6))
            with contextlib.suppress(ApiError):
                crash(brex, oauth, clock, with_faults)
            oauth = OAuth(app(), disk, clocks=clocks(clock))
        elif event == "expired":
            brex.oauth.access_tokens.clear()
        elif event.startswith("save"):
            disk.fails = event.rpartition(" ")[2]
        assert not isinstance(failure_of(brex, oauth, clock), ConsentRequiredError), "a token was lost"
    disk.fails = ""
    assert works(brex, disk, clock)


def test_where_brex_rotates_at_once_a_lost_answer_costs_the_consent(clock: ManualClock) -> None:
    brex = new_brex(clock, rotation=Rotation.AT_ONCE)
    disk = Disk(seed(brex))
    oauth = OAuth(app(), disk, clocks=clocks(clock))
    assert client(brex, oauth, clock).company.get() == brex.team.company
    assert works(brex, disk, clock)
    brex.oauth.access_tokens.clear()
    brex.faults.append(Fault(AnswerLost(), matches=lambda asked: asked.path.endswith("token")))
    assert isinstance(failure_of(brex, oauth, clock), ConsentRequiredError)


def test_no_repr_log_or_traceback_shows_a_secret(brex: StandIn, clock: ManualClock) -> None:
    log = logging.StreamHandler(shown := io.StringIO())
    root = logging.getLogger()
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    tokens = seed(brex)
    oauth = OAuth(app(), MemoryTokenStore(tokens), clocks=clocks(clock))
    try:
        for fails in (True, False):
            if fails:
                brex.faults.append(
                    Fault(Respond(json_answer(400, {"error": "x"})), matches=lambda asked: asked.path.endswith("token"))
                )
            try:
                client(brex, oauth, clock).company.get()
            except AuthorizationError as error:
                found = traceback.TracebackException.from_exception(error, capture_locals=True)
                shown.write("".join(found.format()))
    finally:
        root.removeHandler(log)
        root.setLevel(level)
    made = OAuthClient(app(), transport=brex.transport())
    for each in (
        oauth,
        tokens,
        app(),
        Pkce.new(),
        UserToken("bxt_1"),
        REFUSED,
        made,
        Refusal(header="access-1", status=401),
    ):
        shown.write(repr(each))
    text = shown.getvalue()
    assert "AuthorizationError" in text
    for secret in ("access-1", "access-2", "refresh-1", "refresh-2", CLIENT_SECRET, "bxt_1"):
        assert secret not in text
