"""An assistant that looks at an export over MCP learns what the commands tell, and can change nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import attrs
import pytest

pytest.importorskip("mcp", reason="the extra `mcp` is not installed")

from mcp import Client, StdioServerParameters

import brex_accounting.testing
import rillet.testing
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Entity, Settings
from bridge.export import Export, SqlJournal
from bridge.export.commands.mcp_operations import search
from bridge.export.commands.mcp_server import Files, bounded, server
from clientkit.client import release

T = TypeVar("T")
SETTINGS = """
[[entities]]
name = "US"
subsidiary = "{subsidiary}"
card_account = "21120"
reimbursement_account = "21340"
"""
TOOLS = ["check", "explain", "history", "plan", "reconcile", "search_operations", "verify"]


@attrs.frozen
class Company:
    """Two stand-ins behind sockets, with one posted and one refused record, and the files of their export."""

    brex: brex_accounting.testing.StandIn
    rillet: rillet.testing.StandIn
    files: Files
    journal: Path
    posted: str
    refused: str
    before: bytes

    def ask(self, use: Callable[[Client], Awaitable[T]], *, files: Files | None = None) -> T:
        async def asking() -> T:
            async with Client(server(files or self.files)) as client:
                return await use(client)

        return asyncio.run(asking())

    def call(self, name: str, **arguments: str) -> dict[str, Any]:
        answer = self.ask(lambda client: client.call_tool(name, arguments))
        assert not answer.is_error, answer.content
        found: dict[str, Any] = answer.structured_content or {}
        return found


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Generator[Company]:
    folder = tmp_path_factory.mktemp("company")
    good, bad = card_expense("42.75", coding=[gl("61000")]), card_expense("19.90", coding=[gl("99999")])
    brex = brex_accounting.testing.StandIn([good, bad])
    books = rillet.testing.StandIn(reference_types={"brex"})
    subsidiary = books.subsidiaries[0].trade_name
    us = Entity(name="US", subsidiary=subsidiary, card_account="21120", reimbursement_account="21340")
    with SqlJournal(str(folder / "export.db")) as journal:
        Export(brex.client(), books.client(), Bridge(Settings(entities=(us,))), journal=journal).run()
    settings = folder / "settings.toml"
    settings.write_text(SETTINGS.format(subsidiary=subsidiary), encoding="utf-8")
    files = Files(settings=settings, journal=str(folder / "export.db"))
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("BREX_TOKEN", brex.token)
        patch.setenv("BREX_BASE_URL", stack.enter_context(brex.serve()))
        patch.setenv("RILLET_API_KEY", books.api_key)
        patch.setenv("RILLET_BASE_URL", stack.enter_context(books.serve()))
        before = (folder / "export.db").read_bytes()
        brex.asked.clear()
        books.asked.clear()
        yield Company(brex, books, files, folder / "export.db", good.id, bad.id, before)


def test_every_tool_says_that_it_only_reads(company: Company) -> None:
    tools = company.ask(lambda client: client.list_tools()).tools

    assert sorted(each.name for each in tools) == TOOLS
    assert all(each.annotations is not None and each.annotations.read_only_hint for each in tools)
    assert all(each.description for each in tools)
    assert {name for each in tools for name in each.input_schema.get("properties", {})} == {
        "record_id",
        "id",
        "period",
        "words",
    }


@pytest.fixture(scope="module")
def told(company: Company) -> dict[str, dict[str, Any]]:
    """What each tool tells; a tool starts a process, so each is asked once."""
    return {
        "plan": company.call("plan"),
        "explain": company.call("explain", record_id=company.refused),
        "history": company.call("history", id=company.posted),
        "verify": company.call("verify"),
        "reconcile": company.call("reconcile", period="2026-09"),
        "check": company.call("check"),
    }


def test_a_refused_record_is_explained(company: Company, told: dict[str, dict[str, Any]]) -> None:
    assert told["explain"]["record_id"] == company.refused
    assert told["explain"]["refused"] is True
    assert told["explain"]["complete"] is False
    assert "99999" in str(told["explain"])


def test_what_was_posted_is_in_its_history(company: Company, told: dict[str, dict[str, Any]]) -> None:
    (attempt,) = told["history"]["attempts"]

    assert attempt["kind"] == "charges"
    assert attempt["object_id"] == company.rillet.charges[0].id


def test_the_plan_has_the_reason_of_a_refusal(company: Company, told: dict[str, dict[str, Any]]) -> None:
    (refused,) = told["plan"]["refused"]

    assert refused["record_id"] == company.refused
    assert "unknown_account" in str(refused)


def test_the_other_tools_tell_what_their_commands_print(told: dict[str, dict[str, Any]]) -> None:
    verified = told["verify"]
    assert (verified["complete"], verified["disagreements"], verified["compared"]) == (True, [], 1)
    assert told["reconcile"]["period"] == "2026-09"
    assert told["check"].keys() > {"complete"}


def test_nothing_that_a_tool_does_changes_anything(company: Company, told: dict[str, dict[str, Any]]) -> None:
    assert told.keys() == set(TOOLS) - {"search_operations"}
    assert {each.method for each in (*company.brex.asked, *company.rillet.asked)} == {"GET"}
    assert company.journal.read_bytes() == company.before


@pytest.mark.parametrize("made_up", ["--help", "accr_0000"])
def test_an_argument_that_is_made_up_is_no_option(company: Company, made_up: str) -> None:
    answer = company.ask(lambda client: client.call_tool("explain", {"record_id": made_up}))

    assert answer.is_error
    assert "Usage" not in str(answer.content[0])
    assert made_up in str(answer.content[0])


def test_an_error_names_the_program_and_the_server_its_release(company: Company) -> None:
    async def asking(client: Client) -> tuple[str, str]:
        wrong = await client.call_tool("reconcile", {"period": "soon"})
        assert client.server_info is not None
        return str(wrong.content[0]), client.server_info.version

    said, version = company.ask(asking)
    assert "Usage: brex-rillet reconcile" in said
    assert version == release()


def test_without_a_journal_a_tool_says_what_it_needs(company: Company) -> None:
    files = attrs.evolve(company.files, journal=None)

    answer = company.ask(lambda client: client.call_tool("verify", {}), files=files)

    assert answer.is_error
    assert "start the server with --journal" in str(answer.content)


def test_it_speaks_the_protocol_on_standard_input_and_output(company: Company) -> None:
    program = "from bridge.export.cli import main; main()"
    arguments = ["-c", program, "mcp", "--settings", str(company.files.settings), "--journal", str(company.journal)]

    async def asking() -> tuple[list[str], Any]:
        started = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))
        async with Client(started) as client:
            tools = (await client.list_tools()).tools
            return sorted(each.name for each in tools), await client.call_tool("search_operations", {"words": "trial"})

    names, answer = asyncio.run(asking())

    assert names == TOOLS
    assert "client.reports.trial_balance(" in str(answer.structured_content)


def test_a_search_finds_methods_by_words() -> None:
    assert search("find a vendor by its reference")[0].call.startswith("client.vendors.find(")
    assert search("accounting records ready for export")[0].service == "brex_accounting"
    assert search("xyzzy") == []


def test_what_is_long_is_cut_and_counted() -> None:
    told = bounded({"many": list(range(50)), "text": "x" * 5_000})

    assert told["many"][39:] == [39, "and 10 more"]
    assert told["text"].endswith("x… (1000 more letters)")
