"""The way back: what was paid in Rillet, told to the billing system by webhooks, and by polling where these fail.

An event only says where to look: Rillet promises no order, so the invoice is read as it is now. Each status is delivered at
least once and in order per invoice; what was delivered is remembered after `deliver` has returned.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

import attrs

import rillet
import rillet.webhooks
from bridge.billing.documents import INVOICE, subject_of
from bridge.billing.forms import form_of_receivable
from bridge.billing.marks import mark_and_ids
from bridge.billing.payment_status import PaymentState, PaymentStatus, read_payment_status
from bridge.billing.settings import BillingSettings, SettledElsewhere
from bridge.billing.setup import WEBHOOK_EVENTS
from bridge.billing.sync.credited import CreditedInvoices, paid_by
from bridge.billing.sync.journals import check_journal
from bridge.billing.sync.ledger import BillingLedger
from bridge.billing.sync.protocol import BillingSystem
from bridge.billing.sync.uncleared import UnclearedPayments
from bridge.billing.values import Invoice, InvoiceStatus
from bridge.callers import described
from bridge.export.engine.attempts import last_attempt
from bridge.export.engine.claims import Locks, claimed
from bridge.export.journal.marks import damaged, moment_at
from bridge.export.journal.no_journal import for_exporter
from bridge.export.journal.protocol import Journal, JournalError
from bridge.export.reporting import audit_log
from clientkit.errors import NotFoundError
from clientkit.money import total
from clientkit.paging import Pager
from clientkit.tolerance import Unreadable
from clientkit.webhooks import UnreadableWebhookError
from rillet import InvoicePaymentStatus
from rillet.webhooks import Entity, EventType

T = TypeVar("T")

_PREFIX = subject_of(INVOICE, "")
_READ_UNTIL = "billing payments read until"
# The clocks differ; reading a day twice tells nobody anything twice.
_CLOCK_MARGIN = timedelta(days=1)


class DoubleInvoiceError(Exception):
    """Rillet has the same invoice of the billing system twice, so its status is not known."""


def webhook_mark(event: str) -> str:
    """The mark of the last verified webhook of an event, for the check of the setup."""
    return f"billing webhook {event} seen at"


@attrs.frozen(kw_only=True)
class Undelivered:
    """An invoice of Rillet's whose status could not be told, and why. The next poll tries again.

    It may be a payment or a credit memo that cannot be read; `rillet_id` is empty where it has no id.
    """

    rillet_id: str
    why: str


@attrs.frozen(kw_only=True)
class PollOutcome:
    """What a poll did: what was delivered, and what could not be."""

    delivered: tuple[PaymentStatus, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything was told."""
        return not self.undelivered


