"""What became of an attempt without an outcome: it is looked for, taken for made, sent again under its key, or given up."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from brex_accounting import Record
from bridge.decisions import Decision, Post
from bridge.documents.protocol import Document, Found
from bridge.export.engine.attempts import Attempt, Purpose, facts_of, is_part
from bridge.export.engine.calls import Calls, ask
from bridge.export.engine.comparing import documents_of
from bridge.export.engine.facts import Seen, Settlement, rules_of
from bridge.export.engine.next_step import settle
from bridge.export.engine.own_forms import form_of
from bridge.export.engine.tasks.protocol import Done, TaskContext
from bridge.export.ledgers.own import ability_of
from bridge.export.reporting.report import Failed, Posted
from clientkit.errors import ApiError
from clientkit.verdicts import Verdict

#: The step of a plan for what an earlier run began and nobody knows the outcome of.
SENT_AGAIN = "send again"


@attrs.frozen(kw_only=True)
class OpenAttempt:
    """The last attempt of a record, which has no outcome; `RecordTask` explains the other fields."""

    attempt: Attempt
    record: Record
    decision: Decision | None
    content: str
    found: tuple[Found, ...] | None

    def settled(self, context: TaskContext) -> Calls[Done | bool]:
        """Settle it; whether what was looked up before still holds, or what the record comes to."""
        last, sender = self.attempt, context.sender
        seen, there = Seen.NO, next(iter(_candidates(last, self.found)), None)
        if last.is_change:
            seen = Seen.NOT_LOOKED
        elif there is not None:
            seen = Seen.YES
        # Whoever pays a bill looks at all its payments first.
        rules = rules_of(ability_of(context.ledger, last.kind), is_listed=is_part(last.kind))
        while True:
            facts = facts_of(last, context.journal.now(), seen, rules)
            settlement = settle(facts)
            if settlement is not Settlement.LOOK:
                break
            there = yield from ask(lambda: context.look(self.record.id, last.target))
            seen = Seen.YES if _was_made(last, there, context) else Seen.NO
        if settlement is Settlement.ADOPT and last.is_change:
            sender.confirm(last, there)
            return False
        if settlement is Settlement.ADOPT and there is not None:
            sender.settle_as_found(last, there)
            return True
        if settlement is Settlement.SEND_AGAIN:
            return (yield from self._send_again(context))
        if settlement is Settlement.UNDECIDABLE:
            why = self._undecided(
                context.ledger.name, "no longer knows its key" if rules.honours_key else "knows no keys"
            )
            return Done(results=(Failed(record=self.record, why=why, code="unknown_attempt"),))
        sender.abandon(last, f"{context.ledger.name} was seen not to have what it was to do")
        return True

    def _undecided(self, ledger: str, key: str) -> str:
        last = self.attempt
        at = f"{last.intended_at:%Y-%m-%d %H:%M} UTC"
        if last.has_made_another:
            return (
                f"{ledger} answered an attempt of {at} with {last.kind} {last.object_id}, which is not what was sent, and "
                f"does not find what was; look at it, and replay the record with its id (--adopt), or delete it and replay "
                f"the record anew (--anew)"
            )
        return (
            f"what came of an attempt of {at} is unknown, {ledger} {key}, and it cannot be looked up; look for it in {ledger}, "
            f"and replay it with its id (--adopt), or where it is not there, replay it anew (--anew)"
        )

    def sent_again(self) -> Done:
        """What a plan says of it where a run sends it again."""
        document: Document | None = self.decision.document if isinstance(self.decision, Post) else None
        made = self.attempt
        posted = Posted(record=self.record, kind=made.kind, id=made.object_id or "", document=document, step=SENT_AGAIN)
        return Done(results=(posted,), trace_id=made.trace_id)

    def _send_again(self, context: TaskContext) -> Calls[Done | bool]:
        """Send it under its key; as `settled`."""
        if context.sender.is_dry:
            return self.sent_again()
        try:
            yield from context.payments.send_again(self.attempt)
        except ApiError as error:
            if error.verdict is not Verdict.REFUSED or not self._says_something_else():
                raise
            # It was never made, and what is to be posted now is another request.
        return False

    def _says_something_else(self) -> bool:
        """Whether the source has changed the record since, or what it pays was posted anew elsewhere."""
        decision, last = self.decision, self.attempt
        return isinstance(decision, Post) and (decision.document.kind, self.content) != (last.kind, last.content)


def _candidates(last: Attempt, found: Sequence[Found] | None) -> tuple[Found, ...]:
    """What the look-up has shown that this attempt may have made."""
    if last.purpose is not Purpose.CORRECTION:
        return documents_of(found)
    marked = ((each, each.mark) for each in found or ())
    return tuple(each for each, mark in marked if mark is not None and mark.corrects and mark.version == last.version)


def _was_made(last: Attempt, there: Found | None, context: TaskContext) -> bool:
    """Whether a change whose answer was lost was made: the object is gone, or it says what was sent."""
    if last.deletes:
        return there is None
    sent = form_of(context.ledger, last.kind, last.payload)
    return there is not None and sent is not None and sent.equals(there.form)
