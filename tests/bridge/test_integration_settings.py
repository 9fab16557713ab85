"""Each thing that Brex's own integration asks a company for changes what is posted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import attrs

from brex_accounting import Record, RecordType
from brex_accounting.testing.records import dimension, gl
from bridge import Basis, Bridge, Decision, Post, Skip, SkipCode, When, effect
from rillet import TaxRate
from support.companies.small import (
    AMERICA,
    BOOKS,
    SETTINGS,
    WHOLE_ENTITY,
    account,
    books,
    document,
    expense,
    moved,
    on,
    posted,
    reimbursed,
)

OTHER = "99000"
KEPT = books(accounts=(*BOOKS.accounts, account(OTHER, "Another", subtype="Credit Card")))


def outcome(record: Record, **changes: Any) -> Decision:
    """The outcome for an entity with something else in its settings."""
    return Bridge(attrs.evolve(SETTINGS, entities=(attrs.evolve(WHOLE_ENTITY, **changes),))).outcome(record, KEPT)


def accounts(record: Record, **changes: Any) -> set[str]:
    """The accounts that a record is posted to."""
    return {posting.account for posting in effect(posted(outcome(record, **changes)).payload)}


def test_cards_payable_account() -> None:
    assert accounts(expense()) == {"6100", "21120"}
    assert accounts(expense(), card_account=OTHER) == {"6100", OTHER}


def test_reimbursements_payable_account() -> None:
    assert accounts(reimbursed()) == {"6100", "21340"}
    assert accounts(reimbursed(), reimbursement_account=OTHER) == {"6100", OTHER}


def test_personal_expense_receivable_account() -> None:
    repaid = moved(RecordType.CARD_EXPENSE_REPAYMENT)
    assert accounts(repaid) == {"11100", "12600"}
    assert accounts(repaid, personal_expense_receivable_account=OTHER) == {"11100", OTHER}


def test_rewards_account() -> None:
    redeemed = moved(RecordType.REWARD_REDEMPTION)
    assert accounts(redeemed) == {"21120", "71000"}
    assert accounts(redeemed, rewards_account=OTHER) == {"21120", OTHER}


def test_manual_payments_account() -> None:
    payment = moved(RecordType.CARD_PAYMENT)
    assert accounts(payment) == {"21120", "11100"}
    assert accounts(payment, bank_account=OTHER) == {"21120", OTHER}


def test_cash_clearing_account() -> None:
    payout = moved(RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT)
    assert accounts(payout) == {"21340", "11900"}
    assert accounts(payout, clearing_account=OTHER) == {"21340", OTHER}


def test_accounts_payable_account() -> None:
    by_card = moved(RecordType.BILL_EXPENSE_CARD_PAYMENT)
    assert accounts(by_card) == {"20000", "21120"}
    assert accounts(by_card, accounts_payable_account=OTHER) == {OTHER, "21120"}


def test_sync_from_date() -> None:
    assert isinstance(outcome(expense(), since=date(2026, 2, 3)), Post)
    assert isinstance(outcome(expense(), since=date(2026, 2, 4)), Skip)


def test_subsidiary_override() -> None:
    euros = attrs.evolve(AMERICA, id="sub-de", trade_name="Example GmbH")
    kept = attrs.evolve(KEPT, subsidiaries=(*KEPT.subsidiaries, euros))
    german = attrs.evolve(WHOLE_ENTITY, name="DE", subsidiary="Example GmbH", when=When(field="Legal", value="de"))
    company = Bridge(attrs.evolve(SETTINGS, entities=(WHOLE_ENTITY, german)))
    assert document(company.outcome(expense(), kept)).subsidiary_id == "sub-us"
    claimed = expense("5", gl("6100"), dimension("Legal", "de"))
    assert document(company.outcome(claimed, kept)).subsidiary_id == "sub-de"


BOTH = (
    attrs.evolve(WHOLE_ENTITY, since=date(2026, 2, 3)),
    attrs.evolve(
        WHOLE_ENTITY,
        name="Old",
        subsidiary="sub-old",
        card_account=OTHER,
        reimbursement_account="20000",
        since=date(2026, 3, 1),
        when=When(field="Legal", value="old"),
    ),
)
OLD = attrs.evolve(AMERICA, id="sub-old", trade_name="Old Example Inc.")
TWO = attrs.evolve(KEPT, subsidiaries=(*KEPT.subsidiaries, OLD))


def of_old(record: Record) -> Record:
    """The record as one of the other subsidiary."""
    first, *rest = record.line_items
    values = (*first.accounting_field_values, dimension("Legal", "old"))
    return attrs.evolve(record, line_items=(attrs.evolve(first, accounting_field_values=values), *rest))


def test_payable_accounts_of_each_subsidiary() -> None:
    company = Bridge(attrs.evolve(SETTINGS, entities=tuple(attrs.evolve(each, since=None) for each in BOTH)))
    for record, ours, theirs in ((expense(), "21120", OTHER), (reimbursed(), "21340", "20000")):
        payloads = [document(company.outcome(each, TWO)) for each in (record, of_old(record))]
        assert [each.subsidiary_id for each in payloads] == ["sub-us", "sub-old"]
        accounts = [{posting.account for posting in effect(each)} for each in payloads]
        assert accounts == [{"6100", ours}, {"6100", theirs}]


def test_sync_from_date_of_each_subsidiary() -> None:
    company = Bridge(attrs.evolve(SETTINGS, entities=BOTH))
    assert isinstance(company.outcome(expense(), TWO), Post)
    assert isinstance(company.outcome(of_old(expense()), TWO), Skip)
    assert isinstance(company.outcome(on(date(2026, 3, 1), of_old(expense())), TWO), Post)


def test_general_ledger_accounts() -> None:
    record = expense("5", gl("6100"), dimension("Account", "6200"))
    for field, expected in (("GL_ACCOUNT", "6100"), ("Account", "6200")):
        post = posted(Bridge(attrs.evolve(SETTINGS, gl_field=field)).outcome(record, BOOKS))
        assert {posting.account for posting in effect(post.payload)} == {expected, "21120"}


def test_custom_fields() -> None:
    record = expense("5", gl("6100"), dimension("Team", "value-Sales"))
    for fields, count in ((SETTINGS.fields, 1), ((), 0)):
        payload = document(Bridge(attrs.evolve(SETTINGS, fields=fields)).outcome(record, BOOKS))
        assert [len(item.fields) for item in payload.items] == [count]


def test_vendors() -> None:
    record = expense("5", gl("6100"), dimension("Vendor", "v-ada"))
    for field, expected in ((None, "v-stationery"), ("Vendor", "v-ada")):
        company = Bridge(attrs.evolve(SETTINGS, vendor_field=field))
        assert document(company.outcome(record, BOOKS)).vendor_id == expected


def test_vat_rates() -> None:
    rate = TaxRate(id="rate-1", code="DE19", country="DE", description="19 %", percentage=Decimal(19))
    kept = attrs.evolve(KEPT, tax_rates=(rate,))
    taxed = expense("119", gl("6100"), dimension("Tax", "rate-1"))
    entity = attrs.evolve(WHOLE_ENTITY, tax_account=OTHER)
    for field, expected in ((None, {"6100", "21120"}), ("Tax", {"6100", "21120", OTHER})):
        company = Bridge(attrs.evolve(SETTINGS, entities=(entity,), tax_field=field))
        assert {posting.account for posting in effect(posted(company.outcome(taxed, kept)).payload)} == expected


def test_links_back_to_brex() -> None:
    for link, expected in ((None, None), ("https://example.com/{id}", "https://example.com/accr_1")):
        company = Bridge(attrs.evolve(SETTINGS, record_link=link))
        linked = document(company.outcome(attrs.evolve(expense(), id="accr_1"), BOOKS)).external_references
        # The others are of what the record is about, and of its version.
        assert [each.url for each in linked] == [expected, None, None]


def test_a_type_of_external_references() -> None:
    for kind, count in (("brex", 3), (None, 0)):
        company = Bridge(attrs.evolve(SETTINGS, reference_type=kind))
        assert len(document(company.outcome(expense(), BOOKS)).external_references) == count


def test_accrual_or_cash_basis() -> None:
    approved = reimbursed()
    paid_out = attrs.evolve(approved, type=RecordType.REIMBURSEMENT_EXPENSE_POST)
    for basis, counts, does_not in ((Basis.ACCRUAL, approved, paid_out), (Basis.CASH, paid_out, approved)):
        company = Bridge(attrs.evolve(SETTINGS, reimbursement_basis=basis))
        assert isinstance(company.outcome(counts, BOOKS), Post)
        outcome = company.outcome(does_not, BOOKS)
        assert isinstance(outcome, Skip)
        assert outcome.code is SkipCode.OTHER_BASIS
        assert outcome.why == (
            f"{does_not.type} is of the other basis; the settings say {basis}, which posts {counts.type}"
        )
