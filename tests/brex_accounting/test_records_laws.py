"""What holds for all amounts and for all listings, whatever happens between two pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import attrs
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import Record, ReviewStatus, SourceType
from brex_accounting.testing import StandIn
from brex_accounting.testing.records import card_expense, reimbursement

START = datetime(2026, 2, 1, tzinfo=UTC)


def _scaled(digits: int, places: int) -> Decimal:
    return Decimal(digits).scaleb(-places)


def _settled(build: Callable[..., Record], minutes: int, status: ReviewStatus) -> Record:
    return build("1", posted_at=START + timedelta(minutes=minutes), review_status=status, updated_at=START)


amounts = st.builds(_scaled, st.integers(-(10**12) + 1, 10**12 - 1), st.integers(0, 4))
#: Times of settlement collide, as they do where a statement settles many at once.
records = st.builds(
    _settled, st.sampled_from([card_expense, reimbursement]), st.integers(0, 9), st.sampled_from(list(ReviewStatus))
)


@given(amount=amounts, original=amounts)
def test_an_amount_arrives_to_the_last_digit(amount: Decimal, original: Decimal) -> None:
    sent = card_expense(amount, memo=str(original))
    sent = attrs.evolve(sent, original_amount=attrs.evolve(sent.amount, amount=original))
    standin = StandIn([sent])
    with standin.client() as client:
        got = client.records.get(sent.id)

    assert got.original_amount is not None
    assert (got.amount.amount, got.original_amount.amount) == (amount, original)
    assert (str(got.amount.amount), str(got.original_amount.amount)) == (f"{amount:f}", f"{original:f}")
    assert [str(line.amount.amount) for line in got.line_items] == [f"{amount:f}"] * 2
    content = standin.respond(standin.asked[-1]).content
    assert f'"amount":{amount:f},'.encode() in content
    assert f'"amount":{original:f},'.encode() in content


@given(
    known=st.lists(records, max_size=25),
    limit=st.integers(1, 10),
    status=st.none() | st.sampled_from(list(ReviewStatus)),
    source=st.none() | st.sampled_from([SourceType.CARD, SourceType.REIMBURSEMENT]),
)
def test_a_listing_gives_each_record_once_in_the_order_of_time(
    known: Sequence[Record], limit: int, status: ReviewStatus | None, source: SourceType | None
) -> None:
    standin = StandIn(known)
    wanted = [
        each
        for each in known
        if (status is None or each.review_status == status) and (source is None or each.source_type == source)
    ]
    with standin.client() as client:
        listing = client.records.list(review_status=status, source_type=source, limit=limit)
        pages = list(listing.pages())
        again = listing.collect()

    got = [record for page in pages for record in page.items]
    assert sorted(got, key=lambda each: each.id) == sorted(wanted, key=lambda each: each.id)
    assert [each.posted_at for each in got] == sorted(each.posted_at for each in wanted)
    assert {page.total for page in pages} == {len(wanted)}
    assert len(pages) == max(1, -(-len(wanted) // limit))
    assert again == got


def _export(standin: StandIn, known: Sequence[Record], number: int) -> None:
    record = known[number % len(known)]
    standin.add(attrs.evolve(standin.records[record.id], review_status=ReviewStatus.EXPORTED))


def _touch(standin: StandIn, known: Sequence[Record], number: int) -> None:
    record = standin.records[known[number % len(known)].id]
    standin.add(attrs.evolve(record, version=record.version + 1, updated_at=record.updated_at + timedelta(days=1)))


def _insert(standin: StandIn, _: Sequence[Record], number: int) -> None:
    standin.add(card_expense("1", posted_at=START + timedelta(minutes=number % 10), updated_at=START))


Change = Callable[[StandIn, Sequence[Record], int], None]
changes = st.lists(st.tuples(st.sampled_from([_export, _touch, _insert]), st.integers(0, 99)), max_size=3)


@given(
    known=st.lists(records, min_size=1, max_size=15), limit=st.integers(1, 4), between=st.lists(changes, max_size=15)
)
def test_changes_between_two_pages_neither_hide_nor_repeat_a_record(
    known: Sequence[Record], limit: int, between: Sequence[Sequence[tuple[Change, int]]]
) -> None:
    standin = StandIn(known)
    got = list[str]()
    happens = iter(between)
    with standin.client() as client:
        for page in client.records.list(review_status="READY_FOR_EXPORT", limit=limit).pages():
            got += [record.id for record in page.items]
            for change, number in next(happens, ()):
                change(standin, known, number)

    # What matched from the first page to the last must be there; what came or went meanwhile may be.
    lasting = {each.id for each in known if standin.records[each.id].review_status == each.review_status}
    ready = {each.id for each in known if each.review_status == "READY_FOR_EXPORT"}
    assert len(got) == len(set(got))
    assert lasting & ready <= set(got)
