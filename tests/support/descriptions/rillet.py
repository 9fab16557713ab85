"""The facts of Rillet's API: its operations, and what a value has to do with a schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, cast

FACTS = Path(__file__).resolve().parents[2] / "facts" / "rillet.json"

Schema: TypeAlias = Mapping[str, Any]

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, Decimal),
    "boolean": bool,
    "array": list,
    "object": dict,
}


@dataclass(frozen=True)
class Described:
    """One operation of the description."""

    id: str
    method: str
    template: str
    details: Schema

    @property
    def query(self) -> dict[str, Schema]:
        """Its query parameters by name."""
        listed = [resolved(each) for each in self.details.get("parameters", ())]
        return {each["name"]: each for each in listed if each["in"] == "query"}

    @property
    def body(self) -> Schema | None:
        """The schema of its JSON body."""
        content = self.details.get("requestBody", {}).get("content", {})
        schema: Schema | None = content.get("application/json", {}).get("schema")
        return schema

    @property
    def answer(self) -> Schema | None:
        """The schema of what it answers as JSON."""
        for status, answer in self.details["responses"].items():
            if status.startswith("2"):
                schema: Schema | None = answer.get("content", {}).get("application/json", {}).get("schema")
                return schema
        return None

    def serves(self, method: str, path: str) -> bool:
        """Whether a request with this method and path reaches it."""
        return method == self.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", self.template), path) is not None


@cache
def _document() -> Schema:
    document: Schema = json.loads(FACTS.read_text(encoding="utf-8"))
    return document


@cache
def operations() -> tuple[Described, ...]:
    """Every operation, those without ids in their path first."""
    found = [
        Described(id=details["operationId"], method=method.upper(), template=template, details=details)
        for template, methods in _document()["paths"].items()
        for method, details in methods.items()
    ]
    return tuple(sorted(found, key=lambda each: each.template.count("{")))


def operation_for(method: str, path: str) -> Described:
    """The operation that a request reaches."""
    found = next((each for each in operations() if each.serves(method, path)), None)
    if found is None:
        newer = "NEWER_THAN_THE_DESCRIPTION of tests/rillet/test_contract_requests.py"
        text = f"tests/facts/rillet.json has no operation {method} {path}"
        raise AssertionError(f"{text}; what the service's description lacks stands in {newer}")
    return found


def resolved(schema: Schema) -> Schema:
    """A schema with its reference followed, and out of an `allOf` that only wraps it."""
    if len(schema.get("allOf", ())) == 1 and not {"properties", "required"} & schema.keys():
        return resolved(schema["allOf"][0])
    if "$ref" not in schema:
        return schema
    target: Any = _document()
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return resolved(target)


def flat(schema: Schema) -> tuple[dict[str, Schema], set[str]]:
    """The properties of an object and which of them are required; what is required and not declared is a slip."""
    properties, required = dict[str, Schema](), set[str]()
    for part in _parts(schema):
        properties |= part.get("properties", {})
        required |= set(part.get("required", ()))
    return properties, required & properties.keys()


def _parts(schema: Schema) -> Iterator[Schema]:
    schema = resolved(schema)
    for part in schema.get("allOf", ()):
        yield from _parts(part)
    yield schema


def variant(schema: Schema, tag: str) -> Schema | None:
    """The member of a union that `tag` stands for, with what the union itself declares."""
    schema = resolved(schema)
    discriminator = schema["discriminator"]
    target = discriminator["mapping"].get(tag)
    if target is None:
        return None
    name = discriminator["propertyName"]
    declared: Schema = {"properties": {name: {"type": "string"}}, "required": [name]}
    return {"allOf": [declared, {"properties": schema.get("properties", {})}, {"$ref": target}]}


def complaints(schema: Schema, value: object, where: str = "$") -> Iterator[str]:
    """What is wrong with `value`: wrong types, unknown or missing properties, values outside an enumeration."""
    schema = resolved(schema)
    if "oneOf" in schema:
        member = _member(schema, value)
        yield from [f"{where} is no member of the union"] if member is None else complaints(member, value, where)
        return
    wanted = schema.get("type")
    if isinstance(wanted, str) and not _is(value, wanted):
        yield f"{where} is {type(value).__name__}, not {wanted}"
    elif isinstance(value, list):
        yield from _about_items(schema, cast("list[object]", value), where)
    elif isinstance(value, dict):
        yield from _about_properties(schema, cast("dict[str, object]", value), where)
    else:
        yield from _about_text(schema, value, where)


def _about_items(schema: Schema, values: list[object], where: str) -> Iterator[str]:
    if len(values) < schema.get("minItems", 0):
        yield f"{where} has {len(values)} items"
    for index, each in enumerate(values):
        yield from complaints(schema.get("items", {}), each, f"{where}[{index}]")


def _about_properties(schema: Schema, values: dict[str, object], where: str) -> Iterator[str]:
    properties, required = flat(schema)
    yield from (f"{where}.{name} is unknown" for name in values.keys() - properties.keys())
    yield from (f"{where}.{name} is missing" for name in required - values.keys())
    for name in values.keys() & properties.keys():
        yield from complaints(properties[name], values[name], f"{where}.{name}")


def _about_text(schema: Schema, value: object, where: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is {value!r}, not one of {schema['enum']}"
    if schema.get("format") == "date-time" and not str(value).endswith("Z"):
        yield f"{where} does not end with Z"
    for part in schema.get("allOf", ()):
        yield from complaints(part, value, where)


def unreached(schema: Schema, value: object, where: str = "$") -> Iterator[str]:
    """Declared properties that `value` does not have, at any depth."""
    schema = resolved(schema)
    if "oneOf" in schema:
        schema = _member(schema, value) or {}
    if isinstance(value, list):
        for each in cast("list[object]", value):
            yield from unreached(schema.get("items", {}), each, f"{where}[]")
    elif isinstance(value, dict):
        values = cast("dict[str, object]", value)
        properties, _ = flat(schema)
        yield from (f"{where}.{name}" for name in properties.keys() - values.keys())
        for name in values.keys() & properties.keys():
            yield from unreached(properties[name], values[name], f"{where}.{name}")


def _member(union: Schema, value: object) -> Schema | None:
    tag = union["discriminator"]["propertyName"]
    return variant(union, str(cast("dict[str, object]", value).get(tag))) if isinstance(value, dict) else None


def _is(value: object, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    return isinstance(value, _TYPES[wanted])
