"""A small company between two stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import brex_accounting
import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting import Record, ReviewStatus, SourceType
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Entity, Settings
from bridge.export import Export, Journal
from clientkit import Answer, Outgoing

REFERENCE_TYPE = "brex"
US = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")
SETTINGS = Settings(entities=(US,), reference_type=REFERENCE_TYPE)
#: The same as people write it in a file.
SETTINGS_TEXT = """\
reference_type = "brex"

[[entities]]
name = "US"
subsidiary = "Example Inc."
card_account = "21120"
reimbursement_account = "21340"
"""


@dataclass
class Company:
    """Both stand-ins, and exports between them."""

    brex: brex_accounting.testing.StandIn
    rillet: rillet.testing.StandIn

    def export(
        self,
        settings: Settings = SETTINGS,
        *,
        journal: Journal | None = None,
        batch: int = 100,
        in_flight: int = 4,
        bridge: Bridge | None = None,
    ) -> Export:
        """An export in process whose waits take no time."""
        clients = self.brex.client(sleep=lambda _: None), self.rillet.client()
        return Export(*clients, bridge or Bridge(settings), journal=journal, batch=batch, in_flight=in_flight)

    def posted_references(self) -> list[str]:
        """The record ids that Rillet's documents refer to, one for each document; its first reference is the record's."""
        documents = [each.external_references for each in self.rillet.charges]
        documents += [each.external_references for each in self.rillet.reimbursements]
        return sorted(references[0].id for references in documents)

    def exported(self) -> list[str]:
        """The ids of the records that Brex has as exported."""
        return sorted(each.id for each in self.brex.records.values() if each.review_status == "EXPORTED")

    def posts(self) -> list[str]:
        """The paths of all requests to Rillet that write."""
        return [asked.path for asked in self.rillet.asked if asked.method != "GET"]


def expense(number: int, amount: str = "10.00", merchant: str = "Cumulus Cloud") -> Record:
    """A card expense that can be posted."""
    return card_expense(Decimal(amount), coding=[gl("61000")], merchant=merchant, record_id=f"accr_{number:03d}")


def refusal(status: int) -> Answer:
    """An answer by which Rillet itself refuses a request."""
    headers = {"content-type": "application/problem+json"}
    return Answer(status=status, headers=headers, content=b'{"type": "about:blank", "title": "Refused"}')


def records_in(client: brex_accounting.Client, status: ReviewStatus) -> tuple[Record, ...]:
    """Every record in this state, bills included, which Brex does not find by their state."""
    found = {each.id: each for each in client.records.list(review_status=status)}
    found |= {
        each.id: each for each in client.records.list(source_type=SourceType.BILL) if each.review_status == status
    }
    return tuple(found.values())


class Interrupting:
    """A transport that is interrupted, as by Ctrl-C, before or after one of the requests that match."""

    def __init__(
        self, inner: Callable[[Outgoing], Answer], matches: Callable[[Outgoing], bool], *, after: bool
    ) -> None:
        self._inner, self._matches, self._after = inner, matches, after

    def send(self, outgoing: Outgoing) -> Answer:
        hit = self._matches(outgoing)
        if hit and not self._after:
            raise KeyboardInterrupt
        answer = self._inner(outgoing)
        if hit:
            raise KeyboardInterrupt
        return answer

    def close(self) -> None:
        pass
