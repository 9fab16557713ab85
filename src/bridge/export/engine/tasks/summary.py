"""Many records as one journal entry: summaries are made of what a run has collected, and each is posted once.

The journal writes the members of a summary down with its intent. A record whose summary is in the ledger is never posted
again; what came of an open one is found out before anything else is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from brex_accounting import Record
from bridge.books import Books
from bridge.decisions import Post, Refuse
from bridge.documents.protocol import Document, Found, parts_of
from bridge.documents.record_digest import record_digest
from bridge.export.engine.attempts import Attempt, facts_of, is_summary, last_attempt, summary_subject
from bridge.export.engine.calls import Calls
from bridge.export.engine.claims import BusyError
from bridge.export.engine.facts import Seen, Settlement, rules_of
from bridge.export.engine.holding import Hold
from bridge.export.engine.next_step import settle
from bridge.export.engine.sender import Intent
from bridge.export.engine.tasks.protocol import Done, Stop, Task, TaskContext, result_of_error
from bridge.export.engine.tasks.record import RecordTask
from bridge.export.journal.no_journal import NoJournal
from bridge.export.journal.protocol import Journal, JournalError
from bridge.export.ledgers.own import ability_of
from bridge.export.reporting.report import Attached, Elsewhere, Failed, Posted, StopCode
from bridge.mappers.summaries import Member, Summary, summarise
from bridge.settings.values import Settings, SettingsError
from clientkit.errors import ApiError

#: The step of a record that is posted with others.
SUMMARISED = "summary"
#: So many records are collected before they are summarised, which bounds the memory that they take.
MOST_COLLECTED = 10_000


@attrs.frozen(kw_only=True)
class SummaryTask:
    """Posts one summary; `posts` are its members. `reports` says whether the source waits to be told of them."""

    summary: Summary
    posts: tuple[Post, ...]
    reports: bool = True

    @property
    def records(self) -> tuple[Record, ...]:
        """All of its members."""
        return tuple(each.record for each in self.posts)

    def carry_out(self, context: TaskContext) -> Calls[Done]:
        """Claim all members and post the entry, unless somebody else has one of them."""
        ids, journal = [each.record.id for each in self.posts], context.journal
        if context.sender.is_dry:
            return (yield from self._posted(context))
        try:
            claimed = journal.claim_all(ids)
            try:
                done = (yield from self._posted(context)) if len(claimed) == len(ids) else self._busy(journal)
            finally:
                journal.release_all(claimed)
        except JournalError as error:
            return self._failed("journal", str(error), stop=Stop(code=StopCode.JOURNAL, why=str(error)))
        return done

    def _posted(self, context: TaskContext) -> Calls[Done]:
        attempts = context.journal.attempts_of([each.record.id for each in self.posts])
        if not all(_is_free(attempts.get(each.record.id, ())) for each in self.posts):
            return self._busy(context.journal)
        document: Document = self.summary.document
        forms = {each.record.id: each for each in self.posts}
        members = tuple(_with_form(each, forms[each.record_id]) for each in self.summary.members)
        intent = Intent(
            subject=summary_subject(self.summary.digest),
            version=0,
            kind=document.kind,
            request=document.create(),
            form=document.form().as_json(),
            members=members,
        )
        try:
            attempt = yield from context.sender.send(intent)
        except ApiError as error:
            done = result_of_error(error, self.records)
            refused = next((each for each in done.results if isinstance(each, Refuse)), None)
            if refused is None:
                return done
            # Which of them the ledger does not take is not known, so none is told to the source.
            why = (
                f"{refused.reasons[0]} It is one of {len(self.posts)} in a summary; without `summarise` it shows which."
            )
            return attrs.evolve(self._failed("summary_rejected", why), trace_id=done.trace_id)
        return Done(
            results=tuple(
                Posted(
                    record=each.record,
                    kind=attempt.kind,
                    id=attempt.object_id or "",
                    document=each.document,
                    amounts=each.document.spent(),
                    step=SUMMARISED,
                    receipts=_receipts(each.record, attempt.kind, context),
                )
                for each in self.posts
            ),
            reports=self.reports,
            trace_id=attempt.trace_id,
        )

    def _busy(self, journal: Journal) -> Done:
        why = "another exporter has records of its summary in hand; the next run sees the rest"
        held = next((found for each in self.posts if (found := journal.held(each.record.id)) is not None), None)
        return Done(
            results=tuple(
                Elsewhere(
                    record=each,
                    why=why,
                    holder=None if held is None else held.who,
                    until=None if held is None else held.until,
                )
                for each in self.records
            )
        )

    def _failed(self, code: str, why: str, *, stop: Stop | None = None) -> Done:
        return Done(results=tuple(Failed(record=each, why=why, code=code) for each in self.records), stop=stop)


@attrs.frozen(kw_only=True)
class OpenSummaryTask:
    """Finds out what came of a summary whose attempt has no outcome: `found` is what the ledger was seen to have of it."""

    attempt: Attempt
    found: tuple[Found, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        """None: its members come to their turn when it is settled."""
        return ()

    def carry_out(self, context: TaskContext) -> Calls[Done]:
        """Send it again while its key lives; after that adopt it, or say that nothing is there."""
        subject = self.attempt.subject
        try:
            with context.claimed(subject):
                yield from self._settle(context.journal.attempts(subject)[-1], context)
        except BusyError:
            return Done(results=())
        except ApiError as error:
            return result_of_error(error, ())
        except JournalError as error:
            return Done(results=(), stop=Stop(code=StopCode.JOURNAL, why=str(error)))
        return Done(results=())

    def _settle(self, last: Attempt, context: TaskContext) -> Calls[None]:
        if not last.is_open:
            return
        rules = rules_of(ability_of(context.ledger, last.kind))
        facts = facts_of(last, context.journal.now(), Seen.YES if self.found else Seen.NO, rules)
        settlement = settle(facts)
        if settlement is Settlement.ADOPT:
            context.sender.settle_as_found(last, self.found[0])
        elif settlement is Settlement.SEND_AGAIN:
            yield from context.sender.send_again(last)
        elif settlement is Settlement.ABANDON_AND_SEND:
            context.sender.abandon(
                last, f"{context.ledger.name} no longer knows its key and has no entry with its mark"
            )


class SummaryCollector:
    """Collects the records that are to be summarised; everything else goes on as it came."""

    def __init__(self, settings: Settings, journal: Journal, books: Books, hold: Hold) -> None:
        self._types, self._journal, self._books, self._hold = frozenset(settings.summarise), journal, books, hold
        self._posts = list[Post]()
        self._untold = set[str]()

    def tasks(self, page: Sequence[RecordTask]) -> Iterator[Task]:
        """The tasks of a page without those that are collected, and summaries where enough have come together."""
        posts = {id(task): task.decision for task in page if _is_new(task) and isinstance(task.decision, Post)}
        # What is in the books of two subsidiaries is no part of one entry.
        posts = {
            key: post
            for key, post in posts.items()
            if post.record.type in self._types and len(parts_of(post.document)) == 1
        }
        attempts = self._journal.attempts_of([post.record.id for post in posts.values()])
        for task in page:
            post = posts.get(id(task))
            is_free = post is not None and _is_free(attempts.get(post.record.id, ()))
            if post is not None and is_free and self._hold(post) is None:
                self._posts.append(post)
                if not task.offered:
                    self._untold.add(post.record.id)
            else:
                yield task
        if len(self._posts) >= MOST_COLLECTED:
            yield from self.rest()

    def rest(self) -> Iterator[Task]:
        """Summaries of what was collected and is not summarised yet."""
        by_id = {post.record.id: post for post in self._posts}
        self._posts.clear()
        for summary in summarise(by_id.values(), self._books):
            members = tuple(by_id[each.record_id] for each in summary.members)
            # What is replayed is known to the source already; of what is not, the next run tells.
            reports = self._untold.isdisjoint(each.record.id for each in members)
            yield SummaryTask(summary=summary, posts=members, reports=reports)


def check_summaries(settings: Settings, journal: Journal, there: Mapping[str, Sequence[Found]]) -> None:
    """Refuse to summarise without the journal that knows all summaries in the ledger.

    Raises:
        SettingsError: There is no journal, or the ledger has a summary that it does not know.
        JournalError: The journal cannot be read.
    """
    if not settings.summarise:
        return
    if isinstance(journal, NoJournal):
        raise SettingsError(("summarise needs a journal, which tells what each summary is for; give --journal",))
    subjects = [each for each in there if is_summary(each)]
    known = journal.attempts_of(subjects)
    unknown = [str(found.ref) for each in subjects if each not in known for found in there[each]]
    if unknown:
        problem = (
            f"Rillet has summaries of records that the journal does not know ({', '.join(unknown)}): use the journal that "
            f"posted them. If it is lost, delete each entry whose records Brex still offers, and take 'Brex summary' "
            f"from the name of each whose records Brex has as exported"
        )
        raise SettingsError((problem,))


def _is_new(task: RecordTask) -> bool:
    """Whether nothing of its record is in the ledger, and its source waits for it or a person wants it."""
    return (task.offered or task.asked) and not task.found and not task.alike


def _receipts(record: Record, kind: str, context: TaskContext) -> Attached:
    """Those of a member, which the entry of many has no place for."""
    if context.receipts is None or context.sender.is_dry:
        return Attached()
    return context.receipts.unattachable(record, kind)


def _with_form(member: Member, post: Post) -> Member:
    return attrs.evolve(member, form=post.document.form().as_json(), content=record_digest(post.record))


def _is_free(attempts: Sequence[Attempt]) -> bool:
    """Whether nothing of a record is in the ledger, nor may be."""
    last = last_attempt(attempts)
    return last is None or last.was_undone
