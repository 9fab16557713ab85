"""Whatever fails, and whenever a sync is killed: each invoice is in Rillet once, and each status is told at least once, in order.

The long run is asked for with ``BREX_RILLET_SCHEDULES``, such as 300.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clientkit.testing import AnswerLost, RequestLost
from support.billing.company import invoice
from support.billing.fault_harness import BillingSchedule, billing_schedule, play_billing
from support.faults.harness import Exporters, exporters
from support.faults.schedules import DAY, Kill, Run, Trouble
from support.sizes import size

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the harness forks its exporters")

SCHEDULES = size("BREX_RILLET_SCHEDULES", quick=4, full=20)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporters]:
    with exporters(tmp_path_factory.mktemp("syncs"), "billing/fault_child.py") as running:
        yield running


@pytest.mark.parametrize("portion", range(4))
def test_every_invoice_is_synced_once(server: Exporters, tmp_path: Path, portion: int) -> None:
    for seed in range(portion, SCHEDULES, 4):
        wrong = play_billing(billing_schedule(seed), server, str(tmp_path / f"{seed}.db"))
        assert wrong == [], f"seed {seed}"


@pytest.mark.parametrize("portion", range(4))
def test_every_invoice_is_synced_once_by_two_syncs(server: Exporters, tmp_path: Path, portion: int) -> None:
    for seed in range(portion, SCHEDULES, 4):
        wrong = play_billing(billing_schedule(seed, syncs=2), server, str(tmp_path / f"{seed}.db"))
        assert wrong == [], f"seed {seed}"


@pytest.mark.parametrize("trouble", [AnswerLost(), RequestLost(), Kill(after=True), Kill(after=False)], ids=str)
@pytest.mark.parametrize("write", range(3))
def test_a_lost_outcome_of_each_write_is_found(
    server: Exporters, tmp_path: Path, trouble: Trouble, *, write: int
) -> None:
    """The writes are the customer, the product and the invoice, in either order of the first two."""
    lost = Run(of_writes={write: trouble, write + 1: trouble}, pause=DAY)
    schedule = BillingSchedule(invoices=[invoice()], notes=[], later=[invoice()], runs=[lost])

    assert play_billing(schedule, server, str(tmp_path / "journal.db")) == []


def test_random_schedules_find_a_journal_that_counts_on_success(server: Exporters, tmp_path: Path) -> None:
    found = (
        play_billing(billing_schedule(seed), server, str(tmp_path / f"{seed}.db"), journal="too hopeful")
        for seed in itertools.count()
    )

    assert any(found)


def test_random_schedules_find_a_status_that_is_remembered_before_it_is_told(server: Exporters, tmp_path: Path) -> None:
    found = (
        play_billing(billing_schedule(seed), server, str(tmp_path / f"{seed}.db"), tells_late=True)
        for seed in itertools.count()
    )

    assert any(found)
