"""A refusal is Rillet's own; what a proxy answers says nothing about a record, and Brex never hears of it."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from brex_accounting import Record
from brex_accounting.testing.records import card_expense
from bridge import Bridge
from bridge.export import Export, ExportOutcome, SqlJournal
from bridge.export.engine.attempts import AttemptState
from bridge.export.web.overview import Status, overview
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


def test_a_refusal_is_over_when_the_record_is_changed_back(company: Company, tmp_path: Path) -> None:
    """Nothing is posted then, by which one could tell."""
    with SqlJournal(str(tmp_path / "journal.db")) as journal:

        def run(record: Record) -> ExportOutcome:
            company.brex.add(record)
            return company.export(journal=journal).run()

        assert run(expense(1)).complete
        known = expense(1)
        uncoded = card_expense("10.00", merchant="Cumulus Cloud", record_id="accr_001", version=known.version + 1)
        assert run(uncoded).counts.refused == 1
        assert journal.counts() == {"refused": 1}
        assert run(attrs.evolve(uncoded, version=known.version + 2)).counts.refused == 1

        outcome = run(attrs.evolve(known, version=known.version + 3))

        assert (outcome.counts.adopted, outcome.counts.posted, outcome.complete) == (1, 0, True)
        assert journal.counts() == {"posted": 1}
        assert journal.newest(status="refused", limit=9) == []
        assert [each.status for each in overview(journal)] == [Status.POSTED]
        assert [each.is_over for each in journal.refusals("accr_001")] == [False, False, True]
        # It is said once, and a refusal counts again afterwards.
        assert run(attrs.evolve(known, version=known.version + 4)).complete
        assert len(journal.refusals("accr_001")) == 3
        assert run(attrs.evolve(uncoded, version=known.version + 5)).counts.refused == 1
        assert journal.counts() == {"refused": 1}


def test_a_refusal_is_over_when_nothing_is_to_be_posted_any_more(company: Company, tmp_path: Path) -> None:
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        company.brex.add(card_expense("10.00", merchant="Cumulus Cloud", record_id="accr_001"))
        assert company.export(journal=journal).run().counts.refused == 1
        company.brex.add(card_expense("0.00", merchant="Cumulus Cloud", record_id="accr_001", version=7))

        assert company.export(journal=journal).run().counts.nothing == 1

        assert journal.counts() == {"nothing": 1}
        assert [each.status for each in overview(journal)] == [Status.NOTHING]


def test_of_what_was_never_refused_no_refusal_is_kept(company: Company, tmp_path: Path) -> None:
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        company.brex.add(card_expense("0.00", merchant="Cumulus Cloud", record_id="accr_001"))
        company.export(journal=journal).run()

        assert journal.refusals("accr_001") == ()
