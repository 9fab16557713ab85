"""Write docs/reasons.md and docs/errors.md: what each code and error means, who fixes it, and where.

Run it as ``python docs/make_mending.py``. What a person has to do is said in docs/mending.toml; the rest comes from the code.
"""

from __future__ import annotations

import importlib
import inspect
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path

from docstrings import docstring_of, linked, markdown
from make_reference import PACKAGES, Links

from bridge import ReasonCode, SkipCode
from bridge.export import StopCode

HERE = Path(__file__).parent
_CURES = tomllib.loads((HERE / "mending.toml").read_text(encoding="utf-8"))
_LINKS = Links("rillet", "")


def _finder(name: str) -> str | None:
    place = _LINKS(name)
    return f"reference/{place}" if place else None


def reasons() -> str:
    """The page of the codes of an export."""
    parts = [_REASONS]
    for code in ReasonCode:
        if code.value not in _CURES["reasons"]:
            raise SystemExit(f"docs/mending.toml does not say what {code.value} means: add [reasons.{code.value}]")
        cure = _CURES["reasons"][code.value]
        parts.append(f"### {code.value}\n\n{cure['means']}\n\n- Who fixes it: {cure['who']}.\n- Where: {cure['where']}")
    parts += [_SKIPS, *_meanings(SkipCode, _CURES["skips"]), _STOPS, *_meanings(StopCode, _CURES["stops"])]
    return "\n\n".join(parts) + "\n"


def _meanings(codes: type[Enum], cures: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield from (f"### {_anchor(codes, code.value)}\n\n{cures[code.value]['means']}" for code in codes)


def _anchor(codes: type[Enum], value: str) -> str:
    """A heading of its own where a refusal has the same code."""
    return f"{value} (skipped)" if codes is SkipCode and value in {each.value for each in ReasonCode} else value


def public_errors() -> dict[str, type[Exception]]:
    """Every public class of errors that the packages raise, by name; those of the stand-ins are made by their users."""
    found = dict[str, type[Exception]]()
    for package in PACKAGES:
        if ".testing" in package or package == "clientkit.transport":
            continue
        module = importlib.import_module(package)
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) and issubclass(thing, Exception) and name != "TransportFailure":
                found[name] = thing
    return found


def errors() -> str:
    """The page of the errors, a section for each package that they come from."""
    sections = dict[str, list[str]]()
    for name, kind in sorted(public_errors().items(), key=lambda each: each[0].lower()):
        sections.setdefault(kind.__module__.partition(".")[0], []).append(_error(name, kind))
    order = ("clientkit", "brex_accounting", "rillet", "bridge")
    parts = [_ERRORS, *(part for package in order for part in [f"## {_FROM[package]}", *sections[package]])]
    return "\n\n".join(parts) + "\n"


def _error(name: str, kind: type[Exception]) -> str:
    if name not in _CURES["errors"]:
        raise SystemExit(f"docs/mending.toml does not say who fixes {name}: add [errors.{name}]")
    cure = _CURES["errors"][name]
    bases = " and ".join(f"`{base.__name__}`" for base in kind.__bases__ if not base.__name__.startswith("_"))
    imported = next(package for package in ("rillet", "brex_accounting", *PACKAGES) if _has(package, name))
    said = markdown(docstring_of(kind).partition("\n\n")[0], _finder)
    return (
        f"### {name}\n\n{said}\n\n- Import it from `{imported}`."
        + (f" It is a subclass of {linked(bases, _finder)}." if bases else "")
        + f"\n- Who fixes it: {cure['who']}.\n- Where: {cure['where']}"
    )


def _has(package: str, name: str) -> bool:
    return name in importlib.import_module(package).__all__


_REASONS = textwrap.dedent(
    """\
    # Why a record is refused

    Made by `python docs/make_mending.py`.
    Every refused record has at least one of these codes, in `Reason.code`, in the log and in `--json`.
    The text beside the code names the line, the account or the vendor.
    A refused record stays in Brex's queue, and the next run exports it once the cause is fixed.
    `history RECORD` shows since when it is refused, and `explain RECORD` how its lines are coded.

    ## Refused"""
)
_SKIPS = """\
## Nothing to do

`Skip.code` and the outcome of a run say why nothing is done with a record. No action is needed."""
_STOPS = """\
## Why a run stopped

The outcome's `stop_code` says why a run stopped early. The outcome also shows what was posted until then."""
_FROM = {
    "clientkit": "Of both clients",
    "brex_accounting": "Of Brex alone",
    "rillet": "Of Rillet alone",
    "bridge": "Of the bridge and its export",
}
_ERRORS = textwrap.dedent(
    """\
    # Errors

    Made by `python docs/make_mending.py`.
    Look here when a call, a command or a run raises an error. [Errors and retries](retries.md) says what is repeated.
    All errors of a call are subclasses of `ApiError`. They can be pickled, and never contain a token.
    Decide by an error's `verdict`, not by its class, because a proxy uses the same status codes:

    | verdict | means | what to do |
    |---|---|---|
    | `refused` | the service itself refused it; nothing was done | change the request |
    | `passing` | nothing was carried out, or it was a read | try again later |
    | `unclear` | it may have been carried out | check first, or repeat it with the same key |
    | `fatal` | the next request would fail in the same way | change something first, such as a key |

    Answer a webhook with 200 if it was handled or is a duplicate, and with 500 if the secret or the body cannot be used, so
    that it is sent again. [Webhooks](webhooks.md#what-to-answer) has the other answers."""
)


def pages() -> dict[Path, str]:
    """Both pages by their paths."""
    return {HERE / "reasons.md": reasons(), HERE / "errors.md": errors()}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path)
