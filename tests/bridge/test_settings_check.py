"""Settings beside the books: whatever they name has to be there."""

from __future__ import annotations

from decimal import Decimal

import attrs

from bridge import FieldMapping, Settings, TaxRule, Treatment, VendorMapping, When, check
from bridge_company import BOOKS, CARD, ENTITY, SETTINGS, TRAVEL, books, vendor
from rillet import AccountStatus, TaxRate


def test_settings_that_fit_the_books_have_no_problems() -> None:
    assert check(SETTINGS, BOOKS) == ()
    assert check(attrs.evolve(SETTINGS, default_vendor="v-ada"), BOOKS) == ()
    assert check(attrs.evolve(SETTINGS, default_vendor="ada example"), BOOKS) == ()


def test_everything_that_the_books_do_not_have_is_named_with_its_place() -> None:
    wrong = Settings(
        entities=(
            attrs.evolve(ENTITY, subsidiary="Example AG", card_account="1", when=When(currency="CHF")),
            attrs.evolve(ENTITY, card_account="6100", reimbursement_account="6900"),
        ),
        fields=(FieldMapping(brex="Team", rillet="Department"), FieldMapping(brex="Class", rillet="Class")),
        default_vendor="Nobody",
    )
    assert check(wrong, BOOKS) == (
        "entities[0].subsidiary: Rillet has no subsidiary 'Example AG'; it has Example Inc., Example Ltd",
        "entities[0].card_account: Rillet has no account with the code or id '1'",
        (
            "entities[1].card_account: the account 6100 Travel has the subtype None; "
            "Rillet takes charges on accounts of the subtype 'Credit Card' alone"
        ),
        "entities[1].reimbursement_account: the account 6900 Old Software is inactive",
        "fields[1].rillet: Rillet has no custom field 'Class'",
        "default_vendor: Rillet has no vendor 'Nobody'",
    )


def test_what_tax_codes_and_vendors_name_has_to_be_there() -> None:
    rate = TaxRate(id="rate-1", code="DE19", country="DE", description="19 %", percentage=Decimal(19))
    kept = books(tax_rates=(rate,), vendors=(vendor("v-1", "Cards"), vendor("v-2", "CARDS")))
    reverse = TaxRule(
        code="DE19", treatment=Treatment.REVERSE_CHARGE, input_account=TRAVEL.code, output_account=TRAVEL.id
    )
    good = attrs.evolve(
        SETTINGS,
        tax_field="Tax",
        taxes=(TaxRule(code="rate-1"), reverse),
        vendors=(VendorMapping(brex="a", rillet="v-1"),),
        entities=(attrs.evolve(ENTITY, tax_account=TRAVEL.code),),
    )
    assert check(good, kept) == ()
    wrong = attrs.evolve(
        good,
        taxes=(TaxRule(code="19 %"), attrs.evolve(reverse, input_account="6900", output_account="1")),
        vendors=tuple(VendorMapping(brex=each, rillet=each) for each in ("v-1", "Nobody", "Cards")),
        entities=(attrs.evolve(ENTITY, tax_account="1"),),
    )
    assert check(wrong, kept) == (
        "entities[0].tax_account: Rillet has no account with the code or id '1'",
        "vendors[1].rillet: Rillet has no vendor 'Nobody'",
        "vendors[2].rillet: Rillet has 2 vendors 'Cards'; name one by its id",
        "taxes[0].code: Rillet has no tax rate with the code or id '19 %'",
        "taxes[1].input_account: the account 6900 Old Software is inactive",
        "taxes[1].output_account: Rillet has no account with the code or id '1'",
    )


def test_a_default_vendor_has_to_be_one() -> None:
    kept = books(vendors=(vendor("v-1", "Cards"), vendor("v-2", "CARDS")))
    assert check(attrs.evolve(SETTINGS, default_vendor="v-1"), kept) == ()
    assert check(attrs.evolve(SETTINGS, default_vendor="Cards"), kept) == (
        "default_vendor: Rillet has 2 vendors 'Cards'; name one by its id",
    )


def test_an_inactive_card_account_is_named_once() -> None:
    gone = attrs.evolve(CARD, status=AccountStatus.INACTIVE, subtype=None)
    found = check(SETTINGS, books(accounts=(TRAVEL, gone)))
    assert found == (
        "entities[0].card_account: the account 21120 Brex Card is inactive",
        "entities[0].reimbursement_account: Rillet has no account with the code or id '21340'",
    )
