"""Whether the service is there and the key works (https://docs.api.rillet.com/reference/health)."""

from __future__ import annotations

from clientkit.endpoints import AsyncResource, SyncResource, operation
from clientkit.requests import Request


class ServiceOperations:
    """The endpoints ``/health`` and ``/api-key``."""

    @operation
    def health(self) -> Request[None]:
        """Come back without a word if Rillet runs; raise what any call raises if it does not."""
        return Request(method="GET", path="/health")

    @operation
    def check_api_key(self) -> Request[None]:
        """Come back without a word if Rillet knows the API key. Raises `UnauthorizedError` if it does not."""
        return Request(method="GET", path="/api-key")


class ServiceResource(ServiceOperations, SyncResource):
    """The service itself, blocking."""


class AsyncServiceResource(ServiceOperations, AsyncResource):
    """The service itself, to be awaited."""
