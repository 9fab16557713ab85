"""Settings beside the books: whatever they name has to be there."""

from __future__ import annotations

from decimal import Decimal

import attrs

from bridge import FieldMapping, Intercompany, Movements, Settings, TaxRule, Treatment, VendorMapping, When, check
from rillet import AccountStatus, AccountType, TaxRate
from support.companies.small import AMERICA, BOOKS, CARD, ENTITY, PAYABLE, SETTINGS, TRAVEL, books, vendor


def test_settings_that_fit_the_books_have_no_problems() -> None:
    assert check(SETTINGS, BOOKS) == ()
    assert check(attrs.evolve(SETTINGS, default_vendor="v-ada"), BOOKS) == ()
    assert check(attrs.evolve(SETTINGS, default_vendor="ada example"), BOOKS) == ()


def test_settings_that_contradict_themselves_are_found_also_if_no_file_was_read() -> None:
    twins = Settings(entities=(ENTITY, attrs.evolve(ENTITY, when=When(currency="CHF"))), summarise=("BILL_EXPENSE",))

    assert check(twins, BOOKS) == (
        "entities[1]: entities[0] has the same name; rename one of them",
        "summarise[0]: records of the type BILL_EXPENSE become documents of their own, not journal entries",
    )


def test_everything_that_the_books_do_not_have_is_named_with_its_place() -> None:
    wrong = Settings(
        entities=(
            attrs.evolve(ENTITY, name="AG", subsidiary="Example AG", card_account="1", when=When(currency="CHF")),
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
    lower, rate = (
        TaxRate(id=f"rate-{number}", code=f"DE{number}", country="DE", description=f"{number} %", percentage=number)
        for number in (Decimal(7), Decimal(19))
    )
    kept = books(tax_rates=(lower, rate), vendors=(vendor("v-1", "Cards"), vendor("v-2", "CARDS")))
    reverse = TaxRule(
        code="DE19", treatment=Treatment.REVERSE_CHARGE, input_account=TRAVEL.code, output_account=PAYABLE.id
    )
    good = attrs.evolve(
        SETTINGS,
        tax_field="Tax",
        taxes=(TaxRule(code="rate-7"), reverse),
        vendors=(VendorMapping(brex="a", rillet="v-1"),),
        entities=(attrs.evolve(ENTITY, tax_account=PAYABLE.code),),
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


def test_one_tax_rate_has_one_rule_and_a_reverse_charge_is_of_something() -> None:
    taxed, zero = (
        TaxRate(id=f"rate-{code}", code=code, country="DE", description=code, percentage=Decimal(percentage))
        for code, percentage in (("DE19", 19), ("DE-RC", 0))
    )
    reverse = TaxRule(
        code="DE-RC", treatment=Treatment.REVERSE_CHARGE, input_account=TRAVEL.code, output_account=PAYABLE.id
    )
    exempt = TaxRule(code="DE-RC", treatment=Treatment.EXEMPT)
    told = attrs.evolve(SETTINGS, tax_field="Tax")
    kept = books(tax_rates=(taxed, zero))
    assert check(attrs.evolve(told, taxes=(TaxRule(code="DE19"), exempt)), kept) == ()
    assert check(attrs.evolve(told, taxes=(TaxRule(code="DE19"), reverse, TaxRule(code="rate-DE19"))), kept) == (
        "taxes[1].code: a reverse charge of 0 % is nothing; give 'DE-RC' in Rillet the percentage that the company owes",
        "taxes[2].code: taxes[0] is about the tax rate DE19 already; take one of them out",
    )
    twice = books(tax_rates=(taxed, attrs.evolve(taxed, id="rate-2", country="AT")))
    assert check(attrs.evolve(told, taxes=(TaxRule(code="DE19"),)), twice) == (
        "taxes[0].code: Rillet has several tax rates with the code 'DE19'; name one by its id",
    )


def test_a_subsidiary_is_one() -> None:
    twice = books(subsidiaries=(AMERICA, attrs.evolve(AMERICA, id="sub-2")))
    assert check(SETTINGS, twice) == (
        "entities[0].subsidiary: Rillet has 2 subsidiaries 'Example Inc.'; name one by its id",
    )
    assert check(attrs.evolve(SETTINGS, entities=(attrs.evolve(ENTITY, subsidiary="sub-2"),)), twice) == ()


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


def test_what_concerns_some_records_alone_is_a_warning() -> None:
    uk = attrs.evolve(ENTITY, name="UK", subsidiary="Example Ltd", when=When(field="Legal", value="uk"))
    found = check(
        attrs.evolve(SETTINGS, entities=(ENTITY, uk), vendors=(VendorMapping(brex="a", rillet="Nobody"),)), BOOKS
    )
    assert [each.is_warning for each in found] == [True, True]
    assert found[0] == "vendors[0].rillet: Rillet has no vendor 'Nobody'"
    assert found[1] == (
        "entities: card payments and other movements of money that follow no record are refused, because nothing tells "
        "whether they are of US or of UK; say by `movements` whose they are"
    )
    told = (ENTITY, attrs.evolve(uk, movements=Movements(currency="GBP")))
    assert check(attrs.evolve(SETTINGS, entities=told), BOOKS) == ()
    in_pounds = (ENTITY, attrs.evolve(uk, when=When(currency="GBP")))
    assert check(attrs.evolve(SETTINGS, entities=in_pounds), BOOKS) == ()


def test_an_entity_that_nobody_knows_is_not_taken_for_the_other_ones_subsidiary() -> None:
    owed = Intercompany(payer="Nobody", debtor=ENTITY.name, due_from=TRAVEL.code, due_to=TRAVEL.code)
    one = attrs.evolve(SETTINGS, entities=(ENTITY, attrs.evolve(ENTITY, name="Other")), intercompany=(owed,))
    assert not any("one subsidiary" in each for each in check(one, BOOKS))
    same = attrs.evolve(one, intercompany=(attrs.evolve(owed, payer="Other"),))
    assert f"intercompany[0].debtor: Other and {ENTITY.name} are one subsidiary of Rillet" in check(same, BOOKS)


def test_a_mistyped_subsidiary_of_one_of_two_entities_is_one_mistake() -> None:
    wrong = attrs.evolve(ENTITY, name="Other", subsidiary="Exmaple Inc.", when=When(currency="GBP"))
    owed = Intercompany(payer="Other", debtor=ENTITY.name, due_from=TRAVEL.code, due_to=TRAVEL.code)
    told = attrs.evolve(SETTINGS, entities=(ENTITY, wrong), intercompany=(owed,))

    (found,) = [each for each in check(told, BOOKS) if not each.is_warning]

    assert found.startswith("entities[1].subsidiary: Rillet has no subsidiary 'Exmaple Inc.'")


def test_an_account_of_a_type_that_its_role_hardly_has_is_doubted() -> None:
    told = attrs.evolve(
        SETTINGS,
        entities=(attrs.evolve(ENTITY, reimbursement_account="6100", bank_account="21120", accrual_account="6100"),),
        taxes=(),
    )
    found = check(told, BOOKS)

    assert found == (
        "entities[0].reimbursement_account: the account 6100 Travel is an expense in Rillet; a liability is usual here",
        "entities[0].accrual_account: the account 6100 Travel is an expense in Rillet; a liability is usual here",
    )
    assert all(each.is_warning for each in found)


def test_a_type_that_nobody_knows_is_not_doubted() -> None:
    odd = attrs.evolve(TRAVEL, type=AccountType("CLEARING"))
    told = attrs.evolve(SETTINGS, entities=(attrs.evolve(ENTITY, accrual_account=odd.code),))

    assert (
        check(told, attrs.evolve(BOOKS, accounts=(*(each for each in BOOKS.accounts if each.id != odd.id), odd))) == ()
    )
