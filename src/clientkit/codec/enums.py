"""Enumerations that a service may extend."""

from __future__ import annotations

from enum import StrEnum

from clientkit.overriding import override


class OpenEnum(StrEnum):
    """Values known today; any other text is kept as it came and written back unchanged.

    ``Status("NEW_THING")`` is a `Status` whose `is_known` is false and that equals the text ``"NEW_THING"``.
    Iterating over the class gives the known values only.
    """

    @classmethod
    @override
    def _missing_(cls, value: object) -> OpenEnum | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """Whether this value was known when the SDK was released."""
        return type(self).__members__.get(self.name) is self

    # Early releases of CPython 3.11 pickle by name, and the class does not have an unknown value's name.
    @override
    def __reduce_ex__(self, protocol: object) -> tuple[type[OpenEnum], tuple[str]]:
        return type(self), (self.value,)

    # An unknown value is made anew each time it is met, so equality and hash are those of its text.
    __hash__ = str.__hash__
