"""What all values of the services have in common: a way out into plain JSON, and a table in notebooks and terminals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, cast

from clientkit.arguments import checked_fields
from clientkit.money import decimal_text

if TYPE_CHECKING:
    from rich.console import Group

    from clientkit.showing import TableParts


class ShownBriefly:
    """A value of which IPython keeps no long text."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        # IPython prefers the `__repr__` that attrs writes into each class to a `_repr_pretty_` that it inherits.
        del include, exclude
        from clientkit.showing import brief

        return {"text/plain": brief(self)}


class Model(ShownBriefly):
    """A value that a service sends or takes.

    ``dict(value)`` is its JSON too, and FastAPI and pydantic take the class as it is: as an answer, and as a body where the
    argument is ``Annotated[NewVendor, Body()]``.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, object]:
        """What the service would send: its names and unknown fields, amounts as text. Lists and tables of plain JSON types.

        What equals a default is left out. `from_dict` reads it again; only a fraction among unknown fields is text then.
        """
        from clientkit import codec

        return cast("dict[str, object]", _plain(codec.unstructure(self)))

    def to_json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_dict(cls, value: Mapping[str, object]) -> Self:
        """The value behind `to_dict`, or parsed JSON. Raises `CodecError` with the place of what does not fit."""
        from clientkit import codec

        return codec.structure(value, cls)

    def __iter__(self) -> Iterator[tuple[str, object]]:
        return iter(self.to_dict().items())

    def _repr_html_(self) -> str:
        from clientkit.showing import html_of

        return html_of(self._tables())

    def __rich__(self) -> Group:
        """Its fields as a table, and its lists as tables below; ``rich.print`` calls it."""
        from clientkit.showing import rich_of

        return rich_of(self._tables())

    def _tables(self) -> Iterator[TableParts]:
        from clientkit.showing import tables_of

        return tables_of(self)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: Callable[[object], object]) -> Any:
        """How pydantic, and so FastAPI, reads and writes it; pydantic calls it."""
        del source, handler
        from pydantic_core import core_schema

        def read(value: object) -> Model:
            if isinstance(value, cls):
                return value
            try:
                return cls.from_dict(cast("Mapping[str, object]", value))
            except ValueError as error:
                # What pydantic shows of an error is all that it holds.
                raise ValueError(str(error)) from None

        return core_schema.no_info_plain_validator_function(
            read,
            ref=_ref(cls),
            serialization=core_schema.plain_serializer_function_ser_schema(_written),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: object, handler: Callable[[Any], dict[str, object]]
    ) -> dict[str, object]:
        """What OpenAPI says of it: its fields, and the classes in it as components; pydantic calls it."""
        del schema
        from pydantic_core import core_schema

        from clientkit.json_schema import object_schema

        def nested(kind: type[Any]) -> object:
            if not issubclass(kind, Model):
                return {"type": "object"}
            from pydantic import TypeAdapter

            again = kind is cls
            inner = core_schema.definition_reference_schema(_ref(cls)) if again else TypeAdapter(kind).core_schema
            # The handler makes a component only of what is inside of a schema.
            return handler(core_schema.list_schema(inner))["items"]

        return object_schema(cls, nested)


class Input(Model):
    """A value that a program makes for a service. Raises `TypeError` with the field's name for a value of a wrong type."""

    __slots__ = ()

    def __attrs_post_init__(self) -> None:
        checked_fields(self)


def _ref(kind: type[Model]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _written(value: Model) -> dict[str, object]:
    return value.to_dict()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in cast("Mapping[str, object]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in cast("Sequence[object]", value)]
    return decimal_text(value) if isinstance(value, Decimal) else value
