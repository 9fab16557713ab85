"""Webhooks of many tenants at one address: whose a delivery is, is told by its signature and its company."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, cast

from bridge.export.watching.webhooks import E, WebhookReceiver
from clientkit.errors import ApiError
from clientkit.observing import labelled
from clientkit.webhooks import UnknownRecipientError, WrongSignatureError

# Brex's event of records has an attribute of the name, and its others a field in one of two spellings.
_COMPANY = ("company_id", "companyId")


class SharedAddress(Generic[E]):
    """Takes the deliveries of many tenants, for a path of `WebhookApp`, and gives each to the receiver of its tenant.

    A delivery is verified with the secrets of every tenant in turn, whoever it fits, so that the time tells nobody whose it
    is. Where it fits the secrets of several, as those of one application do, or where the event names a company, the
    `company_ids` decide. An event whose company is none of them belongs to a tenant without a company id, if only one fits.

    That costs a signature for each tenant, of a body as long as `most_bytes` of the application: with hundreds of them, give
    each an address of its own, or keep `most_bytes` small. A tenant whose secrets cannot be used or fetched stops no other
    one: what fits nobody is then answered as this tenant's error says, and comes again.

    Args:
        receivers: By tenant.
        company_ids: By tenant, the `id` of the company in Brex.
    """

    def __init__(
        self, receivers: Mapping[str, WebhookReceiver[E]], *, company_ids: Mapping[str, str] | None = None
    ) -> None:
        self._receivers, self._company_ids = dict(receivers), dict(company_ids or {})

    def __call__(self, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
        """Verify one delivery and have its tenant handle it.

        Raises:
            UnknownRecipientError: It is signed, but whose it is cannot be told.
            WebhookError: The request must not be acted upon; `clientkit.webhooks` draws the tree.
        """
        kept = tuple(headers)
        events, problem = dict[str, E](), None
        for tenant, receiver in self._receivers.items():
            try:
                events[tenant] = receiver.read(kept, body)
            except WrongSignatureError:
                continue
            except ApiError as error:
                problem = problem or error
        if not events:
            raise problem or WrongSignatureError("no signature of the webhook fits a secret of any tenant")
        tenant = self._whose(events)
        with labelled(tenant=tenant):
            self._receivers[tenant].take(events[tenant])

    def _whose(self, events: Mapping[str, E]) -> str:
        """The tenant among those whose secrets fit."""
        company = _company_of(next(iter(events.values())))
        named = [each for each in events if company is not None and self._company_ids.get(each) == company]
        # Who has a company id has the events of no other company.
        others = [each for each in events if company is None or each not in self._company_ids]
        fitting = named or others
        if len(fitting) != 1:
            why = (
                f"of the company {company}, whom no tenant has"
                if not fitting
                else "signed with a secret of several tenants"
            )
            raise UnknownRecipientError(f"the webhook {next(iter(events.values())).id} is {why}")
        return fitting[0]


def _company_of(event: object) -> str | None:
    """The company that an event is of; None where it does not say so."""
    told: object = getattr(event, "company_id", None)
    body: object = getattr(event, "body", None)
    if told is None and isinstance(body, Mapping):
        fields = cast("Mapping[str, object]", body)  # parsed JSON, whose keys are text
        told = next((fields[name] for name in _COMPANY if name in fields), None)
    return told if isinstance(told, str) else None
