"""The stand-in's organization, subsidiaries, accounts, fields, tax rates and book periods, and the trial balance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from rillet.ledger.fields import Field, FieldDisplay, FieldSettings, FieldUpdate, FieldValue, NewField, NewFieldValue
from rillet.testing.ledger.books import Books
from rillet.testing.server.routing import Call, Route, invalid, not_found
from rillet.testing.server.wire_forms import plain


class LedgerEndpoints:
    """Master data and what is read from the books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/health", _nothing)
        yield Route("GET", "/api-key", _nothing)
        yield Route("GET", "/organizations/self", self._organization)
        yield Route("GET", "/subsidiaries", self._subsidiaries)
        yield Route("GET", "/subsidiaries/{subsidiary_id}", self._subsidiary)
        yield Route("GET", "/accounts", self._books.accounts.whole)
        yield Route("GET", "/fields", self._books.fields.whole)
        yield Route("POST", "/fields", self._create_field)
        yield Route("PUT", "/fields/{field_id}", self._update_field)
        yield Route("POST", "/fields/{field_id}/values", self._add_value)
        yield Route("PUT", "/fields/{field_id}/values/{value_id}", self._rename_value)
        yield Route("DELETE", "/fields/{field_id}/values/{value_id}", self._delete_value)
        yield Route("GET", "/tax-rates", self._list_tax_rates)
        yield Route("GET", "/books/periods/last-closed", self._last_closed)
        yield Route("GET", "/reports/trial-balance", self._trial_balance)

    def _organization(self, _: Call) -> object:
        return plain(self._books.organization)

    def _subsidiaries(self, _: Call) -> object:
        return {"subsidiaries": [plain(each) for each in self._books.subsidiaries.values()]}

    def _subsidiary(self, call: Call) -> object:
        found = self._books.subsidiaries.get(call.ids["subsidiary_id"])
        if found is None:
            raise not_found(f"Subsidiary {call.ids['subsidiary_id']}")
        return plain(found)

    def _list_tax_rates(self, call: Call) -> object:
        wanted = call.asked.one("country")
        return {"tax_rates": [plain(each) for each in self._books.tax_rates.values() if wanted in {None, each.country}]}

    def _last_closed(self, _: Call) -> object:
        if self._books.last_closed is None:
            raise not_found("Last closed period")
        return plain(self._books.last_closed)

    def _create_field(self, call: Call) -> object:
        asked = call.body(NewField)
        made = Field(id=self._books.new_id(), name=_trimmed(asked.name), settings=FieldSettings())
        for value in asked.values:
            made = self._with_value(made, value)
        return self._put(made)

    def _update_field(self, call: Call) -> object:
        field = self._books.fields.get(call.ids["field_id"])
        asked = call.body(FieldUpdate)
        settings = asked.settings or field.settings
        rules = (settings.expenses, settings.revenue) if settings is not None else ()
        if any(rule is not None and rule.mandatory and rule.display is FieldDisplay.FREE_TAG for rule in rules):
            raise invalid("A free tagging field cannot be mandatory", "settings")
        return self._put(attrs.evolve(field, name=_trimmed(asked.name), settings=settings))

    def _add_value(self, call: Call) -> object:
        field = self._books.fields.get(call.ids["field_id"])
        return self._put(self._with_value(field, call.body(NewFieldValue)))

    def _rename_value(self, call: Call) -> object:
        field, value = self._field_and_value(call)
        others = [each for each in field.values if each.id != value.id]
        renamed = attrs.evolve(value, name=_unused(call.body(NewFieldValue).name, others))
        values = tuple(renamed if each.id == value.id else each for each in field.values)
        return self._put(attrs.evolve(field, values=values))

    def _delete_value(self, call: Call) -> object:
        field, value = self._field_and_value(call)
        # What is assigned somewhere is only retired, so that old objects keep it.
        retired = [attrs.evolve(value, deactivated=True)] if value.id in self._books.assigned_values else []
        values = [each for old in field.values for each in (retired if old.id == value.id else [old])]
        return self._put(attrs.evolve(field, values=tuple(values)))

    def _field_and_value(self, call: Call) -> tuple[Field, FieldValue]:
        field = self._books.fields.get(call.ids["field_id"])
        value = next((each for each in field.values if each.id == call.ids["value_id"]), None)
        if value is None:
            raise not_found(f"Field value {call.ids['value_id']}")
        return field, value

    def _with_value(self, field: Field, value: NewFieldValue) -> Field:
        made = FieldValue(id=self._books.new_id(), name=_unused(value.name, field.values))
        return attrs.evolve(field, values=(*field.values, made))

    def _put(self, field: Field) -> object:
        return self._books.fields.put(attrs.evolve(field, updated_at=self._books.now()))

    def _trial_balance(self, call: Call) -> object:
        books = self._books
        period = call.period()
        wanted = call.asked.one("subsidiary_id")
        report = books.ledger.trial_balance(
            books.accounts,
            from_date=period.from_date,
            to_date=period.to_date,
            currency=books.reporting_currency(wanted),
            subsidiary_id=wanted,
        )
        return plain(report)


def _nothing(_: Call) -> object:
    return {}


def _trimmed(name: str) -> str:
    if not name.strip():
        raise invalid("name must not be blank", "name")
    return name.strip()


def _unused(name: str, values: Sequence[FieldValue]) -> str:
    trimmed = _trimmed(name)
    if any(each.name == trimmed for each in values):
        raise invalid(f'Value "{trimmed}" already exists')
    return trimmed
