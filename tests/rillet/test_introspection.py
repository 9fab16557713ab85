"""Resources load when they are first used, and still the tools that look at a class find them."""

from __future__ import annotations

import inspect
import pydoc
from typing import Any
from unittest.mock import create_autospec

import pytest

import rillet
from clientkit.client import LazyResource
from rillet.payables.vendors import AsyncVendors, Vendors

CLIENTS = (rillet.Client, rillet.AsyncClient)


def _resources(client: type) -> list[str]:
    return [name for name, each in vars(client).items() if isinstance(each, LazyResource)]


def test_read_from_the_class_a_resource_is_its_class() -> None:
    assert rillet.Client.vendors is Vendors
    assert rillet.AsyncClient.vendors is AsyncVendors


def test_both_clients_have_the_same_resources_and_methods() -> None:
    blocking, awaitable = (
        {name: {each for each in dir(getattr(client, name)) if not each.startswith("_")} for name in _resources(client)}
        for client in CLIENTS
    )
    assert blocking == awaitable
    assert len(blocking) > 20


@pytest.mark.parametrize("client", CLIENTS)
def test_help_shows_every_resource_and_its_methods(client: type) -> None:
    shown = pydoc.plain(pydoc.render_doc(client))
    for name in _resources(client):
        resource = getattr(client, name)
        assert f"{name} = <class '{resource.__module__}." in shown
        page = pydoc.plain(pydoc.render_doc(resource))
        methods = inspect.getmembers(resource, inspect.isfunction)
        assert all(f" {method}(self" in page for method, _ in methods if not method.startswith("_"))


def test_signatures_and_docstrings_are_those_of_the_endpoint() -> None:
    get: Any = rillet.Client.vendors.get
    assert str(inspect.signature(get)) == "(self, vendor_id: 'str') -> 'Vendor'"
    assert inspect.getdoc(get)
    assert not inspect.iscoroutinefunction(get)
    assert inspect.iscoroutinefunction(rillet.AsyncClient.vendors.get)


def test_autospec_refuses_what_the_client_would_refuse() -> None:
    double = create_autospec(rillet.Client, instance=True)
    double.vendors.get("a vendor's id")
    with pytest.raises(TypeError, match="vendor_id"):
        double.vendors.get()
    with pytest.raises(AttributeError):
        double.vendors.fetch  # noqa: B018 - reading it is what fails
