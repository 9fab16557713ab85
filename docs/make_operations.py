"""Write docs/reference/operations.md: which method serves which operation of both services.

Run it as ``python docs/make_operations.py``. Operation ids, methods and paths are read from ``tests/facts``.
A test fails where the page does not fit the code or the facts.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import MagicMock
from urllib.parse import unquote

import brex_accounting
import rillet
from clientkit.client import LazyResource
from clientkit.requests import PageRequest

PAGE = Path(__file__).parent / "reference" / "operations.md"
FACTS = Path(__file__).parents[1] / "tests" / "facts"

#: In this order, as in create, read, update and delete, stand the operations of one path.
METHODS = ("post", "get", "put", "patch", "delete")

#: Texts that builders check; any other is its own name in braces.
EXAMPLES: Mapping[str, str] = {"content_type": "image/png"}


@dataclass(frozen=True)
class Described:
    """An operation of a service."""

    id: str
    method: str
    path: str

    def is_reached_by(self, endpoint: Endpoint) -> bool:
        """Whether a call of the endpoint arrives here."""
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return self.method == endpoint.method and re.fullmatch(pattern, endpoint.path) is not None


@dataclass(frozen=True)
class Endpoint:
    """A method of a client, and the request that it makes."""

    call: str
    is_listing: bool
    method: str
    path: str

    def blocking(self) -> str:
        """How it is called on the blocking client."""
        return f"`for each in {self.call}`" if self.is_listing else f"`{self.call}`"

    def awaitable(self) -> str:
        """How it is called on the asynchronous client."""
        return f"`async for each in {self.call}`" if self.is_listing else f"`await {self.call}`"


@dataclass(frozen=True)
class Service:
    """A service, its client, and the file of its facts."""

    title: str
    client: type
    facts: str
    note: str


SERVICES = (
    Service(
        "Rillet",
        rillet.Client,
        "rillet.json",
        "Ids as in version 4 of https://docs.api.rillet.com.",
    ),
    Service(
        "Brex",
        brex_accounting.Client,
        "brex.json",
        "Ids of the operations of https://developer.brex.com/openapi/accounting_api and of the webhooks API. The event\n"
        "that Brex sends is read by `brex_accounting.webhooks.verify`.",
    ),
)


def endpoints(client: type) -> Iterator[Endpoint]:
    """Every endpoint of every resource of a client."""
    for attribute, resource in vars(client).items():
        if isinstance(resource, LazyResource):
            for name, method in inspect.getmembers(getattr(client, attribute), inspect.isfunction):
                # What is made of several calls serves no operation of its own.
                if hasattr(method, "build") and not inspect.isgeneratorfunction(inspect.unwrap(method.build.func)):
                    yield _endpoint(f"client.{attribute}.{name}", method)


def _endpoint(name: str, method: object) -> Endpoint:
    # Without the checks of arguments, which would refuse the mocks below.
    build = functools.partial(inspect.unwrap(method.build.func), None)  # type: ignore[attr-defined]  # what makes it one
    parameters = list(inspect.signature(build).parameters.values())
    given = [each for each in parameters if each.default is inspect.Parameter.empty]
    try:
        request = build(**{each.name: _argument(each) for each in given})
    except ValueError:
        # Some changes want at least one of several options; the first will do.
        given.append(parameters[len(given)])
        request = build(**{each.name: _argument(each) for each in given})
    listing = isinstance(request, PageRequest)
    shown = (f"{each.name}=…" if each.kind is inspect.Parameter.KEYWORD_ONLY else each.name for each in given)
    call = f"{name}({', '.join(shown)})"
    return Endpoint(call, listing, "GET" if listing else request.method, unquote(request.path))


def _argument(parameter: inspect.Parameter) -> object:
    kind = str(parameter.annotation)
    if kind.startswith("Sequence["):
        return [MagicMock()]
    if kind.startswith("str"):
        return EXAMPLES.get(parameter.name, f"{{{parameter.name}}}")
    return b"" if kind == "bytes" else MagicMock()


def described(service: Service) -> list[Described]:
    """The operations of a service."""
    paths = json.loads((FACTS / service.facts).read_text(encoding="utf-8"))["paths"]
    return [
        Described(operations[method]["operationId"], method.upper(), path)
        for path, operations in paths.items()
        for method in METHODS
        if method in operations
    ]


def _served(operations: Sequence[Described], endpoint: Endpoint) -> Described | None:
    """What a call reaches; a path without variables goes before one with them."""
    reached = [each for each in operations if each.is_reached_by(endpoint)]
    return min(reached, key=lambda each: each.path.count("{"), default=None)


def section(service: Service) -> str:
    """One service's part of the page."""
    operations = described(service)
    serving = [(endpoint, _served(operations, endpoint)) for endpoint in endpoints(service.client)]
    lines = [
        f"## {service.title}",
        "",
        f"{len(operations)} operations. {service.note}",
        "",
        "| operation | request | blocking | awaitable |",
        "|---|---|---|---|",
    ]
    for operation in operations:
        by = [endpoint for endpoint, served in serving if served == operation]
        ways = (" or ".join(way(each) for each in by) for way in (Endpoint.blocking, Endpoint.awaitable))
        lines.append(f"| `{operation.id}` | `{operation.method} {operation.path}` | {' | '.join(ways)} |")
    others = [endpoint for endpoint, served in serving if served is None]
    lines += ["", "Endpoints that the description does not have:", "", "| request | blocking | awaitable |"]
    lines += ["|---|---|---|"]
    lines += [f"| `{each.method} {each.path}` | {each.blocking()} | {each.awaitable()} |" for each in others]
    return "\n".join(lines)


def page() -> str:
    """The whole page."""
    head = (
        "# Operations\n\nMade by `python docs/make_operations.py`: every operation of both services and the method that\n"
        "serves it. Optional arguments are left out. A listing sends a request for each page that is reached; in one go\n"
        "it is `.collect()`. The request alone, without sending it, is `.build`, read from the class:\n"
        "`rillet.Client.vendors.get.build(vendor_id)`."
    )
    return "\n\n".join([head, *(section(service) for service in SERVICES)]) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
