"""The only place that reads the clock: prices without `at` are those in force now. Tests replace `now`."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current instant, UTC."""
    return datetime.now(UTC)
