"""What a form says of each account, for people who compare two of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bridge.documents.form import Form
from clientkit.money import total


def sums_of(form: Form) -> Mapping[tuple[str, str], Decimal]:
    """What its lines come to by account and currency, debits positive, in the order of the lines."""
    amounts = dict[tuple[str, str], list[Decimal]]()
    for line in form.lines:
        amounts.setdefault((line.account, line.currency), []).append(line.amount)
    return {place: total(parts) for place, parts in amounts.items()}
