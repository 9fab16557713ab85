"""What a run has ended of an earlier one, which counted it as failed: sent again it counts as posted, and else as found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from brex_accounting import Amount
from bridge.decisions import Decision, Post
from bridge.documents.protocol import Document
from bridge.export.engine.attempts import Attempt, Purpose, is_summary, last_attempt
from bridge.export.engine.comparing import amounts_of, change_of
from bridge.export.engine.facts import Step
from bridge.export.engine.sender import Sender
from bridge.export.engine.standing import State
from bridge.export.ledgers.own import ability_of


@attrs.frozen(kw_only=True)
class Finished:
    """An attempt that this run has sent again or `found` carried out, and what it added to what is spent.

    `document` is what it made, None where the record says something else by now.
    """

    attempt: Attempt
    amounts: tuple[Amount, ...] = ()
    document: Document | None = None
    found: bool = False

    @property
    def step(self) -> str:
        """What was done, as in `Posted`."""
        if self.found:
            return Step.KEEP.value
        if is_summary(self.attempt.subject):
            return "summary"
        return (Step.CORRECT if self.attempt.purpose is Purpose.CORRECTION else Step.CREATE).value


def finished(
    attempts: Sequence[Attempt],
    sender: Sender,
    state: Callable[[Sequence[Attempt]], State],
    decision: Decision | None,
    content: str,
) -> Finished | None:
    """What the run has ended for a record; None where it is nothing. `state` is what some attempts come to."""
    last = last_attempt(attempts)
    if last is None or last.was_undone:
        return None
    found = sender.has_found(last)
    if not found and not sender.has_sent_again(last):
        return None
    earlier = list(attempts[: attempts.index(last)])
    if earlier and earlier[-1].deletes and earlier[-1].version == last.version:
        # It was deleted so that this could take its place.
        del earlier[-1]
    before, now = state(earlier), state(attempts)
    if found and not last.is_change and before.base is not None and before.base.ref == last.ref:
        # The ledger alone told of it, and it is what was found.
        before = State()
    document = decision.document if isinstance(decision, Post) and now.content == content else None
    if document is not None:
        stood = before.form if before.base is not None and document.spent() else None
        return Finished(attempt=last, amounts=amounts_of(document, stood), document=document, found=found)
    spends = now.form is not None and ability_of(sender.ledger, now.kind).spends
    return Finished(attempt=last, amounts=change_of(now.form, before.form) if spends else (), found=found)
