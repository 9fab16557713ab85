"""Write tests/facts: the names and types that the descriptions of both services have, without a word of their prose.

Run it as ``python tools/make_facts.py DIRECTORY``. DIRECTORY holds ``rillet-openapi-v4.json`` and ``brex-openapi.yaml``,
which are not part of the project. A key is kept only if it is listed here; equal descriptions give equal bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

FACTS = Path(__file__).resolve().parents[1] / "tests" / "facts"
RILLET, BREX = "rillet-openapi-v4.json", "brex-openapi.yaml"
METHODS = ("delete", "get", "patch", "post", "put")

Json: TypeAlias = dict[str, Any]
#: Gives what is kept of a part of a description.
Keep: TypeAlias = Callable[[Any], Any]


def _value(part: Any) -> Any:
    return part


def _each(keep: Keep) -> Keep:
    return lambda parts: [keep(part) for part in parts]


def _named(keep: Keep) -> Keep:
    """For objects whose keys are names of the service, and so are facts themselves."""
    return lambda parts: {str(name): keep(part) for name, part in parts.items()}


def _listed(part: Any, keys: Mapping[str, Keep]) -> Any:
    # Where a schema may stand, JSON Schema allows true and false too.
    if isinstance(part, bool):
        return part
    return {key: keep(part[key]) for key, keep in keys.items() if key in part}


def _schema(part: Any) -> Any:
    return _listed(part, _SCHEMA)


_SCHEMA: Mapping[str, Keep] = {
    "$ref": _value,
    "additionalProperties": _schema,
    "allOf": _each(_schema),
    "anyOf": _each(_schema),
    "const": _value,
    "default": _value,
    "discriminator": lambda part: _listed(part, {"mapping": _value, "propertyName": _value}),
    "enum": _value,
    "format": _value,
    "items": _schema,
    "maxItems": _value,
    "maxLength": _value,
    "maximum": _value,
    "minItems": _value,
    "minLength": _value,
    "minimum": _value,
    "nullable": _value,
    "oneOf": _each(_schema),
    "properties": _named(_schema),
    "required": _value,
    "type": _value,
    "uniqueItems": _value,
    "x-not-in-upstream-spec": _value,
    "x-open-enum": _value,
}
_PARAMETER: Mapping[str, Keep] = {
    "explode": _value,
    "in": _value,
    "name": _value,
    "required": _value,
    "schema": _schema,
    "style": _value,
    "x-not-in-upstream-spec": _value,
}
_BODY: Mapping[str, Keep] = {
    "content": _named(lambda part: _listed(part, {"schema": _schema})),
    "required": _value,
    "x-not-in-upstream-spec": _value,
}


def facts(document: Json, *groups: str) -> Json:
    """The schemas of a description, and the operations of these groups of it.

    References to parameters, bodies and answers are followed, so that an operation is complete; those to schemas stay.
    """

    def whole(keys: Mapping[str, Keep]) -> Keep:
        return lambda part: _listed(_target(document, part), keys)

    operation: Mapping[str, Keep] = {
        "operationId": _value,
        "parameters": _each(whole(_PARAMETER)),
        "requestBody": whole(_BODY),
        "responses": _named(whole(_BODY)),
        "x-not-in-upstream-spec": _value,
    }

    def methods(item: Json) -> Json:
        shared = item.get("parameters", [])
        own = {method: item[method] for method in METHODS if method in item}
        joined = {
            method: {**each, "parameters": [*shared, *each.get("parameters", [])]} for method, each in own.items()
        }
        return {method: _listed(each, operation) for method, each in joined.items()}

    schemas = _named(_schema)(document["components"]["schemas"])
    return {"components": {"schemas": schemas}, **{group: _named(methods)(document[group]) for group in groups}}


def _target(document: Json, part: Json) -> Json:
    while "$ref" in part:
        target: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        part = target
    return part


def text(part: Json, *, depth: int = 3) -> str:
    """JSON with sorted keys and one operation or schema, which are three names deep, on each line."""
    lines = (
        f"{json.dumps(name)}: {text(part[name], depth=depth - 1) if depth > 1 else _line(part[name])}"
        for name in sorted(part)
    )
    return "{\n" + ",\n".join(lines) + "\n}"


def _line(part: Any) -> str:
    return json.dumps(part, ensure_ascii=False, sort_keys=True)


def files(directory: Path) -> dict[str, str]:
    """The text of each file of facts, made of the descriptions in a directory."""
    rillet = facts(json.loads((directory / RILLET).read_text(encoding="utf-8")), "paths")
    brex = facts(yaml.safe_load((directory / BREX).read_text(encoding="utf-8")), "paths", "webhooks")
    return {"rillet.json": f"{text(rillet)}\n", "brex.json": f"{text(brex)}\n"}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/make_facts.py DIRECTORY")
    for name, content in files(Path(sys.argv[1])).items():
        (FACTS / name).write_text(content, encoding="utf-8")
        print(FACTS / name)
