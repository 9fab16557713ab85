"""The names of Rillet's endpoints by method and path, for requests that were written down before they are sent."""

from __future__ import annotations

from collections.abc import Mapping

_ACTIONS: Mapping[str, str] = {"POST": "create", "PUT": "update", "DELETE": "delete"}


def operation_of(method: str, path: str) -> str:
    """Such as ``rillet.charges.create`` for a POST to ``/charges``, as the endpoint's own span is called."""
    resource, *rest = path.strip("/").replace("-", "_").split("/")
    action = _ACTIONS.get(method, method.lower())
    match rest:
        case [_] if method == "POST":
            action = "upload_document"
        case [_, "payments", *_] if resource == "invoices":
            resource = "invoice_payments"
        case [_, "payments", *_]:
            action = f"{action}_payment"
        case [_, "applications", *_]:
            action = "apply" if method == "POST" else "delete_applications"
        case _:
            pass
    return f"rillet.{resource}.{action}"
