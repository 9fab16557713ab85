"""Secrets in a file that is encrypted at rest."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from typing_extensions import override

from bridge.export.tenants.secrets import SecretsError, SecretsUnavailableError, asked
from clientkit import codec
from clientkit.errors import ConfigurationError
from clientkit.private_file import file_lock, read_private, replace_private

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_LARGEST = 16_777_216
_Table: TypeAlias = dict[str, dict[str, str]]


class EncryptedSecrets:
    """`Secrets` in a file that Fernet encrypts, for the owner alone; it is replaced as a whole.

    Args:
        path: Where the file is. `set` makes it.
        key: Gives the key as `new_key` makes it, each time that it is needed. Several, separated by commas, are keys of
            which the first one encrypts and all decrypt, so that a key can be changed.

    Raises:
        ConfigurationError: The extra ``secrets`` is not installed.
    """

    def __init__(self, path: str | os.PathLike[str], key: Callable[[], str]) -> None:
        self._path, self._key = Path(path), key
        _needs_the_extra()

    @classmethod
    def from_env(cls, path: str | os.PathLike[str], variable: str = "BREX_RILLET_SECRETS_KEY") -> EncryptedSecrets:
        """With the key of an environment variable."""

        def key() -> str:
            if not os.environ.get(variable):
                raise SecretsError(f"the environment variable {variable} is not set; it is the key of {path}")
            return os.environ[variable]

        return cls(path, key)

    @staticmethod
    def new_key() -> str:
        """A new key, as text. Keep it elsewhere than the file."""
        _needs_the_extra()
        from cryptography.fernet import Fernet

        return Fernet.generate_key().decode()

    def __call__(self, tenant: str, name: str) -> str:
        """The secret. Raises `SecretsError`."""
        found = self._read(self._fernet()).get(tenant, {}).get(name)
        if found is None:
            raise SecretsError(f"{self._path} has no secret {name} of {tenant}")
        return found

    def names(self) -> Mapping[str, Sequence[str]]:
        """Of which tenants there are which secrets. Raises `SecretsError`."""
        return {tenant: sorted(each) for tenant, each in sorted(self._read(self._fernet()).items())}

    def set(self, tenant: str, name: str, secret: str) -> None:
        """Keep a secret, and encrypt all of them with the first key. Raises `SecretsError`, and `ValueError` for an empty one."""
        if not secret:
            raise ValueError(f"the secret {name} of {tenant} is empty")
        problem = self._changed(tenant, {name: secret})
        # A traceback with local variables would show it.
        del secret
        if problem is not None:
            raise problem

    def remove(self, tenant: str, name: str | None = None) -> None:
        """Forget a secret, or all of a tenant, where there are any. Raises `SecretsError`."""
        problem = self._changed(tenant, {} if name is None else {name: None})
        if problem is not None:
            raise problem

    def _changed(self, tenant: str, changes: Mapping[str, str | None]) -> SecretsError | None:
        """Write the file anew; what kept it from being written, without the frames that hold secrets. Nothing means all."""
        try:
            with file_lock(self._path, wait=True):
                fernet = self._fernet()
                table = self._read(fernet) if self._path.exists() else _Table()
                had = table.pop(tenant, {})
                kept = {name: each for name, each in {**had, **changes}.items() if each is not None}
                if changes and kept:
                    table[tenant] = kept
                replace_private(self._path, lambda: fernet.encrypt(codec.write(table)))
        except SecretsError as error:
            return error.with_traceback(None)
        except OSError as error:
            return SecretsUnavailableError(f"{self._path} cannot be written: {error.strerror}")
        return None

    def _read(self, fernet: MultiFernet) -> _Table:
        from cryptography.fernet import InvalidToken

        try:
            content = read_private(self._path, _LARGEST)
        except FileNotFoundError:
            raise SecretsError(f"{self._path} is not there; it is to hold the secrets") from None
        except OSError as error:
            raise SecretsUnavailableError(f"{self._path} cannot be read: {error.strerror}") from None
        try:
            return codec.structure(codec.parse(fernet.decrypt(content)), _Table)
        except InvalidToken:
            problem = "cannot be decrypted: the key is another one, or somebody has changed the file"
        except codec.CodecError:
            problem = "holds something else than secrets"
        # Raised outside of the handler, whose error may show what was decrypted.
        raise SecretsError(f"{self._path} {problem}")

    def _fernet(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        key = asked(self._key, f"the key of {self._path}")
        try:
            return MultiFernet([Fernet(each.strip()) for each in key.split(",")])
        except (ValueError, AttributeError):
            del key
        raise SecretsError(f"the key of {self._path} is none that `EncryptedSecrets.new_key` makes")

    @override
    def __repr__(self) -> str:
        return f"EncryptedSecrets({str(self._path)!r})"


def _needs_the_extra() -> None:
    if importlib.util.find_spec("cryptography") is None:
        raise ConfigurationError('an encrypted file needs the extra: pip install "brex-rillet[secrets]"')
