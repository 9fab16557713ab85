"""``check``: whether keys, settings and both services fit, before anything is exported."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from bridge.export.commands.app import (
    CsvFile,
    JournalPlace,
    Json,
    NamespaceName,
    RatesFile,
    SettingsFile,
    app,
    end,
    expected_errors,
    opened_journal,
    write_csv,
)
from bridge.export.file_rates import FileRates
from bridge.export.integrations import KnownIntegration, known_integrations
from bridge.export.time_zones import zone_of


@app.command()
def check(
    settings: SettingsFile,
    journal: JournalPlace = None,
    csv: CsvFile = None,
    *,
    rates: RatesFile = None,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Check keys, settings and both services. Names every mistake with its line, and changes nothing.

    What no API can read, such as whether the reference type exists, is shown as "not verifiable". Needs the same
    variables as plan. If BREX_WEBHOOK_SECRET is set, it is compared too. With --journal, the integrations in the
    journal are shown. Exit status 0: nothing is wrong; 1: something is wrong.
    """
    from bridge.export.commands.setup_check import check_setup

    with expected_errors():
        text = settings.read_text(encoding="utf-8")
        if rates is not None:
            # A file that cannot be used is told here, not at the first record in another currency.
            FileRates(rates)
        found = check_setup(
            text=text,
            source=str(settings),
            environment=os.environ,
            zones=zone_of,
            integrations=None if journal is None else _known_in(journal, namespace),
        )
        write_csv(csv, found.to_csv)
        end(found.as_json(), as_json=as_json, show=lambda out: out.print(found), is_good=not found.has_problems)


def _known_in(place: str, namespace: str) -> Callable[[], Sequence[KnownIntegration]]:
    def read() -> Sequence[KnownIntegration]:
        with opened_journal(place, namespace=namespace, is_there=True) as opened:
            return known_integrations(opened)

    return read
