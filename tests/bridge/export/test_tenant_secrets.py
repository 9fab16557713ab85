"""Secrets in the system's keyring and in an encrypted file: found, missing, with the wrong key, and never shown."""

from __future__ import annotations

import os
import stat
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from typing_extensions import override

from bridge.export import EncryptedSecrets, KeyringSecrets, SecretsError, SecretsUnavailableError, Tenant
from clientkit import ConfigurationError, Verdict
from support.companies.exported import SETTINGS

SECRET = "a-secret-that-nobody-may-see"


def shown(error: BaseException) -> str:
    """The error, what is behind it, and the local variables of every frame but the tests' own."""
    frames = traceback.TracebackException.from_exception(error, capture_locals=True)
    own = Path(__file__).name
    kept = [each for each in frames.stack if Path(each.filename).name != own]
    assert error.__cause__ is None
    assert error.__context__ is None
    return str(error) + "".join(f"{each.name} {each.locals}" for each in kept)


def broken_vault() -> str:
    raise KeyError(SECRET)


class TestEncryptedFile:
    @pytest.fixture(autouse=True)
    def needs_the_extra(self) -> None:
        pytest.importorskip("cryptography", reason="the extra `secrets` is not installed")

    @pytest.fixture
    def key(self) -> str:
        return EncryptedSecrets.new_key()

    @pytest.fixture
    def secrets(self, tmp_path: Path, key: str) -> EncryptedSecrets:
        made = EncryptedSecrets(tmp_path / "secrets", lambda: key)
        made.set("acme", "rillet_api_key", SECRET)
        made.set("acme", "brex_token", "another")
        return made

    def test_secrets_are_found_by_another_process(self, secrets: EncryptedSecrets, tmp_path: Path, key: str) -> None:
        again = EncryptedSecrets(tmp_path / "secrets", lambda: key)

        assert again("acme", "rillet_api_key") == SECRET
        assert again.names() == {"acme": ["brex_token", "rillet_api_key"]}
        assert Tenant(name="acme", settings=SETTINGS, secrets=again).secret("brex_token") == "another"

    def test_the_file_is_encrypted_and_its_owners_alone(self, secrets: EncryptedSecrets, tmp_path: Path) -> None:
        path = tmp_path / "secrets"

        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not any(each in path.read_bytes() for each in (SECRET.encode(), b"acme", b"brex_token"))
        path.chmod(0o644)
        secrets("acme", "brex_token")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.parametrize(("tenant", "name"), [("acme", "brex_webhook_secret"), ("bolt", "brex_token")])
    def test_a_missing_secret_is_named(self, secrets: EncryptedSecrets, tenant: str, name: str) -> None:
        with pytest.raises(SecretsError, match=f"secrets has no secret {name} of {tenant}") as told:
            secrets(tenant, name)

        assert told.value.verdict is Verdict.FATAL
        assert SECRET not in shown(told.value)

    def test_secrets_are_removed(self, secrets: EncryptedSecrets) -> None:
        secrets.set("bolt", "brex_token", "bolt's")
        secrets.remove("acme", "brex_token")
        assert secrets.names() == {"acme": ["rillet_api_key"], "bolt": ["brex_token"]}
        secrets.remove("acme")
        secrets.remove("acme", "brex_token")
        assert secrets.names() == {"bolt": ["brex_token"]}

    def test_an_empty_secret_is_refused(self, secrets: EncryptedSecrets) -> None:
        with pytest.raises(ValueError, match="the secret brex_token of acme is empty"):
            secrets.set("acme", "brex_token", "")
        assert secrets("acme", "brex_token") == "another"

    @pytest.mark.parametrize(
        ("wrong_key", "text"),
        [
            (EncryptedSecrets.new_key, "cannot be decrypted: the key is another one"),
            (lambda: "no key", r"the key of .*secrets is none that"),
            (lambda: "", r"the key of .*secrets is none that"),
            (lambda: None, r"the key of .*secrets is none that"),
            (broken_vault, r"the key of .*secrets could not be looked up: KeyError"),
        ],
    )
    @pytest.mark.parametrize("changes", [False, True], ids=["read", "write"])
    def test_a_wrong_key_changes_nothing(
        self,
        secrets: EncryptedSecrets,
        tmp_path: Path,
        wrong_key: Callable[[], str],
        text: str,
        *,
        changes: bool,
    ) -> None:
        before = (tmp_path / "secrets").read_bytes()
        wrong = EncryptedSecrets(tmp_path / "secrets", wrong_key)

        with pytest.raises(SecretsError, match=text) as told:
            wrong.set("acme", "brex_token", SECRET) if changes else wrong("acme", "brex_token")

        assert SECRET not in shown(told.value)
        assert (tmp_path / "secrets").read_bytes() == before

    def test_a_file_that_was_changed_is_not_read(self, secrets: EncryptedSecrets, tmp_path: Path) -> None:
        path = tmp_path / "secrets"
        path.write_bytes(path.read_bytes()[:-9] + b"AAAAAAAA=")

        with pytest.raises(SecretsError, match="or somebody has changed the file"):
            secrets("acme", "brex_token")

    def test_other_content_is_not_taken_for_secrets(self, tmp_path: Path, key: str) -> None:
        from cryptography.fernet import Fernet

        (tmp_path / "secrets").write_bytes(Fernet(key).encrypt(f'["{SECRET}"]'.encode()))

        with pytest.raises(SecretsError, match="holds something else than secrets") as told:
            EncryptedSecrets(tmp_path / "secrets", lambda: key)("acme", "brex_token")
        assert SECRET not in shown(told.value)

    def test_a_file_that_is_not_there_is_told(self, tmp_path: Path, key: str) -> None:
        with pytest.raises(SecretsError, match="secrets is not there"):
            EncryptedSecrets(tmp_path / "secrets", lambda: key)("acme", "brex_token")

    @pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be read as files elsewhere alone")
    def test_a_file_that_cannot_be_read_now_may_be_later(self, tmp_path: Path, key: str) -> None:
        (tmp_path / "secrets").mkdir()

        with pytest.raises(SecretsUnavailableError, match="cannot be read: Is a directory") as told:
            EncryptedSecrets(tmp_path / "secrets", lambda: key)("acme", "brex_token")
        assert told.value.verdict is Verdict.PASSING

    def test_a_crash_leaves_what_was_there(
        self, secrets: EncryptedSecrets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(SecretsUnavailableError, match="secrets cannot be written: No space left") as told:
            secrets.set("bolt", "brex_token", f"{SECRET} of bolt")
        monkeypatch.undo()

        assert SECRET not in shown(told.value)
        assert list(secrets.names()) == ["acme"]
        assert sorted(each.name for each in tmp_path.iterdir()) == ["secrets", "secrets.lock"]

    def test_changes_at_once_are_all_kept(self, secrets: EncryptedSecrets) -> None:
        names = [f"tenant-{number}" for number in range(8)]
        threads = [threading.Thread(target=secrets.set, args=(each, "brex_token", each)) for each in names]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

        assert sorted(secrets.names()) == ["acme", *names]

    def test_a_key_is_changed(self, secrets: EncryptedSecrets, tmp_path: Path, key: str) -> None:
        newer = EncryptedSecrets.new_key()
        both = EncryptedSecrets(tmp_path / "secrets", lambda: f"{newer}, {key}")
        assert both("acme", "rillet_api_key") == SECRET
        both.set("acme", "brex_token", "a newer one")

        only = EncryptedSecrets(tmp_path / "secrets", lambda: newer)
        assert (only("acme", "rillet_api_key"), only("acme", "brex_token")) == (SECRET, "a newer one")
        with pytest.raises(SecretsError):
            secrets("acme", "brex_token")

    def test_the_key_may_be_a_variable(
        self, secrets: EncryptedSecrets, tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = EncryptedSecrets.from_env(tmp_path / "secrets")
        with pytest.raises(SecretsError, match="the environment variable BREX_RILLET_SECRETS_KEY is not set"):
            made("acme", "brex_token")

        monkeypatch.setenv("BREX_RILLET_SECRETS_KEY", key)

        assert made("acme", "rillet_api_key") == SECRET
        assert key not in repr(made)


class TestKeyring:
    @pytest.fixture
    def secrets(self) -> Callable[..., KeyringSecrets]:
        pytest.importorskip("keyring", reason="the extra `keyring` is not installed")
        from keyring.backend import KeyringBackend
        from keyring.errors import KeyringLocked

        class Memory(KeyringBackend):
            """The lowest priority, so that it is not chosen by itself."""

            priority = 0  # pyright: ignore[reportAssignmentType] - as keyring's own backends do
            is_locked = False

            @override
            def get_password(self, service: str, username: str) -> str | None:
                if self.is_locked:
                    raise KeyringLocked(SECRET)
                return SECRET if (service, username) == ("brex-rillet", "acme/rillet_api_key") else None

            @override
            def set_password(self, service: str, username: str, password: str) -> None:
                raise NotImplementedError

        def made(*, is_locked: bool = False) -> KeyringSecrets:
            memory = Memory()  # type: ignore[no-untyped-call]  # keyring's own has no types
            memory.is_locked = is_locked
            return KeyringSecrets(backend=memory)

        return made

    def test_a_secret_is_found(self, secrets: Callable[..., KeyringSecrets]) -> None:
        tenant = Tenant(name="acme", settings=SETTINGS, secrets=secrets())

        assert tenant.secret("rillet_api_key") == SECRET
        assert repr(secrets()) == "KeyringSecrets('brex-rillet')"

    def test_a_missing_secret_is_named(self, secrets: Callable[..., KeyringSecrets]) -> None:
        with pytest.raises(SecretsError, match="no entry of brex-rillet for acme/brex_token") as told:
            secrets()("acme", "brex_token")
        assert told.value.verdict is Verdict.FATAL

    def test_a_locked_keyring_may_be_open_later(self, secrets: Callable[..., KeyringSecrets]) -> None:
        with pytest.raises(SecretsUnavailableError, match="could not be asked: KeyringLocked") as told:
            secrets(is_locked=True)("acme", "rillet_api_key")
        assert SECRET not in shown(told.value)


@pytest.mark.parametrize(
    ("module", "make", "extra"),
    [
        ("keyring", KeyringSecrets, "keyring"),
        ("cryptography", lambda: EncryptedSecrets("secrets", lambda: ""), "secrets"),
        ("cryptography", EncryptedSecrets.new_key, "secrets"),
    ],
)
def test_what_is_not_installed_is_named(
    module: str, make: Callable[[], object], extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ConfigurationError, match=rf'pip install "brex-rillet\[{extra}\]"'):
        make()
