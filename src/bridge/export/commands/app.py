"""What the commands have in common: their options, what they open, and how they end and print."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import attrs
import typer
from rich.console import Console
from typing_extensions import override

import brex_accounting
import rillet
from bridge.callers import no_rates
from bridge.export.closing.texts import MissingExtraError
from bridge.export.commands.progress_display import telling_of_requests
from bridge.export.commands.root import CONSENT_VARIABLE as CONSENT_VARIABLE  # noqa: PLC0414 - for the commands
from bridge.export.commands.root import app as app  # noqa: PLC0414 - for the commands
from bridge.export.commands.waiting import telling_of_a_wait
from bridge.export.engine.export import Export, UnknownRecordError
from bridge.export.engine.kept_books import KeptBooks
from bridge.export.engine.saved_plan import PlanError, SavedPlan
from bridge.export.engine.walk import compared
from bridge.export.file_rates import FileRates
from bridge.export.journal.protocol import Journal, JournalError
from bridge.export.ledgers.rillet_books import load_books
from bridge.export.reporting import tables
from bridge.export.sources.brex import BrexSource
from bridge.export.time_zones import zone_of
from bridge.mapping import Bridge
from bridge.settings.mistakes import Mistake, by_line
from bridge.settings.toml_file import read_settings, readable_part, with_lines
from bridge.settings.toml_places import TomlText
from bridge.settings.values import SettingsError
from clientkit.errors import ApiError, ConfigurationError
from clientkit.pacing import Paces
from clientkit.redis_pacing import RedisPaces

_UNBOUNDED = 100_000
_REDIS = frozenset({"redis", "rediss", "unix"})

COULD_NOT_RUN = 2
INCOMPLETE = 1

#: Whether CSV files begin with a byte order mark.
_BOM_VARIABLE = "BREX_RILLET_CSV_BOM"
#: Where every command finds the shared pace, if it is not told by an option.
PACE_VARIABLE = "BREX_RILLET_PACE"

SettingsFile = Annotated[
    Path, typer.Option("--settings", help="The settings file (TOML).", exists=True, dir_okay=False, readable=True)
]
JournalPlace = Annotated[
    str | None,
    typer.Option("--journal", help="The journal of all attempts: an SQLite file, or the URL of a PostgreSQL database."),
]
JournalOf = Annotated[str, typer.Option("--journal", help="The journal of the export: its file or URL.")]
NamespaceName = Annotated[
    str,
    typer.Option(
        "--namespace",
        metavar="NAME",
        help="The journal's name, if several are in one database: each company has its own.",
    ),
]
RatesFile = Annotated[
    Path | None,
    typer.Option(
        "--rates",
        help="Exchange rates: a CSV file with the columns base,target,date,rate, or the ECB's eurofxref-hist.csv.",
        exists=True,
        dir_okay=False,
        readable=True,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help="Compare exported records that changed after this date or time. A journal remembers it by itself.",
    ),
]
RecordId = Annotated[str, typer.Argument(metavar="RECORD", help="The record's id in Brex, such as accr_…")]
PaceAt = Annotated[
    str | None,
    typer.Option(
        "--pace",
        metavar="PLACE",
        help='Where all users of this Rillet key share their pace: redis://HOST, a PostgreSQL URL, or "journal".',
        envvar=PACE_VARIABLE,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]


def _in_a_folder(path: Path | None) -> Path | None:
    if path is not None and not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}")
    return path


CsvFile = Annotated[
    Path | None,
    typer.Option(
        "--csv", metavar="FILE", help="Write the outcome to this CSV file too.", dir_okay=False, callback=_in_a_folder
    ),
]


@contextmanager
def opened_export(
    settings: Path,
    journal: str | None,
    *,
    rates: Path | None = None,
    namespace: str = "",
    is_there: bool = False,
    creates: bool = True,
    pace: str | None = None,
    sleep: Callable[[float], object] = time.sleep,
    kept: KeptBooks | None = None,
    posts: bool = True,
    tells: bool = True,
) -> Generator[Export]:
    """The export that the options and the environment describe; `is_there` and `creates` are those of `opened_journal`.

    A command that `posts` nothing needs nobody's approval, and so no journal for it.

    `pace` is where the pace is shared, else what the environment says; `sleep` is how requests to Rillet wait for their turn.
    `kept` keeps the books between runs. If it `tells`, standard error hears every so often that the work goes on.
    """
    if namespace and journal is None:
        raise typer.BadParameter("--namespace needs --journal")
    pace = pace or os.environ.get(PACE_VARIABLE)
    if pace == "journal" and journal is None:
        raise typer.BadParameter("--pace journal needs --journal")
    known = no_rates if rates is None else FileRates(rates)
    text = settings.read_text(encoding="utf-8")
    try:
        told = read_settings(text, source=str(settings))
    except SettingsError as error:
        raise SettingsError((*error.problems, *_more_problems(text, str(settings)))) from None
    if posts and told.approvals and journal is None:
        mistake = Mistake("they need a journal, which keeps who gave them; give --journal", ("approvals",))
        raise TomlText(text, str(settings)).error([mistake])
    bridge = Bridge(told if posts else attrs.evolve(told, approvals=()), rates=known, zones=zone_of)
    with ExitStack() as stack:
        brex = stack.enter_context(_brex())
        paces = _opened_paces(pace, journal, stack)
        books = stack.enter_context(rillet.Client.from_env(pacer=paces, sleep=sleep))
        opened = (
            None
            if journal is None
            else stack.enter_context(opened_journal(journal, namespace=namespace, is_there=is_there, creates=creates))
        )
        export = Export(brex, books, bridge, journal=opened, kept=kept)
        try:
            with telling_of_requests(export) if tells else nullcontext():
                yield export
        except SettingsError as error:
            raise with_lines(error, text, str(settings)) from None


def _brex() -> brex_accounting.Client:
    """The client of Brex. Raises `ConfigurationError`, which tells what is wrong with the variables of Rillet too."""
    try:
        return brex_accounting.Client.from_env()
    except ConfigurationError as error:
        try:
            rillet.Client.from_env().close()
        except ConfigurationError as other:
            raise ConfigurationError(f"{error}; {other}") from None
        raise


def _more_problems(text: str, source: str) -> tuple[str, ...]:
    """What else is wrong with settings that cannot be used: what both services do not have, as far as they can be asked."""
    part = readable_part(text)
    if part is None:
        return ()
    try:
        with brex_accounting.Client.from_env() as brex, rillet.Client.from_env() as books:
            found = compared(part.settings, load_books(books), BrexSource(brex), zone_of)
    except (ApiError, SettingsError):
        # What is wrong in the file is told in any case.
        return ()
    where = TomlText(text, source)
    return tuple(where.located(each) for each in part.of_the_file(found) if not each.is_warning)


def is_missing(journal: str | None) -> bool:
    """Whether the file of a journal is not there. What a URL names is taken to be there."""
    return journal is not None and "://" not in journal and not Path(journal).is_file()


def without_journal(journal: str) -> str:
    """What a command says that looked at a journal that is not there."""
    return (
        f"there is no journal at {journal}, so this is what a first run would do: nothing is known of earlier ones, such as what "
        "was dismissed. Nothing was created"
    )


@contextmanager
def opened_journal(
    place: str, *, namespace: str = "", is_there: bool = False, creates: bool = True, only_reads: bool = False
) -> Generator[Journal]:
    """The journal in a file or at a URL, or a part of it.

    A file that is not there is an error where it `is_there` to the command, and is begun where the command `creates` one.
    Otherwise the command looks at an empty journal, of which nothing is left. One that `only_reads` is given a copy of a
    file that cannot be written, since opening a journal may upgrade it.
    """
    try:
        from bridge.export.journal.sql import SqlJournal
    except ModuleNotFoundError as error:
        if error.name != "sqlalchemy":
            raise
        extra = 'pip install "brex-rillet[export]"'
        raise JournalError(f"--journal needs the export extra. Install it with: {extra}") from None
    with ExitStack() as stack:
        if is_missing(place):
            if is_there:
                raise JournalError(
                    f"there is no journal at {place}: check the path, or begin one with export, hold or billing sync"
                )
            if creates:
                console(stderr=True).print(f"A new journal is begun at {place}.", markup=False, highlight=False)
            else:
                place = f"{stack.enter_context(TemporaryDirectory())}/journal.db"
        elif only_reads and "://" not in place and not _is_writable(Path(place)):
            place = str(_copied(Path(place), Path(stack.enter_context(TemporaryDirectory()))))
        with telling_of_a_wait(place):
            opened = SqlJournal(place, namespace=namespace)
        yield stack.enter_context(opened)


def _is_writable(file: Path) -> bool:
    # SQLite writes beside the file too.
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)


def _copied(file: Path, folder: Path) -> Path:
    """A copy of a database, with what is not in its main file yet."""
    made = folder / "journal.db"
    for suffix in ("", "-wal", "-journal"):
        if (part := file.with_name(file.name + suffix)).is_file():
            made.with_name(made.name + suffix).write_bytes(part.read_bytes())
    return made


def _opened_paces(place: str | None, journal: str | None, stack: ExitStack) -> Paces | None:
    """Where the pace is shared, None where each process keeps its own."""
    if not place:
        return None
    if place.partition("://")[0] in _REDIS:
        return RedisPaces(place)
    try:
        from bridge.export.journal.sql_pacing import SqlPaces
    except ModuleNotFoundError as error:
        if error.name != "sqlalchemy":
            raise
        raise JournalError('--pace needs the export extra: pip install "brex-rillet[export]"') from None
    paces = SqlPaces(journal if place == "journal" and journal is not None else place)
    stack.callback(paces.close)
    return paces


def approved_plan(path: Path) -> SavedPlan:
    """The plan in a file. Raises `PlanError` where it is none, or nobody has approved it."""
    plan = SavedPlan.from_json(path.read_text(encoding="utf-8"))
    plan.check_approved()
    return plan


def moment_of(text: str | None) -> datetime | None:
    """The moment behind a date or a time in ISO 8601; without a zone it is UTC. Raises `typer.BadParameter`."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"--since is a date or a time such as 2026-10-01: {text!r}") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@contextmanager
