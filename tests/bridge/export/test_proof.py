"""The proof finds what a wrong mapping does to the books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import attrs
import pytest

import rillet
from brex_accounting import Record, ReviewStatus
from bridge import DEFAULT_MAPPERS, Bridge, ChargeDocument, Draft, Post, Skip
from bridge.export import load_books
from bridge.mappers.charges import charge
from support.companies.exported import SETTINGS, Company
from support.proof import AccountProof, prove

Items = Sequence[rillet.NewExpenseItem]


def proof_after(company: Company, bridge: Bridge) -> tuple[AccountProof, ...]:
    company.export(bridge=bridge).run()
    client = company.rillet.client()
    exported = company.brex.client().records.list(review_status=ReviewStatus.EXPORTED).collect()
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    return prove(exported, SETTINGS, load_books(client), client, first=first, last=last)


def test_the_books_of_a_right_mapping_do_not_differ(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)

    rows = proof_after(company, Bridge(SETTINGS))

    assert {(row.account, row.brex_debit, row.brex_credit) for row in rows} == {
        ("61000", Decimal("17.50"), Decimal(0)),
        ("21120", Decimal(0), Decimal("17.50")),
    }
    assert [row.difference for row in rows] == [0, 0]


def a_cent_more(items: Items) -> Items:
    first, *rest = items
    return (attrs.evolve(first, amount=rillet.Money(first.amount.amount + Decimal("0.01"), "USD")), *rest)


def another_account(items: Items) -> Items:
    return tuple(attrs.evolve(item, account_code="62000") for item in items)


def other_side(items: Items) -> Items:
    return tuple(attrs.evolve(item, amount=rillet.Money(-item.amount.amount, "USD")) for item in items)


@pytest.mark.parametrize("mistake", [a_cent_more, another_account, other_side])
def test_the_books_of_a_wrong_mapping_differ(company: Company, records: list[Record], mistake: object) -> None:
    company.brex.add(*records)

    def wrong(draft: Draft) -> Post | Skip | None:
        post = charge(draft)
        assert isinstance(post, Post)
        assert isinstance(post.document, ChargeDocument)
        assert callable(mistake)
        return attrs.evolve(post, document=attrs.evolve(post.document, items=mistake(post.document.items)))

    rows = proof_after(company, Bridge(SETTINGS, mappers={**DEFAULT_MAPPERS, "CARD_EXPENSE_POST": wrong}))

    assert any(row.difference for row in rows)
