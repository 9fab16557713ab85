"""An integrator's rules: what is too small is left out, flights go to travel, and large amounts wait for somebody."""

from __future__ import annotations

from decimal import Decimal

import brex_accounting.testing
import rillet.testing
from brex_accounting import LineItem, Record
from brex_accounting.testing.records import card_expense, gl
from bridge import DEFAULT_MAPPERS, Bridge, ChosenAccount, Draft, Entity, Post, Settings, Skip, SkipCode
from bridge.export import Export

SPENT = [
    card_expense("0.40", coding=[gl("61000")], merchant="Corner Cafe"),
    card_expense("310.00", coding=[gl("61000")], merchant="Air North", memo="Flight to Oslo"),
    card_expense("9000.00", coding=[gl("61000")], merchant="Cumulus Cloud"),
]


def without_small_ones(draft: Draft) -> Post | Skip | None:
    """A mapper: nothing under 1 is posted."""
    if draft.record.amount.amount < 1:
        return draft.skip(SkipCode.NO_MONEY, "it is less than 1")
    return DEFAULT_MAPPERS["CARD_EXPENSE_POST"](draft)


def travel(record: Record, line: LineItem) -> ChosenAccount | None:
    """A rule for accounts, which `explain` tells of."""
    del line
    return ChosenAccount("62000", "its memo speaks of a flight") if "Flight" in (record.memo or "") else None


def needs_a_look(post: Post) -> str | None:
    """A hold: what is returned is why the record waits."""
    return "it is 5,000 or more" if post.record.amount.amount >= Decimal(5000) else None


def main() -> None:
    """Export with all three."""
    us = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")
    mappers = {**DEFAULT_MAPPERS, "CARD_EXPENSE_POST": without_small_ones}
    bridge = Bridge(Settings(entities=(us,)), mappers=mappers, choose_account=travel)
    books = rillet.testing.StandIn(reference_types={"brex"})
    brex = brex_accounting.testing.StandIn(SPENT)

    outcome = Export(brex.client(), books.client(), bridge, hold=needs_a_look).run()

    print(f"{outcome.counts.posted} posted, {len(outcome.nothing)} left out, {len(outcome.held)} held")
    for held in outcome.held:
        print(held.record.id, *held.reasons)
    print(f"61000: {books.ledger.balance('61000')}, 62000: {books.ledger.balance('62000')}")


if __name__ == "__main__":
    main()
