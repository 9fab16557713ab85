"""Somebody changes a record in the Brex of the demonstration, and the next export corrects the books."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest

from bridge.export.demo.changing import CHANGES
from bridge.export.demo.run import Demo
from bridge.export.demo.spending import UNCODED


@pytest.fixture
def demo() -> Iterator[Demo]:
    with Demo(records=3, seed=3) as made:
        yield made


def change(demo: Demo, record_id: str, body: object, *, token: str | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {token or demo.brex.token}"}
    return httpx.patch(f"{demo.brex_client.base_url}{CHANGES}{record_id}", json=body, headers=headers)


def test_an_export_corrects_what_was_changed(demo: Demo) -> None:
    demo.export().run()
    before = next(iter(demo.brex.records.values()))

    answer = change(demo, before.id, {"surcharge": "10.00", "account": "61200"})

    assert answer.json() == {"id": before.id, "version": before.version + 1, "review_status": "READY_FOR_EXPORT"}
    outcome = demo.export().run()
    (posted,) = [each for each in outcome.posted if each.record.id == before.id]
    assert posted.record.amount.amount == before.amount.amount + Decimal("10.00")
    assert posted.document is not None
    accounts = {each.account for each in posted.document.postings() if each.side == "DEBIT"}
    assert "61200" in accounts
    assert demo.brex.records[before.id].review_status == "EXPORTED"


def test_a_record_that_nobody_has_coded_is_posted_once_it_has_an_account(demo: Demo) -> None:
    (refused,) = [each for each in demo.export().run().refused if each.record.id == UNCODED]
    assert refused.texts == ("a debit line has no general ledger account; code it in Brex",)

    assert change(demo, UNCODED, {"account": "62100"}).status_code == 200

    (posted,) = demo.export().run().posted
    assert (posted.record.id, posted.kind) == (UNCODED, "charges")
    assert posted.document is not None
    assert {each.account for each in posted.document.postings()} == {"62100", "21120"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "The body is such as"),
        ({"memo": "x"}, "The body is such as"),
        ({"surcharge": "-99999999"}, "would be about"),
        ({"surcharge": "NaN"}, "not a decimal number"),
        ({"surcharge": "much"}, "much"),
        ([], "not a JSON object"),
    ],
)
def test_a_change_that_cannot_be_is_refused(demo: Demo, body: object, says: str) -> None:
    before = next(iter(demo.brex.records.values()))

    answer = change(demo, before.id, body)

    assert answer.status_code == 400
    assert says in answer.text
    assert demo.brex.records[before.id] == before


def test_a_change_needs_the_token_and_a_record(demo: Demo) -> None:
    record_id = next(iter(demo.brex.records))

    assert change(demo, record_id, {"surcharge": "1"}, token="wrong").status_code == 403
    assert change(demo, "accr_unknown", {"surcharge": "1"}).status_code == 404
