"""Whether settings and the source's fields fit: a misspelt name would not fail, it would send records elsewhere."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

import attrs

from brex_accounting import FieldValueRef, Record, RecordType
from bridge.amortization import amortised, is_amortised
from bridge.books import Books
from bridge.callers import ZONE_ADVICE, CallerError, Zones, zone_of
from bridge.card_accounts import folded, user_names
from bridge.decisions import Findings
from bridge.entities import has_choice, names_field, ownership
from bridge.field_sync import FieldWithValues
from bridge.settings.card_account_rules import CardAccountRule
from bridge.settings.default_accounts import role_of
from bridge.settings.mistakes import KeyPath, Mistake, Problem
from bridge.settings.values import OF_SUBSIDIARY, Movements, Settings, When
from clientkit.money import is_currency_code

#: What the general ledger field is called in a company without an ERP of its own; nobody has chosen that name.
_USUAL_GL_FIELD = "GL_ACCOUNT"
_WITH_PERIODS = frozenset(
    {
        RecordType.CARD_EXPENSE_POST,
        RecordType.CARD_EXPENSE_REFUND,
        RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
        RecordType.REIMBURSEMENT_EXPENSE_POST,
        RecordType.BILL_EXPENSE,
    }
)
# Of these a line may name the vendor; a reimbursement is its person's, and an entry nobody's.
_WITH_VENDORS = _WITH_PERIODS - {RecordType.REIMBURSEMENT_EXPENSE_APPROVAL, RecordType.REIMBURSEMENT_EXPENSE_POST}


@attrs.frozen
class _Known:
    """A field of the source: its names, and those of its values."""

    names: set[str]
    values: set[str]


class SourceFields:
    """The fields of the source: as it lists them, and as its records use them.

    `listed` is None where the source may not be asked. Records show fields too, but not all that there are.
    """

    def __init__(self, listed: Iterable[FieldWithValues] | None = ()) -> None:
        self.may_ask = listed is not None
        self._fields = [_known(each) for each in listed or ()]
        self.is_whole = bool(self._fields)
        self._locations, self._currencies, self._users = set[str](), set[str](), set[str]()

    def see(self, record: Record) -> None:
        """Learn what a record uses."""
        self._currencies.add(record.amount.currency)
        self._users |= user_names(record)
        if record.user is not None:
            self._locations |= {each for each in (record.user.location_id, record.user.location_name) if each}
        for line in record.line_items:
            for ref in line.accounting_field_values:
                self._learn(ref)

    @property
    def names(self) -> frozenset[str]:
        """Every name of every field."""
        return frozenset(name for each in self._fields for name in each.names)

    @property
    def locations(self) -> frozenset[str]:
        """The locations of people, as far as records tell."""
        return frozenset(self._locations)

    @property
    def users(self) -> frozenset[str]:
        """What people may be called by, as far as records tell; in lower case."""
        return frozenset(self._users)

    @property
    def currencies(self) -> frozenset[str]:
        """The currencies of records."""
        return frozenset(self._currencies)

    def values(self, field: str) -> frozenset[str]:
        """Every name of every value of the fields with this name."""
        return frozenset(value for each in self._fields if field in each.names for value in each.values)

    def _learn(self, ref: FieldValueRef) -> None:
        names = {each for each in (ref.brex_field_id, ref.remote_field_id, ref.field_name) if each}
        values = {each for each in (ref.brex_field_value_id, ref.remote_field_value_id, ref.field_value_name) if each}
        known = next((each for each in self._fields if not each.names.isdisjoint(names)), None)
        if known is None:
            self._fields.append(_Known(names, values))
        else:
            known.names.update(names)
            known.values.update(values)


def check_source(settings: Settings, books: Books, fields: SourceFields, zones: Zones) -> tuple[Problem, ...]:
    """What the settings name that the source does not have, each with its place in the settings; empty when all is well.

    Where the source lists its fields, everything that is not among them is a problem. Where it does not, only what looks
    like the misspelt name of something that its records use.
    """
    return tuple(Problem(each) for each in _mistakes(settings, books, fields, zones))


def _mistakes(settings: Settings, books: Books, fields: SourceFields, zones: Zones) -> Iterator[Mistake]:
    if not fields.may_ask:
        text = "the token may not read Brex's fields, so what the settings name of them could not be compared"
        yield Mistake(text, ("gl_field",), is_warning=True)
    names = list(_named_fields(settings))
    for path, field in names:
        yield from _field(path, field, fields, {each for _, each in names})
    whens: list[tuple[KeyPath, When | CardAccountRule]] = [
        *((("entities", index, "when"), each.when) for index, each in enumerate(settings.entities) if each.when is not None),
        *((("card_accounts", index), each) for index, each in enumerate(settings.card_accounts)),
    ]  # fmt: skip
    for path, when in whens:
        if when.field is not None and when.value is not None and when.field in fields.names:
            named = {other.value for _, other in whens if other.field == when.field and other.value is not None}
            values = fields.values(when.field)
            problem = _absent(when.value, values, named, f"value of {when.field!r}", is_certain=fields.is_whole)
            yield from (Mistake(each, (*path, "value")) for each in problem)
        if when.location is not None:
            named = {other.location for _, other in whens if other.location is not None}
            problem = _absent(when.location, fields.locations, named, "location", is_certain=False)
            yield from (Mistake(each, (*path, "location")) for each in problem)
    yield from _users(settings, fields)
    yield from _currencies(settings, books, fields)
    yield from _time_zones(settings, books, zones)


def _named_fields(settings: Settings) -> Iterator[tuple[KeyPath, str]]:
    for key, field in (
        ("gl_field", settings.gl_field),
        ("tax_field", settings.tax_field),
        ("vendor_field", settings.vendor_field),
    ):
        if field is not None:
            yield (key,), field
    for index, field in enumerate(settings.service_period_fields):
        yield ("service_period_fields", index), field
    for index, entity in enumerate(settings.entities):
        if entity.when is not None and entity.when.field is not None:
            yield ("entities", index, "when", "field"), entity.when.field
    for index, rule in enumerate(settings.card_accounts):
        if rule.field is not None:
            yield ("card_accounts", index, "field"), rule.field
    for index, mapping in enumerate(settings.fields):
        yield ("fields", index, "brex"), mapping.brex


def _field(path: KeyPath, field: str, fields: SourceFields, named: set[str]) -> Iterator[Mistake]:
    is_usual = path == ("gl_field",) and field == _USUAL_GL_FIELD
    found = _absent(field, fields.names, named, "field", is_certain=fields.is_whole and not is_usual)
    yield from (Mistake(each, path) for each in found)


def _absent(wanted: str, known: Iterable[str], named: set[str], what: str, *, is_certain: bool) -> Iterator[str]:
    """That something is not there; what the settings name elsewhere is no misspelling of it."""
    there = set(known)
    if wanted in there or (not there and not is_certain):
        return
    alike = suggestion(wanted, there - named)
    if alike is not None:
        yield f"Brex has no {what} {wanted!r}; did you mean {alike!r}?"
    elif is_certain:
        yield f"Brex has no {what} {wanted!r}"


def _users(settings: Settings, fields: SourceFields) -> Iterator[Mistake]:
    named = {each.user.casefold() for each in settings.card_accounts if each.user is not None}
    for index, rule in enumerate(settings.card_accounts):
        if rule.user is not None:
            problem = _absent(folded(rule.user), fields.users, named, "user", is_certain=False)
            # People come and go, and somebody else may have a similar name.
            yield from (Mistake(each, ("card_accounts", index, "user"), is_warning=True) for each in problem)


def _currencies(settings: Settings, books: Books, fields: SourceFields) -> Iterator[Mistake]:
    known = fields.currencies | {each.currency for each in books.subsidiaries}
    told: list[tuple[KeyPath, When | Movements | CardAccountRule | None]] = [
        (("entities", index, key), each)
        for index, entity in enumerate(settings.entities)
        for key, each in (("when", entity.when), ("movements", entity.movements))
    ]
    told += [(("card_accounts", index), each) for index, each in enumerate(settings.card_accounts)]
    for path, each in told:
        currency = None if each is None else each.currency
        if currency is not None and not is_currency_code(currency):
            alike = suggestion(currency, known)
            meant = "" if alike is None else f"; did you mean {alike!r}?"
            yield Mistake(f"{currency!r} is no code of ISO 4217 such as EUR{meant}", (*path, "currency"))


def _time_zones(settings: Settings, books: Books, zones: Zones) -> Iterator[Mistake]:
    # Those of subsidiaries concern their own records alone, which are refused.
    for name in () if settings.time_zone == OF_SUBSIDIARY else (settings.time_zone,):
        try:
            is_known = zone_of(name, zones) is not None
        except CallerError:
            # It refuses each record for itself.
            continue
        if not is_known:
            alike = suggestion(name, {each.timezone for each in books.subsidiaries} | {"UTC"})
            meant = "" if alike is None else f" (did you mean {alike!r}?)"
            yield Mistake(f"nobody here knows the time zone {name!r}{meant}; {ZONE_ADVICE}", ("time_zone",))


def suggestion(wanted: str, known: Iterable[str]) -> str | None:
    """What is most like a name, whatever its case; None where nothing is."""
    by_fold = {each.casefold(): each for each in sorted(known)}
    found = difflib.get_close_matches(wanted.casefold(), by_fold, n=1)
    return by_fold[found[0]] if found else None


def uncarried(record: Record, settings: Settings, books: Books) -> frozenset[str]:
    """The fields of the source with a value on a line of the record that nothing in the settings or the books takes.

    With them is amortization that cannot be read, or that has no place in what the line becomes.
    """
    used = {settings.gl_field, settings.tax_field, *(each.brex for each in settings.fields)}
    if record.type in _WITH_VENDORS and record.type not in settings.summarise:
        used.add(settings.vendor_field)
    used |= {each.when.field for each in settings.entities if each.when is not None}
    used |= {each.field for each in settings.card_accounts}
    names = {each for each in used if each is not None}
    periods, lines = settings.service_period_fields, record.line_items
    has_periods = bool(periods) or any(map(is_amortised, lines))
    without = _without_period(record, settings, books) if has_periods else frozenset[int]()
    lost = set[str]()
    for place, line in enumerate(lines):
        if not line.amount.amount:
            continue
        told = [ref for ref in line.accounting_field_values if has_choice(ref) or ref.field_value_name]
        used_here = names if place in without else names.union(periods)
        lost.update(
            ref.field_name or ref.remote_field_id or ref.brex_field_id
            for ref in told
            if not any(names_field(ref, each) for each in used_here)
            and not (
                ref.remote_field_id and getattr(books.field(ref.remote_field_id), "id", None) == ref.remote_field_id
            )
        )
        stands_for_account = role_of(record.type, line.type) is not None
        is_told = any(names_field(ref, each) for ref in told for each in periods)
        if (
            is_amortised(line)
            and not stands_for_account
            and not is_told
            and (place in without or amortised(line) is None)
        ):
            lost.add("amortization")
    return frozenset(lost)


def _without_period(record: Record, settings: Settings, books: Books) -> frozenset[int]:
    """The places of the lines whose service period has no place in what they become: an entry, also that of a debtor."""
    if record.type not in _WITH_PERIODS or record.type in settings.summarise:
        return frozenset(range(len(record.line_items)))
    owned = ownership(record, settings, books, Findings()) if settings.intercompany else None
    return frozenset[int]() if owned is None else owned.of_debtor


def _known(each: FieldWithValues) -> _Known:
    field = each.field
    names = {name for name in (field.brex_id, field.remote_id, field.name) if name}
    values = {
        name for value in each.values for name in (value.brex_id, value.remote_id, value.value_id, value.value) if name
    }
    return _Known(names, values)
