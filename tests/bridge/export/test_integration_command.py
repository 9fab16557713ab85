"""The command integration against the stand-in of Brex on loopback: what it changes there, and what the journal keeps."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import brex_accounting.testing
from bridge.export import SqlJournal
from clientkit.testing import AnswerLost, Fault
from support.commands import invoke

Run = Callable[..., Any]
PAIR = ("--vendor", "rillet", "--vendor-account", "org-1")


@pytest.fixture
def brex() -> brex_accounting.testing.StandIn:
    return brex_accounting.testing.StandIn(rate_limit=None)


@pytest.fixture
def journal(tmp_path: Path) -> str:
    return str(tmp_path / "journal.db")


@pytest.fixture
def run(brex: brex_accounting.testing.StandIn, journal: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    with brex.serve() as address:
        monkeypatch.setenv("BREX_TOKEN", brex.token)
        monkeypatch.setenv("BREX_BASE_URL", address)
        yield lambda *arguments: invoke("integration", *arguments, "--journal", journal)


def listed(run: Run, *arguments: str) -> list[tuple[object, ...]]:
    """What show lists, without the times."""
    told = json.loads(run("show", "--json", *arguments).stdout)
    assert told["verifiable"] is False
    names = ("id", "vendor", "vendor_account_id", "status")
    return [tuple(each[name] for name in names) for each in told["integrations"]]


def status(brex: brex_accounting.testing.StandIn) -> str:
    """What Brex has of the first integration."""
    return brex.integrations.by_id["int_1"].status.value


def test_an_integration_lives_and_its_id_is_kept(run: Run, brex: brex_accounting.testing.StandIn) -> None:
    made = run("create", *PAIR)
    assert made.exit_code == 0, made.output
    assert "int_1" in made.stdout
    assert "not verifiable" in made.stdout
    assert listed(run) == [("int_1", "rillet", "org-1", "ACTIVE")]

    gone = run("disconnect", "int_1", "--yes")
    assert gone.exit_code == 0, gone.output
    assert status(brex) == "DISABLED"
    assert listed(run) == [("int_1", "rillet", "org-1", "DISABLED")]

    again = run("reactivate", "int_1")
    assert again.exit_code == 0, again.output
    assert status(brex) == "ACTIVE"
    assert listed(run) == [("int_1", "rillet", "org-1", "ACTIVE")]


def test_what_is_as_it_should_be_is_no_failure(run: Run) -> None:
    for _ in range(2):
        assert run("create", *PAIR).exit_code == 0
    assert run("reactivate", "int_1").exit_code == 0
    assert listed(run) == [("int_1", "rillet", "org-1", "ACTIVE")]
    for _ in range(2):
        assert run("disconnect", "int_1", "--yes").exit_code == 0
    assert listed(run) == [("int_1", "rillet", "org-1", "DISABLED")]


@pytest.mark.parametrize(
    ("vendor", "account", "kept"),
    [
        ("other", "org-9", ("int_1", "other", None, "ACTIVE")),
        ("rillet", "org-9", ("int_1", "rillet", "org-9", "ACTIVE")),
    ],
)
def test_the_id_of_the_one_in_the_way_is_kept(
    run: Run, brex: brex_accounting.testing.StandIn, vendor: str, account: str, kept: tuple[object, ...]
) -> None:
    with brex.client() as client:
        client.integrations.create(vendor=vendor, vendor_account_id=account)
    refused = run("create", *PAIR)
    assert refused.exit_code == 2
    assert "ask a person" in refused.stderr or "Check which account" in refused.stderr
    assert listed(run) == [kept]


def test_of_several_the_last_that_became_active_is(run: Run, brex: brex_accounting.testing.StandIn) -> None:
    run("create", *PAIR)
    run("disconnect", "int_1", "--yes")
    run("create", "--vendor", "rillet", "--vendor-account", "org-2")
    assert run("reactivate", "int_1").exit_code == 2
    # Somebody disconnects it in Brex, and the journal does not know.
    with brex.client() as client:
        client.integrations.disconnect("int_2")
    assert run("reactivate", "int_1").exit_code == 0
    assert listed(run) == [("int_1", "rillet", "org-1", "ACTIVE"), ("int_2", "rillet", "org-2", "DISABLED")]


@pytest.mark.parametrize("command", ["disconnect", "reactivate"])
def test_an_unknown_integration_ends_with_2_and_is_not_kept(run: Run, command: str) -> None:
    run("create", *PAIR)
    yes = ["--yes"] if command == "disconnect" else []
    for wrong in ("int_9", ""):
        refused = run(command, wrong, *yes)
        assert refused.exit_code == 2, refused.output
        assert "Traceback" not in refused.output
    assert listed(run) == [("int_1", "rillet", "org-1", "ACTIVE")]


def test_disconnect_asks_first(run: Run, brex: brex_accounting.testing.StandIn) -> None:
    run("create", *PAIR)
    asked = len(brex.asked)
    refused = run("disconnect", "int_1")
    assert refused.exit_code == 2
    assert "--yes" in refused.output
    assert len(brex.asked) == asked


def test_an_answer_that_is_lost_changes_nothing(run: Run, brex: brex_accounting.testing.StandIn) -> None:
    run("create", *PAIR)
    brex.faults.append(Fault(AnswerLost(), matches=lambda asked: asked.path.endswith("/disconnect")))
    for _ in range(2):
        run("disconnect", "int_1", "--yes")
    assert listed(run) == [("int_1", "rillet", "org-1", "DISABLED")]


def test_csv_has_the_same_rows(run: Run, tmp_path: Path) -> None:
    run("create", *PAIR)
    file = tmp_path / "integrations.csv"
    assert run("show", "--csv", str(file)).exit_code == 0
    heading, row = csv.reader(file.read_text(encoding="utf-8").splitlines())
    assert heading == ["Integration", "Vendor", "Vendor account", "State", "Said by Brex (UTC)"]
    assert row[:4] == ["int_1", "rillet", "org-1", "ACTIVE"]


def test_a_journal_without_one_ends_with_1(run: Run, journal: str) -> None:
    SqlJournal(journal).close()
    empty = run("show")
    assert empty.exit_code == 1
    assert "Integrations that the journal knows: 0" in empty.stdout


@pytest.mark.parametrize(
    "damage", ["{", "{}", "[1]", '[{"id": "x"}]', '[{"id": 1, "status": "ACTIVE"}]', "[" * 100_000]
)
def test_a_damaged_mark_is_told_before_brex_is_asked_to_change_anything(
    run: Run, brex: brex_accounting.testing.StandIn, journal: str, damage: str
) -> None:
    with SqlJournal(journal) as opened:
        opened.set_mark("integrations", damage)
    for told in (run("show"), run("create", *PAIR)):
        assert told.exit_code == 2
        assert "the journal's mark 'integrations' is damaged" in told.stderr
    assert brex.integrations.by_id == {}


def test_the_journal_of_another_company_is_refused(
    run: Run, brex: brex_accounting.testing.StandIn, journal: str
) -> None:
    with SqlJournal(journal) as opened:
        opened.bind({"source": "company other"})
    refused = run("create", *PAIR)
    assert refused.exit_code == 2
    assert "the journal belongs to Brex company other" in refused.stderr
    assert brex.integrations.by_id == {}


def test_of_two_commands_at_once_one_is_told_to_wait(
    run: Run, brex: brex_accounting.testing.StandIn, journal: str
) -> None:
    with SqlJournal(journal) as other:
        assert other.claim("integrations")
        waiting = run("create", *PAIR)
        other.release("integrations")
    assert waiting.exit_code == 2
    assert "another command changes the integrations of this account" in waiting.stderr
    assert brex.integrations.by_id == {}

    assert run("create", *PAIR).exit_code == 0
    assert run("disconnect", "int_1", "--yes").exit_code == 0


def found_by_check(journal: str, settings: Path) -> tuple[str, str]:
    """What check tells of the integration."""
    settings.write_text("entities = []", encoding="utf-8")
    told = json.loads(invoke("check", "--settings", str(settings), "--journal", journal, "--json").stdout)
    (found,) = [each for each in told["findings"] if each["what"] == "Brex integration"]
    return found["state"], found["text"]


def test_check_tells_of_the_integration_that_the_journal_knows(run: Run, journal: str, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    state, text = found_by_check(journal, settings)
    assert (state, text) == (
        "problem",
        f"there is no journal at {journal}: check the path, or begin one with export, hold or billing sync",
    )

    SqlJournal(journal).close()
    state, text = found_by_check(journal, settings)
    assert (state, text.partition(",")[0]) == ("not verifiable", "the journal knows none")

    run("create", *PAIR)
    state, text = found_by_check(journal, settings)
    assert (state, text.partition(" at ")[0]) == ("not verifiable", "int_1 (rillet) was ACTIVE")

    run("disconnect", "int_1", "--yes")
    state, text = found_by_check(journal, settings)
    assert (state, text.partition(" at ")[0]) == ("warning", "int_1 (rillet) was DISABLED")
    assert text.endswith("brex-rillet integration reactivate int_1")
