"""The documentation site builds without warnings and has every public name and command. Pictures are up to date."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ratecard
from ratecard._cli._commands import cli

if TYPE_CHECKING:
    from types import ModuleType

DOCS = Path(__file__).parents[2] / "docs"
inventory: ModuleType = pytest.importorskip("sphinx.util.inventory", reason="Sphinx is not installed")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site, without the network, and with warnings as errors."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(DOCS), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_every_public_name(site: Path) -> None:
    """The index of the site, which other projects link to, has every public name."""
    with (site / "objects.inv").open("rb") as file:
        found = inventory.InventoryFile.load(file, "", lambda folder, name: f"{folder}/{name}")
    names = {name for kind, items in found.items() if kind.startswith("py:") for name in items}
    assert {f"ratecard.{name}" for name in ratecard.__all__} <= names


def test_every_command(site: Path) -> None:
    """Every command has a section."""
    page = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    assert set(cli.list_commands(None)) <= set(re.findall(r'<section id="ratecard-([a-z-]+)">', page))  # type: ignore[arg-type]  # unused


def test_the_rate_card_is_part_of_it(site: Path) -> None:
    """The first page links to the rate card, and both files of it are there."""
    assert 'href="ratecard.html"' in (site / "index.html").read_text(encoding="utf-8")
    assert "kling-plus/kling-o3-standard" in (site / "ratecard.html").read_text(encoding="utf-8")
    assert (site / "llms.txt").exists()


def test_nothing_is_fetched(site: Path) -> None:
    """No page loads anything from another host."""
    for page in site.rglob("*.html"):
        loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?:[^"]+)"', page.read_text(encoding="utf-8"))
        assert loaded == [], page.name


def test_pictures() -> None:
    """The pictures are those that their script draws now; of the terminal, the text is."""
    pictures = runpy.run_path(str(DOCS / "make_pictures.py"))["PICTURES"]
    for name, draw in pictures.items():
        stored = (DOCS / "pictures" / name).read_text(encoding="utf-8")
        assert re.findall(r">([^<]+)</text>", stored) == re.findall(r">([^<]+)</text>", draw()), name
