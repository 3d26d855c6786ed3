"""Signals: Ctrl-C, SIGTERM and SIGHUP become a KeyboardInterrupt, at a moment when nothing is lost by it."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Guard:
    """Decides when an interruption is raised: at once while it is `armed`, otherwise when it is armed again.

    The second interruption that is held back is raised at once, so that nobody has to wait for a stream that blocks.
    """

    def __init__(self) -> None:
        self.armed = False
        self._is_pending = False

    def __call__(self, _: int, __: FrameType | None) -> None:
        """Take a signal."""
        if self.armed or self._is_pending:
            raise KeyboardInterrupt
        self._is_pending = True

    def arm(self) -> None:
        """Let interruptions through. Raises KeyboardInterrupt if one was held back."""
        self.armed = True
        if self._is_pending:
            self._is_pending = False
            raise KeyboardInterrupt


@contextmanager
def guarded() -> Iterator[Guard]:
    """Let a guard that is not armed yet take the signals during the block; what is ignored, as by nohup, stays so."""
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]  # Windows has no SIGHUP
    usual = {number: signal.getsignal(number) for number in numbers}
    changed = {number: before for number, before in usual.items() if before not in (signal.SIG_IGN, None)}
    guard = Guard()
    for number in changed:
        signal.signal(number, guard)
    try:
        yield guard
    finally:
        for number, before in changed.items():
            signal.signal(number, before)
