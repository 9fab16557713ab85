"""A PostgreSQL server of its own for tests, where one is installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

_SECONDS_TO_START = 30


def missing() -> str | None:
    """Why no server can be had here, None where one can."""
    if sys.platform == "win32":
        return "the server is started as Unix starts one"
    for program in ("postgres", "initdb"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if importlib.util.find_spec("psycopg") is None:
        return "the driver psycopg is not installed"
    if os.geteuid() == 0 and _unprivileged() is None:
        return "PostgreSQL does not run as root, and there is no user nobody"
    return None


@contextmanager
def postgres() -> Generator[str]:
    """An empty database for as long as the context lasts; gives its URL."""
    found = shutil.which("postgres")
    assert found is not None
    # A socket's path has room for about 100 characters, and the usual place for temporary files may have more.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    owner = _unprivileged() if os.geteuid() == 0 else None
    if owner is not None:
        os.chown(folder, owner, -1)
    data = folder / "data"
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    try:
        initdb = ["initdb", "-D", str(data), "-U", "exporter", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, env=environment, cwd=folder, user=owner)
        command = [found, "-D", str(data), "-k", str(folder), "-c", "listen_addresses=", "-F"]
        with (folder / "log").open("w", encoding="utf-8") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder, user=owner)
        try:
            _wait_until_ready(server, data, folder)
            yield f"postgresql://exporter@/postgres?host={quote(str(folder), safe='')}"
        finally:
            server.terminate()
            server.wait(timeout=_SECONDS_TO_START)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def empty(url: str) -> None:
    """Drop everything that is in the database."""
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()


def _wait_until_ready(server: subprocess.Popen[bytes], data: Path, folder: Path) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end and server.poll() is None:
        with suppress(OSError):
            # The last line of the file says when connections are let in.
            if (data / "postmaster.pid").read_text(encoding="utf-8").rstrip().endswith("ready"):
                return
        time.sleep(0.02)
    raise RuntimeError((folder / "log").read_text(encoding="utf-8"))


def _unprivileged() -> int | None:
    import pwd

    with suppress(KeyError):
        return pwd.getpwnam("nobody").pw_uid
    return None
