"""Where did the money go, what would be posted, and do the books agree? A finance person's first cell."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import brex_accounting
import brex_accounting.testing
import rillet.testing
from brex_accounting.testing.records import card_expense, card_refund, gl
from bridge import Bridge, Entity, Settings
from bridge.export import Export

SPENT = [
    card_expense("120.00", coding=[gl("61000")], merchant="Cumulus Cloud"),
    card_expense("19.90", coding=[gl("62000")], merchant="Skyline Air"),
    card_refund("20.00", coding=[gl("61000")], merchant="Cumulus Cloud"),
    card_expense("7.00", merchant="Corner Cafe"),
]


def main() -> None:
    """Three tables, each of them from one call."""
    brex = brex_accounting.testing.StandIn(SPENT)
    books = rillet.testing.StandIn(reference_types={"brex"})
    us = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")

    spent = defaultdict[str, Decimal](Decimal)
    records = brex.client().records.list(review_status="READY_FOR_EXPORT")
    for line in brex_accounting.lines(records):
        amount = line["amount"]
        if line["account"] is not None and isinstance(amount, Decimal):
            spent[str(line["account"])] += amount
    for account, total in sorted(spent.items()):
        print(f"{account} {total:>10,.2f}")

    export = Export(brex.client(), books.client(), Bridge(Settings(entities=(us,))))
    plan = export.plan()
    print(f"would post {len(plan.posts)}, would refuse {len(plan.refused)}: {plan.refused[0].reasons[0]}")

    print(export.run().counts.posted, "posted")
    balance = books.client().reports.trial_balance(from_date=date(2026, 2, 1), to_date=date(2026, 2, 28))
    for each in balance.accounts:
        print(f"{each.code} {each.name:<20} {each.ending_balance}")


if __name__ == "__main__":
    main()
