"""Brex's errors, told apart by the ``error_code`` of the accounting paths.

::

    ConflictError
    ├── ActiveIntegrationExistsError  another integration is active
    ├── IntegrationNotActiveError     the integration to disconnect is not active
    └── VendorAccountMismatchError    the vendor is linked with another account
    UnprocessableError
    ├── DuplicateRecordsError         one record twice in a report of export results
    └── RecordsNotReadyError          records that are not READY_FOR_EXPORT
    NotFoundError
    └── RecordsNotFoundError          records that do not exist

The rest of the tree is the floor's: `clientkit.errors`. Other Brex APIs answer in another shape (``type``, ``message``,
``code``), and some answers are empty or HTML (https://developer.brex.com/guides/error_codes); all are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from clientkit.error_bodies import body_fields, field_text
from clientkit.errors import ConflictError, NotFoundError, StatusError, UnprocessableError
from clientkit.wire import Answer

if TYPE_CHECKING:
    from clientkit.problems import Problem


class ActiveIntegrationExistsError(ConflictError):
    """An integration is already active, and an account has at most one. Attributes that Brex does not tell are None."""

    advice = "Disconnecting the active integration can lose coding data for good: ask a person first."

    @property
    def existing_integration_id(self) -> str | None:
        """The integration that is active."""
        return field_text(self.details, "existing_integration_id")

    @property
    def existing_vendor(self) -> str | None:
        """The vendor that is linked."""
        return field_text(self.details, "existing_vendor")

    @property
    def requested_vendor(self) -> str | None:
        """The vendor that the request named."""
        return field_text(self.details, "requested_vendor")


class IntegrationNotActiveError(ConflictError):
    """The integration to disconnect is not active. Attributes that Brex does not tell are None."""

    @property
    def integration_id(self) -> str | None:
        """The integration."""
        return field_text(self.details, "integration_id")

    @property
    def current_status(self) -> str | None:
        """Its status, such as ``DISABLED``."""
        return field_text(self.details, "current_status")


class VendorAccountMismatchError(ConflictError):
    """The vendor is already linked to another account of the customer. Attributes that Brex does not tell are None."""

    advice = "Check which account of the ERP this company keeps its books in before disconnecting anything."

    @property
    def existing_integration_id(self) -> str | None:
        """The integration that is active."""
        return field_text(self.details, "existing_integration_id")

    @property
    def existing_vendor_account_id(self) -> str | None:
        """The ERP account that is linked."""
        return field_text(self.details, "existing_vendor_account_id")

    @property
    def requested_vendor_account_id(self) -> str | None:
        """The ERP account that the request named."""
        return field_text(self.details, "requested_vendor_account_id")


class DuplicateRecordsError(UnprocessableError):
    """A report of export results names a record twice."""

    @property
    def record_ids(self) -> tuple[str, ...]:
        """The records that are there twice."""
        return _ids(self, "duplicate_accounting_record_ids")


class RecordsNotReadyError(UnprocessableError):
    """A report of export results names records that are not ready for export: often exported already."""

    advice = "Read these records again: after a lost answer they may have been exported by the first attempt."

    @property
    def record_ids(self) -> tuple[str, ...]:
        """The records that are not ready."""
        return _ids(self, "not_ready_for_export_accounting_record_ids")


class RecordsNotFoundError(NotFoundError):
    """Something that the request names does not exist; `record_ids` is empty if Brex names no records."""

    @property
    def record_ids(self) -> tuple[str, ...]:
        """The records that do not exist."""
        return _ids(self, "not_found_export_entry_source_ids")


ERROR_TYPES: Mapping[str, type[StatusError]] = {
    "ACCOUNTING_RECORD_NOT_READY_FOR_EXPORT": RecordsNotReadyError,
    "ACTIVE_INTEGRATION_EXISTS": ActiveIntegrationExistsError,
    "DUPLICATE_ACCOUNTING_RECORD_IDS": DuplicateRecordsError,
    "INTEGRATION_NOT_ACTIVE": IntegrationNotActiveError,
    "NOT_FOUND": RecordsNotFoundError,
    "VENDOR_ACCOUNT_ID_MISMATCH": VendorAccountMismatchError,
}


def read_problem(answer: Answer) -> Problem:
    """What an error answer says, in either of Brex's shapes, or that it is in neither."""
    # Loaded with the first error.
    from clientkit.problems import Problem, unread

    fields = body_fields(answer)
    if fields is None:
        return unread(answer, "one of Brex's errors")
    details = fields.get("details")
    return Problem(
        code=field_text(fields, "error_code") or field_text(fields, "code") or field_text(fields, "type"),
        title=field_text(fields, "message"),
        details=cast("dict[str, object]", details) if isinstance(details, dict) else {},
    )


def _ids(error: StatusError, name: str) -> tuple[str, ...]:
    listed = error.details.get(name)
    return tuple(str(each) for each in cast("list[object]", listed)) if isinstance(listed, list) else ()
