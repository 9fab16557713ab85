"""Says after each run what is wrong: the books, what Brex was told, what `verify` and the run said, what people did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product

import attrs

from bridge import ClosedPeriod
from bridge.export import ExportOutcome
from support.companies.changing import EXPORTED, READY
from support.histories.choices import SETTLING
from support.histories.oracle import Sums, added, expected, half, less, text
from support.histories.world import SUMMARIES, World

_EDITS = frozenset({"changed_in_brex", "changed_in_rillet", "changed_on_both_sides"})
_CHANGES = _EDITS | {"deleted_in_rillet"}
#: Refusals that say that the books and Brex differ.
_DIFFERENCES = frozenset({"changed_after_export", "changed_on_both_sides", "deleted_in_ledger", "differs_in_ledger"})


@attrs.frozen(kw_only=True)
class _Head:
    """What a record says besides its sums."""

    day: datetime
    vendor: str | None
    source_id: str | None


@attrs.define
class _Known:
    """What was true of a record when the books last said what Brex said."""

    sums: Sums
    head: object


class Judge:
    """Looks at a world before and after each run.

    Its laws: a run takes a record to what Brex says or leaves it as it is. Brex is told only what is so. What a person
    wrote stays, and what a person deleted is not posted again. Where books and Brex differ, the run says so of every
    record that Brex offers or that changed, and `verify` of every record.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._agreed = dict[str, _Known]()
        self._replayed: str | None = None
        #: What Brex ever said of each record.
        self._ever_said = dict[str, list[Sums]]()
        self._ever = set[str]()
        self._there = frozenset[str]()
        self._named_by_run = dict[str, str]()
        self._codes = dict[str, frozenset[str]]()
        #: What the last run without troubles refused.
        self._was_refused = frozenset[str]()
        #: Whether an earlier run may have begun what it did not end.
        self._is_pending = False

    def before(self, *, replayed: str | None = None) -> None:
        world = self._world
        self._replayed = replayed
        self._books, self._said = world.books(), {each: self._expected(each) for each in world.known}
        self._ready = {each.id for each in world.brex.records.values() if each.review_status == READY}
        for name, sums in self._said.items():
            # A run that is cut off may leave the half of what an earlier one began.
            part = half(world.brex.records.get(name))
            self._ever_said.setdefault(name, []).extend([sums, part] if part else [sums])
        self._by_hand = dict(world.by_hand)
        self._objects = {each: world.content(each) for ids in world.objects().values() for each in ids}
        for group, names in world.groups().items():
            if group != SUMMARIES and self._books.get(group, {}) == self._said[names[0]]:
                self._agree(names[0])
                self._forget_hands(group)

    def after(
        self, outcome: ExportOutcome | None, *, is_clean: bool, verdicts: Mapping[str, Sequence[str]] | None
    ) -> list[str]:
        """What is wrong now."""
        world = self._world
        now = world.books()
        self._ever.update(now)
        said = self._named_by_run = self._said_by(outcome)
        refused = (*outcome.held, *outcome.refused) if outcome is not None else ()
        self._codes = {each.record.id: frozenset(reason.code.value for reason in each.reasons) for each in refused}
        self._there = frozenset(world.objects())
        found = [
            *_totals(outcome),
            *self._hands(),
            *self._stays(),
            *self._vendors(),
            *self._failures(outcome if is_clean else None),
        ]
        if self._replayed is not None and not now.get(self._replayed):
            # A replay forgets what was posted, whatever comes of it.
            world.emptied.discard(self._replayed)
            self._ever.discard(self._replayed)
        for group, names in world.groups().items():
            found += self._of_group(group, names, now.get(group, {}), said, verdicts, is_clean=is_clean)
        if is_clean:
            found += [problem for name in sorted(world.brex.records) for problem in self._receipts(name)]
            self._was_refused = frozenset(name for name, what in said.items() if what == "refused")
        self._is_pending = not is_clean and self._replayed is None
        self._remember(outcome, now)
        return found

    def _of_group(
        self,
        group: str,
        names: Sequence[str],
        after: Sums,
        said: Mapping[str, str],
        verdicts: Mapping[str, Sequence[str]] | None,
        *,
        is_clean: bool,
    ) -> Iterator[str]:
        world = self._world
        if group in world.dismissed:
            if after != self._books.get(group, {}):
                yield f"{group} is dismissed, and the run makes {text(self._books.get(group, {}))} to {text(after)}"
            if is_clean and group in self._ready and world.brex.records[group].review_status == READY:
                yield f"{group} is dismissed, and Brex is not told"
            return
        if not world.setup.journal and (group.startswith(SETTLING) or group in world.renamed):
            # What has no mark is known to a journal alone: without one it counts as never posted.
            yield from self._without_mark(group, after, said, is_clean=is_clean)
            return
        if group == SUMMARIES:
            yield from self._of_members(names, after)
            # Nobody can tell whose part of the summaries a person changed.
            is_whole = added(world.members.get(each, {}) for each in names) == after
            differs = {each for each in names if is_whole and world.members.get(each, {}) != self._said[each]}
        else:
            yield from self._of_one(names[0], after, is_clean=is_clean)
            differs = set(names) if after != self._said[names[0]] else set[str]()
        for name in (each for each in names if each in world.brex.records):
            yield from self._told(name, after, name in differs)
            yield from self._reasons(name, after, name in differs, is_clean=is_clean)
            if is_clean:
                yield from self._copies(name, verdicts)
            if is_clean and name in differs:
                yield from self._named(name, after, said, verdicts)
            elif is_clean and verdicts is not None:
                yield from self._false_alarm(name, after, verdicts)

    def _remember(self, outcome: ExportOutcome | None, now: Mapping[str, Sums]) -> None:
        world = self._world
        posted = {each.record.id for each in outcome.posted} if outcome is not None else set[str]()
        # Whoever ran it was told, also where it was cut off later.
        world.edited -= self._said_by(outcome).keys() | posted
        for group, names in world.groups().items():
            for name in names:
                sums = now.get(group, {}) if group != SUMMARIES else world.members.get(name, {})
                if sums == self._said[name]:
                    is_changed = group != SUMMARIES and sums != self._books.get(group, {})
                    # What an earlier run began may say the same sums under another head, which the run then refuses.
                    is_earlier = self._named_by_run.get(name) == "refused"
                    self._agree(name, is_posted=is_changed or name in posted, is_earlier=is_earlier)
        world.posted.update(
            {each: world.content(each) for ids in world.objects().values() for each in ids if each not in world.by_hand}
        )

    def _expected(self, name: str) -> Sums:
        return expected(self._world.brex.records.get(name))

    def _agree(self, name: str, *, is_posted: bool = False, is_earlier: bool = False) -> None:
        """Sums agree; the head does where it was posted or adopted just now, and not as an earlier run had it."""
        known = self._agreed.get(name)
        head = self._head(name) if known is None or is_posted else known.head
        if is_earlier and (known is None or is_posted):
            head = object()
        self._agreed[name] = _Known(sums=self._said[name], head=head)

    def _has_same_head(self, name: str) -> bool:
        """Whether the record says what it said when the books agreed, but for its sums.

        One that moves into a closed period stays on its day.
        """
        agreed, head = self._agreed.get(name), self._head(name)
        if agreed is None or agreed.head == head:
            return agreed is not None
        if not isinstance(agreed.head, _Head) or not isinstance(head, _Head):
            return False
        moves = self._world.company.settings.closed_period is ClosedPeriod.FIRST_OPEN_DAY
        stays = self._is_closed(head.day) and (moves or self._is_closed(agreed.head.day))
        return stays and attrs.evolve(agreed.head, day=head.day) == head

    def _is_closed(self, day: datetime) -> bool:
        closed = self._world.rillet._books.last_closed
        return closed is not None and day.date() <= closed.end

    def _head(self, name: str) -> object:
        record = self._world.brex.records.get(name)
        if record is None:
            return None
        vendor = None if record.vendor is None else record.vendor.name
        return _Head(day=record.erp_posting_date, vendor=vendor, source_id=record.source_id)

    def _forget_hands(self, group: str) -> None:
        """Where the books say what Brex says, it does not matter whose they are."""
        for object_id in self._world.objects().get(group, ()):
            self._world.by_hand.pop(object_id, None)
            self._by_hand.pop(object_id, None)

    def _hands(self) -> Iterator[str]:
        world = self._world
        there = {each for ids in world.objects().values() for each in ids}
        for object_id, content in self._by_hand.items():
            owner = world.owners[object_id]
            if object_id not in there:
                yield f"what a person made of {owner} is deleted: {text(content)}"
            elif world.content(object_id) != content:
                yield f"what a person made of {owner} is overwritten: {text(content)} by {text(world.content(object_id))}"

    def _of_one(self, name: str, after: Sums, *, is_clean: bool) -> Iterator[str]:
        before, wanted = self._books.get(name, {}), self._said[name]
        if name not in self._world.brex.records:
            if after != before:
                yield f"{name} is gone from Brex, and the run changed its books from {text(before)} to {text(after)}"
            return
        allowed = [before, wanted]
        if not is_clean:
            # A run that is cut off may leave a half, which `_named` wants to hear of.
            allowed.append(half(self._world.brex.records[name]))
        if not is_clean or self._named_by_run.get(name) == "refused":
            # What an earlier run began is sent as it was, before it is made what Brex says now.
            allowed += [added(()), *self._ever_said.get(name, ())]
        if after not in allowed:
            yield f"{name}: the run makes {text(before)} to {text(after)}; Brex says {text(wanted)}"
        if name in self._world.held and is_clean and not self._is_pending and after != before:
            yield f"{name} waits for an approval, and the run makes {text(before)} to {text(after)}"
        is_known = self._world.setup.journal or name not in self._ready
        if name in self._world.emptied and after and name != self._replayed and is_known:
            yield f"{name}: a person deleted it, and the run posts {text(after)}"
        if after:
            self._world.emptied.discard(name)

    def _of_members(self, names: Sequence[str], after: Sums) -> Iterator[str]:
        world = self._world
        counted = {each: world.members.get(each, {}) for each in names}
        # What people made of the summaries stays.
        rest = less(self._books.get(SUMMARIES, {}), added(counted.values()))
        choices = [
            # What an earlier run began is sent as it was.
            (
                self._said[each],
                counted[each],
                *(self._ever_said[each] if self._named_by_run.get(each) == "refused" else ()),
            )
            for each in names
        ]
        if SUMMARIES not in self._there:
            # A person deleted them all, or there are none.
            world.members.clear()
            return
        for chosen in product(*choices):
            if added([rest, *chosen]) == after:
                world.members.update(zip(names, chosen, strict=True))
                return
        yield f"the summaries say {text(after)}; they said {text(self._books.get(SUMMARIES, {}))}"

    def _told(self, name: str, after: Sums, differs: bool) -> Iterator[str]:
        told = name in self._ready and self._world.brex.records[name].review_status == EXPORTED
        if not told or not differs:
            return
        agreed = self._agreed.get(name)
        stays = agreed is not None and agreed.sums == self._said[name] and self._world.group_of(name) in self._there
        if not stays:
            yield f"{name}: Brex is told that it is exported; Rillet has {text(after)}, Brex {text(self._said[name])}"

    def _said_by(self, outcome: ExportOutcome | None) -> dict[str, str]:
        if outcome is None:
            return {}
        return {
            **{each.record.id: "nothing" for each in outcome.nothing},
            **{each.record.id: "failed" for each in outcome.failed},
            **{each.record.id: "refused" for each in (*outcome.held, *outcome.refused)},
        }

    def _named(
        self, name: str, after: Sums, said: Mapping[str, str], verdicts: Mapping[str, Sequence[str]] | None
    ) -> Iterator[str]:
        """Books and Brex differ; who says so?"""
        world = self._world
        agreed = self._agreed.get(name)
        changed = agreed is None or agreed.sums != self._said[name] or not self._has_same_head(name)
        differ = f"Rillet has {text(after)}, Brex {text(self._said[name])}"
        is_kept = not changed and world.group_of(name) in self._there
        is_remembered = name in self._was_refused and world.setup.journal
        is_to_say = name in self._ready or (changed and (name in world.edited or is_remembered))
        if is_to_say and not is_kept and name not in said:
            yield f"{name}: {differ}, and the run does not say so"
        if said.get(name) == "nothing" and not is_kept and world.company.settings.reimbursement_basis == "accrual":
            yield f"{name}: {differ}, and the run says that there is nothing to do"
        if verdicts is None or world.group_of(name) not in self._ever or name not in world.brex.results:
            # Of what Brex was never told, the export may not know that it was there.
            return
        told = verdicts.get(name, ())
        if not told:
            yield f"{name}: {differ}, and verify does not say so"
        if after == {} and name in world.emptied and "deleted_in_rillet" not in told:
            yield f"{name}: it is deleted in Rillet, and verify calls it {told}"
        if len(_EDITS & set(told)) > 1:
            yield f"{name}: verify has several verdicts: {told}"

    def _without_mark(self, name: str, after: Sums, said: Mapping[str, str], *, is_clean: bool) -> Iterator[str]:
        """Of what only a journal would know, where there is none."""
        before, wanted = self._books.get(name, {}), self._said[name]
        is_same = before == wanted and self._has_same_head(name)
        if name in self._world.renamed and is_same and after != before:
            yield f"{name}: an entry that says the same is there, and the run makes {text(before)} to {text(after)}"
        is_unsaid = is_clean and name in self._world.edited and name not in said
        if name.startswith(SETTLING) and not wanted and after and is_unsaid and name in self._world.brex.records:
            yield f"{name}: Rillet has {text(after)}, Brex nothing, and the run does not say so"

    def _reasons(self, name: str, after: Sums, differs: bool, *, is_clean: bool) -> Iterator[str]:
        """Whether the run's reasons for a refusal are so."""
        world, codes = self._world, self._codes.get(name, frozenset[str]())
        group = world.group_of(name)
        if name in self._codes and not codes:
            yield f"{name} is refused without a reason"
        if "deleted_in_ledger" in codes and group not in world.deleted:
            yield f"{name}: nobody deleted it, and the run says deleted_in_ledger"
        if codes & {"changed_on_both_sides", "differs_in_ledger"} and group not in world.written:
            yield f"{name}: nobody wrote it in Rillet, and the run says {sorted(codes)}"
        is_same_head = self._has_same_head(name)
        if is_clean and codes & _DIFFERENCES and not differs and (is_same_head or not after) and group != SUMMARIES:
            yield f"{name}: both have {text(after)}, and the run says {sorted(codes)}"

    def _copies(self, name: str, verdicts: Mapping[str, Sequence[str]] | None) -> Iterator[str]:
        """Whether somebody says that a record is there twice."""
        world, told = self._world, (verdicts or {}).get(name, ())
        group = world.group_of(name)
        copies = set(world.copies.get(group, ()))
        is_named = "posted_several_times" in self._codes.get(name, ()) or "posted_several_times" in told
        if copies and copies <= {*world.objects().get(group, ())} and name in self._ready and not is_named:
            yield f"{name}: Rillet has it twice, and nobody says so"

    def _stays(self) -> Iterator[str]:
        """Where the settings say that nothing is to be replaced, what is there stays as it is."""
        world = self._world
        settings = world.company.settings
        if settings.on_change == "replace":
            return
        there = {each for ids in world.objects().values() for each in ids}
        for object_id, content in self._objects.items():
            now = world.content(object_id)
            if now != content and not (settings.on_delete == "delete" and object_id not in there):
                yield f"on_change is {settings.on_change}, and the run makes {text(content)} to {text(now)}"

    def _vendors(self) -> Iterator[str]:
        names = [each.name for each in self._world.rillet.vendors]
        yield from (f"the vendor {each} is there twice" for each in sorted(set(names)) if names.count(each) > 1)

    def _receipts(self, name: str) -> Iterator[str]:
        """A record that Brex was told of just now has its receipts, each once."""
        world = self._world
        record = world.brex.records[name]
        told = name in self._ready and record.review_status == EXPORTED and name not in world.dismissed
        objects = [*world.objects().get(name, ())]
        for receipt in record.receipts if told and len(objects) == 1 else record.receipts[:0]:
            file = world.brex.receipt_files.by_receipt[receipt.id][0]
            attached = world.attached(objects[0], file.content)
            # Without a journal, or when its key is forgotten, nobody knows; a doubled picture harms nothing.
            is_twice = attached > 1 and world.setup.journal and not world.has_waited
            if not attached or is_twice:
                yield f"{receipt.id} is attached {attached} times to what is there of {name}"

    def _false_alarm(self, name: str, after: Sums, verdicts: Mapping[str, Sequence[str]]) -> Iterator[str]:
        # What a person did to a summary is told of each of its members, whose own sums nobody can tell then.
        is_alone = self._world.group_of(name) != SUMMARIES
        if is_alone and self._has_same_head(name) and _CHANGES & set(verdicts.get(name, ())):
            yield f"{name}: both have {text(after)}, and verify says {verdicts[name]}"

    def _failures(self, outcome: ExportOutcome | None) -> Iterator[str]:
        """What failed for now in a run without troubles."""
        has_references = self._world.company.settings.reference_type is not None
        for each in outcome.failed if outcome is not None else ():
            # Where nothing can be looked up, a person has to look.
            is_for_a_person = each.code == "unknown_attempt" and not has_references
            # Without a journal nobody knows on which day a payment was sent whose answer was lost. Where its period was
            # closed since, the key's answer is about another day, and is not believed.
            is_not_believed = each.code == "OtherObjectError" and not self._world.setup.journal
            if not is_for_a_person and not is_not_believed:
                yield f"{each.record.id}: it fails without any trouble: {each.why}"


def _totals(outcome: ExportOutcome | None) -> Iterator[str]:
    """A person can compare a run with Brex: each record that was read is in one total."""
    if outcome is None:
        return
    counts = attrs.asdict(outcome.counts)
    for name, each in outcome.totals.items():
        if counts[name] != each.records:
            yield f"{each.records} records are in the total of {name}, and {counts[name]} are counted"
    if outcome.not_reached and outcome.stopped is None:
        yield f"nothing became of {outcome.not_reached}, and the run went to its end"
