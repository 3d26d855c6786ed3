"""The recipes of docs/how-to/store.md, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import doctest
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ratecard import StoredQuote, quote, verify

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "store.md"
REQUEST = {"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}
STORED = StoredQuote(quote=quote(REQUEST), asked_at=datetime(2026, 12, 1, 9, 30, tzinfo=UTC), reference='order "ä" 17')
INSERT = "INSERT INTO quotes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def run_page(address: str) -> None:
    """Run the examples of the page on a database."""
    pytest.importorskip("sqlalchemy", reason="needs the dependency group integration")
    text = PAGE.read_text(encoding="utf-8").replace('"sqlite://"', f'"{address}"')
    page = doctest.DocTestParser().get_doctest(text, {}, "store.md", str(PAGE), 0)
    assert len(page.examples) >= 25
    results = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(page, clear_globs=False)
    page.globs["engine"].dispose()
    assert results.failed == 0


def schema() -> list[str]:
    """Return the statements of the documented schema."""
    block = PAGE.read_text(encoding="utf-8").partition("<!-- recipe: sql -->\n```sql\n")[2].partition("```")[0]
    return block.strip().split(";\n")


def row() -> tuple[Any, ...]:
    """Return the values of the columns, in their order."""
    data = STORED.to_dict()
    quoted = data["quote"]
    values = (data["digest"], data["reference"], data["asked_at"], quoted["model"], data["currency"])
    return (*values, quoted["usd_micros"], quoted["digest"], data["request_digest"], json.dumps(data))


def test_the_page_on_sqlite() -> None:
    """The examples run on SQLite."""
    run_page("sqlite://")


def test_the_page_on_postgresql(postgresql: str) -> None:
    """The examples run on PostgreSQL, whose JSONB keeps neither the order of keys nor spaces."""
    folder = postgresql.partition("host=")[2].partition(" ")[0]
    run_page(f"postgresql+psycopg://test@/postgres?host={folder}")


def test_the_schema_on_sqlite() -> None:
    """The documented table takes a document once, and gives it back verifiable."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in schema():
            connection.execute(statement)
        connection.execute(INSERT, row())
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(INSERT, row())
        ((text,),) = connection.execute("SELECT document FROM quotes").fetchall()
    assert verify(json.loads(text)).ok
    assert StoredQuote.from_dict(json.loads(text)) == STORED


def test_the_schema_on_postgresql(postgresql: str) -> None:
    """The same on PostgreSQL, where the types are enforced."""
    import psycopg

    with psycopg.connect(postgresql) as connection:
        for statement in schema():
            connection.execute(statement)
        connection.execute(INSERT.replace("?", "%s"), row())
        found = connection.execute("SELECT document, asked_at, usd_micros FROM quotes").fetchone()
        assert found is not None
        assert StoredQuote.from_dict(found[0]) == STORED
        assert found[1:] == (STORED.asked_at, 250_000)
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(INSERT.replace("?", "%s"), row())
        connection.rollback()
