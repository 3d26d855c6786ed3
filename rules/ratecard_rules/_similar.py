"""Names that are similar to an unknown one: suggestions, never used for lookups."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

SHORTEST_NAME = 3
"""Minimum length of the name of a model: one or two letters are in many names."""

LONGEST_NAME = 128
"""Longer names get no suggestions: the time of a comparison grows with the square of the length."""

SIMILAR = 0.7
"""Minimum similarity for a suggestion; 1.0 is equality."""

CERTAIN = 0.88
"""Minimum similarity for a fix: one mistyped letter in a name of eight."""

_SYNONYMS = {name: names.split() for name, names in {
    "prompt": "text description textprompt positiveprompt inputtext",
    "negative_prompt": "negative negprompt exclude",
    "duration": "seconds secs sec length len dur time videolength videoduration durationseconds durationsecs "
    "durationsec lengthseconds numseconds",
    "has_sound": "sound audio withsound withaudio hasaudio generateaudio generatesound enableaudio enablesound soundon",
    "generate_audio": "sound audio withsound withaudio hassound hasaudio generatesound enableaudio enablesound soundon",
    "num_images": "n count numberofimages numimage imagecount numoutputs samples numberofgenerations",
    "numberOfGenerations": "n count numberofimages numimage imagecount numoutputs samples numimages",
    "resolution": "res size videosize imagesize videoresolution imageresolution outputresolution",
    "size": "res resolution imagesize imageresolution outputresolution",
    "aspect_ratio": "ratio aspect ar size videoratio imageratio aspectratios",
    "quality": "mode qualitymode",
    "fps": "framerate framespersecond",
    "image_url": "image img imgurl imageuri imagelink picture photo inputimage inputimageurl sourceimage imageurls "
    "images firstframe firstframeurl firstframeimage startframe startframeurl startimage startimageurl",
    "image": "imageurl img imgurl imageuri picture photo inputimage inputimageurl sourceimage imageurls images",
    "image_urls": "imageurl image images img imgurl imageuris inputimages referenceimages referenceimageurls",
    "images": "imageurls referenceimages referenceimageurls",
    "start_frame_url": "startframe startimage startimageurl firstframe firstframeurl firstframeimage firstimage",
    "first_frame_url": "firstframe firstimage firstframeimage startframe startframeurl startimage startimageurl",
    "end_frame_url": "endframe endimage endimageurl lastframe lastframeurl lastframeimage tailimage imagetail",
    "last_frame_url": "lastframe lastframeimage endframe endframeurl endimage endimageurl tailimage imagetail",
    "end_image_url": "endimage endframe endframeurl lastframe lastframeurl lastframeimage tailimage imagetail",
    "video_url": "video videouri videolink videos videourls inputvideo inputvideourl sourcevideo",
    "video": "videourl videouri videolink videos videourls inputvideo inputvideourl sourcevideo",
    "guidance_scale": "guidance cfg cfgscale",
    "cfg_scale": "guidance guidancescale cfg",
    "seed": "randomseed",
}.items()}  # fmt: skip
"""Names that people and other APIs use for a field, folded."""


def folded(name: str) -> str:
    """Return a name without case and separators.

    >>> folded("hasSound") == folded("has_sound")
    True
    """
    return name.casefold().translate(_SEPARATORS)


_SEPARATORS = dict.fromkeys(map(ord, " _-./"))
_folded_known = lru_cache(1024)(folded)  # names from tables are few and short


def synonyms(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names of fields that other APIs call `name`.

    >>> synonyms("seconds", ["prompt", "duration"])
    ['duration']
    """
    wanted = folded(name)
    return [other for other in known if wanted in _SYNONYMS.get(other, ())]


def similar(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the known names that are synonyms of `name` or similar to it, best first.

    >>> similar("durtion", ["prompt", "duration"]), similar("seconds", ["prompt", "duration"])
    (['duration'], ['duration'])
    """
    if len(name) > LONGEST_NAME:
        return []
    from difflib import get_close_matches  # only invalid requests need it

    wanted = folded(name)
    by_fold = {_folded_known(other): other for other in known}
    same = [by_fold[wanted]] if wanted in by_fold else []
    possible = [other for other in by_fold if _may_be_similar(wanted, other)]
    close = get_close_matches(wanted, possible, limit, SIMILAR) if possible else []
    return list(dict.fromkeys([*same, *synonyms(name, by_fold.values()), *map(by_fold.__getitem__, close)]))[:limit]


def _may_be_similar(name: str, other: str) -> bool:
    """Return whether two folded names have enough letters in common to be similar, which is quick to find out."""
    common = sum(map(other.__contains__, name))
    return 2 * common >= SIMILAR * (len(name) + len(other))


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


def similar_slugs(slug: str, known: Collection[str], limit: int = 3) -> list[str]:
    """Return the known slugs that are similar to `slug`, best first: those of its capability, whatever their provider.

    If some have the same name and capability, or a longer name and the same capability, there are no others.

    >>> known = ["a/loop-1/text-to-video", "a/loop-1/image-to-video", "b/loop-1-pro/text-to-video"]
    >>> similar_slugs("b/loop-1/text-to-video", known), similar_slugs("loop/text-to-video", known)
    (['a/loop-1/text-to-video'], ['a/loop-1/text-to-video', 'b/loop-1-pro/text-to-video'])
    """
    if len(slug) > LONGEST_NAME:
        return []
    from difflib import SequenceMatcher, get_close_matches  # as above

    capabilities = {other.rpartition("/")[2] for other in known if other.count("/") > 1}
    last = slug.casefold().strip("/ ").rpartition("/")[2]
    capability = next(iter(get_close_matches(last, capabilities, 1, CERTAIN)), None)
    wanted = _name(slug, last if capability else "")
    if len(wanted) < SHORTEST_NAME:
        return []
    ranks: dict[str, tuple[int, bool, float]] = {}
    for other in known:
        does = other.rpartition("/")[2]
        name = _name(other, does if does in capabilities else "")
        similarity = SequenceMatcher(None, wanted, name).ratio()
        contains = wanted in folded(other) or name in wanted
        if contains or similarity >= SIMILAR:
            is_same = (name == wanted and does == capability) or folded(other).endswith(folded(slug))
            is_close = contains and does == capability
            ranks[other] = (0 if is_same else 1 if is_close else 2, capability not in (None, does), -similarity)
    best = sorted(ranks, key=lambda other: ranks[other])[:limit]
    return [other for other in best if ranks[other][0] == ranks[best[0]][0]]


def _name(slug: str, capability: str) -> str:
    """Return a slug without its provider and its capability, folded."""
    rest = slug.casefold().strip("/ ").removesuffix(capability).strip("/")
    return folded(rest.partition("/")[2] or rest or slug)
