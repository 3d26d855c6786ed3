"""Settings of the whole test run."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

import without_extras
from ratecard_rules import Catalog, _clock
from ratecard_rules._fast import path as fast_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

# Machines that share a processor make single examples slow, so no example has a deadline.
settings.register_profile("local", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.register_profile("thorough", settings.get_profile("local"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "local"))

INTEGRATION = Path(__file__).with_name("integration")
collect_ignore = [INTEGRATION.name]  # unless it is named on the command line


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this test suite."""
    parser.addoption(
        "--no-fast-path", action="store_true", help="switch the fast path of ratecard_rules off for the whole run"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Switch the fast path off if asked to, and leave out what needs extras that are not installed."""
    if config.getoption("--no-fast-path"):
        fast_path.ENABLED = False
    if without_extras.missing():
        config.pluginmanager.register(without_extras)
    if not all(map(find_spec, ("numpy", "pyarrow", "polars"))):  # of the dependency group integration
        folder = config.rootpath / "pricing" / "ratecard"
        config.option.ignore = [*(config.option.ignore or ()), str(folder / "frames.py"), str(folder / "_bulk")]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the tests of the fast path itself where it is switched off."""
    if config.getoption("--no-fast-path"):
        for item in items:
            if item.get_closest_marker("fast_path"):
                item.add_marker(pytest.mark.skip(reason="tests the fast path, which --no-fast-path switches off"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many integration tests were left out, unless only some of the tests were asked for."""
    texts = [file.read_text(encoding="utf-8") for file in INTEGRATION.glob("test_*.py")]
    count = sum(len(re.findall(r"^ *(?:async )?def test_", text, re.MULTILINE)) for text in texts)
    if count and INTEGRATION.parent in map(Path.absolute, map(Path, config.args)):
        terminalreporter.write_line(
            f"{count} integration tests were left out: pip install --group integration, then pytest tests/integration"
        )


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Callable[[Catalog], None]:
    """Return a function that replaces the bundled catalogue."""
    return lambda catalog: monkeypatch.setattr(Catalog, "bundled", staticmethod(lambda: catalog))


@pytest.fixture
def at_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return a function that sets the clock of ratecard to an instant."""

    def set_clock(instant: datetime) -> None:
        monkeypatch.setattr(_clock, "now", lambda: instant)

    return set_clock
