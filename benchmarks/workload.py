"""The fixed workload: seeded requests over five models, a tenth of them invalid, and why.

Rule 1  The same seed gives the same requests on every Python: only `Random.random` is asked, which never changes.
Rule 2  Every request is JSON, kept as bytes; whoever times dictionaries parses them anew for every batch.
Rule 3  No request breaks an uncertain rule or names a field that cannot be checked: those give warnings, which no peer
        knows. So every library must come to the same verdict on every request.
"""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

from attrs import frozen

from benchmarks.five import CERTAIN_LENGTH, MODELS, UNCHECKABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.five import Rule

    Break = Callable[["_Dice", dict[str, Any]], dict[str, Any] | list[Any] | str]

SIZE = 10_000
SEED = 20_261_120
BATCH = 100
"""So many requests are parsed anew, then timed in one go."""

_PLAIN = [
    "a",
    "cat",
    "in",
    "the",
    "snow,",
    "slow",
    "camera",
    "move",
    "over",
    "the",
    "old",
    "town",
    "at",
    "dawn,",
    "soft",
    "light,",
    "rain",
    "on",
    "glass",
]
_OTHER = ["zwei", "Möwen", "über", "dem", "Meer,", "très", "calme", "雪の中の猫", "голубое", "небо", "🎬"]
"""A quarter of the prompts holds words beyond ASCII."""

_NAMES = (
    "style", "fps", "negative_prompt", "cfg_scale", "camera", "width", "height", "steps", "guidance", "motion", "mode",
    "language", "voice", "watermark", "callback", "user", "seed_value", "quality_level", "frames", "loop",
)  # fmt: skip
"""Fields that somebody may think there are."""


@frozen
class Request:
    """One request as JSON text, and in one word what is wrong with it (None: nothing)."""

    text: bytes
    wrong: str | None

    def fresh(self) -> Any:  # noqa: ANN401  any JSON value
        """Return the request as a new object that shares nothing with any other."""
        return json.loads(self.text)


class _Dice(Random):
    """Choices that come out the same on every Python."""

    def below(self, limit: int) -> int:
        return int(self.random() * limit)

    def one_of(self, options: Sequence[Any]) -> Any:  # noqa: ANN401  an option of any type
        return options[self.below(len(options))]

    def chance(self, share: float) -> bool:
        return self.random() < share


