"""A journal knows whose it is: another company's is refused, and several companies share a database by namespaces."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

import brex_accounting.testing
import rillet
import rillet.testing
from bridge import Bridge
from bridge.export import Export, JournalError, SqlJournal, WrongJournalError
from bridge.export.owners import place_of
from bridge.export.sources.brex import BrexSource
from clientkit import Answer, StatusError, Verdict
from clientkit.testing import Fault, Respond
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense
from support.journal_dumps import VERSION_3, load

NOW = datetime(2026, 3, 1, 12, 6, tzinfo=UTC)


def company(seed: int = 0, *records: brex_accounting.Record) -> Company:
    return Company(
        brex=brex_accounting.testing.StandIn(records, rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}, seed=seed),
    )


def another_brex(here: Company) -> None:
    here.brex.team.company = attrs.evolve(here.brex.team.company, id="cuacc_another")


@contextmanager
def exporting(here: Company, place: str, namespace: str = "") -> Generator[Export]:
    with SqlJournal(place, namespace=namespace) as journal:
        yield Export(here.brex.client(), here.rillet.client(), Bridge(SETTINGS), journal=journal)


def test_the_journal_of_another_organization_is_refused_before_anything_is_sent(place: str) -> None:
    sandbox, production = company(1, expense(1)), company(2, expense(1))
    with exporting(sandbox, place) as export:
        assert export.run().complete

    with exporting(production, place) as export:
        for attempt in (export.run, export.plan, lambda: export.replay("accr_001")):
            with pytest.raises(
                JournalError, match=r"belongs to Rillet organization .* and this is Rillet organization"
            ):
                attempt()

    assert production.posts() == []
    assert production.exported() == []


def test_the_journal_of_another_brex_company_is_refused(place: str) -> None:
    here, there = company(0, expense(1)), company(0, expense(2))
    another_brex(there)
    with exporting(here, place) as export:
        assert export.run().complete

    with exporting(there, place) as export, pytest.raises(WrongJournalError, match="belongs to Brex company"):
        export.run()

    assert there.posts() == []


def test_another_environment_is_another_owner(tmp_path: Path) -> None:
    here = company(0, expense(1))
    with exporting(here, str(tmp_path / "journal.db")) as export:
        export.run()
    sandbox = rillet.Client(
        here.rillet.api_key, environment="sandbox", transport=here.rillet.transport(), pacer=rillet.Pacer(10**6)
    )
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        again = Export(here.brex.client(), sandbox, Bridge(SETTINGS), journal=journal)
        with pytest.raises(JournalError, match=r"sandbox\.api\.rillet\.com"):
            again.run()


def test_a_new_key_of_the_same_accounts_opens_the_same_journal(place: str) -> None:
    here = company(0, expense(1))
    with exporting(here, place) as export:
        assert export.run().complete
    here.rillet.api_key, here.brex.token = "another-key", "another-token"
    here.brex.add(expense(2))

    with exporting(here, place) as export:
        outcome = export.run()

    assert (outcome.counts.posted, outcome.complete) == (1, True)


def test_a_plan_binds_no_journal(place: str) -> None:
    with exporting(company(1, expense(1)), place) as export:
        assert len(export.plan().posts) == 1
    with exporting(company(2, expense(1)), place) as export:
        assert export.run().complete


def test_a_token_that_cannot_tell_its_company_binds_the_ledger_alone(place: str) -> None:
    here = company(1, expense(1))
    no_scope = Answer(status=403, headers={"content-type": "application/json"}, content=b'{"message": "scope"}')
    here.brex.faults.append(Fault(Respond(no_scope), matches=lambda asked: asked.path == "/v2/company", times=100))
    with exporting(here, place) as export:
        assert export.run().complete
        assert set(export.journal.owners()) == {"ledger", "ledger place"}
    with exporting(company(2, expense(1)), place) as export, pytest.raises(JournalError):
        export.run()
    # Once it can tell, both are known.
    here.brex.faults.clear()
    with exporting(here, place) as export:
        assert export.run().complete
        assert set(export.journal.owners()) == {"ledger", "ledger place", "source"}


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_not_read_its_organization_is_refused_as_any_other(place: str, status: int) -> None:
    here = company(1, expense(1))
    refused = Answer(status=status, headers={"content-type": "application/json"}, content=b'{"title": "No"}')
    here.rillet.faults.append(
        Fault(Respond(refused), matches=lambda asked: asked.path == "/organizations/self", times=100)
    )
    with exporting(here, place) as export, pytest.raises(StatusError) as raised:
        export.run()

    assert (raised.value.verdict, here.posts()) == (Verdict.FATAL, [])


def test_a_bound_journal_is_not_used_where_the_ledger_cannot_be_told(place: str) -> None:
    here = company(1, expense(1))
    with exporting(here, place) as export:
        assert export.run().complete
    here.brex.add(expense(2))
    no_right = Answer(status=400, headers={"content-type": "application/json"}, content=b'{"title": "No"}')
    here.rillet.faults.append(
        Fault(Respond(no_right), matches=lambda asked: asked.path == "/organizations/self", times=100)
    )
    with exporting(here, place) as export, pytest.raises(WrongJournalError, match="cannot tell which one"):
        export.run()
    assert len(here.posts()) == 2


def test_two_companies_in_one_database_do_not_see_each_other(place: str) -> None:
    tenants = {"acme": company(1, expense(1)), "beta": company(2, expense(1), expense(2))}
    another_brex(tenants["beta"])
    for _ in range(2):
        for name, here in tenants.items():
            with exporting(here, place, name) as export:
                assert export.run().complete
                assert export.verify() == ()
    # Each has the vendor of its own, and the record of the same id of its own.
    assert [len(each.rillet.vendors) for each in tenants.values()] == [1, 1]
    assert [len(each.rillet.charges) for each in tenants.values()] == [1, 2]
    with SqlJournal(place) as nobody:
        assert list(nobody.walk()) == []
    for name, here in tenants.items():
        with SqlJournal(place, namespace=name) as journal:
            ids = {each.object_id for each in journal.walk()}
            assert ids == {*(each.id for each in here.rillet.charges), *(each.id for each in here.rillet.vendors)}


def test_claims_refusals_and_marks_keep_apart_too(place: str) -> None:
    with SqlJournal(place, namespace="a") as one, SqlJournal(place, namespace="b") as two, SqlJournal(place) as none:
        assert one.claim("accr_1")
        assert two.claim("accr_1")
        assert none.claim_all(["accr_1", "accr_2"]) == {"accr_1", "accr_2"}
        one.refused("accr_1", 1, [("no_account", "It has none.")])
        one.set_mark("m", "1")
        two.set_mark("m", "2")
        assert [len(each.refusals("accr_1")) for each in (one, two, none)] == [1, 0, 0]
        assert [each.mark("m") for each in (one, two, none)] == ["1", "2", None]
        one.release("accr_1")
        assert two.held("accr_1") is not None
        assert one.held("accr_1") is None


@pytest.mark.parametrize("name", [" a", "a\n", "x" * 201, "\x1b[2J"])
def test_a_namespace_is_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(JournalError, match="namespace"):
        SqlJournal(str(tmp_path / "journal.db"), namespace=name)
    assert list(tmp_path.iterdir()) == []


def test_an_old_journal_opens_and_is_bound_at_its_next_run(place: str) -> None:
    load(VERSION_3, place)
    here = company(1)
    with SqlJournal(place, now=lambda: NOW) as journal:
        assert journal.owners() == {}
        (posted,) = journal.attempts("accr_posted")
        assert (posted.state, posted.kind) == ("POSTED", "charges")
        assert journal.members("summary:d727cfefd6a62748b213") != ()
        assert [each.subject for each in journal.refusals("accr_refused")] == ["accr_refused"]
        assert journal.mark("changes read until") == "2026-03-01T12:00:00+00:00"
        # The claim of the exporter that wrote it still holds.
        assert not journal.claim("accr_held")
        held = journal.held("accr_held")
        assert held is not None
        assert (held.who, held.until) == ("the last release", datetime(2026, 3, 1, 12, 12, tzinfo=UTC))
    with exporting(here, place) as export:
        export.run()
        assert set(export.journal.owners()) == {"ledger", "ledger place", "source"}
        new = attrs.evolve(posted, version=9)
        export.journal.intend(new)
        assert export.journal.attempts("accr_posted")[-1].version == 9
    with exporting(company(2), place) as export, pytest.raises(JournalError):
        export.run()


def test_the_place_of_a_service_is_its_host() -> None:
    assert place_of("https://api.rillet.com/") == place_of("https://API.rillet.com") == "api.rillet.com"
    assert place_of("http://127.0.0.1:4711") is place_of("http://localhost:80") is None


def test_a_company_that_cannot_be_asked_for_now_is_an_error(tmp_path: Path) -> None:
    here = company(0, expense(1))
    here.brex.faults.append(
        Fault(Respond(Answer(status=500)), matches=lambda asked: asked.path == "/v2/company", times=100)
    )
    with pytest.raises(brex_accounting.ApiError):
        BrexSource(here.brex.client()).owner()
    with exporting(here, str(tmp_path / "journal.db")) as export, pytest.raises(brex_accounting.ApiError):
        export.run()
    assert here.posts() == []


@pytest.mark.parametrize(("ahead", "is_refused"), [(2, False), (10, False), (70, True), (26 * 60, True)])
def test_a_clock_that_is_ahead_of_this_one_is_noticed(tmp_path: Path, ahead: int, *, is_refused: bool) -> None:
    here, known = company(0, expense(1)), str(tmp_path / "journal.db")
    with SqlJournal(known, now=lambda: NOW + timedelta(minutes=ahead), who="another") as journal:
        Export(here.brex.client(), here.rillet.client(), Bridge(SETTINGS), journal=journal).run()
    here.brex.add(expense(2))

    with SqlJournal(known, now=lambda: NOW, who="this one") as journal:
        export = Export(here.brex.client(), here.rillet.client(), Bridge(SETTINGS), journal=journal)
        if is_refused:
            with pytest.raises(JournalError, match=r"an attempt of another .* lies in the future"):
                export.run()
            assert len(here.rillet.charges) == 1
        else:
            outcome = export.run()
            assert outcome.complete
            assert [each.code for each in outcome.warnings] == (["clock"] if ahead > 5 else [])
