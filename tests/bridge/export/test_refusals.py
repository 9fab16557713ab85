"""A refusal is Rillet's own; what a proxy answers says nothing about a record, and Brex never hears of it."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from bridge import Bridge
from bridge.export import Export, SqlJournal
from bridge.export.engine.attempts import AttemptState
from clientkit import Answer
from clientkit.testing import AnswerLost, Asked, Fault, Respond
from support.companies.exported import SETTINGS, Company, expense

PAGE = b"<html>no such host</html>"


def is_charge(asked: Asked) -> bool:
    return asked.path == "/charges" and asked.method == "POST"


@pytest.mark.parametrize("status", [400, 404, 405, 413, 422])
def test_the_page_of_a_proxy_refuses_no_record(company: Company, status: int) -> None:
    page = Answer(status=status, headers={"content-type": "text/html; charset=utf-8"}, content=PAGE)
    company.brex.add(*(expense(number) for number in range(9)))
    company.rillet.faults.append(Fault(Respond(page), matches=is_charge, times=100))
    settings = attrs.evolve(SETTINGS, report_refusals=True)

    outcome = company.export(settings, in_flight=1).run()

    assert outcome.refused == ()
    assert outcome.reported == ()
    assert outcome.stopped is None
    assert len(outcome.failed) == 9
    company.rillet.faults.clear()
    assert company.export(settings).run().complete
    assert company.posted_references() == company.exported() == sorted(company.brex.records)


def test_after_a_lost_answer_the_page_of_a_proxy_settles_nothing(company: Company, tmp_path: Path) -> None:
    page = Answer(status=404, headers={"content-type": "text/html"}, content=PAGE)
    company.brex.add(expense(1))
    company.rillet.faults += [Fault(AnswerLost(), matches=is_charge), Fault(Respond(page), matches=is_charge)]

    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        # Without references nothing but the key tells that the charge is there.
        bridge = Bridge(attrs.evolve(SETTINGS, reference_type=None))
        export = Export(company.brex.client(), company.rillet.client(), bridge, journal=journal)
        assert [each.code for each in export.run().failed] == ["NotFoundError"]
        assert export.run().complete
        assert [each.state for each in journal.attempts("accr_001")] == [AttemptState.POSTED]

    assert len(company.rillet.charges) == 1
