"""One file writes attempts down and one decides what follows from them, which the texts of all the others show."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import bridge.export

EXPORT = Path(bridge.export.__file__).parent
BRIDGE = EXPORT.parent
SENDER, ATTEMPTS, JOURNAL = EXPORT / "engine" / "sender.py", EXPORT / "engine" / "attempts.py", EXPORT / "journal"


def nodes(file: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every node of a file, with where it is."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        yield node, f"{file}:{getattr(node, 'lineno', 0)}"


def files(*without: Path) -> list[Path]:
    found = [each for each in sorted(BRIDGE.rglob("*.py")) if not any(each.is_relative_to(other) for other in without)]
    assert len(found) > 50
    return found


def writes(file: Path) -> Iterator[str]:
    """Where a file has the methods by which a journal takes attempts; a payment is noted elsewhere too."""
    for node, where in nodes(file):
        if not isinstance(node, ast.Attribute):
            continue
        is_of_journal = ast.unparse(node.value).rpartition(".")[2].strip("_") == "journal"
        if node.attr in {"intend", "note_later"} or (node.attr == "note" and is_of_journal):
            yield f"{where} {ast.unparse(node)}"


def judgements(file: Path) -> Iterator[str]:
    """Where a file asks for an attempt's key or its outcome."""
    for node, where in nodes(file):
        if isinstance(node, ast.Attribute) and (
            node.attr == "is_fresh" or ast.unparse(node).endswith("AttemptState.OPEN")
        ):
            yield f"{where} {ast.unparse(node)}"
        if isinstance(node, ast.Constant) and node.value in {"is_fresh", "OPEN"}:
            yield f"{where} {node.value!r}"


def test_only_the_sender_writes_attempts_down() -> None:
    assert [each for file in files(SENDER) for each in writes(file)] == []
    assert {each.rpartition(".")[2] for each in writes(SENDER)} == {"intend", "note", "note_later"}


def test_only_the_attempts_the_sender_and_the_journal_know_what_is_open_or_fresh() -> None:
    assert [each for file in files(SENDER, ATTEMPTS, JOURNAL) for each in judgements(file)] == []
    assert list(judgements(ATTEMPTS))


@pytest.mark.parametrize(
    "text",
    ["self._journal.note(made)", "write = context.journal.note", "other.intend(made)", "other.note_later(made)"],
)
def test_a_writer_would_be_seen(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.py").write_text(text, encoding="utf-8")
    assert len(list(writes(tmp_path / "other.py"))) == 1


@pytest.mark.parametrize("text", ["attempts.AttemptState.OPEN", "AttemptState.OPEN", "last.is_fresh(now)"])
def test_a_judge_would_be_seen(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.py").write_text(text, encoding="utf-8")
    assert len(list(judgements(tmp_path / "other.py"))) == 1
