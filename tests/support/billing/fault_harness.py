"""A sync with a served stand-in under a schedule of faults, and what must be true afterwards."""

from __future__ import annotations

import base64
import pickle
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bridge.billing import CreditNote, Customer, Invoice, InvoiceStatus
from bridge.billing.sync import InvoiceSync, ListedInvoices
from bridge.export import SqlJournal
from support.billing.company import (
    AMERICA,
    GERMANY,
    NOW,
    RATES,
    SETTINGS,
    SUBSCRIPTIONS,
    TYPE,
    changed,
    invoice,
    line,
    note,
)
from support.billing.oracle import booked, expected
from support.clocks import HandClock
from support.faults.harness import MOST_RUNS, Exporters, TroubledRillet, Troubles
from support.faults.schedules import Run, schedule


@dataclass(frozen=True)
class BillingSchedule:
    """What happens to the invoices; after the first run the billing system has them as in `later`."""

    invoices: Sequence[Invoice]
    notes: Sequence[CreditNote]
    later: Sequence[Invoice]
    runs: Sequence[Run] = field(default_factory=list[Run])
    syncs: int = 1


def billing_schedule(seed: int, *, syncs: int = 1) -> BillingSchedule:
    """The schedule of a seed."""
    chance = random.Random(f"billing {seed}")
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
    return BillingSchedule(
        invoices=made, notes=notes, later=later, runs=schedule(seed, exporters=syncs).runs, syncs=syncs
    )


def play_billing(schedule: BillingSchedule, server: Exporters, place: str, *, journal: str = "right") -> list[str]:
    """Carry a schedule out and run on to the end; everything that is wrong then."""
    clock, troubles = HandClock(NOW), Troubles()
    books = TroubledRillet(clock, reference_types={TYPE}, subsidiaries=[AMERICA, GERMANY], tax_rates=RATES)
    books.troubles = troubles
    invoices = schedule.invoices
    with books.serve() as url:

        def run(planned: Run) -> bool:
            billing = ListedInvoices(invoices, schedule.notes, name="Sequence")
            jobs = [
                {
                    "place": place,
                    "now": clock().isoformat(),
                    "who": f"sync {number}",
                    "dies_at": planned.dies_at if number == 0 else None,
                    "journal": journal,
                    "billing": base64.b64encode(pickle.dumps(billing)).decode(),
                    "rillet": url,
                    "key": books.api_key,
                }
                for number in range(schedule.syncs)
            ]
            statuses = server.run(jobs, lambda pids: troubles.begin(planned, pids))
            clock.advance(planned.pause.total_seconds())
            return statuses == [0] * schedule.syncs

        for planned in schedule.runs:
            run(planned)
            invoices = schedule.later
        invoices = schedule.later
        ended = any(run(Run()) for _ in range(MOST_RUNS))
    troubles.begin(Run(), ())
    with SqlJournal(place, now=clock) as opened:
        billing = ListedInvoices(schedule.later, schedule.notes, name="Sequence")
        sync = InvoiceSync(billing, books.client(), SETTINGS, journal=opened)
        wrong = [*_wrong(schedule, books), *(f"{each.record_id}: {each.text}" for each in sync.verify())]
    return [*([] if ended else ["it never comes to an end"]), *wrong]


def _wrong(schedule: BillingSchedule, books: TroubledRillet) -> Iterator[str]:
    there = [each for each in schedule.later if each.status is not InvoiceStatus.VOID]
    wanted = Counter(each.number for each in there)
    found = Counter(each.invoice_number for each in books.invoices)
    if found != wanted:
        yield f"Rillet has the invoices {found}"
    for names in ([each.name for each in books.customers], [each.name for each in books.products]):
        if len(set(names)) != len(names):
            yield f"Rillet has the customers or products {names}"
    memos = [(each.credit_memo_number, each.applied_amount.amount) for each in books.credit_memos]
    if memos != [(each.number, Decimal("0.60")) for each in schedule.notes]:
        yield f"Rillet has the credit memos {memos}"
    yield from (f"a key older than a day: {each}" for each in books.old_keys)
    accounts = {"prod_1": SUBSCRIPTIONS}
    values: list[Invoice | CreditNote] = [*there, *schedule.notes]
    if booked(books) != expected(values, accounts, {None: AMERICA.id}):
        yield f"the ledger is wrong: {booked(books)}"


def _amount(chance: random.Random) -> Decimal:
    return Decimal(chance.randint(100, 99_999)).scaleb(-2)
