"""A world in which a history happens: both services, a journal that dies with its process, and what people did."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from typing_extensions import override

import brex_accounting
import rillet
from brex_accounting import Record, RecordType
from bridge import Bridge, Intercompany, Movements, Post, digest_of
from bridge.export import Export, KeptBooks, SqlJournal
from clientkit import Answer, Outgoing, Pacer
from clientkit.testing import Action, Asked, Fault
from rillet import Bill, Charge, Reimbursement
from rillet.testing import subsidiary
from support.clocks import ManualClock
from support.companies.changing import US, Company, settings_of
from support.companies.two import GERMANY
from support.histories.choices import SETTLING
from support.histories.oracle import Sums, added, theirs

#: Records of this type are members of summaries, where a world has any.
SUMMARISED = RecordType.CARD_PAYMENT
#: All members of summaries are looked at together.
SUMMARIES = "summaries"
_IDS = re.compile(r"\b(?:charge|refund|owed|bill|paid|entry|fee|out|credit|pair|joint)\d\b")
#: One company pays for another one, which has a subsidiary of its own.
_TWO: Mapping[str, Any] = {
    "entities": (attrs.evolve(US, movements=Movements()), GERMANY),
    "intercompany": (Intercompany(payer="US", debtor="Germany", due_from="12000", due_to="12500"),),
    "ledger": {"subsidiaries": [subsidiary("Example Inc."), subsidiary("Example GmbH")]},
}


@dataclass(frozen=True)
class Setup:
    """How a world begins."""

    journal: bool
    summarise: bool
    #: Whether the exports of a world keep the books between them, however old they get.
    keeps: bool = False
    #: Whether there are records with lines of two entities.
    shares: bool = False
    settings: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


class Life:
    """Whether the exporting process lives; it dies before or after its n-th request, or its n-th that writes to Rillet.

    Something may happen `beside` it before one of its requests that write.
    """

    def __init__(self) -> None:
        self.revive()

    def revive(
        self,
        dies_at: int | None = None,
        *,
        after: bool = False,
        writes_alone: bool = False,
        beside: Callable[[], object] | None = None,
    ) -> None:
        self._dies_at, self._after, self._sent, self.is_dead = dies_at, after, 0, False
        self._writes_alone, self._beside = writes_alone, beside

    def check(self) -> None:
        """Let nothing be done by the dead."""
        if self.is_dead:
            raise KeyboardInterrupt

    def carry(self, send: Callable[[Outgoing], Answer], outgoing: Outgoing, *, is_write: bool) -> Answer:
        self.check()
        if is_write and self._beside is not None:
            beside, self._beside = self._beside, None
            beside()
        counts = is_write or not self._writes_alone
        self._sent += counts
        dies = counts and self._sent == self._dies_at
        if dies and not self._after:
            self.is_dead = True
            raise KeyboardInterrupt
        answer = send(outgoing)
        if dies:
            self.is_dead = True
            raise KeyboardInterrupt
        return answer


class Mortal:
    """A transport of a process that can die."""

    def __init__(self, inner: Callable[[Outgoing], Answer], life: Life, *, writes: bool) -> None:
        self._inner, self._life, self._writes = inner, life, writes

    def send(self, outgoing: Outgoing) -> Answer:
        return self._life.carry(self._inner, outgoing, is_write=self._writes and outgoing.method != "GET")

    def close(self) -> None:
        pass


class MortalJournal(SqlJournal):
    """A journal that a dead process neither reads nor writes; it does not wait for the disk."""

    def __init__(self, place: str, *, now: ManualClock, life: Life) -> None:
        self._life, self.place = life, place
        super().__init__(place, now=now, who="history")
        with self._writing() as connection:
            connection.exec_driver_sql("PRAGMA synchronous = OFF")

    @contextmanager
    @override
    def _writing(self) -> Generator[sa.Connection]:
        self._life.check()
        with super()._writing() as connection:
            yield connection


class Journals:
    """Blank journals in a folder, copied from one that is made once."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, count()
        self._blank = folder / "blank.db"
        SqlJournal(str(self._blank)).close()

    @contextmanager
    def one(self, clock: ManualClock, life: Life) -> Generator[MortalJournal]:
        place = self._folder / f"{next(self._numbers)}.db"
        shutil.copyfile(self._blank, place)
        journal = MortalJournal(str(place), now=clock, life=life)
        try:
            yield journal
        finally:
            life.revive()
            journal.close()
            place.unlink()


