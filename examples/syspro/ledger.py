"""A SYSPRO company as a ledger of the export: claims, recovery, reports and the journal are the export's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs

from bridge import Books, Form, Found, PlannedVendor, Post, Ref, Reference
from bridge.export import Ability, Attempt, File, LookUp, Sent
from clientkit import CodecError, NotFoundError, Pacer, Request, loads
from syspro.client import Account, AccountType, Client, Journal, NewJournal, NewSupplier, Supplier, SupplierOperations
from syspro.journals import JOURNALS, form_of

_TYPES = MappingProxyType(
    {
        AccountType.ASSET: "ASSET",
        AccountType.LIABILITY: "LIABILITY",
        AccountType.CAPITAL: "EQUITY",
        AccountType.REVENUE: "INCOME",
        AccountType.EXPENSE: "EXPENSE",
    }
)


@attrs.frozen(kw_only=True)
class BookAccount:
    """An account as the mapping reads it: see `bridge.Account`."""

    id: str
    code: str
    name: str
    type: str
    subtype: str | None
    status: str


@attrs.frozen(kw_only=True)
class BookCompany:
    """The company as the mapping reads it: see `bridge.Subsidiary`."""

    id: str
    trade_name: str
    currency: str
    timezone: str = "UTC"


@attrs.frozen(kw_only=True)
class BookSupplier:
    """A supplier as the mapping reads it: see `bridge.Vendor`. It carries no references to other systems."""

    id: str
    name: str
    email: str | None
    external_references: tuple[Reference, ...] = ()


class SysproLedger:
    """The books of one company.

    Journals are posted under a key and never changed, deleted or searched. So what came of a posting whose answer was
    lost is found out under its key alone, and a journal of the export has to remember everything else.
    """

    name = "SYSPRO"
    pacer: Pacer | None = None

    def __init__(self, client: Client) -> None:
        self.client = client

    @property
    def requests_sent(self) -> int:
        """How many requests were sent so far."""
        return self.client.requests_sent

    def ability(self, kind: str) -> Ability:
        """Journals and suppliers honour keys; nothing else is possible."""
        del kind
        return Ability(honours_key=True)

    def snapshot(self) -> Books:
        """Accounts, suppliers and the company, as the mapping looks at them."""
        company = self.client.company.get()
        return Books(
            accounts=tuple(_account(each) for each in self.client.accounts.list() if each.type in _TYPES),
            subsidiaries=(BookCompany(id=company.id, trade_name=company.name, currency=company.currency),),
            vendors=tuple(
                BookSupplier(id=each.id, name=each.name, email=each.email) for each in self.client.suppliers.list()
            ),
            last_closed=company.closed_through,
            ledger=self.name,
        )

    def with_bills(self, books: Books) -> Books:
        """The same: bills are journals here, and their payments too."""
        return books

    def with_reimbursements(self, books: Books) -> Books:
        """There are none: everything is a journal."""
        return books

    def with_planned(self, books: Books, posts: Sequence[Post]) -> Books:
        """The same: no journal waits for another one."""
        del posts
        return books

    def find(self, subjects: Collection[str], *, since: datetime, sources: Collection[str] = ()) -> LookUp:
        """Nothing: journals cannot be searched."""
        del subjects, since, sources
        return LookUp()

    def without(self, found: Found, parts: Collection[Ref]) -> Found:
        """The same: no journal has parts."""
        del parts
        return found

    def alike(self, ref_kind: str, form: Form) -> tuple[Found, ...]:
        """Nothing, for the same reason."""
        del ref_kind, form
        return ()

    def get(self, ref: Ref) -> Found | None:
        """A journal as it is now; None where SYSPRO says that it is not there."""
        try:
            journal = self.client.journals.get(ref.id)
        except NotFoundError as error:
            if not error.is_from_service:
                # The page of a proxy does not tell that anything is gone.
                raise
            return None
        return Found(ref=ref, form=form_of(journal), impact_date=journal.day, is_free=True, raw=journal)

    def send(self, attempt: Attempt) -> Sent:
        """Send exactly these bytes under this key."""
        request = Request[Journal | Supplier](
            method=attempt.method,
            path=attempt.path,
            returns=Journal if attempt.kind == JOURNALS else Supplier,
            body=attempt.payload,
            takes_key=True,
            idempotency_key=attempt.key,
        )
        answered = self.client.answer(request)
        return Sent(id=answered.value.id, content=answered.content, trace_id=answered.trace_id)

    def answers(self, attempt: Attempt, sent: Sent) -> bool:
        """Whether the journal that was answered is the one that was sent, and not that of another record."""
        if attempt.kind != JOURNALS:
            return True
        answered, asked = loads(sent.content, Journal), loads(attempt.payload, NewJournal)
        return answered.reference == asked.reference and form_of(answered).equals(form_of(asked))

    def upload(self, attempt: Attempt, ref: Ref, file: File) -> Sent:
        """Raises `TypeError`; see `ability`."""
        del attempt, file
        raise TypeError(f"SYSPRO takes no files on {ref}")

    def delete(self, ref: Ref) -> Request[Any]:
        """Raises `TypeError`; see `ability`."""
        raise TypeError(f"SYSPRO does not delete {ref}")

    def create_vendor(self, planned: PlannedVendor) -> Request[Any]:
        """A merchant becomes a supplier."""
        return SupplierOperations.create.build(NewSupplier(name=planned.vendor.name, email=planned.vendor.email))

    def form_of(self, kind: str, content: bytes) -> Form | None:
        """The form of a journal, as it was sent or answered."""
        if kind != JOURNALS:
            return None
        try:
            return form_of(loads(content, NewJournal))
        except CodecError:
            return None


def _account(each: Account) -> BookAccount:
    return BookAccount(
        id=each.code,
        code=each.code,
        name=each.description,
        type=_TYPES[each.type],
        # The account that the settings name for the cards has to be in the group "Credit Card".
        subtype=each.group,
        status="INACTIVE" if each.is_on_hold else "ACTIVE",
    )
