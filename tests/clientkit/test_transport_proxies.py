"""The way out of this machine: the proxies and certificates that the environment names."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import pytest

from clientkit import errors
from support.callers import GRACE, Caller, drip, echo, numbered
from support.raw_server import head_of, raw_server

_VARIABLES = ("NO_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    "entry", ["fd07:b51a:cc66:f0::/64", "[::1]", "::1/128", "", "*.a..b", "10.0.0.0/8", "\N{SNOWMAN}"]
)
def test_entries_of_no_proxy_that_cannot_be_used_are_passed_over(
    caller: Caller, environment: pytest.MonkeyPatch, entry: str
) -> None:
    environment.setenv("NO_PROXY", f"localhost,{entry},127.0.0.1")
    by_proxy, direct = list[bytes](), list[bytes]()

    def script(connection: socket.socket, over: threading.Event) -> None:
        # It speaks no TLS, and hangs up.
        direct.append(connection.recv(65_536))

    with _tunnel(by_proxy) as proxy, raw_server(script) as url:
        environment.setenv("HTTPS_PROXY", proxy)
        with pytest.raises(errors.NotSentError):
            caller.ask(caller.client(url.replace("http:", "https:")))
    assert (len(by_proxy), len(direct)) == (0, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "socks://127.0.0.1:1080"),
        ("ALL_PROXY", "gopher://127.0.0.1:1"),
        ("HTTPS_PROXY", "http://127.0.0.1:nine"),
        ("HTTPS_PROXY", "http://[::1"),
        ("HTTPS_PROXY", "http://"),
        ("SSL_CERT_FILE", "/nowhere/at/all.pem"),
        ("SSLKEYLOGFILE", "/nowhere/at/all.log"),
    ],
)
def test_what_the_environment_names_and_nobody_can_use_is_told_by_its_name(
    caller: Caller, environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(errors.ConfigurationError, match=name):
        caller.client("https://shop.test")


def test_a_socks_proxy_takes_its_package(caller: Caller, environment: pytest.MonkeyPatch) -> None:
    environment.setitem(sys.modules, "socksio", None)
    environment.setenv("ALL_PROXY", "socks5://user:secret@127.0.0.1:1080")
    with pytest.raises(errors.ConfigurationError, match=r"ALL_PROXY .*httpx\[socks\]") as caught:
        caller.client("https://shop.test")
    assert "secret" not in str(caught.value)


def _tunnel(asked: list[bytes]) -> Any:
    """A proxy that opens a tunnel to wherever it is asked for."""

    def script(connection: socket.socket, over: threading.Event) -> None:
        head = head_of(connection)
        asked.append(head)
        host, _, port = head.split(b" ")[1].decode().partition(":")
        with socket.create_connection((host, int(port))) as there:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

            def back() -> None:
                with suppress(OSError):
                    while more := there.recv(65_536):
                        connection.sendall(more)
                    connection.shutdown(socket.SHUT_RDWR)

            copying = threading.Thread(target=back)
            copying.start()
            with suppress(OSError):
                while more := connection.recv(65_536):
                    there.sendall(more)
                there.shutdown(socket.SHUT_RDWR)
            copying.join()

    return raw_server(script)


def test_a_request_goes_through_the_proxy_of_the_environment(
    caller: Caller, environment: pytest.MonkeyPatch, trusting: ssl.SSLContext
) -> None:
    environment.delenv("NO_PROXY")
    asked = list[bytes]()
    with raw_server(echo, tls=trusting) as url, _tunnel(asked) as proxy:
        environment.setenv("HTTPS_PROXY", proxy.replace("http://", "http://me:secret%21@"))
        client = caller.client(url)
        assert [caller.ask(client, numbered(number)) for number in range(3)] == ["/0", "/1", "/2"]
        caller.finish(client)
    (head,) = asked
    assert head.startswith(b"CONNECT 127.0.0.1:")
    assert b"basic bWU6c2VjcmV0IQ==" in head.replace(b"Basic", b"basic")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 O"])
def test_what_a_proxy_keeps_from_the_service_was_not_sent(
    caller: Caller, environment: pytest.MonkeyPatch, answer: bytes
) -> None:
    with raw_server(drip(answer, b"")) as proxy:
        environment.setenv("HTTPS_PROXY", proxy)
        started = time.monotonic()
        with pytest.raises(errors.NotSentError):
            caller.ask(caller.client("https://shop.test", timeout=0.3))
        assert time.monotonic() - started < 0.3 + GRACE
