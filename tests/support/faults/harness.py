"""An export between two served stand-ins under a schedule of faults, and what must be true afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import attrs
from typing_extensions import override

import brex_accounting.testing
import rillet.testing
from brex_accounting import Record, RecordType, ReviewStatus
from bridge import Mark, Settings, digest_of, mark_of_name
from bridge.export import load_books
from bridge.export.engine.attempts import last_attempt, summary_subject
from bridge.export.journal.sql import SqlJournal
from bridge.export.reporting.verification import verify
from clientkit import Answer
from clientkit.testing import Action, AnswerLost, AnswerTruncated, Asked, RequestLost, Respond
from support.clocks import ManualClock
from support.companies.exported import REFERENCE_TYPE, US, Company
from support.faults.drips import marked
from support.faults.schedules import HTML, PAGES, REFUSED, Doubled, Drip, Garbled, Kill, Late, Run, Schedule, Trouble
from support.proof import prove

SETTINGS = Settings(
    entities=(attrs.evolve(US, bank_account="11100", accounts_payable_account="21100", clearing_account="11900"),),
    reference_type=REFERENCE_TYPE,
)
START = datetime(2026, 2, 6, 9, tzinfo=UTC)
KEYS_LIVE = timedelta(hours=24)
MOST_RUNS = 12
# Of a run with kept books, in which a record is edited.
WRITES_BEFORE_AN_EDIT = 3
HAVE_RECEIPTS = frozenset({RecordType.CARD_EXPENSE_POST, RecordType.BILL_EXPENSE})
PAYMENTS = frozenset({RecordType.BILL_EXPENSE_PAYMENT, RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT})
#: What a stand-in makes of a request: see `clientkit.testing.StandIn.take`.
Taken: TypeAlias = tuple[Answer | None, Action | None]


class Troubles:
    """What goes wrong with the requests of one run, counted over both services."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written = dict[str, Answer]()
        self.before_write: Callable[[int], None] | None = None
        self.begin(Run(), ())

    def begin(self, run: Run, pids: Sequence[int]) -> None:
        with self._lock:
            self._run, self._pids, self._arrived, self._writes = run, pids, 0, 0

    def of_next(self, asked: Asked) -> Trouble | None:
        with self._lock:
            self._arrived += 1
            trouble = self._run.troubles.get(self._arrived - 1)
            if asked.method == "GET":
                return trouble
            if self.before_write is not None:
                self.before_write(self._writes)
            self._writes += 1
            return trouble or self._run.of_writes.get(self._writes - 1)

    def kill(self, exporter: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pids[exporter], signal.SIGKILL)

    def meet(self, service: str, asked: Asked, take: Callable[[Asked], Taken]) -> Taken:
        """Handle a request as far as its trouble lets it."""
        answer, action = self._met(service, asked, take)
        if answer is not None and answer.status < 300 and asked.method != "GET":
            with self._lock:
                self._written[service] = answer
        return answer, action

    def _met(self, service: str, asked: Asked, take: Callable[[Asked], Taken]) -> Taken:
        trouble = self.of_next(asked)
        is_read = asked.path.startswith("/receipt-files/")
        is_upload = asked.headers.get("content-type", "").startswith("multipart/")
        if (is_read and trouble in PAGES) or (trouble == REFUSED and (is_read or is_upload)):
            # Whoever asks for a file takes any content for the file, and one that is refused is left to a person.
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
        if isinstance(trouble, AnswerLost | AnswerTruncated):
            return answer, trouble
        return self._spoiled(service, asked, answer, trouble), None

    def _spoiled(self, service: str, asked: Asked, answer: Answer | None, trouble: Trouble) -> Answer | None:
        """What is answered to a request that was handled."""
        if isinstance(trouble, Late):
            # Longer than the exporter's timeout; nothing waits for this thread.
            threading.Event().wait(0.8)
        elif isinstance(trouble, Garbled):
            return HTML
        elif isinstance(trouble, Drip):
            return None if answer is None else marked(answer, trouble.place)
        elif isinstance(trouble, Doubled) and asked.method != "GET":
            with self._lock:
                return self._written.get(service, answer)
        return answer


class TroubledBrex(brex_accounting.testing.StandIn):
    """A Brex that meets troubles."""

    troubles: Troubles

    @override
    def take(self, asked: Asked) -> Taken:
        return self.troubles.meet("brex", asked, super().take)


class TroubledRillet(rillet.testing.StandIn):
    """A Rillet that meets troubles, and looks how old the keys are that it is sent."""

    troubles: Troubles
    clock: ManualClock

    def __init__(self, clock: ManualClock, **settings: Any) -> None:
        super().__init__(now=clock, **settings)
        self.clock = clock
        self.old_keys = list[str]()
        self._first_seen = dict[str, datetime]()

    @override
    def take(self, asked: Asked) -> Taken:
        key = asked.headers.get("idempotency-key")
        if key is not None and self.clock() - self._first_seen.setdefault(key, self.clock()) >= KEYS_LIVE:
            self.old_keys.append(f"{asked.method} {asked.path} under {key}")
        return self.troubles.meet("rillet", asked, super().take)


