"""Which company sells: named by a column, by the metadata of Stripe's JSON, or by a field, and the advice where it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from bridge.billing import BillingEntity, read_stripe_credit_note, read_stripe_invoice
from bridge.billing.stripe import StripeShapeError
from bridge.billing.sync import InvoiceSync
from bridge.billing.sync.files import read_invoices
from support.billing.company import AMERICA, GERMANY, SETTINGS, Seller, invoice
from support.billing.stripe_json import CREDIT_NOTE, stripe_invoice

ENTITIES = (
    BillingEntity(name="US", subsidiary="Example Inc."),
    BillingEntity(name="DE", subsidiary="Example GmbH"),
)
HOW = (
    "name its entity (in CSV in the column entity, in JSON in the metadata as entity, in a program in the field entity)"
)
GERMAN = {"metadata": {"entity": "DE"}}


@pytest.mark.parametrize(
    ("told", "entity"),
    [
        (GERMAN, "DE"),
        ({"parent": {"type": "subscription_details", "subscription_details": GERMAN}}, "DE"),
        ({"subscription_details": GERMAN}, "DE"),
        ({"metadata": {"entity": "US"}, "parent": {"subscription_details": GERMAN}}, "US"),
        ({"metadata": {"entity": ""}, "parent": {"subscription_details": GERMAN}}, "DE"),
        ({"metadata": {}, "parent": {"quote_details": {"quote": "qt_1"}}}, None),
        ({"metadata": None, "parent": None, "subscription_details": None}, None),
    ],
)
def test_metadata_of_stripe_name_the_entity(told: dict[str, Any], entity: str | None) -> None:
    assert read_stripe_invoice(stripe_invoice(**told)).entity == entity


def test_an_entity_that_is_no_text_is_named() -> None:
    with pytest.raises(StripeShapeError, match=r"invoice in_1\.metadata: entity is 7, not a text"):
        read_stripe_invoice(stripe_invoice(metadata={"entity": 7}))


def test_a_credit_note_has_the_entity_of_its_invoice_unless_it_names_one() -> None:
    customer = read_stripe_invoice(stripe_invoice()).customer

    assert read_stripe_credit_note(CREDIT_NOTE, customer, entity="DE").entity == "DE"
    assert read_stripe_credit_note({**CREDIT_NOTE, "metadata": {"entity": "US"}}, customer, entity="DE").entity == "US"


def test_invoices_and_credit_notes_of_json_go_to_their_entity(seller: Seller, tmp_path: Path) -> None:
    file = tmp_path / "invoices.json"
    german = {"id": "in_2", "number": "A-002", "currency": "eur", "customer": "cus_2", **GERMAN}
    told = [stripe_invoice(metadata={"entity": "US"}), stripe_invoice(**german)]
    notes = [{**CREDIT_NOTE, "invoice": "in_2", "currency": "eur"}]
    file.write_text(json.dumps({"invoices": told, "credit_notes": notes}), encoding="utf-8")
    settings = attrs.evolve(SETTINGS, subsidiary=None, entities=ENTITIES)

    outcome = InvoiceSync(read_invoices(file), seller.books.client(), settings).run()

    assert outcome.complete, outcome.problems
    assert {each.invoice_number: each.subsidiary_id for each in seller.books.invoices} == {
        "A-001": AMERICA.id,
        "A-002": GERMANY.id,
    }
    assert [each.subsidiary_id for each in seller.books.credit_memos] == [GERMANY.id]


@pytest.mark.parametrize(
    ("entity", "settings", "told"),
    [
        (
            None,
            {"entities": ENTITIES},
            f"it names none of [[entities]]; {HOW}, or set subsidiary to the one of all that name none",
        ),
        (None, {}, f"nothing says which it is of; set subsidiary to the name of one, or add [[entities]] and {HOW}"),
        (
            "DE",
            {},
            "the settings do not say which of them is 'DE'; add it to [[entities]], or set subsidiary to the name of one",
        ),
    ],
)
def test_an_invoice_of_no_known_entity_says_how_to_name_one(
    seller: Seller, entity: str | None, settings: dict[str, Any], told: str
) -> None:
    seller.put(invoice(1, entity=entity))

    (problem,) = seller.sync(subsidiary=None, **settings).run().problems

    assert problem.text == f"Rillet has 2 subsidiaries, and {told}"
