"""What the calls of a client give, for pylint: ``load-plugins=clientkit.pylint_plugin``.

pylint follows code and not annotations, and the code of an endpoint builds a request and nothing more. With this plugin
it knows the answers, the awaited ones too, and the items of listings: a misspelt field of theirs is a ``no-member``.
Where the plugin cannot tell, it says so, and pylint reports nothing.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownLambdaType=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from astroid import inference_tip, nodes
from astroid.bases import Instance
from astroid.context import InferenceContext
from astroid.exceptions import AstroidError, InferenceError, UseInferenceDefault
from astroid.manager import AstroidManager
from astroid.util import Uninferable
from pylint.lint import PyLinter

#: A node of the code, or a value that one has; astroid's own types tell only some of their attributes.
_Node: TypeAlias = Any
_Values: TypeAlias = Iterator[_Node]

_COROUTINE, _LIST, _TUPLE = "_collections_abc.Coroutine", "builtins.list", "builtins.tuple"
_PAGER, _ASYNC_PAGER = "clientkit.paging.Pager", "clientkit.paging.AsyncPager"
_OF_ITEMS = frozenset(f"{pager}.{name}" for pager in (_PAGER, _ASYNC_PAGER) for name in ("collect", "first"))


class _Of(Instance):  # type: ignore[misc]  # astroid has no marker of types
    """An instance of a generic class, such as a tuple, a pager or a coroutine, and the values that it is of."""

    def __init__(self, kind: str, values: list[_Node]) -> None:
        module, _, name = kind.rpartition(".")
        proxied: _Node = AstroidManager().ast_from_module_name(module)[name]
        super().__init__(proxied)
        self.values = values

    def getitem(self, index: _Node, context: InferenceContext | None = None) -> _Node:  # noqa: ARG002
        is_one = len(self.values) == 1 and isinstance(index, nodes.Const)
        return self.values[0] if is_one else Uninferable


def register(linter: PyLinter) -> None:  # noqa: ARG001
    """Tell astroid, by which pylint infers, what clients give; pylint calls this when it loads the plugin."""
    transform: Any = AstroidManager().register_transform
    transform(nodes.Call, inference_tip(_resource), lambda call: _imported(call.func) == "LazyResource")
    transform(nodes.Call, inference_tip(_anything), lambda call: _imported(call.func) == "unknown_fields")
    transform(nodes.FunctionDef, _answering(_of_endpoint), _endpoint)
    for kind in (nodes.FunctionDef, nodes.AsyncFunctionDef):
        transform(kind, _answering(_of_pager), lambda method: method.qname() in _OF_ITEMS)
    transform(nodes.Await, inference_tip(_awaited))
    transform(nodes.AssignName, inference_tip(_item), _is_item)
    transform(nodes.AssignName, inference_tip(_entered), lambda name: isinstance(name.parent, nodes.AsyncWith))


def _imported(node: _Node) -> str | None:
    """Which name of clientkit's this is, None if it is another's."""
    name: str | None = None
    if isinstance(node, nodes.Attribute) and node.expr.as_string() in {"clientkit", "clientkit.endpoints"}:
        name = node.attrname
    elif isinstance(node, nodes.Name):
        for found in node.lookup(node.name)[1]:
            if isinstance(found, nodes.ImportFrom) and (found.modname or "").partition(".")[0] == "clientkit":
                name = found.real_name(node.name)
    return name


def _endpoint(function: _Node) -> str | None:
    """Which kind of endpoint this is, None if it is another function."""
    decorators = function.decorators.nodes if function.decorators else ()
    return next((name for name in map(_imported, decorators) if name in {"operation", "listing", "several"}), None)


def _answering(values: Callable[[_Node, Instance], _Values]) -> Callable[[_Node], None]:
    """A transform after which a call of the method gives these values, whatever its code does."""

    def transform(function: _Node) -> None:
        def infer_call_result(caller: object, context: InferenceContext | None = None) -> _Values:  # noqa: ARG001
            owner = context and context.boundnode
            yield from values(function, owner) if isinstance(owner, Instance) else (Uninferable,)

        function.infer_call_result = infer_call_result
        if _endpoint(function):
            function.instance_attrs["build"] = [nodes.Unknown(parent=function)]

    return transform


def _of_endpoint(function: _Node, resource: Instance) -> _Values:
    is_async = resource.is_subtype_of("clientkit.endpoints.AsyncResource")
    is_known = is_async or resource.is_subtype_of("clientkit.endpoints.SyncResource")
    returns = function.returns
    answers = _described(returns.slice) if is_known and isinstance(returns, nodes.Subscript) else [Uninferable]
    if _endpoint(function) == "listing":
        answers = [_Of(_ASYNC_PAGER if is_async else _PAGER, answers)]
    elif is_async:
        answers = [_Of(_COROUTINE, answers)]
    yield from answers


def _of_pager(function: _Node, pager: Instance) -> _Values:
    items = pager.values if isinstance(pager, _Of) else [Uninferable]
    answers = [_Of(_LIST, items)] if function.name == "collect" else [*items, nodes.Const(None)]
    yield from [_Of(_COROUTINE, answers)] if isinstance(function, nodes.AsyncFunctionDef) else answers


def _described(annotation: _Node) -> list[_Node]:
    """What a value of this annotation can be."""
    if isinstance(annotation, nodes.Subscript):
        kind, of = annotation.value.as_string(), annotation.slice
        items: list[_Node] = of.elts if kind == "tuple" and isinstance(of, nodes.Tuple) else []
        of_any_length = [each.as_string() for each in items[1:]] == ["..."]
        return [_Of(_TUPLE, _described(items[0])) if of_any_length else Uninferable]
    try:
        kinds: list[_Node] = list(annotation.infer())
    except InferenceError:
        return [Uninferable]
    return [kind.instantiate_class() if isinstance(kind, nodes.ClassDef) else Uninferable for kind in kinds]


def _anything(node: _Node, context: InferenceContext | None = None) -> _Values:  # noqa: ARG001
    yield Uninferable


def _resource(node: _Node, context: InferenceContext | None = None) -> _Values:
    try:
        values = [next(each.infer(context)) for each in node.args]
        module, name = (each.value for each in values if isinstance(each, nodes.Const))
        yield AstroidManager().ast_from_module_name(module)[name].instantiate_class()
    except (AstroidError, AttributeError, KeyError, ValueError):
        yield Uninferable


def _awaited(node: _Node, context: InferenceContext | None = None) -> _Values:
    for each in _inferred(node.value, context):
        yield from _values(each, {_COROUTINE})


def _is_item(node: _Node) -> bool:
    return isinstance(node.parent, nodes.For | nodes.Comprehension) and node.parent.target is node


def _item(node: _Node, context: InferenceContext | None = None) -> _Values:
    for each in _inferred(node.parent.iter, context):
        yield from _values(each, {_TUPLE, _LIST, _PAGER, _ASYNC_PAGER})


def _entered(node: _Node, context: InferenceContext | None = None) -> _Values:
    manager = next(manager for manager, target in node.parent.items if target is node)
    for each in _inferred(manager, context):
        if not (isinstance(each, Instance) and each.is_subtype_of("clientkit.client.AsyncBaseClient")):
            raise UseInferenceDefault
        yield each


def _inferred(node: _Node, context: InferenceContext | None) -> list[_Node]:
    try:
        return list(node.infer(context))
    except InferenceError as error:
        raise UseInferenceDefault from error


def _values(of: _Node, kinds: set[str]) -> list[_Node]:
    if not (isinstance(of, _Of) and of.pytype() in kinds):
        raise UseInferenceDefault
    return of.values
