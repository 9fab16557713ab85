"""The card account of a record: its entity's, or that of a rule for a card, an employee or a programme."""

from __future__ import annotations

import attrs

from brex_accounting import Record
from bridge.entities import names_field
from bridge.settings.card_account_rules import CardAccountRule
from bridge.settings.values import Entity, Settings


def card_account_rule(record: Record, entity: Entity, settings: Settings) -> CardAccountRule | None:
    """The first rule that holds for a record of an entity, None where the entity's own account counts."""
    return next((each for each in settings.card_accounts if _holds(each, record, entity)), None)


def with_card_account(entity: Entity, record: Record, settings: Settings) -> Entity:
    """The entity with the card account that a record is on."""
    rule = card_account_rule(record, entity, settings)
    return entity if rule is None else attrs.evolve(entity, card_account=rule.account)


def _holds(rule: CardAccountRule, record: Record, entity: Entity) -> bool:
    user = record.user
    return (
        (rule.entity is None or rule.entity == entity.name)
        and (rule.currency is None or rule.currency == record.amount.currency)
        and (not rule.types or record.type in rule.types)
        and (rule.location is None or (user is not None and rule.location in {user.location_id, user.location_name}))
        and (rule.user is None or folded(rule.user) in user_names(record))
        and (rule.field is None or _has_value(record, rule.field, rule.value))
    )


def user_names(record: Record) -> frozenset[str]:
    """What the person who spent may be called by, without regard to case and blanks."""
    user = record.user
    told = () if user is None else (user.email, f"{user.first_name} {user.last_name}", user.id)
    return frozenset(folded(each) for each in told if each.strip())


def _has_value(record: Record, field: str, value: str | None) -> bool:
    return any(
        names_field(ref, field) and value in {ref.remote_field_value_id, ref.brex_field_value_id, ref.field_value_name}
        for line in record.line_items
        for ref in line.accounting_field_values
    )


def folded(text: str) -> str:
    """A person's name as it is compared: without regard to case and blanks."""
    return " ".join(text.split()).casefold()
