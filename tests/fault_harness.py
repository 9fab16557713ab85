"""Schedules of faults for an export between two served stand-ins, and what must be true after each of them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import attrs
from typing_extensions import override

import brex_accounting.testing
import rillet.testing
from brex_accounting import Record, RecordType, ReviewStatus
from brex_accounting.testing.records import card_expense, card_refund, gl, record, reimbursement
from bridge import Settings
from bridge.export import load_books
from bridge.export.attempts import is_record
from bridge.export.journal import SqlJournal
from bridge.export.proof import prove
from bridge.export.verification import verify
from bridge.journal_entries import record_id_of
from clientkit import Answer
from clientkit.testing import Action, AnswerLost, AnswerTruncated, Asked, RequestLost, Respond
from export_company import REFERENCE_TYPE, US, Company
from hand_clock import HandClock

SETTINGS = Settings(
    entities=(attrs.evolve(US, bank_account="11100", accounts_payable_account="21100"),), reference_type=REFERENCE_TYPE
)
START = datetime(2026, 2, 6, 9, tzinfo=UTC)
#: Between two runs at least this passes, so that the claims of a process that was killed have ended.
PAUSE = timedelta(minutes=13)
DAY = timedelta(hours=25)
KEYS_LIVE = timedelta(hours=24)
MOST_RUNS = 12
HAVE_RECEIPTS = frozenset({RecordType.CARD_EXPENSE_POST, RecordType.BILL_EXPENSE})


@dataclass(frozen=True)
class Kill:
    """SIGKILL for an exporter before or after its request is handled."""

    after: bool
    exporter: int = 0


@dataclass(frozen=True)
class Late:
    """Handle the request, and answer when the client has gone."""


@dataclass(frozen=True)
class Garbled:
    """Handle the request, and answer with a page of HTML."""


Trouble: TypeAlias = Action | Kill | Late | Garbled
#: What a stand-in makes of a request: see `clientkit.testing.StandIn.take`.
Taken: TypeAlias = tuple[Answer | None, Action | None]

HTML = Answer(status=200, headers={"content-type": "text/html"}, content=b"<html>maintenance</html>")
CUT_JSON = Answer(status=200, headers={"content-type": "application/json"}, content=b'{"id": ')
REFUSALS = tuple(Respond(Answer(status=status)) for status in (429, 500, 502, 503, 504, 409))
PAGES = (Garbled(), Respond(HTML), Respond(CUT_JSON))
LOSSES = (RequestLost(), AnswerLost(), AnswerTruncated(), Garbled(), Respond(HTML), Respond(CUT_JSON))


@dataclass(frozen=True)
class Run:
    """One run: what goes wrong with its n-th request, and at which step of the journal an exporter kills itself."""

    troubles: Mapping[int, Trouble] = field(default_factory=dict[int, Trouble])
    dies_at: tuple[int, bool] | None = None
    pause: timedelta = PAUSE


@dataclass(frozen=True)
class Schedule:
    """What happens to the records; after its runs come others without faults, to the end.

    After the first run somebody edits `edited` in Brex, which offers it again, or leaves it in the state that it has.
    """

    records: Sequence[Record]
    runs: Sequence[Run]
    exporters: int = 1
    edited: Record | None = None
    offered_again: bool = True


def schedule(seed: int, *, exporters: int = 1) -> Schedule:
    """The schedule of a seed."""
    chance = random.Random(seed)
    records = [_record(chance, number) for number in range(1, chance.randint(1, 3) + 1)]
    if chance.random() < 0.4:
        records += _bill_and_payment(chance)
    runs = [_run(chance, len(records), exporters) for _ in range(chance.randint(1, 3))]
    edited: Record | None = None
    if chance.random() < 0.3:
        records.append(_unpaid_bill(chance))
        edited = _unpaid_bill(chance)
    again = chance.random() < 0.5
    return Schedule(records=records, runs=runs, exporters=exporters, edited=edited, offered_again=again)


def _record(chance: random.Random, number: int) -> Record:
    amount, name = Decimal(chance.randint(1, 99_999)).scaleb(-2), f"accr_{number:03d}"
    kind = chance.randrange(5)
    merchant = chance.choice(["Cumulus Cloud", "Skyline Air"])
    if kind == 0:
        return card_refund(amount, coding=[gl("61000")], merchant=merchant, record_id=name)
    if kind == 1:
        return reimbursement(amount, coding=[gl("62000")], record_id=name)
    if kind == 2:
        lines = [(amount, ())]
        return record(RecordType.CARD_PAYMENT, debits=lines, credits=lines, record_id=name)
    return card_expense(amount, coding=[gl("61000")], merchant=merchant, record_id=name)


def _bill(amount: Decimal, record_id: str, source_id: str) -> Record:
    return record(
        RecordType.BILL_EXPENSE,
        debits=[(amount, [gl("62000")])],
        credits=[(amount, ())],
        vendor="Hotel Adlon",
        record_id=record_id,
        source_id=source_id,
    )


def _bill_and_payment(chance: random.Random) -> list[Record]:
    amount = Decimal(chance.randint(1, 99_999)).scaleb(-2)
    owed = [(amount, ())]
    paid = record(RecordType.BILL_EXPENSE_PAYMENT, debits=owed, credits=owed, record_id="accr_paid", source_id="bill_1")
    return [_bill(amount, "accr_bill", "bill_1"), paid]


def _unpaid_bill(chance: random.Random) -> Record:
    return _bill(Decimal(chance.randint(1, 99_999)).scaleb(-2), "accr_edited", "bill_2")


def _run(chance: random.Random, records: int, exporters: int) -> Run:
    dies_at = None
    if chance.random() < 0.4:
        dies_at = chance.randrange(4 * records + 8), chance.random() < 0.5
    troubles = {_request(chance): _trouble(chance, exporters) for _ in range(chance.randint(0, 4))}
    return Run(troubles=troubles, dies_at=dies_at, pause=DAY if chance.random() < 0.3 else PAUSE)


def _request(chance: random.Random) -> int:
    # A run reads a dozen lists before it writes; what goes wrong there matters less.
    return chance.randrange(10, 30) if chance.random() < 0.8 else chance.randrange(10)


def _trouble(chance: random.Random, exporters: int) -> Trouble:
    kind = chance.random()
    if kind < 0.35:
        return Kill(after=chance.random() < 0.6, exporter=chance.randrange(exporters))
    if kind < 0.4:
        return Late()
    return chance.choice(REFUSALS) if kind < 0.6 else chance.choice(LOSSES)


class Troubles:
    """What goes wrong with the requests of one run, counted over both services."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.begin({}, ())

    def begin(self, plan: Mapping[int, Trouble], pids: Sequence[int]) -> None:
        with self._lock:
            self._plan, self._pids, self._arrived = plan, pids, 0

    def of_next(self) -> Trouble | None:
        with self._lock:
            self._arrived += 1
            return self._plan.get(self._arrived - 1)

    def kill(self, exporter: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pids[exporter], signal.SIGKILL)

    def meet(self, asked: Asked, take: Callable[[Asked], Taken]) -> Taken:
        """Handle a request as far as its trouble lets it."""
        trouble = self.of_next()
        if asked.path.startswith("/receipt-files/") and trouble in PAGES:
            # Whoever asks for a file takes any content for the file.
            trouble = RequestLost()
        if trouble is None:
            return take(asked)
        if isinstance(trouble, Respond):
            return trouble.answer, None
        if isinstance(trouble, RequestLost):
            return None, trouble
        if isinstance(trouble, Kill):
            if trouble.after:
                take(asked)
            self.kill(trouble.exporter)
            return None, RequestLost()
        answer, _ = take(asked)
        if isinstance(trouble, Late):
            # Longer than the exporter's timeout; nothing waits for this thread.
            threading.Event().wait(0.8)
        elif isinstance(trouble, Garbled):
            answer = HTML
        return answer, trouble if isinstance(trouble, AnswerLost | AnswerTruncated) else None


