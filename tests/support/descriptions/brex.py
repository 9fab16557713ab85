"""The facts of Brex's API, and JSON made from it, for the tests that compare the package with it."""

from __future__ import annotations

import functools
import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import attrs
from hypothesis import strategies as st

FACTS = Path(__file__).resolve().parents[2] / "facts" / "brex.json"

Json = dict[str, Any]


def _spec() -> Json:
    spec: Json = json.loads(FACTS.read_text(encoding="utf-8"))
    schemas = spec["components"]["schemas"]
    # Documented as any number, whole in every record that was seen.
    schemas["AccountingRecordDetailed"]["properties"]["version"]["type"] = "integer"
    # Documented as text, null in records whose account nobody has chosen.
    schemas["AccountingFieldValue"]["properties"]["brex_field_value_id"]["type"] = ["string", "null"]
    return spec


SPEC = _spec()


@attrs.frozen
class Described:
    """One operation of the description."""

    path: str
    parameters: Sequence[Json]
    body: Json | None
    returns: Json | None

    def parameter(self, place: str, name: str) -> Json | None:
        return next((each for each in self.parameters if (each["in"], each["name"]) == (place, name)), None)


def resolved(part: Json) -> Json:
    while "$ref" in part:
        target: Any = SPEC
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        part = {**target, **{name: value for name, value in part.items() if name != "$ref"}}
    return part


def _content(part: Json | None) -> Json | None:
    found: Json | None = (part or {}).get("content", {}).get("application/json", {}).get("schema")
    return found


def _described() -> Mapping[str, Described]:
    found = dict[str, Described]()
    for path, item in SPEC["paths"].items():
        for method, operation in item.items():
            found[f"{method.upper()} {path}"] = Described(
                path=path,
                parameters=operation["parameters"],
                body=_content(operation.get("requestBody")),
                returns=_content(operation["responses"].get("200")),
            )
    return found


DESCRIBED = _described()


def problems(value: object, schema: Json) -> list[str]:
    # No format is checked here, and what checks some of them compiles grammars for seconds where it is installed.
    sys.modules.setdefault("rfc3987_syntax", cast(Any, None))
    from jsonschema import Draft202012Validator

    validator: Any = Draft202012Validator({**schema, "components": SPEC["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def closed(part: Any) -> Any:
    """The same schema without references, and with no properties but the listed ones."""
    if isinstance(part, list):
        return [closed(each) for each in cast("Sequence[Any]", part)]
    if not isinstance(part, dict):
        return part
    whole = {name: closed(value) for name, value in resolved(cast("Json", part)).items()}
    return {**whole, "additionalProperties": False} if "properties" in whole else whole


WORD = st.text("abcZ é0_-/", min_size=1, max_size=8)
MOMENT = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1))  # noqa: DTZ001 - written with its Z below
FRACTION = st.sampled_from(["", ".5", ".123", ".123456"])
LEAF = st.none() | st.booleans() | st.integers(-9, 9) | WORD | st.decimals("0.01", "99", places=2)


def _moment(moment: datetime, fraction: str) -> str:
    return moment.isoformat(timespec="seconds") + fraction + "Z"


def conforming(schema: Json, *, tomorrow: bool = True) -> st.SearchStrategy[Any]:
    """JSON that conforms to a schema; of `tomorrow`, with values and fields that a service may add any day."""
    schema = resolved(schema)
    if "oneOf" in schema:
        return st.one_of(*(conforming(each, tomorrow=tomorrow) for each in schema["oneOf"]))
    if "enum" in schema:
        added = ["OF_TOMORROW"] if tomorrow and schema.get("x-open-enum") else []
        return st.sampled_from([*schema["enum"], *added])
    return st.one_of(*(_of_kind(kind, schema, tomorrow=tomorrow) for kind in kinds(schema)))


def kinds(schema: Json) -> list[str]:
    """The JSON types that a schema allows."""
    found: str | list[str] = schema["type"]
    return [found] if isinstance(found, str) else found


def _of_kind(kind: str, schema: Json, *, tomorrow: bool) -> st.SearchStrategy[Any]:
    if kind == "object":
        required = set(schema.get("required", ()))
        parts = {name: conforming(part, tomorrow=tomorrow) for name, part in schema["properties"].items()}
        if tomorrow:
            parts["of_tomorrow"] = LEAF | st.lists(LEAF, max_size=2) | st.dictionaries(WORD, LEAF, max_size=2)
        return st.fixed_dictionaries(
            {name: part for name, part in parts.items() if name in required},
            optional={name: part for name, part in parts.items() if name not in required},
        )
    if kind == "array":
        items = conforming(schema["items"], tomorrow=tomorrow)
        return st.lists(items, min_size=schema.get("minItems", 0), max_size=3)
    if kind == "string" and schema.get("format") == "date-time":
        return st.builds(_moment, MOMENT, FRACTION)
    if kind == "integer" or schema.get("format") == "int32":
        return st.integers(0, 2**31 - 1)
    simple: Mapping[str, st.SearchStrategy[Any]] = {
        "string": WORD,
        "boolean": st.booleans(),
        "null": st.none(),
        "number": st.integers(0, 10**9) | st.decimals(0, 10**9, places=2),
    }
    return simple[kind]


def not_kept(sent: Any, written: Any, place: str = "$") -> list[str]:
    """The places of what was sent and not written back; what is empty may be left out."""
    pairs: list[tuple[str, Any, Any]] = []
    if isinstance(sent, dict) and isinstance(written, dict):
        mine, yours = cast("Json", sent), cast("Json", written)
        pairs = [(f"{place}.{name}", value, yours.get(name)) for name, value in mine.items() if value]
    elif isinstance(sent, list) and isinstance(written, list):
        both = itertools.zip_longest(cast("Sequence[Any]", sent), cast("Sequence[Any]", written))
        pairs = [(f"{place}[{n}]", mine, yours) for n, (mine, yours) in enumerate(both)]
    elif sent != written and (_instant(sent) is None or _instant(sent) != _instant(written)):
        return [place]
    return [each for where, mine, yours in pairs for each in not_kept(mine, yours, where)]


def _instant(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


@functools.cache
def answers(label: str, *, tomorrow: bool = True) -> st.SearchStrategy[Any]:
    """Successful answers of one operation."""
    return conforming(DESCRIBED[label].returns or {}, tomorrow=tomorrow)
