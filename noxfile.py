"""Every check, defined once: `nox` runs the tests, lint and types in the present environment, `nox -l` lists the rest.

What follows ``--`` goes to pytest, as in ``nox -s tests -- tests/rillet -k vendors``.
"""

from __future__ import annotations

import sys
import tomllib
import urllib.request
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.sessions = ["tests", "lint", "types"]
# Releases of Python that are not installed are skipped, on a build server too.
nox.options.error_on_missing_interpreters = False

# Tests depend on no order, so every core takes some; a core without work takes some of another's.
_PYTEST = ("-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal")
_LIST_OF_HOLES = "https://pypi.org/pypi/httpx/0.28.1/json"
_PAGES = (
    "make_exports",
    "make_reference",
    "make_operations",
    "make_tables",
    "make_tests",
    "make_mending",
    "make_commands",
    "make_settings",
    "make_notebooks",
)


@nox.session(python=False)
def tests(session: nox.Session) -> None:
    """All tests, or those that are named after ``--``; with ``-- --cov`` also how much of the code they reach."""
    session.run(sys.executable, *_PYTEST, *session.posargs)
    if "--cov" in session.posargs:
        counted = "--include=src/clientkit/*,src/bridge/*"
        session.run(sys.executable, "-m", "coverage", "report", counted, "--fail-under=95")


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Style, format, import contracts, and whether a change of `src` comes with a fragment for the changelog."""
    session.run(sys.executable, "-m", "ruff", "check", ".")
    session.run(sys.executable, "-m", "ruff", "format", "--check", ".")
    session.run(sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()")
    session.run(sys.executable, "tools/check_fragments.py")


@nox.session(python=False)
def types(session: nox.Session) -> None:
    """Both type checkers, strict."""
    session.run(sys.executable, "-m", "mypy")
    session.run(sys.executable, "-m", "pyright", "--pythonpath", sys.executable)


@nox.session(python=False)
def docs(session: nox.Session) -> None:
    """Write the pages and lists that are made from the code."""
    for name in _PAGES:
        session.run(sys.executable, f"docs/{name}.py")


@nox.session(python=False)
def site(session: nox.Session) -> None:
    """Build the documentation as a site into ``site``; a dead link is an error."""
    session.run(sys.executable, "tools/build_site.py", *session.posargs)


@nox.session(python=False)
def prepare(session: nox.Session) -> None:
    """Make a release ready for its tag: join the fragments into the changelog, and keep the API that it has."""
    version = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    session.run(sys.executable, "-m", "towncrier", "build", "--yes", "--version", version)
    session.run(sys.executable, "tools/api.py", "--write")


@nox.session
def audit(session: nox.Session) -> None:
    """Ask PyPI's list of known holes about everything that the package and its extras install; it needs the network."""
    try:
        urllib.request.urlopen(_LIST_OF_HOLES, timeout=30).close()
    except OSError as error:
        # pip-audit ends in a traceback.
        session.error(f"PyPI's list of known holes does not answer ({error}); run this where https://pypi.org does")
    extras = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    used = ",".join(sorted(set(extras) - {"dev", "docs"}))
    session.install(f".[{used}]", "pip-audit>=2.9")
    session.run("pip-audit", "--local", "--skip-editable", *session.posargs)


@nox.session
def lowest(session: nox.Session) -> None:
    """All tests with the lowest supported dependencies, and without the extra ``fast``."""
    session.install("--constraint", ".ci/lowest.txt", "-e", ".[close,serve]")
    session.install("pytest", "pytest-xdist", "hypothesis", "pyyaml", "jsonschema", "openpyxl")
    session.install("iso4217", "rapidfuzz", "standardwebhooks")
    session.run("python", *_PYTEST, "-p", "no:cacheprovider", *session.posargs)


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def wheel(session: nox.Session) -> None:
    """The wheel, installed by itself on each release of Python that is installed, runs the Python blocks of the README."""
    folder, root = Path(session.create_tmp()), Path.cwd()
    for each in folder.glob("*.whl"):
        each.unlink()
    session.run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), external=True)
    session.install(*map(str, folder.glob("*.whl")))
    # Away from the sources, which Python would find first.
    with session.chdir(folder):
        session.run("python", "-W", "error", str(root / "tools" / "run_blocks.py"), str(root / "README.md"))


@nox.session(python=["3.12", "3.13", "3.14"])
def versions(session: nox.Session) -> None:
    """All tests on each later release of Python that is installed."""
    session.install("-e", ".[dev]")
    session.run("python", *_PYTEST, "-p", "no:cacheprovider", *session.posargs)