class TroubledBrex(brex_accounting.testing.StandIn):
    """A Brex that meets troubles."""

    troubles: Troubles

    @override
    def take(self, asked: Asked) -> Taken:
        return self.troubles.meet(asked, super().take)


class TroubledRillet(rillet.testing.StandIn):
    """A Rillet that meets troubles, and looks how old the keys are that it is sent."""

    troubles: Troubles
    clock: HandClock

    def __init__(self, clock: HandClock, **settings: Any) -> None:
        super().__init__(now=clock, **settings)
        self.clock = clock
        self.old_keys = list[str]()
        self._first_seen = dict[str, datetime]()

    @override
    def take(self, asked: Asked) -> Taken:
        key = asked.headers.get("idempotency-key")
        if key is not None and self.clock() - self._first_seen.setdefault(key, self.clock()) >= KEYS_LIVE:
            self.old_keys.append(f"{asked.method} {asked.path} under {key}")
        return self.troubles.meet(asked, super().take)


class Exporters:
    """The server of exporting processes (`fault_child`)."""

    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        self._process, self._errors = process, errors

    def run(self, jobs: Sequence[Mapping[str, object]], started: Callable[[Sequence[int]], None]) -> list[int]:
        """Export with one process for each job; their exit statuses. `started` is told their ids before they go."""
        pids: list[int] = json.loads(self._ask(json.dumps(jobs)))
        started(pids)
        statuses: list[int] = json.loads(self._ask("go"))
        assert 3 not in statuses, self._errors.read_text(encoding="utf-8")
        return statuses

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self._errors.read_text(encoding="utf-8")
        return answer


@contextmanager
def exporters(folder: Path) -> Generator[Exporters]:
    """A server of exporting processes for as long as the context lasts."""
    errors = folder / "exporters.log"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with (
        errors.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("fault_child.py"))],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        # Leaving the context closes the server's input, which ends it.
        yield Exporters(process, errors)


