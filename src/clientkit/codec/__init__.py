"""JSON to attrs classes and back: strict, exact, and lenient only where a service may grow.

- A number never passes through float. Decimals are finite; date-times are aware; ``None`` never becomes ``"None"`` and
  ``1.9`` never becomes ``1``.
- ``null`` means "left out": a field that has a default gets it.
- Fields that a class does not know are kept in its `extra` field (`unknown_fields`) and written back.
- Writing leaves out what equals its default, and never writes an exponent.

Where msgspec is installed (the ``fast`` extra) it parses the text, decodes pages as far as it is as strict, and writes what
it writes alike; all else is read and written without it. Results, errors and bytes are the same.
"""

from __future__ import annotations

from clientkit.codec.fields import Extra, always_sent, as_number, unknown_fields, wire_name
from clientkit.codec.hooks import Shape, Structure, dumps, loads, page_reader, register, structure, unstructure
from clientkit.codec.text import instant_text, is_json, parse, write
from clientkit.field_problems import CodecError, FieldProblem

__all__ = [
    "CodecError",
    "Extra",
    "FieldProblem",
    "Shape",
    "Structure",
    "always_sent",
    "as_number",
    "dumps",
    "instant_text",
    "is_json",
    "loads",
    "page_reader",
    "parse",
    "register",
    "structure",
    "unknown_fields",
    "unstructure",
    "wire_name",
    "write",
]
