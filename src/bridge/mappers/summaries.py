"""Many records as one journal entry: those of one day, subsidiary, currency and rate, with one line for each coding."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import attrs

from bridge.books import Books
from bridge.decisions import Post
from bridge.documents.rillet_entries import JournalEntryDocument
from clientkit.money import total
from rillet import Money, NewJournalEntry, NewJournalEntryItem

#: The most records of one summary, so that its members stay a list that people can look through.
MOST_MEMBERS = 2_000

_MARK = re.compile(r"Brex summary ([0-9a-f]{20}):")
_DIGITS = 20


@attrs.frozen(kw_only=True, order=True)
class Member:
    """A record that a summary is for, by its id, in one version.

    `content` is the digest of the record as it was, and `form` what the summary says for it alone, as `Form.as_json`
    writes it; neither tells members apart.
    """

    record_id: str
    version: int
    content: str | None = attrs.field(default=None, eq=False, order=False)
    form: str | None = attrs.field(default=None, eq=False, order=False, repr=False)


@attrs.frozen(kw_only=True)
class Summary:
    """One journal entry for many records.

    `digest` names its members and nothing else: the same records give the same digest, in whatever order they come. It
    stands in the entry's name, by which the entry is found again.
    """

    digest: str
    members: tuple[Member, ...]
    document: JournalEntryDocument

    @property
    def payload(self) -> NewJournalEntry:
        """What Rillet gets."""
        return self.document.payload

    @property
    def day(self) -> date:
        """The day on which all of them count in the general ledger."""
        return self.document.impact_date


def summarise(posts: Iterable[Post], books: Books, *, most: int = MOST_MEMBERS) -> tuple[Summary, ...]:
    """The summaries of records that have been mapped to journal entries, one by one; each record is in one of them.

    Lines of the same account, side and field values are added up, and debits are never set off against credits. Lines
    with VAT stay apart, because Rillet rounds the VAT of each. `most` is how many members a summary has at most.

    Raises `ValueError` for a post that is no journal entry, and for a record that comes twice.
    """
    groups = dict[tuple[object, ...], dict[Member, JournalEntryDocument]]()
    seen = set[str]()
    for post in posts:
        entry, record = post.document, post.record
        if not isinstance(entry, JournalEntryDocument) or record.id in seen:
            raise ValueError(f"{record.id} cannot be summarised: it comes twice, or is no journal entry")
        seen.add(record.id)
        key = entry.impact_date, entry.subsidiary_id, entry.currency, entry.exchange_rate
        groups.setdefault(key, {})[Member(record_id=record.id, version=record.version)] = entry
    made = [
        _summary(dict(members[start : start + most]), books)
        for group in groups.values()
        for members in [sorted(group.items(), key=_member)]
        for start in range(0, len(members), most)
    ]
    return tuple(sorted(made, key=lambda each: (each.day, each.digest)))


def digest_of(name: str) -> str | None:
    """The digest in the name of a summary's journal entry, None for an entry that is no summary."""
    marked = _MARK.match(name)
    return marked[1] if marked else None


def _member(item: tuple[Member, JournalEntryDocument]) -> Member:
    return item[0]


def _summary(entries: dict[Member, JournalEntryDocument], books: Books) -> Summary:
    members = tuple(entries)
    text = "\n".join(f"{each.record_id} {each.version}" for each in members)
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
    first = next(iter(entries.values()))
    subsidiary = books.subsidiary(first.subsidiary_id)
    whose = subsidiary.trade_name if subsidiary is not None else first.subsidiary_id
    records = "1 record" if len(members) == 1 else f"{len(members)} records"
    document = attrs.evolve(
        first,
        origin=None,
        title=f"Brex summary {digest}: {first.impact_date} {whose} {first.currency}, {records}",
        items=tuple(_merged([item for entry in entries.values() for item in entry.items])),
    )
    return Summary(digest=digest, members=members, document=document)


def _merged(items: Sequence[NewJournalEntryItem]) -> Iterator[NewJournalEntryItem]:
    together = dict[tuple[object, ...], list[NewJournalEntryItem]]()
    for number, item in enumerate(items):
        apart = number if item.vat_code is not None else -1
        key = item.account_code, item.side, item.amount.currency, frozenset(item.fields), apart
        together.setdefault(key, []).append(item)
    merged = [_line(each) for each in together.values()]
    yield from sorted(merged, key=_place)


def _line(items: Sequence[NewJournalEntryItem]) -> NewJournalEntryItem:
    first, *others = items
    if not others:
        return first
    amount = Money(total(item.amount.amount for item in items), first.amount.currency)
    fields = tuple(sorted(first.fields, key=lambda each: (each.field_id, each.field_value_id)))
    return attrs.evolve(first, amount=amount, description=f"{len(items)} lines", fields=fields)


def _place(item: NewJournalEntryItem) -> tuple[object, ...]:
    fields = sorted((each.field_id, each.field_value_id) for each in item.fields)
    return item.account_code, item.side.value, item.vat_code or "", fields, item.amount.amount, item.description or ""
