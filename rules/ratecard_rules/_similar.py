"""The names that resemble a wrong one: advice for people, never a look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_NAME = 128
"""A longer name resembles nothing: comparing takes time that grows with the square of the length."""

RESEMBLES = 0.7
"""How alike two names must be for a suggestion; 1.0 is equality."""

SURELY = 0.88
"""How alike they must be for a fix: one slip of the finger in a name of eight letters."""


def folded(name: str) -> str:
    """Return a name without what people vary: case, blanks, dashes and underscores.

    >>> folded("hasSound") == folded("has_sound")
    True
    """
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")


def nearest(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the known names most like `name`, best first.

    >>> nearest("durtion", ["prompt", "duration"])
    ['duration']
    """
    if len(name) > LONGEST_NAME:
        return []
    from difflib import get_close_matches  # noqa: PLC0415  the failing path alone pays for it

    by_fold = {folded(one): one for one in known}
    return [by_fold[match] for match in get_close_matches(folded(name), by_fold, limit, RESEMBLES)]


def surely(name: str, known: Iterable[str]) -> str | None:
    """Return the one known name that `name` must have meant, or None where that is not certain.

    >>> surely("durtion", ["prompt", "duration"]), surely("end_image_url", ["image_url"])
    ('duration', None)
    """
    matches = nearest(name, known)
    return matches[0] if matches and _likeness(name, matches[0]) >= SURELY else None


def _likeness(one: str, other: str) -> float:
    from difflib import SequenceMatcher  # noqa: PLC0415  the failing path alone pays for it

    return SequenceMatcher(None, folded(one), folded(other)).ratio()
