"""The link to an ERP, four ways."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest

from brex_accounting import (
    BadRequestError,
    Client,
    ConflictError,
    ConnectionLostError,
    NotFoundError,
    Options,
    Request,
    RetryPolicy,
    UnreadableAnswerError,
)
from brex_accounting.errors import (
    ActiveIntegrationExistsError,
    IntegrationNotActiveError,
    VendorAccountMismatchError,
)
from brex_accounting.integrations import Integration, IntegrationOperations, IntegrationStatus
from brex_accounting.testing import StandIn
from clientkit import codec
from clientkit.testing import AnswerLost, Fault, Respond, json_answer
from support.endpoint_runner import Runner

PATH = "/v3/accounting/integration"


def _create(run: Runner[Client], vendor: str = "ERP_A", account: str = "tenant-1") -> Integration:
    return run.call(lambda client: client.integrations.create(vendor=vendor, vendor_account_id=account))


@pytest.mark.parametrize("id_key", ["id", "integration_id"])
def test_an_integration_comes_back_under_either_key(run: Runner[Client], standin: StandIn, id_key: str) -> None:
    standin.integrations.id_key = id_key

    integration = _create(run)

    assert integration == Integration(
        id="int_1",
        vendor="ERP_A",
        vendor_account_id="tenant-1",
        status=IntegrationStatus.ACTIVE,
        created_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )
    (asked,) = standin.asked
    assert (asked.method, asked.path) == ("POST", PATH)
    assert asked.json() == {"vendor": "ERP_A", "vendor_account_id": "tenant-1"}


def test_the_same_pair_gives_the_same_integration(run: Runner[Client], standin: StandIn) -> None:
    assert _create(run) == _create(run)
    assert len(standin.integrations.by_id) == 1
    keys = {asked.headers["idempotency-key"] for asked in standin.asked}
    assert len(keys) == 2


def test_a_given_key_is_sent(run: Runner[Client], standin: StandIn) -> None:
    run.call(lambda client: client.integrations.create(vendor="A", vendor_account_id="1", idempotency_key="key-1"))
    assert standin.asked[0].headers["idempotency-key"] == "key-1"


def test_another_vendor_is_refused_with_both_names(run: Runner[Client]) -> None:
    _create(run)
    with pytest.raises(ActiveIntegrationExistsError) as caught:
        _create(run, vendor="ERP_B")
    error: ActiveIntegrationExistsError = pickle.loads(pickle.dumps(caught.value))
    assert issubclass(type(error), ConflictError)
    assert (error.existing_integration_id, error.existing_vendor, error.requested_vendor) == ("int_1", "ERP_A", "ERP_B")
    assert "ask a person first" in str(error)


def test_another_account_of_the_vendor_is_refused_with_both_accounts(run: Runner[Client]) -> None:
    _create(run)
    with pytest.raises(VendorAccountMismatchError) as caught:
        _create(run, account="tenant-2")
    error = caught.value
    assert error.existing_integration_id == "int_1"
    assert (error.existing_vendor_account_id, error.requested_vendor_account_id) == ("tenant-1", "tenant-2")


def test_disconnect_and_reactivate(run: Runner[Client], standin: StandIn) -> None:
    integration = _create(run)

    disabled = run.call(lambda client: client.integrations.disconnect(integration.id))
    with pytest.raises(IntegrationNotActiveError) as caught:
        run.call(lambda client: client.integrations.disconnect(integration.id))
    active = run.call(lambda client: client.integrations.reactivate(integration.id))
    with pytest.raises(ActiveIntegrationExistsError):
        run.call(lambda client: client.integrations.reactivate(integration.id))

    assert (disabled.status, active.status) == (IntegrationStatus.DISABLED, IntegrationStatus.ACTIVE)
    assert (caught.value.integration_id, caught.value.current_status) == ("int_1", "DISABLED")
    assert [asked.path for asked in standin.asked[1:3]] == [f"{PATH}/int_1/disconnect"] * 2
    assert all(asked.content == b"" for asked in standin.asked[1:])


def test_an_unknown_integration(run: Runner[Client]) -> None:
    with pytest.raises(NotFoundError) as caught:
        run.call(lambda client: client.integrations.disconnect("int/9"))
    assert caught.value.path == f"{PATH}/int%2F9/disconnect"
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.integrations.reactivate("int_9"))


def test_a_refusal_without_details_is_told_apart_all_the_same(run: Runner[Client], standin: StandIn) -> None:
    for code, kind in [
        ("ACTIVE_INTEGRATION_EXISTS", ActiveIntegrationExistsError),
        ("VENDOR_ACCOUNT_ID_MISMATCH", VendorAccountMismatchError),
        ("INTEGRATION_NOT_ACTIVE", IntegrationNotActiveError),
    ]:
        standin.faults.append(Fault(Respond(json_answer(409, {"error_code": code, "message": "no", "details": None}))))
        with pytest.raises(kind) as caught:
            _create(run)
        values = [getattr(caught.value, name) for name in vars(kind) if isinstance(vars(kind)[name], property)]
        assert values
        assert set(values) == {None}


def test_a_lost_creation_is_repeated_and_a_lost_disconnection_is_not(standin: StandIn) -> None:
    options = Options(retry=RetryPolicy(attempts=2))
    with standin.client(options=options, sleep=lambda _: None) as client:
        standin.faults.append(Fault(AnswerLost()))
        created = client.integrations.create(vendor="ERP_A", vendor_account_id="tenant-1")
        standin.faults.append(Fault(AnswerLost()))
        with pytest.raises(ConnectionLostError):
            client.integrations.disconnect(created.id)
    assert [asked.path for asked in standin.asked] == [PATH, PATH, f"{PATH}/int_1/disconnect"]
    assert standin.asked[0].headers["idempotency-key"] == standin.asked[1].headers["idempotency-key"]


def test_what_is_not_known_is_kept() -> None:
    shape = IntegrationOperations.create.build(vendor="A", vendor_account_id="1").returns
    assert shape is not None
    body = {
        "integration_id": "int_1",
        "id": "other",
        "vendor": "A",
        "vendor_account_id": "1",
        "status": "PAUSED",
        "created_at": "2026-01-05T09:30:00Z",
        "new": [1],
    }
    integration = codec.structure(body, shape)
    assert integration.id == "int_1"
    assert integration.status == "PAUSED"
    assert not integration.status.is_known
    assert integration.extra == {"id": "other", "new": [1]}
    assert codec.unstructure(integration) == body


def test_an_integration_without_any_id_is_unreadable(run: Runner[Client], standin: StandIn) -> None:
    standin.faults.append(Fault(Respond(json_answer(200, {"vendor": "A"}))))
    with pytest.raises(UnreadableAnswerError, match=r"required field missing @ \$\.integration_id"):
        _create(run)


def test_an_answer_that_is_no_object_is_unreadable(run: Runner[Client], standin: StandIn) -> None:
    standin.faults.append(Fault(Respond(json_answer(200, ["int_1"]))))
    with pytest.raises(UnreadableAnswerError):
        _create(run)


def test_the_stand_in_refuses_what_brex_refuses(run: Runner[Client]) -> None:
    request = Request[None](method="POST", path=PATH, body={"vendor": "ERP_A"})
    with pytest.raises(BadRequestError, match="are text"):
        run.call(lambda client: client.execute(request))


def test_what_the_service_refuses_is_typed(run: Runner[Client], standin: StandIn) -> None:
    standin.faults.append(Fault(Respond(json_answer(400, {"error_code": "INVALID_REQUEST", "message": "vendor?"}))))
    with pytest.raises(BadRequestError, match=r"INVALID_REQUEST\]: vendor\?"):
        _create(run, vendor="")
