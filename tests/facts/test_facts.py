"""The facts are names and types, and are what the script makes of the descriptions."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

ROOT = Path(__file__).resolve().parents[2]
FACTS = Path(__file__).parent
DESCRIPTIONS = ROOT.parent / "shared" / "specs"

KEYS = {
    "$ref", "additionalProperties", "allOf", "anyOf", "components", "const", "content", "default", "delete",
    "discriminator", "enum", "explode", "format", "get", "in", "items", "mapping", "maxItems", "maxLength", "maximum",
    "minItems", "minLength", "minimum", "name", "nullable", "oneOf", "operationId", "parameters", "patch", "paths",
    "post", "properties", "propertyName", "put", "requestBody", "required", "responses", "schema", "schemas", "style",
    "type", "uniqueItems", "webhooks", "x-not-in-upstream-spec", "x-open-enum",
}  # fmt: skip
#: Below these, the keys are names of the service.
NAMING = {"content", "mapping", "paths", "properties", "responses", "schemas", "webhooks"}


def make_facts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_facts", ROOT / "tools" / "make_facts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _keys(part: Any, *, named: bool = False) -> Iterator[str]:
    """The keys of a part that are no names of the service."""
    if isinstance(part, list):
        for each in cast("Sequence[Any]", part):
            yield from _keys(each)
    elif isinstance(part, dict):
        for key, each in cast("Mapping[str, Any]", part).items():
            if not named:
                yield key
            yield from _keys(each, named=not named and key in NAMING)


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for each in cast("Sequence[Any]", part):
            yield from _texts(each)
    elif isinstance(part, dict):
        for key, each in cast("Mapping[str, Any]", part).items():
            yield key
            yield from _texts(each)


@pytest.mark.parametrize("name", ["rillet.json", "brex.json"])
def test_facts_hold_no_prose(name: str) -> None:
    facts = json.loads((FACTS / name).read_text(encoding="utf-8"))

    assert set(_keys(facts)) - KEYS == set()
    assert [text for text in _texts(facts) if len(text) > 80] == []


def test_prose_is_left_out_and_fields_named_like_it_are_kept() -> None:
    prose = {"description": "Prose.", "summary": "Prose.", "title": "Prose", "example": "Prose", "x-note": "Prose."}
    field = {"type": "string", "default": "EUR", "enum": ["EUR"], **prose}
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}, "example": {}}}, **prose}
    limit = {"name": "limit", "in": "query", "schema": field, **prose}
    document = {
        "info": prose,
        "components": {
            "parameters": {"Limit": limit},
            "responses": {"Done": answer},
            "schemas": {"A": {"properties": {"description": field}, "additionalProperties": False, **prose}},
        },
        "paths": {
            "/a": {
                "parameters": [{"$ref": "#/components/parameters/Limit"}],
                "get": {"operationId": "a", "responses": {200: {"$ref": "#/components/responses/Done"}}, **prose},
            }
        },
    }

    facts = make_facts().facts(document, "paths")

    kept = {"type": "string", "default": "EUR", "enum": ["EUR"]}
    assert facts == {
        "components": {"schemas": {"A": {"properties": {"description": kept}, "additionalProperties": False}}},
        "paths": {
            "/a": {
                "get": {
                    "operationId": "a",
                    "parameters": [{"name": "limit", "in": "query", "schema": kept}],
                    "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}},
                }
            }
        },
    }  # fmt: skip


@pytest.mark.parametrize("name", ["rillet.json", "brex.json"])
def test_an_operation_or_schema_is_a_line(name: str) -> None:
    text = (FACTS / name).read_text(encoding="utf-8")
    facts = json.loads(text)
    operations = [
        method for group in ("paths", "webhooks") for item in facts.get(group, {}).values() for method in item
    ]

    assert text == f"{make_facts().text(facts)}\n"
    assert len(re.findall(r"(?m)^\"\S+\": \{\"", text)) == len(operations) + len(facts["components"]["schemas"])


@pytest.mark.may_skip
@pytest.mark.skipif(not DESCRIPTIONS.exists(), reason=f"the descriptions of both services are not at {DESCRIPTIONS}")
def test_facts_are_those_of_the_descriptions() -> None:
    for name, content in make_facts().files(DESCRIPTIONS).items():
        assert (FACTS / name).read_text(encoding="utf-8") == content, f"run: python tools/make_facts.py {DESCRIPTIONS}"
