"""Every request that the client can build is one that Rillet's description has: path, query and body."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from clientkit import codec
from clientkit.forms import Multipart
from clientkit.requests import PageRequest, Request
from support.descriptions.endpoints import Endpoint, endpoints
from support.descriptions.rillet import (
    Described,
    Schema,
    complaints,
    flat,
    operation_for,
    operations,
    resolved,
    unreached,
)

#: Operations of the description that no endpoint serves.
NOT_SERVED = frozenset[str]()

#: Endpoints that the service has and its description lacks, observed on the live API in 2026: the method, and the path
#: with the names of the arguments in the place of their values.
NEWER_THAN_THE_DESCRIPTION = {
    "ChargeOperations.upload_document": ("POST", "/charges/charge_id"),
    "ReimbursementOperations.create_payment": ("POST", "/reimbursements/reimbursement_id/payments"),
    "ReimbursementOperations.delete_payment": ("DELETE", "/reimbursements/reimbursement_id/payments/payment_id"),
    "ReimbursementOperations.list_payments": ("GET", "/reimbursements/reimbursement_id/payments"),
}

_NO_UP_TO = ".billing_scheme.tiers[].up_to is missing"
#: Where the client differs from the description on purpose: the endpoint, and how the complaint ends.
ON_PURPOSE = {
    # Accepted by the live API; not described yet.
    ("ReimbursementOperations.create", "$.exchange_rate is unknown"),
    # Described as required and not declared.
    ("BankTransactionOperations.update", "$.bank_account_id is unknown"),
    ("InvoiceOperations.update_taxes", "$.items[].tax_rate is unknown"),
    ("CreditMemoOperations.update_taxes", "$.items[].tax_rate is unknown"),
    # Declared as required, though the description's own words say that the highest tier has none.
    ("ProductOperations.create", _NO_UP_TO),
    ("ProductOperations.update", _NO_UP_TO),
    ("ContractOperations.create", _NO_UP_TO),
    ("ContractOperations.amend", _NO_UP_TO),
    ("ContractOperations.preview_amendment", _NO_UP_TO),
    ("DraftContractOperations.create", _NO_UP_TO),
    ("DraftContractOperations.update", _NO_UP_TO),
}

ENDPOINTS = endpoints()
DESCRIBED = [each for each in ENDPOINTS if each.name not in NEWER_THAN_THE_DESCRIPTION]
by_name = pytest.mark.parametrize("endpoint", DESCRIBED, ids=lambda each: each.name)


def _requests(endpoint: Endpoint, *, full: bool) -> list[tuple[Request[object], Described]]:
    return [(each, operation_for(each.method, each.path)) for each in endpoint.requests(full=full)]


def _complaints(endpoint: Endpoint) -> Iterator[str]:
    for full in (False, True):
        for request, described in _requests(endpoint, full=full):
            if request.body is None or isinstance(request.body, Multipart):
                continue
            assert described.body is not None
            for complaint in complaints(described.body, codec.parse(codec.dumps(request.body))):
                yield re.sub(r"\[\d+\]", "[]", complaint)


def test_every_operation_is_served() -> None:
    served = {described.id for endpoint in DESCRIBED for _, described in _requests(endpoint, full=False)}

    assert len(operations()) >= 110
    assert {each.id for each in operations()} - served == NOT_SERVED


@by_name
def test_an_endpoint_serves_one_operation(endpoint: Endpoint) -> None:
    reached = {described.id for full in (False, True) for _, described in _requests(endpoint, full=full)}
    assert len(reached) == 1


def test_two_endpoints_share_an_operation_only_for_another_form_of_the_answer() -> None:
    shared = Counter(_requests(endpoint, full=False)[0][1].id for endpoint in DESCRIBED)
    assert {name for name, count in shared.items() if count > 1} == {"retrieve-an-invoice"}


def test_newer_endpoints_are_what_they_are_said_to_be() -> None:
    newer = [each for each in ENDPOINTS if each.name in NEWER_THAN_THE_DESCRIPTION]
    found = {each.name: (request.method, request.path) for each in newer for request in each.requests(full=False)}
    assert found == NEWER_THAN_THE_DESCRIPTION


@by_name
def test_queries(endpoint: Endpoint) -> None:
    for full in (False, True):
        for request, described in _requests(endpoint, full=full):
            sent = dict(parse_qsl(urlsplit(request.target()).query, strict_parsing=bool(request.query) and full))
            required = {name for name, each in described.query.items() if each.get("required")}

            assert required <= sent.keys() <= described.query.keys()
            if full:
                assert described.query.keys() - {"cursor"} == sent.keys()
            for name, text in sent.items():
                schema = resolved(described.query[name]["schema"])
                assert not list(complaints(schema, _as_declared(text, schema), name))


def _as_declared(text: str, schema: Schema) -> object:
    """A query's text as the JSON value that its schema speaks of. Lists are joined by commas (`explode` is false)."""
    kind = schema.get("type")
    if kind == "array":
        return text.split(",")
    return codec.parse(text.encode()) if kind in {"integer", "number", "boolean"} else text


@by_name
def test_bodies(endpoint: Endpoint) -> None:
    allowed = tuple(ending for name, ending in ON_PURPOSE if name == endpoint.name)
    found = [each for each in _complaints(endpoint) if not (allowed and each.endswith(allowed))]
    assert not found


@pytest.mark.parametrize(("name", "ending"), sorted(ON_PURPOSE))
def test_what_differs_on_purpose_still_does(name: str, ending: str) -> None:
    (endpoint,) = [each for each in DESCRIBED if each.name == name]
    assert any(each.endswith(ending) for each in _complaints(endpoint))


@by_name
def test_every_property_of_a_body_can_be_sent(endpoint: Endpoint) -> None:
    for request, described in _requests(endpoint, full=True):
        if isinstance(request.body, Multipart):
            content = described.details["requestBody"]["content"]
            assert list(content) == ["multipart/form-data"]
            assert [request.body.name] == list(content["multipart/form-data"]["schema"]["properties"])
        elif described.body is None:
            assert request.body is None
        else:
            assert not list(unreached(described.body, codec.parse(codec.dumps(request.body))))


@by_name
def test_a_required_body_is_always_sent(endpoint: Endpoint) -> None:
    for request, described in _requests(endpoint, full=False):
        if described.details.get("requestBody", {}).get("required"):
            assert request.body is not None


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_keys_are_made_for_posts_alone(endpoint: Endpoint) -> None:
    for request in endpoint.requests(full=True):
        assert request.takes_key is (request.method == "POST")


LISTINGS = [(each, listing) for each in DESCRIBED if (listing := each.listing()) is not None]


@pytest.mark.parametrize(("endpoint", "listing"), LISTINGS, ids=[each.name for each, _ in LISTINGS])
def test_lists_page_as_described(endpoint: Endpoint, listing: PageRequest[object]) -> None:
    described = _requests(endpoint, full=False)[0][1]
    paged = "cursor" in described.query

    assert (listing.paging.cursor_lifetime is not None) is paged
    assert listing.key is not None or not paged
    assert described.answer is not None
    assert listing.items_key in flat(described.answer)[0]


def test_every_list_is_a_listing() -> None:
    lists = {each.id for each in operations() if each.method == "GET" and each.answer and _is_list(each.answer)}
    assert {_requests(endpoint, full=False)[0][1].id for endpoint, _ in LISTINGS} == lists


def _is_list(answer: Schema) -> bool:
    properties = flat(answer)[0]
    names = properties.keys() - {"pagination"}
    return len(names) == 1 and all(resolved(properties[name]).get("type") == "array" for name in names)