def expected_errors() -> Generator[None]:
    """Expected troubles as a few lines and status 2 instead of a traceback."""
    problems: Sequence[str] = ()
    try:
        yield
    except SettingsError as error:
        problems = by_line(error.problems)
    except (
        ApiError,
        JournalError,
        MissingExtraError,
        UnknownRecordError,
        PlanError,
        OSError,
        UnicodeDecodeError,
    ) as error:
        problems = (str(error),)
    except KeyboardInterrupt:
        problems = ("Interrupted before anything was posted.",)
    if problems:
        tables.errors(console(stderr=True), problems)
        raise typer.Exit(COULD_NOT_RUN)


class _Console(Console):
    @override
    def on_broken_pipe(self) -> None:
        """Whoever read it has gone; rich would end the command with the status for refused records."""
        drop_output()


def console(*, stderr: bool = False, quiet: bool = False) -> Console:
    """Where text for people goes. It is wrapped for a terminal; in a file or a pipe an id or path has to stay whole."""
    made = _Console(stderr=stderr, quiet=quiet)
    if made.width < 1 or (not made.is_terminal and "COLUMNS" not in os.environ):
        made.width = _UNBOUNDED
    return made


def drop_output() -> None:
    """Let what is not written yet go nowhere: at its end Python would try again, and fail."""
    with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def end(value: dict[str, object], *, as_json: bool, show: Callable[[Console], object], is_good: bool) -> None:
    """End a command that has looked at something: print it for programs or for people, with status 1 where it is not good."""
    if as_json:
        print_json(value)
    else:
        show(console())
    if not is_good:
        raise typer.Exit(INCOMPLETE)


def print_json(value: dict[str, object]) -> None:
    """A value for programs."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
    # `demo --serve` goes on after it, and whoever reads its pipe waits for this.
    sys.stdout.flush()


def write_csv(path: Path | None, rows: Callable[[], str]) -> None:
    """Write rows for spreadsheets where a file is given; only then they are made."""
    if path is not None:
        path.write_bytes(csv_bytes(rows()))
        tell_written(path)


def csv_bytes(rows: str) -> bytes:
    """Rows for a file: UTF-8, with a byte order mark where the environment asks for one, as Excel on Windows needs it."""
    return rows.encode("utf-8-sig" if os.environ.get(_BOM_VARIABLE) else "utf-8")


def tell_written(place: Path) -> None:
    """Say on standard error which file or folder there is now."""
    console(stderr=True).print(f"Written to {place}.", markup=False, highlight=False, soft_wrap=True)
