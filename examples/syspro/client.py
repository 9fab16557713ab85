"""A client of one SYSPRO company, built on `clientkit` as any integrator would.

SYSPRO's e.net services speak XML, want a session that an operator has logged on to, and know no idempotency keys. The
service here is a small JSON gateway in front of them, which keeps the first answer to each key for a day. The names of
its fields follow SYSPRO's tables (``GenMaster``, ``ApSupplier``).
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Self, TypeGuard, TypeVar, cast

import attrs

from clientkit import (
    Answer,
    BaseClient,
    CallContext,
    Clocks,
    Extra,
    Flow,
    LazyResource,
    OpenEnum,
    Options,
    PageRequest,
    Paging,
    Problem,
    Refusal,
    Request,
    Service,
    SyncResource,
    Transport,
    UnauthorizedError,
    Violation,
    Wait,
    as_number,
    body_fields,
    call_flow,
    field_text,
    from_environment,
    listing,
    new_call_context,
    operation,
    segment,
    unknown_fields,
    wire_name,
)

T = TypeVar("T")

# Seconds between two looks at whether the thread that logs on has a session.
_LOOK = 0.05


class AccountType(OpenEnum):
    """What an account of ``GenMaster`` is; there are also accounts for templates and statistics, without money."""

    ASSET = "A"
    LIABILITY = "L"
    CAPITAL = "C"
    REVENUE = "R"
    EXPENSE = "E"


@attrs.frozen(kw_only=True)
class Account:
    """One account of the general ledger. Nothing can be posted to it while it is on hold."""

    code: str = attrs.field(metadata=wire_name("GlCode"))
    description: str = attrs.field(metadata=wire_name("Description"))
    type: AccountType = attrs.field(metadata=wire_name("AccountType"))
    group: str | None = attrs.field(default=None, metadata=wire_name("GlGroup"))
    is_on_hold: bool = attrs.field(default=False, metadata=wire_name("AccOnHold"))
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Company:
    """The company that the session is for; its periods are closed up to and including a day."""

    id: str = attrs.field(metadata=wire_name("Company"))
    name: str = attrs.field(metadata=wire_name("CompanyName"))
    currency: str = attrs.field(metadata=wire_name("LocalCurrency"))
    closed_through: date | None = attrs.field(default=None, metadata=wire_name("ClosedThrough"))
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewSupplier:
    """A supplier to create."""

    name: str = attrs.field(metadata=wire_name("SupplierName"))
    email: str | None = attrs.field(default=None, metadata=wire_name("Email"))
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Supplier(NewSupplier):
    """A supplier; the code is its id."""

    id: str = attrs.field(metadata=wire_name("Supplier"))


@attrs.frozen(kw_only=True)
class JournalLine:
    """One line of a general journal. Debits are positive; `narration` is what people read."""

    account: str = attrs.field(metadata=wire_name("GlCode"))
    amount: Decimal = attrs.field(metadata={**wire_name("EntryValue"), **as_number()})
    narration: str = attrs.field(default="", metadata=wire_name("Comment"))
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewJournal:
    """A general journal to post. `reference` is for people: the service cannot be asked for it."""

    day: date = attrs.field(metadata=wire_name("JournalDate"))
    currency: str = attrs.field(metadata=wire_name("Currency"))
    lines: Sequence[JournalLine] = attrs.field(metadata=wire_name("Lines"))
    reference: str = attrs.field(default="", metadata=wire_name("Reference"))
    supplier: str | None = attrs.field(default=None, metadata=wire_name("Supplier"))
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Journal(NewJournal):
    """A general journal as it stands in the ledger."""

    id: str = attrs.field(metadata=wire_name("Journal"))


@attrs.frozen(kw_only=True)
class LogOn:
    """Who wants a session, and for which company."""

    operator: str = attrs.field(metadata=wire_name("Operator"))
    password: str = attrs.field(metadata=wire_name("OperatorPassword"), repr=False)
    company: str = attrs.field(metadata=wire_name("CompanyId"))


@attrs.frozen(kw_only=True)
class _LoggedOn:
    session: str = attrs.field(metadata=wire_name("SessionId"), repr=False)
    extra: Extra = unknown_fields()


class Session:
    """An `Authorization`: one session for all calls of a client, and another one when it has expired; for any thread.

    Of all the threads that meet an expired session one logs on, and the others wait. A log-on that was refused is never
    tried again: SYSPRO can lock an operator after a few wrong passwords.
    """

    def __init__(self, context: CallContext, log_on: LogOn) -> None:
        self._context, self._log_on = context, log_on
        self._id: str | None = None
        self._is_logging_on = False
        self._refused: UnauthorizedError | None = None
        # Held for moments, never while a request is under way.
        self._lock = threading.Lock()

    def header(self) -> str:
        """``Session`` and its id."""
        return f"Session {self._id}"

    def renew(self, refusal: Refusal | None, seconds: float) -> Flow[bool]:
        """Log on where there is no session, or where the one of this call was refused."""
        if refusal is not None and refusal.status != 401:
            # The operator may not do this, whatever the session.
            return False
        left = seconds
        while left > 0:
            with self._lock:
                if self._refused is not None:
                    raise copy.copy(self._refused)
                if self._id is not None and (refusal is None or refusal.header != self.header()):
                    return True
                is_mine = not self._is_logging_on
                self._is_logging_on = True
            if is_mine:
                yield from self._renewed(left)
                return True
            yield Wait(_LOOK)
            left -= _LOOK
        return False

    def _renewed(self, seconds: float) -> Flow[None]:
        options = attrs.evolve(self._context.options, deadline=seconds)
        # Two log-ons make two sessions, and the one that nobody uses expires.
        request = Request(method="POST", path="/Utilities/Logon", returns=_LoggedOn, body=self._log_on, repeatable=True)
        try:
            answered = yield from call_flow(request, attrs.evolve(self._context, options=options))
            self._id = answered.value.session
        except UnauthorizedError as error:
            self._refused = error
            raise
        finally:
            # Also when the call is cancelled: then the next in line logs on.
            with self._lock:
                self._is_logging_on = False

    def __repr__(self) -> str:
        return f"Session({self._log_on!r})"


def read_problem(answer: Answer) -> Problem:
    """What an error answer says: a code for programs, a message for people, and the fields that were refused."""
    fields = body_fields(answer) or {}
    listed = fields.get("Errors")
    violations = (
        Violation(field=field_text(each, "Field") or "", message=field_text(each, "Message") or "")
        for each in (cast("list[object]", listed) if isinstance(listed, list) else [])
        if _is_object(each)
    )
    return Problem(code=field_text(fields, "Code"), title=field_text(fields, "Message"), violations=tuple(violations))


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


SERVICE = Service(name="SYSPRO", headers={}, trace_header="x-trace-id", read_problem=read_problem)


def _next(body: Mapping[str, object]) -> str | None:
    return field_text(body, "Next")


_PAGES = Paging(next_cursor=_next)


def _creation(path: str, returns: type[T], body: object, key: str | None) -> Request[T]:
    return Request(method="POST", path=path, returns=returns, body=body, takes_key=True, idempotency_key=key)


class CompanyOperations:
    """The company of the session."""

    @operation
    def get(self) -> Request[Company]:
        """Its name, its currency, and what is closed."""
        return Request(method="GET", path="/Company", returns=Company)


class AccountOperations:
    """The chart of accounts, ``GenMaster``."""

    @listing
    def list(self) -> PageRequest[Account]:
        """Every account."""
        return PageRequest(path="/GenMaster", item=Account, items_key="value", paging=_PAGES)


class SupplierOperations:
    """The suppliers, ``ApSupplier``."""

    @listing
    def list(self) -> PageRequest[Supplier]:
        """Every supplier."""
        return PageRequest(path="/ApSupplier", item=Supplier, items_key="value", paging=_PAGES)

    @operation
    def create(self, supplier: NewSupplier, *, key: str | None = None) -> Request[Supplier]:
        """Create a supplier; the same `key` gives the same one."""
        return _creation("/ApSupplier", Supplier, supplier, key)


class JournalOperations:
    """General journals, which are posted and never changed."""

    @operation
    def post(self, journal: NewJournal, *, key: str | None = None) -> Request[Journal]:
        """Post a journal; the same `key` gives the same one."""
        return _creation("/GenJournal", Journal, journal, key)

    @operation
    def get(self, journal_id: str) -> Request[Journal]:
        """One journal. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/GenJournal/{segment(journal_id)}", returns=Journal)


