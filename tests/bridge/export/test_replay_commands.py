"""``replay`` for several records, and for those that were dismissed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs

from brex_accounting.testing.records import card_expense
from support.companies.exported import Company, expense

Run = Callable[..., Any]


def test_a_replay_says_what_comes_next_for_what_was_dismissed(company: Company, run: Run) -> None:
    run("export")
    company.brex.add(expense(1), attrs.evolve(card_expense("5"), id="accr_002"))
    run("dismiss", "accr_001", "accr_002", "--why", "booked by hand")

    posted, refused = (run("replay", each, "--even-dismissed") for each in ("accr_001", "accr_002"))

    assert (posted.exit_code, refused.exit_code) == (0, 1)
    told = "Brex has accr_001 as exported since it was dismissed, so nothing has to be reported."
    assert posted.stdout.splitlines()[-1] == told
    told = "replay it again once it can be posted."
    assert refused.stdout.splitlines()[-1].endswith(told)
    assert run("replay", "accr_001").stdout.count("dismissed") == 0


def test_several_records_are_replayed_and_a_bad_one_does_not_stop_the_others(company: Company, run: Run) -> None:
    run("export")
    company.brex.add(*map(expense, range(1, 5)))
    run("dismiss", "accr_003", "--why", "booked by hand as JE-12")
    run("export")
    with company.rillet.client() as client:
        for each in company.rillet.charges:
            client.charges.delete(each.id)

    replayed = run("replay", "accr_001", "accr_003", "accr_009", "accr_002", "accr_001")

    assert replayed.exit_code == 1
    assert "Replay of 4 records" in replayed.stdout
    rows = [line.split() for line in replayed.stdout.splitlines() if line.startswith(" accr_")]
    assert [(row[0], row[3]) for row in sorted(rows)] == [
        ("accr_001", "create:"),
        ("accr_002", "create:"),
        ("accr_003", "accr_003"),
    ]
    assert "accr_009 cannot be read: Brex has no record accr_009" in replayed.stdout
    assert len(company.rillet.charges) == 2
    told = json.loads(run("replay", "accr_003", "accr_009", "--json").stdout)
    assert [each["record_id"] for each in told["failed"]] == ["accr_003"]
    assert run("replay", "accr_001", "accr_002", "--adopt", "1").exit_code == 2
    assert run("replay", "accr_001", "accr_004").exit_code == 0
