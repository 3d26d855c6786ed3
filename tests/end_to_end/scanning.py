"""A search for the key wherever it could be seen.

The locals that are ours are those of every frame that an error of the library still has when it reaches its caller,
whoever's frames they are: frames of httpx and of httpcore hold the header, so there must be none of them.
"""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "pb_example_of_a_key_that_nobody_may_see"


def leaks_of(*values: Any, secret: str = KEY) -> list[str]:
    """Return every view of some values, errors or results, in which the secret can be seen."""
    return [view for value in values for view in views_of(value) if secret in view]


def views_of(value: Any) -> Iterator[str]:
    """Yield everything that a value shows of itself."""
    if isinstance(value, BaseException):
        for error in chain_of(value):
            yield from _views_of_error(error)
    else:
        yield from (repr(value), str(value), *_parts(value), _pickled(value))


def chain_of(error: BaseException) -> list[BaseException]:
    """Return an error with its causes, its contexts, even the suppressed ones, and the members of groups."""
    found: list[BaseException] = []
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is not None and not any(one is other for other in found):
            found.append(one)
            pending += [one.__cause__, one.__context__]
            pending += one.exceptions if isinstance(one, BaseExceptionGroup) else []
    return found


def _views_of_error(error: BaseException) -> Iterator[str]:
    yield from (repr(error), str(error), repr(error.args), repr(vars(error)), *_parts(error), _pickled(error))
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    yield from told.format(chain=False)


def _parts(value: Any) -> Iterator[str]:
    """Yield the attributes of a value, with those that its own repr leaves out."""
    for name in dir(value):
        if not name.startswith("_"):
            part = getattr(value, name, None)
            yield f"{name}: {part!r} {getattr(part, 'body', '')!r} {getattr(part, 'headers', '')!r}"


def _pickled(value: Any) -> str:
    """Return a value as it would be stored, or why it cannot be."""
    try:
        return pickle.dumps(value).decode("latin-1")
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        return repr(error)


class Ear(logging.Handler):
    """Hears every logger at every level while it is open: who spoke (`names`), and what held the secret (`leaks`)."""

    def __init__(self, secret: str = KEY) -> None:
        super().__init__(level=1)
        self.names: set[str] = set()
        self.leaks: list[str] = []
        self._secret = secret
        self._level = logging.root.level

    def __enter__(self) -> Self:
        self._level = logging.root.level
        logging.root.addHandler(self)
        logging.root.setLevel(1)
        return self

    def __exit__(self, *_: object) -> None:
        logging.root.setLevel(self._level)
        logging.root.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Take one record."""
        self.names.add(record.name.partition(".")[0])
        text = f"{record.getMessage()} {vars(record)!r}"
        if self._secret in text:
            self.leaks.append(text)
