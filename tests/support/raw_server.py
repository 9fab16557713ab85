"""Servers that speak whatever bytes a test wants, over TCP or TLS on loopback."""

from __future__ import annotations

import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

#: Serves one connection; the event is set when the test is over.
Script: TypeAlias = Callable[[socket.socket, threading.Event], object]


@contextmanager
def raw_server(script: Script, *, tls: ssl.SSLContext | None = None) -> Generator[str]:
    """A server that runs `script` in a thread for each connection; gives its base URL."""
    over = threading.Event()
    threads, connections = list[threading.Thread](), list[socket.socket]()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve(accepted: socket.socket) -> None:
            with suppress(OSError), accepted.dup() as connection:
                if tls is None:
                    script(connection, over)
                else:
                    with tls.wrap_socket(connection, server_side=True) as wrapped:
                        script(wrapped, over)
            with suppress(OSError):
                accepted.shutdown(socket.SHUT_RDWR)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connections.append(listening.accept()[0])
                    threads.append(threading.Thread(target=serve, args=(connections[-1],)))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield f"{'http' if tls is None else 'https'}://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            # Clients may keep their connections, which the scripts would wait for.
            for connection in connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()
            for thread in threads:
                thread.join()


def head_of(connection: socket.socket) -> bytes:
    """What one request says before its body; nothing where the client has hung up."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = connection.recv(65_536)
        if not more:
            return b""
        got += more
    return got


def ok(body: bytes = b"{}", *lines: str) -> bytes:
    """A whole answer."""
    head = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def tls_pair() -> tuple[ssl.SSLContext, str]:
    """TLS of a server at 127.0.0.1, and the text of the certificate that its clients have to trust."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "both.pem")
        path.write_text(_CERTIFICATE + _KEY, encoding="ascii")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
    return context, _CERTIFICATE


# Made for these tests alone; it is good for loopback until 2126.
_CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUJ9RibhoC+VTPQ9hZnMCdInDBs1swCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODA5MzEyNVoYDzIxMjYxMTA0
MDkzMTI1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARAeYqQ5mHBexm6Hk5CkeFgXAXjVKgXtVHq8Y+M6T72gtLnz6s0qKGP
wGfTfe8vqIPc3q6VhkxPPrBzhndBixZTo28wbTAdBgNVHQ4EFgQU2Oke9V2IWwqs
DQJQFEhPoQ2SskkwHwYDVR0jBBgwFoAU2Oke9V2IWwqsDQJQFEhPoQ2SskkwGgYD
VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDSQAwRgIhAJ2WYL8GJkcAi2rydHKCYvcDlOjDZDimgeB/lLUPv/B6AiEA
zJooLlTXFyI9uESvGTFyTr/6qCPFtb/dII6ofVZ6Jgs=
-----END CERTIFICATE-----
"""
_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYAVrLHCM/I+vDQ2H
RkYXvX5oolHWoApwbh1rd+J+my2hRANCAARAeYqQ5mHBexm6Hk5CkeFgXAXjVKgX
tVHq8Y+M6T72gtLnz6s0qKGPwGfTfe8vqIPc3q6VhkxPPrBzhndBixZT
-----END PRIVATE KEY-----
"""
