"""What people try first: modules after one import, their own headers, and a wrong argument."""

from __future__ import annotations

import pickle
import subprocess
import sys

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
    with pytest.raises(TypeError, match=r"an id is a text, not a value of Vendor; pass the id itself or its \.id"):
        client.vendors.get(vendor("Ada"))  # type: ignore[arg-type]  # what people try # pyright: ignore[reportArgumentType]


def test_errors_of_webhooks_know_what_to_answer() -> None:
    kinds: list[type[WebhookError]] = [
        MalformedWebhookError, WrongSignatureError, StaleWebhookError, UnreadableWebhookError, DuplicateWebhookError,
    ]  # fmt: skip
    assert [each.answer_status for each in kinds] == [400, 401, 400, 500, 200]
