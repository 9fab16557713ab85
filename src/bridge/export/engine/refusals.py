"""What a person is told of a record that the table refuses: what was compared, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from bridge.decisions import Post, Reason, ReasonCode, Refuse, Skip
from bridge.documents.form import Form, FormLine, difference
from bridge.documents.protocol import Document
from bridge.export.engine.comparing import Case
from bridge.export.engine.next_step import Row
from bridge.settings.choices import OnChange
from clientkit.money import decimal_text

_MOST_LINES = 12


def refusal(row: Row, case: Case) -> Refuse:
    """Why a record is refused: what the mapping found, or what the table says, with what was compared."""
    if row.code is not None:
        return Refuse(record=case.record, reasons=(Reason(code=row.code, text=_TEXTS[row.code](case)),))
    reasons = case.decision.reasons if isinstance(case.decision, Refuse) else ()
    if case.state.base is not None:
        where = f"{case.ledger.name} has an earlier version of it as {case.state.base.ref}, which stays as it is"
        reasons = (*reasons, Reason(code=ReasonCode.CHANGED_AFTER_EXPORT, text=where))
    return Refuse(record=case.record, reasons=reasons)


def older_copy(case: Case) -> Reason:
    """Why a copy of a record that is older than what was posted changes nothing, where versions are moments."""
    posted = datetime.fromtimestamp(case.state.newest, tz=UTC)
    text = (
        f"this copy of it was changed at {_moment(case.record.updated_at)}, and one of {_moment(posted)} was posted; it stays "
        f"as it is, until there is a copy of then or later"
    )
    return Reason(code=ReasonCode.OLDER_COPY, text=text)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _several(case: Case) -> str:
    return f"{case.ledger.name} has it {len(case.documents or ())} times, as {_where(case)}; delete all but one"


def _not_there(case: Case) -> str:
    if case.desired is None:
        return (
            f"it counts as {case.wording.taken} and moves no money, and without a journal nobody knows whether {case.ledger.name} "
            f"has it"
        )
    advice = case.wording.if_deleted(case.record.id)
    return f"it counts as {case.wording.taken}, and {case.ledger.name} has nothing for it; {advice}"


def _deleted(case: Case) -> str:
    was = "" if case.state.base is None else f" as {case.state.base.ref}"
    what = "the entry that corrected it" if case.is_incomplete else "it"
    left = " and ".join(str(each.ref) for each in case.corrections) if not case.documents else ""
    first = f"delete what is left of it ({left}), and " if left else ""
    advice = case.wording.if_deleted(case.record.id)
    return f"it was posted{was}, and {case.ledger.name} no longer has {what}; {first}{advice}"


def _alike(case: Case) -> str:
    others = " and ".join(str(each.ref) for each in case.alike)
    return (
        f"{case.ledger.name} has {others}, which says the same and does not tell for which record it was made; dismiss the "
        f"record if that is its entry, or delete the entry"
    )


def _held(case: Case) -> str:
    why = case.hold(case.decision) if isinstance(case.decision, Post) else None
    return f"it waits for an approval: {why}"


def _differs(case: Case) -> str:
    there = case.one.form if case.one is not None else None
    return (
        f"{case.ledger.name} has it as {_where(case)}, which says something else: the source {_said(_desired(case))}; "
        f"{case.ledger.name} {_said(there)}"
    )


def _both(case: Case) -> str:
    there = case.one.form if case.one is not None else None
    posted = "unknown" if case.state.form is None else _said(case.state.form)
    return (
        f"it was changed at the source and in {case.ledger.name} ({_where(case)}): posted {posted}; {case.ledger.name} now "
        f"{_said(there)}; the source now {_said(_desired(case))}; make both the same by hand"
    )


def _changed(case: Case) -> str:
    """What would have to change in the ledger, per account, and why the export leaves it to a person."""
    found = case.one
    what = f"it has changed since it was posted as {_where(case)}: {_change(case)}"
    correction = case.correction(case.desired) if case.desired is not None else None
    other = case.stands_for(correction) if correction is not None else None
    if other is None and case.lost_part is not None:
        return (
            f"{what}; {case.lost_part.ref} may be its second part, and does not tell for which record it was made; delete "
            f"that entry, and the next run posts what is missing"
        )
    if other is not None and case.settings.on_change is not OnChange.REFUSE:
        return (
            f"{what}; {other.ref} says what would correct it, and does not tell for which record it was made; delete "
            f"that entry, and the next run posts its correction"
        )
    if case.desired is None and case.state.is_member:
        return f"{what}; others share that entry, so correct it by hand"
    wording, subject, is_wanted = case.wording, case.record.id, case.desired is not None
    if found is not None and not found.is_free:
        advice = wording.if_settled(subject, is_wanted=is_wanted)
        return f"{what}; it is settled in {case.ledger.name}, so {advice}"
    if found is not None and found.impact_date is not None and case.books.is_closed(found.impact_date):
        advice = wording.if_closed(subject, is_wanted=is_wanted)
        return f"{what}; its period is closed up to {case.books.last_closed}, so {advice}"
    return f"{what}; {wording.if_left(subject, is_wanted=is_wanted)}"


_TEXTS: Mapping[ReasonCode, Callable[[Case], str]] = MappingProxyType(
    {
        ReasonCode.POSTED_SEVERAL_TIMES: _several,
        ReasonCode.NOT_IN_LEDGER: _not_there,
        ReasonCode.DELETED_IN_LEDGER: _deleted,
        ReasonCode.POSSIBLE_DOUBLE: _alike,
        ReasonCode.HELD: _held,
        ReasonCode.DIFFERS_IN_LEDGER: _differs,
        ReasonCode.CHANGED_ON_BOTH_SIDES: _both,
        ReasonCode.CHANGED_AFTER_EXPORT: _changed,
    }
)


def _change(case: Case) -> str:
    desired = case.desired
    stands = case.state.form if desired is None else case.standing_form(desired)
    if stands is None:
        return "what was posted for it alone cannot be told"
    if desired is None:
        why = case.decision.why if isinstance(case.decision, Skip) else ""
        return case.wording.nothing_left(_said(stands), why)
    now = desired.form()
    lines = difference(now, stands)
    heads = [each for each in now.differences(stands) if each not in {"lines", "kind"}]
    parts = [_lines(_with_counterpart(desired, lines))] if lines else []
    parts += [case.wording.change(key, stands.head[key], now.head[key], are_lines=bool(lines)) for key in heads]
    return "; ".join(filter(None, parts)) or "it becomes another kind of document"


def _with_counterpart(desired: Document, lines: tuple[FormLine, ...]) -> tuple[FormLine, ...]:
    """The lines with what stands against them, where that can be told."""
    entry = desired.correction(lines, desired.impact_date) if desired.impact_date is not None else None
    return lines if entry is None else entry.form().lines


def _where(case: Case) -> str:
    return " and ".join(str(each.ref) for each in case.documents or ())


def _desired(case: Case) -> Form | None:
    return case.desired.form() if case.desired is not None else None


def _said(form: Form | None) -> str:
    if form is None:
        return "nothing"
    head = [f"{key} {form.head[key]}" for key in ("day", "party", "number") if key in form.head]
    return f"{_lines(form.lines)} ({', '.join(head)})"


def _lines(lines: tuple[FormLine, ...]) -> str:
    shown = list(_shown(lines[:_MOST_LINES]))
    if len(lines) > _MOST_LINES:
        shown.append(f"{len(lines) - _MOST_LINES} more lines")
    return ", ".join(shown) or "no lines"


def _shown(lines: tuple[FormLine, ...]) -> Iterator[str]:
    for line in lines:
        sign = "+" if line.amount > 0 else ""
        where = "" if line.subsidiary is None else f" in the subsidiary {line.subsidiary}"
        yield f"{line.account}{where} {sign}{decimal_text(line.amount)} {line.currency}"
