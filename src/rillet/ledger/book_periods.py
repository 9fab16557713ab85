"""Book periods (https://docs.api.rillet.com/reference/retrieve-last-book-closed-period)."""

from __future__ import annotations

from datetime import date

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, operation
from clientkit.model import Model
from clientkit.requests import Request


class BookStatus(OpenEnum):
    """Whether a period still takes postings."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


@attrs.frozen(kw_only=True)
class BookPeriod(Model):
    """A period of the books; `start` and `end` are included, `closed_on` is the day it was closed."""

    id: str
    start: date
    end: date
    status: BookStatus
    closed_on: date | None = None
    extra: Extra = unknown_fields()


class BookPeriodOperations:
    """The endpoints under ``/books/periods``."""

    @operation
    def last_closed(self) -> Request[BookPeriod]:
        """The last period that was closed. Raises `NotFoundError` where nothing has been closed yet."""
        return Request(method="GET", path="/books/periods/last-closed", returns=BookPeriod)


class BookPeriods(BookPeriodOperations, SyncResource):
    """Book periods, blocking."""


class AsyncBookPeriods(BookPeriodOperations, AsyncResource):
    """Book periods, to be awaited."""
