"""Settings as a company writes them."""

from __future__ import annotations

from datetime import date

from bridge import (
    Basis,
    ClosedPeriod,
    Coverage,
    Entity,
    FieldMapping,
    ForeignCurrency,
    NearDuplicates,
    OnChange,
    OnDelete,
    SameInvoice,
    Settings,
    TaxRule,
    Treatment,
    VendorMapping,
    When,
    read_settings,
)
from bridge.settings.choices import OtherTypes, Role
from support.companies.small import ENTITY
from support.settings_texts import INLINE, LONG, SHORT


def test_one_entity_is_enough() -> None:
    assert read_settings(SHORT) == Settings(entities=(ENTITY,))
    defaults = read_settings(SHORT)
    assert (defaults.gl_field, defaults.reference_type) == ("GL_ACCOUNT", "brex")
    assert (defaults.reimbursement_basis, defaults.closed_period) == (Basis.ACCRUAL, ClosedPeriod.REFUSE)
    assert not defaults.report_refusals


def test_many_keys_can_be_said() -> None:
    settings = read_settings(LONG)
    assert settings == Settings(
        entities=(
            Entity(
                name="UK",
                subsidiary="sub-uk",
                card_account="id-21130",
                reimbursement_account="21340",
                when=When(field="Legal Entity", value="UK", currency="GBP", location="London"),
                since=date(2026, 1, 1),
            ),
            ENTITY,
        ),
        fields=(FieldMapping(brex="Team", rillet="Department"), FieldMapping(brex="Class", rillet="field-class")),
        gl_field="GL Account",
        reference_type="brex-records",
        reimbursement_basis=Basis.CASH,
        closed_period=ClosedPeriod.FIRST_OPEN_DAY,
        default_vendor="Card Purchases",
        record_link="https://example.com/records/{id}",
        rillet_link="https://example.com/{kind}/{id}",
        report_refusals=True,
        vendor_field="Vendor",
        near_duplicates=NearDuplicates.CREATE,
        tax_field="Tax",
        tax_coverage=Coverage.EXCLUSIVE,
        foreign_currency=ForeignCurrency.SUBSIDIARY,
        summarise=("CARD_PAYMENT", "CARD_EXPENSE_POST"),
        receipts=False,
        on_change=OnChange.CORRECT,
        on_delete=OnDelete.DELETE,
        same_invoice=SameInvoice.REFUSE,
        vendors=(VendorMapping(brex="UBER *TRIP", rillet="Uber"),),
        taxes=(
            TaxRule(code="DE19", treatment=Treatment.TAXED, coverage=Coverage.INCLUSIVE),
            TaxRule(code="RC19", treatment=Treatment.REVERSE_CHARGE, input_account="14000", output_account="25000"),
            TaxRule(code="NY", sales_tax=True),
        ),
    )
    assert isinstance(settings.reimbursement_basis, Basis)
    assert isinstance(settings.closed_period, ClosedPeriod)


def test_what_the_other_types_of_records_need_can_be_said() -> None:
    keys = {role: f"account of {role.label}" for role in Role}
    accounts = "".join(f'{role} = "{account}"\n' for role, account in keys.items())
    settings = read_settings(
        f'other_types = "journal_entry"\ntime_zone = "subsidiary"\n[[entities]]\nname = "US"\nsubsidiary = "S"\n{accounts}'
    )
    (entity,) = settings.entities
    assert {role: entity.account(role) for role in Role} == keys
    assert (settings.other_types, settings.time_zone) == (OtherTypes.JOURNAL_ENTRY, "subsidiary")
    assert {role: ENTITY.account(role) for role in Role} == {
        **dict.fromkeys(Role), Role.CARD: "21120", Role.REIMBURSEMENT: "21340",
    }  # fmt: skip


def test_tables_may_be_inline() -> None:
    assert read_settings(INLINE).entities[0].when == When(currency="USD")
