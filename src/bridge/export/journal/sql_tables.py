"""The tables of the journal, and how those that an earlier release made become what they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

_tables = sa.MetaData()
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
    sa.UniqueConstraint("subject", "version", "number"),
    sa.Index("journal_attempts_object", "object_id"),
)
# The records of a summary: the same for all its attempts, because its subject names them.
members = sa.Table(
    "journal_members",
    _tables,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("summary", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("reported_at", sa.Text),
    sa.Index("journal_members_summary", "summary"),
)
claims = sa.Table(
    "journal_claims",
    _tables,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("until", sa.Text, nullable=False),
)


def _create_tables(connection: sa.Connection) -> None:
    _tables.create_all(connection, tables=[attempts, claims])


def _add_replacements_and_summaries(connection: sa.Connection) -> None:
    columns = {column["name"] for column in sa.inspect(connection).get_columns(attempts.name)}
    # In an empty database the step before has made the table as it is.
    if "method" not in columns:
        connection.exec_driver_sql(f"ALTER TABLE {attempts.name} ADD COLUMN method TEXT NOT NULL DEFAULT 'POST'")
    for index in attempts.indexes:
        index.create(connection, checkfirst=True)
    members.create(connection)


#: What makes version n + 1 of the tables out of version n, from an empty database on. Only ever appended to.
MIGRATIONS: Sequence[Callable[[sa.Connection], None]] = (_create_tables, _add_replacements_and_summaries)
