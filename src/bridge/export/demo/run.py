"""The two stand-ins of the demonstration and the clients that reach them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import brex_accounting
import rillet
import rillet.testing
from brex_accounting import Record, RecordType
from bridge.closing import Period, Reconciliation, reconcile
from bridge.export.closing import read_snapshot
from bridge.export.demo import company
from bridge.export.demo.changing import ChangingStandIn
from bridge.export.demo.receipts import receipt_file
from bridge.export.demo.spending import FIRST_DAY, LAST_DAY, corrected, spending
from bridge.export.engine.export import Export
from bridge.export.field_updates import apply_field_changes, read_fields
from bridge.export.ledgers.rillet_books import load_books
from bridge.export.reporting.report import ExportOutcome
from bridge.field_sync import plan_field_sync
from bridge.mapping import Bridge
from bridge.settings.toml_file import read_settings
from clientkit.pacing import Pacer

_RAISED_LIMIT = 60_000
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Demo:
    """Both services on loopback for as long as the context lasts, with a company's books and spending in them."""

    def __init__(self, *, records: int, seed: int) -> None:
        self.brex = ChangingStandIn(spending(records, seed), rate_limit=_RAISED_LIMIT)
        for receipt in (receipt for record in self.brex.records.values() for receipt in record.receipts):
            self.brex.receipt_files.add(receipt.id, *receipt_file(receipt.id))
        self.brex.team.legal_entities = {each.id: each for each in company.LEGAL_ENTITIES}
        self.rillet = rillet.testing.StandIn(
            organization=company.ORGANIZATION,
            subsidiaries=company.SUBSIDIARIES,
            accounts=company.ACCOUNTS,
            fields=(company.DEPARTMENT, company.PROJECT),
            vendors=company.VENDORS,
            tax_rates=company.TAX_RATES,
            reference_types={company.REFERENCE_TYPE},
            rate_limit=(_RAISED_LIMIT, 60.0),
        )
        self.rillet.close_books(company.CLOSED_THROUGH)
        self.bridge = Bridge(read_settings(company.SETTINGS), rates=company.rate)
        self._stack = ExitStack()

    @property
    def introduction(self) -> str:
        """What is about to happen, and what differs from real services."""
        count, (brex, books) = len(self.brex.records), (self.brex_client.base_url, self.rillet_client.base_url)
        return (
            f"{company.ORGANIZATION.trade_name}: {count} records wait in Brex ({brex}) for Rillet ({books}).\n"
            f"Both are stand-ins on loopback. Rillet allows 60 requests a minute; here the limit is raised to "
            f"{_RAISED_LIMIT:,}."
        )

    def export(self) -> Export:
        """The export that ``brex-rillet export`` runs, between the stand-ins."""
        return Export(self.brex_client, self.rillet_client, self.bridge)

    def offer_fields(self) -> str:
        """Give Brex the fields that its spenders choose from, as ``sync-fields`` does; the id of the integration."""
        brex, books = self.brex_client, load_books(self.rillet_client)
        integration = brex.integrations.create(vendor="rillet", vendor_account_id=company.ORGANIZATION.id).id
        apply_field_changes(brex, plan_field_sync(books, read_fields(brex), self.bridge.settings, integration))
        return integration

    def correct_a_bill(self) -> tuple[Record, Record]:
        """Change in Brex an exported bill that is not paid; the bill before and after."""
        before = next(each for each in self.brex.records.values() if each.type == RecordType.BILL_EXPENSE)
        after = corrected(before)
        self.brex.add(after)
        return before, after

    def reconciliation(self) -> Reconciliation:
        """Brex beside Rillet for both months, read over the sockets like everything else."""
        return reconcile(read_snapshot(self.export(), Period(first=FIRST_DAY, last=LAST_DAY)))

    def __enter__(self) -> Self:
        enter = self._stack.enter_context
        pacer = Pacer(_RAISED_LIMIT)
        brex_url, rillet_url = enter(self.brex.serve()), enter(self.rillet.serve())
        self.brex_client = enter(brex_accounting.Client(self.brex.token, base_url=brex_url, pacer=pacer))
        self.rillet_client = enter(rillet.Client(self.rillet.api_key, base_url=rillet_url, pacer=Pacer(_RAISED_LIMIT)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def became(outcome: ExportOutcome) -> Mapping[str, Mapping[str, int]]:
    """How many records of each type became what, in Brex's order of the types: ``bills``, for example, ``refused`` or ``nothing``."""
    # A payment's path begins with that of its bill.
    found = Counter((each.record.type, each.kind.rpartition("/")[2]) for each in outcome.posted)
    found.update((each.record.type, "held") for each in outcome.held)
    found.update((each.record.type, "refused") for each in outcome.refused)
    found.update((each.record.type, "nothing") for each in outcome.nothing)
    return {
        each.value: kinds
        for each in RecordType
        if (kinds := {kind: count for (type_, kind), count in sorted(found.items()) if type_ == each})
    }
