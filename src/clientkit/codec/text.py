"""JSON text to plain Python values and back, without floats."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import cast

from clientkit.codec.remembered import MOST_REMEMBERED
from clientkit.field_problems import CodecError
from clientkit.money import sent_text

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def is_json(content_type: str) -> bool:
    """Whether a ``Content-Type`` header says that the body is JSON."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def parse(content: bytes) -> object:
    """JSON text as Python values; numbers with a fraction or an exponent become `Decimal`. Raises `CodecError`."""
    try:
        make_room(content)
        return _parse(content)
    except Exception as error:
        # Any: the parsers raise their own types, RecursionError and decimal's InvalidOperation among them.
        raise CodecError(f"not JSON: {error}") from error


def write(plain: object) -> bytes:
    """Plain JSON types as compact JSON text; a `Decimal` among them becomes a number. Raises as `dumps`."""
    return text_of(plain).encode()


def text_of(plain: object) -> str:
    """What `write` encodes."""
    pieces: list[str] = []
    _write(plain, pieces.append)
    return "".join(pieces)


def instant_text(value: datetime) -> str:
    """A date-time as the services want it: UTC, ending in ``Z``.

    Raises `ValueError` for one without a zone, and for one that is before the year 1 or after 9999 in UTC.
    """
    if value.utcoffset() is None:
        raise ValueError(f"{value.isoformat()} has no time zone; use datetime.now(UTC) or .replace(tzinfo=UTC)")
    try:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except OverflowError:
        raise ValueError(f"{value.isoformat()} is no time in UTC") from None


# After so much text the numbers in it are forgotten: there are few of them, but a service decides how long they are.
_MOST_TEXT = 2**18

#: The text of a JSON number with a fraction or an exponent as a `Decimal`. One amount stands in many places of a record.
number = lru_cache(MOST_REMEMBERED)(Decimal)


class _Room:
    """How much text may still be read before its numbers are forgotten."""

    left = _MOST_TEXT


def make_room(content: bytes) -> None:
    """Forget numbers that were read, where those of `content` would be too much besides. Call it before using `number`."""
    _Room.left -= len(content)
    if _Room.left < 0:
        number.cache_clear()
        _Room.left = _MOST_TEXT


def _refuse_constant(text: str) -> object:
    raise ValueError(f"{text} is not JSON")


def has_surrogates(content: bytes) -> bool:
    """Whether JSON text has an escaped surrogate, which is half of a character where the other half is missing."""
    return b"\\" in content and _SURROGATE.search(content) is not None


def _decoder(constant: Callable[[str], object] = _refuse_constant) -> json.JSONDecoder:
    return json.JSONDecoder(parse_float=number, parse_constant=constant)


# `json.loads` makes one for each call that names a parser.
_usual = _decoder()


def parse_text(text: str, constant: Callable[[str], object] | None = None) -> object:
    """JSON text as `parse` reads it without msgspec, but for halves of characters; `constant` makes what Python knows and JSON does not."""
    value: object = (_usual if constant is None else _decoder(constant)).decode(text)
    return value


def _parse_plainly(content: bytes) -> object:
    value = parse_text(str(content, "utf-8"))
    if has_surrogates(content):
        # Half of a pair is no character: encoding fails here, as in msgspec, and not where the text is stored later.
        json.dumps(value, ensure_ascii=False, default=str).encode()
    return value


def _make_parse() -> Callable[[bytes], object]:
    try:
        import msgspec
    except ImportError:
        return _parse_plainly
    return msgspec.json.Decoder(float_hook=number).decode


_parse = _make_parse()


def _write(value: object, put: Callable[[str], object]) -> None:
    # Not json.dumps: it has no way to write a Decimal as an exact number.
    if isinstance(value, str):
        put(encode_basestring_ascii(value))
    elif value is None:
        put("null")
    elif isinstance(value, bool):
        put("true" if value else "false")
    elif isinstance(value, int):
        put(int.__repr__(value))
    elif isinstance(value, Decimal):
        put(sent_text(value))
    elif isinstance(value, Mapping):
        separator = "{"
        for key, each in cast("Mapping[str, object]", value).items():
            put(f"{separator}{encode_basestring_ascii(key)}:")
            _write(each, put)
            separator = ","
        put("{}" if separator == "{" else "}")
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        separator = "["
        for each in cast("Sequence[object]", value):
            put(separator)
            _write(each, put)
            separator = ","
        put("[]" if separator == "[" else "]")
    else:
        raise TypeError(f"{type(value).__name__} cannot be written as JSON")
