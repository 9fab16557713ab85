"""One entry of the reference: how a name is called, what it is for, a line for each field, a part for each method."""

from __future__ import annotations

import ast
import enum
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import ForwardRef, is_typeddict

import attrs
from docstrings import Finder, docstring_of, linked, markdown

import brex_accounting
import rillet
from clientkit.client import LazyResource
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import SyncResource
from clientkit.model import Model

_OURS = ("brex_accounting", "bridge", "clientkit", "rillet")
_QUALIFIED = re.compile(
    r"\b(?:brex_accounting|bridge|clientkit|rillet|collections|typing|datetime|decimal)\.(?:\w+\.)*"
)
_NAME = re.compile(r"\b[A-Z]\w+")
_WIDTH = 88


def entry(name: str, thing: object, finder: Finder) -> str:
    """The entry of one public name."""
    parts = [f"## {name}"]
    if not inspect.isclass(thing):
        code = _call(name, thing) if callable(thing) and hasattr(thing, "__name__") else ""
        said = markdown(docstring_of(thing), finder) if code or inspect.ismodule(thing) else _described(thing, finder)
        return "\n\n".join([*parts, *([_python(code)] if code else []), said, *_see(code, finder, name)]).rstrip()
    kind = _RESOURCES.get(thing, thing)
    called = _CALLED.get(kind)
    has_fields = attrs.has(thing) and not issubclass(thing, enum.Enum | BaseException)
    if bases := [
        base.__name__ for base in thing.__bases__ if finder(base.__name__) and not called and base is not OpenEnum
    ]:
        parts.append(linked("A kind of " + " and ".join(f"`{base}`" for base in bases) + ".", finder))
    is_table = is_typeddict(thing)
    is_protocol = bool(getattr(thing, "_is_protocol", False))
    if not (called or has_fields or is_table or is_protocol) and not issubclass(thing, enum.Enum | BaseException):
        parts.append(_python(_call(name, thing)))
    parts.append(markdown(docstring_of(thing), finder))
    if is_protocol:
        parts += _protocol(thing, finder)
    if called:
        parts.append(_HOW.format(name=name, called=called))
    if issubclass(thing, enum.Enum):
        parts.append("Values: " + ", ".join(f"`{each.value}`" for each in thing) + ".")
        if hasattr(thing, "is_known"):
            parts.append("Values that the service adds later are kept; `is_known` is False for them.")
    if has_fields:
        parts += _fields(thing, finder)
    if is_table:
        shown = [f"{key}: {_type(each)}" for key, each in inspect.get_annotations(thing).items()]
        parts += ["Keys:", "\n".join(f"- `{each}`{_types(each, finder, name)}" for each in shown)]
    prefix = f"{called or name}."
    lines = [*_attributes(kind, finder, own_only=has_fields or issubclass(kind, enum.Enum))]
    parts += ["Attributes:", "\n".join(lines)] if lines else []
    parts += [
        _method(prefix if called else "", f"{prefix}{method}", value, finder)
        for method, value in _members(kind)
        if not _is_property(value)
    ]
    return "\n\n".join(part for part in parts if part)


def _protocol(kind: type, finder: Finder) -> Iterator[str]:
    """How what follows a protocol is called, or else that its members are what counts."""
    own_call = next((vars(base)["__call__"] for base in kind.__mro__ if "__call__" in vars(base)), None)
    if own_call is None:
        yield "A protocol: any object with these members fits."
        return
    yield "A protocol: a function, or any object that is called like this, fits:"
    called = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()
    yield _python(code := _call(called, own_call, bound=True))
    yield markdown(docstring_of(own_call), finder)
    yield from _see(code, finder, "")


def _fields(kind: type, finder: Finder) -> Iterator[str]:
    fields = [each for each in attrs.fields(kind) if each.init]
    if [each for each in fields if not each.kw_only]:
        yield _python(_call(kind.__name__, kind))
    yield "Fields, given by keyword:" if all(each.kw_only for each in fields) else "Fields:"
    lines = list[str]()
    for each in fields:
        shown = f"{each.alias}: {_type(each.type)}"
        if each.default is not attrs.NOTHING:
            shown += f" = {_value(each.default)}"
        lines.append(f"- `{shown}`{_types(shown, finder, kind.__name__)}")
    yield "\n".join(lines)


