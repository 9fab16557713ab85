"""Where the secrets of a tenant come from: a callable of yours, or the environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol, TypeVar

from typing_extensions import override

from clientkit.client import checked_token
from clientkit.errors import ConfigurationError
from clientkit.verdicts import Verdict

T = TypeVar("T")

BREX_TOKEN, RILLET_API_KEY = "brex_token", "rillet_api_key"


class Secrets(Protocol):
    """Looks a secret up, each time that it is needed: a function of the tenant's name and the secret's.

    The names are ``brex_token`` and ``rillet_api_key``, and for webhooks ``brex_webhook_secret`` and
    ``rillet_webhook_token``. None says that there is none. Whatever it raises is told by the name of its class alone.
    """

    def __call__(self, tenant: str, name: str, /) -> str | None:
        """The secret."""
        ...


class SecretsError(ConfigurationError):
    """A secret is missing or unusable, and a person has to change something. The message shows no secret."""


class SecretsUnavailableError(SecretsError):
    """The store of the secrets is temporarily unreachable."""

    @property
    @override
    def verdict(self) -> Verdict:
        """`PASSING`: later it may work."""
        return Verdict.PASSING


def environment_prefix(tenant: str) -> str:
    """What the variables of a tenant begin with, such as ``ACME_INC_`` for ``acme-inc``."""
    return f"{tenant.upper().replace('-', '_')}_"


def environment_secrets(tenant: str, name: str) -> str:
    """`Secrets` of the environment, such as ``ACME_BREX_TOKEN``. Raises `SecretsError` where it is not set."""
    variable = _variable(tenant, name)
    if not os.environ.get(variable):
        raise SecretsError(f"the environment variable {variable} is not set; it is the secret {name} of {tenant}")
    return os.environ[variable]


def _variable(tenant: str, name: str) -> str:
    return f"{environment_prefix(tenant)}{name.upper()}"


def secret_of(secrets: Secrets, tenant: str, name: str) -> str:
    """The secret. Raises `SecretsError`, behind which no frame holds it."""
    what = f"the secret {name} of {tenant}"
    found = asked(lambda: secrets(tenant, name), what)
    if isinstance(found, str) and found:  # pyright: ignore[reportUnnecessaryIsInstance] - it is a caller's function
        return found
    kind = type(found).__name__
    del found
    problem = {"NoneType": "is not known", "str": "is empty"}.get(kind, f"is no text, but {kind}")
    raise SecretsError(f"{what} {problem}")


def token_of(secrets: Secrets, tenant: str, name: str, service: str) -> str:
    """The secret with which a client of the service calls. Raises `SecretsError` as `secret_of` does."""
    found = secret_of(secrets, tenant, name)
    variable = f" (the environment variable {_variable(tenant, name)})" if secrets is environment_secrets else ""
    try:
        return checked_token(found, f"the secret {name} of {tenant} for {service}{variable}")
    except ConfigurationError as error:
        problem = SecretsError(str(error))
    del found
    raise problem


def asked(ask: Callable[[], T], what: str) -> T:
    """What a function of the caller's gives. Raises `SecretsError`, which shows and holds nothing of what it raised."""
    problem: SecretsError
    try:
        return ask()
    except SecretsError as error:
        problem = error.with_traceback(None)
        problem.__cause__ = problem.__context__ = None
    except Exception as error:  # noqa: BLE001 - its text may show the secret
        problem = SecretsUnavailableError(f"{what} could not be looked up: {type(error).__name__}")
    raise problem
