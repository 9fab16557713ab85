"""Which records are on another card account than their entity's."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class CardAccountRule:
    """Another card account for some records, so that each statement ties out. Everything that is given must hold.

    The first rule that holds counts. Brex's records do not tell the card itself.

    - `account`: what is owed for these cards, a code or an id; an account of the subtype ``Credit Card``.
    - `entity`: the name of an entity.
    - `user`: who spent: an e-mail address, a name, or a Brex id.
    - `field` and `value`: a Brex field and one of its values on a line, by remote id, Brex id or name, where a company has
      its cards or programmes as a field.
    - `location`: the id or name of the user's location.
    - `currency`: the record's ISO 4217 code.
    - `types`: record types, such as ``CARD_PAYMENT`` for the payments of these cards, which name no user.
    """

    account: str
    entity: str | None = None
    user: str | None = None
    field: str | None = None
    value: str | None = None
    location: str | None = None
    currency: str | None = None
    types: tuple[str, ...] = ()
