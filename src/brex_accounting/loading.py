"""Brex's listings as a source of dlt, for a warehouse (the extra ``dlt``).

Records are merged by their ``id``, and a run reads those that changed since the last one. The other listings are replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import brex_accounting
from clientkit.loading import Listed, source_of

if TYPE_CHECKING:
    from dlt.extract.source import DltSource

__all__ = ["brex_source"]


def brex_source(client: brex_accounting.Client) -> DltSource:
    """A resource for accounting records, fields, legal entities and users; the lines of records are ``records__line_items``.

    Amounts are exact decimals of 38 digits with 9 after the point. ``source.with_resources("records")`` takes some, for a token
    that may not read the others.

    Raises:
        ModuleNotFoundError: The extra is not installed.
    """
    return source_of(
        "brex",
        [
            Listed(
                name="records",
                kind=brex_accounting.Record,
                read=lambda after: client.records.list(updated_after=after),
                is_incremental=True,
            ),
            Listed(name="fields", kind=brex_accounting.Field, read=lambda _: client.fields.list()),
            Listed(
                name="legal_entities", kind=brex_accounting.LegalEntity, read=lambda _: client.legal_entities.list()
            ),
            Listed(name="users", kind=brex_accounting.TeamUser, read=lambda _: client.users.list()),
        ],
    )
