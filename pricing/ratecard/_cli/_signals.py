"""Signals: Ctrl-C, SIGTERM and SIGHUP become a KeyboardInterrupt."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import define

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@define
class Guard:
    """Raises interruptions.

    Attributes:
        holds_next: Whether the next one is dropped, because the command is about to end anyway. The one after it is
            raised, so that the command can be ended while a stream blocks.
    """

    holds_next: bool = False

    def __call__(self, _: int, __: FrameType | None) -> None:
        """Take a signal."""
        if not self.holds_next:
            raise KeyboardInterrupt
        self.holds_next = False


@contextmanager
def guarded() -> Iterator[Guard]:
    """Let a guard take the signals during the block; what is ignored, as by nohup, stays so."""
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
