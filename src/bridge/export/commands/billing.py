"""``billing``: invoices of a billing system into Rillet, each once."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import attrs
import typer
from rich.console import Group, RenderableType
from rich.text import Text

import rillet
from brex_accounting import Record
from bridge.billing.settings import read_billing_settings
from bridge.billing.setup import SetupState
from bridge.billing.sync.files import read_invoices
from bridge.billing.sync.invoice_sync import InvoiceSync
from bridge.billing.sync.outcome import NOTHING_LEFT, SyncOutcome
from bridge.billing.sync.planned import SyncPlan
from bridge.billing.sync.protocol import ListedInvoices
from bridge.billing.sync.status import InvoiceState, invoice_states
from bridge.callers import no_rates
from bridge.closing.delimited import Cell, delimited
from bridge.closing.report import Report
from bridge.datatable import DataTable
from bridge.export.commands.app import (
    INCOMPLETE,
    CsvFile,
    JournalPlace,
    Json,
    NamespaceName,
    RatesFile,
    SettingsFile,
    app,
    console,
    end,
    expected_errors,
    is_missing,
    opened_journal,
    print_json,
    without_journal,
    write_csv,
)
from bridge.export.commands.progress_display import shown_progress
from bridge.export.file_rates import FileRates
from bridge.export.reporting import tables
from bridge.export.reporting.csv_reports import outcome_report, plan_report, verify_report
from bridge.export.reporting.report import ExportOutcome
from bridge.export.reporting.verification import Verified
from bridge.export.watching.graceful_stop import GracefulStop
from clientkit.showing import on_one_line

billing = typer.Typer(help="Post a billing system's invoices to Rillet.", no_args_is_help=True)
app.add_typer(billing, name="billing")

_SETUP = ("Setup", "State", "What is known", "Where to add it")
_STATUS = ("Invoice", "State", "In Rillet", "Why")
_COUNTS = ("What", "Posted", "There already", "Not in Rillet")
_PROBLEMS = ("What", "Error", "Why")
_DISAGREEMENTS = ("Subject", "Verdict", "What")
#: What the columns of the engine's reports are called here.
_HEADINGS: Mapping[str, str] = MappingProxyType(
    {"Record": "Subject", "Record amount": "Net", "Record currency": "Invoice currency", "Vendor": "Customer"}
)

InvoicesFile = Annotated[
    Path,
    typer.Option(
        "--invoices",
        help="The invoices: a CSV file with one row for each line, or Stripe's JSON.",
        exists=True,
        dir_okay=False,
        readable=True,
    ),
]
OneInvoice = Annotated[str | None, typer.Argument(metavar="[INVOICE]", help="Only this invoice, by its id.")]


@contextmanager
def _opened(
    settings: Path,
    invoices: Path | None,
    journal: str | None,
    rates: Path | None = None,
    *,
    namespace: str = "",
    creates: bool = True,
    is_there: bool = False,
    sleep: Callable[[float], object] = time.sleep,
) -> Generator[InvoiceSync]:
    told = read_billing_settings(settings.read_text(encoding="utf-8"), source=str(settings))
    with ExitStack() as stack:
        client = stack.enter_context(rillet.Client.from_env(sleep=sleep))
        opened = (
            None
            if journal is None
            else stack.enter_context(opened_journal(journal, namespace=namespace, creates=creates, is_there=is_there))
        )
        known = no_rates if rates is None else FileRates(rates)
        listed = ListedInvoices(()) if invoices is None else _listed(invoices)
        yield InvoiceSync(listed, client, told, journal=opened, rates=known)


def _listed(path: Path) -> ListedInvoices:
    """The invoices in a file. A day without any is no mistake, but nobody should take an empty file for one that was synced."""
    found = read_invoices(path)
    if not found.subjects() and not found.unreadable():
        console(stderr=True).print(f"{path} has no invoices.", markup=False, highlight=False)
    return found


@billing.command("plan")
def plan(
    settings: SettingsFile,
    invoices: InvoicesFile,
    journal: JournalPlace = None,
    rates: RatesFile = None,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Show what a sync would post. With every reason for what it would not post. Sends nothing.

    Needs RILLET_API_KEY, and RILLET_ENVIRONMENT and RILLET_BASE_URL if they apply.
    """
    with expected_errors(), _opened(settings, invoices, journal, rates, namespace=namespace, creates=False) as sync:
        if journal is not None and is_missing(journal):
            console(stderr=True).print(without_journal(journal), markup=False, highlight=False)
        planned = sync.plan()
        if as_json:
            print_json(planned.as_json())
        else:
            console().print(_plan_table(planned))
        write_csv(csv, lambda: _plan_csv(planned))
        if not planned.complete:
            raise typer.Exit(INCOMPLETE)