def _attributes(kind: type, finder: Finder, *, own_only: bool) -> Iterator[str]:
    """A line for each property and each attribute that is set when the object is made."""
    told = dict[str, tuple[str, str]]()
    for base in reversed(_bases(kind)):
        if not own_only:
            told |= {name: (shown, "") for name, shown in _set_when_made(base).items()}
    for name, value in _members(kind):
        if isinstance(value, property):
            said = " ".join(docstring_of(value).split())
            told[name] = (_type(inspect.get_annotations(value.fget).get("return")) if value.fget else "", said)
    for name, (shown, said) in told.items():
        if own_only and name == "is_known":
            continue
        yield f"- `{name}{': ' if shown else ''}{shown}`{': ' + linked(said, finder) if said else ''}" + (
            _types(shown, finder, kind.__name__)
        )


def _set_when_made(kind: type) -> Mapping[str, str]:
    """The public attributes that ``__init__`` sets, and their types as far as the code says them."""
    if "__init__" not in vars(kind) or attrs.has(kind):
        return {}
    try:
        (made,) = ast.parse(textwrap.dedent(inspect.getsource(kind.__init__))).body  # type: ignore[misc]
    except (OSError, TypeError, SyntaxError):
        return {}
    assert isinstance(made, ast.FunctionDef)
    arguments = [*made.args.posonlyargs, *made.args.args, *made.args.kwonlyargs]
    known = {each.arg: ast.unparse(each.annotation) for each in arguments if each.annotation}
    found = dict[str, str]()
    for node in ast.walk(made):
        for target, value, annotation in _assignments(node):
            if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
                found.setdefault(target.attr, annotation or _type_of(value, known))
    return {name: shown for name, shown in found.items() if not name.startswith("_")}


def _assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None, str]]:
    if isinstance(node, ast.AnnAssign):
        yield node.target, node.value, ast.unparse(node.annotation)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from ((one, value, "") for one, value in zip(target.elts, node.value.elts, strict=True))
            else:
                yield target, node.value, ""


def _type_of(value: ast.expr | None, known: Mapping[str, str]) -> str:
    if isinstance(value, ast.Name):
        return known.get(value.id, "")
    made = isinstance(value, ast.Call) and isinstance(value.func, ast.Name | ast.Subscript)
    return ast.unparse(value.func) if made and isinstance(value, ast.Call) else ""


def _bases(kind: type) -> list[type]:
    return [base for base in kind.__mro__ if base.__module__.partition(".")[0] in _OURS]


def _members(kind: type) -> list[tuple[str, object]]:
    """What users can call or read, inherited members included."""
    found = dict[str, object]()
    # What all errors have stands with the first of them, and what all values of the services have with `Model`.
    for base in [kind] if issubclass(kind, BaseException) else reversed(_bases(kind)):
        if base is Model and kind is not Model:
            continue
        found |= {name: getattr(kind, name) for name in vars(base) if not name.startswith("_")}
    static = {name: inspect.getattr_static(kind, name) for name in found}
    return [
        (name, static[name] if isinstance(static[name], property | classmethod | staticmethod) else value)
        for name, value in found.items()
        if isinstance(static[name], property | classmethod | staticmethod) or inspect.isfunction(value)
    ]


def _is_property(value: object) -> bool:
    return isinstance(value, property)


def _method(prefix: str, heading: str, value: object, finder: Finder) -> str:
    """The part of one method; on an object that users make or get it is called by its name alone."""
    inner = getattr(value, "__func__", None) or value
    called = heading if prefix or isinstance(value, classmethod | staticmethod) else heading.rpartition(".")[2]
    code = _call(called, inner, bound=not isinstance(value, staticmethod))
    parts = [f"### {heading}", _python(code), markdown(docstring_of(inner), finder), *_see(code, finder, "")]
    return "\n\n".join(part for part in parts if part)


