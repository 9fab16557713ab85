"""Write docs/commands.md from the commands themselves: ``python docs/make_commands.py``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bridge.export.commands.every import app

if TYPE_CHECKING:
    from click import Command, Group, Parameter

PAGE = Path(__file__).with_name("commands.md")


def commands() -> dict[str, Command]:
    """Every command by what is typed after ``brex-rillet``, those of groups too."""
    return dict(_commands(typer.main.get_command(app), ""))  # type: ignore[arg-type]  # an app of several commands is a group


def _commands(group: Group, before: str) -> Iterator[tuple[str, Command]]:
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            yield from _commands(each, f"{before}{name} ")  # type: ignore[arg-type]  # what has commands is a group
        else:
            yield f"{before}{name}", each


def page() -> str:
    """The page of the commands."""
    return "\n\n".join([_HEAD, *(_entry(name, each) for name, each in sorted(commands().items()))]) + "\n"


def _entry(name: str, command: Command) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    needed = [f"{each.opts[0]} {_metavar(each)}" for each in _options(command) if each.required]
    shown = " ".join([f"brex-rillet {name}", *(_metavar(each) for each in arguments), *needed])
    said = re.sub(r"(?<!\n)\n(?!\n)", " ", (command.help or "").strip())
    rows = [_row(each) for each in [*arguments, *_options(command)]]
    table = "\n".join(["| | | default |", "|---|---|---|", *rows])
    return f"## {name}\n\n```text\n{shown}\n```\n\n{said}" + (f"\n\n{table}" if rows else "")


def _options(command: Command) -> list[Parameter]:
    return [each for each in command.params if each.param_type_name == "option" and each.name != "help"]


def _metavar(parameter: Parameter) -> str:
    return (parameter.metavar or str(parameter.name).upper()).replace("|", "\\|")


def _row(parameter: Parameter) -> str:
    value = "" if getattr(parameter, "is_flag", False) else f" {_metavar(parameter)}"
    names = ", ".join(f"`{each}{value}`" for each in [*parameter.opts, *parameter.secondary_opts])
    if parameter.param_type_name == "argument":
        names = f"`{_metavar(parameter)}`"
    default = parameter.default
    shown = (
        "required"
        if parameter.required
        else ""
        if default in {None, False, ""} or callable(default)
        else f"`{_value(default)}`"
    )
    said = str(getattr(parameter, "help", None) or "").replace("|", "\\|")
    return f"| {names} | {said} | {shown} |"


def _value(default: object) -> object:
    return getattr(default, "value", default)


_HEAD = """\
# Commands

Made by `python docs/make_commands.py`.
This page lists every command with its options. [Running an export](exporting.md) explains how to use them.
`pip install "brex-rillet[cli]"` installs `brex-rillet`. `--journal` needs the extra `export`, PostgreSQL `postgres`, and
`--listen` `serve`.
Put the keys into the environment: `BREX_TOKEN` and `RILLET_API_KEY`, and `RILLET_ENVIRONMENT=sandbox` for the sandbox.
With the tokens of an [OAuth](oauth.md) consent, use `BREX_TOKEN_FILE`, or `--brex-token-file FILE` with any command,
together with `BREX_CLIENT_ID` and `BREX_CLIENT_SECRET`. Renewed tokens are saved in the file.

| exit status | meaning |
|---|---|
| 0 | everything was done |
| 1 | it ran, but something is left for a person or for the next run |
| 2 | it could not run: a wrong option, setting or key, or a service that is down; or Ctrl-C came before it had posted anything |
| 130 | Ctrl-C came in the first moment, while Python was starting; nothing was done |
| 143 | SIGTERM ended a command that does not wait for what is in flight, such as `plan` |

Ctrl-C or SIGTERM ends `export` and `replay` cleanly while they post, with status 1 if something is left, and
`export --watch` with 0 ([When something fails](exporting.md#when-something-fails)).
Shells let a command that a script starts with `&` ignore SIGINT, so send it SIGTERM."""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
