"""The stand-in's room of accounting records and of the results that are reported on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import cast

import attrs

from brex_accounting.export_results import Exported, NotExported
from brex_accounting.records import LineItem, Record, ReviewStatus, SourceType
from brex_accounting.testing.receipts import ReceiptFiles
from brex_accounting.testing.record_index import BOUNDS, RecordIndex, place_of
from brex_accounting.testing.routes import (
    Refusal,
    body_of,
    boolean,
    cursor_at,
    invalid,
    limit_and_place,
    ok,
    page_of,
)
from clientkit import codec
from clientkit.testing import Asked, Route
from clientkit.wire import Answer

_MOST_IDS = 500
_PATH = "/v3/accounting/records"


class AccountingRecords:
    """Records by id, and what became of them.

    Query: without a lower bound on ``updated_at``, records that did not change within `default_window` are left out
    and nothing says so; `review_status` finds records of cards and reimbursements alone; parameters that Brex does not
    know are ignored. ``single_entry`` leaves the lines on the side of the first one. How wide the real window is, and
    whether it holds for ``ids`` too, is not known.

    Export results: one refused record refuses the whole report. A record whose failure was reported takes
    `failed_status` and so leaves the queue; Brex does not say which status that is.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        files: ReceiptFiles,
        *,
        default_window: timedelta,
        failed_status: ReviewStatus,
    ) -> None:
        self.by_id = RecordIndex()
        self.results = dict[str, Exported | NotExported]()
        self._now, self._default_window, self._failed_status = now, default_window, failed_status
        self._files = files

    def put(self, record: Record) -> None:
        """Bring a record in; one with a known id takes the place of the old one."""
        self.by_id[record.id] = record

    def remove(self, record_id: str) -> None:
        """Take a record out."""
        del self.by_id[record_id]

    def routes(self) -> Sequence[Route]:
        """The endpoints of this room."""
        return (
            Route("GET", _PATH, self._query),
            Route("GET", f"{_PATH}/{{record_id}}", self._get),
            Route("POST", f"{_PATH}/export-results", self._report),
        )

    def _get(self, asked: Asked, segments: Mapping[str, str]) -> Answer:
        record = self.by_id.get(segments["record_id"])
        if record is None:
            raise Refusal(404, "NOT_FOUND", "There is no accounting record with this id")
        return ok(_record_json(self._linked(record, asked), single_entry=boolean(asked, "single_entry")))

    def _linked(self, record: Record, asked: Asked) -> Record:
        return attrs.evolve(record, receipts=self._files.linked(record.receipts, asked))

    def _query(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        single_entry = boolean(asked, "single_entry")
        ids = asked.query.get("ids")
        if ids is not None and len(ids) > _MOST_IDS:
            raise invalid(f"ids holds {len(ids)} values; at most {_MOST_IDS} are allowed")
        is_wanted, bounds = _wanted(asked), _bounds(asked)
        if not {"gt", "gte"} & bounds.keys():
            bounds["gte"] = self._now() - self._default_window
        if ids is None:
            limit, after = limit_and_place(asked, maximum=500)
            rest = list(islice(self.by_id.after(after, is_wanted, bounds), limit + 1))
            page: Sequence[Record] = rest[:limit]
            cursor = cursor_at(place_of(page[-1])) if len(rest) > limit else None
            count = self.by_id.count(is_wanted, bounds)
        else:
            found = [
                record
                for each in dict.fromkeys(ids)
                if (record := self.by_id.get(each)) is not None
                and is_wanted(record.review_status, record.source_type)
                and all(BOUNDS[name](record.updated_at, bound) for name, bound in bounds.items())
            ]
            count = len(found)
            page, cursor = page_of(found, asked, place_of, maximum=500)
        items = [_record_json(self._linked(record, asked), single_entry=single_entry) for record in page]
        return ok({"items": items, "next_cursor": cursor, "has_next_page": cursor is not None, "total_count": count})

    def _report(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        results = _results(body_of(asked))
        ids = [result.accounting_record_id for result in results]
        twice = [each for each, count in Counter(ids).items() if count > 1]
        if twice:
            raise Refusal(
                422,
                "DUPLICATE_ACCOUNTING_RECORD_IDS",
                "The request names accounting records more than once",
                {"duplicate_accounting_record_ids": twice},
            )
        missing = [each for each in ids if each not in self.by_id]
        if missing:
            raise Refusal(
                404,
                "NOT_FOUND",
                "Some accounting records do not exist",
                {"not_found_export_entry_source_ids": missing},
            )
        unready = [each for each in ids if self.by_id[each].review_status != ReviewStatus.READY_FOR_EXPORT]
        if unready:
            raise Refusal(
                422,
                "ACCOUNTING_RECORD_NOT_READY_FOR_EXPORT",
                "Some accounting records are not ready for export",
                {"not_ready_for_export_accounting_record_ids": unready},
            )
        for result in results:
            self._settle(result)
        return ok({"updated_accounting_record_ids": ids})

    def _settle(self, result: Exported | NotExported) -> None:
        record = self.by_id[result.accounting_record_id]
        status = ReviewStatus.EXPORTED if isinstance(result, Exported) else self._failed_status
        self.results[record.id] = result
        self.put(attrs.evolve(record, review_status=status, updated_at=self._now(), version=record.version + 1))


def _wanted(asked: Asked) -> Callable[[str, str], bool]:
    """Whether a record of a status and a source is asked for."""
    status = _one_of(ReviewStatus, asked, "review_status")
    source = _one_of(SourceType, asked, "source_type")
    return lambda its_status, its_source: (
        (status is None or (its_status == status and its_source != SourceType.BILL))
        and (source is None or its_source == source)
    )


def _one_of(kind: type[ReviewStatus | SourceType], asked: Asked, name: str) -> str | None:
    text = asked.one(name)
    if text is not None and text not in kind.__members__:
        raise invalid(f"{name} is one of {', '.join(kind)}, not {text!r}")
    return text


def _bounds(asked: Asked) -> dict[str, datetime]:
    found = dict[str, datetime]()
    for name in BOUNDS:
        text = asked.one(f"updated_at[{name}]")
        if text is None:
            continue
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise invalid(f"updated_at[{name}] is not a date or a date-time: {text!r}") from None
        found[name] = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return found


def _results(body: Mapping[str, object]) -> Sequence[Exported | NotExported]:
    listed = body.get("results")
    if not isinstance(listed, list) or not listed:
        raise invalid("results holds at least one result")
    return [_result(each) for each in cast("list[object]", listed)]


def _result(value: object) -> Exported | NotExported:
    try:
        result = codec.structure(value, dict[str, object])
        if ("success" in result) == ("failure" in result):
            raise invalid("a result holds either success or failure")
        if "failure" in result:
            return codec.structure(value, NotExported)
        success = codec.structure(result["success"], dict[str, object])
        if success.get("deep_link_url", "") is None:
            raise invalid("deep_link_url is text; leave it out where there is none")
        return codec.structure(value, Exported)
    except codec.CodecError as error:
        raise invalid(f"a result cannot be read: {error}") from None


def _record_json(record: Record, *, single_entry: bool) -> Mapping[str, object]:
    """A record as Brex writes it: what is not set is null, and times have as many digits as they need."""
    lines = record.line_items
    if single_entry and lines:
        lines = tuple(line for line in lines if line.type == lines[0].type)
    return {
        **_NO_RECORD,
        **_plain(record),
        **{name: _time(getattr(record, name)) for name in ("erp_posting_date", "updated_at", "posted_at", "due_at")},
        "line_items": [_line_json(line) for line in lines],
        "vendor": None if record.vendor is None else {**_NO_VENDOR, **_plain(record.vendor)},
    }


def _line_json(line: LineItem) -> Mapping[str, object]:
    values = [{**_NO_VALUE, **_plain(each)} for each in line.accounting_field_values]
    return {**_NO_LINE, **_plain(line), "accounting_field_values": values}


_NO_RECORD: Mapping[str, object] = {
    **dict.fromkeys(("original_amount", "source_id", "user", "memo", "invoice_number")),
    "receipts": [],
}
_NO_VENDOR = dict.fromkeys(("contact_name", "email", "website", "phone"))
_NO_LINE = dict.fromkeys(("original_amount", "memo"))
_NO_VALUE = dict.fromkeys(("remote_field_id", "brex_field_value_id", "remote_field_value_id"))


def _plain(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", codec.unstructure(value))


def _time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    spec = "seconds" if not moment.microsecond else "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=spec) + "Z"
