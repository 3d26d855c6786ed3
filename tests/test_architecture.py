"""Who may import whom: declared here, once, and held against every import in every module.

Imports inside functions and under TYPE_CHECKING count like all others.
"""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING

import pytest

import ratecard
import ratecard_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOTS = {"ratecard": Path(str(ratecard.__file__)).parent, "ratecard_rules": Path(str(ratecard_rules.__file__)).parent}

MAY_IMPORT: dict[str, set[str]] = {
    # Each part of the packages, and the other parts that it may import.
    "ratecard_rules._json": set(),
    "ratecard_rules._text": {"ratecard_rules._json"},
    "ratecard_rules._clock": set(),
    "ratecard_rules._similar": set(),
    "ratecard_rules._table": {"ratecard_rules._json"},
    "ratecard_rules._display": {"ratecard_rules._text"},
    "ratecard_rules._errors": {
        *("ratecard_rules._text", "ratecard_rules._table"),
        "ratecard_rules",  # the type of a report, which raises InvalidRequest
    },
    "ratecard_rules._shipped": {"ratecard_rules._table"},
    "ratecard_rules._reader": {
        *("ratecard_rules._table", "ratecard_rules._errors", "ratecard_rules._text", "ratecard_rules._similar"),
    },
    "ratecard_rules._catalog": {
        *("ratecard_rules._table", "ratecard_rules._errors", "ratecard_rules._clock", "ratecard_rules._similar"),
        *("ratecard_rules._reader", "ratecard_rules._shipped", "ratecard_rules._text", "ratecard_rules._display"),
    },
    "ratecard_rules._judge": {
        *("ratecard_rules._table", "ratecard_rules._json", "ratecard_rules._text", "ratecard_rules._similar"),
        *("ratecard_rules._catalog", "ratecard_rules._errors", "ratecard_rules._display"),
    },
    "ratecard_rules._fast": {
        *("ratecard_rules._table", "ratecard_rules._json", "ratecard_rules._catalog", "ratecard_rules._judge"),
    },
    "ratecard_rules._resolver": {
        *("ratecard_rules._table", "ratecard_rules._json", "ratecard_rules._catalog", "ratecard_rules._judge"),
        "ratecard_rules._fast",
    },
    "ratecard_rules": set(),  # names the modules of its public names, and imports them when they are asked for
    "ratecard._api": set(),
    "ratecard._errors": {"ratecard_rules"},
    "ratecard._money": {"ratecard_rules"},
    "ratecard._json": {"ratecard._money"},
    "ratecard._replace": set(),
    "ratecard._quote": {"ratecard_rules", "ratecard._errors", "ratecard._money"},
    "ratecard._find": {"ratecard_rules", "ratecard._errors", "ratecard._money", "ratecard._quote"},
    "ratecard._sale": {"ratecard_rules", "ratecard._errors", "ratecard._money", "ratecard._quote"},
    "ratecard._diff": {"ratecard_rules", "ratecard._errors", "ratecard._money", "ratecard._quote"},
    "ratecard._ledger": {"ratecard_rules", "ratecard._errors", "ratecard._money", "ratecard._quote"},
    "ratecard._meter": {"ratecard_rules", "ratecard._money", "ratecard._quote"},
    "ratecard._relation": {
        *("ratecard_rules", "ratecard._errors", "ratecard._quote", "ratecard._sale"),
    },
    "ratecard._bulk": {
        *("ratecard_rules", "ratecard._errors", "ratecard._quote", "ratecard._sale", "ratecard._relation"),
        "ratecard._replace",
    },
    "ratecard._bill": {
        *("ratecard_rules", "ratecard._api", "ratecard._errors", "ratecard._money", "ratecard._quote"),
        *("ratecard._diff", "ratecard._relation"),
    },
    "ratecard.frames": {
        *("ratecard_rules", "ratecard._quote", "ratecard._sale", "ratecard._relation", "ratecard._bulk"),
    },
    "ratecard._page": {
        *("ratecard_rules", "ratecard._api", "ratecard._errors", "ratecard._money", "ratecard._quote"),
        "ratecard._relation",
    },
    "ratecard._conform": {"ratecard_rules", "ratecard._page", "ratecard._replace"},
    "ratecard._export": {"ratecard_rules", "ratecard._money"},
    "ratecard.types": set(),
    "ratecard.schema": {"ratecard", "ratecard_rules", "ratecard._api", "ratecard._export", "ratecard._sale"},
    "ratecard.focus": {
        *("ratecard_rules", "ratecard._errors", "ratecard._money", "ratecard._quote", "ratecard._sale"),
    },
    "ratecard": {"ratecard_rules"},
    "ratecard.submit": {"ratecard", "ratecard_rules", "ratecard._api", "ratecard._money", "ratecard._errors"},
    "ratecard.testing": {"ratecard", "ratecard_rules", "ratecard._api", "ratecard._money"},
    "ratecard._receipts": {"ratecard._money", "ratecard.submit"},
    "ratecard._serve": {
        *("ratecard", "ratecard_rules", "ratecard._find", "ratecard._json", "ratecard._money", "ratecard._quote"),
        *("ratecard._receipts", "ratecard.submit"),
    },
    "ratecard.service": {"ratecard", "ratecard._json", "ratecard._serve"},
    "ratecard._http_server": {"ratecard.service", "ratecard._serve"},
    "ratecard._cli": {
        *("ratecard", "ratecard_rules", "ratecard._api", "ratecard._money", "ratecard._quote", "ratecard._errors"),
        *("ratecard.submit", "ratecard.testing", "ratecard._find", "ratecard._json", "ratecard._receipts"),
        *("ratecard._serve", "ratecard.service", "ratecard._http_server", "ratecard._conform"),
        *("ratecard._export", "ratecard.schema", "ratecard._bulk", "ratecard._bill", "ratecard._page"),
        *("ratecard.focus", "ratecard._replace"),
    },
    "ratecard.__main__": {"ratecard._cli"},
}
LIBRARIES: dict[str, set[str]] = {
    # The libraries that cost time or come with an extra, and the parts that may import them.
    "cattrs": {"ratecard_rules._reader", "ratecard.submit"},
    "tomllib": {"ratecard_rules._reader"},
    "json": {
        *("ratecard_rules._table", "ratecard._quote", "ratecard._diff", "ratecard._relation", "ratecard._cli"),
        *("ratecard.submit", "ratecard.testing", "ratecard._bulk", "ratecard._json", "ratecard._conform"),
        *("ratecard_rules._reader", "ratecard._export", "ratecard.schema", "ratecard._bill", "ratecard._page"),
        "ratecard.focus",
    },
    "msgspec": {"ratecard_rules._fast"},
    "sqlite3": {"ratecard._ledger", "ratecard._bulk"},
    "narwhals": {"ratecard._bulk", "ratecard.frames"},
    "numpy": {"ratecard._bulk"},
    "pyarrow": {"ratecard._relation", "ratecard._bulk", "ratecard.focus"},
    "pyspark": {"ratecard.frames"},
    "click": {"ratecard._cli"},
    "rich": {"ratecard._cli"},
    "yaml": {"ratecard._cli"},
    "httpx": {"ratecard.submit", "ratecard.testing"},
    "httpx2": {"ratecard.submit", "ratecard.testing"},
    "stamina": {"ratecard.submit", "ratecard._cli"},
    "anyio": {"ratecard.submit"},
    "h11": {"ratecard.testing"},
    "hypothesis": {"ratecard.testing"},
    "html": {"ratecard_rules._display", "ratecard._page"},
    "pydantic_core": {"ratecard._quote"},
    "socket": {"ratecard.submit", "ratecard.testing", "ratecard._http_server"},
}
SURROUNDINGS = {"os", "sys", "time", "random", "locale", "logging", "subprocess", "urllib", "http", "tempfile"}
"""Modules that read the clock, the environment, the network or chance; only the edges may import them."""
EDGES = {
    *("ratecard._cli", "ratecard.submit", "ratecard.testing", "ratecard.service", "ratecard._http_server"),
    *("ratecard._conform", "ratecard._ledger", "ratecard._replace"),
}


