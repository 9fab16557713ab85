"""How a company's Brex account maps onto its Rillet books, as values; `bridge.read_settings` reads them from a TOML file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType

import attrs

from bridge.settings.approval_rules import ApprovalRule
from bridge.settings.card_account_rules import CardAccountRule
from bridge.settings.choices import (
    Basis,
    BillTiming,
    CardHolder,
    ClosedPeriod,
    Coverage,
    ForeignCurrency,
    NearDuplicates,
    OnChange,
    OnDelete,
    OtherTypes,
    PageAction,
    Payouts,
    Role,
    SameInvoice,
    TaxRounding,
    Treatment,
)
from bridge.vendors.entries import VendorEntries
from clientkit.showing import html_of, tables_of

#: As `Settings.time_zone`: the time zone of the subsidiary that a record belongs to.
OF_SUBSIDIARY = "subsidiary"


class SettingsError(ValueError):
    """Settings that cannot be used; `problems` names each wrong key, type or account with its place."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.problems,)


@attrs.frozen(kw_only=True)
class When:
    """Which records belong to an entity; all conditions must hold.

    - `field`: the Brex field (remote id, Brex id or name) that a line of the record must have, with the `value` below.
    - `value`: the value of that field (remote id, Brex id or name).
    - `currency`: the record's ISO 4217 code.
    - `location`: the id or name of the user's location.
    """

    field: str | None = None
    value: str | None = None
    currency: str | None = None
    location: str | None = None


@attrs.frozen(kw_only=True)
class Movements:
    """Which movements of money belong to an entity, if their coding and `source_id` do not decide; all conditions must hold.

    Without conditions all movements belong to it. Brex does not send the card program or the bank account of a movement.

    - `currency`: the record's ISO 4217 code.
    - `types`: record types such as ``CARD_PAYMENT``.
    """

    currency: str | None = None
    types: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Entity:
    """One accounting entity: the Rillet subsidiary that a part of the Brex account belongs to, and its accounts.

    Accounts are codes or ids; an id survives a renumbering. `card_account` and `reimbursement_account` are required. A
    record that needs one of the other accounts is refused without it.

    - `name`: the name by which other settings and messages refer to the entity.
    - `subsidiary`: the trade name or id of the subsidiary in Rillet.
    - `card_account`: the liability for the cards; an account of the subtype ``Credit Card``.
    - `reimbursement_account`: the liability to employees.
    - `bank_account`: the account from and to which card bills, bills and repayments are paid.
    - `personal_expense_receivable_account`: the receivable for employees' own expenses on a card.
    - `rewards_account`: the account that is credited with redeemed rewards.
    - `clearing_account`: the account for money in transit between the bank and the employees.
    - `accounts_payable_account`: the account that Rillet is set up to credit with bills.
    - `tax_account`: the account that Rillet is set up to debit with the tax that vendors charge.
    - `accrual_account`: the account that the entry of `accrue` credits; no document may be posted to it.
    - `uncoded_account`: the account that `accrue` debits with spending that is not coded yet.
    - `exchange_account`: the account for gains and losses on exchange, in the entry that `exchange-differences` proposes.
    - `when`: which coded records belong to the entity. Without it they are those without a value that another entity
      matches, and those whose value is the name of the entity or of its subsidiary.
    - `movements`: which movements of money belong to the entity, if nothing else decides.
    - `since`: the first day of the export; earlier records are ignored.
    - `opening_payables_until`: until this day, a payment whose bill is not in Rillet, because it is older than the export,
      becomes an entry against the payable account; without it such a payment is refused. One whose bill Brex still has to
      deliver waits for it.
    """

    name: str
    subsidiary: str
    card_account: str
    reimbursement_account: str
    bank_account: str | None = None
    personal_expense_receivable_account: str | None = None
    rewards_account: str | None = None
    clearing_account: str | None = None
    accounts_payable_account: str | None = None
    tax_account: str | None = None
    accrual_account: str | None = None
    uncoded_account: str | None = None
    exchange_account: str | None = None
    when: When | None = None
    movements: Movements | None = None
    since: date | None = None
    opening_payables_until: date | None = None

    def account(self, role: Role) -> str | None:
        """The account that plays a role, None where the settings name none."""
        return _NAMED_BY[role](self)


