"""Build the documentation of this version into ``site``: ``python tools/build_site.py [FOLDER]``.

Each version has a folder of its own, and those that are there already stay. ``versions.json`` names them for the list in the
header of each page, and the address of the site itself leads to the newest.

Zensical builds the pages that mkdocs.yml names and ends with an error where a link is dead. Beside them come the pages as
Markdown, and for assistants ``llms.txt``, a list of all pages, and ``llms-full.txt``, their text.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import yaml

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "mkdocs.yml"
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_TO_NEWEST = """\
<!doctype html>
<html lang="en">
<title>brex-rillet</title>
<meta http-equiv="refresh" content="0; url={0}/index.html">
<a href="{0}/index.html">brex-rillet {0}</a>
</html>
"""
#: A part of the navigation: a page, or a title with a page or with parts.
Part = str | Mapping[str, "str | Sequence[Part]"]


def publish(root: Path) -> Path:
    """Put this version beside the others, and what leads to them; its folder. Raises `subprocess.CalledProcessError`."""
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    shutil.rmtree(root / version, ignore_errors=True)
    build(root / version)
    newest, *others = sorted((each.name for each in root.iterdir() if _VERSION.fullmatch(each.name)), key=_order)[::-1]
    told = [{"version": newest, "title": newest, "aliases": ["latest"]}]
    told += [{"version": each, "title": each, "aliases": []} for each in others]
    (root / "versions.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (root / "index.html").write_text(_TO_NEWEST.format(newest), encoding="utf-8")
    for name in ("llms.txt", "llms-full.txt"):
        text = (root / newest / name).read_text(encoding="utf-8")
        # Its links are to pages beside it.
        (root / name).write_text(text.replace("](", f"]({newest}/") if name == "llms.txt" else text, encoding="utf-8")
    return root / version


def build(target: Path) -> None:
    """Build the site of one version into an empty or missing folder. Raises `subprocess.CalledProcessError` for a dead link."""
    # Zensical keeps a cache beside its configuration, and knows no folder for its output but that of the configuration.
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        shutil.copy(CONFIG, work)
        shutil.copytree(ROOT / "docs", work / "docs", ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "-f", "mkdocs.yml"]
        subprocess.run(command, cwd=work, check=True)
        for page in pages():
            shutil.copy(work / "docs" / page, work / "site" / page)
        (work / "site" / "llms.txt").write_text(contents(), encoding="utf-8")
        (work / "site" / "llms-full.txt").write_text(full_text(), encoding="utf-8")
        shutil.copytree(work / "site", target, dirs_exist_ok=True)


def navigation() -> Sequence[Part]:
    """What mkdocs.yml says of the order of the pages."""
    return cast("Sequence[Part]", yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["nav"])


def pages() -> list[str]:
    """All pages in their order."""
    return [page for _, page in _pages(navigation(), "")]


def contents() -> str:
    """``llms.txt`` (https://llmstxt.org): every page with its first sentence."""
    told = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    lines = [f"# {told['site_name']}", "", f"> {told['site_description']}"]
    section = ""
    for title, page in _pages(navigation(), ""):
        if title and title != section:
            section = title
            lines += ["", f"## {title}", ""]
        elif not section:
            lines += [""]
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        lines.append(f"- [{_title(text)}]({page}): {_first_sentence(text)}")
    return "\n".join(lines) + "\n"


def full_text() -> str:
    """``llms-full.txt``: the text of every page."""
    return "\n\n".join(
        f"<!-- {page} -->\n\n{(ROOT / 'docs' / page).read_text(encoding='utf-8').strip()}" for page in pages()
    )


def _order(version: str) -> list[int]:
    return [int(each) for each in version.split(".")]


def _pages(parts: Sequence[Part], section: str) -> Iterator[tuple[str, str]]:
    """Each page with the section that it is in."""
    for part in parts:
        if isinstance(part, str):
            yield section, part
            continue
        for title, inside in part.items():
            if isinstance(inside, str):
                yield section, inside
            else:
                yield from _pages(inside, section or title)


def _title(text: str) -> str:
    return text.lstrip("# ").partition("\n")[0]


def _first_sentence(text: str) -> str:
    """The first sentence of the first paragraph that says something."""
    prose = re.sub(r"^(```.*?^```|#.*?|Made .*?|\|.*?)$", "", text, flags=re.MULTILINE | re.DOTALL)
    first = " ".join(prose.strip().split("\n\n")[0].split())
    sentence = re.split(r"(?<=[.:]) ", first)[0]
    return re.sub(r"\[(.+?)\]\([^)]*\)", r"\1", sentence)


if __name__ == "__main__":
    publish(Path(sys.argv[1] if len(sys.argv) > 1 else "site"))
