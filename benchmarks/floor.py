"""The floor: a checker for exactly five models, as one would write it by hand for nothing else.

One function for each model decides whether a request is certainly valid. Only if it cannot tell, a short loop lists
every problem as (code, pointer), without messages, fixes or evidence. Uncertain rules count as errors, as they do for
every peer; the workload breaks none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.models import EDIT, FIELDS, FRAMES, IMAGE, TEXT, TEXT_25, TYPES, envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ratecard_rules import Field

    Problem = tuple[str, str]  # a code and a JSON Pointer

_LONGEST = 2500
_RATIOS = frozenset({"16:9", "9:16", "1:1"})
_TWO_LENGTHS = frozenset({"5", "10"})
_EIGHT_LENGTHS = frozenset(map(str, range(3, 11)))
_THIRTEEN_LENGTHS = frozenset(map(str, range(3, 16)))
_SOUNDS = frozenset({"false", "true"})
_SHOTS = frozenset({"customize", "intelligent"})
_QUALITIES = frozenset({"std", "pro"})
_NUMBERS = frozenset({int, float})
_NO_HOST = frozenset({"", "/", "?", "#", " ", "\t", "\n"})
_REQUEST = envelope()


def problems_of(request: Any) -> Sequence[Problem]:
    """Return every problem of a request, none where it is valid.

    >>> problems_of({"model": EDIT, "input": {"prompt": 5}})
    [('wrong_type', '/input/prompt'), ('missing_field', '/input/video_url')]
    """
    return () if is_surely_valid(request) else list(_problems(request))


def is_valid(request: Any) -> bool:
    """Return whether a request has no problem."""
    return is_surely_valid(request) or next(_problems(request), None) is None


def is_surely_valid(request: Any) -> bool:
    """Return whether a request is valid as far as the functions of the models can tell."""
    try:
        return _CHECKS[request["model"]](request["input"]) and (len(request) == 2 or _is_hooked(request))
    except (LookupError, TypeError):
        return False


def _is_hooked(request: dict[str, Any]) -> bool:
    hook = request["webhookUrl"]
    return len(request) == 3 and type(hook) is str and hook[:8] == "https://" and hook[8:9] not in _NO_HOST


def _is_address(value: object) -> bool:
    if type(value) is not str:
        return False
    if value[:8] == "https://":
        return value[8:9] not in _NO_HOST
    return value[:7] == "http://" and value[7:8] not in _NO_HOST


def _is_text(given: dict[str, Any]) -> bool:
    prompt = given["prompt"]
    if type(prompt) is not str or len(prompt) > _LONGEST:
        return False
    known = 1
    if "aspect_ratio" in given and given["aspect_ratio"] in _RATIOS:
        known += 1
    if "duration" in given and given["duration"] in _TWO_LENGTHS:
        known += 1
    return len(given) == known


def _is_frames(given: dict[str, Any]) -> bool:
    if not (_is_address(given["image_url"]) and _is_address(given["end_image_url"])):
        return False
    known = 2
    if "prompt" in given and type(given["prompt"]) is str and len(given["prompt"]) <= _LONGEST:
        known += 1
    if "duration" in given and given["duration"] in _EIGHT_LENGTHS:
        known += 1
    return len(given) == known


def _is_image(given: dict[str, Any]) -> bool:
    if not _is_address(given["image_url"]):
        return False
    known = 1
    if "prompt" in given and type(given["prompt"]) is str and len(given["prompt"]) <= _LONGEST:
        known += 1
    if "duration" in given and given["duration"] in _THIRTEEN_LENGTHS:
        known += 1
    if "has_sound" in given and given["has_sound"] in _SOUNDS:
        known += 1
    if "shot_type" in given and given["shot_type"] in _SHOTS:
        known += 1
    return len(given) == known  # with multishot, the walk decides


def _is_edit(given: dict[str, Any]) -> bool:
    prompt = given["prompt"]
    if type(prompt) is not str or len(prompt) > _LONGEST or not _is_address(given["video_url"]):
        return False
    known = 2
    if "keep_original_sound" in given and type(given["keep_original_sound"]) is bool:
        known += 1
    if "aspect_ratio" in given and given["aspect_ratio"] in _RATIOS:
        known += 1
    return len(given) == known  # with images, the walk decides


def _is_text_25(given: dict[str, Any]) -> bool:
    prompt = given["prompt"]
    if type(prompt) is not str or len(prompt) > _LONGEST:
        return False
    known = 1
    if "quality" in given and given["quality"] in _QUALITIES:
        known += 1
    if "duration" in given and given["duration"] in _TWO_LENGTHS:
        known += 1
    if "aspect_ratio" in given and given["aspect_ratio"] in _RATIOS:
        known += 1
    if "seed" in given and type(given["seed"]) in _NUMBERS:
        known += 1
    return len(given) == known


_CHECKS: dict[str, Callable[[dict[str, Any]], bool]] = {
    TEXT: _is_text,
    FRAMES: _is_frames,
    IMAGE: _is_image,
    EDIT: _is_edit,
    TEXT_25: _is_text_25,
}


def _problems(request: Any) -> Iterator[Problem]:
    if type(request) is not dict:
        yield "wrong_type", ""
        return
    yield from _object_problems(request, _REQUEST, "")
    slug, given = request.get("model"), request.get("input")
    if type(slug) is not str:
        return
    if slug not in FIELDS:
        yield "unknown_model", "/model"
    elif type(given) is dict:
        yield from _object_problems(given, FIELDS[slug], "/input")


def _object_problems(given: dict[str, Any], fields: tuple[Field, ...], place: str) -> Iterator[Problem]:
    for field in fields:
        if field.name in given:
            yield from _value_problems(given[field.name], field, f"{place}/{field.name}")
        elif field.required:
            yield "missing_field", f"{place}/{field.name}"
    for name in sorted(given.keys() - {field.name for field in fields}):
        yield "unknown_field", f"{place}/{name}"


def _value_problems(value: Any, field: Field, pointer: str) -> Iterator[Problem]:
    if type(value) not in TYPES[field.type]:
        yield "wrong_type", pointer
        return
    if field.type == "array":
        yield from (("wrong_type", f"{pointer}/{index}") for index, item in enumerate(value) if type(item) is not dict)
    if field.allowed and value not in field.allowed:
        yield "not_allowed", pointer
    if field.format and not (_is_address(value) and (field.format == "url" or value[:8] == "https://")):
        yield "bad_url", pointer
    if field.max_length is not None and len(value) > field.max_length:
        yield "too_long", pointer
    if field.max_items is not None and len(value) > field.max_items:
        yield "too_many_items", pointer
