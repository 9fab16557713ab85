"""Whether settings and books fit: everything that the settings name has to be in the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.books import Books
from bridge.master_data import INACTIVE
from bridge.settings.account_types import doubtful_types
from bridge.settings.choices import Role, Treatment
from bridge.settings.inconsistencies import inconsistencies_of
from bridge.settings.mistakes import KeyPath, Mistake
from bridge.settings.mistakes import Problem as Problem  # noqa: PLC0414 - who calls `check` takes it from here
from bridge.settings.values import Entity, Settings, TaxRule
from clientkit.showing import first_of

#: Charges are on accounts of this subtype alone.
CARD_SUBTYPE = "Credit Card"
_SHOWN = 20


def check(settings: Settings, books: Books) -> tuple[Problem, ...]:
    """What the settings name and the books do not have, each with its place in the settings; empty when all is well.

    What only some records are refused for is a warning.
    """
    found = (
        # A sync of invoices has settings of its own, and no entities.
        *(inconsistencies_of(settings) if settings.entities else ()),
        *_mistakes(settings, books),
        *doubtful_types(settings, books),
        *_untold_movements(settings),
        *_twins(books),
        *_unreadable(books),
    )
    return tuple(Problem(each) for each in found)


def _unreadable(books: Books) -> Iterator[Mistake]:
    """What of the books cannot be read; it keeps back the records that need it."""
    for each in books.unreadable[:_SHOWN]:
        yield _warning(f"{books.ledger}: {each}; records that need it are refused")
    if (more := len(books.unreadable) - _SHOWN) > 0:
        yield _warning(f"{books.ledger}: {more} more objects cannot be read; records that need them are refused")


def _twins(books: Books) -> Iterator[Mistake]:
    """Active accounts that share a code, by which the ledger is told where to post."""
    active = [each for each in {each.id: each for each in books.accounts}.values() if each.status != INACTIVE]
    for code in dict.fromkeys(each.code for each in active):
        names = [repr(each.name) for each in active if each.code == code]
        if len(names) > 1:
            yield _warning(
                f"{books.ledger} has several active accounts with the code {code} ({first_of(names)}); records "
                f"that are coded to them are refused",
                ("accounts",),
            )


def _untold_movements(settings: Settings) -> Iterator[Mistake]:
    """Entities that nothing tells apart where money only moves."""
    entities = settings.entities
    untold = {
        index: each.name
        for index, each in enumerate(entities)
        if each.movements is None and (each.when is None or each.when.currency is None)
    }
    if len(untold) < 2 or all(each.when is None or each.when.currency is not None for each in entities):
        return
    yield _warning(
        f"card payments and other movements of money that follow no record are refused, because nothing tells "
        f"whether they are of {' or of '.join(untold.values())}; say by `movements` whose they are",
        ("entities",),
        *(("entities", index, key) for index in untold for key in ("name", "when", "movements")),
    )


def check_rest(settings: Settings) -> tuple[Problem, ...]:
    """A warning where each entity takes some records alone, so that nobody takes the others.

    It is no part of `check`: that is asked at each run, and some companies want it so.
    """
    return tuple(Problem(each) for each in _without_rest(settings))


def _without_rest(settings: Settings) -> Iterator[Mistake]:
    entities = settings.entities
    if not entities or any(each.when is None for each in entities):
        return
    told = "the only entity has a `when`" if len(entities) == 1 else "every entity has a `when`"
    yield _warning(
        f"{told}, so records that fit none are refused, such as those that nobody has coded; leave it out for the one "
        f"entity that takes the rest",
        ("entities",),
        *(("entities", index, key) for index in range(len(entities)) for key in ("name", "when")),
    )


def check_for_all(settings: Settings, books: Books) -> tuple[Problem, ...]:
    """The problems that keep everything from being exported rightly."""
    return tuple(each for each in check(settings, books) if not each.is_warning)


def check_for_some(settings: Settings, books: Books) -> tuple[Problem, ...]:
    """The problems that concern some records alone, which are refused for them."""
    return tuple(each for each in check(settings, books) if each.is_warning)


def _mistakes(settings: Settings, books: Books) -> Iterator[Mistake]:
    for index, entity in enumerate(settings.entities):
        yield from _unfit(entity, ("entities", index), books)
    names = {each.name for each in settings.entities}
    for index, owed in enumerate(settings.intercompany):
        path = ("intercompany", index)
        yield from _account((*path, "due_from"), owed.due_from, books)
        yield from _account((*path, "due_to"), owed.due_to, books)
        both = {owed.payer, owed.debtor}
        found = [books.subsidiary(each.subsidiary) for each in settings.entities if each.name in both]
        if both <= names and None not in found and len({each.id for each in found if each is not None}) == 1:
            text = f"{owed.payer} and {owed.debtor} are one subsidiary of {books.ledger}"
            yield Mistake(text, (*path, "debtor"), about=((*path, "payer"),))
    for index, mapping in enumerate(settings.fields):
        place = ("fields", index, "rillet")
        if books.field(mapping.rillet) is None:
            yield _unread(place, "field", mapping.rillet, books) or Mistake(
                f"{books.ledger} has no custom field {mapping.rillet!r}", place
            )
    for index, rule in enumerate(settings.accounts):
        yield from _account(("accounts", index, "account"), rule.account, books)
    for index, card in enumerate(settings.card_accounts):
        yield from _card_account(("card_accounts", index, "account"), card.account, books)
    for index, each in enumerate(settings.vendors):
        yield from _vendor(("vendors", index, "rillet"), each.rillet, books)
    ruled = dict[str, int]()
    for index, tax in enumerate(settings.taxes):
        yield from _tax_code(tax, index, ruled, books)
        yield from _account(("taxes", index, "input_account"), tax.input_account, books)
        yield from _account(("taxes", index, "output_account"), tax.output_account, books)
    yield from _vendor(("default_vendor",), settings.default_vendor, books)


def _unfit(entity: Entity, path: KeyPath, books: Books) -> Iterator[Mistake]:
    place = (*path, "subsidiary")
    named = sum(each.trade_name == entity.subsidiary for each in books.subsidiaries)
    if named > 1 and all(each.id != entity.subsidiary for each in books.subsidiaries):
        yield Mistake(f"{books.ledger} has {named} subsidiaries {entity.subsidiary!r}; name one by its id", place)
    if books.subsidiary(entity.subsidiary) is None:
        known = ", ".join(sorted(each.trade_name for each in books.subsidiaries))
        yield _unread(place, "subsidiary", entity.subsidiary, books) or Mistake(
            f"{books.ledger} has no subsidiary {entity.subsidiary!r}; it has {known}", place
        )
    for role in Role:
        unfit = _card_account if role is Role.CARD else _account
        yield from unfit((*path, role.value), entity.account(role), books)


def _card_account(path: KeyPath, wanted: str | None, books: Books) -> Iterator[Mistake]:
    unfit = list(_account(path, wanted, books))
    yield from unfit
    account = None if wanted is None else books.account(wanted)
    if account is not None and not unfit and account.subtype != CARD_SUBTYPE:
        yield Mistake(
            f"the account {account.code} {account.name} has the subtype {account.subtype!r}; "
            f"Rillet takes charges on accounts of the subtype {CARD_SUBTYPE!r} alone",
            path,
        )


def _tax_code(tax: TaxRule, index: int, ruled: dict[str, int], books: Books) -> Iterator[Mistake]:
    """What is wrong with a rule's code; `ruled` holds the rule of each tax rate that was looked at before."""
    path = ("taxes", index, "code")
    rate = books.tax_rate(tax.code)
    if all(tax.code not in {each.id, each.code} for each in books.tax_rates):
        if (unread := books.unread("tax rate", tax.code) or books.nameless("tax rate")) is not None:
            yield _warning(str(unread), path)
            return
        yield Mistake(f"{books.ledger} has no tax rate with the code or id {tax.code!r}", path)
    elif rate is None:
        yield Mistake(f"{books.ledger} has several tax rates with the code {tax.code!r}; name one by its id", path)
    elif (first := ruled.setdefault(rate.id, index)) != index:
        text = f"taxes[{first}] is about the tax rate {rate.code} already; take one of them out"
        yield Mistake(text, path, about=(("taxes", first),))
    elif tax.treatment is Treatment.REVERSE_CHARGE and not rate.percentage:
        owed = f"give {rate.code!r} in {books.ledger} the percentage that the company owes"
        yield Mistake(f"a reverse charge of 0 % is nothing; {owed}", path)


