"""A service for several tenants: webhooks tell what is ready, a thread of each tenant exports it, ``/health`` tells how.

It needs ``pip install "brex-rillet[export]" fastapi uvicorn``. With accounts, let uvicorn serve
``service(partial(read_tenants, "tenants"), "exports.db")``.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient

import brex_accounting.testing
import rillet.testing
from brex_accounting import NewWebhookSubscription, WebhookEventType, webhooks
from brex_accounting.testing.records import card_expense, gl
from bridge import SettingsError, export
from clientkit import ApiError, Options, labelled

#: The tenants with the settings of this moment, and what is told of each run.
Read: TypeAlias = Callable[[], export.Tenants]
Tell: TypeAlias = Callable[[str, str], object]

_LOG = logging.getLogger(__name__)
READY = WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT
SETTINGS = """
entities = [{{name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340"}}]
tenant = {{company_id = "{company_id}", brex_base_url = "{brex_url}", rillet_base_url = "{books_url}"}}
"""


class Exporting:
    """The export of one tenant, in a thread of its own; `problem` is what keeps it from running."""

    def __init__(self, name: str, read: Read, journals: str, tell: Tell, pause: float) -> None:
        self.name, self.read, self.journals, self.tell, self.pause = name, read, journals, tell, pause
        self.problem: str | None = "no run has ended yet"
        self.announced, self.kept, self.stopping = export.Announcements(), export.KeptBooks(), threading.Event()
        self.thread = threading.Thread(target=self.forever, name=name)
        self.receiver = export.WebhookReceiver(self.verified, self.handle)

    @property
    def tenant(self) -> export.Tenant:
        """The tenant with the settings of this moment, so that mended ones count."""
        return self.read().get(self.name)

    def verified(self, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> webhooks.Event:
        """The event, by the secret of this moment, so that a new one counts at once."""
        return webhooks.verify(headers, body, self.tenant.secret("brex_webhook_secret"))

    def handle(self, event: webhooks.Event) -> None:
        """Have exported what an event announces."""
        with labelled(tenant=self.name):
            export.announcing(self.announced.tell, company_id=self.tenant.company_id)(event)

    def run(self, ids: Sequence[str] | None) -> export.ExportOutcome:
        """One run, with clients that are made of the secrets of this moment and that give up a service which hangs."""
        tenant = self.tenant
        with (
            export.SqlJournal(self.journals, namespace=tenant.namespace) as journal,
            tenant.export(journal, kept=self.kept, options=Options(timeout=10, deadline=60)) as made,
        ):
            return made.run(ids=ids, stop=self.stopping.is_set)

    def forever(self) -> None:
        """Export everything at once and every hour, and what is announced in between."""
        stop = self.stopping.is_set
        with labelled(tenant=self.name):
            while not stop():
                try:
                    for outcome in export.watch(self.run, wait=self.announced.wait, stop=stop, on_error=self.failed):
                        self.ended(outcome.stop_code, f"{outcome.counts.posted} posted")
                except Exception as error:  # noqa: BLE001 - whatever it was, the tenant must not be lost
                    # What a person has to mend, such as settings, ends the loop; another one begins after a while.
                    _LOG.exception("The export of %s has ended and is begun again", self.name)
                    self.failed(error)
                    self.stopping.wait(self.pause)

    def failed(self, error: Exception) -> None:
        """A run came to no outcome; the log has the text."""
        self.ended(type(error).__name__, "could not run")

    def ended(self, problem: str | None, text: str) -> None:
        """A run has ended."""
        self.problem = problem
        self.tell(self.name, text)

    def webhook_problem(self) -> str | None:
        """What keeps its webhooks from being verified: a secret that is missing or cannot be one."""
        try:
            webhooks.sign(self.tenant.secret("brex_webhook_secret"), b"", id="health", timestamp=datetime.now(UTC))
        except (ApiError, SettingsError) as error:
            return f"webhooks: {type(error).__name__}"
        return None


def service(read: Read, journals: str, tell: Tell = print, *, pause: float = 60) -> FastAPI:
    """Brex delivers to ``/brex/<tenant>``; ``/health`` has the problem of each tenant, those with broken settings too.

    `read` gives the tenants with their settings of now; one that is new needs a restart. `pause` is how many seconds pass
    before an export is begun again that a person has to mend.
    """
    exporting = {name: Exporting(name, read, journals, tell, pause) for name in read().names}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        for each in exporting.values():
            each.thread.start()
        yield
        for each in exporting.values():
            each.stopping.set()
        for each in exporting.values():
            await asyncio.to_thread(each.thread.join)

    app = FastAPI(lifespan=lifespan)

    @app.get("/health")
    def health() -> JSONResponse:
        found = {name: each.problem or each.webhook_problem() for name, each in exporting.items()}
        problems = {name: problem for name, problem in found.items() if problem}
        return JSONResponse(problems, 503 if problems else 200)

    app.mount("/brex", export.WebhookApp({f"/{name}": each.receiver for name, each in exporting.items()}))
    return app


def post(web: TestClient, path: str, headers: Mapping[str, str], body: bytes) -> int:
    """Deliver as Brex does; the status that it gets."""
    return web.post(path, headers=dict(headers), content=body).status_code


def main() -> None:
    """Two tenants on stand-ins and one with broken settings: a run of each, a webhook, a forged one, and the health."""
    told, brexes = SimpleQueue[str](), dict[str, brex_accounting.testing.StandIn]()

    def secret(tenant: str, name: str) -> str:
        brex = brexes[tenant]
        return {"brex_token": brex.token, "brex_webhook_secret": brex.webhooks.secret}.get(name, "stand-in-key")

    with tempfile.TemporaryDirectory() as folder, ExitStack() as serving:
        place = Path(folder)
        (place / "cargo.toml").write_text("entities = 7", encoding="utf-8")
        for number, name in enumerate(("acme", "beta"), start=1):
            brex = brexes[name] = brex_accounting.testing.StandIn(company_id=f"cuacc_{number}")
            books = rillet.testing.StandIn(reference_types={"brex"}, seed=number)
            urls = {"brex_url": serving.enter_context(brex.serve()), "books_url": serving.enter_context(books.serve())}
            text = SETTINGS.format(company_id=f"cuacc_{number}", **urls)
            (place / f"{name}.toml").write_text(text, encoding="utf-8")
        read = partial(export.read_tenants, place, secrets=secret)
        app = service(read, str(place / "exports.db"), lambda name, text: told.put(f"{name}: {text}"))
        web = serving.enter_context(TestClient(app))
        print(*sorted(told.get(timeout=60) for _ in read().names), sep="\n")
        for name, brex in brexes.items():
            new = NewWebhookSubscription(url=f"https://exports.example/brex/{name}", event_types=[READY])
            brex.client().webhook_subscriptions.create(new)
            brex.outbox.listen(new.url, partial(post, web, f"/brex/{name}"))
            brex.add(card_expense("42.75", coding=[gl("61000")], merchant="Cumulus Cloud"))
            (delivery,) = brex.outbox.deliver_due()
            print(f"{name}: the webhook was answered with {delivery.answers}")
            print(told.get(timeout=60))
        print("forged:", post(web, "/brex/acme", {"webhook-id": "msg_1"}, b"{}"))
        health = web.get("/health")
        print("health:", health.status_code, health.text)


if __name__ == "__main__":
    main()