@cache
def modules() -> dict[str, Path]:
    """Return every hand-written and generated module by its dotted name."""
    found = {}
    for package, root in ROOTS.items():
        for path in sorted(root.rglob("*.py")):
            parts = [package, *path.relative_to(root).with_suffix("").parts]
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def nodes_of(name: str) -> Iterator[ast.AST]:
    """Return every statement and expression of a module."""
    return ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8")))


@cache
def imports_of(name: str) -> set[str]:
    """Return the dotted name of everything that a module imports; of our own packages only the names of modules."""
    found: set[str] = set()
    for node in nodes_of(name):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            base = str(node.module)
            names = {f"{base}.{alias.name}" for alias in node.names}
            found |= {whole if whole in modules() or base.partition(".")[0] not in ROOTS else base for whole in names}
    return found


def part_of(name: str) -> str:
    """Return the declared part that a module belongs to: the longest that is a prefix of its name."""
    pieces = name.split(".")
    candidates = [".".join(pieces[:end]) for end in range(len(pieces), 0, -1)]
    return next(candidate for candidate in candidates if candidate in MAY_IMPORT)


def is_public_face(name: str) -> bool:
    """Return whether a module is the `__init__` of one of the two packages, whose own imports name what they serve."""
    return name in ROOTS


def is_allowed(part: str, imported: str) -> bool:
    """Return whether the modules of a part may import a module."""
    top = imported.partition(".")[0]
    if top in ROOTS:
        return part_of(imported) in MAY_IMPORT[part] | {part}
    if top in SURROUNDINGS:
        return part in EDGES or imported in {"os.PathLike", "os.fsync"}
    return top not in LIBRARIES or part in LIBRARIES[top]


