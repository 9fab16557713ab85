"""The tables of the journal, and how those that an earlier release made become what they are.

Every row has a namespace, so that several companies can share one database; without one it is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn

_tables = sa.MetaData()


def _namespace(*, is_key: bool = False) -> sa.Column[str]:
    return sa.Column("namespace", sa.Text, nullable=False, server_default="", primary_key=is_key)


versions = sa.Table(
    "journal_version",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
)
attempts = sa.Table(
    "journal_attempts",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("intended_at", sa.Text, nullable=False),
    sa.Column("intended_by", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("object_id", sa.Text),
    sa.Column("answer", sa.LargeBinary),
    sa.Column("trace_id", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("settled_at", sa.Text),
    sa.Column("settled_by", sa.Text),
    sa.Column("reported_at", sa.Text),
    sa.Column("method", sa.Text, nullable=False, server_default="POST"),
    sa.Column("purpose", sa.Text, nullable=False, server_default="document"),
    sa.Column("content", sa.Text),
    sa.Column("source", sa.Text),
    sa.Column("form", sa.Text),
    _namespace(),
    sa.UniqueConstraint("namespace", "subject", "version", "number"),
    sa.Index("journal_attempts_in_order", "namespace", "id"),
    sa.Index("journal_attempts_by_object", "namespace", "object_id"),
    sa.Index("journal_attempts_by_source", "namespace", "source"),
    sa.Index("journal_attempts_by_state", "namespace", "state", "method"),
    sa.Index("journal_attempts_by_time", "namespace", "intended_at", "intended_by"),
)
# The records of a summary: the same for all its attempts, because its subject names them.
members = sa.Table(
    "journal_members",
    _tables,
    _namespace(is_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("summary", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("reported_at", sa.Text),
    sa.Column("content", sa.Text),
    sa.Column("form", sa.Text),
    sa.Index("journal_members_by_summary", "namespace", "summary", "subject"),
)
claims = sa.Table(
    "journal_claims",
    _tables,
    _namespace(is_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", sa.Text, nullable=False),
)
# Why records were not posted: a row is what was said from one time to another.
refusals = sa.Table(
    "journal_refusals",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("last_at", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reasons", sa.Text, nullable=False),
    _namespace(),
    sa.Index("journal_refusals_subject", "subject"),
)
marks = sa.Table(
    "journal_marks",
    _tables,
    _namespace(is_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


def _create_tables(connection: sa.Connection) -> None:
    _tables.create_all(connection, tables=[attempts, claims])


def _add_replacements_and_summaries(connection: sa.Connection) -> None:
    _complete(connection, attempts)
    members.create(connection)


def _add_corrections_and_refusals(connection: sa.Connection) -> None:
    _complete(connection, attempts)
    _complete(connection, members)
    refusals.create(connection)
    marks.create(connection)


def _complete(connection: sa.Connection, table: sa.Table) -> None:
    """Give a table the columns and indexes that it lacks. One that an earlier step has just made lacks none."""
    present = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in present:
            text = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {text}")
    for index in sorted(table.indexes, key=lambda each: str(each.name)):
        index.create(connection, checkfirst=True)


def _add_namespaces(connection: sa.Connection) -> None:
    for table in (attempts, members, claims, refusals, marks):
        inspector = sa.inspect(connection)
        key = inspector.get_pk_constraint(table.name)["constrained_columns"]
        uniques = inspector.get_unique_constraints(table.name)
        if "namespace" not in key and not any("namespace" in each["column_names"] for each in uniques):
            if table is refusals:
                _complete(connection, table)
            else:
                _rebuild(connection, table, [each["name"] for each in inspector.get_columns(table.name)])


def _rebuild(connection: sa.Connection, table: sa.Table, present: Sequence[str]) -> None:
    """Make a table anew with what is in it: SQLite does not change the keys of one that is there."""
    connection.exec_driver_sql(f"ALTER TABLE {table.name} RENAME TO {table.name}_old")
    for index in table.indexes:
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {index.name}")
    table.create(connection)
    old = sa.Table(f"{table.name}_old", sa.MetaData(), autoload_with=connection)
    columns = [column.name for column in table.columns if column.name in present]
    connection.execute(sa.insert(table).from_select(columns, sa.select(*(old.c[name] for name in columns))))
    old.drop(connection)
    if "id" in table.columns and connection.dialect.name == "postgresql":
        next_id = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
        sequence = sa.func.pg_get_serial_sequence(table.name, "id")
        connection.execute(sa.select(sa.func.setval(sequence, next_id, sa.false())))


def _index_by_namespace(connection: sa.Connection) -> None:
    for table in (attempts, members):
        _complete(connection, table)
    for name in ("attempts_object", "attempts_source", "attempts_state", "attempts_time", "members_summary"):
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS journal_{name}")


#: What makes version n + 1 of the tables out of version n, from an empty database on. Only ever appended to.
MIGRATIONS: Sequence[Callable[[sa.Connection], None]] = (
    _create_tables,
    _add_replacements_and_summaries,
    _add_corrections_and_refusals,
    _add_namespaces,
    _index_by_namespace,
)
