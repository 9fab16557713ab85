"""A record that cannot be read keeps no other one back, and is named."""

from __future__ import annotations

import json
from io import StringIO

import attrs
import pytest
from rich.console import Console
from typing_extensions import override

import brex_accounting.testing
import rillet.testing
from bridge import Total
from bridge.export.reporting import tables
from clientkit import Answer
from clientkit.testing import Asked
from support.companies.exported import REFERENCE_TYPE, Company, expense


class Careless(brex_accounting.testing.StandIn):
    """A Brex that sends one record without its amount."""

    damaged = "accr_002"
    has_id = True

    @override
    def respond(self, asked: Asked) -> Answer:
        answer = super().respond(asked)
        if asked.method != "GET" or asked.path != "/v3/accounting/records":
            return answer
        page = json.loads(answer.content)
        for each in page["items"]:
            if each["id"] == self.damaged:
                each["amount"] = None
                if not self.has_id:
                    del each["id"]
        return attrs.evolve(answer, content=json.dumps(page).encode())


@pytest.fixture
def careless() -> Careless:
    return Careless([expense(number) for number in range(1, 4)], rate_limit=None)


@pytest.fixture
def company(careless: Careless) -> Company:
    return Company(brex=careless, rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}))


def test_a_plan_names_it_too(company: Company, careless: Careless) -> None:
    plan = company.export().plan()

    assert [each.record.id for each in plan.posts] == ["accr_001", "accr_003"]
    (warning,) = plan.warnings
    assert warning.startswith("accr_002: it cannot be read: ")
    assert (plan.unreadable, plan.totals["unreadable"]) == (1, Total(records=1))
    careless.has_id = False
    assert company.export().plan().unreadable == 1


def test_it_is_reported_by_its_id_and_the_others_go_on(company: Company) -> None:
    outcome = company.export().run()

    (unread,) = outcome.unreadable
    assert unread.record_id == "accr_002"
    assert "amount" in unread.why
    assert not outcome.complete
    assert outcome.counts.unreadable == 1
    assert outcome.totals["unreadable"] == Total(records=1)
    assert outcome.totals_table.rows[-1][:2] == ("all records", "3")
    assert company.posted_references() == company.exported() == ["accr_001", "accr_003"]
    assert outcome.as_json()["unreadable"] == [{"record_id": "accr_002", "why": unread.why}]


def test_the_table_names_it(company: Company) -> None:
    console = Console(width=300, file=StringIO(), record=True)

    console.print(tables.export_table(company.export().run()))

    shown = console.export_text()
    assert "accr_002 cannot be read" in shown
    assert "Cannot be read" in shown


def test_one_without_an_id_is_counted_too(company: Company, careless: Careless) -> None:
    careless.has_id = False

    outcome = company.export().run()

    assert [each.record_id for each in outcome.unreadable] == [""]
    assert company.exported() == ["accr_001", "accr_003"]


def test_it_is_exported_as_soon_as_it_can_be_read(company: Company, careless: Careless) -> None:
    company.export().run()
    careless.damaged = ""

    outcome = company.export().run()

    assert outcome.complete
    assert [each.record.id for each in outcome.posted] == ["accr_002"]
    assert company.posted_references() == company.exported() == ["accr_001", "accr_002", "accr_003"]


def test_one_that_was_asked_for_by_its_id_is_named(company: Company) -> None:
    outcome = company.export().run(ids=["accr_001", "accr_002"])

    assert [each.record_id for each in outcome.unreadable] == ["accr_002"]
    assert company.exported() == ["accr_001"]
