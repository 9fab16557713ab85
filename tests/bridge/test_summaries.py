"""Many records as one journal entry: the law is that it books what its members would have booked alone."""

from __future__ import annotations

import pickle
import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import Record, RecordType
from brex_accounting.testing.records import card_expense, gl, record
from bridge import Bridge, Member, Post, ReasonCode, digest_of, effect, summarise, summed
from bridge.documents.marks import mark_of_name
from bridge.documents.rillet_entries import JournalEntryDocument
from rillet import ExchangeRate, FieldAssignment, Money, NewJournalEntry, NewJournalEntryItem, Side
from support.companies.small import BOOKS, WHOLE, billed, codes, posted, team

SUMMARISING = Bridge(
    attrs.evolve(WHOLE.settings, summarise=(RecordType.CARD_EXPENSE_POST.value, RecordType.CARD_PAYMENT.value))
)


def bought(number: int, amount: str = "10", *, day: int = 3, account: str = "6100") -> Record:
    made = card_expense(amount, coding=[gl(account)], record_id=f"accr_{number:05}")
    return attrs.evolve(made, erp_posting_date=made.erp_posting_date.replace(day=day))


def posts(*records: Record) -> list[Post]:
    return [posted(SUMMARISING.outcome(each, BOOKS)) for each in records]


def test_records_of_one_day_become_one_entry_with_a_line_for_each_coding() -> None:
    (summary,) = summarise(posts(bought(1), bought(2, "5.50"), bought(3, account="6200")), BOOKS)

    assert summary.day == date(2026, 2, 3)
    assert [(item.account_code, item.side, item.amount.amount, item.description) for item in summary.payload.items] == [
        ("21120", "CREDIT", Decimal("25.50"), "3 lines"),
        ("6100", "DEBIT", Decimal("15.50"), "2 lines"),
        ("6200", "DEBIT", Decimal(10), "Sample Stationery"),
    ]
    assert summary.payload.name == f"Brex summary {summary.digest}: 2026-02-03 Example Inc. USD, 3 records"
    assert digest_of(summary.payload.name) == summary.digest
    assert summary.members == tuple(Member(record_id=f"accr_0000{number}", version=2) for number in (1, 2, 3))


def test_a_summary_is_not_taken_for_a_records_own_entry_nor_the_other_way_round() -> None:
    (summary,) = summarise(posts(bought(1)), BOOKS)
    assert summary.payload.name.endswith("1 record")
    assert mark_of_name(summary.payload.name) is None
    alone = posted(SUMMARISING.outcome(bought(1), BOOKS)).payload
    assert isinstance(alone, NewJournalEntry)
    mark = mark_of_name(alone.name)
    assert mark is not None
    assert mark.subject == bought(1).id
    assert digest_of(alone.name) is None


def test_days_are_kept_apart() -> None:
    first, second = summarise(posts(bought(1, day=4), bought(2, day=3)), BOOKS)
    assert (first.day.day, second.day.day) == (3, 4)


def test_a_summary_has_so_many_members_and_no_more() -> None:
    made = summarise(posts(*map(bought, range(5))), BOOKS, most=2)
    assert sorted(len(each.members) for each in made) == [1, 2, 2]


def test_another_version_makes_another_digest() -> None:
    (first,), (second,) = (summarise(posts(attrs.evolve(bought(1), version=version)), BOOKS) for version in (2, 3))
    assert first.digest != second.digest


def test_a_record_is_checked_alone_before_it_is_summarised() -> None:
    assert codes(SUMMARISING.outcome(bought(1, account="nowhere"), BOOKS)) == [ReasonCode.UNKNOWN_ACCOUNT]


def test_only_journal_entries_can_be_summarised_and_each_record_once() -> None:
    with pytest.raises(ValueError, match="accr_bill"):
        summarise(posts(billed()), BOOKS)
    with pytest.raises(ValueError, match="accr_00001"):
        summarise(posts(bought(1), bought(1)), BOOKS)


def test_a_type_that_is_summarised_is_a_journal_entry_also_alone() -> None:
    paid = record(RecordType.CARD_PAYMENT, debits=[("10", ())], credits=[("10", ())], record_id="accr_1")
    for each in (bought(1), paid):
        assert isinstance(posted(SUMMARISING.outcome(each, BOOKS)).payload, NewJournalEntry)


def test_field_values_keep_lines_apart() -> None:
    sales = card_expense("3", coding=[gl("6100"), team("value-Sales")], record_id="accr_2")
    (summary,) = summarise(posts(bought(1), sales), BOOKS)
    assert len(summary.payload.items) == 3


currencies = st.sampled_from(("USD", "EUR"))
fields = st.lists(
    st.builds(FieldAssignment, field_id=st.sampled_from("ab"), field_value_id=st.sampled_from("xy")), max_size=2
)


@st.composite
def entries(draw: st.DrawFn) -> JournalEntryDocument:
    currency = draw(currencies)
    items = st.builds(
        NewJournalEntryItem,
        account_code=st.sampled_from(("1", "2", "3")),
        amount=st.builds(Money, st.decimals("0.01", "99999999999999999", places=2), st.just(currency)),
        side=st.sampled_from(Side),
        description=st.sampled_from((None, "Taxi", "Lunch")),
        vat_code=st.sampled_from((None, None, "VAT 19")),
        fields=fields,
    )
    rate = ExchangeRate(
        base=currency, target="GBP", rate=draw(st.sampled_from((Decimal(1), Decimal(2)))), date=date(2026, 2, 1)
    )
    return JournalEntryDocument(
        title="alone",
        currency=currency,
        items=tuple(draw(st.lists(items, min_size=1, max_size=4))),
        impact_date=date(2026, 2, draw(st.integers(1, 3))),
        exchange_rate=draw(st.sampled_from((None, rate))),
        subsidiary_id=draw(st.sampled_from(("sub-us", "sub-uk", "sub-gone"))),
    )


def as_posts(made: Sequence[JournalEntryDocument]) -> list[Post]:
    return [Post(record=bought(number), document=each) for number, each in enumerate(made)]


@given(made=st.lists(entries(), max_size=12), most=st.integers(1, 5), seed=st.integers(0, 99))
def test_summaries_book_what_their_members_would_have_booked_alone(
    made: list[JournalEntryDocument], most: int, seed: int
) -> None:
    alone = as_posts(made)
    summaries = summarise(alone, BOOKS, most=most)

    by_id = {each.record.id: each for each in alone}
    members = [member for summary in summaries for member in summary.members]
    assert sorted(each.record_id for each in members) == sorted(by_id)
    for summary in summaries:
        assert 1 <= len(summary.members) <= most
        payloads = [by_id[each.record_id].payload for each in summary.members]
        assert summed(effect(summary.payload)) == summed(posting for each in payloads for posting in effect(each))
        for each in payloads:
            assert isinstance(each, NewJournalEntry)
            assert (each.date, each.subsidiary_id, each.currency, each.exchange_rate) == (
                summary.day,
                summary.payload.subsidiary_id,
                summary.payload.currency,
                summary.payload.exchange_rate,
            )
        taxed = [item for each in payloads if isinstance(each, NewJournalEntry) for item in each.items if item.vat_code]
        assert sum(item.vat_code is not None for item in summary.payload.items) == len(taxed)

    random.Random(seed).shuffle(alone)
    assert summarise(alone, BOOKS, most=most) == summaries
    assert pickle.loads(pickle.dumps(summaries)) == summaries
