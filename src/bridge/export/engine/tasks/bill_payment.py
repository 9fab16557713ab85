"""Recording payments of bills, each once, though Rillet keeps no reference with them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import rillet
from brex_accounting import Record
from bridge.decisions import BillPaymentPayload
from bridge.export.engine.attempts import Attempt, Journal
from bridge.export.engine.claims import BusyError, Locks, claimed
from bridge.export.engine.sender import Poster, is_part, was_not_carried_out
from bridge.export.ledgers.rillet import payments_like
from clientkit.errors import ApiError
from clientkit.requests import Request


class Payments:
    """The payments of a run; for any thread.

    A payment that Rillet has already is known by its day, amount and account alone. So payments of one bill are made one
    after the other, each is taken for one record, and none is looked for while it is unknown what came of another one.
    """

    def __init__(self, client: rillet.Client, journal: Journal, poster: Poster) -> None:
        self._client, self._journal, self._poster = client, journal, poster
        self._locks = Locks()
        self._records = dict[str, str]()
        self._in_doubt = set[str]()

    def send(self, record: Record, payload: BillPaymentPayload, kind: str, request: Request[Any]) -> Attempt:
        """Adopt the payment that Rillet has for this record, or make one.

        Raises:
            BusyError: Another exporter is paying the same bill, or it is unknown what came of another payment of it.
            ApiError: As the client does.
            JournalError: The journal cannot be read or written.
        """
        with self._holding(kind):
            for paid in payments_like(self._client, payload):
                if not self._is_of_another(paid, record.id):
                    attempt = self._poster.adopt(record.id, record.version, kind, paid)
                    break
            else:
                with self._doubting(kind):
                    attempt = self._poster.send_anew(record.id, record.version, kind, request)
            self.note(attempt)
            return attempt

    def send_again(self, attempt: Attempt) -> Attempt:
        """As `Poster.send_again`; of whatever kind the attempt is."""
        if not is_part(attempt):
            return self._poster.send_again(attempt)
        with self._doubting(attempt.kind):
            sent = self._poster.send_again(attempt)
        self.note(sent)
        return sent

    def note(self, attempt: Attempt) -> None:
        """What came of an attempt stands for its record."""
        if is_part(attempt) and attempt.object_id is not None:
            self._records[attempt.object_id] = attempt.subject

    @contextmanager
    def _holding(self, kind: str) -> Generator[None]:
        with self._locks.holding(kind):
            if kind in self._in_doubt:
                raise BusyError("it is unknown what came of another payment of the same bill; the next run pays it")
            with claimed(
                self._journal, kind, "another exporter is paying the same bill; the next run sees what came of it"
            ):
                yield

    @contextmanager
    def _doubting(self, kind: str) -> Generator[None]:
        try:
            yield
        except ApiError as error:
            if not was_not_carried_out(error):
                self._in_doubt.add(kind)
            raise

    def _is_of_another(self, payment_id: str, record_id: str) -> bool:
        """Whether a payment in Rillet stands for another record, as this run or the journal knows."""
        known = (each.subject for each in self._journal.by_object(payment_id) if each.is_there)
        return any(each != record_id for each in (*known, self._records.get(payment_id, record_id)))
