"""The wheel: what it holds and what it declares."""

from __future__ import annotations

import subprocess
import sys
from email import message_from_bytes
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytest.importorskip("build", reason="needs the dependency group integration")


@pytest.fixture(scope="module")
def sources(copy_checkout: Callable[[], Path]) -> Path:
    """Return a copy of the checkout."""
    return copy_checkout()


@pytest.fixture(scope="module")
def wheel(sources: Path) -> ZipFile:
    """Return the wheel, built from the source distribution as `python -m build` does."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist", "."]
    subprocess.run(command, cwd=sources, check=True, capture_output=True)
    (file,) = (sources / "dist").glob("*.whl")
    return ZipFile(file)


def test_top_level_names(wheel: ZipFile) -> None:
    """It installs the two packages and nothing else."""
    names = {name.partition("/")[0] for name in wheel.namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"ratecard", "ratecard_rules"}


def test_every_file_of_the_packages_is_in_it(wheel: ZipFile, sources: Path) -> None:
    """Tables, generated modules and the markers for type checkers are in the wheel, too."""
    for folder, package in (("pricing", "ratecard"), ("rules", "ratecard_rules")):
        files = {file.relative_to(sources / folder) for file in (sources / folder / package).rglob("*.*")}
        expected = {file.as_posix() for file in files if (sources / folder / file).is_file()}
        assert expected == {name for name in wheel.namelist() if name.startswith(f"{package}/")}
        assert f"{package}/py.typed" in expected


def test_the_core_needs_two_packages(wheel: ZipFile) -> None:
    """Without extras only attrs and cattrs are installed."""
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    requirements = message_from_bytes(wheel.read(name)).get_all("Requires-Dist") or []
    core = [requirement for requirement in requirements if "extra ==" not in requirement]
    assert [requirement.partition(">")[0] for requirement in core] == ["attrs", "cattrs"]
