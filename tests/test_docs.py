"""The documentation is right: commands print what it shows, and its lists are complete. Python runs as doctests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from attrs import fields

from ratecard._cli._output import Exit
from ratecard_rules import (
    CODES,
    EVIDENCE,
    AtLeastOne,
    Conflict,
    Example,
    Field,
    Model,
    Price,
    Revision,
    Sound,
    load_model,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def text_of(page: str) -> str:
    """Return the text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def commands() -> Iterator[tuple[str, str]]:
    """Yield each command that a page shows, with the output that it shows."""
    for page in PAGES:
        yield from re.findall(r"```console\n\$ (.*?)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("command", "output"), dict(commands()).items(), ids=[command[:40] for command in dict(commands())]
)
def test_commands(command: str, output: str, tmp_path: Path) -> None:
    """The command prints exactly what stands below it."""
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert done.stdout == output


def first_column(page: str) -> list[str]:
    """Return what stands in the first column of the tables of a page."""
    return re.findall(r"^\| `?(\w+)`? \|", text_of(page), re.MULTILINE)


def test_codes_and_evidence() -> None:
    """The page of codes has every code, in order, and none that does not exist; so has that of the evidence."""
    codes = first_column("docs/reference/problems.md")
    assert tuple(codes[1 : len(CODES) + 1]) == CODES
    assert tuple(first_column("docs/explanation/evidence.md")[1:]) == EVIDENCE


def test_exit_codes() -> None:
    """The page of exit codes has each of them."""
    assert [code for code in first_column("docs/reference/exit-codes.md") if code.isdigit()] == [
        *map(str, map(int, Exit))
    ]


HEADINGS = {
    "revisions": "[[revision]]",
    "input": "[revision.input.",
    "measured": "[revision.measured.",
    "at_least_one": "[[revision.at_least_one]]",
    "sound": "[revision.sound]",
    "price": "[revision.price]",
    "factors": "[revision.price.factors]",
    "examples": "[[revision.example]]",
    "conflicts": "[[revision.conflict]]",
}
"""How table files write the attributes that are tables of their own."""


@pytest.mark.parametrize("kind", [Model, Revision, Field, Price, AtLeastOne, Sound, Example, Conflict])
def test_keys_of_tables(kind: type) -> None:
    """The page of the table language has every key that a table can have."""
    page = text_of("docs/reference/tables.md")
    for attribute in fields(kind):
        key = attribute.metadata.get("key", attribute.name)
        if key not in {"file", "known_digest"}:
            assert HEADINGS.get(key, f"`{key}`") in page, key


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/how-to/own-tables.md"])
def test_tables_that_are_shown(page: str) -> None:
    """A whole table that a page shows is one that the reader takes, with its examples reproduced."""
    text = text_of(page).partition("```toml\n")[2].partition("```")[0]
    assert load_model(text).latest.price.base_usd_micros == 50_000


def test_links() -> None:
    """Every link to a file of the repository leads to one."""
    dead = [
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert dead == []
