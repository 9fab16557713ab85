"""An offline SYSPRO gateway for tests: it forgets sessions, refuses what it does not know, and keeps its answers to keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import attrs
from typing_extensions import override

import clientkit.testing
from clientkit import Answer, CodecError, dumps, loads
from clientkit.testing import Asked, json_answer
from syspro.client import Account, AccountType, Client, Company, Journal, LogOn, NewJournal, NewSupplier, Supplier

T = TypeVar("T")

_PAGE = 100


class _Refused(Exception):  # noqa: N818 - an answer on its way out, not a failure of the stand-in
    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, object] = {"Code": code, "Message": message}
        if field is not None:
            self.body["Errors"] = [{"Field": field, "Message": message}]


def _invalid(code: str, message: str, field: str) -> _Refused:
    return _Refused(422, code, message, field)


def _now() -> datetime:
    return datetime.now(UTC)


def small_chart() -> tuple[Account, ...]:
    """A bank, a card, employees to pay back, suppliers, and two expenses."""
    asset, liability, expense = AccountType.ASSET, AccountType.LIABILITY, AccountType.EXPENSE
    return (
        Account(code="1000", description="Bank", type=asset),
        Account(code="2100", description="Brex card", type=liability, group="Credit Card"),
        Account(code="2110", description="Owed to employees", type=liability),
        Account(code="2000", description="Accounts payable", type=liability),
        Account(code="6100", description="Software", type=expense),
        Account(code="6200", description="Travel", type=expense),
    )


class StandIn(clientkit.testing.StandIn):
    """One company and its operator. `journals` and `suppliers` are by id, `asked` lists every request.

    Args:
        accounts: The chart of accounts; `small_chart` where none is given.
        suppliers: Names of suppliers that are there already.
        company: Whose books these are.
        session_life: A session expires when nobody has used it for so long.
        now: The clock: an aware date-time.
    """

    def __init__(
        self,
        *,
        accounts: Iterable[Account] | None = None,
        suppliers: Iterable[str] = (),
        company: Company | None = None,
        session_life: timedelta = timedelta(minutes=20),
        now: Callable[[], datetime] = _now,
    ) -> None:
        super().__init__()
        self.company = company or Company(id="EDU1", name="Outdoors Company", currency="USD")
        self.log_on = LogOn(operator="BREX", password="a-password", company=self.company.id)
        self.accounts = {each.code: each for each in (small_chart() if accounts is None else accounts)}
        self.suppliers, self.journals = dict[str, Supplier](), dict[str, Journal]()
        for name in suppliers:
            self._create_supplier(NewSupplier(name=name))
        self._life, self._now = session_life, now
        self._sessions, self._log_ons = dict[str, datetime](), 0
        self._kept, self._posted = dict[str, Answer](), 0

    def client(self, *, sleep: Callable[[float], object] | None = None) -> Client:
        """A client of this stand-in, in process, whose waits take no time."""
        return Client("https://syspro.test", self.log_on, transport=self.transport(), sleep=sleep or _no_wait)

    def end_sessions(self) -> None:
        """Act as if every session had expired."""
        with self._lock:
            self._sessions.clear()

    def forget_keys(self) -> None:
        """Act as if a day had passed, after which the gateway knows no key any more."""
        with self._lock:
            self._kept.clear()

    @override
    def respond(self, asked: Asked) -> Answer:
        """The answer to one request."""
        try:
            return self._answer(asked)
        except _Refused as refused:
            return json_answer(refused.status, refused.body)

    def _answer(self, asked: Asked) -> Answer:
        if asked.path == "/Utilities/Logon":
            return self._logged_on(asked)
        self._check_session(asked)
        key = asked.headers.get("idempotency-key") if asked.method == "POST" else None
        if key is not None and key in self._kept:
            return self._kept[key]
        answer = json_answer(200, dumps(self._value(asked)))
        if key is not None:
            # Refusals are not kept: what was refused may be posted under its key when it is mended.
            self._kept[key] = answer
        return answer

    def _value(self, asked: Asked) -> object:
        match asked.method, asked.path.strip("/").split("/"):
            case "GET", ["Company"]:
                return self.company
            case "GET", ["GenMaster"]:
                return _page(asked, list(self.accounts.values()))
            case "GET", ["ApSupplier"]:
                return _page(asked, list(self.suppliers.values()))
            case "POST", ["ApSupplier"]:
                return self._create_supplier(_body(asked, NewSupplier))
            case "POST", ["GenJournal"]:
                return self._post(_body(asked, NewJournal))
            case "GET", ["GenJournal", journal_id] if journal_id in self.journals:
                return self.journals[journal_id]
            case _:
                raise _Refused(404, "NOT_FOUND", f"There is nothing at {asked.path}")

    def _logged_on(self, asked: Asked) -> Answer:
        if _body(asked, LogOn) != self.log_on:
            raise _Refused(401, "LOGON_FAILED", "Operator, password or company is wrong")
        self._log_ons += 1
        session = f"session-{self._log_ons}"
        self._sessions[session] = self._now()
        return json_answer(200, {"SessionId": session})

    def _check_session(self, asked: Asked) -> None:
        session = asked.headers.get("authorization", "").removeprefix("Session ")
        used = self._sessions.get(session)
        if used is None or self._now() - used >= self._life:
            raise _Refused(401, "SESSION_EXPIRED", "The session has expired; log on again")
        self._sessions[session] = self._now()

    def _create_supplier(self, new: NewSupplier) -> Supplier:
        supplier = Supplier(id=f"S{len(self.suppliers) + 1:05d}", name=new.name, email=new.email)
        self.suppliers[supplier.id] = supplier
        return supplier

    def _post(self, new: NewJournal) -> Journal:
        for line in new.lines:
            account = self.accounts.get(line.account)
            if account is None:
                raise _invalid("UNKNOWN_ACCOUNT", f"GL code {line.account} does not exist", "GlCode")
            if account.is_on_hold:
                raise _invalid("ACCOUNT_ON_HOLD", f"GL code {line.account} is on hold", "GlCode")
        if new.supplier is not None and new.supplier not in self.suppliers:
            raise _invalid("UNKNOWN_SUPPLIER", f"Supplier {new.supplier} does not exist", "Supplier")
        if not new.lines or sum((line.amount for line in new.lines), Decimal(0)):
            raise _invalid("UNBALANCED", "The journal does not balance", "Lines")
        if new.currency != self.company.currency:
            raise _invalid("CURRENCY", f"Journals are in {self.company.currency}", "Currency")
        if self.company.closed_through is not None and new.day <= self.company.closed_through:
            raise _invalid("CLOSED", f"The period of {new.day} is closed", "JournalDate")
        # A deleted journal's number is never given again.
        self._posted += 1
        journal = Journal(id=f"{self._posted:06d}", **attrs.asdict(new, recurse=False))
        self.journals[journal.id] = journal
        return journal


def _page(asked: Asked, values: list[T]) -> dict[str, object]:
    start = int(asked.one("cursor") or 0)
    following = {"Next": str(start + _PAGE)} if start + _PAGE < len(values) else {}
    return {"value": values[start : start + _PAGE], **following}


def _body(asked: Asked, kind: type[T]) -> T:
    try:
        return loads(asked.content, kind)
    except CodecError as error:
        raise _Refused(400, "MALFORMED", str(error)) from None


def _no_wait(_: float) -> None:
    pass
