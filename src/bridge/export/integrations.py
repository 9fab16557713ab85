"""The integrations of a Brex account as Brex has last told of them: the journal keeps them, because Brex lists none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import cast

import attrs

from brex_accounting import Integration, IntegrationStatus
from bridge.export.journal.marks import damaged
from bridge.export.journal.protocol import Journal

_MARK = "integrations"
_NAMES = ("id", "vendor", "vendor_account_id", "status", "told_at")


@attrs.frozen(kw_only=True)
class KnownIntegration:
    """An integration, and what Brex said of it at `told_at` (UTC); None for what it did not say.

    Somebody may have connected or disconnected one in Brex since; no API tells.
    """

    id: str
    vendor: str | None = None
    vendor_account_id: str | None = None
    status: str
    told_at: datetime

    @property
    def is_active(self) -> bool:
        """Whether it was active when Brex last spoke of it."""
        return self.status == IntegrationStatus.ACTIVE.value

    def as_json(self) -> dict[str, object]:
        """For programs, and for the journal."""
        return {**attrs.asdict(self), "told_at": self.told_at.isoformat()}


def known_integrations(journal: Journal) -> Sequence[KnownIntegration]:
    """The integrations that the journal knows, in the order in which it learned of them. Raises `JournalError`."""
    try:
        told: object = json.loads(journal.mark(_MARK) or "[]")
    except (ValueError, RecursionError):
        raise damaged(_MARK) from None
    if not isinstance(told, list):
        raise damaged(_MARK)
    return [_known(each) for each in cast("list[object]", told)]


def told_of(integration: Integration, at: datetime) -> KnownIntegration:
    """What an answer of Brex says."""
    return KnownIntegration(
        id=integration.id,
        vendor=integration.vendor,
        vendor_account_id=integration.vendor_account_id,
        status=integration.status.value,
        told_at=at,
    )


def remember(journal: Journal, told: KnownIntegration) -> KnownIntegration:
    """Keep what Brex has said of an integration, beside what it said of its vendor before. Raises `JournalError`.

    A Brex account has one active integration at most: where this one is active, the others are not.
    """
    found = {each.id: each for each in known_integrations(journal)}
    before = found.get(told.id)
    if before is not None:
        told = attrs.evolve(
            told,
            vendor=told.vendor or before.vendor,
            vendor_account_id=told.vendor_account_id or before.vendor_account_id,
        )
    if told.is_active:
        disabled = IntegrationStatus.DISABLED.value
        for each in found.values():
            if each.is_active:
                found[each.id] = attrs.evolve(each, status=disabled, told_at=told.told_at)
    found[told.id] = told
    journal.set_mark(_MARK, json.dumps([each.as_json() for each in found.values()]))
    return told


def _known(value: object) -> KnownIntegration:
    if not isinstance(value, dict):
        raise damaged(_MARK)
    found = cast("dict[str, object]", value)
    texts = {name: found.get(name) for name in _NAMES}
    if not all(text is None or isinstance(text, str) for text in texts.values()):
        raise damaged(_MARK)
    try:
        told_at = datetime.fromisoformat(str(texts["told_at"]))
    except ValueError:
        raise damaged(_MARK) from None
    if not texts["id"] or not texts["status"] or told_at.tzinfo is None:
        raise damaged(_MARK)
    return KnownIntegration(
        id=str(texts["id"]),
        vendor=cast("str | None", texts["vendor"]),
        vendor_account_id=cast("str | None", texts["vendor_account_id"]),
        status=str(texts["status"]),
        told_at=told_at,
    )
