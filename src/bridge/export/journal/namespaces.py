"""The names of the parts of a database, one for each tenant."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from bridge.export.journal.protocol import Journal, JournalError
from clientkit.observing import labelled, labels

_LONGEST_NAME = 200


def checked_namespace(name: str) -> str:
    """The name of a part of a database, as it is compared. Raises `JournalError`."""
    if len(name) > _LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise JournalError(
            f"a namespace is a name of at most {_LONGEST_NAME} printable characters without blanks around it"
        )
    return name


@runtime_checkable
class Namespaced(Protocol):
    """A journal that is a part of a database."""

    @property
    def namespace(self) -> str:
        """Whose part it is; empty where it has no name."""
        ...


@contextmanager
def tenant_of(journal: Journal) -> Generator[None]:
    """Label what is observed and logged inside with the journal's tenant, unless the caller has named one."""
    named = journal.namespace if isinstance(journal, Namespaced) and "tenant" not in labels() else ""
    with labelled(**({"tenant": named} if named else {})):
        yield
