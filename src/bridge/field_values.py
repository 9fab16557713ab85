"""Which values of the ledger's custom fields a line of Brex has."""

from __future__ import annotations

from brex_accounting import FieldValueRef, LineItem
from bridge.books import Books, FieldValues
from bridge.decisions import Findings, ReasonCode
from bridge.entities import has_choice, names_field
from bridge.master_data import Field
from bridge.settings.values import FieldMapping, Settings
from bridge.unreadable import UnreadableEntry
from bridge.values import FieldAssignment


def is_tax_code(ref: FieldValueRef, settings: Settings) -> bool:
    """Whether a value is a tax code."""
    field = settings.tax_field
    return field is not None and names_field(ref, field) and (has_choice(ref) or bool(ref.field_value_name))


def tax_code(line: LineItem, settings: Settings) -> FieldValueRef | None:
    """The value by which a line has a tax code; None where it has none."""
    if settings.tax_field is None:
        return None
    return next((ref for ref in line.accounting_field_values if is_tax_code(ref, settings)), None)


def assignments(line: LineItem, settings: Settings, books: Books, findings: Findings) -> tuple[FieldAssignment, ...]:
    """The values of a line, each once; what the ledger does not have is noted as a reason."""
    refs = line.accounting_field_values
    if len(refs) == 1 and names_field(refs[0], settings.gl_field):
        # Most lines have an account and nothing else.
        return ()
    made: list[FieldAssignment] = []
    for ref in refs:
        if names_field(ref, settings.gl_field) or is_tax_code(ref, settings):
            continue
        assigned = _assigned(ref, line.id, settings, books, findings)
        if assigned is not None and assigned not in made:
            made.append(assigned)
    return tuple(made)


def _assigned(
    ref: FieldValueRef, line_id: str, settings: Settings, books: Books, findings: Findings
) -> FieldAssignment | None:
    shown = ref.field_value_name or ref.remote_field_value_id or ref.brex_field_value_id
    if not shown:
        return None
    mapping = next((each for each in settings.fields if names_field(ref, each.brex)), None)
    field = _own_field(ref, books) if mapping is None else books.field(mapping.rillet)
    unread = None if field is not None else _unread_field(ref, mapping, books)
    if unread is not None:
        text = f"its value {shown!r} belongs to a field of {books.ledger}, and {unread}"
        findings.add(ReasonCode.UNREADABLE, text, line_id)
    elif field is None and mapping is not None:
        text = f"its value {shown!r} belongs to the field {mapping.rillet!r}, which {books.ledger} does not have"
        findings.add(ReasonCode.UNKNOWN_FIELD_VALUE, text, line_id)
    if field is None:
        return None
    value = _values(field, books).find(ref.remote_field_value_id, ref.field_value_name)
    unread = None if value is not None else _unread_value(ref, books)
    if unread is not None:
        findings.add(ReasonCode.UNREADABLE, f"its value {shown!r} is one of {field.name}, and {unread}", line_id)
    elif value is None:
        text = f"{field.name} has no value {shown!r} in {books.ledger}"
        findings.add(ReasonCode.UNKNOWN_FIELD_VALUE, text, line_id)
    elif value.deactivated:
        text = f"{field.name}: {value.name} is deactivated in {books.ledger}"
        findings.add(ReasonCode.DEACTIVATED_FIELD_VALUE, text, line_id)
    else:
        return FieldAssignment(field_id=field.id, field_value_id=value.id)
    return None


def _unread_field(ref: FieldValueRef, mapping: FieldMapping | None, books: Books) -> UnreadableEntry | None:
    if mapping is None:
        return books.unread("field", ref.remote_field_id)
    return books.unread("field", mapping.rillet) or books.nameless("field")


def _unread_value(ref: FieldValueRef, books: Books) -> UnreadableEntry | None:
    named = books.unread("field value", ref.remote_field_value_id, ref.field_value_name)
    return named or books.nameless("field value")


def _values(field: Field, books: Books) -> FieldValues:
    known = books.field_values.get(field.id)
    # Of fields that have one id, the last is known by it.
    return known if known is not None and known.field is field else FieldValues(field)


def _own_field(ref: FieldValueRef, books: Books) -> Field | None:
    """The Rillet field that a Brex field copies: its remote id is Rillet's own."""
    by_id = books.field(ref.remote_field_id) if ref.remote_field_id else None
    return by_id if by_id is not None and by_id.id == ref.remote_field_id else None
