"""Brex as a source of records."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

import attrs

import brex_accounting
from brex_accounting import (
    Exported,
    ExportFailure,
    ExportSuccess,
    NotExported,
    Record,
    RecordType,
    ReportStatus,
    ReviewStatus,
    SourceType,
)
from bridge.export.owners import Owner
from bridge.export.sources.protocol import Answer, Page, Told, Unreadable
from bridge.field_sync import FieldWithValues
from bridge.mappers.summaries import MOST_MEMBERS
from bridge.settings.choices import BillTiming
from bridge.settings.values import SettingsError
from clientkit import tolerance
from clientkit.errors import ForbiddenError, NotFoundError, UnauthorizedError
from clientkit.paging import Pager

_A_YEAR = timedelta(days=366)
_TAKEN = frozenset({ReportStatus.REPORTED, ReportStatus.ALREADY_EXPORTED})


class BrexSource:
    """The accounting records of a Brex account; of no other company than `company_id`, where one is named."""

    name = "Brex"

    def __init__(
        self,
        client: brex_accounting.Client,
        bill_timing: BillTiming = BillTiming.APPROVAL,
        *,
        company_id: str | None = None,
    ) -> None:
        self.client, self._bill_timing, self._company_id = client, bill_timing, company_id

    @property
    def requests_sent(self) -> int:
        """How many requests were sent so far."""
        return self.client.requests_sent

    def owner(self) -> Owner | None:
        """The company. None for a token without the scope ``companies.readonly``.

        Raises `SettingsError` where it is not the one that was named.
        """
        try:
            company = self.client.company.get()
        except (ForbiddenError, NotFoundError):
            return None
        if self._company_id not in {None, company.id}:
            raise SettingsError((f"company_id: it is {self._company_id}, and Brex's token is of {company.id}",))
        return Owner(name=f"company {company.id}")

    def is_offered(self, record: Record) -> bool:
        """Whether it is ready for export."""
        return record.review_status == ReviewStatus.READY_FOR_EXPORT

    def is_taken(self, record: Record) -> bool:
        """Whether Brex has it as exported."""
        return record.review_status == ReviewStatus.EXPORTED

    def pages(
        self,
        *,
        ids: Sequence[str] | None = None,
        updated_after: datetime | None = None,
        changed_since: datetime | None = None,
    ) -> Iterator[Page]:
        """See `Source.pages`. Brex does not find bills by their state, so all of them are read.

        Those that are submitted count as changed where the settings want bills then. Raises `SettingsError` for a bill
        whose state does not tell whether it is.
        """
        if ids is not None:
            yield from self._read(self.client.records.list(ids=ids))
            return
        ready = self.client.records.list(review_status=ReviewStatus.READY_FOR_EXPORT, updated_after=updated_after)
        yield from self._read(ready)
        if changed_since is not None:
            yield from self._read(
                self.client.records.list(review_status=ReviewStatus.EXPORTED, updated_after=changed_since)
            )
        bounds = [each for each in (updated_after, changed_since) if each is not None]
        # What is offered without a bound may have changed at any time.
        bound = min(bounds) if updated_after is not None else None
        for page in self._read(self.client.records.list(source_type=SourceType.BILL, updated_after=bound)):
            wanted = {each.id for each in page.records if self._is_wanted(each, updated_after, changed_since)}
            yield Page(
                records=tuple(each for each in page.records if each.id in wanted),
                others=tuple(each for each in page.records if each.id not in wanted),
                unreadable=page.unreadable,
            )

    def everything(self) -> Iterator[Page]:
        """Every record that there ever was, whatever its state. Raises `ApiError`."""
        yield from self._read(self.client.records.list())

    def fields(self, named: Collection[str]) -> Sequence[FieldWithValues] | None:
        """See `Source.fields`; a token without the scope may not ask, and where one cannot be read they are not whole."""
        try:
            listed = self.client.fields.list().tolerant().collect()
            fields = [each for each in listed if not isinstance(each, tolerance.Unreadable)]
            values = {
                field.brex_id: self.client.field_values.list(field.brex_id).tolerant().collect()
                for field in fields
                if {field.brex_id, field.remote_id, field.name} & set(named)
            }
        except (ForbiddenError, UnauthorizedError, NotFoundError):
            return None
        everything = (*listed, *(value for each in values.values() for value in each))
        if any(isinstance(each, tolerance.Unreadable) for each in everything):
            return ()
        return [
            FieldWithValues(
                field=field,
                values=tuple(
                    each for each in values.get(field.brex_id, ()) if not isinstance(each, tolerance.Unreadable)
                ),
            )
            for field in fields
        ]

    def about(self, records: Sequence[Record]) -> Iterator[Page]:
        """See `Source.about`. Brex does not find records by what they are about, so a year of their kind is read."""
        for kind in sorted({each.source_type for each in records}):
            same = [each for each in records if each.source_type == kind]
            since = min(each.posted_at for each in same) - _A_YEAR
            sources = {each.source_id for each in same}
            for page in self._read(self.client.records.list(source_type=kind, updated_after=since)):
                yield attrs.evolve(page, records=tuple(each for each in page.records if each.source_id in sources))

    def tell(self, told: Sequence[Told]) -> Sequence[Answer]:
        """Report results, in batches that Brex takes."""
        outcomes = self.client.export_results.report_all([_result(each) for each in told], batch=MOST_MEMBERS)
        return [
            Answer(
                record_id=each.accounting_record_id,
                is_taken=each.status in _TAKEN,
                why=f"{each.error or each.status.value}"
                + (f"; it is {each.review_status}" if each.review_status else ""),
            )
            for each in outcomes
        ]

    def _is_wanted(self, record: Record, updated_after: datetime | None, changed_since: datetime | None) -> bool:
        if self.is_offered(record):
            return updated_after is None or record.updated_at > updated_after
        if is_early(record, self._bill_timing):
            return updated_after is None or record.updated_at > updated_after
        return changed_since is not None and self.is_taken(record) and record.updated_at > changed_since

    def _read(self, listing: Pager[Record]) -> Iterator[Page]:
        for page in listing.tolerant().pages():
            unreadable = tuple(
                Unreadable(id=each.id, why=each.problem)
                for each in page.items
                if isinstance(each, tolerance.Unreadable)
            )
            yield Page(records=tuple(each for each in page.items if isinstance(each, Record)), unreadable=unreadable)


def is_early(record: Record, timing: BillTiming) -> bool:
    """Whether a record is a bill to be posted although Brex does not wait for it yet.

    Brex documents the states of records in general (https://developer.brex.com/openapi/accounting_api/), and not what they
    mean for bills: one in review is taken for submitted. Raises `SettingsError` for a state that nobody knows.
    """
    if timing is BillTiming.APPROVAL or record.type != RecordType.BILL_EXPENSE:
        return False
    if not record.review_status.is_known:
        problem = f"bill_timing: the bill {record.id} is in the state {record.review_status}, which does not tell whether it is submitted"
        raise SettingsError((problem,))
    return record.review_status == ReviewStatus.REVIEW


def _result(told: Told) -> Exported | NotExported:
    if told.refusal is not None:
        # Brex keeps ASCII.
        failure = ExportFailure(error_message=told.refusal.encode("ascii", "replace").decode())
        return NotExported(accounting_record_id=told.record_id, failure=failure)
    success = ExportSuccess(reference_id=told.object_id, deep_link_url=told.link)
    return Exported(accounting_record_id=told.record_id, success=success)
