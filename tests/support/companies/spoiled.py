"""A Rillet that shows one of its objects in another shape than it documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

import attrs

from clientkit import Answer
from clientkit.testing import Asked
from support.companies.changing import Company

# What names the object and its record.
_KEPT = ("id", "external_references", "name", "memo")


def spoil(company: Company, object_id: str) -> None:
    """From now on nothing of this object can be read but what names it."""
    respond = company.rillet.respond

    def spoiled(asked: Asked) -> Answer:
        answer = respond(asked)
        if asked.method != "GET" or object_id.encode() not in answer.content:
            return answer
        return attrs.evolve(answer, content=json.dumps(_spoiled(json.loads(answer.content), object_id)).encode())

    company.rillet.respond = spoiled  # type: ignore[method-assign]  # this one alone


def _spoiled(value: object, object_id: str) -> object:
    if isinstance(value, list):
        return [_spoiled(each, object_id) for each in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("Mapping[str, object]", value)
    if members.get("id") == object_id:
        kept = {name: members[name] for name in _KEPT if name in members}
        return {**kept, "items": None, "line_items": 7, "amount": []}
    return {name: _spoiled(each, object_id) for name, each in members.items()}
