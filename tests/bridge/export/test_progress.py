"""How far a run is, how long the rest will take, and how it is shown."""

from __future__ import annotations

import io
import sys
import threading
from datetime import timedelta
from types import SimpleNamespace

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from bridge import Bridge
from bridge.export import Export
from bridge.export.reporting.progress import Pace, Progress
from bridge.export.reporting.progress_bar import Lines, progress_bar
from clientkit import Pacer
from support.companies.exported import SETTINGS, US, Company, expense


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


def test_it_tells_at_any_moment_that_requests_wait_for_the_rate_limit() -> None:
    clock, pacer = Clock(), Pacer(2, margin=0)
    pace = Pace(10, pacer, clock, "Rillet")
    clock.seconds = 1.0
    progress = pace.after("accr_1")
    assert (progress.waits_for, progress.outlook) == (None, "0:04:30 left")

    assert [pacer.reserve(clock()) for _ in range(3)] == [0, 0, 60]

    assert (progress.waits_for, progress.outlook) == (
        "Rillet",
        "0:04:30 left, waiting for the rate limit of Rillet",
    )
    clock.seconds = 61.0
    assert progress.waits_for is None
    pacer.hold(clock(), 5)
    assert progress.waits_for == "Rillet"
    assert Progress(done=1, of=1, record_id="accr_1").outlook == ""


def test_a_run_tells_what_it_waits_for(company: Company) -> None:
    company.brex.add(*map(expense, range(4)))
    # Waits take no time here, so the turn of the last request is always to come.
    client, seen = company.rillet.client(pacer=Pacer(10), sleep=lambda _: None), list[str | None]()
    outcome = Export(company.brex.client(), client, Bridge(SETTINGS)).run(progress=lambda it: seen.append(it.waits_for))

    assert outcome.complete
    assert seen == ["Rillet"] * 3 + [None]


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


def _progress(done: int, of: int = 3, rest: timedelta | None = None) -> Progress:
    return Progress(done=done, of=of, record_id=f"accr_{done}", rest=rest)


def test_lines_are_few_and_tell_of_the_end() -> None:
    clock, stream = Clock(), io.StringIO()
    show = Lines(stream, clock, first=10, every=60)
    for done, seconds in enumerate((1, 11, 12, 69, 72, 73), start=1):
        clock.seconds = seconds
        show(_progress(done, of=6, rest=timedelta(seconds=80 - seconds)))

    assert stream.getvalue().splitlines() == [
        "2 of 6 records, 0:01:09 left",
        "5 of 6 records, 0:00:08 left",
        "6 of 6 records, 0:00:07 left",
    ]


@pytest.mark.parametrize(("seconds", "told"), [(9, []), (11, ["1 of 3 records", "3 of 3 records"])])
def test_where_short_runs_are_silent_a_long_one_tells_of_its_end(seconds: float, told: list[str]) -> None:
    clock, stream = Clock(), io.StringIO()
    show = Lines(stream, clock, short_runs=False)
    clock.seconds = seconds
    for done in (1, 2, 3):
        show(_progress(done))

    assert stream.getvalue().splitlines() == told


def test_a_run_shows_its_progress_in_lines_where_nothing_can_be_moved(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as show:
        show(_progress(1))
        show(_progress(3))

    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "3 of 3 records\n")


def test_without_rich_a_terminal_gets_the_bar_of_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr("bridge.export.reporting.progress_bar._has", "tqdm".__eq__)
    with progress_bar() as show:
        show(_progress(1))
        show(_progress(3))

    assert "3/3" in terminal.getvalue()


def test_with_rich_a_terminal_gets_its_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar() as show:
        show(_progress(3))

    assert "3/3" in terminal.getvalue()
    assert "accr_3" in terminal.getvalue()


@pytest.mark.parametrize("bar", ["rich", "tqdm"])
def test_a_bar_that_stands_still_says_what_it_waits_for(bar: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rich draws by itself, and tqdm is told to."""
    pytest.importorskip(bar)
    waits, told, terminal = threading.Event(), threading.Event(), _Terminal()
    terminal.told = told
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "150")
    monkeypatch.setattr("bridge.export.reporting.progress_bar._has", bar.__eq__)
    monkeypatch.setattr("bridge.export.reporting.progress_bar._MOMENT", 0.01)
    with progress_bar() as show:
        show(attrs.evolve(_progress(1), waiting=lambda: "Rillet" if waits.is_set() else None))
        assert "waiting" not in terminal.getvalue()
        waits.set()
        assert told.wait(timeout=30)


def _in_a_notebook(monkeypatch: pytest.MonkeyPatch, *installed: str) -> None:
    shell = SimpleNamespace(config={"IPKernelApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr("bridge.export.reporting.progress_bar._has", installed.__contains__)


@pytest.mark.parametrize("installed", [("tqdm",), ("tqdm", "rich"), ("tqdm", "rich", "ipywidgets")])
def test_a_notebook_keeps_the_bar_of_tqdm(
    installed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tqdm")
    _in_a_notebook(monkeypatch, *installed)
    with progress_bar() as show:
        show(_progress(1))
        show(_progress(3))

    assert "accr_3: 100%" in capsys.readouterr().err.split("\r")[-1]


@pytest.mark.parametrize("installed", [(), ("rich",), ("rich", "ipywidgets")])
def test_a_notebook_without_tqdm_keeps_a_last_line(
    installed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _in_a_notebook(monkeypatch, *installed)
    with progress_bar() as show:
        show(_progress(1))
        show(_progress(3))

    assert capsys.readouterr().err.splitlines()[-1] == "3 of 3 records"


def test_a_run_shows_its_progress_if_it_is_told_so(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    company.brex.add(*(expense(number) for number in range(3)))
    assert company.export().run(progress=True).counts.posted == 3
    assert capsys.readouterr().err == "3 of 3 records\n"

    company.brex.add(expense(3))
    assert company.export().run(progress=False).counts.posted == 1
    assert capsys.readouterr().err == ""


def test_what_is_looked_at_in_a_notebook_is_short(company: Company) -> None:
    export = company.export()
    assert repr(export.bridge.settings) == "<Settings: entities (1)>"
    assert repr(export) == "<Export from BrexSource to RilletLedger, NoJournal>"
    assert repr(export.bridge).startswith("<Bridge of <Settings: entities (1)>, mappers for ")
    changed = attrs.evolve(SETTINGS, gl_field="Account", receipts=False)
    assert repr(changed) == "<Settings: entities (1), gl_field, receipts>"
    many = attrs.evolve(SETTINGS, entities=tuple(attrs.evolve(US, name=f"<b>{number}") for number in range(3_000)))
    for each in (many, Bridge(many)):
        html = each._repr_html_()
        assert len(html) < 20_000
        assert "and 2960 more" in html
        assert "<b>" not in html


class _Terminal(io.StringIO):
    told: threading.Event | None = None

    @override
    def isatty(self) -> bool:
        return True

    @override
    def write(self, text: str, /) -> int:
        if self.told is not None and "waiting for the rate limit of Rillet" in text:
            self.told.set()
        return super().write(text)
