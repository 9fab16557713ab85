"""A Redis server of its own for tests, where one is installed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_SECONDS_TO_START = 30


def missing() -> str | None:
    """Why no server can be had here, None where one can."""
    if sys.platform == "win32":
        return "the server is reached by a socket of Unix"
    if shutil.which("redis-server") is None:
        return "redis-server is not installed"
    if importlib.util.find_spec("redis") is None:
        return "the client redis is not installed"
    return None


@contextmanager
def redis_server() -> Generator[str]:
    """An empty server for as long as the context lasts; gives its URL."""
    found = shutil.which("redis-server")
    assert found is not None
    # A socket's path has room for about 100 characters, and the usual place for temporary files may have more.
    folder = Path(tempfile.mkdtemp(prefix="rd", dir="/tmp"))
    socket = folder / "s"
    command = [found, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    try:
        with (folder / "log").open("w", encoding="utf-8") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            end = time.monotonic() + _SECONDS_TO_START
            while not socket.exists():
                if time.monotonic() > end or server.poll() is not None:
                    raise RuntimeError((folder / "log").read_text(encoding="utf-8"))
                time.sleep(0.01)
            yield f"unix://{socket}"
        finally:
            server.terminate()
            server.wait(timeout=_SECONDS_TO_START)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
