"""What people try first: modules after one import, their own headers, and a wrong argument."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

import pytest

import rillet
from clientkit import Options
from clientkit.client import release
from clientkit.webhooks import (
    DuplicateWebhookError,
    MalformedWebhookError,
    StaleWebhookError,
    UnreadableWebhookError,
    WebhookError,
    WrongSignatureError,
)
from rillet import ExchangeRate, ExternalReference, Money, NewCharge, NewExpenseItem, RelatedEntity
from rillet.testing import StandIn, vendor


@pytest.mark.parametrize(
    "name",
    [
        "rillet.webhooks",
        "rillet.testing",
        "bridge.export",
        "brex_accounting.auth",
        "brex_accounting.testing",
        "bridge.closing",
    ],
)
def test_a_module_is_there_after_the_import_of_its_package(name: str) -> None:
    package = name.partition(".")[0]
    done = subprocess.run(
        [sys.executable, "-c", f"import {package}; print({name}.__name__, {package}.__version__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [name, release()]


def test_what_is_not_there_is_said_as_ever() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = getattr(rillet, "nothing")  # noqa: B009 - what is not there


def test_own_headers_go_with_every_request() -> None:
    standin = StandIn(vendors=[vendor("Ada")])
    client = standin.client().with_options(headers={"X-Gateway": "g", "X-Team": "books"})
    client.with_options(headers={"X-Gateway": "h"}).vendors.list().collect()
    assert standin.asked[-1].headers["x-gateway"] == "h"
    assert standin.asked[-1].headers["x-team"] == "books"
    assert standin.asked[-1].headers["authorization"].startswith("Bearer ")
    client.vendors.list().collect()
    assert standin.asked[-1].headers["x-gateway"] == "g"


@pytest.mark.parametrize(
    "headers", [{"Authorization": "x"}, {"idempotency-key": "1"}, {"X-A": "a\r\nX-B: b"}, {"X A": "b"}, {"": "b"}]
)
def test_headers_that_would_change_a_request_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="header"):
        StandIn().client().with_options(headers=headers)


def test_options_with_headers_can_be_pickled_and_show_no_value() -> None:
    options = Options(headers={"X-Gateway": "s3cret"})
    assert pickle.loads(pickle.dumps(options)) == options
    assert "s3cret" not in repr(options)


def test_an_object_in_the_place_of_its_id_is_named() -> None:
    client = StandIn().client()
    with pytest.raises(TypeError, match=r"get: vendor_id: a str is wanted, not a Vendor; pass its \.id"):
        client.vendors.get(vendor("Ada"))  # type: ignore[arg-type]  # what people try # pyright: ignore[reportArgumentType]


_THREE: Any = 3
_ITEM = NewExpenseItem(account_code="61000", amount=Money(Decimal("19.99"), "USD"))


def _charge(**changes: Any) -> NewCharge:
    right: dict[str, Any] = {
        "vendor_id": "v",
        "items": [_ITEM],
        "charge_date": date(2026, 1, 1),
        "credit_card_account_code": "2",
    }
    return NewCharge(**{**right, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"charge_date": "2026-01-01"}, "charge_date: a date is wanted, such as date(2026, 1, 31), not a str"),
        ({"charge_date": datetime(2026, 1, 1, tzinfo=UTC)}, "charge_date: a date is wanted, such as date("),
        ({"impact_date": 20260101}, "impact_date: a date is wanted, such as date(2026, 1, 31), not an int"),
        ({"vendor_id": vendor("Ada")}, "vendor_id: a str is wanted, not a Vendor; pass its .id"),
        ({"vendor_id": None}, "vendor_id: a str is wanted, not None"),
        ({"items": _ITEM}, "items: a list of NewExpenseItem is wanted, not a NewExpenseItem"),
        ({"items": [_ITEM, _THREE]}, "items[1]: a NewExpenseItem is wanted, not an int"),
        ({"external_references": "brex"}, "external_references: a list of ExternalReference is wanted, not a str"),
        ({"exchange_rate": ExchangeRate(base="EUR", target="USD", rate=_THREE, date=date(2026, 1, 1))},
         'exchange_rate.rate: a Decimal is wanted, such as Decimal("19.99"), not an int'),
    ],
)  # fmt: skip
def test_a_value_of_a_wrong_type_is_refused_by_the_name_of_its_field(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError) as caught:
        _charge(**changes)
    assert str(caught.value).startswith(f"NewCharge.{said}")


def test_an_amount_of_a_wrong_type_is_refused_by_the_name_of_its_field() -> None:
    with pytest.raises(TypeError, match=r"NewExpenseItem\.amount\.amount: a Decimal is wanted"):
        NewExpenseItem(account_code="1", amount=Money("19.99", "USD"))  # type: ignore[arg-type]  # what is tried # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"NewExpenseItem\.amount: a Money is wanted, not a Decimal"):
        NewExpenseItem(account_code="1", amount=Decimal(1))  # type: ignore[arg-type]  # what is tried # pyright: ignore[reportArgumentType]


def test_an_amount_of_a_wrong_type_prints_as_it_is() -> None:
    wrong = Money("19.99", "USD")  # type: ignore[arg-type]  # what is tried # pyright: ignore[reportArgumentType]
    assert (str(wrong), f"{wrong}") == ("19.99 USD", "19.99 USD")
    with pytest.raises(ValueError, match="formats no amount"):
        f"{wrong:,.2f}"


@pytest.mark.parametrize(
    ("endpoint", "arguments", "said"),
    [
        ("vendors.list", {"limit": "5"}, "VendorOperations.list: limit: an int is wanted, not a str"),
        ("vendors.list", {"limit": True}, "VendorOperations.list: limit: an int is wanted, not a bool"),
        (
            "vendors.list",
            {"updated_after": "2026-01-01"},
            "VendorOperations.list: updated_after: a datetime is wanted, such as datetime(2026, 1, 31, tzinfo=UTC), not a str",
        ),
        ("charges.create", {"charge": {}}, "ChargeOperations.create: charge: a NewCharge is wanted, not a dict"),
        (
            "vendors.find",
            {"reference": ExternalReference(type="x", id=_THREE)},
            "VendorOperations.find: reference.id: a str is wanted, not an int",
        ),
        (
            "contracts.create",
            {"contract": _ITEM},
            "ContractOperations.create: contract: NewFullContract or NewRevenueRecognitionOnlyContract is wanted, not a NewExpenseItem",
        ),
        (
            "vendors.update",
            {"vendor_id": "v", "vendor": "Ada"},
            "VendorOperations.update: vendor: a NewVendor is wanted, not a str",
        ),
    ],
)
def test_an_argument_of_a_wrong_type_is_refused_by_its_name(
    endpoint: str, arguments: dict[str, Any], said: str
) -> None:
    standin = StandIn()
    call: Any = attrgetter(endpoint)(standin.client())
    for way in (call, call.build):
        with pytest.raises(TypeError) as caught:
            way(**arguments)
        assert str(caught.value) == said
    assert standin.asked == []


def test_an_argument_that_is_missing_is_named() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'vendor_id'"):
        StandIn().client().vendors.get()  # type: ignore[call-arg]  # what is tried # pyright: ignore[reportCallIssue]


def test_the_text_of_an_open_enumeration_is_as_good_as_its_value() -> None:
    client = StandIn().client()
    assert client.bills.list(status="PAID").collect() == []  # type: ignore[arg-type]  # what people write # pyright: ignore[reportArgumentType]
    written = RelatedEntity(type="VENDOR", id="v").to_dict()  # type: ignore[arg-type]  # the same # pyright: ignore[reportArgumentType]
    assert written == {"type": "VENDOR", "id": "v"}


def test_errors_of_webhooks_know_what_to_answer() -> None:
    kinds: list[type[WebhookError]] = [
        MalformedWebhookError, WrongSignatureError, StaleWebhookError, UnreadableWebhookError, DuplicateWebhookError,
    ]  # fmt: skip
    assert [each.answer_status for each in kinds] == [400, 401, 400, 500, 200]
