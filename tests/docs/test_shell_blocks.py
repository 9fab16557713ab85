"""Every line of the shell blocks of all pages runs, with the wheel of this checkout and against `demo --serve`.

What is installed by name comes from that wheel, and its dependencies are those of this environment, so nothing is downloaded.
A line that does not run here stands in `NOT_HERE` with the reason.
"""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

from bridge.export.demo.company import ORGANIZATION
from support.wheel import ROOT, build_wheel, environment_for_wheels, without_this_checkout

for _needed in ("hatchling", "twine", "msgspec"):
    pytest.importorskip(_needed, reason=f"{_needed} of the extra `dev` is not installed")

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),  # the folders in it are made: the reference, and the notebooks as they come out
        *(ROOT / "examples").rglob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
        *(ROOT / "tests").rglob("*.md"),
        *(ROOT / "changes").glob("README.md"),
    )
    if BLOCK.search(path.read_text(encoding="utf-8"))
)

_CLONE = "it downloads: `.ci/run` pastes it into a clone"
_ASSISTANT = "another vendor's program, which asks for a log-in at Rillet"
_QUEUE = "tests/examples/test_queues.py starts the same workers on a Redis and a PostgreSQL of its own"
_MEASURES = "it measures for minutes: tests/docs/test_benchmarks.py runs the script with less"
_NOTEBOOKS = "it downloads and opens a browser: tests/examples/test_notebooks.py runs each notebook"
_OF_THE_TESTS = "it is part of this run"
#: How the lines begin that do not run here, and why.
NOT_HERE = {
    "python3 -m venv .venv && .venv/bin/pip install": _CLONE,
    "claude mcp add --transport http rillet ": _ASSISTANT,
    "codex mcp add ": _ASSISTANT,
    "npx add-mcp ": _ASSISTANT,
    'python -m pip install "brex-rillet[export,frames]" jupyterlab': _NOTEBOOKS,
    "cd examples/notebooks": _NOTEBOOKS,
    "jupyter lab": _NOTEBOOKS,
    "export EXPORT_TENANTS=": _QUEUE,
    "export CELERY_BROKER_URL=": _QUEUE,
    "export PYTHONPATH=examples": _QUEUE,
    "celery --app queues.celery_app ": _QUEUE,
    "python -m queues.procrastinate_worker ": _QUEUE,
    "QUEUE_SIZE=20 QUEUE_KILLS=10 python -m pytest ": _OF_THE_TESTS,
    "python -m pytest tests/examples": _OF_THE_TESTS,
    "python benchmarks/": _MEASURES,
    "python tools/make_facts.py DIRECTORY": "it reads the vendors' own descriptions, which are in no clone",
    "python docs/make_operations.py": "tests/docs/test_operations.py compares what it writes",
}

#: The company of `demo --serve` has records that must be refused, so these say with 1 that something is left for a person.
LEFT_FOR_A_PERSON = ("plan", "export", "reconcile", "accrue", "close-status", "close-package")

#: Pages that begin where an export has left its journal.
AFTER_AN_EXPORT = ("closing.md", "mcp.md", "status-page.md")

_APPROVALS = "\n[[approvals]]\nabove = 300\n"
_DAYS = ("2026-08-31", "2026-09-30", "2026-10-30", "2026-10-31")
_FILES = {
    "rates.csv": "\n".join(["base,target,date,rate", *(f"USD,EUR,{day},0.92" for day in _DAYS), ""]),
    "eurofxref-hist.csv": "\n".join(["Date,USD,GBP,", *(f"{day},1.0870,0.8600," for day in reversed(_DAYS)), ""]),
}
_WEBHOOKS = {
    "BREX_WEBHOOK_SECRET": "whsec_c29tZXRoaW5nIGVsc2U=",
    "RILLET_WEBHOOK_TOKEN": "dGhlIHRva2VuIG9mIFJpbGxldA==",
}
#: The assistant's program starts the server that it is told of, which ends with its input.
_ASSISTANTS_PROGRAM = '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@" </dev/null\n'


def lines(page: Path) -> list[str]:
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [
        line
        for block in blocks
        for line in block.replace("\\\n", " ").splitlines()
        if line and not line.startswith("#")
    ]


def runs_here(line: str) -> bool:
    return not line.startswith(tuple(NOT_HERE))