def test_every_part_is_declared() -> None:
    """Each file and folder of the packages is declared by itself, and nothing is declared that is not there."""
    parts = {".".join(name.split(".")[:2]) for name in modules()}
    assert parts == MAY_IMPORT.keys()


def test_imports_are_allowed() -> None:
    """A module imports its own part, the parts that are declared for it, and no library that is not."""
    arrows = [(name, other) for name in modules() for other in imports_of(name)]
    arrows = [(name, other) for name, other in arrows if not (is_public_face(name) and other.startswith(f"{name}."))]
    wrong = [(name, other) for name, other in arrows if not is_allowed(part_of(name), other)]
    assert wrong == []


def test_pricing_sees_the_public_face_alone() -> None:
    """What `ratecard` needs of `ratecard_rules` is public there."""
    for name in modules():
        if name.partition(".")[0] == "ratecard":
            private = [other for other in imports_of(name) if other.startswith("ratecard_rules.")]
            assert private == [], name


def test_one_module_of_the_core_reads_the_clock() -> None:
    """Rules and prices depend on the day only by way of `_clock`."""
    core = [name for name in modules() if part_of(name) not in EDGES]
    clocks = [name for name in core if "datetime.now(" in modules()[name].read_text(encoding="utf-8")]
    assert clocks == ["ratecard_rules._clock"]


def test_there_are_no_cycles() -> None:
    """No two modules import each other, not even late, for types only, or by way of others."""
    graph = {
        name: {other for other in imports_of(name) if other in modules() and not is_public_face(other)}
        for name in modules()
        if not is_public_face(name)
    }
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"cycle: {' -> '.join(error.args[1])}")
    assert len(order) == len(graph)


def test_the_parts_have_an_order() -> None:
    """The declared arrows lead down and never back: the parts themselves have no cycle."""
    arrows = {part: others - {"ratecard", "ratecard_rules"} for part, others in MAY_IMPORT.items()}
    assert set(TopologicalSorter(arrows).static_order()) >= MAY_IMPORT.keys() - {"ratecard", "ratecard_rules"}


def test_functions_are_small() -> None:
    """No function is longer than forty lines, nine of ten are shorter than twenty-five."""
    hand_written = [name for name in modules() if part_of(name) not in ("ratecard_rules._shipped", "ratecard.types")]
    lengths: list[int] = []
    for node in chain.from_iterable(map(nodes_of, hand_written)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lengths.append(body[-1].end_lineno - body[0].lineno + 1 if body else 0)  # type: ignore[operator]
    lengths.sort()
    assert len(lengths) >= 100
    assert lengths[-1] <= 40
    assert lengths[len(lengths) * 9 // 10] < 25


def test_the_picture_of_the_layers() -> None:
    """The picture in the documentation is right: nothing imports from a layer above its own."""
    layers = run_path(str(Path(__file__).parents[1] / "docs" / "make_pictures.py"))["LAYERS"]
    layer_of = {name: row for row, boxes in enumerate(layers) for _, names in boxes for name in names.split(", ")}
    rows = {part: layer_of[part.rpartition(".")[2]] for part in MAY_IMPORT if part.rpartition(".")[2] in layer_of}
    assert len(rows) == len(layer_of)
    upwards = [
        (part, other) for part, row in rows.items() for other in MAY_IMPORT[part] & rows.keys() if rows[other] < row
    ]
    assert upwards == []
