"""What stands for `SqlJournal`, `SqlPaces` and `SqlSeenIds` where their extra is not installed, so that everything else can be imported."""

from __future__ import annotations

from bridge.export.journal.protocol import JournalError


class SqlJournal:
    """Cannot be made. Raises `JournalError`, which says what to install."""

    def __init__(self, *_: object, **__: object) -> None:
        raise JournalError('a journal in a database needs the export extra: pip install "brex-rillet[export]"')


class SqlPaces:
    """Cannot be made. Raises `JournalError`, which says what to install."""

    def __init__(self, *_: object, **__: object) -> None:
        raise JournalError('a shared pace in a database needs the export extra: pip install "brex-rillet[export]"')


class SqlSeenIds:
    """Cannot be made. Raises `JournalError`, which says what to install."""

    def __init__(self, *_: object, **__: object) -> None:
        raise JournalError('ids of webhooks in a database need the export extra: pip install "brex-rillet[export]"')
