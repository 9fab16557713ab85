"""Keeping below a rate limit."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit import Pacer
from clientkit.pacing import shared_pacer

_MARGIN = 0.005
_ROUNDING = 1e-6
_LIMITS = st.integers(1, 5)
_WINDOWS = st.sampled_from([0.5, 1.0, 60.0])
_STEPS = st.lists(st.sampled_from([0.0, 0.001, 0.3, 1.0, 20.0, 61.0]), max_size=60)


def _starts_of(pacer: Pacer, times: list[float]) -> list[float]:
    starts = list[float]()
    for now in times:
        wait = pacer.reserve(now)
        assert wait is not None
        assert wait >= 0
        starts.append(now + wait)
    return starts


def _sums(steps: list[float]) -> list[float]:
    return [sum(steps[: count + 1]) for count in range(len(steps))]


@given(_LIMITS, _WINDOWS, _STEPS)
def test_no_window_ever_holds_more_starts_than_the_limit(limit: int, window: float, steps: list[float]) -> None:
    starts = _starts_of(Pacer(limit, window), _sums(steps))
    for first, beyond in zip(starts, starts[limit:], strict=False):
        assert beyond - first >= window + _MARGIN - _ROUNDING


@given(_LIMITS, _WINDOWS, _STEPS)
def test_no_start_comes_later_than_it_must(limit: int, window: float, steps: list[float]) -> None:
    times = _sums(steps)
    starts = _starts_of(Pacer(limit, window), times)
    for index, (now, start) in enumerate(zip(times, starts, strict=True)):
        earliest = max(now, starts[index - limit] + window + _MARGIN) if index >= limit else now
        assert start == pytest.approx(earliest, abs=_ROUNDING)


@given(_LIMITS, _WINDOWS, _STEPS, st.data())
def test_threads_that_read_their_clock_too_early_break_no_window(
    limit: int, window: float, steps: list[float], data: st.DataObject
) -> None:
    late = data.draw(st.lists(st.floats(0, 1), min_size=len(steps), max_size=len(steps)))
    times = [max(0.0, now - lag) for now, lag in zip(_sums(steps), late, strict=True)]
    starts = _starts_of(Pacer(limit, window), times)
    assert all(later >= earlier - _ROUNDING for earlier, later in pairwise(starts))
    for first, beyond in zip(starts, starts[limit:], strict=False):
        assert beyond - first >= window + _MARGIN - _ROUNDING


@given(_LIMITS, _STEPS, st.floats(0, 3))
def test_a_slot_that_comes_too_late_is_not_taken(limit: int, steps: list[float], patience: float) -> None:
    impatient, model = Pacer(limit, 1.0), list[float]()
    for now in _sums(steps):
        wait = impatient.reserve(now, now + patience)
        earliest = max(now, model[-limit] + 1.0 + _MARGIN) if len(model) >= limit else now
        if wait is None:
            assert earliest > now + patience - _ROUNDING
        else:
            assert now + wait == pytest.approx(earliest, abs=_ROUNDING)
            assert wait <= patience + _ROUNDING
            model.append(now + wait)


def test_threads_share_the_slots_and_lose_none() -> None:
    pacer = Pacer(7, 1.0)
    with ThreadPoolExecutor(8) as pool:

        def reserve(_: int) -> float | None:
            return pacer.reserve(0.0)

        waits = sorted(wait for wait in pool.map(reserve, range(700)) if wait is not None)
    assert waits == pytest.approx([(index // 7) * (1.0 + _MARGIN) for index in range(700)])


@pytest.mark.parametrize(("limit", "window"), [(0, 1.0), (-1, 1.0), (1, 0.0), (1, -1.0)])
def test_a_pace_that_is_none(limit: int, window: float) -> None:
    with pytest.raises(ValueError, match="a pace needs"):
        Pacer(limit, window)


def test_one_key_has_one_pacer_in_the_whole_process() -> None:
    pacer = shared_pacer("https://a.test", "key", 60)
    assert shared_pacer("https://a.test", "key", 60) is pacer
    others = [
        shared_pacer("https://a.test", "other", 60),
        shared_pacer("https://b.test", "key", 60),
        shared_pacer("https://a.test", "key", 61),
        shared_pacer("https://a.test", "key", 60, 1.0),
    ]
    assert len({id(each) for each in (pacer, *others)}) == 5


def test_a_pacer_that_nobody_holds_is_forgotten() -> None:
    pacer = shared_pacer("https://gone.test", "key", 1)
    assert pacer.reserve(0.0) == 0.0
    del pacer
    gc.collect()
    assert shared_pacer("https://gone.test", "key", 1).reserve(0.0) == 0.0


def test_a_pacer_shows_its_pace_and_no_key() -> None:
    assert repr(shared_pacer("https://a.test", "secret", 3, 2.0)) == "Pacer(limit=3, window=2.0)"
