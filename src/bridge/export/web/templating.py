"""Pages out of templates; the only file of the page that knows what makes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined

from bridge.export.closing.texts import writable
from bridge.export.reporting.naming import noun
from bridge.export.web import views


def render(name: str, **values: object) -> str:
    """The page of a template. Every value is escaped, and without control characters."""
    return _environment().get_template(name).render(**values)


@cache
def style() -> str:
    """The style sheet."""
    return _text("page.css")


@cache
def _environment() -> Environment:
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(lambda name: _text(f"{name}.html.jinja")),
        finalize=_shown,
    )
    filters: dict[str, Callable[..., object]] = {
        "moment": views.moment_text,
        "amount": views.amount_text,
        "record_address": views.record_address,
        "cell": views.cell_text,
        "noun": noun,
        "sentence": _sentence,
    }
    made.filters.update(filters)
    return made


def _text(name: str) -> str:
    return resources.files("bridge.export.web").joinpath("templates", name).read_text("utf-8")


def _shown(value: object) -> object:
    # A safe text of a macro is a text too, of a class that must stay.
    return writable(value) if type(value) is str else value


def _sentence(text: str) -> str:
    """A reason as a sentence; an id or an address at its beginning stays as it is."""
    told = text.strip()
    if told.partition(" ")[0].rstrip(":,").isalpha():
        told = told[:1].upper() + told[1:]
    return told if told.endswith((".", "!", "?")) or not told else f"{told}."
