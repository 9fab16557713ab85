"""What this export has posted for a record, read from the journal, or without one from the mark of an object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import attrs

from brex_accounting import Record
from bridge.documents.form import Form, form_of_json
from bridge.documents.protocol import Found, Mark, Ref
from bridge.export.engine.attempts import Attempt, Purpose, is_summary
from bridge.export.engine.facts import Standing
from bridge.export.engine.own_forms import form_of
from bridge.export.engine.survey import settles
from bridge.export.ledgers.protocol import Ledger
from bridge.mappers.summaries import Member


@attrs.frozen(kw_only=True)
class Posted:
    """One object that this export posted, and the forms in which it may be in the ledger.

    A ledger may write things another way than they were sent, so the form of its answer counts as well.
    """

    ref: Ref
    forms: tuple[Form, ...]

    def is_as_posted(self, found: Found) -> bool:
        """Whether nobody has changed it since. What cannot be told counts as changed."""
        return any(each.equals(found.form) for each in self.forms)


_BEGUN = "~"


def begun(content: str) -> str:
    """What stands for the digest of a record's content while only the first part of its document is there."""
    return f"{_BEGUN}{content[1:]}"


@attrs.frozen(kw_only=True)
class State:
    """What stands in the ledger for a record, as far as this export knows.

    `version` is that of the record then, and `newest` the highest of which anything was ever in the ledger.
    `form` is what all of its objects say together, None where that cannot be told; `digest` stands for it where a mark
    alone tells. `content` is the digest of the record as it was then. `deleted` tells that the last thing this export
    did was to delete it. `is_begun` tells that only the first of two parts is there. `why` is what a person said who
    dismissed it.
    """

    standing: Standing = Standing.NEW
    version: int = 0
    newest: int = 0
    base: Posted | None = None
    corrections: tuple[Posted, ...] = ()
    form: Form | None = None
    content: str | None = None
    kind: str = ""
    is_member: bool = False
    deleted: bool = False
    digest: str | None = None
    is_begun: bool = False
    why: str | None = None

    @property
    def day(self) -> date | None:
        """The day on which it counts, None where there is nothing or nobody knows."""
        told = self.form.head.get("day") if self.form is not None else None
        return None if told is None else date.fromisoformat(told)

    def says(self, desired: Form) -> bool | None:
        """Whether it says what is desired now; None where nobody can tell."""
        if self.form is not None:
            return self.form.equals(desired)
        return None if self.digest is None else self.digest == desired.digest()

    def is_of(self, record: Record, content: str, *, is_counted: bool = True) -> bool:
        """Whether a record with this digest of its content says what it said then.

        Where nobody knows its content of then, its version tells, if that grows with each change.
        """
        return self.content == content if self.content is not None else is_counted and record.version <= self.version

    def is_newer_than(self, record: Record) -> bool:
        """Whether a record is an older copy than one of which anything was posted; 0 is a version that nobody knows."""
        return 0 < record.version < self.newest

    @property
    def objects(self) -> tuple[Posted, ...]:
        """Every object that has to be as it was posted."""
        return () if self.base is None else (self.base, *self.corrections)


def state_of(
    attempts: Iterable[Attempt],
    ledger: Ledger,
    members: Iterable[tuple[str, Member]] = (),
    *,
    found: Sequence[Found] = (),
) -> State:
    """What the attempts of a record come to, oldest first; those of a summary that it is a member of count for it.

    `members` are the record's own entries in its summaries, each with the summary's subject.
    Where the attempts tell of nothing, the marks of what was `found` in the ledger do. Raises `UnreadableObjectError` where
    the ledger cannot read what was sent or answered.
    """
    state, newest = State(), 0
    entries = tuple(members)
    for attempt in attempts:
        if attempt.object_id is not None:
            newest = max(newest, attempt.version)
        if attempt.was_dismissed:
            state = State(standing=Standing.DISMISSED, version=attempt.version, why=attempt.error)
        elif attempt.was_carried_out:
            state = _after(state, attempt, ledger, entries)
    if found and state.standing is Standing.NEW and not state.deleted:
        state = state_of_mark(found)
    return attrs.evolve(state, newest=max(newest, state.newest))


def state_of_mark(found: Sequence[Found]) -> State:
    """What the marks of an object and of its corrections tell; nothing where the object has none with a digest.

    Corrections without an object are what is left of one that a person deleted.
    """
    documents = [each for each in found if not each.is_correction]
    if found and not documents:
        return State(standing=Standing.POSTED, corrections=tuple(map(_marked, found)))
    if len(documents) != 1 or documents[0].mark is None or documents[0].mark.digest is None:
        return State()
    marks = [each.mark for each in found if each.mark is not None]
    # Of one version the entry that completes it comes after its document.
    newest = max(marks, key=lambda each: (_version(each), each.corrects))
    (base,) = documents
    begins = base.mark is not None and base.mark.begins
    corrections = tuple(_marked(each) for each in found if each is not base)
    return State(
        standing=Standing.POSTED,
        version=_version(newest),
        newest=_version(newest),
        base=_marked(base),
        corrections=corrections,
        # Where nobody has changed it, what it says now is what was posted; else its digest alone tells of that.
        form=base.marked_form if not corrections else None,
        digest=newest.digest,
        is_begun=begins and not newest.corrects,
        kind=base.ref.kind,
    )


def telling(record: Record, found: Sequence[Found]) -> Sequence[Found]:
    """What tells by its marks of what was posted for a record: of a payment, which has none, no entry of its rest alone."""
    return () if settles(record) and all(each.is_correction for each in found) else found


def _version(mark: Mark) -> int:
    return mark.version or 0


def _marked(found: Found) -> Posted:
    return Posted(ref=found.ref, forms=(found.form,) if found.is_as_marked else ())


def _after(state: State, attempt: Attempt, ledger: Ledger, members: Sequence[tuple[str, Member]]) -> State:
    """The state after one more attempt that was carried out."""
    if attempt.deletes:
        return State(deleted=True, version=attempt.version)
    posted = Posted(ref=attempt.ref, forms=_forms(attempt, ledger))
    said = form_of_json(attempt.form) if attempt.form is not None else next(iter(posted.forms), None)
    if attempt.purpose is Purpose.CORRECTION:
        corrections = (*state.corrections, posted)
        return attrs.evolve(
            state,
            version=attempt.version,
            corrections=corrections,
            form=said,
            content=attempt.content,
            is_begun=False,
        )
    version, content = attempt.version, attempt.content
    is_member = is_summary(attempt.subject)
    if is_member:
        entry = next((member for summary, member in members if summary == attempt.subject), None)
        said = form_of_json(entry.form) if entry is not None and entry.form is not None else None
        version, content = (entry.version, entry.content) if entry is not None else (version, None)
    return State(
        standing=Standing.POSTED,
        version=version,
        base=posted,
        form=said,
        content=content,
        kind=attempt.kind,
        is_member=is_member,
        is_begun=content is not None and content.startswith(_BEGUN),
    )


def _forms(attempt: Attempt, ledger: Ledger) -> tuple[Form, ...]:
    """What was sent, and what the ledger answered to it; of what was adopted, what was there."""
    told = (each for each in (attempt.payload, attempt.answer) if each)
    read = [found for each in told if (found := form_of(ledger, attempt.kind, each)) is not None]
    if not read and attempt.form is not None and attempt.purpose is Purpose.DOCUMENT:
        read = [form_of_json(attempt.form)]
    return tuple(read)
