"""The floor: whether a request is valid, as one would write it by hand for exactly five models and nothing else.

Uncertain rules count as errors; the workload breaks none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.models import EDIT, FRAMES, IMAGE, TEXT, TEXT_25

if TYPE_CHECKING:
    from collections.abc import Callable

_RATIOS = frozenset({"16:9", "9:16", "1:1"})
_TWO_LENGTHS = frozenset({"5", "10"})
_EIGHT_LENGTHS = frozenset(map(str, range(3, 11)))
_THIRTEEN_LENGTHS = frozenset(map(str, range(3, 16)))
_SOUNDS = frozenset({"false", "true"})
_SHOTS = frozenset({"customize", "intelligent"})
_QUALITIES = frozenset({"std", "pro"})
_NUMBERS = frozenset({int, float})
_NO_HOST = frozenset({"", "/", "?", "#", " ", "\t", "\n"})


def is_valid(request: Any) -> bool:
    """Return whether a request is valid.

    >>> is_valid({"model": EDIT, "input": {"prompt": "snow", "video_url": "https://example.com/cat.mp4"}})
    True
    >>> is_valid({"model": EDIT, "input": {"prompt": "snow"}})
    False
    """
    try:
        return _CHECKS[request["model"]](request["input"]) and (len(request) == 2 or _has_known_keys(request))
    except (LookupError, TypeError, AttributeError):
        return False


def _has_known_keys(request: dict[str, Any]) -> bool:
    known = 2 + (type(request.get("version")) is str)
    if "webhookUrl" in request:
        hook = request["webhookUrl"]
        known += type(hook) is str and hook[:8] == "https://" and hook[8:9] not in _NO_HOST
    return len(request) == known


def _is_address(value: object) -> bool:
    if type(value) is not str:
        return False
    if value[:8] == "https://":
        return value[8:9] not in _NO_HOST
    return value[:7] == "http://" and value[7:8] not in _NO_HOST


def _is_prompt(value: object) -> bool:
    return type(value) is str and len(value) <= 2500


def _are_objects(value: object) -> bool:
    return type(value) is list and all(type(item) is dict for item in value)


def _is_text(given: dict[str, Any]) -> bool:
    known = 1 + (given.get("aspect_ratio") in _RATIOS) + (given.get("duration") in _TWO_LENGTHS)
    return _is_prompt(given["prompt"]) and len(given) == known


def _is_frames(given: dict[str, Any]) -> bool:
    known = 2 + _is_prompt(given.get("prompt")) + (given.get("duration") in _EIGHT_LENGTHS)
    return _is_address(given["image_url"]) and _is_address(given["end_image_url"]) and len(given) == known


def _is_image(given: dict[str, Any]) -> bool:
    known = 1 + _is_prompt(given.get("prompt")) + (given.get("duration") in _THIRTEEN_LENGTHS)
    known += (given.get("has_sound") in _SOUNDS) + (given.get("shot_type") in _SHOTS)
    if "multishot" in given:
        known += _are_objects(given["multishot"])
    return _is_address(given["image_url"]) and len(given) == known


def _is_edit(given: dict[str, Any]) -> bool:
    known = 2 + (type(given.get("keep_original_sound")) is bool) + (given.get("aspect_ratio") in _RATIOS)
    if "images" in given:
        known += _are_objects(given["images"]) and len(given["images"]) <= 10
    return _is_prompt(given["prompt"]) and _is_address(given["video_url"]) and len(given) == known


def _is_text_25(given: dict[str, Any]) -> bool:
    known = 1 + (given.get("quality") in _QUALITIES) + (given.get("duration") in _TWO_LENGTHS)
    known += (given.get("aspect_ratio") in _RATIOS) + (type(given.get("seed")) in _NUMBERS)
    return _is_prompt(given["prompt"]) and len(given) == known


_CHECKS: dict[str, Callable[[dict[str, Any]], bool]] = {
    TEXT: _is_text,
    FRAMES: _is_frames,
    IMAGE: _is_image,
    EDIT: _is_edit,
    TEXT_25: _is_text_25,
}
