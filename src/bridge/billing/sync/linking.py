"""Linking a customer of the billing system with one of Rillet, as a person has decided."""

from __future__ import annotations

import rillet
from rillet import ExternalReference


class LinkError(ValueError):
    """A customer cannot be linked, and why."""


def link_customer(client: rillet.Client, reference_type: str, customer_id: str, rillet_id: str) -> None:
    """Give a customer of Rillet the billing system's id as an external reference, once.

    Raises:
        LinkError: The id is that of another customer already, or the customer has another id.
        ApiError: Rillet cannot be asked, has no such customer, or does not take the reference.
    """
    reference = ExternalReference(type=reference_type, id=customer_id)
    others = [each for each in client.customers.find(reference) if each.id != rillet_id]
    if others:
        raise LinkError(
            f"{customer_id} is linked with {others[0].id} {others[0].name!r} already; take the reference out there"
        )
    customer = client.customers.get(rillet_id)
    if reference.is_among(customer.external_references):
        return
    known = [each.id for each in customer.external_references if each.type == reference_type]
    if known:
        raise LinkError(
            f"{rillet_id} {customer.name!r} is linked with {known[0]} already; take the reference out there"
        )
    client.customers.modify(
        rillet_id, based_on=customer, external_references=(*customer.external_references, reference)
    )