class PaymentWatcher:
    """Reports the payment status of invoices in Rillet to the billing system. Any thread may use it.

    Args:
        client: The client of the Rillet organization.
        settings: The settings of the sync.
        deliver: Receives each status. If it raises, `handle` raises and `poll` counts it; the status is delivered again.
        billing: Asked whether an invoice is already settled, if the settings ignore settled ones.
        journal: The journal of the sync. Without one, delivered statuses are forgotten when the process ends, and a deleted
            invoice cannot be attributed.
    """

    def __init__(
        self,
        client: rillet.Client,
        settings: BillingSettings,
        deliver: Callable[[PaymentStatus], object],
        *,
        billing: BillingSystem | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._client, self._settings, self._deliver = client, settings, deliver
        self._billing, self._journal = billing, for_exporter(journal)
        self._told, self._locks = dict[str, PaymentStatus](), Locks()
        self._is_own = False
        self._credited = CreditedInvoices(client, self._journal)

    def handle(self, event: rillet.webhooks.Event) -> None:
        """Look at the invoices that a verified event is about, and tell what is new.

        Raises:
            ApiError: Rillet or the billing system cannot be asked. Whoever receives webhooks answers 500, and it comes again.
            DoubleInvoiceError: Rillet has the invoice twice.
            BusyError: Another process tells of the invoice at this moment; it comes again.
            JournalError: The journal cannot be read or written, or is that of another organization.
            UnreadableWebhookError: The event does not say which invoice it is about, and not everything else could be told.
        """
        self._check_journal()
        if event.entity == Entity.INVOICE and event.event in WEBHOOK_EVENTS:
            self._journal.set_mark(webhook_mark(event.event), self._journal.now().isoformat())
        invoice_id, memo_id = event.invoice_id, event.credit_memo_id
        if invoice_id is not None and (event.entity, event.event) == (Entity.INVOICE, EventType.DELETED):
            self._tell_deleted(invoice_id, event.timestamp)
        elif invoice_id is not None:
            self._tell(invoice_id, self._billing_id(event.data) if isinstance(event.data, rillet.Invoice) else None)
        if memo_id is not None:
            now = self._credited.now(memo_id)
            self._tell_each(dict.fromkeys([*now, *self._credited.before(memo_id)]))
            self._credited.remember(memo_id, now)
        if not _is_understood(event):
            self._poll_instead(event)

    def poll(self, *, updated_after: datetime | None = None) -> PollOutcome:
        """Look at every invoice that changed, was paid or credited since the last poll, or lost a payment that was uncleared.

        One bad one does not stop the others.

        Args:
            updated_after: Since when; the journal remembers it when left out, and without a journal everything is read.

        Raises:
            ApiError: Rillet cannot list its invoices, payments or credit memos.
            JournalError: The journal cannot be read or written, or is that of another organization.
        """
        self._check_journal()
        began, after = self._journal.now(), updated_after or self._read_until()
        delivered, undelivered = list[PaymentStatus](), list[Undelivered]()
        credit_memos = self._readable(self._client.credit_memos.list(updated_after=after, limit=100), undelivered)
        memos = {each.id: paid_by(each) for each in credit_memos}
        uncleared = UnclearedPayments.of(self._journal)
        payments = list(
            self._readable(
                self._client.invoice_payments.list(updated_after=uncleared.listed_from(after), limit=100), undelivered
            )
        )
        paid = [each.invoice_id for each in payments if _is_after(each.updated_at, after)]
        paid += uncleared.gone_from(payments)
        for invoice_id, name in self._changed(after, paid, memos, undelivered):
            try:
                status = self._tell(invoice_id, name)
            except JournalError:
                raise
            except Exception as error:  # noqa: BLE001 - what delivers is the caller's
                undelivered.append(Undelivered(rillet_id=invoice_id, why=described(error)))
                continue
            delivered += [status] if status is not None else []
        if not undelivered:
            for memo_id, credited in memos.items():
                self._credited.remember(memo_id, credited)
            if updated_after is None:
                UnclearedPayments.among(payments).remember(self._journal)
                self._journal.set_mark(_READ_UNTIL, began.isoformat())
        return PollOutcome(delivered=tuple(delivered), undelivered=tuple(undelivered))

    def _check_journal(self) -> None:
        """Once: what another organization was told must not count here."""
        if not self._is_own:
            check_journal(
                self._billing, BillingLedger(self._client, self._settings.reference_type), self._journal, binds=True
            )
            self._is_own = True

    @staticmethod
    def _readable(listing: Pager[T], undelivered: list[Undelivered]) -> Iterator[T]:
        """What of a listing can be read; what it is about otherwise nobody can tell."""
        for each in listing.tolerant():
            if isinstance(each, Unreadable):
                why = f"Rillet shows it in a shape that cannot be read: {each.problem}"
                undelivered.append(Undelivered(rillet_id=each.id or "", why=why))
            else:
                yield each

    def _changed(
        self,
        after: datetime | None,
        paid: Iterable[str],
        memos: Mapping[str, Iterable[str]],
        undelivered: list[Undelivered],
    ) -> Iterable[tuple[str, str | None]]:
        """The invoices to look at, oldest first, with the billing system's ids where these are known.

        They are those that changed, and those that payments and credit memos are about: nobody documents that these change
        their invoice.
        """
        found = self._readable(self._client.invoices.list(updated_after=after, limit=100), undelivered)
        named = {each.id: name for each in found if (name := self._billing_id(each)) is not None}
        changed = dict.fromkeys([*named, *paid])
        for memo_id, credited in memos.items():
            changed |= dict.fromkeys([*credited, *self._credited.before(memo_id)])
        # Lists begin with the newest.
        return [(each, named.get(each)) for each in reversed(changed)]

    def _poll_instead(self, event: rillet.webhooks.Event) -> None:
        """What an event is about is not known: everything that changed is."""
        left = self.poll().undelivered
        if left:
            raise UnreadableWebhookError(
                f"{event.entity} {event.event} {event.id} has a body of a newer shape, and of {len(left)} invoices that "
                f"changed the status could not be told, the first because of {left[0].why}"
            )

    def _tell_each(self, invoices: Iterable[str]) -> None:
        """Tell of all of them, whatever happens to one. Raises the first error."""
        errors = list[Exception]()
        for rillet_id in invoices:
            try:
                self._tell(rillet_id)
            except Exception as error:  # noqa: BLE001 - what delivers is the caller's
                errors.append(error)
        if errors:
            raise errors[0]

    def _tell(self, rillet_id: str, name: str | None = None) -> PaymentStatus | None:
        """Tell how an invoice stands now, if that is news; `name` is the billing system's id, where it is known."""
        posted = self._posted_as(rillet_id)
        if posted is not None:
            name = posted
        elif name is None and (found := self._read(rillet_id)) is not None:
            name = self._billing_id(found)
        if name is None:
            return None
        with self._alone(name):
            # What was read before may be told already.
            invoice = self._read(rillet_id)
            # The event of its deletion tells the rest.
            return None if invoice is None else self._tell_once(self._status(invoice, self._only(name, rillet_id)))

    def _read(self, rillet_id: str) -> rillet.Invoice | None:
        try:
            return self._client.invoices.get(rillet_id)
        except NotFoundError as error:
            if not error.is_from_service:
                raise
            return None

    def _posted_as(self, rillet_id: str) -> str | None:
        """The billing system's id of an invoice, as the journal tells."""
        subjects = [each.subject for each in self._journal.by_object(rillet_id) if each.subject.startswith(_PREFIX)]
        return subjects[-1].removeprefix(_PREFIX) if subjects else None

    def _only(self, name: str, rillet_id: str) -> str:
        """The name, unless the sync has posted it as another invoice. Raises `DoubleInvoiceError`."""
        last = last_attempt(self._journal.attempts(subject_of(INVOICE, name)))
        if last is not None and last.is_there and last.object_id != rillet_id:
            raise DoubleInvoiceError(
                f"Rillet has {name} twice: {last.object_id}, which the sync knows, and {rillet_id}; "
                f"take the external reference out of the one that is not it"
            )
        return name

    def _tell_deleted(self, rillet_id: str, at: datetime) -> None:
        """Tell that somebody deleted an invoice, unless that was the sync itself, or it is not known whose it was."""
        name = self._posted_as(rillet_id)
        if name is None:
            return
        with self._alone(name):
            last = last_attempt(self._journal.attempts(subject_of(INVOICE, name)))
            if last is None or not last.is_there or last.object_id != rillet_id:
                return
            posted = form_of_receivable(last.kind, last.payload)
            self._tell_once(
                PaymentStatus(
                    invoice=name,
                    rillet_id=rillet_id,
                    status=PaymentState.DELETED,
                    paid=total(()),
                    outstanding=total(()),
                    currency=(None if posted is None else posted.head.get("currency")) or "",
                    at=at,
                )
            )

    def _tell_once(self, status: PaymentStatus) -> PaymentStatus | None:
        told = self._last_told(status.invoice)
        if told is not None and told.at > status.at:
            return None
        if self._journal.mark(_telling_mark(status.invoice)):
            # Whoever told it last did not come to remember it, so that it may be known there, and not be true any more.
            return self._told_now(status)
        if told is not None and told.says_the_same_as(status):
            return None
        if told is None and status.status is PaymentState.UNPAID:
            # The billing system knows that nobody has paid what it has just issued.
            return None
        if told is None and self._is_left_alone(status.invoice):
            audit_log.log("left_alone", object_id=status.rillet_id, invoice=status.invoice)
            return None
        return self._told_now(status)

    def _told_now(self, status: PaymentStatus) -> PaymentStatus:
        self._journal.set_mark(_telling_mark(status.invoice), status.as_text())
        self._deliver(status)
        self._remember(status)
        self._journal.set_mark(_telling_mark(status.invoice), "")
        audit_log.log("payment_told", object_id=status.rillet_id, invoice=status.invoice, status=status.status.value)
        return status

    def _is_left_alone(self, invoice: str) -> bool:
        """Whether the billing system has settled it by itself: nothing was told of it, and it is paid there."""
        if self._billing is None or self._settings.settled_elsewhere is SettledElsewhere.TELL:
            return False
        found = self._billing.invoices(ids=[invoice], updated_after=None)
        return any(isinstance(each, Invoice) and each.status is InvoiceStatus.PAID for each in found)

    def _status(self, invoice: rillet.Invoice, billing_id: str) -> PaymentStatus:
        payments = self._client.invoice_payments.list_for_invoice(invoice.id)
        paid = total(each.amount.amount for each in payments if each.status != InvoicePaymentStatus.FAILED)
        return PaymentStatus(
            invoice=billing_id,
            rillet_id=invoice.id,
            status=_state(invoice),
            paid=paid,
            outstanding=invoice.amount_due.amount,
            currency=invoice.total.currency,
            at=invoice.updated_at or self._journal.now(),
        )

    def _billing_id(self, invoice: rillet.Invoice) -> str | None:
        """The billing system's id, None where the invoice is not its."""
        ids = [each.id for each in invoice.external_references if each.type == self._settings.reference_type]
        mark, plain = mark_and_ids(ids)
        if mark is not None and mark.subject.startswith(_PREFIX):
            return mark.subject.removeprefix(_PREFIX)
        return next(iter(sorted(plain)), None)

    def _last_told(self, name: str) -> PaymentStatus | None:
        if self._journal.forgets:
            return self._told.get(name)
        text = self._journal.mark(_told_mark(name))
        try:
            return None if text is None else read_payment_status(text)
        except ValueError:
            raise damaged(_told_mark(name)) from None

    def _remember(self, status: PaymentStatus) -> None:
        self._told[status.invoice] = status
        self._journal.set_mark(_told_mark(status.invoice), status.as_text())

    def _read_until(self) -> datetime | None:
        told = moment_at(self._journal, _READ_UNTIL)
        return None if told is None else told - _CLOCK_MARGIN

    @contextmanager
    def _alone(self, name: str) -> Generator[None]:
        """Keep other threads and processes off an invoice, so that its statuses are told in order.

        It goes by the billing system's id: a changed invoice is another one in Rillet.
        """
        with (
            self._locks.holding(name),
            claimed(self._journal, f"payment:{name}", "another process tells of this invoice"),
        ):
            yield


def _is_after(moment: datetime | None, after: datetime | None) -> bool:
    return moment is None or after is None or moment > after


def _told_mark(name: str) -> str:
    return f"billing told {name}"


def _telling_mark(name: str) -> str:
    return f"billing is telling {name}"


def _is_understood(event: rillet.webhooks.Event) -> bool:
    """Whether it is about no invoice at all, or its body is of a shape that tells which."""
    if event.entity not in {Entity.INVOICE, Entity.CREDIT_MEMO}:
        return True
    known = rillet.Invoice | rillet.CreditMemo | rillet.webhooks.PaymentUpdate
    return isinstance(event.data, known) or (event.event == EventType.DELETED and isinstance(event.data, str))


def _state(invoice: rillet.Invoice) -> PaymentState:
    name = invoice.status.value.lower()
    # Rillet may know more states than this release.
    return PaymentState(name) if name in list(PaymentState) else PaymentState.UNKNOWN
