"""What the mapping of invoices reads of a ledger's master data, as protocols: see `bridge.master_data`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bridge.master_data import Reference


class Email(Protocol):
    """An address that invoices are mailed to."""

    @property
    def email(self) -> str: ...


class BookCustomer(Protocol):
    """A customer of the ledger."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def emails(self) -> Sequence[Email]: ...
    @property
    def external_references(self) -> Sequence[Reference]: ...


class BookProduct(Protocol):
    """A product of the ledger with the code of the account that it earns on; `status` is ``ACTIVE`` or ``INACTIVE``."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def account_code(self) -> str | None: ...
    @property
    def status(self) -> str: ...
    @property
    def external_references(self) -> Sequence[Reference]: ...