@attrs.frozen
class Shell:
    """A reader's terminal in a folder: what was exported stays, and each line has to end well."""

    folder: Path
    variables: dict[str, str]
    exported: list[str] = attrs.field(factory=list[str])

    def run(self, line: str) -> str:
        """What a line printed."""
        if line.startswith("export "):
            # A secret that the page leaves out is one that is there already.
            self.exported.append(re.sub(r"(\w+)=\S*…", r'\1="${\1:?}"', line))
            line = ":"
        if "--listen" in line or " serve " in line:
            return self._serve(line)
        done = subprocess.run(
            self._command(line), cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False
        )
        command = line.removeprefix("brex-rillet ")
        accepted = {0, 1} if command.startswith(LEFT_FOR_A_PERSON) else {0}
        assert done.returncode in accepted, (line, done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, (line, done.stderr)
        return done.stdout

    def _serve(self, line: str) -> str:
        """Start it, wait until it says where it is, and end it with Ctrl-C; a port that is taken is exchanged."""
        told = ""
        for _ in range(5):
            # Below those that the system gives to others.
            address = f"127.0.0.1:{random.randint(10_000, 30_000)}"
            tried = re.sub(r"127\.0\.0\.1:\d+", address, line)
            tried = tried if "--listen" in tried else f"{tried} --listen {address}"
            with subprocess.Popen(
                self._command(f"exec {tried}"), cwd=self.folder, env=self.variables, stderr=subprocess.PIPE, text=True
            ) as process:
                assert process.stderr is not None
                told = ""
                for said in process.stderr:
                    told += said
                    if "The page is at " in said or "Webhooks are taken at " in said:
                        process.send_signal(signal.SIGINT)
                told += process.stderr.read()
            if process.returncode == 0:
                return told
            assert "in use" in told, (tried, process.returncode, told)
        raise AssertionError(told)

    def _command(self, line: str) -> list[str]:
        return ["bash", "-c", "\n".join(["set -eu -o pipefail", *self.exported, line])]


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    build_wheel(ROOT, folder)
    return folder


def variables(wheels: Path, programs: Path) -> dict[str, str]:
    return {
        **without_this_checkout(),
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "RECORDS": "1",
    }


@pytest.fixture(scope="session")
def programs(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment in which the wheel is installed."""
    made = environment_for_wheels(tmp_path_factory.mktemp("installed"))
    install = ["pip", "install", "--quiet", "--no-deps", "brex-rillet"]
    subprocess.run(install, env=variables(wheels, made), executable=made / "pip", check=True)
    return made


@contextmanager
def served(shell: Shell, settings: str, *options: str) -> Generator[Mapping[str, object]]:
    """The made-up company, for as long as the context lasts; its variables are the shell's."""
    demo = ["brex-rillet", "demo", "--serve", *options, "--records", "4", "--json", "--settings", settings]
    command = shlex.join(["exec", *demo])
    with subprocess.Popen(
        ["bash", "-c", command], cwd=shell.folder, env=shell.variables, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            text = ""
            for line in process.stdout:
                text += line
                if line == "}\n":
                    break
            told = json.loads(text)
            shell.variables.update(told["variables"])
            yield told
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()


@pytest.mark.full
@pytest.mark.parametrize(
    "page", [each for each in PAGES if any(map(runs_here, lines(each)))], ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_lines_of_a_page_run(page: Path, wheels: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    asked = [line for line in lines(page) if runs_here(line)]
    installs = any("pip install" in line for line in asked)
    found = environment_for_wheels(tmp_path / "own") if installs else request.getfixturevalue("programs")
    folder = tmp_path / "reader"
    if page.is_relative_to(ROOT / "examples") or page.name == "releasing.md":
        wanted = {"src", "examples", "README.md", "LICENSE", "pyproject.toml"}
        shutil.copytree(ROOT, folder, ignore=lambda at, names: set(names) - wanted if Path(at) == ROOT else set())
    else:
        folder.mkdir()
    shell = Shell(folder, variables(wheels, found))
    if not any("brex-rillet" in line and "--" in line for line in asked):
        for line in asked:
            shell.run(line.replace("brex-rillet demo", "brex-rillet demo --records 20"))
        return
    if any(line.startswith("brex-rillet billing ") for line in asked):
        with served(shell, "billing.toml", "--billing"):
            for line in asked:
                shell.run(line)
        return
    for name, text in _FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    (found / "claude").write_text(_ASSISTANTS_PROGRAM, encoding="utf-8")
    (found / "claude").chmod(0o755)
    while "pip install" in asked[0]:
        shell.run(asked.pop(0))
    run_at_the_company(shell, asked, after_an_export=page.name in AFTER_AN_EXPORT)


def run_at_the_company(shell: Shell, asked: list[str], *, after_an_export: bool) -> None:
    """Run lines that need an account, with those of the made-up company."""
    settings = shell.folder / "settings.toml"
    proposed = any(line.startswith("brex-rillet init") for line in asked)
    approvals = any("accr_1" in line for line in asked)
    with served(shell, "completed.toml" if proposed else settings.name) as company:
        names = {"INTEGRATION_ID": str(company["integration"]), "ORGANIZATION_ID": ORGANIZATION.id}
        if after_an_export:
            shell.run("brex-rillet export --settings settings.toml --journal export.db")
        for line in asked:
            if approvals and "--journal" in line:
                # They need a journal, so they come with it.
                approvals = False
                settings.write_text(settings.read_text(encoding="utf-8") + _APPROVALS, encoding="utf-8")
            if "WEBHOOK_SECRET=" in line:
                shell.variables.update(_WEBHOOKS)
            if "accr_1" in line and "accr_1" not in names:
                names |= held(shell)
            shell.run(with_names(line, names))
            if line.startswith("brex-rillet check"):
                # What `init` proposes leaves questions, which a person answers in the file.
                shutil.copyfile(shell.folder / "completed.toml", settings)


def with_names(line: str, names: Mapping[str, str]) -> str:
    """A line with the ids of this company in place of the page's."""
    return re.sub("|".join(names), lambda name: names[name[0]], line)


def held(shell: Shell) -> dict[str, str]:
    """By the page's names: records that are held for an approval."""
    plan = json.loads(shell.run("brex-rillet plan --settings settings.toml --journal export.db --json"))
    ids = [each["record_id"] for each in plan["held"]]
    return {"accr_1": ids[0], "accr_2": ids[1]}


def test_what_does_not_run_here_is_on_a_page() -> None:
    every = [line for page in PAGES for line in lines(page)]

    assert [start for start in NOT_HERE if not any(line.startswith(start) for line in every)] == []


def test_what_downloads_is_pasted_by_ci() -> None:
    pasted = [line for line in lines(ROOT / "README.md") if line.startswith("python3 -m venv")]
    (own,) = lines(ROOT / "CONTRIBUTING.md")
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert len(pasted) == 2
    assert {"block 'Quick start'", "block 'Tests'"} <= set(re.findall(r"block '[^']+'", text))
    assert any(line.replace("--quiet ", "").startswith(own) for line in pasted)
