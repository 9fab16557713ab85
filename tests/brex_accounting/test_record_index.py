"""The stand-in's index finds what a look at every record finds, in the same order, whatever became of the records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import Record, RecordType, ReviewStatus
from brex_accounting.testing.record_index import BOUNDS, RecordIndex, place_of
from brex_accounting.testing.records import gl, record

_START = datetime(2026, 1, 1, tzinfo=UTC)
_MOMENTS = st.integers(0, 4).map(lambda days: _START + timedelta(days=days))
_KINDS = {each: record(each, debits=[("1.00", [gl("1")])], credits=[("1.00", [])]) for each in RecordType}


@st.composite
def _records(draw: st.DrawFn) -> Record:
    return attrs.evolve(
        _KINDS[draw(st.sampled_from([RecordType.CARD_EXPENSE_POST, RecordType.BILL_EXPENSE]))],
        id=draw(st.sampled_from("abcdef")),
        posted_at=draw(_MOMENTS),
        updated_at=draw(_MOMENTS),
        review_status=draw(st.sampled_from(list(ReviewStatus)[:3])),
    )


@given(
    st.lists(_records(), max_size=12),
    st.dictionaries(st.sampled_from(list(BOUNDS)), _MOMENTS),
    st.sampled_from([None, *list(ReviewStatus)[:3]]),
    _records(),
    st.frozensets(st.sampled_from("abcdef"), max_size=2),
)
def test_an_index_finds_what_is_there(
    put: list[Record], bounds: dict[str, datetime], status: ReviewStatus | None, before: Record, gone: frozenset[str]
) -> None:
    index, plain = RecordIndex(), dict[str, Record]()
    for each in put:
        index[each.id] = each
        plain[each.id] = each
    for name in gone & plain.keys():
        del index[name]
        del plain[name]

    def is_wanted(its_status: str, _: str) -> bool:
        return status is None or its_status == status

    wanted = [
        each
        for each in sorted(plain.values(), key=place_of)
        if is_wanted(each.review_status, each.source_type)
        and all(BOUNDS[name](each.updated_at, bound) for name, bound in bounds.items())
    ]
    assert dict(index) == plain
    assert list(index.after("", is_wanted, bounds)) == wanted
    behind = [each for each in wanted if place_of(each) > place_of(before)]
    assert list(index.after(place_of(before), is_wanted, bounds)) == behind
    assert index.count(is_wanted, bounds) == len(wanted)
