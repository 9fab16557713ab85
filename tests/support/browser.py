"""A real browser without a window, driven as https://www.w3.org/TR/webdriver2/ says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import attrs

_PORT = re.compile(r"started successfully on port (\d+)")
_PATIENCE = 120.0


def missing() -> str | None:
    """What is not installed that it takes, None where all is there."""
    wanted = {"chromedriver": ("chromedriver",), "chromium": ("chromium", "chromium-browser", "google-chrome")}
    return next((name for name, names in wanted.items() if not any(map(shutil.which, names))), None)


@attrs.frozen
class Browser:
    """One window; `run` is given the body of a function of JavaScript and gives what that returns."""

    _port: int
    _session: str

    def open(self, page: Path) -> None:
        _ask(self._port, "POST", f"/session/{self._session}/url", {"url": page.resolve().as_uri()})

    def run(self, script: str) -> Any:
        return _ask(self._port, "POST", f"/session/{self._session}/execute/sync", {"script": script, "args": []})

    def resize(self, width: int, height: int) -> None:
        _ask(self._port, "POST", f"/session/{self._session}/window/rect", {"width": width, "height": height})

    def pages_when_printed(self) -> bytes:
        """The page as a PDF, in Base64."""
        told: str = _ask(self._port, "POST", f"/session/{self._session}/print", {})
        return told.encode("ascii")


@contextmanager
def browser(profile: Path) -> Generator[Browser]:
    """A browser for as long as the context lasts; `profile` is a folder of its own."""
    driver = subprocess.Popen(
        ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert driver.stdout is not None
        found = next((match for line in driver.stdout if (match := _PORT.search(line))), None)
        assert found is not None, "chromedriver does not start"
        port = int(found[1])
        arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={profile}",
        ]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments}}
        session = _ask(port, "POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        try:
            yield Browser(port, session)
        finally:
            _ask(port, "DELETE", f"/session/{session}")
    finally:
        driver.terminate()
        driver.wait(timeout=_PATIENCE)
        if driver.stdout is not None:
            driver.stdout.close()


def _ask(port: int, method: str, path: str, body: object = None) -> Any:
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        sent = None if body is None else json.dumps(body).encode()
        connection.request(method, path, body=sent, headers={"Content-Type": "application/json"})
        answer = connection.getresponse()
        value = json.loads(answer.read())["value"]
        assert answer.status == 200, value
        return value
    finally:
        connection.close()
