"""The package as others see it: its names, its imports, its rooms."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ratecard
import ratecard.schema
import ratecard.submit
import ratecard.testing
import ratecard_rules

if TYPE_CHECKING:
    from types import ModuleType

PRICING = Path(ratecard.__file__).parent
RULES = Path(ratecard_rules.__file__).parent
MODULES = sorted([*PRICING.rglob("*.py"), *RULES.rglob("*.py")])
EDGES = ("_cli", "submit", "testing", "service")


@pytest.mark.parametrize("package", [ratecard, ratecard_rules, ratecard.schema, ratecard.submit, ratecard.testing])
def test_public_names(package: ModuleType) -> None:
    """Every name in `__all__` can be had, and no other public name is in the package."""
    names = package.__all__
    assert len(names) == len(set(names)) > 0
    assert all(getattr(package, name) is not None for name in names)
    own = {name for name in vars(package) if not name.startswith("_")} - {
        "annotations",
        "TYPE_CHECKING",
        "import_module",
        "focus",
        "frames",
        "schema",
        "strategies",
        "types",
        *EDGES,
    }
    assert own - set(names) == set()
    assert set(names) <= set(dir(package))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


def test_version() -> None:
    """The version is that of the installed distribution."""
    assert ratecard.__version__ == version("ratecard")


QUOTE = {
    "model": "kling-plus/kling-o3-standard/image-to-video",
    "input": {"image_url": "https://example.com/cat.jpg", "duration": "10"},
}
STEPS = f"""
import sys
from contextlib import redirect_stdout
from io import StringIO
before = set(sys.modules)
import ratecard
print(*set(sys.modules) - before)
ratecard.quote({QUOTE})
print(*set(sys.modules) - before)
from ratecard._cli._commands import cli
with redirect_stdout(StringIO()):
    cli(["--help"], standalone_mode=False)
print(*set(sys.modules) - before)
"""


@cache
def loaded() -> list[set[str]]:
    """Return the modules that are loaded by the import, then by a quote, then by the help of the command line."""
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True)
    return [set(line.split()) for line in done.stdout.splitlines()]


def test_import_is_light() -> None:
    """Importing ratecard reads no table and loads no reader, command line or optional dependency."""
    imported = loaded()[0]
    assert "ratecard._quote" in imported
    heavy = {"cattrs", "tomllib", "json", "click", "rich", "httpx", "httpx2", "difflib", "html", "importlib.metadata"}
    heavy |= {
        "ratecard_rules._reader.load",
        "ratecard_rules._display",
        "ratecard._api",
        *(f"ratecard.{edge}" for edge in EDGES),
    }
    assert heavy & imported == set()


def test_a_quote_is_light() -> None:
    """A quote of a valid request loads the tables of one provider, and neither rules nor classes of problems."""
    imported = loaded()[1]
    tables = {name for name in imported if name.startswith("ratecard_rules._shipped.")}
    assert tables == {"ratecard_rules._shipped.kling_plus"}
    judge = {name for name in imported if name.startswith("ratecard_rules._judge")}
    assert judge <= {"ratecard_rules._judge", "ratecard_rules._judge.select"}


def test_the_command_line_imports_other_edges_late() -> None:
    """Neither an HTTP library nor what needs it is loaded before a command asks for it."""
    imported = loaded()[2]
    assert "ratecard._cli._jobs" in imported
    assert {"httpx", "httpx2", "ratecard.submit", "ratecard.testing", "ratecard._cli._job_actions"} & imported == set()


def test_typed() -> None:
    """Both packages tell type checkers that they are typed."""
    assert (PRICING / "py.typed").is_file()
    assert (RULES / "py.typed").is_file()


def test_every_module_can_be_imported() -> None:
    """No module of the two packages is broken on its own (the command line is run as a program instead)."""
    for path in MODULES:
        root = PRICING if PRICING in path.parents else RULES
        name = ".".join([root.name, *path.relative_to(root).with_suffix("").parts]).removesuffix(".__init__")
        needed = ("numpy", "pyarrow") if name.startswith("ratecard._bulk.") else ()
        if not name.endswith("__main__") and all(map(find_spec, needed)):
            assert import_module(name).__doc__, name


def test_the_changelog_knows_the_version() -> None:
    """The newest entry, or the newest that is released, is that of the version; versions fall from top to bottom."""
    path = Path(__file__).parents[1] / "CHANGELOG.md"
    lines = [line[3:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    entries = [line.split()[0] for line in lines]
    released = [line for line in lines if not line.endswith("(unreleased)")]
    assert version("ratecard") in {entries[0], released[0]}
    assert all(newer > older for newer, older in pairwise(entries))
