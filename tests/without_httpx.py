"""A plugin for a run without httpx2: what needs it is left out, and the run says so; the rest must not notice.

It is registered only where httpx22 is not installed, so nothing is ever left out where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NEEDS_HTTPX = (
    "docs/submitting.md",
    "pricing/ratecard/submit",
    "pricing/ratecard/testing/_transport.py",
    "tests/end_to_end",
    "tests/fake_api/test_faults.py",
    "tests/submit",
    "tests/test_cli_submit.py",
    "tests/test_cli_submit_process.py",
    "tests/typing_api.py",
)
ASKS_FOR_ALL = (  # single tests that import every module, or every public name
    "tests/test_package.py::test_every_module_can_be_imported",
    "tests/test_package.py::test_public_names[ratecard.submit]",
)


def tests() -> list[str]:
    """Return the tests that need httpx, as arguments for pytest."""
    return [one for one in (*NEEDS_HTTPX, *ASKS_FOR_ALL) if one.startswith("tests/")]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what needs httpx2."""
    return True if collection_path in [config.rootpath / one for one in NEEDS_HTTPX] else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that import everything."""
    for item in items:
        if item.nodeid in ASKS_FOR_ALL:
            item.add_marker(pytest.mark.skip(reason="httpx2 is not installed"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and why."""
    terminalreporter.write_line(f"httpx2 is not installed, so these are left out: {', '.join(NEEDS_HTTPX)}")