#: What an entity names for each role.
_NAMED_BY: Mapping[Role, Callable[[Entity], str | None]] = MappingProxyType(
    {role: attrgetter(role.value) for role in Role}
)


@attrs.frozen(kw_only=True)
class Intercompany:
    """The accounts for what one entity owes another that has paid for it.

    - `payer`: the name of the entity that pays.
    - `debtor`: the name of the entity that owes.
    - `due_from`: the account (code or id) in the payer's books for what the debtor owes it.
    - `due_to`: the account (code or id) in the debtor's books for what it owes the payer.
    """

    payer: str
    debtor: str
    due_from: str
    due_to: str


@attrs.frozen(kw_only=True)
class FieldMapping:
    """Which Rillet field takes the values of a Brex field; both are ids or names."""

    brex: str
    rillet: str


@attrs.frozen(kw_only=True)
class AccountRule:
    """Another account for some lines. All conditions must hold; the first matching rule applies.

    - `account`: the account that these lines are posted to, a code or an id.
    - `merchant`: the vendor's name, in any spelling, or its Brex id.
    - `entity`: the name of an entity.
    - `instead_of`: the account that they are coded to, a code or an id, even one that Rillet does not have. Without it
      the rule is for uncoded lines to which none of the entity's accounts applies.
    """

    account: str
    merchant: str | None = None
    entity: str | None = None
    instead_of: str | None = None


@attrs.frozen(kw_only=True)
class VendorMapping:
    """The Rillet vendor of a merchant or person in Brex, if their names do not match.

    - `brex`: a merchant's name or Brex id, or a person's e-mail address.
    - `rillet`: a vendor's id or name.
    """

    brex: str
    rillet: str


@attrs.frozen(kw_only=True)
class TaxRule:
    """How one of Rillet's tax codes is treated; without a rule it is taxed, or exempt if its percentage is zero.

    - `code`: the tax rate's code or id.
    - `coverage`: replaces `Settings.tax_coverage` for this code.
    - `sales_tax`: the tax is a sales tax and no VAT, and therefore part of the price.
    - `input_account`: the account (code or id) that a reverse charge debits with the tax.
    - `output_account`: the account (code or id) that a reverse charge credits with the tax.
    """

    code: str
    treatment: Treatment | None = None
    coverage: Coverage | None = None
    sales_tax: bool = False
    input_account: str | None = None
    output_account: str | None = None


