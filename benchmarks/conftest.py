"""Adds the option `--quick`, and makes the checkout importable, as `python -m` does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

collect_ignore_glob = ["peers/*_*.py"]  # these import libraries that need not be installed


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--quick", action="store_true", help="compare less of the workload")
