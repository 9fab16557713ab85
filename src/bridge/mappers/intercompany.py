"""Records with lines of two entities: a document of the one that paid, and an entry of the one that owes it."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from bridge.decisions import Post, ReasonCode, Skip
from bridge.documents.protocol import parts_of
from bridge.documents.rillet_entries import JournalEntryDocument
from bridge.documents.rillet_intercompany import IntercompanyDocument
from bridge.mappers.draft import Draft
from bridge.mappers.journal_entries import entry


def intercompany(mapper: Callable[[Draft], Post | Skip | None], payer: Draft, debtor: Draft) -> Post | Skip | None:
    """What a mapper makes of the payer's share, and an entry of the debtor's; refused where one of both cannot be."""
    made, owed = mapper(payer), entry(debtor)
    theirs = debtor.coded.entity
    day = debtor.day_of(debtor.record.erp_posting_date)
    if theirs.since is not None and debtor.posted_on is None and day < theirs.since:
        text = f"it counts on {day}, before {theirs.since}, where {theirs.name} starts; split it in Brex"
        debtor.refuse(ReasonCode.SEVERAL_ENTITIES, text)
    if not isinstance(made, Post):
        return made
    if len(parts_of(made.document)) > 1:
        text = f"it has lines of two entities, and is more than one document for {payer.coded.entity.name}"
        payer.refuse(ReasonCode.SEVERAL_ENTITIES, f"{text}; split it in Brex")
    if owed is None and not debtor.findings.reasons:
        text = f"what {theirs.name} owes comes to nothing in {debtor.coded.currency}; split it in Brex"
        debtor.refuse(ReasonCode.SEVERAL_ENTITIES, text)
    if owed is None or not isinstance(owed.document, JournalEntryDocument):
        return None
    return attrs.evolve(made, document=IntercompanyDocument(payer=made.document, debtor=owed.document))
