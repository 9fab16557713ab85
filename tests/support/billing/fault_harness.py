"""A sync with a served stand-in under a schedule of faults, and what must be true afterwards."""

from __future__ import annotations

import base64
import pickle
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeAlias, TypeVar

import attrs

from bridge.billing import CreditNote, Customer, Invoice, InvoiceStatus, OnVoid
from bridge.billing.sync import InvoiceSync, ListedInvoices
from bridge.export import SqlJournal
from rillet import InvoicePaymentStatus
from support.billing.company import (
    AMERICA,
    CASH,
    GERMANY,
    NOW,
    RATES,
    RECEIVABLE,
    SETTINGS,
    SUBSCRIPTIONS,
    TYPE,
    ChangedInvoices,
    changed,
    invoice,
    line,
    note,
)
from support.billing.oracle import booked, cents, expected
from support.billing.told import Payment, Statuses, payments_of
from support.clocks import ManualClock
from support.faults.harness import MOST_RUNS, Exporters, TroubledRillet, Troubles
from support.faults.schedules import Run, a_trouble, schedule

T = TypeVar("T")

#: Where a process that tells of payments kills itself: a step, and whether after it.
Step: TypeAlias = tuple[int, bool]
_NO_PAYMENTS: Sequence[Sequence[Payment]] = ()
#: More than the requests of a sync that finds everything done, so that those of the way back are hit too.
_LATE_REQUESTS = range(20, 80)


@dataclass(frozen=True)
class BillingSchedule:
    """What happens to the invoices; after the first run the billing system has them as in `later`.

    After the n-th run the n-th `payments` happen in Rillet, and the last ones when everything is synced. A webhook of each
    may be lost, come twice or late, as `seed` has it. `system` is how the billing system hands them out. In runs of `stale`
    syncs, by their numbers, one of them is given what there was before. `credits`: what is voided is credited.
    """

    invoices: Sequence[Invoice]
    notes: Sequence[CreditNote]
    later: Sequence[Invoice]
    runs: Sequence[Run] = field(default_factory=list[Run])
    syncs: int = 1
    payments: Sequence[Sequence[Payment]] = _NO_PAYMENTS
    tells_until: Sequence[Step | None] = field(default_factory=list[Step | None])
    seed: int = 0
    system: type[ListedInvoices] = ListedInvoices
    stale: Sequence[int | None] = field(default_factory=list[int | None])
    credits: bool = False


def billing_schedule(seed: int, *, syncs: int = 1) -> BillingSchedule:
    """The schedule of a seed."""
    chance, source = random.Random(f"billing {seed}"), random.Random(f"source {seed}")
    customers = [Customer(id=f"cus_{number}", name=f"Customer {number}") for number in (1, 2)]
    made = [
        invoice(number, line(_amount(chance)), customer=chance.choice(customers))
        for number in range(1, chance.randint(1, 3) + 1)
    ]
    notes = list[CreditNote]()
    if chance.random() < 0.4:
        notes.append(note(1, line("0.50"), customer=made[0].customer))
    later = list(made)
    if chance.random() < 0.5 and (len(made) > 1 or not notes):
        # The one that is credited is not free any more.
        last = made[-1]
        later[-1] = chance.choice(
            [changed(last, lines=(line(_amount(chance)),)), changed(last, status=InvoiceStatus.VOID)]
        )
    runs = [_with_late_trouble(chance, each, syncs) for each in schedule(seed, exporters=syncs).runs]
    system = source.choice([ListedInvoices, ChangedInvoices])
    # What is paid is not free either.
    numbers = [
        each.number for each, after in zip(made, later, strict=True) if each is after and each.number is not None
    ]
    halved = frozenset(each for each in numbers if notes and each == made[0].number)
    return BillingSchedule(
        invoices=made,
        notes=notes,
        later=later,
        runs=runs,
        syncs=syncs,
        payments=[payments_of(chance, numbers, halved) for _ in range(len(runs) + 1)],
        tells_until=[(chance.randrange(14), chance.random() < 0.5) if chance.random() < 0.5 else None for _ in runs],
        seed=seed,
        system=system,
        # What an API hands out days too late counts as read by then.
        stale=[source.choice([None, source.randrange(syncs)]) for _ in runs if system is ListedInvoices],
        credits=source.random() < 0.5,
    )


