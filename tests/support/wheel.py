"""The wheel of this checkout, and an environment that has it and, of what it needs, what this environment has."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build_wheel(source: Path, target: Path) -> Path:
    """The wheel of the sources in `source`, built into `target`."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (wheel,) = target.glob("*.whl")
    return wheel


def environment_for_wheels(folder: Path) -> Path:
    """An environment in which `pip` finds installed whatever this one has but the project itself; its folder of programs.

    So ``pip install`` of a wheel by name needs no network, and what runs afterwards is the wheel's.
    """
    others = folder / "others"
    others.mkdir(parents=True)
    present = Path(str(importlib.metadata.distribution("attrs").locate_file("")))
    for path in present.iterdir():
        if path.suffix != ".pth" and "brex_rillet" not in path.name and path.name != "__pycache__":
            (others / path.name).symlink_to(path)
    venv.EnvBuilder(symlinks=True).create(folder / "env")
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    (site / "others.pth").write_text(f"import sys; sys.path.append({str(others)!r})\n", encoding="utf-8")
    programs = folder / "env" / "bin"
    for name, module in {"pip": "pip", "twine": "twine"}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec "{programs}/python" -m {module} "$@"\n', encoding="utf-8")
        (programs / name).chmod(0o755)
    return programs


def without_this_checkout() -> dict[str, str]:
    """The environment's variables without those by which a process finds the sources, or an account."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != "PYTHONPATH" and not name.startswith(("BREX_", "RILLET_", "PIP_"))
    }
