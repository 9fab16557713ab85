"""Whether settings and books fit: everything that the settings name has to be in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from bridge.books import Books
from bridge.master_data import INACTIVE
from bridge.settings.values import Entity, Role, Settings, TaxRule, Treatment
from clientkit.showing import first_of

#: Charges are on accounts of this subtype alone.
CARD_SUBTYPE = "Credit Card"
_SHOWN = 20


class Problem(str):
    """What is wrong with the settings, with its place in them; `is_warning` tells that an export goes on all the same."""

    __slots__ = ("is_warning",)

    is_warning: bool

    def __new__(cls, text: str, *, is_warning: bool = False) -> Self:
        """A problem, in words."""
        made = super().__new__(cls, text)
        made.is_warning = is_warning
        return made


def check(settings: Settings, books: Books) -> tuple[Problem, ...]:
    """What the settings name and the books do not have, each with its place in the settings; empty when all is well.

    What only some records are refused for is a warning.
    """
    found = [each if isinstance(each, Problem) else Problem(each) for each in _problems(settings, books)]
    warnings = (*_untold_movements(settings), *_twins(books), *_unreadable(books))
    return (*found, *(Problem(each, is_warning=True) for each in warnings))


def _unreadable(books: Books) -> Iterator[str]:
    """What of the books cannot be read; it keeps back the records that need it."""
    for each in books.unreadable[:_SHOWN]:
        yield f"{books.ledger}: {each}; records that need it are refused"
    if (more := len(books.unreadable) - _SHOWN) > 0:
        yield f"{books.ledger}: {more} more objects cannot be read; records that need them are refused"


def _twins(books: Books) -> Iterator[str]:
    """Active accounts that share a code, by which the ledger is told where to post."""
    active = [each for each in {each.id: each for each in books.accounts}.values() if each.status != INACTIVE]
    for code in dict.fromkeys(each.code for each in active):
        names = [repr(each.name) for each in active if each.code == code]
        if len(names) > 1:
            yield (
                f"accounts: {books.ledger} has several active accounts with the code {code} ({first_of(names)}); records "
                f"that are coded to them are refused"
            )


def _untold_movements(settings: Settings) -> Iterator[str]:
    """Entities that nothing tells apart where money only moves."""
    entities = settings.entities
    untold = [
        each.name for each in entities if each.movements is None and (each.when is None or each.when.currency is None)
    ]
    if len(untold) < 2 or all(each.when is None or each.when.currency is not None for each in entities):
        return
    yield (
        f"entities: card payments and other movements of money that follow no record are refused, because nothing tells "
        f"whether they are of {' or of '.join(untold)}; say by `movements` whose they are"
    )


def check_for_all(settings: Settings, books: Books) -> tuple[Problem, ...]:
    """The problems that keep everything from being exported rightly."""
    return tuple(each for each in check(settings, books) if not each.is_warning)


def check_for_some(settings: Settings, books: Books) -> tuple[Problem, ...]:
    """The problems that concern some records alone, which are refused for them."""
    return tuple(each for each in check(settings, books) if each.is_warning)


def _problems(settings: Settings, books: Books) -> Iterator[str]:
    for index, entity in enumerate(settings.entities):
        yield from (_at(f"entities[{index}].", problem) for problem in _unfit(entity, books))
    for index, owed in enumerate(settings.intercompany):
        yield from _account(f"intercompany[{index}].due_from", owed.due_from, books)
        yield from _account(f"intercompany[{index}].due_to", owed.due_to, books)
        both = [
            books.subsidiary(each.subsidiary) for each in settings.entities if each.name in {owed.payer, owed.debtor}
        ]
        if len({each.id for each in both if each is not None}) == 1:
            yield f"intercompany[{index}].debtor: {owed.payer} and {owed.debtor} are one subsidiary of {books.ledger}"
    for index, mapping in enumerate(settings.fields):
        place = f"fields[{index}].rillet"
        if books.field(mapping.rillet) is None:
            yield _unread(place, "field", mapping.rillet, books) or (
                f"{place}: {books.ledger} has no custom field {mapping.rillet!r}"
            )
    for index, rule in enumerate(settings.accounts):
        yield from _account(f"accounts[{index}].account", rule.account, books)
    for index, card in enumerate(settings.card_accounts):
        yield from _card_account(f"card_accounts[{index}].account", card.account, books)
    for index, each in enumerate(settings.vendors):
        # Vendors are renamed and merged.
        named = _vendor(f"vendors[{index}].rillet", each.rillet, books)
        yield from (Problem(problem, is_warning=True) for problem in named)
    ruled = dict[str, int]()
    for index, tax in enumerate(settings.taxes):
        yield from (_at(f"taxes[{index}].code: ", problem) for problem in _tax_code(tax, index, ruled, books))
        yield from _account(f"taxes[{index}].input_account", tax.input_account, books)
        yield from _account(f"taxes[{index}].output_account", tax.output_account, books)
    named = _vendor("default_vendor", settings.default_vendor, books)
    yield from (Problem(problem, is_warning=True) for problem in named)


def _unfit(entity: Entity, books: Books) -> Iterator[str]:
    named = sum(each.trade_name == entity.subsidiary for each in books.subsidiaries)
    if named > 1 and all(each.id != entity.subsidiary for each in books.subsidiaries):
        yield f"subsidiary: {books.ledger} has {named} subsidiaries {entity.subsidiary!r}; name one by its id"
    if books.subsidiary(entity.subsidiary) is None:
        known = ", ".join(sorted(each.trade_name for each in books.subsidiaries))
        yield (
            _unread("subsidiary", "subsidiary", entity.subsidiary, books)
            or f"subsidiary: {books.ledger} has no subsidiary {entity.subsidiary!r}; it has {known}"
        )
    for role in Role:
        wanted = entity.account(role)
        yield from _card_account(role, wanted, books) if role is Role.CARD else _account(role, wanted, books)


def _card_account(place: str, wanted: str | None, books: Books) -> Iterator[str]:
    unfit = list(_account(place, wanted, books))
    yield from unfit
    account = None if wanted is None else books.account(wanted)
    if account is not None and not unfit and account.subtype != CARD_SUBTYPE:
        yield (
            f"{place}: the account {account.code} {account.name} has the subtype {account.subtype!r}; "
            f"Rillet takes charges on accounts of the subtype {CARD_SUBTYPE!r} alone"
        )


def _tax_code(tax: TaxRule, index: int, ruled: dict[str, int], books: Books) -> Iterator[str]:
    """What is wrong with a rule's code; `ruled` holds the rule of each tax rate that was looked at before."""
    rate = books.tax_rate(tax.code)
    if all(tax.code not in {each.id, each.code} for each in books.tax_rates):
        if (unread := books.unread("tax rate", tax.code) or books.nameless("tax rate")) is not None:
            yield Problem(str(unread), is_warning=True)
            return
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
        yield (
            _unread(place, "account", wanted, books)
            or f"{place}: {books.ledger} has no account with the code or id {wanted!r}"
        )
    elif account is not None and account.status == INACTIVE:
        yield f"{place}: the account {account.code} {account.name} is inactive"
    elif account is not None and (twins := books.twins(account)):
        names = first_of([repr(each.name) for each in (account, *twins)])
        yield f"{place}: {books.ledger} has several active accounts with the code {account.code} ({names})"


def _vendor(place: str, wanted: str | None, books: Books) -> Iterator[str]:
    if wanted is None or books.vendor(wanted) is not None:
        return
    named = len(books.vendors_by_name(wanted))
    if named == 0 and (unread := _unread(place, "vendor", wanted, books)) is not None:
        yield unread
    elif named == 0:
        yield f"{place}: {books.ledger} has no vendor {wanted!r}"
    elif named > 1:
        yield f"{place}: {books.ledger} has {named} vendors {wanted!r}; name one by its id"


def _unread(place: str, kind: str, wanted: str, books: Books) -> Problem | None:
    """That something is there and cannot be read, which concerns the records that need it alone."""
    found = books.unread(kind, wanted) or books.nameless(kind)
    return None if found is None else Problem(f"{place}: {found}; records that need it are refused", is_warning=True)


def _at(place: str, problem: str) -> Problem:
    return Problem(f"{place}{problem}", is_warning=isinstance(problem, Problem) and problem.is_warning)
