"""Seeded requests for every model, most of them valid or nearly so, as many as wanted."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ratecard_rules import Field, Model

URLS = ("https://example.com/a.jpg", "http://example.com/a.jpg", "https://user@example.com", "cat.jpg", "https://")
TEXTS = (
    "",
    "a cat",
    "5",
    "10",
    "true",
    "é" * 9,
    "\N{CAT FACE}" * 1_300,
    "x" * 2_501,
    "x" * 20_001,
    'a "b" \\ c\n',
    "🎬",
)
NUMBERS = (0, 1, 5, 10, -1, 0.5, 1.0, 2.5, 1e2, 2**31, 2**53 + 1, 2**64, 10**30, 1e300, -0.0)
NESTED: tuple[Any, ...] = (
    [],
    {},
    [{}],
    [{"prompt": "a", "duration": 5}],
    [[]],
    [{"a": [None]}],
    [{"é": 1}],
    ["a"],
    [5],
    {"a": {"b": 1}},
)
VALUES: tuple[Any, ...] = (*URLS, *TEXTS, *NUMBERS, *NESTED, True, False, None)
"""Values of every type of JSON, at the limits of the shipped tables among others."""

NO_JSON: tuple[Any, ...] = (float("nan"), float("inf"), b"5", 10**400, "\ud800", ["\ud800"], ("a",), [b""], {5: 5})
"""Values that JSON cannot represent, or that only Python has."""


def requests(models: Sequence[Model], seed: int, count: int, others: Sequence[Any] = ()) -> Iterator[dict[str, Any]]:
    """Yield requests; two in three are mutated, once or more, with values from `VALUES` and `others`."""
    dice, values = Random(seed), (*VALUES, *others)
    for _ in range(count):
        request = _plausible(dice, dice.choice(models))
        for _ in range(dice.choice((0, 1, 1, 1, 2, 3)) if dice.random() < 0.8 else 0):
            _mutate(dice, request, values)
        yield request


def texts(models: Sequence[Model], seed: int, count: int) -> Iterator[str]:
    """Yield JSON texts: such requests in different spellings, some with duplicate keys, wide numbers or slips."""
    dice = Random(seed)
    for request in requests(models, seed, count):
        separators = dice.choice(((",", ":"), (", ", ": "), (" ,\n", "\t: ")))
        text = json.dumps(request, ensure_ascii=dice.random() < 0.5, separators=separators)
        for _ in range(dice.choice((0, 0, 0, 0, 1, 2))):
            text = slip(dice, text)
        yield text


def slip(dice: Random, text: str) -> str:
    """Return JSON text with one change that nearly always matters."""
    return dice.choice(_SLIPS)(dice, text)


def plausible(model: Model, seed: int) -> Iterator[dict[str, Any]]:
    """Yield requests for a model that are probably valid."""
    dice = Random(seed)
    while True:
        yield _plausible(dice, model)


def _plausible(dice: Random, model: Model) -> dict[str, Any]:
    """Return a request that is probably valid."""
    presence = dice.random()
    given = {f.name: _value(dice, f) for f in model.latest.input if f.required or dice.random() < presence}
    request = {"model": model.slug, "input": given}
    if dice.random() < 0.2:
        request["webhookUrl"] = "https://example.com/hook"
    return dict(dice.sample(sorted(request.items()), len(request))) if dice.random() < 0.2 else request


def _value(dice: Random, field: Field) -> Any:
    if field.allowed and dice.random() < 0.95:
        option = dice.choice(field.allowed)
        return option if isinstance(option, (str, bool, int)) else float(option)
    if field.type == "string":
        return dice.choice(URLS[:2]) if field.format else dice.choice(TEXTS[1:6])
    values: dict[str, Any] = {
        "boolean": dice.random() < 0.5,
        "number": dice.choice((field.min or 0, field.max or 7, 1, 2.5)),
        "array": [{"prompt": "a"} if field.items == "object" else URLS[0]] * dice.randrange(1, 4),
        "object": {},
    }
    value = values[field.type]
    return value if isinstance(value, (bool, int, float, list, dict)) else float(value)


def _mutate(dice: Random, request: dict[str, Any], values: Sequence[Any]) -> None:
    """Change a request in one place."""
    given = request.get("input")
    if isinstance(given, dict) and given and dice.random() < 0.85:
        name = dice.choice(list(given))
        match dice.randrange(6):
            case 0:
                del given[name]
            case 1:
                given[f"{name}{dice.choice('sx_é')}"] = given.pop(name)
            case 2:
                given[dice.choice(("zebra", "seed", "é", "style"))] = deepcopy(dice.choice(values))
            case _:
                given[name] = deepcopy(dice.choice(values))
        return
    key = dice.choice(("model", "input", "webhookUrl", "version", "other"))
    if dice.random() < 0.2:
        request.pop(key, None)
    else:
        request[key] = deepcopy(dice.choice(values))


def _duplicate(dice: Random, text: str) -> str:
    """Repeat an entry, with the same value or another."""
    start = [at for at, letter in enumerate(text) if letter == "{"]
    if not start:
        return text
    at = dice.choice(start) + 1
    entry = dice.choice(
        ('"duration": "5"', '"prompt" : "a"', '"model": "x"', '"input": {}', '"seed": 1', '"dur\\u0061tion": "5"')
    )
    return f"{text[:at]}{entry}{'' if text[at:].lstrip().startswith('}') else ','}{text[at:]}"


def _slip(dice: Random, text: str) -> str:
    """Remove, repeat or insert a character."""
    at = dice.randrange(len(text) + 1)
    return (
        text[:at]
        + dice.choice(("", "\0", "\x1f", '"', "\\", "{", "0", "\ufeff", "é", " ", "\u2028"))
        + text[at + dice.randrange(2) :]
    )


def _replace(dice: Random, text: str) -> str:
    """Replace a number or a word by another spelling."""
    old, new = dice.choice(
        (("1", "01"), ("5", "5e400"), ("1", "1E2"), ("5", "-0"), ("1", "9" * 5_000), ("true", "True"), ("null", "NaN"),
         ("a", "\\u0061"), ("e", "\\ud83d"), ("https:", "https:\\/\\/"), ("0", "0.0"), ("7", "7."), ('"', "'"))
    )  # fmt: skip
    return text.replace(old, new, dice.choice((1, 1, -1)))


_SLIPS = (_duplicate, _slip, _replace)