class Exporters:
    """The server of exporting processes (`child`)."""

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
def exporters(folder: Path, script: str = "faults/child.py") -> Generator[Exporters]:
    """A server of exporting processes for as long as the context lasts."""
    errors = folder / "exporters.log"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with (
        errors.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [sys.executable, str(Path(__file__).parents[1] / script)],
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
    schedule: Schedule,
    server: Exporters,
    place: str,
    *,
    journal: str = "right",
    looks_up: bool = True,
    awaits: bool = False,
    keeps: bool = False,
) -> list[str]:
    """Carry a schedule out and run on to the end; everything that is wrong then.

    With `awaits` each exporter lives in an event loop. With `keeps` it goes on in slices, on books that it keeps.
    """
    clock, troubles, is_edited = ManualClock(START), Troubles(), False
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
                    "awaits": awaits,
                    "keeps": keeps,
                    "summarise": schedule.summarise,
                    "brex": brex_url,
                    "token": brex.token,
                    "rillet": rillet_url,
                    "key": books.api_key,
                }
                for number in range(schedule.exporters)
            ]
            statuses = server.run(jobs, lambda pids: troubles.begin(planned, pids))
            clock.advance(planned.pause.total_seconds())
            return statuses == [0] * schedule.exporters

        def edit(writes: int) -> None:
            """Edit what is to be edited: once, and not before so many writes of a run."""
            nonlocal is_edited
            if schedule.edited is None or is_edited or writes < WRITES_BEFORE_AN_EDIT:
                return
            is_edited = True
            known = brex.records[schedule.edited.id]
            status = ReviewStatus.READY_FOR_EXPORT if schedule.offered_again else known.review_status
            newer = attrs.evolve(schedule.edited, version=known.version + 1, review_status=status, updated_at=clock())
            brex.add(attrs.evolve(newer, receipts=known.receipts))

        # Between two slices somebody may edit what the books that are kept do not have.
        troubles.before_write = edit if keeps else None
        for number, planned in enumerate(schedule.runs):
            run(planned)
            if number == 0:
                edit(WRITES_BEFORE_AN_EDIT)
        ended = any(run(Run()) for _ in range(MOST_RUNS))
    troubles.begin(Run(), ())
    with SqlJournal(place, now=clock) as opened:
        company = Company(brex=brex, rillet=books)
        wrong = [*_wrong(company, books, opened), *_wrong_files(brex, books, schedule)]
    return [*([] if ended else ["it never comes to an end"]), *wrong]


def _receipt(record_id: str) -> bytes:
    return b"%PDF- " + record_id.encode()


def _wrong_files(brex: TroubledBrex, books: TroubledRillet, schedule: Schedule) -> Iterator[str]:
    """Each receipt is at its object: once, where no key has grown too old meanwhile."""
    there = [each.content for each in books.attachments]
    # What is summarised has no object of its own.
    alone = [each for each in brex.records.values() if each.type not in schedule.summarise]
    wanted = [_receipt(each.id) for each in alone if each.receipts]
    expected = set(there) if any(run.pause >= KEYS_LIVE for run in schedule.runs) else there
    if sorted(expected) != sorted(wanted):
        yield f"Rillet has the files {there}"


def _record_ids(company: Company, client: rillet.Client, journal: SqlJournal) -> Iterator[str]:
    """The record that each document, journal entry and payment in Rillet was made for, and the members of summaries."""
    records, there = company.brex.records, company.rillet
    references = [
        *(reference.id for each in there.charges for reference in each.external_references),
        *(reference.id for each in there.reimbursements for reference in each.external_references),
        *(reference.id for each in there.bills for reference in each.external_references),
    ]
    marks = [_mark(entry) for entry in there.journal_entries]
    names = [each.subject for each in marks if each is not None and not each.corrects]
    yield from (each for each in (*references, *names) if each in records)
    digests = [digest_of(entry.name) for entry in there.journal_entries]
    for digest in digests:
        if digest is not None:
            yield from (each.record_id for each in journal.members(summary_subject(digest)))
    for bill in there.bills:
        yield from _payers(bill, client.bills.list_payments(bill.id), records)
    for owed in there.reimbursements:
        yield from _payers(owed, client.reimbursements.list_payments(owed.id), records)


def _payers(
    document: rillet.Bill | rillet.Reimbursement,
    payments: Iterable[rillet.BillPayment | rillet.ReimbursementPayment],
    records: Mapping[str, Record],
) -> Iterator[str]:
    """A record for each payment of a document, by its amount."""
    named = {each.id for each in document.external_references}
    sources = {*named, *(records[each].source_id for each in named if each in records)}
    payers = [each for each in records.values() if each.type in PAYMENTS and each.source_id in sources]
    for payment in payments:
        payer = next((each for each in payers if _paid(each) == payment.amount.amount), None)
        yield "a payment of nobody" if payer is None else payer.id
        payers = [each for each in payers if each is not payer]


def _paid(record: Record) -> Decimal:
    """What a payment pays: what was owed as far as it left the bank; a fee or a discount is an entry."""
    uncoded = [each for each in record.line_items if not each.accounting_field_values]
    return min(each.amount.amount for each in uncoded)


def _mark(entry: rillet.JournalEntry) -> Mark | None:
    return mark_of_name(entry.name)


def _wrong(company: Company, books: TroubledRillet, journal: SqlJournal) -> Iterator[str]:
    everything = sorted(company.brex.records)
    client = books.client()
    in_rillet = sorted(_record_ids(company, client, journal))
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
    # An entry that corrects a member of a summary stands on the other side of its accounts: there the balances count.
    is_corrected = any(mark is not None and mark.corrects for mark in map(_mark, books.journal_entries))
    for row in proof:
        apart = (row.brex_debit - row.brex_credit) - (row.rillet_debit - row.rillet_credit)
        if apart if is_corrected else row.difference:
            yield f"the trial balance is wrong: {row}"
    last = {subject: last_attempt(attempts) for subject, attempts in journal.attempts_of(everything).items()}
    posted = sorted(subject for subject, attempt in last.items() if attempt is not None and attempt.is_there)
    if posted != everything:
        yield f"the journal has as posted {posted}"
    for each in verify(company.brex.client(), client, journal, REFERENCE_TYPE):
        yield f"{each.record_id}: {each.text}"
