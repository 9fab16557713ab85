"""``integration``: the link between a Brex account and the books, which Brex makes and does not list."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.text import Text

import brex_accounting
from brex_accounting import (
    ActiveIntegrationExistsError,
    IntegrationNotActiveError,
    IntegrationStatus,
    VendorAccountMismatchError,
)
from bridge.closing.report import Report
from bridge.export.commands.app import (
    INCOMPLETE,
    CsvFile,
    JournalOf,
    Json,
    NamespaceName,
    app,
    console,
    expected_errors,
    opened_journal,
    print_json,
    write_csv,
)
from bridge.export.engine.claims import BusyError, claimed
from bridge.export.integrations import KnownIntegration, known_integrations, remember, told_of
from bridge.export.journal.protocol import Journal, JournalError
from bridge.export.owners import check_source
from bridge.export.reporting.history import moment_text
from bridge.export.sources.brex import BrexSource
from clientkit.requests import segment
from clientkit.showing import plain

integration = typer.Typer(help="Manage the link between Brex and the books.", no_args_is_help=True)
app.add_typer(integration, name="integration")

_LOSS = (
    "Records stop flowing. Makers of other systems warn that linking another system instead wipes the account codes of past "
    "records, rules, field mappings and vendor links for good."
)
_NOT_VERIFIABLE = (
    "Brex lists no integrations: the state is what it said at that time, and not verifiable. Somebody may have changed it in "
    "Brex since."
)


def _an_id(text: str) -> str:
    try:
        segment(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return text


IntegrationId = Annotated[
    str,
    typer.Argument(metavar="INTEGRATION", help="The integration's id, as integration show prints it.", callback=_an_id),
]
KeptIn = Annotated[
    str,
    typer.Option(
        "--journal", help="The journal that keeps the id: an SQLite file, or the URL of a PostgreSQL database."
    ),
]


@integration.command("create")
def create(
    vendor: Annotated[str, typer.Option("--vendor", help="The accounting software's name, as agreed with Brex.")],
    vendor_account: Annotated[
        str, typer.Option("--vendor-account", metavar="ID", help="The customer's account in that software.")
    ],
    journal: KeptIn,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Link the Brex account to the books. If they are linked already, the id of the active integration is shown.

    It can be run again if an answer was lost. Needs BREX_TOKEN with the scope accounting.integration.write. Exit status
    0: the integration is active; 2: it could not be created, for example because another one is active; the journal
    keeps the id of that one.
    """
    with expected_errors(), _asking(journal, namespace) as (brex, kept):
        try:
            made = brex.integrations.create(vendor=vendor, vendor_account_id=vendor_account)
        except ActiveIntegrationExistsError as error:
            _learn(kept, error.existing_integration_id, vendor=error.existing_vendor)
            raise
        except VendorAccountMismatchError as error:
            _learn(kept, error.existing_integration_id, vendor=vendor, account=error.existing_vendor_account_id)
            raise
        _keep(kept, told_of(made, kept.now()), csv=csv, as_json=as_json)


@integration.command("disconnect")
def disconnect(
    integration: IntegrationId,
    journal: KeptIn,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Unlink the books. Brex stops sending records, and linking another system may lose data for good.

    Brex says that linking the same account again keeps everything. reactivate undoes it as long as nothing else is
    linked. Needs the same variable as create. Exit status 0: the integration is no longer active; 1: you answered no;
    2: could not run.
    """
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("without a terminal to ask in, disconnect needs --yes")
        if not typer.confirm(f"{_LOSS}\nDisconnect {integration}?", err=True):
            raise typer.Exit(INCOMPLETE)
    with expected_errors(), _asking(journal, namespace) as (brex, kept):
        try:
            told = told_of(brex.integrations.disconnect(integration), kept.now())
        except IntegrationNotActiveError as error:
            # A first attempt whose answer was lost, or somebody in Brex.
            if error.current_status != IntegrationStatus.DISABLED.value:
                raise
            told = KnownIntegration(id=integration, status=error.current_status, told_at=kept.now())
        _keep(kept, told, csv=csv, as_json=as_json)


@integration.command("reactivate")
def reactivate(
    integration: IntegrationId,
    journal: KeptIn,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Link a disconnected integration again. This works if no other one is active.

    Needs the same variable as create. Exit status 0: the integration is active; 2: could not run.
    """
    with expected_errors(), _asking(journal, namespace) as (brex, kept):
        try:
            told = told_of(brex.integrations.reactivate(integration), kept.now())
        except ActiveIntegrationExistsError as error:
            if error.existing_integration_id != integration:
                _learn(kept, error.existing_integration_id, vendor=error.existing_vendor)
                raise
            told = _active(integration, kept, vendor=error.existing_vendor)
        _keep(kept, told, csv=csv, as_json=as_json)


@integration.command("show")
def show(
    journal: JournalOf,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Show the integrations in the journal. Each with its last known status in Brex. Works offline.

    Exit status 0: there are some; 1: the journal has none.
    """
    with expected_errors(), opened_journal(journal, namespace=namespace, is_there=True, only_reads=True) as opened:
        found = known_integrations(opened)
        _print(found, csv=csv, as_json=as_json)
        if not found:
            raise typer.Exit(INCOMPLETE)


@contextmanager
def _asking(place: str, namespace: str) -> Generator[tuple[brex_accounting.Client, Journal]]:
    """Brex, and a journal of the same account. Both are there before anything is changed."""
    with (
        brex_accounting.Client.from_env() as brex,
        opened_journal(place, namespace=namespace, is_there=False) as journal,
    ):
        check_source(BrexSource(brex), journal, binds=True)
        known_integrations(journal)
        try:
            # What is kept is read and written as a whole, so that of two commands at once one id could be lost.
            with claimed(journal, "integrations", "another command changes the integrations of this account"):
                yield brex, journal
        except BusyError as error:
            raise JournalError(f"{error}; nothing was asked of Brex, so run this again") from error


def _active(id: str, journal: Journal, *, vendor: str | None, account: str | None = None) -> KnownIntegration:
    status = IntegrationStatus.ACTIVE.value
    return KnownIntegration(id=id, vendor=vendor, vendor_account_id=account, status=status, told_at=journal.now())


def _learn(journal: Journal, id: str | None, *, vendor: str | None, account: str | None = None) -> None:
    """Keep the id of the integration that is in the way: Brex tells it nowhere else."""
    if id is not None:
        remember(journal, _active(id, journal, vendor=vendor, account=account))


def _keep(journal: Journal, told: KnownIntegration, *, csv: CsvFile, as_json: bool) -> None:
    try:
        told = remember(journal, told)
    except JournalError as error:
        raise JournalError(f"{told.id} is {told.status} in Brex, and the journal has not kept it: {error}") from error
    _print([told], csv=csv, as_json=as_json)


def _print(found: Sequence[KnownIntegration], *, csv: CsvFile, as_json: bool) -> None:
    rows = tuple(
        (each.id, each.vendor, each.vendor_account_id, each.status, moment_text(each.told_at)) for each in found
    )
    report = Report(
        title=f"Integrations that the journal knows: {len(rows)}",
        headings=("Integration", "Vendor", "Vendor account", "State", "Said by Brex (UTC)"),
        rows=rows,
    )
    if as_json:
        print_json({"integrations": [each.as_json() for each in found], "verifiable": False})
    else:
        console().print(report)
        console().print(Text(plain(_NOT_VERIFIABLE)))
    write_csv(csv, report.to_csv)
