"""A file without invoices, and a journal that is not there: the commands say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from support.billing.company import standin
from support.commands import invoke

SETTINGS = """\
subsidiary = "Example Inc."
create_customers = true
create_products = true
revenue_account = "41000"
"""
HEADING = "invoice_id,issued,currency,customer_id,customer_name,product_id,amount\n"
ROW = "in_1,2026-03-02,USD,cus_1,Acme,prod_1,100.00\n"


class Run(Protocol):
    def __call__(self, name: str, invoices: str) -> Any: ...


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command with a file of this content, which is named."""
    monkeypatch.chdir(tmp_path)
    Path("settings.toml").write_text(SETTINGS, encoding="utf-8")

    def command(name: str, invoices: str) -> Any:
        settings = ["--settings", "settings.toml"] if name != "status" else []
        return invoke("billing", name, *settings, "--invoices", invoices, "--journal", "billing.db")

    made = standin()
    with made.serve() as url:
        monkeypatch.setenv("RILLET_API_KEY", made.api_key)
        monkeypatch.setenv("RILLET_BASE_URL", url)
        yield command


@pytest.mark.parametrize("command", ["plan", "sync", "status"])
@pytest.mark.parametrize(
    ("name", "text"),
    [("none.csv", HEADING), ("none.json", '{"invoices": []}'), ("none.jsonl", "")],
    ids=["CSV", "JSON", "JSON Lines"],
)
def test_a_file_without_invoices_is_named_and_no_mistake(run: Run, command: str, name: str, text: str) -> None:
    Path("first.csv").write_text(HEADING + ROW, encoding="utf-8")
    Path(name).write_text(text, encoding="utf-8")
    assert "has no invoices" not in run("sync", "first.csv").output

    done = run(command, name)

    assert (done.exit_code, done.stderr) == (0, f"{name} has no invoices.\n")


def test_a_plan_without_anything_to_post_says_so(run: Run) -> None:
    Path("first.csv").write_text(HEADING + ROW, encoding="utf-8")
    assert run("sync", "first.csv").exit_code == 0

    done = run("plan", "first.csv")

    assert (done.exit_code, done.stdout) == (0, "Nothing to post.\n")


@pytest.mark.parametrize("command", ["plan", "sync"])
def test_a_file_of_which_nothing_can_be_read_has_invoices(run: Run, command: str) -> None:
    Path("wrong.csv").write_text(HEADING + ROW.replace("100.00", "many"), encoding="utf-8")

    done = run(command, "wrong.csv")

    assert done.exit_code == 1
    assert "has no invoices" not in done.output


def test_an_empty_csv_is_a_mistake(run: Run) -> None:
    Path("empty.csv").write_text("", encoding="utf-8")

    done = run("plan", "empty.csv")

    assert done.exit_code == 2
    assert "empty.csv is empty; its first line has to name the columns" in done.stderr


def test_status_says_what_begins_a_journal(run: Run) -> None:
    Path("first.csv").write_text(HEADING + ROW, encoding="utf-8")

    done = run("status", "first.csv")

    assert done.exit_code == 2
    assert (
        "there is no journal at billing.db: check the path, or begin one with export, hold or billing sync"
        in done.stderr
    )