def requests(size: int = SIZE, seed: int = SEED) -> tuple[Request, ...]:
    """Return the workload; of every ten requests in a row, one is invalid.

    >>> [request.wrong is None for request in requests(10)].count(False)
    1
    >>> requests(20) == requests(20)
    True
    """
    dice = _Dice(seed)
    slugs = tuple(MODELS)
    made = []
    for start in range(0, size, 10):
        invalid = start + dice.below(10)
        for index in range(start, min(start + 10, size)):
            request = _valid(dice, slugs[dice.below(len(slugs))])
            wrong, body = _broken(dice, request, index // 10) if index == invalid else (None, request)
            made.append(Request(json.dumps(body, ensure_ascii=False).encode(), wrong))
    return tuple(made)


def _valid(dice: _Dice, slug: str) -> dict[str, Any]:
    given = {
        name: _value(dice, name, rule)
        for name, rule in MODELS[slug].items()
        if rule.required or (name not in UNCHECKABLE and dice.chance(0.6))
    }
    request: dict[str, Any] = {"model": slug, "input": given}
    if dice.chance(0.3):
        request["webhookUrl"] = f"https://hooks.example.com/{dice.below(10**6)}"
    return request


def _value(dice: _Dice, name: str, rule: Rule) -> object:
    if rule.options:
        return dice.one_of(rule.options)
    if rule.address:
        return f"{dice.one_of(('https', 'https', 'http'))}://example.com/{name}/{dice.below(10**6)}.jpg"
    if rule.kind == "boolean":
        return dice.chance(0.5)
    if rule.kind == "number":
        return dice.one_of((dice.below(2**31), round(dice.random(), 6)))
    words = [*_PLAIN, *_OTHER] if dice.chance(0.25) else _PLAIN
    return " ".join(dice.one_of(words) for _ in range(3 + dice.below(40)))


def _broken(dice: _Dice, request: dict[str, Any], turn: int) -> tuple[str, Any]:
    """Break a request in one of the ways in turn; where a way does not suit its model, in the next that does."""
    ways = tuple(WAYS.items())
    for step in range(len(ways)):
        name, way = ways[(turn + step) % len(ways)]
        broken = way(dice, {**request, "input": dict(request["input"])})
        if broken != request:
            return name, broken
    raise AssertionError("no way suits")


def _with_input(request: dict[str, Any], name: str, value: object) -> dict[str, Any]:
    request["input"][name] = value
    return request


def _field_with(request: dict[str, Any], dice: _Dice, *, options: bool) -> str:
    rules = MODELS[request["model"]]
    names = [name for name, rule in rules.items() if bool(rule.options) is options and name not in UNCHECKABLE]
    return str(dice.one_of(names)) if names else ""


def _unknown_field(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    return _with_input(request, dice.one_of(_NAMES), dice.one_of(("x", dice.below(1_000), True, None, ["x"])))


def _misspelt_field(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    """Misspell the name of an optional field."""
    name = _field_with(request, dice, options=True)
    value = request["input"].pop(name, "5")
    return _with_input(request, _misspelt(dice, name), value)


def _misspelt(dice: _Dice, text: str) -> str:
    """Return a text with one slip of the finger, or in capitals."""
    at = dice.below(len(text) - 1)
    letter = dice.one_of("abcdefghijklmnopqrstuvwxyz")
    slips = (text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], text[:at] + letter + text[at:], text.upper())
    return str(dice.one_of([slip for slip in slips if slip != text]))


def _wrong_type(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    name = _field_with(request, dice, options=True)
    number = dice.below(30)
    return _with_input(request, name, dice.one_of((number, number / 2, True, None, [str(number)], {"value": "5"})))


def _wrong_type_elsewhere(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    name = _field_with(request, dice, options=False)
    number = dice.below(1_000)
    wrong: dict[str, tuple[Any, ...]] = {
        "string": (number, True, None, ["x"], {}),
        "number": (str(number), True, None),
        "boolean": ("true", 1),
    }
    return _with_input(request, name, dice.one_of(wrong[MODELS[request["model"]][name].kind]))


def _not_an_option(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    """Name an option that the model's own page rules out (an uncertain list of options would only warn)."""
    wrong = dice.one_of((str(16 + dice.below(600)), f"{dice.below(60)}s", " 5", "TRUE"))
    certain = [name for name in ("duration", "has_sound", "quality") if name in MODELS[request["model"]]]
    return _with_input(request, dice.one_of(certain), wrong) if certain else request


def _missing_required(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    """Leave out a field without which the model's own page shows no request (an edit's prompt is not sure)."""
    is_text = request["model"].endswith("/text-to-video")
    certain = [name for name, rule in MODELS[request["model"]].items() if rule.required and (rule.address or is_text)]
    del request["input"][dice.one_of(certain)]
    return request


def _too_long(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    if request["model"] != CERTAIN_LENGTH:
        return request
    return _with_input(request, "prompt", "snow " * (501 + dice.below(100)))


def _bad_hook(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    path = f"hooks.example.com/{dice.below(10**6)}"
    wrong = (f"http://{path}", path, f"https:///{path}", "https://", "", dice.below(1_000), None)
    return {**request, "webhookUrl": dice.one_of(wrong)}


def _unknown_model(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    slug = request["model"]
    return {**request, "model": dice.one_of((_misspelt(dice, slug), f" {slug}", f"gpt-{dice.below(100)}", ""))}


def _no_model(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    wrong = dice.one_of((None, 5, ["x"], ...))
    rest = {key: value for key, value in request.items() if key != "model"}
    return rest if wrong is ... else {**rest, "model": wrong}


def _no_input(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    wrong = dice.one_of((None, "a cat", [], ...))
    rest = {key: value for key, value in request.items() if key != "input"}
    return rest if wrong is ... else {**rest, "input": wrong}


def _unknown_key(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    return {**request, dice.one_of(("webhook_url", "prompt", "seed")): "x"}


def _several(dice: _Dice, request: dict[str, Any]) -> dict[str, Any]:
    """Break a request in three places at once."""
    return _bad_hook(dice, _unknown_field(dice, _wrong_type(dice, request)))


def _no_object(dice: _Dice, request: dict[str, Any]) -> list[Any] | str:
    return [request] if dice.chance(0.5) else str(request["model"])


WAYS: dict[str, Break] = {
    "unknown field": _unknown_field,
    "misspelt field": _misspelt_field,
    "wrong type": _wrong_type,
    "wrong type elsewhere": _wrong_type_elsewhere,
    "not an option": _not_an_option,
    "missing required": _missing_required,
    "too long": _too_long,
    "bad webhook": _bad_hook,
    "unknown model": _unknown_model,
    "no model": _no_model,
    "no input": _no_input,
    "unknown key": _unknown_key,
    "three problems": _several,
    "no object": _no_object,
}
"""The ways in which a request is wrong, taken in turn."""


def novelties(size: int, seed: int = SEED) -> tuple[Request, ...]:
    """Return invalid requests whose unknown fields and wrong options nobody has ever sent before."""
    dice = _Dice(seed)
    slugs = tuple(MODELS)
    made = []
    for _ in range(size):
        request = _valid(dice, slugs[dice.below(len(slugs))])
        name = "".join(dice.one_of("abcdefghijklmnopqrstuvwxyz_") for _ in range(10))
        request["input"][name] = dice.below(10**9)
        if "duration" in MODELS[request["model"]]:
            request["input"]["duration"] = str(16 + dice.below(10**9))
        made.append(Request(json.dumps(request, ensure_ascii=False).encode(), "novelty"))
    return tuple(made)


KINDS: dict[str, Callable[[int, int], Sequence[Request]]] = {
    "validate, mix": requests,
    "validate, valid": lambda size, seed: [one for one in requests(size, seed) if one.wrong is None],
    "validate, invalid": lambda size, seed: [one for one in requests(size, seed) if one.wrong is not None],
    "validate, invalid and never seen": lambda size, seed: novelties(size // 10, seed),
    "price": lambda size, seed: [one for one in requests(size, seed) if one.wrong is None],
    "bytes, mix": requests,
}
"""Which requests each series takes."""


def rounds_of(series: str, size: int, rounds: int) -> list[Sequence[Request]]:
    """Return the requests of every round of a series, the warming one first: no two have a seed in common."""
    first = SEED + 1_000 * (1 + list(KINDS).index(series))
    return [KINDS[series](size, first + number) for number in range(rounds + 1)]


def batches(chosen: Sequence[Request], size: int = BATCH) -> list[list[Request]]:
    """Return the requests in batches; the last one may be shorter."""
    return [list(chosen[start : start + size]) for start in range(0, len(chosen), size)]
