"""Links of a service are followed to public addresses alone."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from clientkit import errors
from clientkit.requests import follow
from support.callers import Caller, echo
from support.raw_server import head_of, raw_server


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:1/latest/meta-data/iam", "http://localhost:1/f", "https://localhost/f", "https://[::1]/f",
        "https://10.0.0.1/f", "https://192.168.1.1/f", "https://169.254.169.254/latest", "https://[fd00::1]/f",
        "https://[fe80::1]/f", "https://0.0.0.0/f", "https://[::ffff:10.0.0.1]/f", "https://[64:ff9b::a00:1]/f",
        "https://224.0.0.1/f", "https://100.64.0.1/f",
    ],
)  # fmt: skip
def test_a_link_into_a_private_network_is_not_followed(caller: Caller, link: str) -> None:
    client = caller.client("https://shop.test", timeout=0.3)
    with pytest.raises(ValueError, match="not a link that can be followed"):
        caller.ask(client, follow(link))


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "inside.example"])
def test_nor_is_one_whose_name_leads_there(caller: Caller, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[bytes]()

    def script(connection: socket.socket, over: threading.Event) -> None:
        asked.append(head_of(connection))

    original = socket.getaddrinfo

    def here(name: Any, *arguments: Any, **named: Any) -> Any:
        return original("127.0.0.1" if name == "inside.example" else name, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    with raw_server(script) as url:
        port = url.rpartition(":")[2]
        with pytest.raises(errors.NotSentError, match="not a public address"):
            caller.ask(caller.client("https://shop.test"), follow(f"https://{host}:{port}/f"))
    assert asked == []


def test_a_link_to_this_machine_is_for_a_client_of_this_machine(caller: Caller) -> None:
    with raw_server(echo) as url:
        assert caller.ask(caller.client(url), follow(f"{url}/file?s=1")).content == b'"/file?s=1"'
