"""Straight-line readers: for each class that answers are read as one function, generated once, with the classes in it in line.

They do what the codec's hooks do, for the case that everything fits. Where something does not, they raise, and the
careful readers read the value again, which know how to name the place.

Three things make them fast, and none is seen from outside:

- An object is made as an instance of its class's twin, a subclass without the checks of a frozen class, and given its
  class when its attributes are set. Attrs' own constructor takes several times as long.
- Equal parts, such as the vendor of many records, become one object. They are frozen, so nobody can tell but by
  the memory that they take.
- Whether an object has a field that its class does not know is told by the number of its keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Overflow, Rounded, Underflow
from enum import Enum
from typing import Any, NamedTuple

import attrs

from clientkit.codec.remembered import MOST_REMEMBERED, Remembered
from clientkit.codec.rules import Fields, Hook, Rules, element_of, without_none
from clientkit.codec.sharing import NO_EXTRA, NO_EXTRA_NAME, NULLS, TEXTS, SharedExtra, all_texts
from clientkit.making import has_twin, twin

#: The fields of objects that their classes do not know, and that are expected all the same; None where they are too many.
Unknown = Mapping[type[Any], frozenset[str] | None]

#: Classes within classes are written in line down to this depth; what is deeper is a function of its own.
_DEEPEST = 6


#: Numbers that need no second look: nothing of them is lost, and they are of a size that money has.
_CENT, _MUCH = Decimal("0.01"), 10**15
_NUMBERS = Context(prec=29, Emax=17, Emin=0, traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Underflow])


#: What was read as a class within other classes, with its parsed JSON, by its id or all that it says; for all readers.
_parts = dict[type[Any], dict[object, object]]()


class _Memory(NamedTuple):
    """The names of the dictionary in which an object's like is looked up, of its key, and of what is found."""

    name: str
    key: str
    found: str


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
            "shared": SharedExtra,
            "all_texts": all_texts,
        }
        self._rules = rules
        self._unknown = unknown or {}
        self._variables = 0
        self._within = list[type[Any]]()
        # The variable that counts down the keys of the object that is being read; none where it keeps no unknown fields.
        self._keys_left: str | None = None
        # What each of an array's elements finds in the variables that the one before it has left.
        self._before_the_loop = list[str]()
        self._is_in_array = False
        # The variables with the last object of each class of one amount.
        self._last = dict[type[Any], str]()

    def reader(self, kind: type[Any]) -> Hook:
        """The function that reads a `kind`."""
        self._object(kind, "value", "made", 1)
        return self._compiled("made")

    def array_reader(self, kind: type[Any]) -> Hook:
        """The function that reads an array of `kind` as a tuple."""
        self._check_class("value", "list", 1)
        self._is_in_array = True
        self._elements("value", kind, 1)
        return self._compiled("value")

    def _compiled(self, result: str) -> Hook:
        text = "\n".join(["def read(value, taken):", *self._before_the_loop, *self.lines, f"    return {result}"])
        exec(text, self.names)  # noqa: S102 - the text is made of attribute names and literals, as in attrs itself
        made: Hook = self.names["read"]
        return made

    def _object(self, kind: type[Any], source: str, target: str, depth: int) -> None:
        """Read the object in `source` as `kind` into `target`."""
        fields = Fields.of(kind, self._rules)
        self._check_class(source, "dict", depth)
        memory = None
        if self._within and fields.are_texts:
            memory = _Memory(
                self._name(_parts.setdefault(kind, {})), self._key(fields.telling, source), self._variable()
            )
        amount, last = fields.amount if self._within else None, ""
        if memory is not None:
            self._look_up(memory, source, target, depth)
            depth += 1
        elif amount is not None:
            last = self._compare_with_last(kind, amount, source, target, depth)
            depth += 1
        self._within.append(kind)
        outer, self._keys_left = self._keys_left, self._counted(fields, source, depth)
        values = {field.name: self._field(field, source, depth) for field in fields.told}
        if amount is not None:
            texts = {each.name for each in fields.told if each is not amount}
            values |= {name: f"{self._name(TEXTS)}[{values[name]}]" for name in texts}
        if fields.extra is not None:
            values[fields.extra.name] = extra = self._extra(kind, fields, source, depth)
            if memory is not None and extra != NO_EXTRA_NAME:
                # Several objects will hold it.
                self._put(
                    depth, f"if {extra}.__class__ is not shared and all_texts({extra}): {extra} = shared({extra})"
                )
        self._keys_left = outer
        self._within.pop()
        self._make(kind, values, target, depth)
        if memory is not None:
            extra = NO_EXTRA_NAME if fields.extra is None else values[fields.extra.name]
            self._remember(memory, source, target, extra, depth)
        elif amount is not None:
            # A text or a whole number becomes another object than it was.
            read, extra = values[amount.name], "no_extra" if fields.extra is None else values[fields.extra.name]
            self._put(
                depth,
                f"if {read} is {self._required(amount, source)} and {extra} is no_extra: {last} = {target}",
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

    def _key(self, field: attrs.Attribute[Any] | None, source: str) -> str:
        """What an object is looked up by: its id, else all that it says."""
        return f"tuple({source}.values())" if field is None else f"{source}.get({self._rules.wire_name(field)!r})"

    def _look_up(self, memory: _Memory, source: str, target: str, depth: int) -> None:
        """Lines that take what was made of an equal object, and begin the block that makes it where there is none."""
        self._put(
            depth,
            f"try: {memory.found} = {memory.name}.get({memory.key})",
            # What cannot be hashed is no text, and refused below.
            f"except TypeError: {memory.found} = None",
            f"if {memory.found} is not None and {memory.found}[0] == {source}: {target} = {memory.found}[1]",
            "else:",
        )

    def _compare_with_last(
        self, kind: type[Any], amount: attrs.Attribute[Any], source: str, target: str, depth: int
    ) -> str:
        """Lines that take the last object of its kind where it is equal, and begin the block that makes another one.

        The variable of the last object. Most amounts are those of a record and again of its lines, and numbers that are
        equal are one object then.
        """
        fields = Fields.of(kind, self._rules)
        if (last := self._last.get(kind)) is None:
            self._last[kind] = last = self._variable()
            self._before_the_loop.append(f"    {last} = None")
        same = [f"{last} is not None", f"{last}.{amount.name} is {self._required(amount, source)}"]
        same += self._all_told(kind, fields, source)
        same += [
            f"{last}.{field.name} == {self._required(field, source)}" for field in fields.told if field is not amount
        ]
        self._put(depth, f"if {' and '.join(same)}: {target} = {last}", "else:")
        return last

    def _all_told(self, kind: type[Any], fields: Fields, source: str) -> Sequence[str]:
        """What says that an object has no other fields than the required ones."""
        del kind
        return (f"len({source}) == {len(fields.told)}",)

    def _remember(self, memory: _Memory, source: str, target: str, extra: str, depth: int) -> None:
        # Texts alone can be told apart by their equality: true is equal to 1, and 1.0 to 1.00.
        if extra != NO_EXTRA_NAME:
            self._put(depth, f"if {extra}.__class__ is shared:")
            depth += 1
        self._put(
            depth,
            f"if len({memory.name}) >= {MOST_REMEMBERED}: {memory.name}.clear()",
            # Whoever has given the parsed JSON may change it.
            f"{memory.name}[{memory.key}] = {source}.copy(), {target}",
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
        self._optional(field, source, variable, absent, depth)
        return variable

    def _optional(self, field: attrs.Attribute[Any], source: str, variable: str, absent: str, depth: int) -> None:
        """Lines that read a field that may be left out, or be null."""
        key, (wanted, _) = repr(self._rules.wire_name(field)), without_none(field.type)
        self._put(depth, f"if {key} in {source}:")
        if self._keys_left is not None:
            self._put(depth, f"    {self._keys_left} -= 1")
        self._put(depth, f"    {variable} = {source}[{key}]")
        self._value_if(f"{variable} is not None", variable, wanted, depth + 1)
        if absent != "None":
            self._put(depth, f"    else: {variable} = {absent}")
        self._put(depth, f"else: {variable} = {absent}")

    def _value_if(self, condition: str, variable: str, wanted: Any, depth: int) -> None:
        self._put(depth, f"if {condition}:")
        before = len(self.lines)
        self._value(variable, wanted, depth + 1)
        if len(self.lines) == before:
            self._put(depth + 1, "pass")

    def _required(self, field: attrs.Attribute[Any], source: str) -> str:
        return f"{source}[{self._rules.wire_name(field)!r}]"

    def _counted(self, fields: Fields, source: str, depth: int) -> str | None:
        """The variable that counts the keys of an object which are neither those that must be there nor read yet."""
        if fields.extra is None:
            return None
        variable = self._variable()
        required = sum(field.default is attrs.NOTHING for field in fields.told)
        self._put(depth, f"{variable} = len({source}) - {required}")
        return variable

    def _constant(self, value: object) -> str:
        return "None" if value is None else self._name(value)

    def _value(self, variable: str, wanted: Any, depth: int) -> None:
        """Lines that turn the parsed JSON in `variable` into a `wanted`."""
        if wanted is str or wanted is bool:
            self._check_class(variable, wanted.__name__, depth)
        elif wanted is int:
            self._put(depth, f"if {variable}.__class__ is not int: {variable} = {self._hooked(variable, wanted)}")
        elif wanted is datetime:
            self._instant(variable, depth)
        elif wanted is date:
            days = self.names.setdefault("days", Remembered(lambda text: self._rules.hook_of(date)(text, date)))
            self._put(depth, f"{variable} = {self._name(days)}[{variable}]")
        elif isinstance(wanted, type) and issubclass(wanted, Enum):
            # The table of members first: calling the class takes several times as long.
            members = self._name(wanted._value2member_map_.get)
            self._put(depth, f"{variable} = {members}({variable}) or {self._hooked(variable, wanted)}")
        elif (element := element_of(wanted)) is not None:
            self._check_class(variable, "list", depth)
            self._elements(variable, element, depth)
        elif (part := self._in_line(wanted)) is not None:
            made = self._variable()
            self._object(part, variable, made, depth)
            self._put(depth, f"{variable} = {made}")
        elif wanted is Decimal:
            self._decimal(variable, depth)
        else:
            self._put(depth, f"if {variable} is None: raise TypeError")
            self._put(depth, f"{variable} = {self._hooked(variable, wanted)}")

    def _instant(self, variable: str, depth: int) -> None:
        self.names["instant"] = datetime.fromisoformat
        read, check = f"{variable} = instant({variable})", f"if {variable}.tzinfo is None: raise ValueError"
        if not self._is_in_array:
            self._put(depth, read, check)
            return
        # Neighbours in an array often say the same.
        text, last = self._variable(), self._variable()
        self._before_the_loop.append(f"    {text} = {last} = None")
        self._put(
            depth,
            f"if {variable} == {text} is not None: {variable} = {last}",
            "else:",
            f"    {text} = {variable}",
            f"    {read}",
            f"    {check}",
            f"    {last} = {variable}",
        )

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

    def _part(self, wanted: Any) -> type[Any] | None:
        """The class of an array's elements, where an array of them is looked up by its JSON text."""
        part = self._in_line(element_of(wanted))
        return part if part is not None and Fields.of(part, self._rules).are_many_texts else None

    def _hooked(self, variable: str, wanted: Any) -> str:
        return f"{self._name(self._rules.hook_of(wanted))}({variable}, {self._name(wanted)})"

    def _extra(self, kind: type[Any], fields: Fields, source: str, depth: int) -> str:
        variable, known = self._variable(), frozenset(map(self._rules.wire_name, fields.told))
        expected = self._unknown.get(kind, frozenset())
        if expected:
            self._collect(
                variable,
                ((key, f"{key!r} in {source}", f"{source}[{key!r}]") for key in sorted(expected)),
                depth,
            )
        else:
            self._put(depth, f"{variable} = no_extra")
        self._put(
            depth,
            f"if {self._keys_left}:",
            f"    {variable} = {{}}",
            # A loop and no comprehension, which is a call.
            f"    for each in {source}:",
            f"        if each not in {self._name(known)}: {variable}[each] = {source}[each]",
        )
        if self.met is not None and expected is not None:
            self._put(depth, f"    {self._name(self.met.setdefault(kind, set()))}.update({variable})")
        return variable

    def _collect(self, variable: str, unknown: Iterable[tuple[str, str, str]], depth: int) -> None:
        """Lines that collect the unknown fields that are expected: each a key, what says that it is there, and its value."""
        value, are_null = self._variable(), self._variable()
        self._put(depth, f"{variable} = {{}}; {are_null} = True")
        for key, is_there, found in unknown:
            self._put(depth, f"if {is_there}:")
            if self._keys_left is not None:
                self._put(depth, f"    {self._keys_left} -= 1")
            self._put(
                depth,
                f"    {variable}[{key!r}] = {value} = {found}",
                f"    if {value} is not None: {are_null} = False",
            )
        self._put(
            depth, f"if {are_null}: {variable} = {self._name(NULLS)}[tuple({variable})] if {variable} else no_extra"
        )

    def _make(self, kind: type[Any], values: dict[str, str], target: str, depth: int) -> None:
        if has_twin(kind):
            self._put(depth, f"{target} = {self._name(twin(kind))}()")
            self._put(depth, *(f"{target}.{name} = {variable}" for name, variable in values.items()))
            self._put(depth, f"{target}.__class__ = {self._name(kind)}")
            return
        aliases = {field.name: field.alias or field.name for field in attrs.fields(kind)}
        arguments = ", ".join(f"{aliases[name]}={variable}" for name, variable in values.items())
        self._put(depth, f"{target} = {self._name(kind)}({arguments})")
