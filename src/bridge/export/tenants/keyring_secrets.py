"""Secrets in the keyring of the operating system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from bridge.export.tenants.secrets import SecretsError, SecretsUnavailableError
from clientkit.errors import ConfigurationError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend


class KeyringSecrets:
    """`Secrets` of the system's keyring: macOS' Keychain, Windows' Credential Locker, or the Secret Service.

    The user of an entry is the tenant and the name, as in ``keyring set brex-rillet acme/brex_token``.

    Args:
        service: The service that the entries are of.
        backend: Another keyring than the system's.

    Raises:
        ConfigurationError: The extra ``keyring`` is not installed.
    """

    def __init__(self, service: str = "brex-rillet", *, backend: KeyringBackend | None = None) -> None:
        try:
            import keyring
        except ModuleNotFoundError:
            raise ConfigurationError(
                'secrets in the keyring need the extra: pip install "brex-rillet[keyring]"'
            ) from None
        self._service, self._backend = service, backend or keyring.get_keyring()

    def __call__(self, tenant: str, name: str) -> str:
        """The secret. Raises `SecretsError`, and `SecretsUnavailableError` where the keyring is locked or not there."""
        from keyring.errors import KeyringError

        user = f"{tenant}/{name}"
        try:
            return self._found(user)
        except KeyringError as error:
            problem = f"the keyring could not be asked: {type(error).__name__}"
        raise SecretsUnavailableError(problem)

    def _found(self, user: str) -> str:
        if (found := self._backend.get_password(self._service, user)) is None:
            raise SecretsError(f"the keyring has no entry of {self._service} for {user}")
        return found

    @override
    def __repr__(self) -> str:
        return f"KeyringSecrets({self._service!r})"
