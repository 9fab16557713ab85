"""The law of receipts: whatever fails for a while, each file is attached once."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

import brex_accounting
import brex_accounting.testing
import rillet
import rillet.testing
from clientkit import Answer
from clientkit.testing import Action, AnswerLost, AnswerTruncated, Asked, Fault, RequestLost, Respond
from support.companies.exported import REFERENCE_TYPE, Company, expense
from support.companies.with_receipts import (
    PDF,
    WHOLE,
    is_download,
    is_upload,
)

ACTIONS = st.sampled_from(
    [AnswerLost(), RequestLost(), AnswerTruncated(), *(Respond(Answer(status=each)) for each in (429, 500, 503))]
)


def later(matches: Callable[[Asked], bool], after: int) -> Callable[[Asked], bool]:
    """Matches from the request number `after` on."""
    seen = itertools.count()
    return lambda asked: matches(asked) and next(seen) >= after


@settings(max_examples=50, deadline=None)
@given(
    schedule=st.lists(st.tuples(st.integers(0, 12), st.integers(1, 8), st.booleans(), ACTIONS), max_size=12),
    files=st.lists(st.integers(0, 3), min_size=1, max_size=4),
)
def test_whatever_fails_for_a_while_each_file_is_attached_once(
    schedule: list[tuple[int, int, bool, Action]], files: list[int]
) -> None:
    company = Company(
        brex=brex_accounting.testing.StandIn(rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )
    expected = set[bytes]()
    for number, count in enumerate(files):
        contents = [PDF + b"%d/%d" % (number, place) for place in range(count)]
        expected.update(contents)
        receipts = [company.brex.receipt_files.add(f"receipt_{number}", content) for content in contents]
        company.brex.add(attrs.evolve(expense(number), receipts=tuple(receipts[:1])))
    for after, times, with_brex, action in schedule:
        matches = later(is_download if with_brex else is_upload, after)
        (company.brex if with_brex else company.rillet).faults.append(Fault(action, matches=matches, times=times))

    for _ in range(1 + sum(times for _, times, _, _ in schedule)):
        if company.export(WHOLE).run().complete:
            break

    assert sorted(each.content for each in company.rillet.attachments) == sorted(expected)
    assert len(company.exported()) == len(company.rillet.charges) == len(files)
