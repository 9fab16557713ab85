"""What several objects share: the unknown fields of answers where they are alike, and the texts beside amounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

import attrs

from clientkit.codec.remembered import Remembered
from clientkit.overriding import override


class SharedExtra(dict[str, object]):
    """The unknown fields of several objects, so nobody may write to them."""

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("the unknown fields of an answer cannot be changed; use attrs.evolve")

    # What changes a dict has many forms, and refuses in all of them.
    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refuse  # pyright: ignore[reportAssignmentType]

    @override
    def __reduce__(self) -> tuple[type[SharedExtra], tuple[dict[str, object]]]:
        return SharedExtra, (dict(self),)

    def __copy__(self) -> SharedExtra:
        return self

    def __deepcopy__(self, _: object) -> SharedExtra:
        return self


#: The `extra` of every object whose class knows all of its fields, and its name in a reader.
NO_EXTRA = SharedExtra()
NO_EXTRA_NAME = "no_extra"
#: The unknown fields of objects in which all of them are null, by their names.
NULLS = Remembered(lambda names: SharedExtra(dict.fromkeys(names)))
#: The texts beside amounts, such as currencies, by themselves.
TEXTS = Remembered(str)


def all_texts(extra: dict[str, object]) -> bool:
    """Whether equal fields are alike: true is equal to 1, and 1.0 to 1.00."""
    return all(value is None or value.__class__ is str for value in extra.values())


def are_shared(made: Iterable[object], extra: attrs.Attribute[Any] | None) -> bool:
    """Whether what objects keep in `extra`, their unknown fields, may be that of several objects."""
    return extra is None or all(getattr(each, extra.name).__class__ is SharedExtra for each in made)
