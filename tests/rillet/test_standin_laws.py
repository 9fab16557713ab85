"""Laws of the stand-in's books, for any sequence of documents posted, deleted and posted again."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillet import BadRequestError, Charge, ExchangeRate, Money, NewCharge, NewReimbursement, Reimbursement
from rillet.testing import Ledger, Posting, Side
from support.rillet.books import AMERICA, CARD, CHARGE, DAY, GERMANY, PAYABLE, REIMBURSEMENT, TRAVEL, books, item

days = st.dates(date(2026, 1, 1), date(2026, 6, 30))
currencies = st.sampled_from(["USD", "EUR", "JPY", "BHD"])
rates = st.decimals("0.0001", "2000", places=4)
subsidiaries = st.sampled_from([AMERICA, GERMANY])
PLACES = {"JPY": 0, "BHD": 3}
FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)


@st.composite
def documents(draw: st.DrawFn) -> NewCharge | NewReimbursement:
    subsidiary, currency, day = draw(subsidiaries), draw(currencies), draw(days)
    amounts = st.decimals("-100000", "100000", places=PLACES.get(currency, 2))
    items = [
        item(str(amount), currency, draw(st.sampled_from([TRAVEL, "61000"])))
        for amount in draw(st.lists(amounts, min_size=1, max_size=5))
    ]
    foreign = currency != subsidiary.currency
    rate = ExchangeRate(base=currency, target=subsidiary.currency, rate=draw(rates), date=day) if foreign else None
    form = CHARGE if draw(st.booleans()) else REIMBURSEMENT
    return attrs.evolve(form, items=items, subsidiary_id=subsidiary.id, impact_date=day, exchange_rate=rate)


@given(posted=st.lists(documents(), max_size=8), deleted=st.sets(st.integers(0, 7)))
def test_the_trial_balance_balances(posted: list[NewCharge | NewReimbursement], deleted: set[int]) -> None:
    standin = books()
    client = standin.client()
    kept = list[Charge | Reimbursement]()
    for index, asked in enumerate(posted):
        if isinstance(asked, NewCharge):
            made = client.charges.create(asked)
            if index in deleted:
                client.charges.delete(made.id)
                continue
            kept.append(made)
        else:
            back = client.reimbursements.create(asked)
            if index in deleted:
                client.reimbursements.delete(back.id)
                continue
            kept.append(back)

    for subsidiary in (AMERICA, GERMANY):
        report = client.reports.trial_balance(from_date=FIRST, to_date=LAST, subsidiary_id=subsidiary.id)
        assert report.currency == subsidiary.currency
        assert report.totals.debit_total == report.totals.credit_total
        assert report.totals.ending_balance.amount == 0
        assert sum(row.ending_balance.amount for row in report.accounts) == 0
    assert {posting.document_id for posting in standin.ledger.postings} <= {document.id for document in kept}
    local = [each for each in kept if each.exchange_rate is None]
    for document in local:
        spent = sum(line.amount.amount for line in document.items)
        against = CARD if isinstance(document, Charge) else PAYABLE
        owed = [posting.debit for posting in standin.ledger.of(document.id) if posting.account_code == against]
        assert sum(owed) == -spent


@given(first=documents(), split=st.dates(FIRST, LAST - timedelta(days=1)))
def test_two_periods_add_up_to_one(first: NewCharge | NewReimbursement, split: date) -> None:
    standin = books()
    client = standin.client()
    if isinstance(first, NewCharge):
        client.charges.create(first)
    else:
        client.reimbursements.create(first)

    def rows(start: date, end: date) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
        report = client.reports.trial_balance(from_date=start, to_date=end, subsidiary_id=first.subsidiary_id)
        return {
            row.code: (row.debit_total.amount, row.credit_total.amount, row.ending_balance.amount)
            for row in report.accounts
        }

    whole, early, late = rows(FIRST, LAST), rows(FIRST, split), rows(split + timedelta(days=1), LAST)
    nothing = (Decimal(0), Decimal(0), Decimal(0))
    for code, (debits, credits_, ending) in whole.items():
        before, after = early.get(code, nothing), late[code]
        assert (debits, credits_) == (before[0] + after[0], before[1] + after[1])
        assert ending == after[2]


@given(calls=st.lists(st.tuples(st.sampled_from("abc"), documents()), max_size=8))
def test_one_key_posts_one_document(calls: list[tuple[str, NewCharge | NewReimbursement]]) -> None:
    standin = books()
    client = standin.client()
    first = dict[str, str]()
    for key, asked in calls:
        if isinstance(asked, NewCharge):
            made = client.charges.create(asked, idempotency_key=f"charge {key}")
            assert first.setdefault(f"charge {key}", made.id) == made.id
        else:
            back = client.reimbursements.create(asked, idempotency_key=f"reimbursement {key}")
            assert first.setdefault(f"reimbursement {key}", back.id) == back.id
    assert sorted(first.values()) == sorted(
        [each.id for each in standin.charges] + [each.id for each in standin.reimbursements]
    )


@given(wrong=st.sampled_from(["vendor_id", "charge_date", "credit_card_account_code"]), asked=documents())
def test_a_refused_document_leaves_no_trace(wrong: str, asked: NewCharge | NewReimbursement) -> None:
    standin = books()
    standin.close_books(FIRST - timedelta(days=1))
    value = {"vendor_id": "nobody", "charge_date": FIRST - timedelta(days=1), "credit_card_account_code": PAYABLE}
    changes: dict[str, object] = {wrong: value[wrong], "impact_date": None}
    broken = attrs.evolve(CHARGE, **{"items": asked.items, **changes})  # type: ignore[arg-type]  # by name, above
    with pytest.raises(BadRequestError):
        standin.client().charges.create(broken)
    assert (standin.charges, standin.ledger.postings) == ((), ())


def test_the_ledger_takes_balanced_postings_alone() -> None:
    ledger = Ledger()
    money = Money(Decimal(5), "USD")
    lone = Posting(
        document_id="d", account_id="a", account_code="1", side=Side.DEBIT, amount=money, local=money,
        subsidiary_id="s", date=DAY,
    )  # fmt: skip
    with pytest.raises(ValueError, match="balance"):
        ledger.post("d", [lone])
    ledger.post("d", [lone, attrs.evolve(lone, side=Side.CREDIT, account_code="2")])
    assert [ledger.balance(code) for code in "123"] == [Decimal(5), Decimal(-5), Decimal(0)]
    ledger.reverse("d")
    ledger.reverse("d")
    assert ledger.postings == ()