class CompanyResource(CompanyOperations, SyncResource):
    """The company, blocking."""


class Accounts(AccountOperations, SyncResource):
    """The chart of accounts, blocking."""


class Suppliers(SupplierOperations, SyncResource):
    """Suppliers, blocking."""


class Journals(JournalOperations, SyncResource):
    """General journals, blocking."""


class Client(BaseClient):
    """A blocking client of one SYSPRO company; it logs on with its first call.

    Args:
        base_url: The gateway of the company: https, or http on loopback.
        log_on: The operator and the company.
        options: Timeout, deadline and retries.
        transport: Instead of real connections, for instance that of a stand-in.
        clocks: Instead of the machine's clocks, for tests.
        sleep: Instead of `time.sleep`, for tests.

    Raises:
        ConfigurationError: The base URL cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        log_on: LogOn,
        *,
        options: Options | None = None,
        transport: Transport | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        # The log-on has no session yet, so it goes under a call context without one.
        bare = new_call_context(SERVICE, base_url=base_url, token=None, options=options, clocks=clocks)
        super().__init__(attrs.evolve(bare, authorization=Session(bare, log_on)), transport, sleep=sleep)

    @classmethod
    def from_env(cls) -> Self:
        """A client from ``SYSPRO_URL``, ``SYSPRO_OPERATOR``, ``SYSPRO_PASSWORD`` and ``SYSPRO_COMPANY``.

        Raises:
            ConfigurationError: One of them is not set.
        """
        log_on = LogOn(
            operator=from_environment("SYSPRO_OPERATOR"),
            password=from_environment("SYSPRO_PASSWORD"),
            company=from_environment("SYSPRO_COMPANY"),
        )
        return cls(from_environment("SYSPRO_URL"), log_on)

    accounts: LazyResource[Accounts] = LazyResource(__name__, "Accounts")
    company: LazyResource[CompanyResource] = LazyResource(__name__, "CompanyResource")
    journals: LazyResource[Journals] = LazyResource(__name__, "Journals")
    suppliers: LazyResource[Suppliers] = LazyResource(__name__, "Suppliers")
