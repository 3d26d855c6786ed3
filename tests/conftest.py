"""Settings of the whole test run."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

import without_httpx
from ratecard_rules import _clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

# Machines that share a processor make single examples slow, so no example has a deadline.
settings.register_profile("local", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.register_profile("thorough", settings.get_profile("local"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "local"))


def pytest_configure(config: pytest.Config) -> None:
    """Leave out what needs httpx2 where it is not installed."""
    if find_spec("httpx2") is None:
        config.pluginmanager.register(without_httpx)


@pytest.fixture
def at_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return a function that sets the clock of ratecard to an instant."""

    def set_clock(instant: datetime) -> None:
        monkeypatch.setattr(_clock, "now", lambda: instant)

    return set_clock
