"""The status page of a made-up company on loopback, and requests to it that are written by hand."""

from __future__ import annotations

import re
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from html import unescape
from http.client import HTTPConnection, HTTPMessage
from urllib.parse import urlencode

import attrs

from bridge.export import Export
from bridge.export.watching.server import listening
from bridge.export.web.access import Access, address_of
from bridge.export.web.app import status_app
from bridge.export.web.background import Background
from bridge.export.web.service import StatusService

SECRET = "a secret of a test page"
EPOCH = 1_700_000_000.0


@attrs.frozen
class Answer:
    status: int
    headers: HTTPMessage
    text: str

    @property
    def cookie(self) -> str:
        """What the browser keeps, as it sends it back."""
        return (self.headers["set-cookie"] or "").partition(";")[0]

    @property
    def token(self) -> str:
        """That of the page's forms."""
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.text)
        assert found is not None, self.text
        return found[1]

    @property
    def seen(self) -> str:
        """What the form that approves stands for."""
        found = re.search(r'value="approve">\s*<input type="hidden" name="seen" value="([^"]*)"', self.text)
        assert found is not None, self.text
        return unescape(found[1])


class Page:
    """A page that is served; `seconds` are what its clock shows."""

    def __init__(self, export: Export, background: Background, port: int, secret: str | None) -> None:
        self.export, self.background, self.port = export, background, port
        self.seconds = EPOCH
        address = address_of("127.0.0.1", port, origin=None, secret=secret)
        self.service = StatusService(export, background)
        self.app = status_app(self.service, Access(address, secret, clock=lambda: self.seconds))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, *, cookie: str = "", host: str | None = None) -> Answer:
        return self._ask("GET", path, {"cookie": cookie, **({} if host is None else {"host": host})})

    def post(self, path: str, *, cookie: str = "", origin: str | None = "", **form: str) -> Answer:
        """Send a form; its origin is the page's own when left out, and None sends none."""
        headers = {"cookie": cookie, "content-type": "application/x-www-form-urlencoded"}
        if origin is not None:
            headers["origin"] = origin or self.url
        return self._ask("POST", path, headers, urlencode(form))

    def done(self, path: str, *, cookie: str, **form: str) -> Answer:
        """Send a form with its token, wait for what it begins, and open the page that it leads to."""
        token = self.get("/", cookie=cookie).token
        answer = self.post(path, cookie=cookie, token=token, **form)
        assert answer.status == 303, answer.text
        self.background.wait()
        return self.get(answer.headers["location"], cookie=answer.cookie or cookie)

    def read(self) -> None:
        """Read both services."""
        self.service.read_queue()
        self.background.wait()

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: str | None = None) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {name: value for name, value in headers.items() if value})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()


@contextmanager
def serving(export: Export, *, secret: str | None = None) -> Generator[Page]:
    """The page for as long as the context lasts."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
    with Background(export.journal.now) as background:
        page = Page(export, background, port, secret)
        with listening(page.app, "127.0.0.1", port):
            yield page
