"""Settings of the integration tests.

They need heavy parts: a copy of the checkout, the build tools, packages of the dependency group `integration`, or time.
Plain `pytest` leaves them out; run them with `pip install --group integration` and `pytest tests/integration`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Start a server of PostgreSQL for these tests, and return how to connect to it."""
    psycopg = pytest.importorskip("psycopg", reason="needs the dependency group integration")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(programs[-1]) if programs else None)
    if initdb is None:
        pytest.skip("PostgreSQL is not installed")
    del psycopg
    with tempfile.TemporaryDirectory() as folder:
        user = _owner(folder)
        bin_folder = Path(initdb).resolve().parent
        data = f"{folder}/data"
        run([str(bin_folder / "initdb"), "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync"], user)
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run([str(bin_folder / "pg_ctl"), "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start"], user)
        try:
            yield f"host={folder} user=test dbname=postgres"
        finally:
            run([str(bin_folder / "pg_ctl"), "-D", data, "-w", "-m", "immediate", "stop"], user)


def _owner(folder: str) -> str | None:
    """Return the user that runs the server: PostgreSQL refuses to be run by root."""
    if os.getuid():
        return None
    shutil.chown(folder, "nobody")
    return "nobody"


def run(command: list[str], user: str | None) -> None:
    """Run a program, and show what it printed if it fails."""
    done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