@attrs.frozen(kw_only=True, repr=False)
class Settings:
    """The settings of an export: how a company's Brex account maps onto its books.

    - `gl_field`: the Brex field (remote id, Brex id or name) whose value is a line's general ledger account.
    - `reference_type`: the type of external reference that links Rillet objects to Brex records. Create it once in
      Rillet's settings. Without it only journal entries can be found again after a crash, so keep it.
    - `intercompany`: the accounts between two entities, for records with lines of both. Without them such a record is
      refused.
    - `accounts`: rules, in order, that post lines to other accounts than those they are coded to.
    - `card_accounts`: rules, in order, for records on another card account than their entity's.
    - `time_zone`: decides on which day a moment falls: ``UTC``, ``subsidiary`` for that of the record's subsidiary, or the
      name of one, such as ``Europe/Berlin``. Midnight in UTC is taken to be a day without a time, and stays that day.
    - `other_types`: records of types without a mapping; those whose lines are all coded can become journal entries.
    - `vendors`: merchants and people whose vendor is named here; this takes precedence over all other matching.
    - `vendor_field`: the Brex field whose value is the vendor, if spenders choose one; its values are Rillet's vendors.
    - `near_duplicates`: what to do if a vendor to create resembles one in Rillet.
    - `tax_field`: the Brex field whose value is a line's tax code; `taxes` are rules for some of the codes.
    - `tax_coverage`: how taxed lines are shown in Rillet.
    - `tax_rounding`: whether tax is rounded on each line or once for a document.
    - `foreign_currency`: the currency in which records are posted whose currency is not their subsidiary's.
    - `summarise`: record types; records of such a type with the same day, entity and currency become one journal entry.
    - `receipts`: attach the receipts of a record to its charge or bill.
    - `on_change`: what to do when Brex changes a record that is in Rillet.
    - `on_delete`: what to do when nothing is left to post for a record that is in Rillet.
    - `same_invoice`: what to do with a second bill of one vendor with the same number.
    - `bill_timing`: when bills are posted; Brex is told about one that is posted early when it is ready for export.
    - `card_holder`: how lines name the spender, in brackets after their text.
    - `service_period_fields`: the two Brex fields whose values are the first and the last day of a line's service.
    - `payouts`: what a payout becomes if its reimbursement is in Rillet.
    - `default_vendor`: the vendor (id or name) of card records that name no merchant; without it they are refused.
    - `record_link`, `rillet_link`: addresses for people, with ``{id}`` (and ``{kind}``, such as ``charges``
      or ``journal-entries``) in them. Neither service documents its own.
    - `approvals`: postings that wait until somebody other than the person who prepared them approves them.
    - `page_actions`: what users can do on the page of ``serve``; by default they can only look.
    - `report_refusals`: tell Brex about refused records; it seems to remove them from the queue for good.
    """

    entities: tuple[Entity, ...]
    fields: tuple[FieldMapping, ...] = ()
    accounts: tuple[AccountRule, ...] = ()
    card_accounts: tuple[CardAccountRule, ...] = ()
    intercompany: tuple[Intercompany, ...] = ()
    gl_field: str = "GL_ACCOUNT"
    reference_type: str | None = "brex"
    reimbursement_basis: Basis = Basis.ACCRUAL
    closed_period: ClosedPeriod = ClosedPeriod.REFUSE
    time_zone: str = "UTC"
    other_types: OtherTypes = OtherTypes.REFUSE
    vendors: tuple[VendorMapping, ...] = ()
    vendor_field: str | None = None
    near_duplicates: NearDuplicates = NearDuplicates.REPORT
    tax_field: str | None = None
    taxes: tuple[TaxRule, ...] = ()
    tax_coverage: Coverage = Coverage.INCLUSIVE
    tax_rounding: TaxRounding = TaxRounding.LINE
    foreign_currency: ForeignCurrency = ForeignCurrency.DOCUMENT
    summarise: tuple[str, ...] = ()
    receipts: bool = True
    on_change: OnChange = OnChange.REPLACE
    on_delete: OnDelete = OnDelete.REFUSE
    same_invoice: SameInvoice = SameInvoice.WARN
    bill_timing: BillTiming = BillTiming.APPROVAL
    card_holder: CardHolder = CardHolder.NONE
    service_period_fields: tuple[str, ...] = ()
    payouts: Payouts = Payouts.PAYMENT
    default_vendor: str | None = None
    record_link: str | None = None
    rillet_link: str | None = None
    approvals: tuple[ApprovalRule, ...] = ()
    page_actions: tuple[PageAction, ...] = ()
    report_refusals: bool = False

    def __repr__(self) -> str:
        # All of it would be a page, which a notebook keeps.
        own = [
            each.name
            for each in attrs.fields(Settings)
            if each.name != "entities" and getattr(self, each.name) != each.default
        ]
        return f"<Settings: entities ({len(self.entities)}){''.join(f', {name}' for name in own)}>"

    def _repr_html_(self) -> str:
        return html_of(tables_of(self))

    def vendor_entry(self, brex_id: str, *, email: str, company: str) -> VendorMapping | None:
        """The first of `vendors` that means somebody, by any of the three; what is not known is empty."""
        return self._vendor_entries.about(brex_id, email=email, company=company)

    def record_address(self, record_id: str) -> str | None:
        """Where people see a record in Brex."""
        return self.record_link.replace("{id}", record_id) if self.record_link else None

    def object_address(self, kind: str, object_id: str) -> str | None:
        """Where people see an object in Rillet."""
        return self.rillet_link.replace("{kind}", kind).replace("{id}", object_id) if self.rillet_link else None

    @cached_property
    def only_entity(self) -> Entity | None:
        """The entity of every record, where it is the only one and has no condition; else None."""
        return self.entities[0] if len(self.entities) == 1 and self.entities[0].when is None else None

    @cached_property
    def _vendor_entries(self) -> VendorEntries:
        return VendorEntries(self.vendors)
