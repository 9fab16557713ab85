"""Records with tax codes, from Brex to the trial balance of Rillet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs
import pytest

import brex_accounting.testing
import rillet.testing
from brex_accounting import RecordType, ReviewStatus
from brex_accounting.testing.records import card_expense, card_refund, gl, record, reimbursement
from bridge import (
    Coverage,
    OtherTypes,
    TaxRule,
)
from bridge.export import load_books
from clientkit.money import total
from rillet import AccountType
from rillet.testing import chart_of_accounts
from rillet.testing.builders import account as chart_account
from support.companies.exported import Company, records_in
from support.companies.small import (
    expense,
)
from support.laws.taxes import ENTITY, RATES, REVERSE, settings, tax
from support.proof import prove

STANDIN_ENTITY = attrs.evolve(
    ENTITY,
    subsidiary="Example Inc.",
    card_account="21120",
    bank_account="11100",
    personal_expense_receivable_account="12500",
    rewards_account="48000",
    accounts_payable_account="21100",
)
STANDIN_SETTINGS = settings(entities=(STANDIN_ENTITY,), fields=(), other_types=OtherTypes.JOURNAL_ENTRY)


def taxed_company() -> Company:
    accounts = (
        *chart_of_accounts(),
        chart_account("14000", "Input Tax", AccountType.ASSET, "Other Current Asset"),
        chart_account("22600", "Output Tax", AccountType.LIABILITY, "Other Current Liability"),
    )
    return Company(
        brex=brex_accounting.testing.StandIn(rate_limit=None),
        rillet=rillet.testing.StandIn(accounts=accounts, tax_rates=RATES, reference_types={"brex"}),
    )


@pytest.mark.parametrize("coverage", Coverage)
def test_what_was_spent_is_what_was_paid(coverage: Coverage) -> None:
    company = taxed_company()
    company.brex.add(expense("119.00", gl("61000"), tax("DE19")))

    run = company.export(attrs.evolve(STANDIN_SETTINGS, tax_coverage=coverage)).run()

    assert run.amounts == {"USD": Decimal("119.00")}


@pytest.mark.parametrize("coverage", Coverage)
def test_the_books_are_right_with_taxes(coverage: Coverage) -> None:
    company = taxed_company()
    kinds = [
        [gl("61000"), tax("DE19")],
        [gl("62000"), tax("DE7")],
        [gl("62000"), tax("DE0")],
        [gl("63000"), tax("NY8")],
        [gl("63000")],
    ]
    amounts = ["100.01", "33.33", "19.99", "0.05", "7.00"]
    splits = list(zip(amounts, kinds, strict=True))
    whole = str(total(Decimal(each) for each in amounts))
    records = [
        card_expense(whole, splits=splits, record_id="accr_expense"),
        card_refund(whole, splits=splits, record_id="accr_refund"),
        reimbursement(
            whole, splits=splits, record_id="accr_reimbursed", type=RecordType.REIMBURSEMENT_EXPENSE_APPROVAL
        ),
        record(
            RecordType.BILL_EXPENSE, debits=splits, credits=[(whole, ())], vendor="Sample Stationery",
            record_id="accr_bill", source_id="expense_bill",
        ),
        record(RecordType.INVOICE, debits=splits, credits=[(whole, [gl("41000"), tax("DE19")])], record_id="accr_in"),
    ]  # fmt: skip
    company.brex.add(*records)
    rules = (attrs.evolve(REVERSE, code="DE7", output_account="22600"), TaxRule(code="NY8", sales_tax=True))
    taxed = attrs.evolve(STANDIN_SETTINGS, tax_coverage=coverage, taxes=rules)

    run = company.export(taxed).run()

    assert run.complete, run
    assert sorted(each.kind for each in run.posted) == sorted(
        ["charges", "charges", "reimbursements", "bills", "journal-entries"]
    )
    client = company.rillet.client()
    books = load_books(client)
    assert books.tax_rates == RATES
    exported = records_in(company.brex.client(), ReviewStatus.EXPORTED)
    assert len(exported) == len(records)
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    rows = prove(exported, taxed, books, client, first=first, last=last)
    assert [row.difference for row in rows] == [0] * len(rows)
    debited = {row.account: row.rillet_debit for row in rows}
    # Of an expense, a reimbursement, a bill and an invoice: 15.97 of 100.01, and 2.33 on 33.33.
    assert debited["22500"] == 4 * Decimal("15.97")
    assert debited["14000"] == 4 * Decimal("2.33")
    # Without the codes the proof differs, so it does read the tax.
    unaware = attrs.evolve(taxed, tax_field=None, taxes=())
    assert any(row.difference for row in prove(exported, unaware, books, client, first=first, last=last))
