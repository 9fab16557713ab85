"""A server of syncing processes: see `support.faults.child`."""

from __future__ import annotations

import base64
import pickle
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import rillet
from bridge.billing.sync import InvoiceSync, ListedInvoices
from bridge.export import SqlJournal
from bridge.export.journal.protocol import JournalError
from clientkit import ApiError, Pacer
from clientkit.transport import HttpTransport
from support.billing.company import SETTINGS, invoice, note, standin
from support.faults.child import COULD_NOT_RUN, JOURNALS, OPTIONS, serve

_TO_RILLET = HttpTransport(proxies=False)


def sync(job: Mapping[str, Any]) -> int:
    """Carry out one job; its exit status."""
    dies_at = None if job["dies_at"] is None else (job["dies_at"][0], job["dies_at"][1])
    billing: ListedInvoices = pickle.loads(base64.b64decode(job["billing"]))
    now = datetime.fromisoformat(job["now"])
    try:
        with (
            JOURNALS[job["journal"]](job["place"], dies_at=dies_at, now=now, who=job["who"]) as journal,
            rillet.Client(
                job["key"],
                base_url=job["rillet"],
                transport=_TO_RILLET,
                options=OPTIONS,
                pacer=Pacer(1_000_000),
                sleep=lambda _: None,
            ) as client,
        ):
            outcome = InvoiceSync(billing, client, SETTINGS, journal=journal).run()
    except (ApiError, JournalError):
        return COULD_NOT_RUN
    return 0 if outcome.complete else 1


def _warm_up() -> None:
    with tempfile.TemporaryDirectory() as folder, SqlJournal(str(Path(folder) / "journal.db")) as journal:
        InvoiceSync(ListedInvoices([invoice()], [note()]), standin().client(), SETTINGS, journal=journal).run()


if __name__ == "__main__":
    _warm_up()
    serve(sync)
