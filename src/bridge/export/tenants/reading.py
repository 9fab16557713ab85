"""Tenants in a folder with a settings file for each, or in one file with a table for each."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path

import attrs

from bridge.export.journal.namespaces import checked_namespace
from bridge.export.journal.protocol import JournalError
from bridge.export.tenants.secrets import Secrets, environment_prefix, environment_secrets
from bridge.export.tenants.tenant import Tenant
from bridge.settings.inconsistencies import inconsistencies_of
from bridge.settings.mistakes import KeyPath, Mistake
from bridge.settings.toml_file import parsed, read_table
from bridge.settings.toml_places import TomlText
from bridge.settings.values import Settings, SettingsError
from clientkit.client import checked_base_url
from clientkit.errors import ConfigurationError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class UnknownTenantError(ConfigurationError):
    """There is no tenant of that name."""


class _Environment(StrEnum):
    PRODUCTION = "production"
    SANDBOX = "sandbox"


@attrs.frozen(kw_only=True)
class _Options:
    """The table ``tenant``."""

    namespace: str | None = None
    company_id: str | None = None
    rillet_environment: _Environment = _Environment.PRODUCTION
    brex_base_url: str | None = None
    rillet_base_url: str | None = None


@attrs.frozen(kw_only=True)
class _Table(Settings):
    """Settings, and what a tenant needs besides."""

    tenant: _Options = attrs.field(factory=_Options)


@attrs.frozen(kw_only=True)
class Tenants:
    """The tenants that can be used by name, and why others cannot: broken settings stop nobody else's."""

    usable: Mapping[str, Tenant]
    problems: Mapping[str, SettingsError]

    @property
    def names(self) -> Sequence[str]:
        """All of them, those with broken settings included."""
        return sorted({*self.usable, *self.problems})

    def get(self, name: str) -> Tenant:
        """The tenant of that name.

        Raises:
            UnknownTenantError: There is none.
            SettingsError: Its settings are broken, with every mistake and its place.
        """
        if (problem := self.problems.get(name)) is not None:
            raise SettingsError(problem.problems)
        if (found := self.usable.get(name)) is None:
            raise UnknownTenantError(f"there is no tenant {name!r}")
        return found

    def check(self) -> None:
        """Raise `SettingsError` with every mistake of all of them, each with its place."""
        if self.problems:
            raise SettingsError(tuple(text for each in self.problems.values() for text in each.problems))

    def __iter__(self) -> Iterator[Tenant]:
        return iter(self.usable.values())

    def __len__(self) -> int:
        return len(self.usable)


def read_tenants(place: str | os.PathLike[str], *, secrets: Secrets = environment_secrets) -> Tenants:
    """All tenants of a folder, such as ``acme.toml`` for the tenant ``acme``, or of a file with a table for each of them.

    What they hold are settings, and a table ``tenant`` with what `Tenant` takes besides: ``namespace``, ``company_id``,
    ``rillet_environment``, ``brex_base_url`` and ``rillet_base_url``. Two that would share a namespace, a company in Brex or
    the names of their variables cannot be used.

    Raises:
        SettingsError: The folder or the file cannot be read, or has no tenant. What is wrong with single tenants is in `Tenants`.
    """
    path = Path(place)
    read = dict[str, _Read | SettingsError]()
    try:
        if path.is_dir():
            files = sorted(each for each in path.glob("*.toml") if not each.name.startswith("."))
            read = {each.stem: _attempted(partial(_of_file, each, secrets)) for each in files}
        else:
            text = path.read_text(encoding="utf-8")
            read = {
                name: _attempted(partial(_of_table, name, table, text, path.name, secrets))
                for name, table in parsed(text, path.name).items()
            }
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"{path}: it cannot be read: {_reason(error)}",)) from None
    if not read:
        raise SettingsError(
            (f"{path}: there is no tenant; a folder has files such as acme.toml, a file tables such as [acme]",)
        )
    good = {name: each for name, each in read.items() if isinstance(each, _Read)}
    problems = {name: each for name, each in read.items() if isinstance(each, SettingsError)}
    problems |= _collisions(good)
    return Tenants(
        usable={name: each.tenant for name, each in good.items() if name not in problems},
        problems=dict(sorted(problems.items())),
    )


@attrs.frozen
class _Read:
    tenant: Tenant
    where: TomlText


def _attempted(read: Callable[[], _Read]) -> _Read | SettingsError:
    try:
        return read()
    except SettingsError as error:
        return error


def _of_file(path: Path, secrets: Secrets) -> _Read:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"{path.name}: it cannot be read: {_reason(error)}",)) from None
    return _tenant(path.stem, parsed(text, path.name), TomlText(text, path.name), secrets)


def _of_table(name: str, table: object, text: str, source: str, secrets: Secrets) -> _Read:
    return _tenant(name, table, TomlText(text, source, (name,)), secrets)


def _tenant(name: str, table: object, where: TomlText, secrets: Secrets) -> _Read:
    if not _NAME.fullmatch(name):
        raise where.error([Mistake(f"{name!r} is no name of a tenant, which has letters, digits, - and _")])
    read = read_table(table, _Table, where, _inconsistencies)
    options = read.tenant
    tenant = Tenant(
        name=name,
        settings=Settings(**{each.name: getattr(read, each.name) for each in attrs.fields(Settings)}),
        secrets=secrets,
        namespace=options.namespace or name,
        company_id=options.company_id,
        rillet_environment="sandbox" if options.rillet_environment is _Environment.SANDBOX else "production",
        brex_base_url=options.brex_base_url,
        rillet_base_url=options.rillet_base_url,
    )
    return _Read(tenant, where)


def _inconsistencies(table: _Table) -> Iterator[Mistake]:
    yield from inconsistencies_of(table)
    options = table.tenant
    if options.namespace is not None:
        try:
            checked_namespace(options.namespace)
        except JournalError as error:
            yield Mistake(str(error), ("tenant", "namespace"))
    for key, url in (("brex_base_url", options.brex_base_url), ("rillet_base_url", options.rillet_base_url)):
        try:
            checked_base_url(url or "https://example.com")
        except ConfigurationError as error:
            yield Mistake(str(error), ("tenant", key))


def _collisions(read: Mapping[str, _Read]) -> dict[str, SettingsError]:
    """Those that would take each other's journal, events or credentials: nobody can tell which of them is right."""
    told = dict[str, list[Mistake]]()
    for what, path, value_of in _UNIQUE:
        for name, others in _sharing((name, value_of(each.tenant)) for name, each in read.items()):
            told.setdefault(name, []).append(Mistake(f"{what} is that of {', '.join(others)} too", path))
    return {name: read[name].where.error(mistakes) for name, mistakes in told.items()}


_UNIQUE: Sequence[tuple[str, KeyPath, Callable[[Tenant], Hashable | None]]] = (
    ("its part of the journal", ("tenant", "namespace"), lambda each: each.namespace),
    ("its company in Brex", ("tenant", "company_id"), lambda each: each.company_id),
    ("the beginning of its variables", (), lambda each: environment_prefix(each.name)),
)


def _sharing(values: Iterable[tuple[str, Hashable | None]]) -> Iterator[tuple[str, Sequence[str]]]:
    """Each name whose value others have, with the names of those."""
    names = dict[Hashable, list[str]]()
    for name, value in values:
        if value is not None:
            names.setdefault(value, []).append(name)
    for group in names.values():
        for name in group:
            if others := [each for each in group if each != name]:
                yield name, others


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or type(error).__name__
