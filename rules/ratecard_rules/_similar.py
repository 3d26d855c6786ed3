"""The names that resemble a wrong one: advice for people, never a look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_NAME = 128
"""A longer name resembles nothing: comparing takes time that grows with the square of the length."""

SIMILAR = 0.7
"""How alike two names must be for a suggestion; 1.0 is equality."""

CERTAIN = 0.88
"""How alike they must be for a fix: one mistyped letter in a name of eight."""

_SYNONYMS = {
    "duration": "seconds secs length dur time videolength durationseconds durationsecs durationsec lengthseconds",
    "has_sound": "sound audio withsound withaudio generateaudio generatesound enableaudio enablesound soundon",
    "generate_audio": "sound audio withsound withaudio hassound hasaudio generatesound enableaudio enablesound soundon",
    "num_images": "n count numberofimages numimage imagecount numoutputs samples",
    "resolution": "res size videosize imagesize videoresolution imageresolution outputresolution",
    "aspect_ratio": "ratio aspect ar videoratio imageratio",
    "quality": "mode qualitymode",
    "fps": "framerate framespersecond",
}
"""Other names that people and other APIs give to a field, folded; they look nothing like it."""


def folded(name: str) -> str:
    """Return a name without what people vary: case, blanks, dashes and underscores.

    >>> folded("hasSound") == folded("has_sound")
    True
    """
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")


def similar(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the known names that mean or resemble `name`, best first.

    >>> similar("durtion", ["prompt", "duration"]), similar("seconds", ["prompt", "duration"])
    (['duration'], ['duration'])
    """
    if len(name) > LONGEST_NAME:
        return []
    from difflib import get_close_matches  # only a failing request pays for it

    wanted = folded(name)
    known = tuple(known)
    same = [other for other in known if wanted in _SYNONYMS.get(other, "").split()]
    by_fold = {folded(other): other for other in known}
    close = [by_fold[match] for match in get_close_matches(wanted, by_fold, limit, SIMILAR)]
    return [*same, *(other for other in close if other not in same)][:limit]


def likely(name: str, known: Iterable[str]) -> str | None:
    """Return the one known name that `name` must have meant, or None where that is not certain.

    >>> likely("durtion", ["prompt", "duration"]), likely("end_image_url", ["image_url"])
    ('duration', None)
    """
    matches = similar(name, known)
    return matches[0] if matches and _likeness(name, matches[0]) >= CERTAIN else None


def _likeness(name: str, other: str) -> float:
    from difflib import SequenceMatcher  # as above

    return SequenceMatcher(None, folded(name), folded(other)).ratio()
