"""A settings file proposed from what both services have; what nobody can know from there is left to a person, as a comment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs

from bridge.books import Books, normalised
from bridge.field_sync import FieldWithValues
from bridge.master_data import INACTIVE, Account, Subsidiary
from bridge.settings.check import CARD_SUBTYPE
from bridge.settings.choices import Role

_MOST_NAMED = 6
#: Words in the names of accounts between subsidiaries.
_BETWEEN = ("due from", "due to", "affiliate", "intercompany", "inter company")
_GL_NAMES = ("gl account", "general ledger account")


@attrs.frozen
class _Search:
    """Which accounts may play a role, and the words of which a name has one, where its kind alone does not tell."""

    role: Role
    may_be: Callable[[Account], bool]
    words: tuple[str, ...] = ()
    is_needed: bool = False


def _of(type_: str, *subtypes: str) -> Callable[[Account], bool]:
    return lambda account: account.type == type_ and (not subtypes or account.subtype in subtypes)


_SEARCHES = (
    _Search(Role.CARD, lambda account: account.subtype == CARD_SUBTYPE, is_needed=True),
    _Search(Role.REIMBURSEMENT, _of("LIABILITY"), ("reimburs", "employee"), is_needed=True),
    _Search(Role.BANK, _of("ASSET", "Bank")),
    _Search(Role.PERSONAL_EXPENSE_RECEIVABLE, _of("ASSET"), ("personal", "employee")),
    _Search(Role.REWARDS, _of("INCOME"), ("reward", "cashback")),
    _Search(Role.CLEARING, _of("ASSET"), ("clearing",)),
    _Search(Role.ACCOUNTS_PAYABLE, _of("LIABILITY", "Accounts Payable")),
    _Search(Role.ACCRUAL, _of("LIABILITY"), ("accrued", "accrual")),
)
# Rillet debits the tax of vendors itself, and takes tax only where it has an account of this subtype. It is never filled
# in: no API tells which codes are reverse charges, and these would be posted as tax that was paid.
_TAX = _Search(Role.TAX, _of("LIABILITY", "Sales Tax Liability"))


def proposed_settings(
    books: Books, fields: Sequence[FieldWithValues] | None, *, default_entity: str | None = None
) -> str:
    """The text of a settings file for these books, with a comment behind everything that was concluded.

    A required key that several accounts could be is left out, with the choice in a comment: the file is refused, with the
    line, until a person has chosen. `fields` are those of Brex; None where it was not asked. `default_entity` is the name
    of the legal entity that Brex calls its default, which a comment tells: whether it takes the records without a value,
    a person says.
    """
    return "\n".join(_lines(books, fields, default_entity)) + "\n"


def _lines(books: Books, fields: Sequence[FieldWithValues] | None, default_entity: str | None) -> Iterator[str]:
    yield "# Proposed from what both services have. Read every line: what stands behind a # was concluded, or is yours to say."
    yield "# Then: brex-rillet check --settings THIS_FILE"
    yield ""
    yield from _general(books, fields)
    entity_field = _entity_field(books, fields or ())
    found = {each.role: _accounts(each, books) for each in (*_SEARCHES, _TAX)}
    rest, default = _rest(books, entity_field), _default(books, default_entity)
    for subsidiary in books.subsidiaries:
        yield ""
        yield from _entity(subsidiary, books, found)
        if len(books.subsidiaries) > 1:
            yield from _whose(subsidiary, entity_field, rest, default)
        yield "# since = 2026-01-01  # the first day of the export; what counts before it is left alone"
    yield from _intercompany(books)
    yield from _taxes(books)
    yield from _mapped_fields(books, fields, entity_field)


def _general(books: Books, fields: Sequence[FieldWithValues] | None) -> Iterator[str]:
    types = sorted({each.type for vendor in books.vendors for each in vendor.external_references})
    seen = f"; vendors have references of {_listed(types)}" if types else ""
    yield f'reference_type = "brex"  # a person creates it once: Settings → External References{seen}'
    yield '# reimbursement_basis = "accrual"  # or "cash": as in the accounting settings of Brex'
    yield '# closed_period = "refuse"  # or "first_open_day"'
    by_name = {normalised(each.field.name or ""): each for each in fields or ()}
    gl = next((by_name[name] for name in _GL_NAMES if name in by_name), None)
    if gl is not None:
        yield f"gl_field = {_quoted(_id_of(gl))}  # {_one_line(gl.field.name or '')}"
    elif fields:
        yield f'# gl_field = "GL_ACCOUNT"  # which field has the account? Brex lists {_listed(_names(fields))}'
    else:
        yield '# gl_field = "GL_ACCOUNT"  # Brex lists no fields; this is what is taken'
    codes = {normalised(each.code) for each in books.tax_rates}
    taxed = _field_of_values(codes, fields or ()) if codes else None
    if taxed is not None:
        yield f"tax_field = {_quoted(_id_of(taxed))}  # its values are tax codes of {books.ledger}"


def _entity(subsidiary: Subsidiary, books: Books, found: dict[Role, tuple[Account, ...]]) -> Iterator[str]:
    named = [each for each in books.subsidiaries if each.trade_name == subsidiary.trade_name]
    is_alone = len(named) == 1
    place = "" if is_alone else f" {len([each for each in named if each.id <= subsidiary.id])}"
    yield "[[entities]]"
    yield f"name = {_quoted(subsidiary.trade_name + place)}"
    told = _quoted(subsidiary.trade_name) if is_alone else f"{_quoted(subsidiary.id)}  # several have this name"
    yield f"subsidiary = {told}"
    for search in _SEARCHES:
        yield _role(search, found[search.role], subsidiary, books)
    yield from _tax_account(books, found[Role.TAX])
    yield '# uncoded_account = "…"  # what accrue debits with spending that nobody has coded yet'


def _tax_account(books: Books, may_be: tuple[Account, ...]) -> Iterator[str]:
    if not books.tax_rates or not may_be:
        yield '# tax_account = "…"  # what Rillet debits with the tax that vendors charge'
        return
    first = _quoted(may_be[0].code) if len(may_be) == 1 else '"…"'
    named = _one_line(may_be[0].name) if len(may_be) == 1 else f"one of {_named(may_be)}"
    yield f"# tax_account = {first}  # {named}; say in [[taxes]] first which codes are reverse charges: no tax is paid with them"


def _intercompany(books: Books) -> Iterator[str]:
    """What a person says of what subsidiaries owe each other, where there are several."""
    if len(books.subsidiaries) < 2:
        return
    alike = [each for each in books.accounts if each.status != INACTIVE and _is_between(each)]
    yield ""
    yield "# [[intercompany]]  # accounts for what one entity owes another that has paid for it; without it such records are refused"
    yield '# payer = "…"  # the name of the entity that pays'
    yield '# debtor = "…"  # the name of the entity that owes'
    for key, type_ in (("due_from", "ASSET"), ("due_to", "LIABILITY")):
        found = tuple(each for each in alike if each.type == type_)
        yield f'# {key} = "…"  # {f"one of {_named(found)}" if found else "no account was found for it"}'


def _is_between(account: Account) -> bool:
    return any(word in normalised(account.name) for word in _BETWEEN)


def _taxes(books: Books) -> Iterator[str]:
    """What a person says of tax codes, where there are some with a tax."""
    codes = [f"{each.code} ({_one_line(each.description)})" for each in books.tax_rates if each.percentage]
    if codes:
        yield ""
        yield f"# [[taxes]]  # one for each code that is a reverse charge, of {_listed(codes)}"
        yield '# code = "…"'
        yield '# treatment = "reverse_charge"'
        yield '# input_account = "…"  # what is deducted'
        yield '# output_account = "…"  # what is owed'


def _whose(
    subsidiary: Subsidiary,
    entity_field: FieldWithValues | None,
    rest: Subsidiary | None,
    default: Subsidiary | None,
) -> Iterator[str]:
    """Which records are this subsidiary's."""
    value = _value_of(subsidiary, entity_field)
    if entity_field is not None and value is not None:
        name = _one_line(entity_field.field.name or entity_field.field.brex_id)
        yield f"when = {{ field = {_quoted(_id_of(entity_field))}, value = {_quoted(value)} }}  # of {name}; the one entity without it takes what has no value"
    elif subsidiary is rest:
        yield "# it takes all the records that no other entity claims"
    else:
        yield '# when = { field = "…", value = "…" }  # which records are its own? One entity without it takes the rest'
    if subsidiary is default:
        yield "# Brex calls this one its default entity: are the records without a value its own? Then leave `when` out here"
    currency = _quoted(subsidiary.currency)
    yield f"# movements = {{ currency = {currency} }}  # card payments and the like, which nobody codes: are all of these its own?"


