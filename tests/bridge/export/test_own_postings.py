"""What a document of the caller's own says that it posts is checked before anything is sent; most ledgers check nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest

from brex_accounting import Side
from bridge import Draft, Post, Posting, ReasonCode
from bridge.export import SqlJournal
from support.own_entries import EntryDocument
from support.pocket import PocketLedger, entry, export_to, spent

BAD = "accr_2"
POSTINGS = (
    Posting(account="6100", side=Side.DEBIT, amount=Decimal("2.00"), currency="USD"),
    Posting(account="2100", side=Side.CREDIT, amount=Decimal("2.00"), currency="USD"),
)


def with_first(**fields: Any) -> Callable[[], Any]:
    return lambda: (attrs.evolve(POSTINGS[0], **fields), POSTINGS[1])


@pytest.mark.parametrize(
    ("postings", "fault"),
    [
        (lambda: POSTINGS[:1], "gave postings that do not balance: debits 2.00 USD, credits 0 USD"),
        (
            with_first(amount=Decimal("1.99")),
            "gave postings that do not balance: debits 1.99 USD, credits 2.00 USD",
        ),
        (with_first(currency="EUR"), "gave postings that do not balance: debits 2.00 EUR, credits 0 EUR"),
        (tuple, "gave no postings, and a document without lines books nothing"),
        (lambda: None, "gave NoneType, and it has to give postings"),
        (with_first(amount=2.0), "gave a posting of 2.0, and an amount has to be a finite Decimal"),
        (
            with_first(amount=Decimal("NaN")),
            "gave a posting of Decimal('NaN'), and an amount has to be a finite Decimal",
        ),
        (
            with_first(currency="usd"),
            "gave a posting in 'usd', and a currency has to be a code of ISO 4217 such as EUR",
        ),
        (with_first(currency=None), "gave a posting in None, and a currency has to be a code of ISO 4217 such as EUR"),
        (
            with_first(side=Side("BOTH")),
            "gave a posting on the side <Side.BOTH: 'BOTH'>, and it has to be DEBIT or CREDIT",
        ),
    ],
    ids=["one side", "a cent", "two currencies", "none", "nothing", "float", "NaN", "lower case", "no code", "side"],
)
def test_a_document_that_does_not_balance_is_refused_before_anything_is_sent(
    journal: SqlJournal, postings: Callable[[], Any], fault: str
) -> None:
    def given(_: object) -> Any:
        return postings()

    def mine(draft: Draft) -> Post | None:
        made = entry(draft)
        if made is not None and draft.record.id == BAD:
            document: Any = made.document
            lopsided: Any = type("Mine", (EntryDocument,), {"postings": given})
            fields = {name: getattr(document, name) for name in ("origin", "impact_date", "lines")}
            return attrs.evolve(made, document=lopsided(**fields))
        return made

    ledger = PocketLedger()
    exporting = export_to(ledger, spent(), journal=journal, mapper=mine)
    planned = [(each.record.id, each.texts) for each in exporting.plan().refused]

    outcome = exporting.run()

    text = f"the mapper of CARD_EXPENSE_POST gave what cannot be posted: Mine.postings {fault}"
    assert planned == [(BAD, (text,))]
    ((record_id, reasons),) = [(each.record.id, each.reasons) for each in outcome.refused]
    assert (record_id, [(each.code, each.text) for each in reasons]) == (BAD, [(ReasonCode.MAPPER_FAILED, text)])
    assert (outcome.counts.posted, ledger.subjects()) == (2, ["accr_1", "accr_3"])
    assert journal.attempts(BAD) == ()


def test_each_currency_balances_by_itself(journal: SqlJournal) -> None:
    def mine(draft: Draft) -> Post | None:
        made = entry(draft)
        if made is None:
            return None
        document: Any = made.document
        euros = tuple(attrs.evolve(each, currency="EUR") for each in document.lines)
        return attrs.evolve(made, document=attrs.evolve(document, lines=(*document.lines, *euros)))

    outcome = export_to(PocketLedger(), spent(1), journal=journal, mapper=mine).run()

    assert (outcome.counts.posted, outcome.complete) == (1, True)
