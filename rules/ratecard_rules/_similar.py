"""Names that are similar to an unknown one: suggestions, never used for lookups."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_NAME = 128
"""Longer names get no suggestions: the time of a comparison grows with the square of the length."""

SIMILAR = 0.7
"""Minimum similarity for a suggestion; 1.0 is equality."""

CERTAIN = 0.88
"""Minimum similarity for a fix: one mistyped letter in a name of eight."""

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
"""Names that people and other APIs use for a field but that do not resemble it, folded."""


def folded(name: str) -> str:
    """Return a name without case, spaces, dashes and underscores.

    >>> folded("hasSound") == folded("has_sound")
    True
    """
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")


def similar(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the known names that are synonyms of `name` or similar to it, best first.

    >>> similar("durtion", ["prompt", "duration"]), similar("seconds", ["prompt", "duration"])
    (['duration'], ['duration'])
    """
    if len(name) > LONGEST_NAME:
        return []
    from difflib import get_close_matches  # only invalid requests need it

    wanted = folded(name)
    known = tuple(known)
    same = [other for other in known if wanted in _SYNONYMS.get(other, "").split()]
    by_fold = {folded(other): other for other in known}
    close = [by_fold[match] for match in get_close_matches(wanted, by_fold, limit, SIMILAR)]
    return [*same, *(other for other in close if other not in same)][:limit]


def likely(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was certainly meant by `name`, or None.

    >>> likely("durtion", ["prompt", "duration"]), likely("end_image_url", ["image_url"])
    ('duration', None)
    """
    from difflib import SequenceMatcher  # as above

    matches = similar(name, known)
    if matches and SequenceMatcher(None, folded(name), folded(matches[0])).ratio() >= CERTAIN:
        return matches[0]
    return None