def _python(code: str) -> str:
    return f"```python\n{code}\n```" if code else ""


def _call(name: str, thing: object, *, bound: bool = False) -> str:
    """How it is called: each parameter on a line of its own where they are many."""
    try:
        signature = inspect.signature(thing)  # type: ignore[arg-type]  # it raises for what is not callable
    except (TypeError, ValueError):
        return ""
    parameters = list(_parameters(list(signature.parameters.values())[1 if bound else 0 :]))
    answer = (
        "" if inspect.isclass(thing) or signature.return_annotation is signature.empty else signature.return_annotation
    )
    arrow = f" -> {_type(answer)}" if answer != "" else ""
    line = f"{name}({', '.join(parameters)}){arrow}"
    if len(line) <= _WIDTH:
        return line
    return f"{name}(\n" + "".join(f"    {each},\n" for each in parameters) + f"){arrow}"


def _parameters(parameters: list[inspect.Parameter]) -> Iterator[str]:
    named = False
    for number, each in enumerate(parameters):
        if each.kind is each.VAR_POSITIONAL:
            named = True
        elif each.kind is each.KEYWORD_ONLY and not named:
            named = True
            yield "*"
        shown = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "") + each.name
        shown += f": {_type(each.annotation)}" if each.annotation is not each.empty else ""
        yield shown + (f" = {_value(each.default)}" if each.default is not each.empty else "")
        after = parameters[number + 1] if number + 1 < len(parameters) else None
        if each.kind is each.POSITIONAL_ONLY and (after is None or after.kind is not each.POSITIONAL_ONLY):
            yield "/"


def _type(annotation: object) -> str:
    if annotation is None:
        return "None"
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return _QUALIFIED.sub("", text.replace("'", "").replace('"', "")).replace("NoneType", "None")


def _value(default: object) -> str:
    """A default as it is written. One that is a function, or that is made for each call, tells nobody anything."""
    if isinstance(default, enum.Enum):
        return f"{type(default).__name__}.{default.name}"
    shown = repr(default)
    return "…" if callable(default) or " at 0x" in shown or shown.startswith(("<", "Factory(", "NOTHING")) else shown


def _types(shown: str, finder: Finder, own: str) -> str:
    """Links to the types that a field has."""
    names = dict.fromkeys(name for name in _NAME.findall(shown.partition(" = ")[0]) if name != own)
    found = [f"[{name}]({place})" for name in names if (place := finder(name))]
    return f" · {', '.join(found)}" if found else ""


def _see(code: str, finder: Finder, own: str) -> Iterator[str]:
    """Links to the types that a call takes and gives."""
    without_defaults = re.sub(r" = [^,)\n]+", "", code)
    names = dict.fromkeys(name for name in _NAME.findall(without_defaults.partition("(")[2]) if name != own)
    found = [f"[{name}]({place})" for name in names if (place := finder(name))]
    if found:
        yield f"See {', '.join(found)}."


def _described(thing: object, finder: Finder) -> str:
    shown = _QUALIFIED.sub("", repr(thing))
    if len(shown) >= 400 or " at 0x" in shown:
        return f"A value of the type `{type(thing).__name__}`."
    return f"`{shown}`{_types(shown, finder, '')}"


def _called() -> dict[type, str]:
    """How each resource is reached from its client."""
    return {
        getattr(client, attribute): f"client.{attribute}"
        for client in (brex_accounting.Client, rillet.Client)
        for attribute, each in vars(client).items()
        if isinstance(each, LazyResource)
    }


_CALLED = _called()
#: The class that declares the endpoints of a resource, and the resource.
_RESOURCES = {base: kind for kind in _CALLED for base in kind.__bases__ if base is not SyncResource}
_HOW = (
    "Called as shown, and on an asynchronous client with `await` (or `async for`) before it.\n"
    "`{name}.….build(…)` gives the request of a method of one call, and sends nothing."
)
