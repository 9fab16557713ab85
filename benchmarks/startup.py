"""CPU time of what a process does first, beside ``import httpx`` and beside the libraries of the command line::

    python benchmarks/startup.py [rounds] [--plain | --without-commands]

With ``--plain`` it measures in an environment of its own with nothing but the package and its dependencies, where there is
no command line; with ``--without-commands`` in this one, and leaves out the command line. Each is a fresh interpreter, in turn. The time of an empty interpreter is taken off. Bytecode is written once, into a
folder of its own.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from import_time import plain_installation
from typing_extensions import override

NOTHING, BASE = "an empty interpreter", "`import httpx`"

#: Statements by what they do; the first is taken off the others, and the second is what they stand beside.
STATEMENTS = {
    NOTHING: "pass",
    BASE: "import httpx",
    "`httpx.Client()`": "import httpx; httpx.Client()",
    "a client of Rillet, and its first decoded answer": (
        "import rillet; rillet.Client('key', base_url='{url}').accounts.list().collect()"
    ),
    "a client of Brex, and its first decoded answer": (
        "import brex_accounting; brex_accounting.Client('token', base_url='{url}').fields.list().collect()"
    ),
    "the libraries of the command line": "import typer, rich.console",
    "`brex-rillet --help`": (
        "import sys; sys.argv = ['brex-rillet', '--help']\n"
        "from bridge.export.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass"
    ),
}

WITHOUT_COMMANDS = dict(list(STATEMENTS.items())[:5])

ANSWER = b'{"accounts": [], "items": [], "pagination": {"next_cursor": null}}'


class Accounts(BaseHTTPRequestHandler):
    """A service without accounts and fields."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


def seconds(statement: str, environment: dict[str, str], python: str) -> float:
    """CPU time of a fresh interpreter with one statement."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [python, "-c", statement]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(rounds: int, *, is_plain: bool, has_commands: bool) -> None:
    """Print the medians of the CPU time, and of the ratios to ``import httpx``."""
    with tempfile.TemporaryDirectory() as folder:
        python = plain_installation(Path(folder)) if is_plain else sys.executable
        measure(rounds, python, STATEMENTS if has_commands and not is_plain else WITHOUT_COMMANDS)


def measure(rounds: int, python: str, wanted: Mapping[str, str]) -> None:
    """`main` with one interpreter."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Accounts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    statements = {
        title: each.replace("{url}", f"http://127.0.0.1:{server.server_port}") for title, each in wanted.items()
    }
    print(f"load {os.getloadavg()[0]:.1f}, CPython {sys.version.split()[0]}, {rounds} rounds")
    print("| in a fresh interpreter | CPU seconds | of `import httpx` |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: each for name, each in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        for each in statements.values():
            seconds(each, environment, python)
        runs = [
            {title: seconds(each, environment, python) for title, each in statements.items()} for _ in range(rounds)
        ]
    for title in statements:
        taken = statistics.median(run[title] for run in runs)
        ratio = statistics.median((run[title] - run[NOTHING]) / (run[BASE] - run[NOTHING]) for run in runs)
        print(f"| {title} | {taken:.2f} | {ratio:.2f} |")


if __name__ == "__main__":
    numbers = [each for each in sys.argv[1:] if not each.startswith("--")]
    has_commands = "--without-commands" not in sys.argv
    main(int(numbers[0]) if numbers else 15, is_plain="--plain" in sys.argv, has_commands=has_commands)
