"""What an export is made of, refused by its parameter's name where it is of another type, before anything is read or sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.callers import described
from bridge.export.engine.kept_books import KeptBooks
from bridge.export.engine.saved_plan import SavedPlan
from bridge.mapping import Bridge

_OF_CLIENTS = frozenset({"brex_accounting", "rillet"})


def check_parts(
    *,
    bridge: object,
    journal: object,
    batch: object,
    in_flight: object,
    kept: object,
    **functions: object,
) -> None:
    """Raises `TypeError` and `ValueError`; `functions` are called by the export."""
    check_is(bridge, Bridge, "bridge", "a Bridge")
    if journal is not None:
        _has(journal, "intend", "journal", 'a Journal, such as SqlJournal("export.db"),')
    if kept is not None:
        check_is(kept, KeptBooks, "kept", "a KeptBooks or None")
    _at_least_one(batch, "batch", "result has to be reported at a time")
    _at_least_one(in_flight, "in_flight", "record has to be in flight")
    for name, function in functions.items():
        if function is not None and not callable(function):
            raise _wrong(name, "a function", function)


def check_sides(source: object, ledger: object) -> None:
    """Between what an export goes. Raises `TypeError`."""
    check_order(source, ledger)
    _has(source, "pages", "brex", "a brex_accounting.Client or a Source")
    _has(ledger, "snapshot", "rillet", "a rillet.Client or a Ledger")


def check_order(source: object, ledger: object) -> None:
    """That neither client is in the place of the other. Raises `TypeError`."""
    if _package(source) == "rillet" and _package(ledger) == "brex_accounting":
        raise TypeError("brex and rillet: each is given the other's client; the client of Brex comes first")


def checked_ids(record_ids: Sequence[str], purpose: str) -> list[str]:
    """The ids of records, each once. Raises `TypeError` for one text, and `ValueError` where there are none."""
    if isinstance(record_ids, str):
        raise TypeError("record_ids is a sequence of ids, not one text")
    ids = list(dict.fromkeys(record_ids))
    if not ids:
        raise ValueError(f"name the records to {purpose}")
    return ids


def checked_by(by: str | None) -> str | None:
    """Who begins it, None for who runs the export. Raises `ValueError` for a blank name."""
    if by is not None and not by.strip():
        raise ValueError("say who you are")
    return by and by.strip()


def check_run(*, plan: object, ids: object, keep: object, progress: object, stop: object) -> None:
    """What is told to one run. Raises `TypeError`."""
    if plan is not None:
        check_is(plan, SavedPlan, "plan", "a SavedPlan, as Export.saved makes one of a plan,")
    if isinstance(ids, str):
        raise _wrong("ids", "a sequence of ids", ids)
    if keep is not None:
        check_is(keep, int, "keep", "an int or None")
    if progress and progress is not True and not callable(progress):
        raise _wrong("progress", "a function, True or False", progress)
    if not callable(stop):
        raise _wrong("stop", "a function", stop)


def steady(clock: Callable[[], object]) -> Callable[[], float]:
    """A clock that gives what it gave last where it fails, since only progress and durations hang on it.

    The first time it raises `TypeError` for whatever the clock raises, and for what is no number.
    """
    last: float | None = None

    def now() -> float:
        nonlocal last
        try:
            last = _seconds(clock)
        except Exception:
            if last is None:
                raise
        return last

    return now


def _seconds(clock: Callable[[], object]) -> float:
    try:
        given = clock()
    except Exception as error:
        raise TypeError(f"clock: it has to give seconds, and failed: {described(error)}") from error
    if not isinstance(given, int | float):
        raise TypeError(f"clock: it has to give seconds, and gave {type(given).__name__}")
    return given


def _has(given: object, method: str, name: str, wanted: str) -> None:
    if not callable(getattr(given, method, None)):
        raise _wrong(name, wanted, given)


def check_is(given: object, kind: type, name: str, wanted: str) -> None:
    """Whether what is given for a parameter is of its class. Raises `TypeError`."""
    if not isinstance(given, kind):
        raise _wrong(name, wanted, given)


def _at_least_one(given: object, name: str, what: str) -> None:
    check_is(given, int, name, "an int")
    if isinstance(given, int) and given < 1:
        raise ValueError(f"{name}: at least one {what}, not {given}")


def _wrong(name: str, wanted: str, given: object) -> TypeError:
    named = type(given).__name__
    if _package(given) in _OF_CLIENTS and named in {"Client", "AsyncClient"}:
        # Both packages have a class of this name.
        named = f"{_package(given)}.{named}{'; AsyncExport takes asynchronous clients' * (named == 'AsyncClient')}"
    return TypeError(f"{name}: {wanted} is wanted, not {named}")


def _package(given: object) -> str:
    return type(given).__module__.partition(".")[0]