def _account(path: KeyPath, wanted: str | None, books: Books) -> Iterator[Mistake]:
    account = None if wanted is None else books.account(wanted)
    if wanted is not None and account is None:
        yield _unread(path, "account", wanted, books) or Mistake(
            f"{books.ledger} has no account with the code or id {wanted!r}", path
        )
    elif account is not None and account.status == INACTIVE:
        yield Mistake(f"the account {account.code} {account.name} is inactive", path)
    elif account is not None and (twins := books.twins(account)):
        names = first_of([repr(each.name) for each in (account, *twins)])
        yield Mistake(f"{books.ledger} has several active accounts with the code {account.code} ({names})", path)


def _vendor(path: KeyPath, wanted: str | None, books: Books) -> Iterator[Mistake]:
    """What is wrong with the name of a vendor; it is a warning, because vendors are renamed and merged."""
    if wanted is None or books.vendor(wanted) is not None:
        return
    named = len(books.vendors_by_name(wanted))
    if named == 0 and (unread := _unread(path, "vendor", wanted, books)) is not None:
        yield unread
    elif named == 0:
        yield _warning(f"{books.ledger} has no vendor {wanted!r}", path)
    elif named > 1:
        yield _warning(f"{books.ledger} has {named} vendors {wanted!r}; name one by its id", path)


def _unread(path: KeyPath, kind: str, wanted: str, books: Books) -> Mistake | None:
    """That something is there and cannot be read, which concerns the records that need it alone."""
    found = books.unread(kind, wanted) or books.nameless(kind)
    return None if found is None else _warning(f"{found}; records that need it are refused", path)


def _warning(text: str, path: KeyPath = (), *about: KeyPath) -> Mistake:
    return Mistake(text, path, about=about, is_warning=True)