def _rest(books: Books, entity_field: FieldWithValues | None) -> Subsidiary | None:
    """The one subsidiary that no value names, which takes the rest; None where there are several."""
    unnamed = [each for each in books.subsidiaries if _value_of(each, entity_field) is None]
    return unnamed[0] if len(unnamed) == 1 else None


def _default(books: Books, name: str | None) -> Subsidiary | None:
    """The subsidiary with the name of Brex's default entity. What Brex does with that entity is not documented."""
    wanted = None if name is None else normalised(name)
    found = [each for each in books.subsidiaries if normalised(each.trade_name) == wanted]
    return found[0] if len(found) == 1 else None


def _role(search: _Search, may_be: tuple[Account, ...], subsidiary: Subsidiary, books: Books) -> str:
    chosen, key = _chosen(may_be, subsidiary, books), search.role.value
    if chosen is not None:
        others = [each for each in may_be if each.id != chosen.id]
        why = f", by its name; others are {_named(others)}" if others else ""
        return f"{key} = {_quoted(chosen.code)}  # {_one_line(chosen.name)}{why}"
    need = "needed: " if search.is_needed else ""
    options = f"one of {_named(may_be)}" if may_be else "no account was found for it"
    return f'# {key} = "…"  # {need}{options}'


def _accounts(search: _Search, books: Books) -> tuple[Account, ...]:
    """The active accounts that may play the role: by their kind, and the first of the words that any name has."""
    alike = [each for each in books.accounts if each.status != INACTIVE and search.may_be(each)]
    alike = [each for each in alike if not books.twins(each)]
    for word in search.words:
        named = tuple(each for each in alike if word in normalised(each.name))
        if named:
            return named
    return () if search.words else tuple(alike)


