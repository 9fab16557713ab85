"""In what journal, source and ledger differ about one record: the first difference that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import attrs

from brex_accounting import Record
from bridge.decisions import Decision, Post, Skip, SkipCode
from bridge.documents.form import Form
from bridge.documents.protocol import Found, Ref
from bridge.documents.record_digest import record_digest
from bridge.export.engine.attempts import Attempt
from bridge.export.engine.facts import Standing
from bridge.export.engine.standing import State
from bridge.export.engine.survey import moves_money
from bridge.export.ledgers.protocol import Ledger
from bridge.export.owners import counts_versions
from bridge.export.reporting.form_sums import sums_of
from bridge.export.sources.protocol import Source
from bridge.wording import RECORDS, Wording
from clientkit.money import decimal_text


class Verdict(StrEnum):
    """In what the three differ. Of a source that is not Brex, ``_at_source`` stands for ``_in_brex``.

    ``_in_rillet`` is said of any ledger; the text of a `Disagreement` has its name.
    """

    CHANGED_IN_BREX = "changed_in_brex"
    CHANGED_AT_SOURCE = "changed_at_source"
    CHANGED_IN_RILLET = "changed_in_rillet"
    CHANGED_ON_BOTH_SIDES = "changed_on_both_sides"
    DELETED_IN_RILLET = "deleted_in_rillet"
    ONLY_IN_RILLET = "only_in_rillet"
    ONLY_IN_BREX = "only_in_brex"
    ONLY_AT_SOURCE = "only_at_source"
    POSTED_SEVERAL_TIMES = "posted_several_times"
    OUTCOME_UNKNOWN = "outcome_unknown"
    NOT_REPORTED = "not_reported"
    NOT_IN_JOURNAL = "not_in_journal"
    UNREADABLE = "unreadable"
    HALF_POSTED = "half_posted"
    STANDS_FOR_SEVERAL = "stands_for_several"


@attrs.frozen(kw_only=True)
class Known:
    """What is known of one record.

    `documents` are the objects that a look-up has found, `get` reads one by its id. `mapped` is what the mapping makes of
    the record now, None where nobody can map; `is_remembered` says whether there is a journal.
    """

    record: Record | None
    state: State
    last: Attempt | None
    documents: tuple[Found, ...]
    get: Callable[[Ref], Found | None]
    ledger: Ledger
    source: Source
    mapped: Callable[[Record, date | None], Decision] | None
    is_remembered: bool
    wording: Wording = RECORDS

    @property
    def others(self) -> tuple[Found, ...]:
        """The objects that were found beside the one that was posted."""
        base = self.state.base
        return tuple(each for each in self.documents if base is None or each.ref != base.ref)

    @property
    def there(self) -> Found | None:
        """The object that was posted, or the one that stands in its place."""
        base = self.state.base
        found = None if base is None else self.get(base.ref)
        return self.others[0] if found is None and len(self.others) == 1 else found

    @property
    def posted(self) -> str:
        """Where it was posted, in words."""
        return "" if self.state.base is None else f"it was posted as {self.state.base.ref}"

    @property
    def in_ledger(self) -> str:
        """Where the ledger has it, in words."""
        where = " and ".join(str(each.ref) for each in self.documents)
        return f"{self.ledger.name} has it as {where}" if where else f"{self.ledger.name} has nothing for it"


_Disagreement: TypeAlias = tuple[Verdict, str]


def disagreement_about(known: Known) -> _Disagreement | None:
    """The first difference that counts, with a text for people; None where all three agree."""
    if known.last is not None and known.last.is_open:
        told = f"{known.last.intended_at:%Y-%m-%d %H:%M} UTC"
        text = f"the journal does not know what came of the attempt of {told}; {known.in_ledger}"
        return Verdict.OUTCOME_UNKNOWN, text
    if known.state.standing is Standing.DISMISSED:
        text = f"it was dismissed ({known.state.why}), and {known.in_ledger}"
        return (Verdict.POSTED_SEVERAL_TIMES, text) if known.documents else None
    return _about_untold(known) if known.state.base is None else _about_posted(known)


def _about_untold(known: Known) -> _Disagreement | None:
    """Of a record that this export has not posted, as far as is known."""
    record, documents = known.record, known.documents
    if len(documents) > 1:
        return _several(known, documents)
    if known.state.corrections and not documents:
        left = " and ".join(str(each.ref) for each in known.state.corrections)
        return Verdict.DELETED_IN_RILLET, f"{known.ledger.name} no longer has it, and still has its correction {left}"
    if documents:
        text = f"the journal does not know that it was posted; {known.in_ledger}"
        return (Verdict.NOT_IN_JOURNAL, text) if known.is_remembered else None
    if record is None:
        return Verdict.ONLY_IN_RILLET, f"{known.source.name} has no such {known.wording.thing}"
    return _lacking(known, record)


def _lacking(known: Known, record: Record) -> _Disagreement | None:
    """Of a record that the ledger does not have."""
    if not moves_money(record):
        return None
    if known.state.deleted:
        # Between the deletion and what was to follow it something went wrong, or its money came back; unless the source
        # wants nothing of it any more, as of an invoice that is void.
        if known.mapped is None or isinstance(known.mapped(record, None), Skip):
            return None
        text = f"this {known.wording.run} has deleted what it had posted; {known.in_ledger}"
        return _by_source(known, Verdict.ONLY_IN_BREX, Verdict.ONLY_AT_SOURCE), text
    is_taken = known.source.is_taken(record)
    if not is_taken:
        return None
    verdict = _by_source(known, Verdict.ONLY_IN_BREX, Verdict.ONLY_AT_SOURCE)
    return verdict, f"{known.source.name} has it as {known.wording.taken}; {known.in_ledger}"


def _about_posted(known: Known) -> _Disagreement | None:
    """Of a record that this export has posted: the first of these checks that finds something."""
    checks = (_extra, _missing, _half, _changed, _unreported)
    return next((found for check in checks if (found := check(known)) is not None), None)


def _extra(known: Known) -> _Disagreement | None:
    there = known.there
    if there is None:
        return None
    if known.record is None:
        return Verdict.ONLY_IN_RILLET, f"{known.source.name} has no such {known.wording.thing}; {known.posted}"
    all_of_them = (there, *(each for each in known.others if each.ref != there.ref))
    return _several(known, all_of_them) if len(all_of_them) > 1 else None


def _several(known: Known, found: tuple[Found, ...]) -> _Disagreement:
    where = " and ".join(str(each.ref) for each in found)
    return Verdict.POSTED_SEVERAL_TIMES, f"{known.ledger.name} has it {len(found)} times, as {where}"


def _missing(known: Known) -> _Disagreement | None:
    if known.there is None:
        is_wanted = known.record is None or not _comes_to_nothing(known, known.record)
        left = [str(each.ref) for each in known.state.corrections if known.get(each.ref) is not None]
        text = f"{known.posted}; {known.ledger.name} no longer has it"
        if left:
            text += f", and still has its correction {' and '.join(left)}"
        return (Verdict.DELETED_IN_RILLET, text) if is_wanted or left else None
    gone = next((each.ref for each in known.state.corrections if known.get(each.ref) is None), None)
    if gone is None:
        return None
    return Verdict.DELETED_IN_RILLET, f"{known.posted}; {known.ledger.name} no longer has its correction {gone}"


def _comes_to_nothing(known: Known, record: Record) -> bool:
    """Whether the source wants nothing in the ledger for a record, as where it moves no money, or is void."""
    if not moves_money(record):
        return True
    decision = None if known.mapped is None else known.mapped(record, known.state.day)
    return isinstance(decision, Skip) and decision.code is SkipCode.NO_MONEY


def _half(known: Known) -> _Disagreement | None:
    if not known.state.is_begun:
        return None
    text = f"{known.posted}, which is the first of its two parts; {known.ledger.name} does not have the second one"
    return Verdict.HALF_POSTED, text


def _changed(known: Known) -> _Disagreement | None:
    there, record = known.there, known.record
    if there is None or record is None:
        return None
    edited = "; ".join(_edits(known, there))
    changed = _change(known, record, there)
    if changed is None:
        return None
    if edited and changed:
        return Verdict.CHANGED_ON_BOTH_SIDES, f"{known.posted}; {changed}; {edited}"
    if edited:
        return Verdict.CHANGED_IN_RILLET, f"{known.posted}; {edited}"
    verdict = _by_source(known, Verdict.CHANGED_IN_BREX, Verdict.CHANGED_AT_SOURCE)
    return (verdict, f"{known.posted}; {changed}") if changed else None


def _by_source(known: Known, of_brex: Verdict, of_others: Verdict) -> Verdict:
    return of_brex if known.wording.source == RECORDS.source else of_others


def _unreported(known: Known) -> _Disagreement | None:
    record = known.record
    if record is None or known.there is None or known.source.is_taken(record):
        return None
    return Verdict.NOT_REPORTED, f"{known.posted}; {known.source.name} has it as {record.review_status}"


def _edits(known: Known, there: Found) -> Iterator[str]:
    """How the objects differ from what was posted."""
    base = known.state.base
    if base is not None and not base.is_as_posted(there):
        yield f"in {known.ledger.name} {_what(there.form, base.forms[0] if base.forms else None)}"
    for each in known.state.corrections:
        entry = known.get(each.ref)
        if entry is not None and not each.is_as_posted(entry):
            yield f"its correction {each.ref} was changed"


def _change(known: Known, record: Record, there: Found) -> str | None:
    """How a record differs from what was posted for it, empty where it does not; None where the ledger has it so already."""
    state, name = known.state, known.source.name
    is_same = state.is_of(record, record_digest(record), is_counted=counts_versions(known.source))
    said = f"{name} has changed it since (version {record.version})"
    if is_same or known.mapped is None:
        return "" if is_same or state.content is None else said
    decision = known.mapped(record, state.day)
    if isinstance(decision, Post):
        form = decision.document.form()
        if not state.corrections and not state.is_member and form.equals(there.form):
            return None
        return "" if state.says(form) else f"in {name} {_what(form, state.form)}"
    is_left_to_settings = isinstance(decision, Skip) and decision.code is not SkipCode.NO_MONEY
    return "" if is_left_to_settings else said


def _what(now: Form, before: Form | None) -> str:
    """What a form says now, where it said something else before."""
    if before is None:
        return "it says something else"
    old, new = _by_account(before), _by_account(now)
    accounts = [each for each in sorted({*old, *new}) if old.get(each) != new.get(each)]
    lines = [f"{each} has {_shown(new.get(each))} instead of {_shown(old.get(each))}" for each in accounts]
    heads = [
        f"{key} is {now.head[key]} instead of {before.head[key]}" for key in now.differences(before) if key in now.head
    ]
    return (
        ", ".join([*lines, *heads]) or "its lines have other field values or taxes, or it is another kind of document"
    )


def _by_account(form: Form) -> dict[str, Decimal]:
    """By account and currency; amounts are compared as numbers, for 100 and 100.00 are one."""
    return {f"{account} {currency}": amount for (account, currency), amount in sums_of(form).items()}


def _shown(amount: Decimal | None) -> str:
    return "nothing" if amount is None else decimal_text(amount)
