"""What is wrong between the values of settings, each of which is right by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from brex_accounting import RecordType
from bridge.settings.approval_rules import ApprovalRule
from bridge.settings.card_account_rules import CardAccountRule
from bridge.settings.choices import Treatment
from bridge.settings.mistakes import KeyPath, Mistake, repeated
from bridge.settings.values import Settings, TaxRule, When

#: What needs a document of its own: a payment finds its bill, and a reimbursement tells who is paid back.
_ALONE = frozenset(
    {
        RecordType.BILL_EXPENSE,
        RecordType.BILL_EXPENSE_PAYMENT,
        RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
        RecordType.REIMBURSEMENT_EXPENSE_POST,
    }
)


def inconsistencies_of(settings: Settings) -> Iterator[Mistake]:
    """What is wrong between the values."""
    yield from _wrong_entities(settings)
    yield from _wrong_movements(settings)
    yield from _wrong_intercompany(settings)
    yield from _doubled_fields(settings)
    if len(settings.service_period_fields) not in {0, 2}:
        yield Mistake("it names two fields, that of the first day and that of the last", ("service_period_fields",))
    yield from repeated("fields", (each.brex for each in settings.fields))
    yield from repeated("accounts", ((each.merchant, each.entity, each.instead_of) for each in settings.accounts))
    yield from repeated(
        "entities", (each.name for each in settings.entities), advice="has the same name; rename one of them"
    )
    yield from repeated("vendors", (each.brex.strip().casefold() for each in settings.vendors))
    yield from repeated("taxes", (each.code for each in settings.taxes))
    yield from repeated("summarise", settings.summarise)
    if settings.taxes and settings.tax_field is None:
        text = "these rules need the tax_field, whose values are tax codes"
        yield Mistake(text, ("taxes", 0), about=(("tax_field",),))
    yield from _wrong_approvals(settings)
    yield from _wrong_card_accounts(settings)
    for index, tax in enumerate(settings.taxes):
        yield from _untaxable(tax, ("taxes", index))
    for index, kind in enumerate(settings.summarise):
        if not RecordType(kind).is_known:
            yield Mistake(f"Brex has no record type {kind!r}", ("summarise", index))
        elif kind in _ALONE:
            text = f"records of the type {kind} become documents of their own, not journal entries"
            yield Mistake(text, ("summarise", index))


def _wrong_approvals(settings: Settings) -> Iterator[Mistake]:
    for index, rule in enumerate(settings.approvals):
        path = ("approvals", index)
        if rule == ApprovalRule():
            yield Mistake("it is empty, and would hold nothing or everything; say what waits", path, about=(path,))
        types = (*path, "types")
        yield from _unknown_types(rule.types, types, types)


def _wrong_card_accounts(settings: Settings) -> Iterator[Mistake]:
    known = {entity.name for entity in settings.entities}
    for index, rule in enumerate(settings.card_accounts):
        path = ("card_accounts", index)
        if rule == CardAccountRule(account=rule.account, entity=rule.entity):
            keys = {each.name for each in attrs.fields(CardAccountRule)} - {"account", "entity"}
            text = "it says of no record that it is its; say whose by `user`, `field` and `value`, or another key"
            yield Mistake(text, path, about=tuple((*path, each) for each in keys))
        if rule.entity is not None and rule.entity not in known:
            yield Mistake(f"{rule.entity!r} is no entity of the settings", (*path, "entity"))
        if (rule.field is None) != (rule.value is None):
            yield _half(path)
        types = (*path, "types")
        yield from _unknown_types(rule.types, types, types)
    yield from repeated("card_accounts", (attrs.evolve(each, account="") for each in settings.card_accounts))


def _wrong_entities(settings: Settings) -> Iterator[Mistake]:
    if not settings.entities:
        yield Mistake("at least one entity is needed", ("entities",))
    rest = [index for index, entity in enumerate(settings.entities) if entity.when is None]
    if len(rest) > 1:
        names = " and ".join(settings.entities[index].name for index in rest)
        text = f"{names} have no `when`; only one entity can take all the rest"
        about = tuple(("entities", index, key) for index in rest for key in ("name", "when"))
        yield Mistake(text, ("entities", rest[-1]), about=about)
    known = {entity.name for entity in settings.entities}
    for index, rule in enumerate(settings.accounts):
        if rule.entity is not None and rule.entity not in known:
            yield Mistake(f"{rule.entity!r} is no entity of the settings", ("accounts", index, "entity"))
    for index, entity in enumerate(settings.entities):
        when, path = entity.when, ("entities", index, "when")
        if when is not None and (when.field is None) != (when.value is None):
            yield _half(path)
        if when is not None and when == When():
            yield Mistake("it is empty; leave it out to take all the rest", path, about=(path,))


def _wrong_movements(settings: Settings) -> Iterator[Mistake]:
    for index, entity in enumerate(settings.entities):
        if entity.movements is not None:
            path = ("entities", index, "movements")
            yield from _unknown_types(entity.movements.types, path, (*path, "types"))


def _wrong_intercompany(settings: Settings) -> Iterator[Mistake]:
    subsidiaries = {each.name: each.subsidiary for each in settings.entities}
    for index, rule in enumerate(settings.intercompany):
        path = ("intercompany", index)
        for key, name in (("payer", rule.payer), ("debtor", rule.debtor)):
            if name not in subsidiaries:
                yield Mistake(f"{name!r} is no entity of the settings", (*path, key))
        if rule.payer == rule.debtor:
            yield Mistake("nobody owes itself anything", (*path, "debtor"))
        elif rule.payer in subsidiaries and subsidiaries[rule.payer] == subsidiaries.get(rule.debtor):
            text = f"{rule.payer} and {rule.debtor} are one subsidiary, which owes itself nothing"
            yield Mistake(text, (*path, "debtor"))
    yield from repeated("intercompany", ((each.payer, each.debtor) for each in settings.intercompany))


def _doubled_fields(settings: Settings) -> Iterator[Mistake]:
    """A Brex field whose values would mean two things."""
    uses = {settings.gl_field: "gl_field"}
    for key, field in (("vendor_field", settings.vendor_field), ("tax_field", settings.tax_field)):
        if field is not None and (use := uses.setdefault(field, key)) != key:
            yield Mistake(f"{field!r} is the {use} already", (key,), about=((use,),))
    for index, mapping in enumerate(settings.fields):
        if (of := uses.get(mapping.brex)) is not None:
            yield Mistake(f"{mapping.brex!r} is the {of} already", ("fields", index, "brex"), about=((of,),))


def _unknown_types(types: Sequence[str], path: KeyPath, array: KeyPath) -> Iterator[Mistake]:
    for index, kind in enumerate(types):
        if not RecordType(kind).is_known:
            yield Mistake(f"Brex has no record type {kind!r}", path, about=((*array, index),))


def _half(path: KeyPath) -> Mistake:
    return Mistake("`field` and `value` belong together", path, about=((*path, "field"), (*path, "value")))


def _untaxable(tax: TaxRule, path: KeyPath) -> Iterator[Mistake]:
    accounts = (tax.input_account, tax.output_account)
    about = tuple((*path, key) for key in ("treatment", "input_account", "output_account"))
    if tax.treatment is Treatment.REVERSE_CHARGE:
        if None in accounts:
            yield Mistake("a reverse charge needs an `input_account` and an `output_account`", path, about=about)
        if tax.sales_tax:
            yield Mistake("a reverse charge is VAT, never a sales tax", path)
    elif accounts != (None, None):
        text = 'only a reverse charge has an `input_account` and an `output_account`; treatment = "reverse_charge" makes it one'
        yield Mistake(text, path, about=about)
