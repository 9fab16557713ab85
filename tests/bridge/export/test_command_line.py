"""What the command line offers besides the export: its release, completion, and one line for what is equal."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.core import TyperGroup
from typer.testing import CliRunner

from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge
from bridge.export import DismissalError, Export, SqlJournal, cli
from bridge.export.commands import MODULES
from bridge.export.commands.every import app
from bridge.export.reporting import tables
from clientkit.client import release
from support.companies.exported import SETTINGS, Company, expense


def shown(part: object) -> str:
    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(part)
    return console.export_text()


def test_the_release_is_told() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout == f"brex-rillet {release()}\n"
    assert release()[0].isdecimal()


def test_a_shell_can_complete_the_commands() -> None:
    asked = {"_BREX_RILLET_COMPLETE": "complete_bash", "COMP_WORDS": "brex-rillet ex", "COMP_CWORD": "1"}
    result = CliRunner().invoke(app, [], prog_name="brex-rillet", env=asked)
    assert result.stdout.split() == ["exchange-differences", "explain", "export"]


def test_the_help_lists_the_commands_by_name() -> None:
    lines = CliRunner().invoke(app, ["--help"]).stdout.partition("Commands")[2].splitlines()
    names = [line.strip("│ ").split()[0] for line in lines if line.strip("│ ─╭╮╰╯")]
    assert {"approve", "billing", "hold", "verify"} <= {*names}
    assert [each for each in names if each in MODULES] == sorted(MODULES)


def test_help_alone_loads_no_command_and_says_what_all_of_them_say() -> None:
    program = (
        "import atexit, sys; from bridge.export.cli import main; sys.argv = ['brex-rillet', '--help'];"
        "loaded = lambda: {'rillet', 'brex_accounting', 'bridge.export.commands.app'} & set(sys.modules);"
        "atexit.register(lambda: sys.stdout.write(f'{loaded()}\\n')); main()"
    )
    everything = "from bridge.export.commands.every import app; app(['--help'], prog_name='brex-rillet')"
    quick, whole = (
        subprocess.run(
            [sys.executable, "-c", each],
            env={"PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for each in (program, everything)
    )
    assert quick == f"{whole}set()\n"


def test_an_interruption_while_a_command_is_loaded_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "import_module", interrupted)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "Interrupted before anything was begun.\n"


def test_a_command_is_found_in_its_module() -> None:
    every = typer.main.get_command(app)
    assert isinstance(every, TyperGroup)
    found = dict[str, str]()
    for name, command in every.commands.items():
        first = next(iter(command.commands.values())) if isinstance(command, TyperGroup) else command
        found[name] = str(getattr(first.callback, "__module__", "")).removeprefix("bridge.export.commands.")

    assert found == MODULES


@pytest.mark.parametrize(("arguments", "are_there"), [(["plan"], False), ([], True), (["planned"], True)])
def test_a_command_that_is_named_is_loaded_alone(arguments: list[str], *, are_there: bool) -> None:
    program = (
        "import atexit, sys; from bridge.export.cli import main; sys.argv[0] = 'brex-rillet';"
        "atexit.register(lambda: sys.stdout.write(f'{\"bridge.export.commands.billing\" in sys.modules}\\n')); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.endswith(f"{are_there}\n")
    # Without settings, a command, or a command of that name.
    assert done.returncode == 2


def test_equal_refusals_are_one_line_that_counts_all(company: Company) -> None:
    company.brex.add(*(card_expense("5", coding=[gl("nowhere")], record_id=f"accr_{n:03}") for n in range(60)))
    export = company.export()

    planned, done = shown(tables.plan_table(export.plan())), shown(tables.export_table(export.run(keep=40)))

    for text in (planned, done):
        assert text.count("nowhere") == 1
        assert "all 60 records" in text
        assert "more; --json" not in text


def test_some_equal_refusals_stand_beside_the_others(company: Company) -> None:
    company.brex.add(*(card_expense("5", coding=[gl("nowhere")], record_id=f"accr_{n}") for n in range(3)))
    company.brex.add(card_expense("7", coding=[gl("elsewhere")], record_id="accr_other"))

    text = shown(tables.export_table(company.export().run()))

    assert "3 records, such as accr_" in text
    assert "accr_other" in text
    assert "7.00 USD" in text


def test_what_differs_is_bounded_and_the_rest_is_counted(company: Company) -> None:
    company.brex.add(*(card_expense("5", coding=[gl(f"none{n}")], record_id=f"accr_{n:03}") for n in range(50)))

    text = shown(tables.export_table(company.export().run(keep=40)))

    assert text.count("accr_") == 40
    assert "10 more; --json has them all" in text


def with_journal(company: Company, journal: SqlJournal) -> Export:
    clients = company.brex.client(sleep=lambda _: None), company.rillet.client()
    return Export(*clients, Bridge(SETTINGS), journal=journal)


def test_many_records_are_dismissed_at_once(company: Company, tmp_path: Path) -> None:
    company.brex.add(*(expense(number, "3.00") for number in range(1, 5)))
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        outcome = with_journal(company, journal).dismiss_all(["accr_001", "accr_002", "accr_003"], why="by hand")

    assert sorted(outcome.reported) == ["accr_001", "accr_002", "accr_003"]
    assert company.exported() == ["accr_001", "accr_002", "accr_003"]
    assert company.posted_references() == []
    assert len(company.rillet.asked) < 15


def test_either_all_are_dismissed_or_none(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1, "3.00"))
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        export = with_journal(company, journal)
        export.run()
        company.brex.add(expense(2, "4.00"))

        with pytest.raises(DismissalError) as raised:
            export.dismiss_all(["accr_001", "accr_002", "accr_009"], why="booked by hand")

        assert raised.value.problems == (
            "Brex has no record accr_009",
            "accr_001 was posted by this export, or may have been; its history tells where",
        )
        assert journal.attempts("accr_002") == ()
        with pytest.raises(ValueError, match="name the records"):
            export.dismiss_all([], why="booked by hand")
