"""The command itself: its name, what it says of itself, and the options of all commands. It imports little, so that help is quick."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typing_extensions import override

#: Tokens of a consent, for every command that asks Brex; the option is the variable.
CONSENT_VARIABLE = "BREX_TOKEN_FILE"
_OPTION = "--brex-token-file"


class _Commands(TyperGroup):
    """The commands by name; which tokens are meant may be said behind the name of one too."""

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given, others = list[str](), list[str]()
        left = iter(args)
        for each in left:
            if each == "--":
                others += [each, *left]
            elif each == _OPTION:
                given += [each, *islice(left, 1)]
            else:
                (given if each.startswith(f"{_OPTION}=") else others).append(each)
        return super().parse_args(ctx, [*given, *others])

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx))


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    # A panel breaks the paths in an error at its edge; without a terminal an error is one line.
    rich_markup_mode="markdown" if sys.stderr.isatty() else None,
    # Pretty tracebacks print the values of variables, tokens among them.
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it
    if asked:
        from clientkit.client import release

        sys.stdout.write(f"brex-rillet {release()}\n")
        raise typer.Exit


@app.callback()
def options_of_all(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    brex_token_file: Annotated[
        Path | None,
        typer.Option(
            _OPTION,
            metavar="FILE",
            help="The token file of an OAuth consent, instead of BREX_TOKEN. Needs BREX_CLIENT_ID and BREX_CLIENT_SECRET.",
            envvar=CONSENT_VARIABLE,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Brex's accounting records into Rillet, each once."""
    del version  # its callback has shown it
    if brex_token_file is not None:
        context.with_resource(_variable(CONSENT_VARIABLE, str(brex_token_file)))


@contextmanager
def _variable(name: str, value: str) -> Generator[None]:
    """The variable of the environment as long as the command runs."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
