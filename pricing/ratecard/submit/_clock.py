"""The surroundings of a client: clocks and chance, passed in wherever they are needed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime

from attrs import frozen


def utc_now() -> datetime:
    """Return the instant that the clock of this machine shows."""
    return datetime.now(UTC)


@frozen(kw_only=True)
class Clock:
    """What a client knows of time and chance.

    `now` the instant, with its offset · `monotonic` seconds that only grow, for time-outs · `random` a number from 0 up
    to 1, for pauses that do not fall together.
    """

    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random