def play(
    schedule: Schedule, server: Exporters, place: str, *, journal: str = "right", looks_up: bool = True
) -> list[str]:
    """Carry a schedule out and run on to the end; everything that is wrong then."""
    clock, troubles = HandClock(START), Troubles()
    brex = TroubledBrex(schedule.records, rate_limit=None, now=clock)
    books = TroubledRillet(clock, reference_types={REFERENCE_TYPE})
    brex.troubles = books.troubles = troubles
    for each in schedule.records:
        if each.type in HAVE_RECEIPTS:
            receipt = brex.receipt_files.add(f"receipt_{each.id}", _receipt(each.id))
            brex.add(attrs.evolve(each, receipts=(receipt,)))
    with brex.serve() as brex_url, books.serve() as rillet_url:

        def run(planned: Run) -> bool:
            jobs = [
                {
                    "place": place,
                    "now": clock().isoformat(),
                    "who": f"exporter {number}",
                    "dies_at": planned.dies_at if number == 0 else None,
                    "journal": journal,
                    "looks_up": looks_up,
                    "brex": brex_url,
                    "token": brex.token,
                    "rillet": rillet_url,
                    "key": books.api_key,
                }
                for number in range(schedule.exporters)
            ]
            statuses = server.run(jobs, lambda pids: troubles.begin(planned.troubles, pids))
            clock.advance(planned.pause.total_seconds())
            return statuses == [0] * schedule.exporters

        for number, planned in enumerate(schedule.runs):
            run(planned)
            if number == 0 and schedule.edited is not None:
                known = brex.records[schedule.edited.id]
                status = ReviewStatus.READY_FOR_EXPORT if schedule.offered_again else known.review_status
                newer = attrs.evolve(schedule.edited, version=known.version + 1, review_status=status)
                brex.add(attrs.evolve(newer, receipts=known.receipts))
        ended = any(run(Run()) for _ in range(MOST_RUNS))
    troubles.begin({}, ())
    wrong = [*_wrong(Company(brex=brex, rillet=books), books, place), *_wrong_files(brex, books, schedule)]
    return [*([] if ended else ["it never comes to an end"]), *wrong]


def _receipt(record_id: str) -> bytes:
    return b"%PDF- " + record_id.encode()


def _wrong_files(brex: TroubledBrex, books: TroubledRillet, schedule: Schedule) -> Iterator[str]:
    """Each receipt is at its object: once, where no key has grown too old meanwhile."""
    there = [each.content for each in books.attachments]
    wanted = [_receipt(each.id) for each in brex.records.values() if each.receipts]
    expected = set(there) if any(run.pause >= KEYS_LIVE for run in schedule.runs) else there
    if sorted(expected) != sorted(wanted):
        yield f"Rillet has the files {there}"


def _record_ids(company: Company, client: rillet.Client) -> Iterator[str]:
    """The record that each document, journal entry and payment in Rillet was made for."""
    records, there = company.brex.records, company.rillet
    references = [
        *(reference.id for each in there.charges for reference in each.external_references),
        *(reference.id for each in there.reimbursements for reference in each.external_references),
        *(reference.id for each in there.bills for reference in each.external_references),
    ]
    names = [record_id_of(entry.name) or "" for entry in there.journal_entries]
    yield from (each for each in (*references, *names) if each in records)
    paid = {each.source_id: each.id for each in records.values() if each.type == RecordType.BILL_EXPENSE_PAYMENT}
    for bill in company.rillet.bills:
        payer = next((paid[each.id] for each in bill.external_references if each.id in paid), None)
        if payer is not None:
            yield from (payer for _ in client.bills.list_payments(bill.id))


def _wrong(company: Company, books: TroubledRillet, place: str) -> Iterator[str]:
    everything = sorted(company.brex.records)
    client = books.client()
    in_rillet = sorted(_record_ids(company, client))
    if in_rillet != everything:
        yield f"Rillet has {in_rillet}"
    if company.exported() != everything:
        yield f"Brex has as exported {company.exported()}"
    if len({vendor.name for vendor in books.vendors}) != len(books.vendors):
        yield f"Rillet has the vendors {[vendor.name for vendor in books.vendors]}"
    yield from (f"a key older than a day: {each}" for each in books.old_keys)
    proof = prove(
        company.brex.records.values(),
        SETTINGS,
        load_books(client),
        client,
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
    )
    yield from (f"the trial balance is wrong: {row}" for row in proof if row.difference)
    with SqlJournal(place, now=books.clock) as journal:
        there = {each.subject for each in journal.walk() if is_record(each.subject) and each.is_there}
        if sorted(there) != everything:
            yield f"the journal has as posted {there}"
        for each in verify(company.brex.client(), client, journal, REFERENCE_TYPE):
            yield f"{each.record_id}: {each.text}"
