"""The same protocol under both drivers: calls in this thread, and calls beside an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import attrs
import pytest

from brex_accounting.testing.records import card_expense
from bridge import Bridge
from bridge.export import Export
from bridge.export.engine.calls import Calls, ask, drive, drive_async
from bridge.export.engine.origins import NotedTask
from bridge.export.engine.sender import Sender
from bridge.export.engine.tasks.protocol import Done
from bridge.export.engine.tasks.record import RecordTask
from bridge.export.engine.walk import Walk
from clientkit import Answer
from clientkit.testing import Action, AnswerLost, Asked, Fault, RequestLost, Respond
from support.companies.changing import Company, MakeCompany, companies
from support.companies.changing_records import bill, charge, payment, reimbursed

Drive: TypeAlias = Callable[[Calls[Done]], Done]


def beside_a_loop(calls: Calls[Done]) -> Done:
    return asyncio.run(drive_async(calls))


DRIVERS = pytest.mark.parametrize("driver", [drive, beside_a_loop])


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def worked(company: Company, driver: Drive) -> list[Done]:
    """What comes of every record, in its turn."""
    export = Export(company.to_brex, company.to_rillet, Bridge(company.settings), journal=company.journal)
    sender = Sender(export.ledger, export.journal)
    walk = Walk(
        export.source,
        sender,
        export.bridge,
        download=None,
        hold=lambda _: None,
        created=lambda _: None,
        warn=lambda _: None,
    )
    walk.begin()
    done = list[Done]()
    for tasks, context in walk.batches(lambda books: books):
        for task in tasks:
            assert isinstance(task.task if isinstance(task, NotedTask) else task, RecordTask)
            # How long an attempt waited is left to chance.
            done.append(attrs.evolve(driver(task.carry_out(context)), call=None))
    return done


def is_charge(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path == "/charges"


FAULTS: list[tuple[Action, int]] = [
    (AnswerLost(), 1),
    (AnswerLost(), 9),
    (RequestLost(), 9),
    (Respond(Answer(status=400, content=b'{"title": "No such thing"}')), 1),
    (Respond(Answer(status=401)), 1),
    (Respond(Answer(status=200, headers={"content-type": "text/html"}, content=b"<html>")), 9),
]


@pytest.mark.parametrize("fault", [None, *FAULTS], ids=lambda each: "none" if each is None else type(each[0]).__name__)
def test_a_task_comes_to_the_same_under_both(make: MakeCompany, fault: tuple[Action, int] | None) -> None:
    records = charge(), charge("5", id="k2"), reimbursed(), bill(), payment(), card_expense("7", record_id="uncoded")
    changed, found = charge("120"), list[object]()
    for driver in (drive, beside_a_loop):
        company = make(*records)

        def is_write(asked: Asked) -> bool:
            return asked.method == "POST" and asked.path in {"/charges", "/bills"}

        if fault is not None:
            company.rillet.faults.append(Fault(fault[0], matches=is_write, times=fault[1]))
        first = worked(company, driver)
        company.rillet.faults.clear()
        company.clock.advance(60)
        company.change(changed)
        second = worked(company, driver)
        journal = [(each.subject, each.state, each.method, each.key) for each in company.journal.walk()]
        sent = [(each.method, each.path, each.content) for each in company.rillet.asked]
        found.append((first, second, journal, sent, company.books()))
    assert found[0] == found[1]


@DRIVERS
def test_what_was_cut_off_is_settled(make: MakeCompany, driver: Drive) -> None:
    company = make(charge())
    company.rillet.faults.append(Fault(AnswerLost(), matches=is_charge, times=9))
    company.run()
    company.rillet.faults.clear()

    (done,) = worked(company, driver)

    assert [type(each).__name__ for each in done.results] == ["Posted"]
    assert company.books() == {"21120": -100, "61000": 100}


@DRIVERS
def test_an_error_comes_back_into_the_generator(driver: Callable[[Calls[str]], str]) -> None:
    def fails() -> str:
        raise LookupError("not there")

    def calls() -> Calls[str]:
        try:
            yield from ask(fails)
        except LookupError as error:
            return f"{error}, and {(yield from ask(lambda: 'something else'))}"
        return "found"

    assert driver(calls()) == "not there, and something else"
    with pytest.raises(LookupError, match="not there"):
        driver(ask(fails))


@DRIVERS
def test_what_is_claimed_is_given_back_when_a_call_is_interrupted(
    make: MakeCompany, driver: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make(charge())

    def interrupted(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(company.to_rillet, "answer", interrupted)
    with pytest.raises(KeyboardInterrupt):
        worked(company, driver)
    monkeypatch.undo()

    assert company.run().complete
    assert company.books() == {"21120": -100, "61000": 100}


def test_the_loop_goes_on_while_a_call_waits() -> None:
    let_go, here = threading.Event(), threading.get_ident()

    def waits() -> int:
        assert let_go.wait(timeout=30)
        return threading.get_ident()

    async def lets_go() -> None:
        let_go.set()

    async def both() -> int:
        thread, _ = await asyncio.gather(drive_async(ask(waits)), lets_go())
        return thread

    assert asyncio.run(both()) != here
