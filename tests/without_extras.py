"""A plugin for runs without the extras `submit` and `testing`: it leaves out what needs them and says so.

`conftest.py` registers it only if a library of those extras is missing. All other tests must pass without them.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LIBRARIES = ("httpx2", "stamina", "h11")
"""What the two extras install."""

NEEDS_EXTRAS = (
    "docs/how-to/submit.md",
    "docs/how-to/test.md",
    "pricing/ratecard/submit",
    "pricing/ratecard/testing",
    "tests/end_to_end",
    "tests/fake_api",
    "tests/submit",
    "tests/test_cli_submit.py",
    "tests/test_cli_submit_process.py",
    "tests/typing_api.py",
)
NEEDS_EVERY_MODULE = (
    "tests/test_package.py::test_every_module_can_be_imported",
    "tests/test_package.py::test_public_names[ratecard.submit]",
)


def missing() -> list[str]:
    """Return the libraries of the extras that are not installed."""
    return [library for library in LIBRARIES if find_spec(library) is None]


def tests() -> list[str]:
    """Return the tests that need the extras, as arguments for pytest."""
    return [path for path in (*NEEDS_EXTRAS, *NEEDS_EVERY_MODULE) if path.startswith("tests/")]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the files and folders that need the extras."""
    return True if collection_path in [config.rootpath / path for path in NEEDS_EXTRAS] else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that import every module."""
    for item in items:
        if item.nodeid in NEEDS_EVERY_MODULE:
            item.add_marker(pytest.mark.skip(reason="the extras submit and testing are not installed"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and why."""
    left_out = ", ".join(NEEDS_EXTRAS)
    terminalreporter.write_line(f"not installed: {', '.join(missing())}; left out for that reason: {left_out}")
