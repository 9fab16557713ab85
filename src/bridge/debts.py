"""What one entity owes another that has paid for it, and where that stands in the books of both."""

from __future__ import annotations

import attrs

from bridge.books import Books
from bridge.decisions import Findings, ReasonCode
from bridge.entities import Ownership
from bridge.master_data import INACTIVE, Account, Subsidiary
from bridge.settings.values import Entity


@attrs.frozen(kw_only=True)
class Debt:
    """What one entity owes another that paid for it: on `due_from` in the books of the payer, on `due_to` in its own."""

    debtor: Entity
    subsidiary: Subsidiary
    due_from: Account
    due_to: Account


def debt_of(owned: Ownership, books: Books, findings: Findings) -> Debt | None:
    """The accounts between the two entities of a record; None where it is of one, or with a reason where one is missing."""
    debtor, rule = owned.debtor, owned.rule
    if debtor is None or rule is None:
        return None
    subsidiary = books.subsidiary(debtor.subsidiary)
    if subsidiary is None:
        text = f"{books.ledger} has no subsidiary {debtor.subsidiary!r} for {debtor.name}"
        findings.add(ReasonCode.NO_ENTITY, text)
    due_from, due_to = (_between(named, books, findings) for named in (rule.due_from, rule.due_to))
    if subsidiary is None or due_from is None or due_to is None:
        return None
    return Debt(debtor=debtor, subsidiary=subsidiary, due_from=due_from, due_to=due_to)


def _between(named: str, books: Books, findings: Findings) -> Account | None:
    account = books.account(named)
    if account is None:
        findings.add(
            ReasonCode.UNKNOWN_ACCOUNT, f"the intercompany account {named!r} of the settings is not in {books.ledger}"
        )
    elif account.status == INACTIVE:
        text = f"the intercompany account {account.code} {account.name} is inactive"
        findings.add(ReasonCode.INACTIVE_ACCOUNT, text)
    return account
