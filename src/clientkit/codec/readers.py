"""Straight-line readers: for each class that answers are read as one function, generated once, with the classes in it in line.

They do what the codec's hooks do, for the case that everything fits. Where something does not, they raise, and the
careful readers read the value again, which know how to name the place.

Three things make them fast, and none is seen from outside:

- An object is made as an instance of its class's twin, a subclass without the checks of a frozen class, and given its
  class when its attributes are set. Attrs' own constructor takes several times as long.
- Equal parts, such as the vendor of many records, become one object. They are frozen, so nobody can tell but by
  the memory that they take.
- Whether an object has a field that its class does not know is told by the number of its keys, where that suffices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Overflow, Rounded, Underflow
from enum import Enum
from typing import Any, NamedTuple, NoReturn, get_args, get_origin

import attrs

from clientkit._typing import override
from clientkit.codec.remembered import MOST_REMEMBERED, Remembered
from clientkit.codec.rules import Fields, Hook, Rules, without_none
from clientkit.making import has_twin, twin

#: The fields of objects that their classes do not know, and that are expected all the same; None where they are too many.
Unknown = Mapping[type[Any], frozenset[str] | None]

#: Classes within classes are written in line down to this depth; what is deeper is a function of its own.
_DEEPEST = 6


#: Numbers that need no second look: nothing of them is lost, and they are of a size that money has.
_CENT, _MUCH = Decimal("0.01"), 10**15
_NUMBERS = Context(prec=29, Emax=17, Emin=0, traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Underflow])


class _SharedExtra(dict[str, object]):
    """The unknown fields of several objects, so nobody may write to them."""

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("the unknown fields of an answer cannot be changed; use attrs.evolve")

    # What changes a dict has many forms, and refuses in all of them.
    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refuse  # pyright: ignore[reportAssignmentType]

    @override
    def __reduce__(self) -> tuple[type[_SharedExtra], tuple[dict[str, object]]]:
        return _SharedExtra, (dict(self),)

    def __copy__(self) -> _SharedExtra:
        return self

    def __deepcopy__(self, _: object) -> _SharedExtra:
        return self


#: What was read as a class within other classes, by its keys and values; for all readers.
_parts = dict[type[Any], dict[object, object]]()
#: What was read as a class of one amount that is a JSON number, by the identity of the amount. Each keeps its own alive.
_amounts = dict[type[Any], dict[int, Any]]()
_MOST_AMOUNTS = 256

#: The `extra` of every object whose class knows all of its fields, and its name in a reader.
NO_EXTRA = _SharedExtra()
NO_EXTRA_NAME = "no_extra"


class _Memory(NamedTuple):
    """The variable of a key, and the name of the dictionary in which it is looked up."""

    key: str
    name: str


class ReaderOfDicts:
    """The lines of one reader of parsed JSON while they are written, and the values that they name.

    What is particular to a dict as the source is in methods of its own; a reader of another source has them otherwise.
    """

    def __init__(self, rules: Rules, unknown: Unknown | None = None) -> None:
        self.lines = list[str]()
        #: Unknown fields that were met and are not expected yet, where they are to be learnt.
        self.met: dict[type[Any], set[str]] | None = None if unknown is None else {}
        self.names: dict[str, Any] = {
            NO_EXTRA_NAME: NO_EXTRA,
            "shared": _SharedExtra,
            "all_texts": _all_texts,
        }
        self._rules = rules
        self._unknown = unknown or {}
        self._variables = 0
        self._within = list[type[Any]]()

    def reader(self, kind: type[Any]) -> Hook:
        """The function that reads a `kind`."""
        self._object(kind, "value", "made", 1)
        return self._compiled("made")

    def array_reader(self, kind: type[Any]) -> Hook:
        """The function that reads an array of `kind` as a tuple."""
        self._check_class("value", "list", 1)
        self._elements("value", kind, 1)
        return self._compiled("value")

    def _compiled(self, result: str) -> Hook:
        text = "\n".join(["def read(value, _):", *self.lines, f"    return {result}"])
        exec(text, self.names)  # noqa: S102 - the text is made of attribute names and literals, as in attrs itself
        made: Hook = self.names["read"]
        return made

    def _object(self, kind: type[Any], source: str, target: str, depth: int) -> None:
        """Read the object in `source` as `kind` into `target`."""
        fields = Fields.of(kind, self._rules)
        self._check_class(source, "dict", depth)
        memory = (
            _Memory(self._variable(), self._name(self._remembered(kind))) if self._within and fields.are_texts else None
        )
        amount, amounts = fields.amount if self._within else None, ""
        if memory is not None:
            self._look_up(memory, self._contents(kind, source), target, depth)
            depth += 1
        elif amount is not None:
            amounts = self._look_up_amount(kind, amount, source, target, depth)
            depth += 1
        self._within.append(kind)
        values = {field.name: self._field(field, source, depth) for field in fields.told}
        self._within.pop()
        if fields.extra is not None:
            values[fields.extra.name] = extra = self._extra(kind, fields, source, depth)
            if memory is not None and extra != NO_EXTRA_NAME:
                # Texts alone can be told apart by their equality: true is equal to 1, and 1.0 to 1.00.
                self._put(
                    depth,
                    f"if {extra} is not no_extra:",
                    f"    if all_texts({extra}): {extra} = shared({extra})",
                    f"    else: {memory.key} = None",
                )
        self._make(kind, values, target, depth)
        if memory is not None:
            self._remember(memory, target, depth)
        elif amount is not None:
            # A text or a whole number becomes another object than it was.
            read, extra = values[amount.name], "no_extra" if fields.extra is None else values[fields.extra.name]
            self._put(
                depth,
                f"if {read} is {self._required(amount, source)} and {extra} is no_extra:",
                f"    if len({amounts}) >= {_MOST_AMOUNTS}: {amounts}.clear()",
                f"    {amounts}[id({read})] = {target}",
            )

    def _put(self, depth: int, *lines: str) -> None:
        self.lines += ["    " * depth + line for line in lines]

    def _variable(self) -> str:
        self._variables += 1
        return f"v{self._variables}"

    def _name(self, value: object) -> str:
        for name, known in self.names.items():
            if known is value:
                return name
        name = f"n{len(self.names)}"
        self.names[name] = value
        return name

    def _check_class(self, source: str, name: str, depth: int) -> None:
        self._put(depth, f"if {source}.__class__ is not {name}: raise TypeError")

    def _remembered(self, kind: type[Any]) -> dict[object, object]:
        return _parts.setdefault(kind, {})

    def _contents(self, kind: type[Any], source: str) -> str:
        """What makes a tuple of all that an object says."""
        del kind
        # Keys and values: equal texts in equal places.
        return f"(*{source}, *{source}.values())"

    def _look_up(self, memory: _Memory, contents: str, target: str, depth: int) -> None:
        """Lines that take an equal object, where there is one, and begin the block that makes it where there is none."""
        # What cannot be hashed is no text, and refused below.
        self._put(
            depth,
            f"try: {memory.key} = {contents}; {target} = {memory.name}.get({memory.key})",
            f"except TypeError: {memory.key} = {target} = None",
            f"if {target} is None:",
        )

    def _look_up_amount(
        self, kind: type[Any], amount: attrs.Attribute[Any], source: str, target: str, depth: int
    ) -> str:
        """Lines that take the object of the same amount and equal texts, and begin the block where there is none.

        The name of the dictionary in which it is looked up.
        """
        fields, amounts = Fields.of(kind, self._rules), self._name(_amounts.setdefault(kind, {}))
        same = [f"{target}.{amount.name} is {self._required(amount, source)}", *self._all_told(kind, fields, source)]
        same += [
            f"{target}.{field.name} == {self._required(field, source)}" for field in fields.told if field is not amount
        ]
        self._put(
            depth,
            f"{target} = {amounts}.get(id({self._required(amount, source)}))",
            f"if {target} is None or not ({' and '.join(same)}):",
        )
        return amounts

    def _all_told(self, kind: type[Any], fields: Fields, source: str) -> Sequence[str]:
        """What says that an object has no other fields than the required ones."""
        del kind
        return (f"len({source}) == {len(fields.told)}",)

    def _remember(self, memory: _Memory, target: str, depth: int) -> None:
        self._put(
            depth,
            f"if {memory.key} is not None:",
            f"    if len({memory.name}) >= {MOST_REMEMBERED}: {memory.name}.clear()",
            f"    {memory.name}[{memory.key}] = {target}",
        )

    def _field(self, field: attrs.Attribute[Any], source: str, depth: int) -> str:
        """Lines that read one field; the variable that has its value then."""
        variable = self._variable()
        wanted, optional = without_none(field.type)
        if field.default is attrs.NOTHING:
            self._put(depth, f"{variable} = {self._required(field, source)}")
            if optional:
                self._value_if(f"{variable} is not None", variable, wanted, depth)
            else:
                self._value(variable, wanted, depth)
            return variable
        default: Any = field.default
        is_made = isinstance(default, attrs.Factory)  # type: ignore[arg-type]  # it is a class, whatever its stub says
        absent = f"{self._name(default.factory)}()" if is_made else self._constant(default)
        self._value_if(self._is_there(field, source, variable), variable, wanted, depth)
        self._put(depth, f"else: {variable} = {absent}")
        return variable

    def _value_if(self, condition: str, variable: str, wanted: Any, depth: int) -> None:
        self._put(depth, f"if {condition}:")
        before = len(self.lines)
        self._value(variable, wanted, depth + 1)
        if len(self.lines) == before:
            self._put(depth + 1, "pass")

    def _required(self, field: attrs.Attribute[Any], source: str) -> str:
        return f"{source}[{self._rules.wire_name(field)!r}]"

    def _is_there(self, field: attrs.Attribute[Any], source: str, variable: str) -> str:
        key = repr(self._rules.wire_name(field))
        return f"{key} in {source} and ({variable} := {source}[{key}]) is not None"

    def _constant(self, value: object) -> str:
        return "None" if value is None else self._name(value)

    def _value(self, variable: str, wanted: Any, depth: int) -> None:
        """Lines that turn the parsed JSON in `variable` into a `wanted`."""
        if wanted is str or wanted is bool:
            self._check_class(variable, wanted.__name__, depth)
        elif wanted is int:
            self._put(depth, f"if {variable}.__class__ is not int: {variable} = {self._hooked(variable, wanted)}")
        elif wanted is datetime:
            self.names["instant"] = datetime.fromisoformat
            self._put(depth, f"{variable} = instant({variable})", f"if {variable}.tzinfo is None: raise ValueError")
        elif wanted is date:
            days = self.names.setdefault("days", Remembered(lambda text: self._rules.hook_of(date)(text, date)))
            self._put(depth, f"{variable} = {self._name(days)}[{variable}]")
        elif isinstance(wanted, type) and issubclass(wanted, Enum):
            # The table of members first: calling the class takes several times as long.
            members = self._name(wanted._value2member_map_.get)
            self._put(depth, f"{variable} = {members}({variable}) or {self._hooked(variable, wanted)}")
        elif get_origin(wanted) in {tuple, Sequence}:
            self._check_class(variable, "list", depth)
            self._elements(variable, get_args(wanted)[0], depth)
        elif (part := self._in_line(wanted)) is not None:
            made = self._variable()
            self._object(part, variable, made, depth)
            self._put(depth, f"{variable} = {made}")
        elif wanted is Decimal:
            self._decimal(variable, depth)
        else:
            self._put(depth, f"if {variable} is None: raise TypeError")
            self._put(depth, f"{variable} = {self._hooked(variable, wanted)}")

    def _decimal(self, variable: str, depth: int) -> None:
        self.names |= {"number": _NUMBERS.create_decimal, "text": str, "Decimal": Decimal, "cent": _CENT}
        self._put(
            depth,
            # A text that is written again as it was has digits and a point alone: cheaper than a regular expression.
            f"if {variable}.__class__ is str and len({variable}) < 30 and text(amount := number({variable})) == {variable} and amount.is_finite():",
            f"    {variable} = amount",
            f"elif {variable}.__class__ is Decimal and {variable}.same_quantum(cent) and {variable}.adjusted() < 15: pass",
            f"elif {variable}.__class__ is int and -{_MUCH} < {variable} < {_MUCH}: {variable} = Decimal({variable})",
            f"else: {variable} = {self._hooked(variable, Decimal)}",
        )

    def _elements(self, variable: str, wanted: Any, depth: int) -> None:
        if (part := self._in_line(wanted)) is not None:
            made, each, one = self._variable(), self._variable(), self._variable()
            self._put(depth, f"{made} = []", f"for {each} in {variable}:")
            self._object(part, each, one, depth + 1)
            self._put(depth, f"    {made}.append({one})", f"{variable} = tuple({made})")
        elif wanted is str:
            self._put(depth, f"for each in {variable}:", "    if each.__class__ is not str: raise TypeError")
            self._put(depth, f"{variable} = tuple({variable})")
        else:
            self._put(depth, f"{variable} = tuple([{self._hooked('each', wanted)} for each in {variable}])")

    def _in_line(self, wanted: Any) -> type[Any] | None:
        """The class whose fields are read in line; None for what is read by a hook."""
        if not (isinstance(wanted, type) and attrs.has(wanted)):
            return None
        kind: type[Any] = wanted
        is_near = kind not in self._within and len(self._within) < _DEEPEST
        return kind if is_near and self._rules.is_plain(kind) else None

    def _hooked(self, variable: str, wanted: Any) -> str:
        return f"{self._name(self._rules.hook_of(wanted))}({variable}, {self._name(wanted)})"

    def _extra(self, kind: type[Any], fields: Fields, source: str, depth: int) -> str:
        variable, known = self._variable(), frozenset(map(self._rules.wire_name, fields.told))
        expected = self._unknown.get(kind, frozenset())
        if expected:
            self._put(
                depth,
                f"if {self._name((known | expected).issuperset)}({source}):",
                f"    {variable} = {{}}",
                *(f"    if {key!r} in {source}: {variable}[{key!r}] = {source}[{key!r}]" for key in sorted(expected)),
                f"    if not {variable}: {variable} = no_extra",
            )
        elif fields.are_required:
            self._put(depth, f"if len({source}) == {len(known)}: {variable} = no_extra")
        else:
            self._put(depth, f"if {self._name(known.issuperset)}({source}): {variable} = no_extra")
        self._put(
            depth,
            # A loop and no comprehension, which is a call.
            "else:",
            f"    {variable} = {{}}",
            f"    for each in {source}:",
            f"        if each not in {self._name(known)}: {variable}[each] = {source}[each]",
        )
        if self.met is not None and expected is not None:
            self._put(depth, f"    {self._name(self.met.setdefault(kind, set()))}.update({variable})")
        return variable

    def _make(self, kind: type[Any], values: dict[str, str], target: str, depth: int) -> None:
        if has_twin(kind):
            self._put(depth, f"{target} = {self._name(twin(kind))}()")
            self._put(depth, *(f"{target}.{name} = {variable}" for name, variable in values.items()))
            self._put(depth, f"{target}.__class__ = {self._name(kind)}")
            return
        aliases = {field.name: field.alias or field.name for field in attrs.fields(kind)}
        arguments = ", ".join(f"{aliases[name]}={variable}" for name, variable in values.items())
        self._put(depth, f"{target} = {self._name(kind)}({arguments})")


def _all_texts(extra: dict[str, object]) -> bool:
    return all(value.__class__ is str for value in extra.values())