def _chosen(may_be: tuple[Account, ...], subsidiary: Subsidiary, books: Books) -> Account | None:
    """The account of this subsidiary: the only one, or the one whose name speaks of it alone."""
    if len(may_be) == 1:
        return may_be[0]
    speaking = {
        each.id: [account for account in may_be if _speaks_of(account, each, books)] for each in books.subsidiaries
    }
    own = speaking[subsidiary.id]
    if own:
        return own[0] if len(own) == 1 else None
    # Where every other one has its own, what is left over is this one's.
    others = [found for each, found in speaking.items() if each != subsidiary.id]
    taken = {found[0].id for found in others if len(found) == 1}
    left = [each for each in may_be if each.id not in taken]
    return left[0] if len(taken) == len(others) and len(left) == 1 else None


def _speaks_of(account: Account, subsidiary: Subsidiary, books: Books) -> bool:
    """Whether a name has a word that stands for this subsidiary and for no other: its currency, country or own word."""
    others = {word for each in books.subsidiaries if each.id != subsidiary.id for word in _words(each)}
    return not (_words(subsidiary) - others).isdisjoint(normalised(account.name).split())


def _words(subsidiary: Subsidiary) -> set[str]:
    currency = subsidiary.currency.casefold()
    # A currency's code begins with that of its country, but for the euro and what begins with an X.
    country = set[str]() if currency == "eur" or currency.startswith("x") else {currency[:2]}
    return {*normalised(subsidiary.trade_name).split(), currency, *country}


def _entity_field(books: Books, fields: Sequence[FieldWithValues]) -> FieldWithValues | None:
    """The field whose values name subsidiaries, where there are several."""
    if len(books.subsidiaries) < 2:
        return None
    return _field_of_values({normalised(each.trade_name) for each in books.subsidiaries}, fields)


def _field_of_values(wanted: set[str], fields: Sequence[FieldWithValues]) -> FieldWithValues | None:
    """The one field with the most of these values, at least one; None where two have as many."""
    counts = [(len(wanted & _values(each)), each) for each in fields if not each.field.is_disabled]
    best = max((count for count, _ in counts), default=0)
    found = [each for count, each in counts if count == best]
    return found[0] if best and len(found) == 1 else None


def _values(field: FieldWithValues) -> set[str]:
    names = (name for each in field.values for name in (each.value, each.value_id, each.remote_id) if name)
    return {normalised(name) for name in names}


def _value_of(subsidiary: Subsidiary, field: FieldWithValues | None) -> str | None:
    """How the field names a subsidiary; None where it does not."""
    for each in field.values if field is not None else ():
        names = [name for name in (each.remote_id, each.value_id, each.value) if name]
        if subsidiary.id in names or normalised(subsidiary.trade_name) in map(normalised, names):
            return names[0]
    return None


def _mapped_fields(
    books: Books, fields: Sequence[FieldWithValues] | None, entity_field: FieldWithValues | None
) -> Iterator[str]:
    if fields is None:
        yield ""
        yield "# Brex's fields could not be read; [[fields]] tells which of them go into which field of Rillet."
        return
    names = {normalised(each.field.name or ""): each for each in fields if each is not entity_field}
    for each in books.fields:
        same = names.pop(normalised(each.name), None)
        yield ""
        if same is not None and not same.field.is_disabled:
            yield from ("[[fields]]", f"brex = {_quoted(same.field.name or '')}", f"rillet = {_quoted(each.name)}")
        else:
            yield f"# [[fields]]  # no field of Brex is called {_one_line(each.name)}"
            yield from ('# brex = "…"', f"# rillet = {_quoted(each.name)}")


def _id_of(each: FieldWithValues) -> str:
    return each.field.remote_id or each.field.name or each.field.brex_id


def _names(fields: Iterable[FieldWithValues]) -> list[str]:
    return [_one_line(each.field.name or each.field.brex_id) for each in fields]


def _named(accounts: Iterable[Account]) -> str:
    return _listed([f"{each.code} {_one_line(each.name)}" for each in accounts])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _one_line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _quoted(text: str) -> str:
    # A basic string of TOML is one of JSON, but for this one character that JSON lets through.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
