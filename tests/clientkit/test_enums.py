"""Enumerations that a service may extend."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit import OpenEnum


class State(OpenEnum):
    OPEN = "OPEN"
    SHUT = "shut"


@given(st.text())
def test_any_text_is_a_value_that_equals_its_text(text: str) -> None:
    state = State(text)
    assert isinstance(state, State)
    assert state == text
    assert state == State(text)
    assert hash(state) == hash(text)
    assert (state.value, str(state), f"{state}") == (text, text, text)
    assert state.is_known == (text in {"OPEN", "shut"})
    assert pickle.loads(pickle.dumps(state)) == state
    assert copy.deepcopy(state) == copy.copy(state) == state
    assert {state: 1}[State(text)] == {state: 1}[text] == 1  # type: ignore[index]  # an enum of text is text


def test_known_values_are_themselves() -> None:
    assert State("OPEN") is State.OPEN
    assert State.OPEN.is_known
    assert State.SHUT.is_known


def test_the_name_of_a_value_is_not_the_value() -> None:
    assert State("SHUT") != State.SHUT
    assert not State("SHUT").is_known


def test_iteration_gives_known_values_only() -> None:
    assert not State("NEW").is_known
    assert list(State) == [State.OPEN, State.SHUT]


@pytest.mark.parametrize("value", [None, 1, ["OPEN"], b"OPEN"])
def test_what_is_no_text_is_no_value(value: object) -> None:
    with pytest.raises(ValueError, match="is not a valid State"):
        State(value)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_new_value_shows_what_it_is() -> None:
    assert repr(State("NEW")) == "<State.NEW: 'NEW'>"
