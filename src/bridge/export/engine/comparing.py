"""The three forms of a record's document side by side, as facts for the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cached_property

import attrs

from brex_accounting import Amount, Record
from bridge.books import Books
from bridge.decisions import Decision, Post, Refuse, Skip, SkipCode
from bridge.documents.form import Form, FormLine, difference
from bridge.documents.protocol import Document, Found
from bridge.export.engine.facts import Actual, Comparison, Facts, Remedy, Standing, Wanted
from bridge.export.engine.holding import Hold
from bridge.export.engine.next_step import remedy
from bridge.export.engine.own_marks import fault_of_correction
from bridge.export.engine.standing import State, begun
from bridge.export.ledgers.own import ability_of
from bridge.export.ledgers.protocol import Ledger
from bridge.settings.choices import ClosedPeriod, OnChange, OnDelete
from bridge.settings.values import Settings
from bridge.wording import Wording
from clientkit.money import total


@attrs.frozen(kw_only=True, slots=False)
class Case:
    """Everything that is known of one record at one moment; `RecordTask` explains the first ones.

    `documents` are the objects that the ledger was seen to have for it, None where nobody has looked. `is_looked` tells
    that the objects that were posted were looked at by their ids; `corrections` are its correcting entries as they are
    now, and `is_incomplete` tells that one of them is gone. `unmarked` are entries that do not tell what they are for.
    `is_untold`: neither a journal nor a mark would tell of it. `is_counted`: its version grows with each change of it.
    """

    record: Record
    decision: Decision | None
    state: State
    content: str
    offered: bool
    settings: Settings
    books: Books
    ledger: Ledger
    words: Wording
    hold: Hold
    documents: tuple[Found, ...] | None = None
    alike: tuple[Found, ...] = ()
    unmarked: tuple[Found, ...] = ()
    is_looked: bool = False
    is_untold: bool = False
    corrections: tuple[Found, ...] = ()
    is_incomplete: bool = False
    is_counted: bool = True

    @cached_property
    def facts(self) -> Facts:
        """What the table decides from."""
        actual = self._actual()
        return Facts(
            standing=self.state.standing,
            offered=self.offered,
            actual=actual,
            wanted=self._wanted(),
            comparison=self._comparison(),
            remedy=self._remedy() if actual is Actual.ONE else Remedy.NONE,
            removable=self._is_removable(),
            held=isinstance(self.decision, Post) and self.hold(self.decision) is not None,
        )

    @cached_property
    def wording(self) -> Wording:
        """The words about this record, which advise nothing that is set already."""
        base, settings = self.state.base, self.settings
        deletes = base is not None and not self.state.corrections and ability_of(self.ledger, base.ref.kind).deletes
        return self.words.under(settings.on_change, settings.on_delete, is_deletable=deletes)

    @property
    def one(self) -> Found | None:
        """The one object that the ledger has for it."""
        return self.documents[0] if self.documents is not None and len(self.documents) == 1 else None

    @property
    def desired(self) -> Document | None:
        """What the source says now, where that is something to post."""
        return self.decision.document if isinstance(self.decision, Post) else None

    def correction(self, document: Document) -> Document | None:
        """The entry of the difference between what stands and what is desired; None where there can be none."""
        stands, impact = self.standing_form(document), document.impact_date
        if stands is None or impact is None:
            return None
        heads = {"lines", "day"} if not self.state.is_member else {"lines", "day", "kind"}
        if set(document.form().differences(stands)) - heads:
            return None
        first = self.books.first_open_day
        day = impact if first is None else max(impact, first)
        lines = difference(document.form(), stands)
        return document.correction(lines, day) if lines else None

    def fault_of_correction(self) -> str | None:
        """Why its correction cannot be posted, where the ledger is looked into for what has no answer."""
        document = self.desired
        correction = None if document is None else self.correction(document)
        if document is None or correction is None or not ability_of(self.ledger, correction.kind).is_found:
            return None
        return fault_of_correction(correction, document, self.record.id)

    def stands_for(self, correction: Document) -> Found | None:
        """An entry without a mark that says what a correcting entry would say; a person may have made it, or its name."""
        form = correction.form() if self.unmarked else None
        return next((each for each in self.unmarked if form is not None and each.form.equals(form)), None)

    @cached_property
    def lost_part(self) -> Found | None:
        """An entry without a mark that may be the second part of what was posted for an earlier version.

        Without a journal nobody knows what that said: it is taken for one that is in other books, and takes up an amount of
        the first part, or is in another currency on the same day.
        """
        first = self.one
        if first is None or not self.state.is_begun or self.state.content is not None:
            return None
        return next((each for each in self.unmarked if _may_go_with(first.form, each.form)), None)

    def standing_form(self, document: Document) -> Form | None:
        """What stands, in sum; without a journal it is read from the objects, as long as nobody has changed them."""
        if self.state.form is not None or self.one is None or not self.state.corrections:
            return self.state.form
        return document.corrected(self.one.form, [each.form for each in self.corrections])

    def _actual(self) -> Actual:
        found, base = self.documents, self.state.base
        is_seen = any(base is not None and each.ref == base.ref for each in found or ())
        is_seen = is_seen and len(self.corrections) == len(self.state.corrections)
        if base is not None and not self.is_looked and not is_seen:
            return Actual.UNSEEN
        if found is None or self._is_beyond_look_ups:
            return Actual.UNSEEN
        if len(found) > 1:
            return Actual.SEVERAL
        if found and not self.is_incomplete:
            return Actual.ONE
        # A part of it that still counts in the books is not nothing.
        is_left = self.state.standing is Standing.POSTED and bool(found or self.corrections)
        return Actual.ALIKE if self.alike or is_left else Actual.MISSING

    @property
    def _is_beyond_look_ups(self) -> bool:
        """Whether nothing can tell if it was posted: neither a journal nor a reference, and nothing to compare with."""
        return not self.offered and self.is_untold and self.desired is None and not self.documents

    def _wanted(self) -> Wanted:
        decision = self.decision
        if isinstance(decision, Refuse):
            return Wanted.REFUSED
        if isinstance(decision, Skip) and not self._is_left_to_settings(decision):
            return Wanted.NOTHING
        return Wanted.DOCUMENT

    def _is_left_to_settings(self, decision: Skip) -> bool:
        """Whether it is the settings that no longer want what stands, and not the source."""
        return self.state.standing is Standing.POSTED and decision.code is not SkipCode.NO_MONEY

    def _comparison(self) -> Comparison:
        found, desired = self.one, self.desired
        if self.state.standing is not Standing.POSTED:
            same = found is not None and desired is not None and found.form.equals(desired.form())
            return Comparison.SAME if same else Comparison.SOURCE
        edited = found is not None and self._is_edited(found)
        if not self._has_changed():
            if edited:
                return Comparison.LEDGER
            return Comparison.REWORDED if self._is_reworded() else Comparison.SAME
        is_alone = not self.state.is_member and not self.state.corrections
        if is_alone and found is not None and desired is not None and found.form.equals(desired.form()):
            return Comparison.ALIKE
        return Comparison.BOTH if edited else Comparison.SOURCE

    def _is_edited(self, found: Found) -> bool:
        pairs = zip(self.state.objects, (found, *self.corrections), strict=False)
        return not all(posted.is_as_posted(there) for posted, there in pairs)

    def _has_changed(self) -> bool:
        """Whether the source says something else than what stands; a changed setting is no change of the source."""
        decision, state = self.decision, self.state
        if decision is None or (isinstance(decision, Skip) and self._is_left_to_settings(decision)):
            return False
        if not self._is_reworded():
            return False
        return not isinstance(decision, Post) or not state.says(decision.document.form())

    def _is_reworded(self) -> bool:
        """Whether the source has changed the record since the journal, or its mark, was told what it says."""
        is_begun = self.state.content is None and self.state.is_begun
        return is_begun or not self.state.is_of(self.record, self.content, is_counted=self.is_counted)

    def _remedy(self) -> Remedy:
        desired, found = self.desired, self.one
        if desired is None or found is None:
            return Remedy.NONE
        ability, state = ability_of(self.ledger, found.ref.kind), self.state
        correction = self.correction(desired)
        is_missing = correction is not None and self.stands_for(correction) is None
        if self._is_half_of_it and correction is not None:
            # Its first part is there, and the rest is what is missing, or has lost its name.
            return Remedy.CORRECT if is_missing else Remedy.NONE
        if self.lost_part is not None:
            return Remedy.NONE
        same_kind = desired.form().kind == found.form.kind
        same_place = desired.form().head.get("subsidiary") == found.form.head.get(
            "subsidiary", desired.form().head.get("subsidiary")
        )
        return remedy(
            on_change=self.settings.on_change,
            is_member=state.is_member,
            is_corrected=bool(state.corrections),
            is_correctable=self.settings.on_change is not OnChange.REFUSE and is_missing,
            is_free=self._is_free_to_change(desired),
            is_shut=self.settings.closed_period is ClosedPeriod.FIRST_OPEN_DAY and not self._is_open(desired),
            replaces=ability.replaces and same_kind and same_place,
            deletes=ability.deletes,
        )

    @property
    def _is_half_of_it(self) -> bool:
        """Whether what is there is the first part of what the source says now."""
        state = self.state
        if state.content is not None:
            return state.content == begun(self.content)
        return state.is_begun and state.version == self.record.version

    def _is_removable(self) -> bool:
        """Whether its document may be deleted; an entry that others share, never."""
        is_wanted = self.settings.on_delete is OnDelete.DELETE and not self.state.is_member
        found = self.one
        if not is_wanted or found is None or not self._is_free_to_change(None):
            return False
        return ability_of(self.ledger, found.ref.kind).deletes

    def _is_free_to_change(self, desired: Document | None) -> bool:
        found = self.one
        return found is not None and found.is_free and self._is_open(desired) and not self.state.corrections

    def _is_open(self, desired: Document | None) -> bool:
        """Whether neither what is there nor what is desired counts in a closed period."""
        documents = (self.one, desired)
        days = (each.impact_date for each in documents if each is not None)
        return not any(day is not None and self.books.is_closed(day) for day in days)


def _may_go_with(first: Form, other: Form) -> bool:
    if first.head.get("subsidiary") == other.head.get("subsidiary"):
        return False
    amounts = {(each.currency, each.amount.copy_negate()) for each in first.lines}
    is_taken_up = any((each.currency, each.amount) in amounts for each in other.lines)
    currencies = {each.currency for each in first.lines}
    is_abroad = any(each.currency not in currencies for each in other.lines)
    return is_taken_up or (is_abroad and first.head.get("day") == other.head.get("day"))


def documents_of(found: Sequence[Found] | None) -> tuple[Found, ...]:
    """Those that are no corrections."""
    return tuple(each for each in found or () if not each.is_correction)


def amounts_of(document: Document | None, before: Form | None) -> tuple[Amount, ...]:
    """What a document spends, less what stood in the ledger before it; `before` is None where that is no spending."""
    return _less(document.spent() if document is not None else (), before)


def change_of(now: Form | None, before: Form | None) -> tuple[Amount, ...]:
    """What a form spends more than another one, where their lines are spending."""
    return _less(now.lines if now is not None else (), before)


def _less(parts: Iterable[Amount | FormLine], before: Form | None) -> tuple[Amount, ...]:
    sums = dict[str, list[Decimal]]()
    for each in parts:
        sums.setdefault(each.currency, []).append(each.amount)
    for line in before.lines if before is not None else ():
        sums.setdefault(line.currency, []).append(line.amount.copy_negate())
    return tuple(Amount(amount=total(parts), currency=currency) for currency, parts in sums.items())


def added(amounts: Iterable[Amount]) -> tuple[Amount, ...]:
    """Amounts summed by currency."""
    return _less(amounts, None)
