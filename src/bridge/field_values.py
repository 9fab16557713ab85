"""Which values of the ledger's custom fields a line of Brex has."""

from __future__ import annotations

from collections.abc import Iterable

from brex_accounting import FieldValueRef, LineItem
from bridge.books import Books, normalised
from bridge.decisions import Findings, ReasonCode
from bridge.entities import has_choice, names_field
from bridge.master_data import Field, FieldValue
from bridge.settings.values import FieldMapping, Settings
from bridge.unreadable import UnreadableEntry
from bridge.values import FieldAssignment


def is_tax_code(ref: FieldValueRef, settings: Settings) -> bool:
    """Whether a value is a tax code."""
    named = has_choice(ref) or bool(ref.field_value_name)
    return settings.tax_field is not None and names_field(ref, settings.tax_field) and named


def assignments(line: LineItem, settings: Settings, books: Books, findings: Findings) -> Iterable[FieldAssignment]:
    """The values of a line; what the ledger does not have is noted as a reason."""
    for ref in line.accounting_field_values:
        shown = ref.field_value_name or ref.remote_field_value_id or ref.brex_field_value_id
        if not shown or names_field(ref, settings.gl_field) or is_tax_code(ref, settings):
            continue
        mapping = next((each for each in settings.fields if names_field(ref, each.brex)), None)
        field = _own_field(ref, books) if mapping is None else books.field(mapping.rillet)
        unread = None if field is not None else _unread_field(ref, mapping, books)
        if unread is not None:
            text = f"its value {shown!r} belongs to a field of {books.ledger}, and {unread}"
            findings.add(ReasonCode.UNREADABLE, text, line.id)
        elif field is None and mapping is not None:
            text = f"its value {shown!r} belongs to the field {mapping.rillet!r}, which {books.ledger} does not have"
            findings.add(ReasonCode.UNKNOWN_FIELD_VALUE, text, line.id)
        if field is None:
            continue
        value = _value(field, ref)
        unread = None if value is not None else _unread_value(ref, books)
        if unread is not None:
            findings.add(ReasonCode.UNREADABLE, f"its value {shown!r} is one of {field.name}, and {unread}", line.id)
        elif value is None:
            text = f"{field.name} has no value {shown!r} in {books.ledger}"
            findings.add(ReasonCode.UNKNOWN_FIELD_VALUE, text, line.id)
        elif value.deactivated:
            text = f"{field.name}: {value.name} is deactivated in {books.ledger}"
            findings.add(ReasonCode.DEACTIVATED_FIELD_VALUE, text, line.id)
        else:
            yield FieldAssignment(field_id=field.id, field_value_id=value.id)


def _unread_field(ref: FieldValueRef, mapping: FieldMapping | None, books: Books) -> UnreadableEntry | None:
    if mapping is None:
        return books.unread("field", ref.remote_field_id)
    return books.unread("field", mapping.rillet) or books.nameless("field")


def _unread_value(ref: FieldValueRef, books: Books) -> UnreadableEntry | None:
    named = books.unread("field value", ref.remote_field_value_id, ref.field_value_name)
    return named or books.nameless("field value")


def _own_field(ref: FieldValueRef, books: Books) -> Field | None:
    """The Rillet field that a Brex field copies: its remote id is Rillet's own."""
    by_id = books.field(ref.remote_field_id) if ref.remote_field_id else None
    return by_id if by_id is not None and by_id.id == ref.remote_field_id else None


def _value(field: Field, ref: FieldValueRef) -> FieldValue | None:
    for value in field.values:
        if value.id == ref.remote_field_value_id:
            return value
    name = normalised(ref.field_value_name) if ref.field_value_name else None
    return next((value for value in field.values if name is not None and normalised(value.name) == name), None)
