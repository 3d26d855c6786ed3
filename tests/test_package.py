"""The package as others see it: its names, its imports, its rooms."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from importlib import import_module
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ratecard
import ratecard.submit
import ratecard.testing
import ratecard_rules

if TYPE_CHECKING:
    from types import ModuleType

PRICING = Path(ratecard.__file__).parent
RULES = Path(ratecard_rules.__file__).parent
MODULES = sorted([*PRICING.rglob("*.py"), *RULES.rglob("*.py")])
EDGES = ("_cli", "submit", "testing")


@cache
def imports_of(path: Path) -> set[str]:
    """Return the modules that a file imports anywhere, under any condition."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return found


def edge_of(path: Path) -> str | None:
    """Return the edge that a module belongs to; None for the core and the rules."""
    folder = path.relative_to(PRICING).parts[0] if PRICING in path.parents else ""
    return folder if folder in EDGES else None


def edges_in(path: Path) -> set[str]:
    """Return the edges that a module imports anything of."""
    imported = imports_of(path)
    return {edge for edge in EDGES if any(f"{name}.".startswith(f"ratecard.{edge}.") for name in imported)}


@pytest.mark.parametrize("package", [ratecard, ratecard_rules, ratecard.submit, ratecard.testing])
def test_public_names(package: ModuleType) -> None:
    """Every name in `__all__` can be had, and no other public name is in the package."""
    names = package.__all__
    assert len(names) == len(set(names)) > 0
    assert all(getattr(package, name) is not None for name in names)
    own = {name for name in vars(package) if not name.startswith("_")} - {
        "annotations",
        "TYPE_CHECKING",
        "import_module",
        "frames",
        *EDGES,
    }
    assert own - set(names) == set()
    assert set(names) <= set(dir(package))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


def test_version() -> None:
    """The version is that of the installed distribution."""
    assert ratecard.__version__ == version("ratecard")


def test_import_is_light() -> None:
    """Importing ratecard reads no table and loads no reader, command line or optional dependency."""
    code = "import sys; before = set(sys.modules); import ratecard; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "ratecard._quote" in loaded
    heavy = {"cattrs", "tomllib", "json", "click", "rich", "httpx", "difflib", "importlib.metadata"}
    heavy |= {"ratecard_rules._reader.load", "ratecard._api", *(f"ratecard.{edge}" for edge in EDGES)}
    assert heavy & set(loaded) == set()


def test_a_quote_is_light() -> None:
    """A quote of a request in which nothing is wrong loads the tables of one provider, and no rules."""
    code = """
import sys
from ratecard import quote
quote({
    "model": "kling-plus/kling-o3-standard/image-to-video",
    "input": {"image_url": "https://example.com/cat.jpg", "duration": "10"},
})
print(*(name for name in sys.modules if name.startswith("ratecard")))
"""
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    tables = [name for name in loaded if name.startswith("ratecard_rules._shipped.")]
    assert tables == ["ratecard_rules._shipped.kling_plus"]
    for name in ("_objects", "_patch", "_problems", "_provenance", "_resolver", "_rules", "_wire"):
        assert f"ratecard_rules.{name}" not in loaded


def test_the_command_line_imports_other_edges_late() -> None:
    """Neither httpx nor what needs it is loaded before a command asks for it."""
    code = "import sys; from ratecard._cli._commands import cli; cli(['--help'], standalone_mode=False)"
    code += "; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "ratecard._cli._jobs" in loaded
    assert {"httpx", "ratecard.submit", "ratecard.testing", "ratecard._cli._job_actions"} & set(loaded) == set()


def test_one_arrow_of_imports() -> None:
    """Rules know nothing of prices, the core nothing of its edges, edges nothing of each other; `_cli` is outermost."""
    assert len(MODULES) >= 20
    for path in MODULES:
        imported = imports_of(path)
        assert not {"pricing", "rules"} & {name.partition(".")[0] for name in imported}
        if RULES in path.parents:
            assert not any(name == "ratecard" or name.startswith("ratecard.") for name in imported), path
        own = edge_of(path)
        assert edges_in(path) <= ({*EDGES} if own == "_cli" else {own}), path
    assert {edge for path in MODULES if edge_of(path) == "_cli" for edge in edges_in(path)} == {*EDGES}


def test_the_core_reads_no_surroundings() -> None:
    """No module of the core reads the clock, the environment, the network or chance."""
    outside = {"os", "sys", "time", "random", "socket", "locale", "logging", "subprocess", "urllib", "http", "tempfile"}
    for path in MODULES:
        if edge_of(path) is None:
            code = {name for name in imports_of(path) if name.partition(".")[0] in outside}
            assert code <= {"os", "os.PathLike"}, path  # for annotations
            assert "datetime.now(" not in path.read_text(encoding="utf-8") or path.name == "_clock.py"


def test_functions_are_small() -> None:
    """No function is longer than forty lines, nine of ten are shorter than twenty-five."""
    lengths: list[int] = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                lengths.append(body[-1].end_lineno - body[0].lineno + 1 if body else 0)  # type: ignore[operator]
    lengths.sort()
    assert len(lengths) >= 100
    assert lengths[-1] <= 40
    assert lengths[len(lengths) * 9 // 10] < 25


def test_typed() -> None:
    """Both packages tell type checkers that they are typed."""
    assert (PRICING / "py.typed").is_file()
    assert (RULES / "py.typed").is_file()


def test_every_module_can_be_imported() -> None:
    """No module of the two packages is broken on its own (the command line is run as a program instead)."""
    for path in MODULES:
        root = PRICING if PRICING in path.parents else RULES
        name = ".".join([root.name, *path.relative_to(root).with_suffix("").parts]).removesuffix(".__init__")
        if not name.endswith("__main__"):
            assert import_module(name).__doc__, name


def test_the_changelog_knows_the_version() -> None:
    """The newest entry, or the newest that is released, is that of the version; versions fall from top to bottom."""
    path = Path(__file__).parents[1] / "CHANGELOG.md"
    lines = [line[3:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    entries = [line.split()[0] for line in lines]
    released = [line for line in lines if not line.endswith("(unreleased)")]
    assert version("ratecard") in {entries[0], released[0]}
    assert all(newer > older for newer, older in pairwise(entries))