def play_billing(
    schedule: BillingSchedule, server: Exporters, place: str, *, journal: str = "right", tells_late: bool = False
) -> list[str]:
    """Carry a schedule out and run on to the end; everything that is wrong then."""
    clock, troubles, chance = ManualClock(NOW), Troubles(), random.Random(f"webhooks {schedule.seed}")
    books = TroubledRillet(clock, reference_types={TYPE}, subsidiaries=[AMERICA, GERMANY], tax_rates=RATES)
    books.troubles = troubles
    statuses = Statuses(books, clock, f"{place}.told")
    waiting = list[tuple[Mapping[str, str], bytes]]()
    books.outbox.subscribe(lambda headers, body: _arrived(waiting, (headers, body)))
    invoices, wrong = schedule.invoices, list[str]()
    settings = attrs.evolve(SETTINGS, on_void=OnVoid.CREDIT if schedule.credits else OnVoid.DELETE)
    with books.serve() as url:

        def run(
            planned: Run, tells_until: Step | None = None, *, syncs: int = schedule.syncs, stale: int | None = None
        ) -> bool:
            now, before = (
                schedule.system(each, schedule.notes, name="Sequence") for each in (invoices, schedule.invoices)
            )
            books.outbox.deliver_due()
            jobs = [
                {
                    "place": place,
                    "now": clock().isoformat(),
                    "who": f"sync {number}",
                    "dies_at": planned.dies_at if number == 0 else None,
                    "tells_until": tells_until if number == 0 else None,
                    "tells_late": tells_late,
                    "told": f"{place}.told",
                    "events": _pickled(_come(chance, waiting)),
                    "journal": journal,
                    "billing": _pickled(before if number == stale else now),
                    "settings": _pickled(settings),
                    "rillet": url,
                    "key": books.api_key,
                }
                for number in range(syncs)
            ]
            ended = server.run(jobs, lambda pids: troubles.begin(planned, pids)) == [0] * syncs
            troubles.begin(Run(), ())
            statuses.look()
            wrong.extend(statuses.left() if ended else ())
            clock.advance(planned.pause.total_seconds())
            return ended

        def run_to_the_end() -> bool:
            # Two that start at the same moment may be in each other's way each time. One that is alone has to end.
            return run(Run()) or any(run(Run(), syncs=1) for _ in range(MOST_RUNS))

        def pay(number: int) -> None:
            if number < len(schedule.payments):
                statuses.pay(schedule.payments[number])

        later = _changed_now(schedule, clock)
        for number, planned in enumerate(schedule.runs):
            run(planned, _at(schedule.tells_until, number), stale=_at(schedule.stale, number))
            later = later if number else _changed_now(schedule, clock)
            invoices = later
            pay(number)
        invoices = later
        ended = run_to_the_end()
        pay(len(schedule.runs))
        ended = ended and run_to_the_end()
    with SqlJournal(place, now=clock) as opened:
        billing = ListedInvoices(invoices, schedule.notes, name="Sequence")
        sync = InvoiceSync(billing, books.client(), settings, journal=opened)
        wrong += [*_wrong(schedule, books), *(f"{each.record_id}: {each.text}" for each in sync.verify())]
    return [*([] if ended else ["it never comes to an end"]), *wrong, *statuses.wrong()]


def _changed_now(schedule: BillingSchedule, clock: ManualClock) -> list[Invoice]:
    """What there is after the first run: what is changed was changed just then."""
    return [
        after if after is before else attrs.evolve(after, updated_at=clock())
        for before, after in zip(schedule.invoices, schedule.later, strict=True)
    ]


def _at(planned: Sequence[T | None], number: int) -> T | None:
    return planned[number] if number < len(planned) else None


def _arrived(waiting: list[tuple[Mapping[str, str], bytes]], event: tuple[Mapping[str, str], bytes]) -> int:
    waiting.append(event)
    return 200


def _come(
    chance: random.Random, waiting: list[tuple[Mapping[str, str], bytes]]
) -> list[tuple[Mapping[str, str], bytes]]:
    """Which of the events come to one process, in whatever order; some never do, some come again later."""
    come = [each for each in waiting if chance.random() < 0.6]
    waiting[:] = [each for each in waiting if chance.random() < 0.3]
    chance.shuffle(come)
    return come


def _pickled(value: object) -> str:
    return base64.b64encode(pickle.dumps(value)).decode()


def _with_late_trouble(chance: random.Random, run: Run, syncs: int) -> Run:
    if chance.random() < 0.5:
        return run
    return replace(run, troubles={**run.troubles, chance.choice(_LATE_REQUESTS): a_trouble(chance, syncs)})


def _wrong(schedule: BillingSchedule, books: TroubledRillet) -> Iterator[str]:
    there = [each for each in schedule.later if each.status is not InvoiceStatus.VOID]
    wanted = Counter(each.number for each in there)
    found = Counter(each.invoice_number for each in books.invoices)
    # One that was voided before anything was posted for it is not there, and needs no credit.
    credited = [
        each.number
        for each in schedule.later
        if schedule.credits and each.status is InvoiceStatus.VOID and each.number in found
    ]
    if found != wanted + Counter(credited):
        yield f"Rillet has the invoices {found}"
    for names in ([each.name for each in books.customers], [each.name for each in books.products]):
        if len(set(names)) != len(names):
            yield f"Rillet has the customers or products {names}"
    memos = {each.credit_memo_number: each.applied_amount.amount for each in books.credit_memos}
    made: dict[str | None, Decimal] = {each.invoice_number: each.total.amount for each in books.invoices}
    should = {each.number: Decimal("0.60") for each in schedule.notes} | {
        f"{each}-VOID": made[each] for each in credited
    }
    if memos != should or len(memos) != len(books.credit_memos):
        yield f"Rillet has the credit memos {memos}"
    yield from (f"a key older than a day: {each}" for each in books.old_keys)
    accounts = {"prod_1": SUBSCRIPTIONS}
    values: list[Invoice | CreditNote] = [*there, *schedule.notes]
    sums = Counter(expected(values, accounts, {None: AMERICA.id}))
    for each in books.invoice_payments:
        if each.status is not InvoicePaymentStatus.FAILED:
            paid = cents(each.amount.amount)
            sums[AMERICA.id, CASH, "USD"] += paid
            sums[AMERICA.id, RECEIVABLE, "USD"] -= paid
    if booked(books) != {key: amount for key, amount in sums.items() if amount}:
        yield f"the ledger is wrong: {booked(books)}"


def _amount(chance: random.Random) -> Decimal:
    return Decimal(chance.randint(100, 99_999)).scaleb(-2)
