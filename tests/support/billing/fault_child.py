"""A server of syncing processes: see `support.faults.child`."""

from __future__ import annotations

import base64
import pickle
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from typing_extensions import override

import rillet
import rillet.webhooks
from bridge.billing import PaymentStatus
from bridge.billing.sync import InvoiceSync, ListedInvoices, PaymentWatcher
from bridge.export import SqlJournal, WebhookReceiver
from bridge.export.journal.protocol import JournalError
from clientkit import ApiError, Pacer
from clientkit.transport import HttpTransport
from rillet.testing import SECRET
from support.billing.company import SETTINGS, invoice, note, standin
from support.faults.child import COULD_NOT_RUN, JOURNALS, OPTIONS, DyingJournal, serve

_TO_RILLET = HttpTransport(proxies=False)


class TellingJournal(DyingJournal):
    """Kills its process before or after a status is delivered or remembered, too."""

    @override
    def set_mark(self, name: str, value: str) -> None:
        self._die(after=False)
        super().set_mark(name, value)
        self._die(after=True)

    def append(self, place: str, status: PaymentStatus) -> None:
        """Deliver a status to a billing system that is a file."""
        self._die(after=False)
        with Path(place).open("a", encoding="utf-8") as told:
            told.write(status.as_text() + "\n")
        self._die(after=True)


def sync(job: Mapping[str, Any]) -> int:
    """Sync, and tell what was paid; the exit status of the worse."""
    return max(_sync(job), _tell(job))


def _sync(job: Mapping[str, Any]) -> int:
    billing: ListedInvoices = pickle.loads(base64.b64decode(job["billing"]))
    try:
        with (
            JOURNALS[job["journal"]](
                job["place"], dies_at=_step(job["dies_at"]), now=_now(job), who=job["who"]
            ) as journal,
            _client(job) as client,
        ):
            outcome = InvoiceSync(
                billing, client, pickle.loads(base64.b64decode(job["settings"])), journal=journal
            ).run()
    except (ApiError, JournalError):
        return COULD_NOT_RUN
    return 0 if outcome.complete else 1


def _tell(job: Mapping[str, Any]) -> int:
    """Take the webhooks that came, and poll."""
    late, is_complete = list[PaymentStatus](), True
    try:
        with (
            TellingJournal(job["place"], dies_at=_step(job["tells_until"]), now=_now(job), who=job["who"]) as journal,
            _client(job) as client,
        ):
            deliver: Callable[[PaymentStatus], None] = partial(journal.append, job["told"])
            if job["tells_late"]:
                deliver = late.append
            watcher = PaymentWatcher(client, SETTINGS, deliver, journal=journal)
            receive = WebhookReceiver(partial(rillet.webhooks.verify, secrets=SECRET), watcher.handle)
            for headers, body in pickle.loads(base64.b64decode(job["events"])):
                try:
                    receive([(name.encode(), value.encode()) for name, value in headers.items()], body)
                except Exception:  # noqa: BLE001 - whoever receives answers 500, and goes on
                    is_complete = False
            is_complete = watcher.poll().complete and is_complete
            for each in late:
                journal.append(job["told"], each)
    except (ApiError, JournalError):
        return COULD_NOT_RUN
    return 0 if is_complete else 1


def _client(job: Mapping[str, Any]) -> rillet.Client:
    return rillet.Client(
        job["key"],
        base_url=job["rillet"],
        transport=_TO_RILLET,
        options=OPTIONS,
        pacer=Pacer(1_000_000),
        sleep=lambda _: None,
    )


def _now(job: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(job["now"])


def _step(told: tuple[int, bool] | None) -> tuple[int, bool] | None:
    return None if told is None else (told[0], told[1])


def _warm_up() -> None:
    with tempfile.TemporaryDirectory() as folder, SqlJournal(str(Path(folder) / "journal.db")) as journal:
        client = standin().client()
        InvoiceSync(ListedInvoices([invoice()], [note()]), client, SETTINGS, journal=journal).run()
        PaymentWatcher(client, SETTINGS, str, journal=journal).poll()


if __name__ == "__main__":
    _warm_up()
    serve(sync)
