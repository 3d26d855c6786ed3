"""A model is one file and one command: a copy of the checkout takes new tables, and its tests of the data pass."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

TABLES = Path("rules", "ratecard_rules", "tables")

GUIDE = "acme/wave-1/text-to-video"
ANNOUNCED = "runway/gen-4.5/text-to-video"
PAST = "minimax-plus/hailuo-2.3-standard/text-to-video"
GONE = "google/veo-3.1-quality/text-to-video"
LEAVING = "openai/sora-2/image-to-video"


@pytest.fixture(scope="module")
def copy(copy_checkout: Callable[[], Path]) -> Path:
    """Return a copy of the checkout with a new model, prices that change, and models that are withdrawn."""
    folder = copy_checkout()
    guide = (folder / "CONTRIBUTING.md").read_text(encoding="utf-8")
    new = folder / TABLES / f"{GUIDE}.toml"
    new.parent.mkdir(parents=True)
    new.write_text(guide.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    change_price(folder, ANNOUNCED, "2999-01-01T00:00:00Z")
    change_price(folder, PAST, "2026-11-20T12:00:00Z")
    retire(folder, GONE, "2026-11-20T12:00:00Z")
    retire(folder, LEAVING, "2999-01-01T00:00:00Z")
    run(folder, "-m", "ratecard", "check", str(TABLES))
    run(folder, "rules/regenerate.py")
    return folder


def change_price(folder: Path, slug: str, effective: str) -> None:
    """Append a revision in which the base price is a million micros."""
    file = folder / TABLES / f"{slug}.toml"
    text = file.read_text(encoding="utf-8")
    revision = text.partition("[[revision]]\n")[2].partition("[[revision.example]]")[0]
    revision = re.sub("base_usd_micros = .*", "base_usd_micros = 1_000_000", re.sub("printed_usd = .*\n", "", revision))
    file.write_text(f"{text}\n[[revision]]\neffective = {effective}\n{revision}", encoding="utf-8")


def retire(folder: Path, slug: str, retired: str) -> None:
    """Withdraw a model from an instant on."""
    file = folder / TABLES / f"{slug}.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("\n\n[[revision]]", f"\nretired = {retired}\n\n[[revision]]", 1), encoding="utf-8")


def run(folder: Path, *arguments: str) -> str:
    """Run Python on the packages of the copy, unmeasured, and return what it prints."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    surroundings["PYTHONPATH"] = os.pathsep.join(str(folder / name) for name in ("rules", "pricing"))
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tests_of_the_data_pass(copy: Path) -> None:
    """Nothing else has to be edited: neither a test, nor a page, nor the transcribed figures."""
    names = ("test_shipped", "test_vectors", "test_catalogue_page", "test_documented", "test_export")
    passed = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"tests/{name}.py" for name in names))
    assert " passed" in passed


def test_the_page_shows_the_changes(copy: Path) -> None:
    """The new model is listed, a price that has changed is shown, and what is announced stands at the end."""
    page = (copy / "docs" / "catalogue.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    assert "| $0.25 \N{EN DASH} $0.50 | $0.25 |" in rows[GUIDE]  # 50,000 x 5, 50,000 x 10
    assert "| $6.00 \N{EN DASH} $10.00 | $6.00 |" in rows[PAST]  # 1,000,000 x 6, 1,000,000 x 10
    assert "| $0.24 \N{EN DASH} $1.20 | $0.60 |" in rows[ANNOUNCED]  # 120,000 x 2, x 10, x 5
    assert "| retired | retired |" in rows[GONE]
    assert "| $0.40 \N{EN DASH} $1.20 | $0.40 |" in rows[LEAVING]
    announced = page.partition("## Announced changes\n")[2]
    assert f"- `{ANNOUNCED}`: from 2999-01-01: $2.00 \N{EN DASH} $10.00.\n" in announced
    assert f"- `{LEAVING}`: retired on 2999-01-01.\n" in announced


def test_every_period_has_vectors(copy: Path) -> None:
    """Each revision and the time after the last one are frozen, at an instant of their own where there are several."""
    lines = (copy / "tests" / "data" / "vectors.jsonl").read_text(encoding="ascii").splitlines()[1:]
    for slug, instants in {GUIDE: 1, ANNOUNCED: 2, PAST: 2, GONE: 2, LEAVING: 2}.items():
        found = {re.sub('.*"at":"(.*?)".*', r"\1", line) for line in lines if f'"id":"{slug}#' in line}
        assert len({line if line[0] != "{" else "" for line in found}) == instants, slug
        assert any(line[0] == "{" for line in found) == (instants == 1), slug


def test_the_general_vectors_stay(copy: Path) -> None:
    """The new model, whose slug is the first of all, does not change the vectors that concern no model."""
    files = [folder / "tests" / "data" / "vectors.jsonl" for folder in (copy, Path(__file__).parents[2])]
    texts = [file.read_text(encoding="ascii").splitlines() for file in files]
    new, old = ([line for line in lines if '"id":"#' in line] for lines in texts)
    assert new == old
