"""Two services on loopback whose records have receipts, and exports between them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import attrs

import brex_accounting
import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting import ReceiptFile, Record, ReviewStatus
from brex_accounting.testing.records import Split, card_expense, gl
from bridge import Bridge
from bridge.export import Export, Journal, SqlJournal
from bridge.export.reporting.report import ExportOutcome
from clientkit import Answer, Pacer
from clientkit.testing import Asked
from support.clocks import ManualClock
from support.companies.exported import REFERENCE_TYPE, SETTINGS, US

PDF, JPEG, PNG = b"%PDF-1.7 one", b"\xff\xd8\xff two", b"\x89PNG\r\n\x1a\n three"
WHOLE = attrs.evolve(SETTINGS, entities=(attrs.evolve(US, bank_account="11100", accounts_payable_account="21100"),))
CODED: Sequence[Split] = [("10", [gl("62000")])]
UNCODED: Sequence[Split] = [("10", ())]
# What a proxy shows while the service is away.
HTML = Answer(status=200, headers={"content-type": "text/html"}, content=b"<html>maintenance</html>")
#: How a store of files says that one is gone.
GONE = Answer(
    status=403, headers={"content-type": "application/xml"}, content=b"<Error><Code>AccessDenied</Code></Error>"
)
DAY = 24 * 60 * 60
Attachment = tuple[str, str, bytes]
#: A caller's own store of receipts.
Store = Callable[[Record], Sequence[ReceiptFile]]


class House:
    """Both services on loopback, and exports between them whose waits take no time."""

    def __init__(self, stack: ExitStack) -> None:
        self.clock = ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
        self.brex = brex_accounting.testing.StandIn(rate_limit=None, now=self.clock)
        self.rillet = rillet.testing.StandIn(reference_types={REFERENCE_TYPE}, now=self.clock)
        self._enter = stack.enter_context
        self._urls = self._enter(self.brex.serve()), self._enter(self.rillet.serve())

    def expense(self, number: int, *files: tuple[bytes, str]) -> Record:
        """A ready card expense, with a receipt for each file."""
        receipts = [
            self.brex.receipt_files.add(f"receipt_{number}{place}", content, content_type)
            for place, (content, content_type) in enumerate(files, start=1)
        ]
        name = f"accr_{number:03d}"
        made = card_expense("10", coding=[gl("61000")], merchant="Cumulus Cloud", record_id=name, receipts=receipts)
        self.brex.add(made)
        return made

    def ready_again(self, changed: Record) -> None:
        """Brex offers a record once more, as a newer version."""
        self.brex.add(attrs.evolve(changed, version=changed.version + 1, review_status=ReviewStatus.READY_FOR_EXPORT))

    def journal(self, place: Path) -> SqlJournal:
        return self._enter(SqlJournal(str(place / "journal.db"), now=self.clock))

    def run(
        self, journal: Journal | None = None, *, receipts: bool = True, in_flight: int = 1, store: Store | None = None
    ) -> ExportOutcome:
        with self.export(journal, receipts=receipts, in_flight=in_flight, store=store) as export:
            return export.run()

    @contextmanager
    def export(
        self, journal: Journal | None = None, *, receipts: bool = True, in_flight: int = 1, store: Store | None = None
    ) -> Generator[Export]:
        brex_url, rillet_url = self._urls
        pace = Pacer(60_000)
        with (
            brex_accounting.Client(self.brex.token, base_url=brex_url, pacer=pace, sleep=at_once) as brex,
            rillet.Client(self.rillet.api_key, base_url=rillet_url, pacer=pace, sleep=at_once) as client,
        ):
            bridge = Bridge(attrs.evolve(WHOLE, receipts=receipts))
            yield Export(brex, client, bridge, journal=journal, in_flight=in_flight, receipts=store)

    def attached(self) -> list[Attachment]:
        return sorted((each.filename, each.content_type, each.content) for each in self.rillet.attachments)

    def uploads(self) -> list[Asked]:
        return [asked for asked in self.rillet.asked if is_upload(asked)]

    def downloads(self) -> list[Asked]:
        return [asked for asked in self.brex.asked if self.brex.receipt_files.serves(asked)]

    def is_exported(self, record_id: str) -> bool:
        return self.brex.records[record_id].review_status == ReviewStatus.EXPORTED


def at_once(seconds: float) -> None:
    """Waits no time."""
    del seconds


def is_upload(asked: Asked) -> bool:
    return asked.method == "POST" and asked.headers.get("content-type", "").startswith("multipart/")


def is_download(asked: Asked) -> bool:
    return asked.path.startswith("/receipt-files/")


def problem(status: int) -> Answer:
    """A refusal in Rillet's own words."""
    return Answer(status=status, headers={"content-type": "application/problem+json"}, content=b'{"title": "No"}')
