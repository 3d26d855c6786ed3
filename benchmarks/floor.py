"""The floor: a checker for exactly five models, as one would write it by hand for nothing else.

A straight function per model says whether a request is surely valid; only where it is not, a small walk lists every
problem as (code, pointer). No words, fixes or evidence. Uncertain rules count as errors, as they do for every peer; the
workload breaks none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.five import EDIT, FRAMES, IMAGE, MODELS, TEXT, TEXT_25

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.five import Rule

Found = tuple[str, str]
"""A code and a JSON Pointer."""

_VALID: tuple[Found, ...] = ()
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
_TYPES = {"string": (str,), "number": (int, float), "boolean": (bool,), "objects": (list,)}


def problems_of(request: Any) -> tuple[Found, ...]:  # noqa: ANN401  any JSON value
    """Return every problem of a request, none where it is valid.

    >>> problems_of({"model": EDIT, "input": {"prompt": 5}})
    (('wrong_type', '/input/prompt'), ('missing_field', '/input/video_url'))
    """
    try:
        if _SURELY_VALID[request["model"]](request["input"]) and (len(request) == 2 or _hook_is_valid(request)):
            return _VALID
    except (LookupError, TypeError):
        pass
    return tuple(_problems(request))


def _hook_is_valid(request: dict[str, Any]) -> bool:
    hook = request["webhookUrl"]
    return len(request) == 3 and type(hook) is str and hook[:8] == "https://" and hook[8:9] not in _NO_HOST


def _is_address(value: object) -> bool:
    if type(value) is not str:
        return False
    if value[:8] == "https://":
        return value[8:9] not in _NO_HOST
    return value[:7] == "http://" and value[7:8] not in _NO_HOST


def _text(given: dict[str, Any]) -> bool:
    known = 1
    prompt = given["prompt"]
    if type(prompt) is not str or len(prompt) > _LONGEST:
        return False
    if "aspect_ratio" in given:
        if given["aspect_ratio"] not in _RATIOS:
            return False
        known += 1
    if "duration" in given:
        if given["duration"] not in _TWO_LENGTHS:
            return False
        known += 1
    return len(given) == known


def _frames(given: dict[str, Any]) -> bool:
    if not (_is_address(given["image_url"]) and _is_address(given["end_image_url"])):
        return False
    known = 2
    if "prompt" in given:
        prompt = given["prompt"]
        if type(prompt) is not str or len(prompt) > _LONGEST:
            return False
        known += 1
    if "duration" in given:
        if given["duration"] not in _EIGHT_LENGTHS:
            return False
        known += 1
    return len(given) == known


def _image(given: dict[str, Any]) -> bool:
    if not _is_address(given["image_url"]):
        return False
    known = 1
    if "prompt" in given:
        prompt = given["prompt"]
        if type(prompt) is not str or len(prompt) > _LONGEST:
            return False
        known += 1
    if "duration" in given:
        if given["duration"] not in _THIRTEEN_LENGTHS:
            return False
        known += 1
    if "has_sound" in given:
        if given["has_sound"] not in _SOUNDS:
            return False
        known += 1
    if "shot_type" in given:
        if given["shot_type"] not in _SHOTS:
            return False
        known += 1
    return len(given) == known  # with multishot, the walk decides


def _edit(given: dict[str, Any]) -> bool:
    prompt = given["prompt"]
    if type(prompt) is not str or len(prompt) > _LONGEST or not _is_address(given["video_url"]):
        return False
    known = 2
    if "keep_original_sound" in given:
        if type(given["keep_original_sound"]) is not bool:
            return False
        known += 1
    if "aspect_ratio" in given:
        if given["aspect_ratio"] not in _RATIOS:
            return False
        known += 1
    return len(given) == known  # with images, the walk decides


def _text_25(given: dict[str, Any]) -> bool:
    prompt = given["prompt"]
    if type(prompt) is not str or len(prompt) > _LONGEST:
        return False
    known = 1
    if "quality" in given:
        if given["quality"] not in _QUALITIES:
            return False
        known += 1
    if "duration" in given:
        if given["duration"] not in _TWO_LENGTHS:
            return False
        known += 1
    if "aspect_ratio" in given:
        if given["aspect_ratio"] not in _RATIOS:
            return False
        known += 1
    if "seed" in given:
        if type(given["seed"]) not in _NUMBERS:
            return False
        known += 1
    return len(given) == known


_SURELY_VALID: dict[str, Callable[[dict[str, Any]], bool]] = {
    TEXT: _text,
    FRAMES: _frames,
    IMAGE: _image,
    EDIT: _edit,
    TEXT_25: _text_25,
}


def _problems(request: Any) -> Iterator[Found]:  # noqa: ANN401  any JSON value
    """Yield every problem: the request first, then its `input`; fields as listed, then unknown ones by name."""
    if type(request) is not dict:
        yield "wrong_type", ""
        return
    model = request.get("model")
    if type(model) is str and model not in MODELS:
        yield "unknown_model", "/model"
    for name, kind in (("model", str), ("version", str), ("input", dict), ("webhookUrl", str)):
        if name in request:
            if type(request[name]) is not kind:
                yield "wrong_type", f"/{name}"
            elif name == "webhookUrl" and not (request[name][:8] == "https://" and _is_address(request[name])):
                yield "bad_url", "/webhookUrl"
        elif name in {"model", "input"}:
            yield "missing_field", f"/{name}"
    for name in sorted(request.keys() - {"model", "version", "input", "webhookUrl"}):
        yield "unknown_field", f"/{name}"
    if type(model) is str and model in MODELS and type(request.get("input")) is dict:
        yield from _input_problems(request["input"], MODELS[model])


def _input_problems(given: dict[str, Any], rules: dict[str, Rule]) -> Iterator[Found]:
    for name, rule in rules.items():
        if name in given:
            yield from _value_problems(given[name], rule, f"/input/{name}")
        elif rule.required:
            yield "missing_field", f"/input/{name}"
    for name in sorted(given.keys() - rules.keys()):
        yield "unknown_field", f"/input/{name}"


def _value_problems(value: Any, rule: Rule, pointer: str) -> Iterator[Found]:  # noqa: ANN401  any JSON value
    if type(value) not in _TYPES[rule.kind]:
        yield "wrong_type", pointer
        return
    if rule.kind == "objects":
        yield from (("wrong_type", f"{pointer}/{index}") for index, item in enumerate(value) if type(item) is not dict)
    if rule.options and value not in rule.options:
        yield "not_allowed", pointer
    if rule.address and not _is_address(value):
        yield "bad_url", pointer
    if rule.max_length is not None and len(value) > rule.max_length:
        yield "too_long", pointer
    if rule.max_items is not None and len(value) > rule.max_items:
        yield "too_many_items", pointer
