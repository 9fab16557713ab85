"""Recording payments of bills, each once, though the ledger keeps no reference with them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager, nullcontext

import attrs

from bridge.documents.form import Form
from bridge.documents.protocol import Found
from bridge.export.engine.attempts import Attempt, is_part
from bridge.export.engine.calls import Calls, ask
from bridge.export.engine.claims import BusyError, Locks, claimed
from bridge.export.engine.sender import Intent, Sender
from bridge.export.journal.no_journal import NoJournal
from clientkit.errors import ApiError
from clientkit.verdicts import Verdict


class AmbiguousPaymentError(Exception):
    """A payment in the ledger may stand for several records, and nothing tells for which."""


class BillPayer:
    """The payments of a run; for any thread.

    A payment that the ledger has already is known by its day, amount and account alone. So payments of one bill are made
    one after the other, each is taken for one record, and none is looked for while it is unknown what came of another
    one. `alike` counts for a record those of the same bill, day and amount that the source has as done; without a journal
    nobody knows for which of them a payment stands that is there.
    """

    def __init__(self, sender: Sender, alike: Mapping[str, int]) -> None:
        self._sender, self._alike = sender, alike
        self._locks = Locks()
        self._records = dict[str, str]()
        self._in_doubt = set[str]()

    def send(self, intent: Intent, form: Form) -> Calls[Attempt]:
        """Adopt the payment that the ledger has for this record, or make one.

        Raises:
            AmbiguousPaymentError: One that is there may be that of another record.
            BusyError: Another exporter is paying the same bill, or it is unknown what came of another payment of it.
            ApiError: As the ledger does.
            JournalError: The journal cannot be read or written.
        """
        with self._alone_with(intent.kind):
            if intent.kind in self._in_doubt:
                why = "it is unknown what came of another payment of the same bill; the next run pays it"
                raise BusyError(why, passes=False)
            there = yield from ask(lambda: self._sender.ledger.alike(intent.kind, form))
            for paid in there:
                if not self._is_of_another(paid.ref.id, intent.subject):
                    self._check_clear(intent, paid)
                    attempt = self._sender.adopt(intent, paid)
                    break
            else:
                with self._doubting(intent.kind):
                    attempt = yield from self._sender.send(intent)
                    while self._gave_up(attempt):
                        attempt = yield from self._sender.send(attrs.evolve(intent, after=attempt.number))
            self.note(attempt)
            return attempt

    def send_again(self, attempt: Attempt) -> Calls[Attempt]:
        """As `Sender.send_again`; of whatever kind the attempt is. A payment that another record has is not this one's.

        Raises, beside that, BusyError: Another exporter is paying the same bill.
        """
        if not is_part(attempt.kind):
            return (yield from self._sender.send_again(attempt))
        with self._alone_with(attempt.kind):
            with self._doubting(attempt.kind):
                sent = yield from self._sender.send_again(attempt)
            if not self._gave_up(sent):
                self.note(sent)
            return sent

    def note(self, attempt: Attempt) -> None:
        """What came of an attempt stands for its record."""
        if is_part(attempt.kind) and attempt.object_id is not None:
            self._records[attempt.object_id] = attempt.subject

    @contextmanager
    def _alone_with(self, kind: str) -> Generator[None]:
        """Keep others off the payments of a bill while the context lasts."""
        busy = "another exporter is paying the same bill; the next run sees what came of it"
        is_free = self._sender.is_dry
        with self._locks.holding(kind), nullcontext() if is_free else claimed(self._sender.journal, kind, busy):
            yield

    @contextmanager
    def _doubting(self, kind: str) -> Generator[None]:
        try:
            yield
        except ApiError as error:
            if error.verdict is not Verdict.REFUSED and not error.is_unsent:
                self._in_doubt.add(kind)
            raise

    def _gave_up(self, attempt: Attempt) -> bool:
        """Whether a key has answered with a payment that another record has by now; its attempt comes to nothing then.

        The key had made that payment, and the answer was lost. Whoever was paid the same on that day has taken it.
        """
        made = None if attempt.is_change else attempt.object_id
        if made is None or not self._is_of_another(made, attempt.subject):
            return False
        self._sender.abandon(attempt, "its key answered with a payment that stands for another record")
        return True

    def _check_clear(self, intent: Intent, paid: Found) -> None:
        if isinstance(self._sender.journal, NoJournal) and self._alike.get(intent.subject, 0):
            raise AmbiguousPaymentError(
                f"{self._sender.ledger.name} has the payment {paid.ref.id}, and another record of the same bill, day and "
                f"amount may be that one; run with the journal that knows, or dismiss the record that is booked"
            )

    def _is_of_another(self, payment_id: str, record_id: str) -> bool:
        """Whether a payment in the ledger stands for another record, as this run or the journal knows."""
        known = (each.subject for each in self._sender.journal.by_object(payment_id) if each.is_there)
        return any(each != record_id for each in (*known, self._records.get(payment_id, record_id)))
