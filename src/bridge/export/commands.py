"""What ``brex-rillet`` can do: show itself, plan, export, and tell from the journal what was done."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import attrs
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import brex_accounting
import rillet
from bridge.export import show
from bridge.export.attempts import Attempt, Journal, JournalError
from bridge.export.load import zone_of
from bridge.export.outcome import ExportOutcome, nothing_json, postings_json, refused_json
from bridge.export.run import Export, UnknownRecordError
from bridge.export.stopping import Stopping
from bridge.export.verification import verify as find_disagreements
from bridge.plan import Bridge, Plan
from bridge.results import PlannedVendor
from bridge.settings import SettingsError, read_settings
from clientkit.errors import ApiError
from clientkit.money import decimal_text, total

app = typer.Typer(
    help="Brex's accounting records into Rillet, each once.",
    no_args_is_help=True,
    add_completion=False,
    # Pretty tracebacks print the values of variables, tokens among them.
    pretty_exceptions_enable=False,
)

_COULD_NOT_RUN = 2
_INCOMPLETE = 1

_SettingsFile = Annotated[
    Path, typer.Option("--settings", help="The settings, a TOML file.", exists=True, dir_okay=False, readable=True)
]
_JournalPlace = Annotated[
    str | None,
    typer.Option("--journal", help="Where every attempt is written down: an SQLite file, or the URL of a PostgreSQL."),
]
_JournalOf = Annotated[str, typer.Option("--journal", help="The journal that export wrote: its file or URL.")]
_RecordId = Annotated[str, typer.Argument(metavar="RECORD", help="The record's id in Brex, such as accr_…")]
_Json = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON, for programs.")]


@app.command()
def demo(
    records: Annotated[int, typer.Option(min=1, max=20_000, help="How many good records the company has.")] = 400,
    seed: Annotated[int, typer.Option(help="Another seed, other records.")] = 1,
    *,
    as_json: _Json = False,
) -> None:
    """Export a made-up company between two stand-ins on loopback, and prove that the books are right."""
    from bridge.export.demo.run import Demo

    with _ending_well(), Demo(records=records, seed=seed) as company:
        quiet = Console(quiet=as_json)
        quiet.print(company.introduction)
        with _progress() as advance:
            first = company.export().run(progress=advance)
        second = company.export().run()
        proof = company.proof()
        difference = total(row.difference for row in proof)
        if as_json:
            _print_json({**first.as_json(), "second_run": second.as_json(), "difference": decimal_text(difference)})
        else:
            console = Console()
            console.print(show.export_table(first), show.proof_table(proof), sep="\n")
            again = len(second.posted)
            console.print(
                f"Difference over all accounts: {difference:.2f}", style="bold green" if not difference else "bold red"
            )
            console.print(f"Running the export a second time posted {again} records.")
        if difference or second.posted or first.stopped or first.failed:
            raise typer.Exit(_INCOMPLETE)


@app.command()
def plan(settings: _SettingsFile, journal: _JournalPlace = None, *, as_json: _Json = False) -> None:
    """Show what an export would post. Nothing is sent to Rillet or reported to Brex.

    Needs BREX_TOKEN and RILLET_API_KEY; BREX_BASE_URL, RILLET_ENVIRONMENT and RILLET_BASE_URL where they apply.
    """
    with _ending_well(), _export(settings, journal) as export:
        planned = export.plan()
        if as_json:
            _print_json(_plan_json(planned))
        else:
            Console().print(show.plan_table(planned))
        if planned.refused:
            raise typer.Exit(_INCOMPLETE)


@app.command()
def export(settings: _SettingsFile, journal: _JournalPlace = None, *, as_json: _Json = False) -> None:
    """Post every ready record of Brex to Rillet, and tell Brex. Ctrl-C and SIGTERM end it cleanly.

    With a journal, a run goes on where an earlier one was cut off, and history, replay and verify can tell of it.

    Needs the same variables as plan. Exit status 0: all exported; 1: some refused; 2: could not run.
    """
    with _ending_well(), _export(settings, journal) as prepared:
        with _progress() as advance, Stopping() as stopping:
            outcome = prepared.run(progress=advance, stop=stopping)
        _print_outcome(outcome, as_json=as_json)
        if not outcome.complete:
            raise typer.Exit(_INCOMPLETE)


@app.command()
def history(record: _RecordId, journal: _JournalOf, *, as_json: _Json = False) -> None:
    """Show every attempt to post a record: what was sent when and by whom, and what came back.

    --json has the bytes of both. Exit status 1: the journal does not know the record.
    """
    with _ending_well(), _journal(journal, is_there=True) as opened:
        attempts = opened.attempts(record)
        if as_json:
            _print_json({"record_id": record, "attempts": [_attempt_json(each) for each in attempts]})
        elif attempts:
            Console().print(show.history_table(record, attempts))
        else:
            show.errors(Console(stderr=True), [f"The journal does not know {record}."])
        if not attempts:
            raise typer.Exit(_INCOMPLETE)


@app.command()
def replay(
    record: _RecordId,
    settings: _SettingsFile,
    journal: _JournalOf,
    *,
    anew: Annotated[bool, typer.Option("--anew", help="You looked: Rillet does not have it.")] = False,
    as_json: _Json = False,
) -> None:
    """Export one record again: finish what was cut off, post anew what was deleted in Rillet.

    What Rillet still has is not posted a second time. Needs the same variables as plan.
    """
    with _ending_well(), _export(settings, journal, is_there=True) as prepared:
        with Stopping():
            outcome = prepared.replay(record, anew=anew)
        _print_outcome(outcome, as_json=as_json)
        if not outcome.complete:
            raise typer.Exit(_INCOMPLETE)


@app.command()
def verify(settings: _SettingsFile, journal: _JournalOf, *, as_json: _Json = False) -> None:
    """Walk the journal, Brex and Rillet, and print every disagreement. Changes nothing.

    Needs the same variables as plan. Exit status 0: all agree; 1: there is a disagreement; 2: could not look.
    """
    with _ending_well(), _export(settings, journal, is_there=True) as prepared:
        reference_type = prepared.bridge.settings.reference_type
        found = find_disagreements(prepared.brex, prepared.rillet, prepared.journal, reference_type)
        if as_json:
            _print_json({"disagreements": [{"record_id": each.record_id, "text": each.text} for each in found]})
        else:
            Console().print(show.verify_table(found))
        if found:
            raise typer.Exit(_INCOMPLETE)


def _print_outcome(outcome: ExportOutcome, *, as_json: bool) -> None:
    if as_json:
        _print_json(outcome.as_json())
    else:
        Console().print(show.export_table(outcome))


@contextmanager
def _export(settings: Path, journal: str | None, *, is_there: bool = False) -> Generator[Export]:
    bridge = Bridge(read_settings(settings.read_text(encoding="utf-8"), source=str(settings)), zones=zone_of)
    with ExitStack() as stack:
        brex = stack.enter_context(brex_accounting.Client.from_env())
        books = stack.enter_context(rillet.Client.from_env())
        opened = None if journal is None else stack.enter_context(_journal(journal, is_there=is_there))
        yield Export(brex, books, bridge, journal=opened)


@contextmanager
def _journal(place: str, *, is_there: bool) -> Generator[Journal]:
    try:
        from bridge.export.journal import SqlJournal
    except ModuleNotFoundError as error:
        if error.name != "sqlalchemy":
            raise
        extra = 'pip install "brex-rillet[export]"'
        raise JournalError(f"--journal needs the export extra. Install it with: {extra}") from None
    if is_there and "://" not in place and not Path(place).is_file():
        raise JournalError(f"there is no journal at {place}")
    with SqlJournal(place) as journal:
        yield journal


@contextmanager
def _ending_well() -> Generator[None]:
    """Expected troubles as a few lines and status 2 instead of a traceback."""
    problems: tuple[str, ...] = ()
    try:
        yield
    except SettingsError as error:
        problems = error.problems
    except (ApiError, JournalError, UnknownRecordError, OSError, UnicodeDecodeError) as error:
        problems = (str(error),)
    except KeyboardInterrupt:
        problems = ("Interrupted before anything was posted.",)
    if problems:
        show.errors(Console(stderr=True), problems)
        raise typer.Exit(_COULD_NOT_RUN)


class _Bar:
    """Rich's progress bar behind the exporter's callback."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("Exporting", total=None)

    def __call__(self, done: int, of: int, record_id: str) -> None:
        self._progress.update(self._task, completed=done, total=of, description=record_id[:24])


@contextmanager
def _progress() -> Generator[_Bar]:
    columns = (TextColumn("{task.description:24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Bar(progress)


def _plan_json(planned: Plan) -> dict[str, object]:
    return {
        "posts": [
            {
                "record_id": post.record.id,
                "vendor": {"create": post.vendor.vendor.name}
                if isinstance(post.vendor, PlannedVendor)
                else post.vendor,
                "impact_date": str(post.impact_date),
                "postings": postings_json(post.payload),
            }
            for post in planned.posts
        ],
        "create_vendors": [each.vendor.name for each in planned.new_vendors],
        "refused": refused_json(planned.refused),
        "nothing": nothing_json(planned.nothing),
    }


def _attempt_json(attempt: Attempt) -> dict[str, object]:
    values = ((field.name, getattr(attempt, field.name)) for field in attrs.fields(Attempt))
    return {name: _plain(value) for name, value in values}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _print_json(value: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
