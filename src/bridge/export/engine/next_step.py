"""What follows from what is known of a subject. Everything that decides about attempts and documents is in this file.

Two tables, each read from the top: the first row that fits counts. `settle` says what to do with the last attempt;
`next_step` compares three forms of a document: what this export posted last (the state), what the ledger has now (the
actual object), and what the source says now (the desired document). Nothing here reads, writes or waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from bridge.decisions import ReasonCode
from bridge.export.engine.facts import (
    Actual,
    AttemptFacts,
    Comparison,
    Facts,
    Last,
    Remedy,
    Seen,
    Settlement,
    Standing,
    Step,
    Wanted,
)
from bridge.settings.choices import OnChange

#: The steps that write in the ledger.
CHANGING = frozenset({Step.CREATE, Step.REPLACE, Step.REPOST, Step.CORRECT, Step.DELETE})
_OF_A_CHANGE = frozenset({None, ReasonCode.CHANGED_AFTER_EXPORT, ReasonCode.CHANGED_ON_BOTH_SIDES, ReasonCode.HELD})


@attrs.frozen(kw_only=True)
class Row:
    """A row of a table: the facts that it wants (a value or several), and what follows. `code` is why it is refused."""

    id: str
    when: Mapping[str, object]
    step: Settlement | Step
    note: str
    code: ReasonCode | None = None

    @property
    def is_about_a_change(self) -> bool:
        """Whether something would be written, or is refused because something would have to be."""
        return self.step in CHANGING or (self.step is Step.REFUSE and self.code in _OF_A_CHANGE)

    def fits(self, facts: AttemptFacts | Facts) -> bool:
        """Whether it holds for these facts."""
        return all(getattr(facts, name) in _values(wanted) for name, wanted in self.when.items())


def _values(wanted: object) -> tuple[object, ...]:
    return (*wanted,) if isinstance(wanted, tuple) else (wanted,)  # pyright: ignore[reportUnknownVariableType]


_OPEN, _POSTED, _NEW = {"last": Last.OPEN}, {"standing": Standing.POSTED}, {"standing": Standing.NEW}
_OPEN_CHANGE = {**_OPEN, "changes": True}
_DOCUMENT = {"wanted": Wanted.DOCUMENT}
_UNKNOWN = (Actual.UNSEEN, Actual.MISSING)
_CHANGED_THERE = {**_POSTED, "actual": Actual.ONE, "comparison": Comparison.SOURCE}
_STILL = (Comparison.SAME, Comparison.REWORDED, Comparison.LEDGER)

#: What follows from the last attempt.
SETTLING: Sequence[Row] = (
    Row(id="A1", when={"last": Last.THERE, "trusts_old": True}, step=Settlement.KEEP, note="it was posted or adopted"),
    Row(
        id="A1k", when={"last": Last.THERE, "fresh": True}, step=Settlement.KEEP, note="the ledger still knows its key"
    ),
    Row(id="A7", when={**_OPEN_CHANGE, "seen": Seen.NOT_LOOKED}, step=Settlement.LOOK, note="a change has no key"),
    Row(id="A8", when={**_OPEN_CHANGE, "seen": Seen.YES}, step=Settlement.ADOPT, note="the change was made"),
    Row(id="A9", when=_OPEN_CHANGE, step=Settlement.ABANDON, note="the change was not made"),
    Row(id="A2", when={"seen": Seen.YES}, step=Settlement.ADOPT, note="its id is stored"),
    Row(
        id="A3", when={"last": (Last.NONE, Last.UNDONE, Last.THERE)}, step=Settlement.SEND, note="next number, new key"
    ),
    Row(id="A4", when={**_OPEN, "fresh": True}, step=Settlement.SEND_AGAIN, note="under the same key"),
    Row(id="A5", when={**_OPEN, "findable": True}, step=Settlement.ABANDON_AND_SEND, note="it would have been found"),
    Row(
        id="A5d",
        when={**_OPEN, "doubles_harm": False},
        step=Settlement.ABANDON_AND_SEND,
        note="a second one does no harm",
    ),
    Row(
        id="A6",
        when=_OPEN,
        step=Settlement.UNDECIDABLE,
        note="`replay --anew` or `--adopt ID` after a person has looked",
    ),
)

#: What follows from the three forms of a record's document.
DOCUMENTS: Sequence[Row] = (
    Row(id="D1", when={"standing": Standing.DISMISSED}, step=Step.NOTHING, note="a user has booked it by hand; `replay` undoes that"),
    Row(id="X1", when={"actual": Actual.SEVERAL}, step=Step.REFUSE, code=ReasonCode.POSTED_SEVERAL_TIMES, note="delete all but one"),
    Row(id="N1u", when={**_NEW, "actual": Actual.UNSEEN, "wanted": Wanted.NOTHING, "offered": False}, step=Step.REFUSE, code=ReasonCode.NOT_IN_LEDGER, note="it is not known whether it was posted"),
    Row(id="N1", when={**_NEW, "actual": (*_UNKNOWN, Actual.ALIKE), "wanted": Wanted.NOTHING}, step=Step.NOTHING, note="the reason is reported"),
    Row(id="N2", when={**_NEW, "wanted": Wanted.REFUSED}, step=Step.REFUSE, note="with every reason"),
    Row(id="N3", when={**_NEW, "actual": Actual.UNSEEN}, step=Step.LOOK, note="by its reference"),
    Row(id="N4n", when={**_NEW, "actual": Actual.MISSING, "offered": False}, step=Step.REFUSE, code=ReasonCode.NOT_IN_LEDGER, note="exported, but not in the ledger; `replay` posts it"),
    Row(id="N4a", when={**_NEW, "actual": Actual.ALIKE}, step=Step.REFUSE, code=ReasonCode.POSSIBLE_DOUBLE, note="an object without a mark has the same content"),
    Row(id="N4h", when={**_NEW, "actual": Actual.MISSING, "held": True}, step=Step.REFUSE, code=ReasonCode.HELD, note="it waits for an approval"),
    Row(id="N4", when={**_NEW, "actual": Actual.MISSING}, step=Step.CREATE, note="posted"),
    Row(id="N5", when={**_NEW, **_DOCUMENT, "comparison": Comparison.SAME}, step=Step.ADOPT, note="adopted"),
    Row(id="N6", when=_NEW, step=Step.REFUSE, code=ReasonCode.DIFFERS_IN_LEDGER, note="with both forms"),
    Row(id="S1", when={**_POSTED, "actual": Actual.MISSING, "wanted": Wanted.NOTHING}, step=Step.NOTHING, note="both agree"),
    Row(id="S2", when={**_POSTED, "actual": (Actual.MISSING, Actual.ALIKE)}, step=Step.REFUSE, code=ReasonCode.DELETED_IN_LEDGER, note="`replay` posts it again"),
    Row(id="S3u", when={**_POSTED, "actual": Actual.UNSEEN, "offered": False, "comparison": (Comparison.SAME, Comparison.LEDGER)}, step=Step.KEEP, note="nothing has changed at the source"),
    Row(id="S5", when={**_POSTED, "actual": Actual.UNSEEN}, step=Step.LOOK, note="before the source is told, and before anything is changed"),
    Row(id="S3", when={**_POSTED, "comparison": _STILL}, step=Step.KEEP, note="adopted; changes that a user made in the ledger stay, and `verify` lists them"),
    Row(id="S4", when={**_POSTED, "wanted": Wanted.REFUSED}, step=Step.REFUSE, note="with every reason, and where the document is"),
    Row(id="S6", when={**_POSTED, "comparison": Comparison.ALIKE}, step=Step.ADOPT, note="a user made the same change in the ledger"),
    Row(id="S7", when={**_POSTED, "comparison": Comparison.BOTH}, step=Step.REFUSE, code=ReasonCode.CHANGED_ON_BOTH_SIDES, note="with the posted, actual and desired forms"),
    Row(id="S8h", when={**_CHANGED_THERE, **_DOCUMENT, "held": True, "remedy": (Remedy.REPLACE, Remedy.REPOST, Remedy.CORRECT)}, step=Step.REFUSE, code=ReasonCode.HELD, note="the change waits for an approval"),
    Row(id="S8", when={**_CHANGED_THERE, **_DOCUMENT, "remedy": Remedy.REPLACE}, step=Step.REPLACE, note="the ledger can replace this kind"),
    Row(id="S9", when={**_CHANGED_THERE, **_DOCUMENT, "remedy": Remedy.REPOST}, step=Step.REPOST, note="the ledger can only delete this kind; receipts are attached again"),
    Row(id="S11", when={**_CHANGED_THERE, **_DOCUMENT, "remedy": Remedy.CORRECT}, step=Step.CORRECT, note="for the difference, in the first open period"),
    Row(id="S10", when={**_CHANGED_THERE, "wanted": Wanted.NOTHING, "removable": True}, step=Step.DELETE, note="the settings allow it"),
    Row(id="S12", when=_POSTED, step=Step.REFUSE, code=ReasonCode.CHANGED_AFTER_EXPORT, note="with the difference per account"),
)  # fmt: skip


def settle(facts: AttemptFacts) -> Settlement:
    """What to do with the last attempt for a subject."""
    return Settlement(row_of(SETTLING, facts).step)


def next_step(facts: Facts) -> Row:
    """The row that says what to do for a record; ask again with what a look has shown."""
    return row_of(DOCUMENTS, facts)


def remedy(
    *,
    on_change: OnChange,
    is_member: bool,
    is_corrected: bool,
    is_correctable: bool,
    is_free: bool,
    is_shut: bool,
    replaces: bool,
    deletes: bool,
) -> Remedy:
    """How a posted document may be made to say something else.

    A member of a summary, which others share, is corrected. So is what is `is_shut`: in a closed period, where the settings
    let what counts in one count on the first open day.
    """
    if on_change is OnChange.REPLACE and is_shut and is_correctable:
        return Remedy.CORRECT
    if on_change is OnChange.CORRECT or (on_change is OnChange.REPLACE and is_member):
        return Remedy.CORRECT if is_correctable else Remedy.NONE
    if on_change is OnChange.REFUSE or is_corrected or not is_free:
        return Remedy.NONE
    if replaces:
        return Remedy.REPLACE
    return Remedy.REPOST if deletes else Remedy.NONE


def row_of(table: Sequence[Row], facts: AttemptFacts | Facts) -> Row:
    """The first row that fits. Every combination has one, which the tests show."""
    return next(row for row in table if row.fits(facts))
