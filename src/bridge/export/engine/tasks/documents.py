"""What is done to the document of one record in the ledger, written down as it is done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import attrs

from brex_accounting import Record
from bridge.documents.form import Form
from bridge.documents.protocol import Document, Found, InTwoParts, PlannedVendor
from bridge.export.engine.attempts import Attempt, Purpose, is_part
from bridge.export.engine.calls import Calls, ask
from bridge.export.engine.sender import Intent
from bridge.export.engine.standing import State, begun
from bridge.export.engine.tasks.protocol import TaskContext
from bridge.export.ledgers.own import ability_of, deletion_request, replacing_request
from bridge.export.ledgers.protocol import ForeseeingLedger
from clientkit.requests import Request


class DocumentWriter:
    """Creates, replaces, corrects, deletes and adopts for one record, whose claim the caller holds.

    `content` is the record's digest. Every method raises as `Sender.send` does.
    """

    def __init__(self, record: Record, content: str, context: TaskContext) -> None:
        self._record, self._content, self._context = record, content, context

    def with_vendor(self, document: Document) -> Calls[Document]:
        """The document for a vendor that is there; created where nobody has done so yet."""
        if not isinstance(document.party, PlannedVendor):
            return document
        vendor_id = yield from self._context.vendors.id_of(document.party)
        return document.with_vendor(vendor_id)

    def create(self, document: Document, corrections: Sequence[Found] = ()) -> Calls[Attempt]:
        """Post the document; one that nothing finds again is looked for among its like first.

        Of one in two parts the rest follows at once, unless it is among the `corrections` that are there. What fails
        between the two is a document to be corrected for the next run.
        """
        intent = self._intent(document)
        if not isinstance(document, InTwoParts) or (rest := document.rest()) is None:
            return (yield from self._create(document, intent, document.form()))
        attempt = yield from self._create(document, self._begun(intent, document), document.first())
        own = rest.form().digest()
        if not any(each.mark is not None and each.mark.own == own for each in corrections):
            yield from self.correct(document, rest, after=attempt.number)
        return attempt

    def _create(self, document: Document, intent: Intent, form: Form) -> Calls[Attempt]:
        context = self._context
        if not ability_of(context.ledger, document.kind).is_found and is_part(document.kind):
            return (yield from context.payments.send(intent, form))
        attempt = yield from context.sender.send(intent)
        # A key may answer with what it made a day ago, which may be gone. Without a journal the keys after it are as old.
        while attempt.is_old_answer and (yield from ask(partial(context.look, self._record.id, attempt.ref))) is None:
            context.sender.abandon(attempt, "its key answered with an object that was deleted since")
            attempt = yield from context.sender.send(attrs.evolve(intent, after=attempt.number))
        return attempt

    def replace(self, document: Document, present: Found) -> Calls[Attempt]:
        """Make the object that is there say what the document says, or its first part and post the rest."""
        intent = attrs.evolve(
            self._intent(document), request=replacing_request(self._context.ledger, document, present)
        )
        if not isinstance(document, InTwoParts) or (rest := document.rest()) is None:
            return (yield from self._context.sender.send(intent))
        attempt = yield from self._context.sender.send(self._begun(intent, document))
        yield from self.correct(document, rest, after=attempt.number)
        return attempt

    def obstacle(self, document: Document, present: Found) -> Calls[str | None]:
        """Why the ledger would not take the document once the object that is there is deleted; None where nothing is known."""
        ledger, books = self._context.ledger, self._context.books
        if not isinstance(ledger, ForeseeingLedger):
            return None
        why = yield from ask(lambda: ledger.obstacle(present, document, books))
        return None if why is None else f"{ledger.name} has {present.ref}, which stays as it is: {why}"

    def repost(self, document: Document, present: Found) -> Calls[Attempt]:
        """Delete the object that is there, and post the document anew."""
        yield from self.delete(present)
        return (yield from self.create(document))

    def correct(self, document: Document, correction: Document, *, after: int = 0) -> Calls[Attempt]:
        """Post the entry after which the ledger says what the document says; `after` is as `Intent` has it."""
        intent = attrs.evolve(
            self._intent(document),
            kind=correction.kind,
            request=correction.create(),
            purpose=Purpose.CORRECTION,
            after=after,
        )
        return (yield from self._context.sender.send(intent))

    def delete(self, present: Found) -> Calls[Attempt]:
        """Delete the object that is there."""
        intent = Intent(
            subject=self._record.id,
            version=self._record.version,
            kind=present.ref.kind,
            request=deletion_request(self._context.ledger, present.ref),
            object_id=present.ref.id,
            content=self._content,
        )
        return (yield from self._context.sender.send(intent))

    def adopt(self, document: Document, present: Found) -> Attempt:
        """Write down that the ledger has the document already."""
        attempt = self._context.sender.adopt(self._intent(document), present)
        self._context.payments.note(attempt)
        return attempt

    def keep(self, state: State, present: Found | None, *, is_compared: bool) -> None:
        """Write down what the journal does not know yet of a document that stays as it is.

        Where the record was not compared, as when a mapper leaves it out, what it says now may not be what stands.
        """
        if state.digest is not None and present is not None:
            # Its mark told what was posted.
            version = max(self._record.version, state.version) if is_compared else state.version
            self._adopt_marked(state, present, version=version, content=self._content if is_compared else None)
        elif is_compared and state.content != self._content:
            self._context.sender.restate(self._record.id, self._content)

    def agree(self, state: State) -> None:
        """Write down what the record says now that nothing is to be posted for it and nothing of it is there.

        Should it say once more what was posted before, that is a change, and the ledger is looked at.
        """
        if state.base is not None and state.content != self._content:
            self._context.sender.restate(self._record.id, self._content)

    def take_over(self, state: State, present: Found | None) -> None:
        """Write down what is there before it is corrected, where its mark alone told of it."""
        if state.digest is not None and present is not None:
            content = begun(self._content) if state.is_begun and state.version == self._record.version else None
            self._adopt_marked(state, present, version=state.version, content=content)

    def _adopt_marked(self, state: State, present: Found, *, version: int, content: str | None) -> None:
        intent = Intent(
            subject=self._record.id,
            version=version,
            kind=present.ref.kind,
            request=Request[None](method="POST", path=f"/{present.ref.kind}"),
            content=content,
            source=self._record.source_id,
            form=state.form.as_json() if state.form is not None else None,
        )
        self._context.sender.adopt(intent, present)

    def _begun(self, intent: Intent, document: InTwoParts) -> Intent:
        """The intent of the first part, after which the journal tells that the rest is missing."""
        return attrs.evolve(intent, content=begun(self._content), form=document.first().as_json())

    def _intent(self, document: Document) -> Intent:
        return Intent(
            subject=self._record.id,
            version=self._record.version,
            kind=document.kind,
            request=document.create(),
            content=self._content,
            source=self._record.source_id,
            form=document.form().as_json(),
        )