@billing.command("sync")
def sync(
    settings: SettingsFile,
    invoices: InvoicesFile,
    invoice: OneInvoice = None,
    journal: JournalPlace = None,
    rates: RatesFile = None,
    *,
    csv: CsvFile = None,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Post each finalized invoice and credit note once. With INVOICE, sync that one again, whatever its state.

    Needs the same variables as plan. Exit status 0: all synced; 1: some were not; 2: could not run.
    """
    stopping = GracefulStop()
    with (
        expected_errors(),
        _opened(settings, invoices, journal, rates, namespace=namespace, sleep=stopping.sleep) as opened,
    ):
        if invoice is not None:
            outcome = opened.sync(invoice)
        else:
            with shown_progress(what="invoices", verb="Syncing") as advance, stopping:
                outcome = opened.run(progress=advance, stop=stopping)
        if as_json:
            print_json(_outcome_json(outcome))
        else:
            console().print(_outcome_table(outcome, is_remembered=journal is not None))
        write_csv(csv, lambda: _csv_of(outcome_report(*outcome.steps, holder="sync")))
        if not outcome.complete:
            raise typer.Exit(INCOMPLETE)


@billing.command("status")
def status(
    journal: Annotated[str, typer.Option("--journal", help="The journal of the sync: its file or URL.")],
    invoice: OneInvoice = None,
    invoices: Annotated[
        Path | None,
        typer.Option(
            "--invoices",
            help="Also show the invoices of this file, tried or not.",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ] = None,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Show where each invoice is in Rillet. From the journal, with the reasons for what is not there. Works offline.

    Exit status 0: everything that was tried is as it should be; 1: something was refused, cannot be read or is unknown;
    2: could not run.
    """
    with expected_errors(), opened_journal(journal, namespace=namespace, is_there=True, only_reads=True) as opened:
        listed = None if invoices is None else _listed(invoices)
        states = invoice_states(opened, listed, only=invoice)
        if as_json:
            print_json({"invoices": [each.as_json() for each in states]})
        else:
            console().print(_status_table(states))
        write_csv(
            csv,
            lambda: delimited(
                _STATUS, [(each.subject, each.state, each.place, "; ".join(each.reasons)) for each in states]
            ),
        )
        if not all(each.is_in_order for each in states):
            raise typer.Exit(INCOMPLETE)


@billing.command("verify")
def verify(
    settings: SettingsFile,
    invoices: InvoicesFile,
    journal: Annotated[str, typer.Option("--journal", help="The journal of the sync: its file or URL.")],
    rates: RatesFile = None,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Compare the journal, the invoices and Rillet by content. Shows every disagreement, and changes nothing.

    Give it every invoice that was synced: one that the file does not have is a disagreement. Only invoices and credit notes
    that the journal knows are compared. Needs the same variables as plan. Exit status 0: all that was compared agrees;
    1: something disagrees, or the journal knows no invoice, so nothing was compared; 2: could not run.
    """
    with (
        expected_errors(),
        _opened(settings, invoices, journal, rates, namespace=namespace, is_there=True) as opened,
    ):
        seen = opened.verified()
        found, since = seen.disagreements, seen.since
        write_csv(csv, lambda: _csv_of(verify_report(found)))
        end(
            {
                "disagreements": [
                    {"subject": each.record_id, "verdict": each.verdict.value, "text": each.text} for each in found
                ],
                "compared": seen.compared,
                "since": None if since is None else since.isoformat(),
            },
            as_json=as_json,
            show=lambda out: out.print(_verify_table(seen)),
            is_good=not found and seen.compared > 0,
        )


@billing.command("check")
def check(
    settings: SettingsFile,
    journal: JournalPlace = None,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Check the setup in Rillet. What is missing, where to add it, and what no API can tell. Sends nothing.

    Needs the same variables as plan. Exit status 0: nothing is known to be missing; 1: something is missing; 2: could
    not run.
    """
    with expected_errors(), _opened(settings, None, journal, namespace=namespace, creates=False) as sync:
        items = sync.check_setup()
        if as_json:
            print_json({"items": [{**attrs.asdict(each), "state": each.state.value} for each in items]})
        else:
            rows = tuple((each.name, each.state.value, each.text, each.place) for each in items)
            console().print(DataTable(title="Setup in Rillet", headings=_SETUP, rows=rows))
        write_csv(
            csv, lambda: delimited(_SETUP, [(each.name, each.state.value, each.text, each.place) for each in items])
        )
        if any(each.state is SetupState.MISSING for each in items):
            raise typer.Exit(INCOMPLETE)


def _plan_csv(planned: SyncPlan) -> str:
    customers = [(each.customer.id, "customer", each.customer.name) for each in planned.customers]
    products = [(each.product.id, "product", each.product.name) for each in planned.products]
    unread = [(each.subject, each.text) for each in (*planned.differing, *planned.unreadable)]

    def amounts(record: Record) -> tuple[Cell, ...]:
        found = planned.amounts(record.id)
        return ("", "", "", "") if found is None else (found.net, found.tax, found.total, found.currency)

    report = plan_report(
        planned.invoices,
        planned.credit_notes,
        created=[*customers, *products],
        unread=unread,
        amounts=(("Net", "Tax", "Total", "Invoice currency"), amounts),
    )
    return _csv_of(report)


def _csv_of(report: Report) -> str:
    """A report of the engine with headings for invoices."""
    return attrs.evolve(report, headings=tuple(_HEADINGS.get(each, each) for each in report.headings)).to_csv()


def _plan_table(planned: SyncPlan) -> Group:
    customers = [("customer", f"{each.customer.id} {each.customer.name}") for each in planned.customers]
    products = [("product", f"{each.product.id} {each.product.name}") for each in planned.products]
    created = DataTable(title="To create", headings=("Created first", "What"), rows=(*customers, *products))
    shown = (created, *planned.tables) if created.rows else planned.tables
    return Group(*map(_first_rows, shown)) if shown else Group("Nothing to post.")


def _first_rows(shown: DataTable) -> DataTable | Group:
    more = len(shown.rows) - tables.MOST_ROWS
    if more <= 0:
        return shown
    first = attrs.evolve(shown, rows=shown.rows[: tables.MOST_ROWS])
    return Group(first, f"… and {more} more; --json has them all")


def _outcome_json(outcome: SyncOutcome) -> dict[str, object]:
    return {
        "posted": outcome.posted,
        "already_there": outcome.already_there,
        "stopped": outcome.stopped,
        "problems": [
            {"subject": each.subject, "error": each.error.value, "text": each.text} for each in outcome.problems
        ],
    }


def _outcome_table(outcome: SyncOutcome, *, is_remembered: bool) -> Group:
    names = ("customers and products", "invoices", "credit notes", "applications of credit memos")
    steps = (outcome.master_data, outcome.invoices, outcome.credit_notes, outcome.applications)
    unchanged = (0, outcome.unchanged_invoices, outcome.unchanged_credit_notes, 0)
    counts = tuple(
        _counted(name, each, left) for name, each, left in zip(names, steps, unchanged, strict=True) if each is not None
    )
    parts: list[RenderableType] = [DataTable(title="Synced", headings=_COUNTS, rows=counts)]
    if problems := tuple((each.subject, each.error.value, each.text) for each in outcome.problems):
        parts.append(_first_rows(DataTable(title="Not in Rillet as it should be", headings=_PROBLEMS, rows=problems)))
    if outcome.stopped is not None:
        parts.append(Text(on_one_line(f"The sync ended early: {outcome.stopped}")))
    if outcome.complete:
        # By the journal. What a person has deleted or changed in Rillet since is not seen there.
        compares = " `billing verify` compares with what Rillet has now." if is_remembered else ""
        parts.append(Text(f"{NOTHING_LEFT.capitalize()}.{compares}"))
    return Group(*parts)


def _counted(name: str, step: ExportOutcome, unchanged: int) -> tuple[str, ...]:
    of = step.counts
    return name, str(of.posted), str(of.adopted + unchanged), str(of.refused + of.failed + of.unreadable)


def _verify_table(seen: Verified) -> Group:
    """Every disagreement, or that there is none, with what was compared."""
    if seen.since is None or not seen.compared:
        scope = "This journal knows no invoice and no credit note, so nothing was compared."
    else:
        scope = f"Compared: {_things(seen.compared)} that this journal knows, since {seen.since:%Y-%m-%d %H:%M} UTC."
    parts = list[RenderableType]()
    if found := tuple((each.record_id, each.verdict.value.replace("_", " "), each.text) for each in seen.disagreements):
        parts.append(_first_rows(DataTable(title=f"Disagreements: {len(found)}", headings=_DISAGREEMENTS, rows=found)))
    elif seen.compared:
        parts.append(Text("Journal, invoices and Rillet agree."))
    return Group(*parts, Text(scope))


def _things(count: int) -> str:
    return "1 invoice or credit note" if count == 1 else f"{count} invoices and credit notes"


def _status_table(states: Sequence[InvoiceState]) -> DataTable:
    rows = tuple((each.subject, each.state, each.place or "", "; ".join(each.reasons)) for each in states)
    return DataTable(title=_things(len(states)), headings=_STATUS, rows=rows)