class World:
    """The services, who made which object, and what people did in Rillet."""

    def __init__(self, setup: Setup) -> None:
        summarise = (str(SUMMARISED),) if setup.summarise else ()
        self.setup, self.life = setup, Life()
        more: Mapping[str, Any] = {**(_TWO if setup.shares else {}), **setup.settings}
        self.company = Company(summarise=summarise, **more)
        self.brex, self.rillet, self.clock = self.company.brex, self.company.rillet, self.company.clock
        #: The record of each object, or that it is a summary's, since it was first seen.
        self.owners = dict[str, str]()
        #: What an object was when a person wrote it last.
        self.by_hand = dict[str, Sums]()
        #: What an object was after the last run, where no person has written it.
        self.posted = dict[str, Sums]()
        #: Whose objects a person deleted, all of them.
        self.emptied = set[str]()
        #: Whose objects a person ever deleted, and whose a person ever wrote.
        self.deleted, self.written = set[str](), set[str]()
        #: Whose journal entries a person renamed.
        self.renamed = set[str]()
        #: The objects of which a person made a copy that names the same record, with it.
        self.copies = dict[str, tuple[str, str]]()
        #: Records that wait for an approval, and those that a person has booked by hand.
        self.held, self.dismissed = set[str](), set[str]()
        #: Whether so much time passed at once that Rillet forgot a key.
        self.has_waited = False
        #: What the members of summaries count as in the books.
        self.members = dict[str, Sums]()
        #: Records that somebody edited in Brex since a run was completed.
        self.edited = set[str]()
        #: Every record that there ever was, as it was last.
        self.known = dict[str, Record]()
        self.story = list[str]()
        self._kept = KeptBooks(clock=lambda: 0.0) if setup.keeps else None
        self._to_brex = brex_accounting.Client(
            self.brex.token,
            transport=Mortal(self.brex.transport().send, self.life, writes=False),
            pacer=Pacer(1_000_000),
            sleep=lambda _: None,
        )
        self._to_rillet = rillet.Client(
            self.rillet.api_key,
            transport=Mortal(self.rillet.transport().send, self.life, writes=True),
            pacer=Pacer(1_000_000),
            sleep=lambda _: None,
        )

    def say(self, line: str) -> None:
        self.story.append(f"{self.clock():%b %d %H:%M} {line}")

    def set(self, **settings: Any) -> None:
        self.company.set(**settings)

    def export(self) -> Export:
        company = self.company
        return Export(
            self._to_brex,
            self._to_rillet,
            Bridge(company.settings),
            journal=company.journal,
            in_flight=1,
            hold=self._hold,
            kept=self._kept,
        )

    @contextmanager
    def other_export(self) -> Generator[Export]:
        """Another exporter, which has the same journal and does not die."""
        company = self.company
        assert isinstance(company.journal, MortalJournal)
        with SqlJournal(company.journal.place, now=self.clock, who="another") as journal:
            bridge = Bridge(company.settings)
            yield Export(company.to_brex, company.to_rillet, bridge, journal=journal, in_flight=1, hold=self._hold)

    def _hold(self, post: Post) -> str | None:
        return "the controller has to approve it" if post.record.id in self.held else None

    def break_down(self, action: Action, nth: int, times: int) -> None:
        """From the n-th request on, of both services, something goes wrong."""
        arrived = count(1)

        def matches(_: Asked) -> bool:
            return next(arrived) >= nth

        fault = Fault(action, matches=matches, times=times)
        self.brex.faults.append(fault)
        self.rillet.faults.append(fault)

    def mend(self) -> None:
        self.brex.faults.clear()
        self.rillet.faults.clear()

    # Who made what.

    def group_of(self, record_id: str) -> str:
        """What a record is looked at with: itself, or all members of summaries."""
        record = self.known.get(record_id)
        summarised = self.setup.summarise and record is not None and record.type == SUMMARISED
        return SUMMARIES if summarised else record_id

    def groups(self) -> dict[str, list[str]]:
        """The records by what they are looked at with."""
        found = dict[str, list[str]]()
        for record_id in self.known:
            found.setdefault(self.group_of(record_id), []).append(record_id)
        return found

    def objects(self) -> dict[str, list[str]]:
        """The ids of the objects that Rillet has now, by what their records are looked at with."""
        found = dict[str, list[str]]()
        for object_id, owner in self._owned():
            self.owners.setdefault(object_id, owner)
            found.setdefault(self.owners[object_id], []).append(object_id)
        return found

    def _owned(self) -> Iterator[tuple[str, str]]:
        documents: tuple[Charge | Reimbursement | Bill, ...] = (
            *self.rillet.charges,
            *self.rillet.reimbursements,
            *self.rillet.bills,
        )
        for document in documents:
            named = [each.id for each in document.external_references if each.id in self.known]
            if not document.external_references and (memo := _IDS.fullmatch(document.items[0].description or "")):
                # Without references each record has a memo, which nothing but this reads.
                named = [memo[0]]
            yield from ((document.id, each) for each in named)
        for credit in self.rillet.vendor_credits:
            # They have no references: the memo begins with the record's id.
            yield from ((credit.id, each) for each in _IDS.findall(credit.memo or "") if each in self.known)
        yield from self._owned_entries()
        for payment in (*self.rillet._bills.payments, *self.rillet._payables.payments):
            # The cents of a payment tell its record, since nothing else does.
            kind, number = divmod(int(payment.amount.amount * 100) % 100, 10)
            name = f"{SETTLING[kind]}{number}" if kind < len(SETTLING) else ""
            if name in self.known:
                yield payment.id, name

    def _owned_entries(self) -> Iterator[tuple[str, str]]:
        for entry in self.rillet.journal_entries:
            named = _IDS.search(entry.name)
            if digest_of(entry.name) is not None:
                yield entry.id, SUMMARIES
            elif named is not None:
                yield entry.id, self.group_of(named[0])
            elif entry.id in self.owners:
                # A person renamed it.
                yield entry.id, self.owners[entry.id]

    def content(self, object_id: str) -> Sums:
        """What an object says in the general ledger."""
        home = self.rillet.subsidiaries[0].id
        return added(
            {each.account_code if each.subsidiary_id == home else theirs(each.account_code): each.debit}
            for each in self.rillet.ledger.of(object_id)
        )

    def books(self) -> dict[str, Sums]:
        """What the general ledger says, by what records are looked at with."""
        return {owner: added(map(self.content, ids)) for owner, ids in self.objects().items()}

    def attached(self, object_id: str, content: bytes) -> int:
        """How often a file is attached to an object."""
        return sum(each.document_id == object_id and each.content == content for each in self.rillet.attachments)

    def ledger(self) -> list[object]:
        """Everything that Rillet has, to be compared; what it refuses leaves nothing."""
        there = self.rillet
        documents = (there.charges, there.reimbursements, there.bills, there.vendor_credits, there.journal_entries)
        return [there.ledger.postings, *documents, there.vendors]


@contextmanager
def world(setup: Setup, journals: Journals) -> Generator[World]:
    """A world for as long as the context lasts."""
    made = World(setup)
    if not setup.journal:
        yield made
        return
    with journals.one(made.clock, made.life) as journal:
        made.company.journal = journal
        yield made


def settings_can(**texts: str) -> bool:
    """Whether this release knows these settings."""
    try:
        settings_of(**texts)
    except KeyError:
        return False
    return True
