"""Which customer of Rillet a customer of the billing system is: told by a link, or proposed for a person to confirm."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from bridge.billing.catalogue import Catalogue
from bridge.billing.documents import PlannedCustomer
from bridge.billing.master_data import BookCustomer
from bridge.billing.settings import BillingSettings
from bridge.billing.values import Customer
from bridge.decisions import Findings, ReasonCode
from clientkit.showing import first_of


@attrs.frozen(kw_only=True)
class LinkProposal:
    """A customer that is not linked, and a customer of Rillet that may be the same, because of its ``e-mail`` or ``name``."""

    customer: Customer
    rillet_id: str
    rillet_name: str
    because: str


def linked_customer(
    customer: Customer, catalogue: Catalogue, settings: BillingSettings, findings: Findings
) -> BookCustomer | None:
    """The customer that a link names: of the settings, or else of an external reference; None where there is none.

    What is wrong with a link is in `findings`.
    """
    named = next((each.rillet for each in settings.customers if each.billing == customer.id), None)
    unread = catalogue.unread("customer", customer.id if named is None else named)
    if unread is not None:
        findings.add(ReasonCode.UNREADABLE, f"its customer {customer.id} {customer.name!r} may be {unread}")
        return None
    if named is not None:
        found = catalogue.customer(named)
        if found is None:
            text = (
                f"the settings link {customer.name!r} to the customer {named!r}, which {catalogue.ledger} does not have"
            )
            findings.add(ReasonCode.MISSING_SETUP, text)
        return found
    there = catalogue.customers_by_reference(settings.reference_type, customer.id)
    if len(there) > 1:
        ids = first_of([each.id for each in there])
        text = f"{catalogue.ledger} has {len(there)} customers with the reference {customer.id}: {ids}; take the reference from all but one"
        findings.add(ReasonCode.CUSTOMER_NOT_LINKED, text)
        return None
    return there[0] if there else None


def customer_of(
    customer: Customer, catalogue: Catalogue, settings: BillingSettings, findings: Findings
) -> str | PlannedCustomer | None:
    """The id of the customer in Rillet, or one to create; None, with the reasons in `findings`, where nobody knows.

    A customer of the same e-mail address or name is a proposal alone: names are not unique, and an invoice to the wrong
    customer is worse than a late one. Where there is one, none is created either.
    """
    before = len(findings.reasons)
    found = linked_customer(customer, catalogue, settings, findings)
    if found is not None:
        return found.id
    if len(findings.reasons) > before:
        return None
    if _may_be_there(customer, catalogue, findings):
        return None
    if not settings.create_customers:
        text = f"its customer {customer.id} {customer.name!r} is not linked; add it to [[customers]], or set create_customers to true"
        findings.add(ReasonCode.CUSTOMER_NOT_LINKED, text)
        return None
    if not customer.name.strip():
        findings.add(
            ReasonCode.CUSTOMER_NOT_LINKED,
            f"its customer {customer.id} has no name to be created under; name it in the billing system",
        )
        return None
    return PlannedCustomer(customer=customer)


def _may_be_there(customer: Customer, catalogue: Catalogue, findings: Findings) -> bool:
    """Whether a customer of Rillet may be this one although nothing links them; `findings` say which."""
    unread = catalogue.unread("customer", customer.email, customer.name) or catalogue.nameless("customer")
    if unread is not None:
        # Nobody knows whether it carries the link.
        findings.add(ReasonCode.UNREADABLE, f"its customer {customer.id} {customer.name!r} is not linked, and {unread}")
        return True
    alike = proposals_for(customer, catalogue)
    if alike:
        shown = "; ".join(f"{each.rillet_id} {each.rillet_name!r} has the same {each.because}" for each in alike[:3])
        text = f"its customer {customer.id} {customer.name!r} is not linked; {shown}: if it is the same, add it to [[customers]]"
        findings.add(ReasonCode.CUSTOMER_NOT_LINKED, text)
    return bool(alike)


def proposals_for(customer: Customer, catalogue: Catalogue) -> tuple[LinkProposal, ...]:
    """Customers of Rillet that may be this one: first those of its e-mail address, then those of its name."""
    found = dict[str, LinkProposal]()
    by_email = catalogue.customers_by_email(customer.email) if customer.email else ()
    by_name = catalogue.customers_by_name(customer.name) if customer.name.strip() else ()
    for because, customers in (("e-mail", by_email), ("name", by_name)):
        for each in customers:
            proposal = LinkProposal(customer=customer, rillet_id=each.id, rillet_name=each.name, because=because)
            found.setdefault(each.id, proposal)
    return tuple(found.values())


def propose_links(
    customers: Iterable[Customer], catalogue: Catalogue, settings: BillingSettings
) -> tuple[LinkProposal, ...]:
    """Proposals for every customer that is not linked, each customer once."""
    once = {each.id: each for each in customers}
    return tuple(
        proposal
        for each in once.values()
        if linked_customer(each, catalogue, settings, Findings()) is None
        for proposal in proposals_for(each, catalogue)
    )
