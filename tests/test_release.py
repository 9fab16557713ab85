"""What a release consists of: files that come out equal each time, that install by themselves, and that break nobody unsaid."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from support.wheel import ROOT, build_wheel, environment_for_wheels, without_this_checkout

for _needed in ("hatchling", "towncrier", "twine", "msgspec"):
    pytest.importorskip(_needed, reason=f"{_needed} of the extra `dev` is not installed")

PACKAGES = ("brex_accounting", "bridge", "clientkit", "rillet")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.place


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(ROOT, tmp_path_factory.mktemp("dist"))


def test_a_build_elsewhere_and_later_is_equal_to_the_byte(wheel: Path, tmp_path: Path) -> None:
    copy = tmp_path / "a copy"
    wanted = {"src", "README.md", "LICENSE", "pyproject.toml"}
    shutil.copytree(ROOT, copy, ignore=lambda folder, names: set(names) - wanted if Path(folder) == ROOT else set())
    for path in copy.rglob("*.py"):
        os.utime(path, (1, 1))

    again = build_wheel(copy, tmp_path / "again")

    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()


def test_the_wheel_has_the_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    info = f"brex_rillet-{PROJECT['version']}.dist-info"

    assert {name.partition("/")[0] for name in names} == {*PACKAGES, info}
    assert {f"{each}/py.typed" for each in PACKAGES} <= set(names)
    assert f"{info}/licenses/LICENSE" in names
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pem", ".db", ".env"))]


def test_its_metadata_are_accepted_and_say_what_ran(wheel: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", str(wheel)], capture_output=True, text=True
    )
    text = zipfile.ZipFile(wheel).read(f"brex_rillet-{PROJECT['version']}.dist-info/METADATA").decode("utf-8")
    told = Parser().parsestr(text)

    assert done.returncode == 0, done.stdout
    assert told["License-Expression"] == "MIT"
    assert told["Requires-Python"] == ">=3.11"
    core = [each for each in told.get_all("Requires-Dist", []) if "extra ==" not in each]
    names = {re.split(r"[<>=]", each)[0] for each in core}
    assert names == {"attrs", "cattrs", "h11", "httpcore", "httpx", "python-dateutil", "typing-extensions"}


def test_the_wheel_alone_runs_the_blocks_of_the_readme(wheel: Path, tmp_path: Path) -> None:
    # The dependencies are those of this environment; the package itself is the wheel's.
    programs = environment_for_wheels(tmp_path)
    (site,) = (programs.parent).glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    code = "\n".join(["import rillet", f"assert rillet.__file__.startswith({str(site)!r}), rillet.__file__", *blocks])

    done = subprocess.run(
        [programs / "python", "-W", "error", "-c", code],
        cwd=tmp_path,
        env=without_this_checkout(),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert len(blocks) == 3


def test_licences_of_what_it_needs_are_free_ones() -> None:
    free = re.compile(r"MIT|BSD|Apache|MPL|PSF|Python Software Foundation", re.IGNORECASE)
    needed = {re.split(r"[<>=\[]", each)[0] for each in PROJECT["dependencies"]}
    unknown = list[str]()
    for name in sorted({*needed, "typer", "rich", "SQLAlchemy", "uvicorn", "msgspec", "certifi", "idna", "anyio"}):
        told = importlib.metadata.metadata(name)
        said = " ".join(
            text for key in ("License-Expression", "Classifier", "License") for text in told.get_all(key, [])
        )
        unknown += [] if free.search(said) else [name]
    assert unknown == []


API = tool("api")


def test_what_the_last_release_had_is_there_or_its_end_is_said() -> None:
    version, *before = API.SNAPSHOT.read_text(encoding="utf-8").splitlines()
    # The release that is being prepared may still change what it will have; its tag ends that.
    if version == f"# {PROJECT['version']}":
        before = [line for line in before if "." not in line]
    said = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "changes").glob("*.md"))
    unsaid = [
        line for line in API.broken(before, API.snapshot()) if re.split(r"[( ]", line)[0].rpartition(".")[2] not in said
    ]

    assert unsaid == [], "say it in changes/<word>.changed.md, by name"


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        (["p.f", "p.f(a#0)"], ["p.f"], ["p.f(a#0)"]),
        (["p.f", "p.f(a#0)"], ["p.f", "p.f(b#0)"], ["p.f(a#0)"]),
        (["p.f"], ["p.f", "p.f(a) needed"], ["p.f(a) needed"]),
        (["p.f", "p.f(a)"], ["p.f", "p.f(a) needed"], ["p.f(a)", "p.f(a) needed"]),
        (["p.f"], ["p.f", "p.f(a)"], []),
        (["p.f"], ["p.f", "p.g", "p.g(a) needed"], []),
        (["p.C", "p.C.x"], ["p.C"], ["p.C.x"]),
    ],
)
def test_a_break_is_found(before: list[str], now: list[str], found: list[str]) -> None:
    assert API.broken(before, now) == found


def test_a_name_that_is_gone_at_run_time_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import rillet

    before = API.snapshot()
    monkeypatch.setattr(rillet, "__all__", [each for each in rillet.__all__ if each != "NewVendor"])

    assert "rillet.NewVendor" in API.broken(before, API.snapshot())


def test_the_workflow_publishes_without_a_stored_token() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]

    assert jobs["publish"]["permissions"] == {"id-token": "write", "attestations": "write"}
    assert "secrets." not in text
    uses = [step.get("uses", "").partition("@")[0] for step in jobs["publish"]["steps"]]
    assert {"actions/attest-build-provenance", "pypa/gh-action-pypi-publish"} <= set(uses)
    runs = "\n".join(step.get("run", "") for step in jobs["build"]["steps"])
    assert all(each in runs for each in ("twine check --strict", "nox -s audit", "cyclonedx-py"))


def test_every_step_of_the_workflow_is_pinned_and_there() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    uses = re.findall(r"uses: (.*)", text)
    sessions = re.findall(
        r"^@nox\.session.*\ndef (\w+)\(", (ROOT / "noxfile.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    steps = [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]

    # A tag can be moved; a commit cannot.
    assert len(uses) == 7
    assert [each for each in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []
    assert set(re.findall(r"nox -s (\w+)", text)) <= set(sessions)
    assert {"wheel", "audit"} <= set(re.findall(r"nox -s (\w+)", text))
    assert [step for step in steps if len({"uses", "run"} & set(step)) != 1] == []


def test_the_fragments_are_joined_to_one_list_of_each_kind(tmp_path: Path) -> None:
    for name in ("changes", "CHANGELOG.md", "pyproject.toml"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile)(ROOT / name, tmp_path / name)
    (tmp_path / "changes" / "one_more.fixed.md").write_text("One more is mended.\n", encoding="utf-8")
    command = [sys.executable, "-m", "towncrier", "build", "--yes", "--version", "99.0.0"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert sorted(each.name for each in (tmp_path / "changes").iterdir()) == ["README.md", "template.md.jinja"]
    text = (tmp_path / "CHANGELOG.md").read_text(encoding="utf-8")
    _, new, *_ = re.split(r"^## ", text.partition("## [Unreleased]\n")[2], flags=re.MULTILINE)
    assert new.startswith("[99.0.0] - ")
    kinds = re.findall(r"^### (.*)$", new, re.MULTILINE)
    assert kinds == [each for each in ("Added", "Changed", "Fixed") if each in kinds]
    assert "- One more is mended.\n" in new
    assert not re.search(r"^[^-# \n]", new.partition("\n")[2], re.MULTILINE), "a line that no list holds"
