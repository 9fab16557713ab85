"""A search among the methods of both clients, for assistants that write code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import attrs

import brex_accounting
import rillet
from clientkit.client import LazyResource

_MOST = 10


@attrs.frozen(kw_only=True)
class Operation:
    """A method of a client: how it is called, and the first paragraph of what it does."""

    service: str
    call: str
    says: str


def operations() -> Iterator[Operation]:
    """Every method of every resource of both clients."""
    for service, client in (("rillet", rillet.Client), ("brex_accounting", brex_accounting.Client)):
        for attribute, each in vars(client).items():
            if isinstance(each, LazyResource):
                for name, method in inspect.getmembers(getattr(client, attribute), inspect.isfunction):
                    if not name.startswith("_"):
                        says = " ".join(inspect.cleandoc(method.__doc__ or "").partition("\n\n")[0].split())
                        yield Operation(service=service, call=f"client.{attribute}.{name}{_shown(method)}", says=says)


def search(words: str) -> list[Operation]:
    """The operations in whose name or text the words occur, those with the most words first."""
    wanted = {each.rstrip("s") for each in re.findall(r"[a-z]+", words.lower())}
    scored = [
        (sum(each in f"{one.service} {one.call} {one.says}".lower() for each in wanted), one) for one in operations()
    ]
    found = sorted((each for each in scored if each[0]), key=lambda each: -each[0])
    return [operation for _, operation in found[:_MOST]]


def _shown(method: object) -> str:
    signature = inspect.signature(method)  # type: ignore[arg-type]  # a function of a class
    return str(signature.replace(parameters=list(signature.parameters.values())[1:])).replace("'", "")
