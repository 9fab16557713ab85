"""Journals that earlier releases wrote, as SQLite's shell dumps them."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import sqlalchemy as sa

_DATA = Path(__file__).parents[1] / "bridge" / "export" / "data"
VERSION_2, VERSION_3 = ((_DATA / f"journal_v{number}.sql").read_text(encoding="utf-8") for number in (2, 3))


def load(dump: str, place: str) -> None:
    """Make the database what that release left."""
    if "://" not in place:
        with sqlite3.connect(place) as old:
            old.executescript(dump)
        old.close()
        return
    text = re.sub(r"X'([0-9A-F]*)'", r"'\\x\1'::bytea", dump.replace("BLOB", "BYTEA"))
    text = text.replace("id INTEGER NOT NULL, \n\tsubject", "id SERIAL NOT NULL, \n\tsubject")
    text = text.replace("id INTEGER NOT NULL,\n\tsubject", "id SERIAL NOT NULL,\n\tsubject")
    text += "SELECT setval('journal_attempts_id_seq', 10);"
    engine = sa.create_engine(place.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for statement in text.replace("BEGIN TRANSACTION;", "").replace("COMMIT;", "").split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement.replace("%", "%%"))
    engine.dispose()
