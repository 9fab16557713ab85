"""Values under names in the journal's database: what runs leave for later ones, and whose journal it is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import sqlalchemy as sa

from bridge.export.journal import sql_tables as tables
from bridge.export.journal.rows import text_in
from bridge.export.journal.sql_database import Database, TakenError

_OWNER = "owner: "


class Marks:
    """The marks of one namespace."""

    def __init__(self, database: Database, namespace: str) -> None:
        self._database, self._namespace = database, namespace
        self._mine = tables.marks.c.namespace == namespace

    def read(self, name: str) -> str | None:
        """The value under a name, None where there is none."""
        query = sa.select(tables.marks.c.value).where(self._mine, tables.marks.c.name == name)
        with self._database.writing() as connection:
            return text_in(connection.execute(query).scalar(), "value")

    def write(self, name: str, value: str) -> None:
        """Put a value under a name, in the place of the one that is there."""
        change = sa.update(tables.marks).where(self._mine, tables.marks.c.name == name).values(value=value)
        with self._database.writing() as connection:
            if connection.execute(change).rowcount:
                return
        try:
            self._insert(name, value)
        except TakenError:
            # Another exporter has left the first value at this moment.
            with self._database.writing() as connection:
                connection.execute(change)

    def owners(self) -> Mapping[str, str]:
        """The owner of each side that is known."""
        query = sa.select(tables.marks).where(self._mine, tables.marks.c.name.like(f"{_OWNER}%"))
        with self._database.writing() as connection:
            return {
                str(row["name"]).removeprefix(_OWNER): text_in(row["value"], "value") or ""
                for row in connection.execute(query).mappings().all()
            }

    def bind(self, owners: Mapping[str, str]) -> Mapping[str, str]:
        """Write down the owners of sides that have none; the owners then."""
        known = self.owners()
        for side, owner in owners.items():
            if side not in known:
                # Another exporter may be binding it at this moment; the first one that writes has it.
                with suppress(TakenError):
                    self._insert(f"{_OWNER}{side}", owner)
        return self.owners()

    def _insert(self, name: str, value: str) -> None:
        with self._database.writing() as connection:
            row = {"namespace": self._namespace, "name": name, "value": value}
            connection.execute(sa.insert(tables.marks).values(row))
