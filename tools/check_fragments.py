"""Check that a change of `src` comes with a fragment for the changelog.

Run it as ``python tools/check_fragments.py [BASE]``. What is checked are the commits since `BASE`; without it those of
this branch, or on `main` those since the changelog was written last. A commit whose body has a line that starts with
``No-changelog:`` and says why turns the check off.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
_EXEMPTION = "No-changelog:"


def problem(changed: Sequence[str], bodies: str) -> str | None:
    """What is missing where these files were changed by commits with these messages; None where nothing is."""
    if not any(path.startswith("src/") for path in changed):
        return None
    if any(path == "CHANGELOG.md" or (path.startswith("changes/") and path.endswith(".md")) for path in changed):
        return None
    if any(line.startswith(_EXEMPTION) for line in bodies.splitlines()):
        return None
    return (
        "src was changed without a fragment. Say in changes/<word>.<added|changed|fixed>.md what users see, "
        f"or in a commit's body '{_EXEMPTION} <why>'."
    )


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _base() -> str:
    head = _git("rev-parse", "HEAD")
    main = _git("for-each-ref", "--format=%(objectname)", "refs/heads/main")
    return main if main and main != head else _git("log", "-1", "--format=%H", "--", "CHANGELOG.md")


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 where the check holds."""
    try:
        base = arguments[0] if arguments else _base()
    except (OSError, subprocess.CalledProcessError):
        # An archive of the sources, or a machine without git.
        sys.stderr.write("there is no history here, so whether changes have fragments is not checked\n")
        return 0
    changed = _git("diff", "--name-only", f"{base}...HEAD").splitlines()
    found = problem(changed, _git("log", "--format=%B", f"{base}..HEAD"))
    if found is not None:
        sys.stderr.write(f"{found}\n")
    return 0 if found is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
