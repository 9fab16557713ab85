"""What type checkers let `modify` change is what its model has."""

from __future__ import annotations

import inspect
from typing import Any, get_args, get_type_hints

import attrs
import pytest

import rillet
from clientkit.client import LazyResource
from rillet.payables.bills import BillOperations, BillUpdate
from rillet.payables.vendor_credits import VendorCreditOperations, VendorCreditUpdate
from rillet.payables.vendors import VendorOperations
from rillet.receivables.customers import CustomerOperations
from rillet.receivables.draft_contracts import DraftContractOperations
from rillet.receivables.products import ProductOperations
from rillet.treasury.bank_transactions import BankTransactionOperations, BankTransactionUpdate

_MODELS: dict[Any, type[attrs.AttrsInstance]] = {
    BankTransactionOperations: BankTransactionUpdate,
    BillOperations: BillUpdate,
    CustomerOperations: rillet.NewCustomer,
    DraftContractOperations: rillet.NewDraftContract,
    ProductOperations: rillet.NewProduct,
    VendorCreditOperations: VendorCreditUpdate,
    VendorOperations: rillet.NewVendor,
}


def _changes(operations: Any) -> dict[str, Any]:
    """The keys of the table that `modify` takes, and their types."""
    (table,) = get_args(get_type_hints(operations.modify._build)["changes"])
    return get_type_hints(table)


def _alternatives(annotation: Any) -> set[Any]:
    """What a field may be, where a list is told by what it may hold."""
    found = set[Any]()
    for each in get_args(annotation) if type(None) in get_args(annotation) else (annotation,):
        inner = get_args(each)
        is_list = str(each).startswith("collections.abc.Sequence[")
        found |= {("list of", one) for one in (get_args(inner[0]) or inner)} if is_list else {each}
    return found


def test_every_modify_that_changes_something_has_its_table() -> None:
    resources = [
        getattr(rillet.Client, name) for name, each in vars(rillet.Client).items() if type(each) is LazyResource
    ]
    with_changes = {
        resource
        for resource in resources
        if hasattr(resource, "modify")
        and inspect.signature(resource.modify).parameters["changes"].annotation != "object"
    }
    assert {each.__mro__[1] for each in with_changes} == set(_MODELS)


@pytest.mark.parametrize(("operations", "model"), _MODELS.items(), ids=lambda each: each.__name__)
def test_the_table_has_the_fields_of_the_model(operations: Any, model: type[attrs.AttrsInstance]) -> None:
    told, hints = _changes(operations), get_type_hints(model)
    fields = {each.name: each for each in attrs.fields(model) if each.name != "extra"}
    assert list(told) == list(fields)
    for name, field in fields.items():
        wanted = _alternatives(hints[name])
        if field.default is not attrs.NOTHING:
            wanted.add(type(None))
        # Beside them only lines that were read, which are turned into what is sent.
        more = {each for each in _alternatives(told[name]) - wanted if not isinstance(each, tuple)}
        assert wanted <= _alternatives(told[name])
        assert not more
