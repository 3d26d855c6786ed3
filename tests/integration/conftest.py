"""Settings of the integration tests.

They need heavy parts: a copy of the checkout, the build tools, packages of the dependency group `integration`, or time.
Plain `pytest` leaves them out; run them with `pip install --group integration` and `pytest tests/integration`.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def copy_checkout(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Return a function that copies what the packages are built from, with docs and tests, to a new folder."""

    def copy() -> Path:
        folder = tmp_path_factory.mktemp("checkout")
        for name in ("rules", "pricing", "docs", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for file in (ROOT / "pyproject.toml", ROOT / "LICENSE", *ROOT.glob("*.md")):
            shutil.copy(file, folder)
        return folder

    return copy
