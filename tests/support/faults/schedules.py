"""Schedules of faults by seed: records, and what goes wrong in each run."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

from brex_accounting import Record, RecordType
from brex_accounting.testing.records import Split, card_expense, card_refund, gl, record, reimbursement
from clientkit import Answer
from clientkit.testing import Action, AnswerLost, AnswerTruncated, RequestLost, Respond
from support.companies.exported import refusal
from support.faults.drips import DripPlace

#: Between two runs at least this passes, so that the claims of a process that was killed have ended.
PAUSE = timedelta(minutes=13)
DAY = timedelta(hours=25)


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


@dataclass(frozen=True)
class Doubled:
    """Handle a request that writes, and answer with what the write before it got: an answer came twice."""


@dataclass(frozen=True)
class Drip:
    """Handle the request, and answer without an end."""

    place: DripPlace


Trouble: TypeAlias = Action | Kill | Late | Garbled | Doubled | Drip
HTML = Answer(status=200, headers={"content-type": "text/html"}, content=b"<html>maintenance</html>")
CUT_JSON = Answer(status=200, headers={"content-type": "application/json"}, content=b'{"id": ')
#: Carried out for certain it is not; the next run may do it another way.
REFUSED = Respond(refusal(422))
REFUSALS = (*(Respond(Answer(status=status)) for status in (429, 500, 502, 503, 504, 409)), REFUSED)
PAGES = (Garbled(), Respond(HTML), Respond(CUT_JSON))
LOSSES = (RequestLost(), AnswerLost(), AnswerTruncated(), Garbled(), Doubled(), Respond(HTML), Respond(CUT_JSON))


@dataclass(frozen=True)
class Run:
    """One run: what goes wrong with its n-th request, or its n-th that writes, and where an exporter kills itself.

    `dies_at` is a step of the journal, and whether it dies after it.
    """

    troubles: Mapping[int, Trouble] = field(default_factory=dict[int, Trouble])
    of_writes: Mapping[int, Trouble] = field(default_factory=dict[int, Trouble])
    dies_at: tuple[int, bool] | None = None
    pause: timedelta = PAUSE


@dataclass(frozen=True)
class Schedule:
    """What happens to the records; after its runs come others without faults, to the end.

    Records of the types `summarise` are posted in summaries. After the first run somebody edits `edited` in Brex, which
    offers it again, or leaves it in the state that it has.
    """

    records: Sequence[Record]
    runs: Sequence[Run]
    exporters: int = 1
    summarise: tuple[str, ...] = ()
    edited: Record | None = None
    offered_again: bool = True


def schedule(seed: int, *, exporters: int = 1) -> Schedule:
    """The schedule of a seed."""
    chance = random.Random(seed)
    records = [_record(chance, number) for number in range(1, chance.randint(1, 3) + 1)]
    if chance.random() < 0.4:
        records += _bill_and_payments(chance)
    drips = random.Random(f"drips {seed}")
    runs = [_with_drips(_run(chance, len(records), exporters), drips) for _ in range(chance.randint(1, 3))]
    edited: Record | None = None
    if chance.random() < 0.5:
        make = chance.choice([unpaid_bill, refund, card_payment])
        records.append(make(chance))
        edited = make(chance)
    again = chance.random() < 0.5
    summarise = (RecordType.CARD_EXPENSE_POST, RecordType.CARD_PAYMENT) if chance.random() < 0.3 else ()
    if chance.random() < 0.3:
        records += _movements(chance)
    return Schedule(
        records=records, runs=runs, exporters=exporters, summarise=summarise, edited=edited, offered_again=again
    )


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


def _bill_and_payments(chance: random.Random) -> list[Record]:
    """A bill and what pays it: all at once, in two parts, or in two equal parts."""
    whole = chance.randint(2, 99_999)
    first = chance.choice([whole, chance.randint(1, whole - 1), whole // 2])
    parts = [Decimal(part).scaleb(-2) for part in (first, whole - first) if part]
    paid = [
        record(
            RecordType.BILL_EXPENSE_PAYMENT,
            debits=[(part, ())],
            credits=[(part, ())],
            record_id=f"accr_paid_{number}",
            source_id="bill_1",
        )
        for number, part in enumerate(parts)
    ]
    return [_bill(Decimal(whole).scaleb(-2), "accr_bill", "bill_1"), *paid]


def _movements(chance: random.Random) -> list[Record]:
    """A bill that is paid with a fee or a discount, which takes a payment and an entry, and a payout of a reimbursement."""
    owed, rest = _amount(chance) + 10, Decimal(chance.randint(1, 900)).scaleb(-2)
    given: Split = rest, [gl("62000")]
    debits: list[Split]
    others: list[Split]
    if chance.random() < 0.5:
        debits, others = [(owed, ()), given], [(owed + rest, ())]
    else:
        debits, others = [(owed, ())], [(owed - rest, ()), given]
    paid = record(
        RecordType.BILL_EXPENSE_PAYMENT, debits=debits, credits=others, record_id="accr_fee", source_id="bill_3"
    )
    spent = _amount(chance)
    return [
        _bill(owed, "accr_owed", "bill_3"),
        paid,
        reimbursement(spent, coding=[gl("62000")], record_id="accr_spent", source_id="expense_1"),
        record(
            RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT,
            debits=[(spent, ())],
            credits=[(spent, ())],
            record_id="accr_paid_out",
            source_id="expense_1",
        ),
    ]


def unpaid_bill(chance: random.Random) -> Record:
    return _bill(_amount(chance), "accr_edited", "bill_2")


def refund(chance: random.Random) -> Record:
    """A charge, which is deleted and posted anew where it changes."""
    return card_refund(_amount(chance), coding=[gl("61000")], merchant="Skyline Air", record_id="accr_edited")


def card_payment(chance: random.Random) -> Record:
    """A journal entry of its own, or a part of a summary, which is corrected where it changes."""
    lines = [(_amount(chance), ())]
    return record(RecordType.CARD_PAYMENT, debits=lines, credits=lines, record_id="accr_edited")


def _amount(chance: random.Random) -> Decimal:
    return Decimal(chance.randint(1, 99_999)).scaleb(-2)


def _run(chance: random.Random, records: int, exporters: int) -> Run:
    dies_at = None
    if chance.random() < 0.4:
        dies_at = chance.randrange(4 * records + 8), chance.random() < 0.5
    troubles = {_request(chance): a_trouble(chance, exporters) for _ in range(chance.randint(0, 4))}
    of_writes = {chance.randrange(2 * records): a_trouble(chance, exporters) for _ in range(chance.randint(0, 1))}
    pause = DAY if chance.random() < 0.3 else PAUSE
    return Run(troubles=troubles, of_writes=of_writes, dies_at=dies_at, pause=pause)


def _with_drips(run: Run, chance: random.Random) -> Run:
    """The same, but that some answers do not end instead of getting lost."""

    def dripping(troubles: Mapping[int, Trouble]) -> dict[int, Trouble]:
        lost = (AnswerLost, AnswerTruncated)
        return {
            number: Drip(chance.choice(list(DripPlace))) if isinstance(each, lost) and chance.random() < 0.5 else each
            for number, each in troubles.items()
        }

    return replace(run, troubles=dripping(run.troubles), of_writes=dripping(run.of_writes))


def _request(chance: random.Random) -> int:
    # A run reads a dozen lists before it writes; what goes wrong there matters less.
    return chance.randrange(10, 30) if chance.random() < 0.8 else chance.randrange(10)


def a_trouble(chance: random.Random, exporters: int) -> Trouble:
    """Any trouble."""
    kind = chance.random()
    if kind < 0.35:
        return Kill(after=chance.random() < 0.6, exporter=chance.randrange(exporters))
    if kind < 0.4:
        return Late()
    return chance.choice(REFUSALS) if kind < 0.6 else chance.choice(LOSSES)
