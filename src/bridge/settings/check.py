"""Whether settings and books fit: everything that the settings name has to be in the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.books import Books
from bridge.master_data import INACTIVE
from bridge.settings.values import Entity, Role, Settings, TaxRule, Treatment

# Vendors come and go, and are renamed and merged.
_OF_SOME = ("vendors[", "default_vendor:")
_CARD_SUBTYPE = "Credit Card"


def check(settings: Settings, books: Books) -> tuple[str, ...]:
    """What the settings name and the books do not have, each with its place in the settings; empty when all is well."""
    return tuple(_problems(settings, books))


def check_for_all(settings: Settings, books: Books) -> tuple[str, ...]:
    """The problems that keep everything from being exported rightly."""
    return tuple(each for each in _problems(settings, books) if not each.startswith(_OF_SOME))


def check_for_some(settings: Settings, books: Books) -> tuple[str, ...]:
    """The problems that concern some records alone, which are refused for them."""
    return tuple(each for each in _problems(settings, books) if each.startswith(_OF_SOME))


def _problems(settings: Settings, books: Books) -> Iterator[str]:
    for index, entity in enumerate(settings.entities):
        yield from (f"entities[{index}].{problem}" for problem in _unfit(entity, books))
    for index, mapping in enumerate(settings.fields):
        if books.field(mapping.rillet) is None:
            yield f"fields[{index}].rillet: {books.ledger} has no custom field {mapping.rillet!r}"
    for index, rule in enumerate(settings.accounts):
        yield from _account(f"accounts[{index}].account", rule.account, books)
    for index, each in enumerate(settings.vendors):
        yield from _vendor(f"vendors[{index}].rillet", each.rillet, books)
    ruled = dict[str, int]()
    for index, tax in enumerate(settings.taxes):
        yield from (f"taxes[{index}].code: {problem}" for problem in _tax_code(tax, index, ruled, books))
        yield from _account(f"taxes[{index}].input_account", tax.input_account, books)
        yield from _account(f"taxes[{index}].output_account", tax.output_account, books)
    yield from _vendor("default_vendor", settings.default_vendor, books)


def _unfit(entity: Entity, books: Books) -> Iterator[str]:
    named = sum(each.trade_name == entity.subsidiary for each in books.subsidiaries)
    if named > 1 and all(each.id != entity.subsidiary for each in books.subsidiaries):
        yield f"subsidiary: {books.ledger} has {named} subsidiaries {entity.subsidiary!r}; name one by its id"
    if books.subsidiary(entity.subsidiary) is None:
        known = ", ".join(sorted(each.trade_name for each in books.subsidiaries))
        yield f"subsidiary: {books.ledger} has no subsidiary {entity.subsidiary!r}; it has {known}"
    for role in Role:
        wanted = entity.account(role)
        unfit = list(_account(role, wanted, books))
        yield from unfit
        account = None if wanted is None else books.account(wanted)
        if account is not None and not unfit and role is Role.CARD and account.subtype != _CARD_SUBTYPE:
            yield (
                f"{role}: the account {account.code} {account.name} has the subtype {account.subtype!r}; "
                f"Rillet takes charges on accounts of the subtype {_CARD_SUBTYPE!r} alone"
            )


def _tax_code(tax: TaxRule, index: int, ruled: dict[str, int], books: Books) -> Iterator[str]:
    """What is wrong with a rule's code; `ruled` holds the rule of each tax rate that was looked at before."""
    rate = books.tax_rate(tax.code)
    if all(tax.code not in {each.id, each.code} for each in books.tax_rates):
        yield f"{books.ledger} has no tax rate with the code or id {tax.code!r}"
    elif rate is None:
        yield f"{books.ledger} has several tax rates with the code {tax.code!r}; name one by its id"
    elif (first := ruled.setdefault(rate.id, index)) != index:
        yield f"taxes[{first}] is about the tax rate {rate.code} already; take one of them out"
    elif tax.treatment is Treatment.REVERSE_CHARGE and not rate.percentage:
        yield f"a reverse charge of 0 % is nothing; give {rate.code!r} in {books.ledger} the percentage that the company owes"


def _account(place: str, wanted: str | None, books: Books) -> Iterator[str]:
    account = None if wanted is None else books.account(wanted)
    if wanted is not None and account is None:
        yield f"{place}: {books.ledger} has no account with the code or id {wanted!r}"
    elif account is not None and account.status == INACTIVE:
        yield f"{place}: the account {account.code} {account.name} is inactive"


def _vendor(place: str, wanted: str | None, books: Books) -> Iterator[str]:
    if wanted is None or books.vendor(wanted) is not None:
        return
    named = len(books.vendors_by_name(wanted))
    if named == 0:
        yield f"{place}: {books.ledger} has no vendor {wanted!r}"
    elif named > 1:
        yield f"{place}: {books.ledger} has {named} vendors {wanted!r}; name one by its id"
