"""Files attached to bills and charges."""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import cast

import pytest

import rillet
from clientkit.testing import Asked
from clientkit.wire import Answer
from rillet.payables.bills import AsyncBills, Bills
from rillet.payables.charges import AsyncCharges, Charges
from support.scripted import WAYS, on, scripted, target

Upload = Callable[[rillet.Client, str, bytes, str], None]

UPLOADS: dict[str, Upload] = {
    "/bills/d1": lambda client, filename, content, kind: on(client, Bills, AsyncBills).upload_document(
        "d1", filename, content, kind, idempotency_key="k1"
    ),
    "/charges/d1": lambda client, filename, content, kind: on(client, Charges, AsyncCharges).upload_document(
        "d1", filename, content, kind, idempotency_key="k1"
    ),
}


def only_part(asked: Asked) -> Message:
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    (part,) = cast("list[Message]", BytesParser(policy=HTTP).parsebytes(head + asked.content).get_payload())
    return part


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("way", WAYS)
def test_a_file_is_attached_as_the_part_named_file(way: str, path: str) -> None:
    with scripted(way, None) as (run, service):
        run.call(lambda client: UPLOADS[path](client, "receipt.pdf", b"%PDF-1.7\r\n\x00\xff", "application/pdf"))
    assert target(service.only) == ("POST", path, {})
    assert service.only.headers["idempotency-key"] == "k1"
    part = only_part(service.only)
    assert part.get_param("name", header="content-disposition") == "file"
    assert part.get_filename() == "receipt.pdf"
    assert part.get_content_type() == "application/pdf"
    assert b"%PDF-1.7\r\n\x00\xff" in service.only.content


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("way", WAYS)
def test_a_repetition_sends_the_same_bytes_under_the_same_key(way: str, path: str) -> None:
    with scripted(way, Answer(status=503, headers={"retry-after": "0"}), None) as (run, service):
        run.call(lambda client: UPLOADS[path](client, "receipt.png", b"\x89PNG", "image/png"))
    first, second = service.asked
    assert first.content == second.content
    assert first.headers["content-type"] == second.headers["content-type"]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "k1"
