"""Many records as one journal entry: summaries are made of what a run has gathered, and each is posted once.

The journal writes the members of a summary down with its intent. A record whose summary is in Rillet is never posted
again; what came of an open one is found out before anything else is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from brex_accounting import Record
from bridge.books import Books
from bridge.decisions import Post, Refused
from bridge.export.engine.attempts import (
    Attempt,
    AttemptState,
    Journal,
    JournalError,
    NoJournal,
    is_summary,
    summary_subject,
    telling,
)
from bridge.export.engine.tasks.record import Desk, Done, RecordTask, Stop, Task, unsent
from bridge.export.ledgers.rillet import Existing
from bridge.export.reporting.report import Failed, Posted
from bridge.mappers.summaries import Summary, summarise
from bridge.settings.values import Settings, SettingsError
from clientkit.errors import ApiError
from rillet import JournalEntryOperations

_KIND = "journal-entries"
#: So many records are gathered before they are summarised, which bounds the memory that they take.
MOST_GATHERED = 10_000


@attrs.frozen(kw_only=True)
class SummaryTask:
    """Posts one summary; `posts` are its members."""

    summary: Summary
    posts: tuple[Post, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """All of its members."""
        return tuple(each.record for each in self.posts)

    def carry_out(self, desk: Desk) -> Done:
        """Claim all members and post the entry, unless somebody else has one of them."""
        ids = [each.record.id for each in self.posts]
        try:
            claimed = desk.journal.claim_all(ids)
            try:
                done = self._posted(desk) if len(claimed) == len(ids) else self._busy()
            finally:
                desk.journal.release_all(claimed)
        except JournalError as error:
            return self._failed("journal", str(error), stop=Stop(code="journal", why=str(error)))
        return done

    def _posted(self, desk: Desk) -> Done:
        attempts = desk.journal.attempts_of([each.record.id for each in self.posts])
        if not all(_is_free(attempts.get(each.record.id, ())) for each in self.posts):
            return self._busy()
        request = JournalEntryOperations.create.build(self.summary.payload)
        subject = summary_subject(self.summary.digest)
        try:
            attempt = desk.poster.send_anew(subject, 0, _KIND, request, members=self.summary.members)
        except ApiError as error:
            done = unsent(error, self.records)
            refused = next((each for each in done.results if isinstance(each, Refused)), None)
            if refused is None:
                return done
            # Which of them Rillet does not take is not known, so none is told to Brex.
            why = (
                f"{refused.reasons[0]} It is one of {len(self.posts)} in a summary; without `summarise` it shows which."
            )
            return attrs.evolve(self._failed("summary_rejected", why), trace_id=done.trace_id)
        return Done(
            results=tuple(
                Posted(record=each.record, kind=_KIND, id=attempt.object_id or "", payload=each.payload)
                for each in self.posts
            ),
            trace_id=attempt.trace_id,
        )

    def _busy(self) -> Done:
        return self._failed("busy", "another exporter has records of its summary in hand; the next run sees the rest")

    def _failed(self, code: str, why: str, *, stop: Stop | None = None) -> Done:
        return Done(results=tuple(Failed(record=each, why=why, code=code) for each in self.records), stop=stop)


@attrs.frozen(kw_only=True)
class OpenSummaryTask:
    """Finds out what came of a summary whose attempt has no outcome: `existing` is what Rillet was seen to have of it."""

    attempt: Attempt
    existing: tuple[Existing, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        """None: its members come to their turn when it is settled."""
        return ()

    def carry_out(self, desk: Desk) -> Done:
        """Send it again while its key lives; after that adopt it, or say that nothing is there."""
        subject, journal = self.attempt.subject, desk.journal
        try:
            if journal.claim(subject):
                try:
                    self._settle(journal.attempts(subject)[-1], desk)
                finally:
                    journal.release(subject)
        except ApiError as error:
            return unsent(error, ())
        except JournalError as error:
            return Done(results=(), stop=Stop(code="journal", why=str(error)))
        return Done(results=())

    def _settle(self, last: Attempt, desk: Desk) -> None:
        if last.state is not AttemptState.OPEN:
            return
        if self.existing:
            desk.poster.adopt(last.subject, last.version, _KIND, self.existing[0].id)
        elif last.is_fresh(desk.journal.now()):
            desk.poster.send_again(last)
        else:
            desk.poster.abandon(last, "Rillet no longer knows its key and has no entry with its mark")


class Gathering:
    """Gathers the records that are to be summarised; everything else goes on as it came."""

    def __init__(self, settings: Settings, journal: Journal, books: Books) -> None:
        self._types, self._journal, self._books = frozenset(settings.summarise), journal, books
        self._posts = list[Post]()

    def tasks(self, page: Sequence[RecordTask]) -> Iterator[Task]:
        """The tasks of a page without those that are gathered, and summaries where enough have come together."""
        posts = {id(task): task.outcome for task in page if not task.existing and isinstance(task.outcome, Post)}
        posts = {key: post for key, post in posts.items() if post.record.type in self._types}
        attempts = self._journal.attempts_of([post.record.id for post in posts.values()])
        for task in page:
            post = posts.get(id(task))
            if post is not None and _is_free(attempts.get(post.record.id, ())):
                self._posts.append(post)
            else:
                yield task
        if len(self._posts) >= MOST_GATHERED:
            yield from self.rest()

    def rest(self) -> Iterator[Task]:
        """Summaries of what was gathered and is not summarised yet."""
        by_id = {post.record.id: post for post in self._posts}
        self._posts.clear()
        for summary in summarise(by_id.values(), self._books):
            yield SummaryTask(summary=summary, posts=tuple(by_id[each.record_id] for each in summary.members))


def check_summaries(settings: Settings, journal: Journal, there: Mapping[str, Sequence[Existing]]) -> None:
    """Refuse to summarise without the journal that knows all summaries in Rillet.

    Raises:
        SettingsError: There is no journal, or Rillet has a summary that it does not know.
        JournalError: The journal cannot be read.
    """
    if not settings.summarise:
        return
    if isinstance(journal, NoJournal):
        raise SettingsError(("summarise needs a journal, which tells what each summary is for; give --journal",))
    subjects = [each for each in there if is_summary(each)]
    known = journal.attempts_of(subjects)
    unknown = [f"{_KIND} {existing.id}" for each in subjects if each not in known for existing in there[each]]
    if unknown:
        problem = (
            f"Rillet has summaries of records that the journal does not know ({', '.join(unknown)}): use the journal that "
            f"posted them. If it is lost, delete each entry whose records Brex still offers, and take 'Brex summary' "
            f"from the name of each whose records Brex has as exported"
        )
        raise SettingsError((problem,))


def _is_free(attempts: Sequence[Attempt]) -> bool:
    """Whether nothing of a record is in Rillet, nor may be."""
    last = telling(attempts)
    return last is None or not (last.is_there or last.state is AttemptState.OPEN)
