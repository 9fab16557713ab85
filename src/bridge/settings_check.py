"""Whether settings and books fit: everything that the settings name has to be in Rillet."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.books import Books
from bridge.settings import Entity, Role, Settings
from rillet import AccountStatus

_CARD_SUBTYPE = "Credit Card"


def check(settings: Settings, books: Books) -> tuple[str, ...]:
    """What the settings name and the books do not have, each with its place in the settings; empty when all is well."""
    problems = list[str]()
    for index, entity in enumerate(settings.entities):
        problems += (f"entities[{index}].{problem}" for problem in _unfit(entity, books))
    for index, mapping in enumerate(settings.fields):
        if books.field(mapping.rillet) is None:
            problems.append(f"fields[{index}].rillet: Rillet has no custom field {mapping.rillet!r}")
    for index, rule in enumerate(settings.accounts):
        account = books.account(rule.account)
        if account is None:
            problems.append(f"accounts[{index}].account: Rillet has no account with the code or id {rule.account!r}")
        elif account.status == AccountStatus.INACTIVE:
            problems.append(f"accounts[{index}].account: the account {account.code} {account.name} is inactive")
    wanted = settings.default_vendor
    if wanted is not None and books.vendor(wanted) is None:
        named = len(books.vendors_by_name(wanted))
        if named == 0:
            problems.append(f"default_vendor: Rillet has no vendor {wanted!r}")
        elif named > 1:
            problems.append(f"default_vendor: Rillet has {named} vendors {wanted!r}; name one by its id")
    return tuple(problems)


def _unfit(entity: Entity, books: Books) -> Iterator[str]:
    if books.subsidiary(entity.subsidiary) is None:
        known = ", ".join(sorted(each.trade_name for each in books.subsidiaries))
        yield f"subsidiary: Rillet has no subsidiary {entity.subsidiary!r}; it has {known}"
    for key in Role:
        wanted = entity.account(key)
        if wanted is None:
            continue
        account = books.account(wanted)
        if account is None:
            yield f"{key}: Rillet has no account with the code or id {wanted!r}"
        elif account.status == AccountStatus.INACTIVE:
            yield f"{key}: the account {account.code} {account.name} is inactive"
        elif key is Role.CARD and account.subtype != _CARD_SUBTYPE:
            yield (
                f"{key}: the account {account.code} {account.name} has the subtype {account.subtype!r}; "
                f"Rillet takes charges on accounts of the subtype {_CARD_SUBTYPE!r} alone"
            )
