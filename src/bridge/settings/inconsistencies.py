"""What is wrong between the values of settings, each of which is right by itself."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

import attrs

from brex_accounting import RecordType
from bridge.settings.approval_rules import ApprovalRule
from bridge.settings.card_account_rules import CardAccountRule
from bridge.settings.values import Settings, TaxRule, Treatment, When

#: What needs a document of its own: a payment finds its bill, and a reimbursement tells who is paid back.
_ALONE = frozenset(
    {
        RecordType.BILL_EXPENSE,
        RecordType.BILL_EXPENSE_PAYMENT,
        RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
        RecordType.REIMBURSEMENT_EXPENSE_POST,
    }
)


def inconsistencies_of(settings: Settings) -> Iterator[str]:
    """What is wrong between the values, in the form of cattrs' messages: ``text @ path``."""
    yield from _wrong_entities(settings)
    yield from _wrong_movements(settings)
    yield from _wrong_intercompany(settings)
    yield from _doubled_fields(settings)
    if len(settings.service_period_fields) not in {0, 2}:
        yield "it names two fields, that of the first day and that of the last @ service_period_fields"
    yield from _repeated("fields", (each.brex for each in settings.fields))
    yield from _repeated("accounts", ((each.merchant, each.entity, each.instead_of) for each in settings.accounts))
    yield from _repeated("entities", (each.name for each in settings.entities))
    yield from _repeated("vendors", (each.brex.strip().casefold() for each in settings.vendors))
    yield from _repeated("taxes", (each.code for each in settings.taxes))
    yield from _repeated("summarise", settings.summarise)
    if settings.taxes and settings.tax_field is None:
        yield "these rules need the tax_field, whose values are tax codes @ taxes[0]"
    yield from _wrong_approvals(settings)
    yield from _wrong_card_accounts(settings)
    for index, tax in enumerate(settings.taxes):
        yield from (f"{problem} @ taxes[{index}]" for problem in _untaxable(tax))
    for index, kind in enumerate(settings.summarise):
        if not RecordType(kind).is_known:
            yield f"Brex has no record type {kind!r} @ summarise[{index}]"
        elif kind in _ALONE:
            yield f"records of the type {kind} become documents of their own, not journal entries @ summarise[{index}]"


def _wrong_approvals(settings: Settings) -> Iterator[str]:
    for index, rule in enumerate(settings.approvals):
        if rule == ApprovalRule():
            yield f"it is empty, and would hold nothing or everything; say what waits @ approvals[{index}]"
        for kind in rule.types:
            if not RecordType(kind).is_known:
                yield f"Brex has no record type {kind!r} @ approvals[{index}].types"


def _wrong_card_accounts(settings: Settings) -> Iterator[str]:
    known = {entity.name for entity in settings.entities}
    for index, rule in enumerate(settings.card_accounts):
        place = f"card_accounts[{index}]"
        if rule == CardAccountRule(account=rule.account, entity=rule.entity):
            yield f"it says of no record that it is its; say whose by `user`, `field` and `value`, or another key @ {place}"
        if rule.entity is not None and rule.entity not in known:
            yield f"{rule.entity!r} is no entity of the settings @ {place}.entity"
        if (rule.field is None) != (rule.value is None):
            yield f"`field` and `value` belong together @ {place}"
        for kind in rule.types:
            if not RecordType(kind).is_known:
                yield f"Brex has no record type {kind!r} @ {place}.types"
    yield from _repeated("card_accounts", (attrs.evolve(each, account="") for each in settings.card_accounts))


def _wrong_entities(settings: Settings) -> Iterator[str]:
    if not settings.entities:
        yield "at least one entity is needed @ entities"
    rest = [index for index, entity in enumerate(settings.entities) if entity.when is None]
    if len(rest) > 1:
        names = " and ".join(settings.entities[index].name for index in rest)
        yield f"{names} have no `when`; only one entity can take all the rest @ entities[{rest[-1]}]"
    known = {entity.name for entity in settings.entities}
    for index, rule in enumerate(settings.accounts):
        if rule.entity is not None and rule.entity not in known:
            yield f"{rule.entity!r} is no entity of the settings @ accounts[{index}].entity"
    for index, entity in enumerate(settings.entities):
        when = entity.when
        if when is not None and (when.field is None) != (when.value is None):
            yield f"`field` and `value` belong together @ entities[{index}].when"
        if when is not None and when == When():
            yield f"it is empty; leave it out to take all the rest @ entities[{index}].when"


def _wrong_movements(settings: Settings) -> Iterator[str]:
    for index, entity in enumerate(settings.entities):
        for kind in entity.movements.types if entity.movements is not None else ():
            if not RecordType(kind).is_known:
                yield f"Brex has no record type {kind!r} @ entities[{index}].movements"


def _wrong_intercompany(settings: Settings) -> Iterator[str]:
    subsidiaries = {each.name: each.subsidiary for each in settings.entities}
    for index, rule in enumerate(settings.intercompany):
        for key, name in (("payer", rule.payer), ("debtor", rule.debtor)):
            if name not in subsidiaries:
                yield f"{name!r} is no entity of the settings @ intercompany[{index}].{key}"
        if rule.payer == rule.debtor:
            yield f"nobody owes itself anything @ intercompany[{index}].debtor"
        elif rule.payer in subsidiaries and subsidiaries[rule.payer] == subsidiaries.get(rule.debtor):
            text = f"{rule.payer} and {rule.debtor} are one subsidiary, which owes itself nothing"
            yield f"{text} @ intercompany[{index}].debtor"
    yield from _repeated("intercompany", ((each.payer, each.debtor) for each in settings.intercompany))


def _doubled_fields(settings: Settings) -> Iterator[str]:
    """A Brex field whose values would mean two things."""
    uses = {settings.gl_field: "gl_field"}
    for key, field in (("vendor_field", settings.vendor_field), ("tax_field", settings.tax_field)):
        if field is not None and uses.setdefault(field, key) != key:
            yield f"{field!r} is the {uses[field]} already @ {key}"
    for index, mapping in enumerate(settings.fields):
        if mapping.brex in uses:
            yield f"{mapping.brex!r} is the {uses[mapping.brex]} already @ fields[{index}].brex"


def _repeated(key: str, values: Iterable[Hashable]) -> Iterator[str]:
    first = dict[Hashable, int]()
    for index, value in enumerate(values):
        if first.setdefault(value, index) != index:
            yield f"{key}[{first[value]}] is about the same already; take one of them out @ {key}[{index}]"


def _untaxable(tax: TaxRule) -> Iterator[str]:
    accounts = (tax.input_account, tax.output_account)
    if tax.treatment is Treatment.REVERSE_CHARGE:
        if None in accounts:
            yield "a reverse charge needs an `input_account` and an `output_account`"
        if tax.sales_tax:
            yield "a reverse charge is VAT, never a sales tax"
    elif accounts != (None, None):
        yield 'only a reverse charge has an `input_account` and an `output_account`; treatment = "reverse_charge" makes it one'
