"""How long the rest will take."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bridge.export.reporting.progress import Pace
from clientkit import Pacer


class Clock:
    """Seconds that pass when it is told so."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_the_rest_follows_the_pace_so_far() -> None:
    clock = Clock()
    pace = Pace(10, None, clock)
    clock.seconds = 3.0
    first = pace.after("accr_1")
    clock.seconds = 4.0
    second = pace.after("accr_2")

    assert (first.done, first.of, first.record_id, first.rest) == (1, 10, "accr_1", timedelta(seconds=27))
    assert second.rest == timedelta(seconds=16)


def test_the_rest_is_never_faster_than_the_service_allows() -> None:
    clock = Clock()
    pace = Pace(601, Pacer(60), clock)
    clock.seconds = 0.1

    assert pace.after("accr_1").rest == timedelta(minutes=10)


def test_only_the_last_minutes_count() -> None:
    clock = Clock()
    pace = Pace(10_000, None, clock)
    for _ in range(1_000):
        clock.seconds += 10.0
        pace.after("accr")
    for _ in range(999):
        clock.seconds += 1.0
        pace.after("accr")
    clock.seconds += 1.0

    assert pace.after("accr").rest == timedelta(seconds=8_000)


def test_nothing_is_estimated_before_time_has_passed() -> None:
    assert Pace(10, None, Clock()).after("accr_1").rest is None


@given(steps=st.lists(st.floats(0, 1_000), min_size=1, max_size=50), of=st.integers(1, 60))
def test_it_is_defined_for_any_times_and_ends_with_nothing_left(steps: list[float], of: int) -> None:
    clock = Clock()
    pace = Pace(of, Pacer(60), clock)
    for number, step in enumerate(steps, start=1):
        clock.seconds += step
        progress = pace.after("accr")
        assert progress.done == number
        if progress.rest is not None:
            assert progress.rest >= timedelta(seconds=max(of - number, 0))
            assert (progress.rest == timedelta()) == (number >= of)
