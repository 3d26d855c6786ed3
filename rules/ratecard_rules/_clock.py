"""The only module that reads the clock: without `at`, prices are those in force now. Tests replace `now`."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
