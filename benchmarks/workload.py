"""The workload: seeded requests over five models, of which a tenth are invalid, and requests over all models.

Rule 1  The same seed gives the same requests.
Rule 2  Every request is kept as JSON, and parsed anew for every batch.
Rule 3  No request for the five models breaks an uncertain rule or names a field without documented values: those give
        warnings, which no peer knows. So every library must come to the same verdict on every request.
"""

from __future__ import annotations

import json
from itertools import cycle, islice
from random import Random
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

from attrs import frozen

from benchmarks.models import FIELDS, SLUGS, TYPES
from ratecard import Catalog, Quote, try_quote, validate
from ratecard_rules import CERTAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from ratecard_rules import Field

BATCH = 100
"""How many requests are parsed anew and then timed in one go."""

CLEAN, WARNED, UNPRICED = "clean quote", "quote with a warning", "valid without a price"
"""The answers by which requests over all models are sorted."""

_LETTERS = ascii_lowercase + " "
_OTHER_LETTERS = "äéøß 雪猫 голубе 🎬"
_UNKNOWN_NAMES = ("style", "fps", "negative_prompt", "cfg_scale", "camera", "width", "steps", "motion", "watermark")


@frozen
class Request:
    """A request as JSON text, and the name of what is wrong with it, or None."""

    text: bytes
    fault: str | None = None

    def parsed(self) -> Any:
        """Return the request as a new object that shares nothing with any other."""
        return json.loads(self.text)


def mixed(size: int, seed: int) -> list[Request]:
    """Return requests for the five models; one in every ten is invalid.

    >>> [request.fault is None for request in mixed(10, seed=1)].count(False)
    1
    """
    dice, faults, made = Random(seed), cycle(FAULTS), []
    for start in range(0, size, 10):
        invalid = start + dice.randrange(10)
        for index in range(start, min(start + 10, size)):
            fault = next(faults) if index == invalid else None
            body = _broken(dice, fault) if fault else _request(dice, dice.choice(SLUGS), FIELDS)
            made.append(_dumped(body, fault))
    return made


SOURCES: dict[str, Container[bool]] = {
    "validate, mixed": (True, False),
    "validate, valid": (True,),
    "validate, invalid": (False,),
    "verdict, mixed": (True, False),
    "quote": (True,),
    "bytes, mixed": (True, False),
    "catalogues": (True,),
    "bytes, valid": (True,),
}
"""Whether each series over the five models takes the valid or the invalid requests of a mixed workload."""


def rounds_of(series: str, size: int, rounds: int) -> list[list[list[Request]]]:
    """Return the batches of every round of a series, the warm-up first; no two rounds share a seed."""
    seeds = range(first := 1_000 * (1 + list(SOURCES).index(series)), first + rounds + 1)
    chosen = [[one for one in mixed(size, seed) if (one.fault is None) in SOURCES[series]] for seed in seeds]
    return [[requests[at : at + BATCH] for at in range(0, len(requests), BATCH)] for requests in chosen]


def by_answer(size: int, seed: int) -> dict[str, list[Request]]:
    """Return up to `size` requests over all shipped models for each kind of answer, as ratecard gives it.

    To be called in another process than the one that is timed, which must not have seen these requests before.
    """
    dice, catalog = Random(seed), Catalog.bundled()
    fields = {slug: catalog[slug].latest.input for slug in catalog.models}
    chosen: dict[str, list[Request]] = {CLEAN: [], WARNED: [], UNPRICED: []}
    for slug in islice(cycle(fields), 60 * size):
        request = _dumped(_request(dice, slug, fields, unlisted=dice.random() < 0.5))
        kind = chosen.get(_answer_of(request), [])
        if len(kind) < size:
            kind.append(request)
    return chosen


def lines(size: int, seed: int) -> list[bytes]:
    """Return requests over all shipped models as JSON lines; one in 37 is invalid."""
    dice, catalog = Random(seed), Catalog.bundled()
    fields = {slug: catalog[slug].latest.input for slug in catalog.models}
    made = [_request(dice, slug, fields, unlisted=dice.random() < 0.5) for slug in islice(cycle(fields), size)]
    for at in range(0, size, 37):
        made[at] = _unknown_field(dice, made[at])
    return [_dumped(request).text for request in made]


def _answer_of(request: Request) -> str:
    answer = try_quote(request.parsed())
    if isinstance(answer, Quote):
        return WARNED if validate(request.parsed()).warnings else CLEAN
    return UNPRICED if not answer.report.problems else ""


def _dumped(body: object, fault: str | None = None) -> Request:
    return Request(json.dumps(body, ensure_ascii=False, default=float).encode(), fault)


def _request(
    dice: Random, slug: str, fields: Mapping[str, tuple[Field, ...]], *, unlisted: bool = False
) -> dict[str, Any]:
    """Return a request; optional fields without a documented list of values are included only with `unlisted`."""
    given = {
        field.name: _value(dice, field)
        for field in fields[slug]
        if field.required or ((unlisted or field.unknown is None) and dice.random() < 0.6)
    }
    hook = {"webhookUrl": f"https://hooks.example.com/{dice.randrange(10**6)}"} if dice.random() < 0.3 else {}
    return {"model": slug, "input": given, **hook}


def _value(dice: Random, field: Field) -> object:
    address = f"{dice.choice(('https', 'https', 'http'))}://example.com/{field.name}/{dice.randrange(10**6)}.jpg"
    if field.allowed:
        return dice.choice(field.allowed)
    if field.type == "string":
        return address if field.format else _prompt(dice)[: field.max_length]
    values: dict[str, object] = {
        "boolean": dice.random() < 0.5,
        "number": dice.randint(int(field.min or 0), int(field.max or 2**31)),
        "array": [{} if field.items == "object" else address],
        "object": {},
    }
    return values[field.type]


def _prompt(dice: Random) -> str:
    """Return a text of up to 250 characters; a quarter of them go beyond ASCII."""
    letters = _LETTERS + _OTHER_LETTERS if dice.random() < 0.25 else _LETTERS
    return "".join(dice.choices(letters, k=dice.randrange(10, 250)))


def _broken(dice: Random, fault: str) -> Any:
    """Return a request that is wrong in the named way, of a model that can be wrong so."""
    while True:
        request = _request(dice, dice.choice(SLUGS), FIELDS)
        broken = FAULTS[fault](dice, {**request, "input": dict(request["input"])})
        if broken != request:
            return broken


def _with_input(request: dict[str, Any], name: str, value: object) -> dict[str, Any]:
    request["input"][name] = value
    return request


def _fields_with(request: dict[str, Any], rule: str) -> list[Field]:
    """Return the fields that state a rule, are sure of it, and are not left alone by the workload."""
    stated = [field for field in FIELDS[request["model"]] if field.unknown is None and getattr(field, rule)]
    return [field for field in stated if field.evidence_of(rule) in CERTAIN]


def _misspelt(dice: Random, text: str) -> str:
    """Return a text with one slip of the finger, or in capitals."""
    at, letter = dice.randrange(len(text) - 1), dice.choice(ascii_lowercase)
    slips = (text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], text[:at] + letter + text[at:], text.upper())
    return dice.choice([slip for slip in slips if slip != text])


def _unknown_field(dice: Random, request: dict[str, Any]) -> dict[str, Any]:
    """Add a field: half the time with a name that nobody has sent before."""
    name = dice.choice((dice.choice(_UNKNOWN_NAMES), "".join(dice.choices(ascii_lowercase, k=10))))
    return _with_input(request, name, dice.choice(("x", dice.randrange(1_000), True, None, ["x"])))


def _misspelt_field(dice: Random, request: dict[str, Any]) -> dict[str, Any]:
    name = dice.choice([field.name for field in FIELDS[request["model"]] if field.allowed])
    return _with_input(request, _misspelt(dice, name), request["input"].pop(name, "5"))


def _wrong_type(dice: Random, request: dict[str, Any]) -> dict[str, Any]:
    field = dice.choice(_fields_with(request, "type"))
    values = ("text", dice.randrange(30), dice.randrange(30) / 2, True, None, ["5"], {"value": "5"})
    return _with_input(request, field.name, dice.choice([v for v in values if type(v) not in TYPES[field.type]]))


def _not_an_option(dice: Random, request: dict[str, Any]) -> dict[str, Any]:
    """Name an option that does not exist: often one that nobody has sent before."""
    fields = _fields_with(request, "allowed")
    wrong = dice.choice((str(dice.randrange(16, 600)), str(dice.randrange(16, 10**9)), f"{dice.randrange(60)}s", " 5"))
    return _with_input(request, dice.choice(fields).name, wrong) if fields else request


def _missing_field(dice: Random, request: dict[str, Any]) -> dict[str, Any]:
    if fields := _fields_with(request, "required"):
        del request["input"][dice.choice(fields).name]
    return request


def _too_long(dice: Random, request: dict[str, Any]) -> dict[str, Any]:
    for field in _fields_with(request, "max_length"):
        request["input"][field.name] = "x" * ((field.max_length or 0) + dice.randrange(1, 500))
    return request


def _bad_hook(dice: Random, request: dict[str, Any]) -> dict[str, Any]:
    path = f"hooks.example.com/{dice.randrange(10**6)}"
    wrong = (f"http://{path}", path, f"https:///{path}", "https://", "", dice.randrange(1_000), None)
    return {**request, "webhookUrl": dice.choice(wrong)}


def _without(dice: Random, request: dict[str, Any], key: str) -> dict[str, Any]:
    """Leave a key out, or give it a value of a wrong type."""
    rest = {name: value for name, value in request.items() if name != key}
    return dice.choice((rest, {**rest, key: None}, {**rest, key: ["x"]}))


FAULTS: dict[str, Callable[[Random, dict[str, Any]], Any]] = {
    "unknown field": _unknown_field,
    "misspelt field": _misspelt_field,
    "wrong type": _wrong_type,
    "not an option": _not_an_option,
    "missing field": _missing_field,
    "too long": _too_long,
    "bad webhook": _bad_hook,
    "misspelt model": lambda dice, request: {**request, "model": _misspelt(dice, request["model"])},
    "unknown model": lambda dice, request: {**request, "model": dice.choice((f"gpt-{dice.randrange(100)}", ""))},
    "no model": lambda dice, request: _without(dice, request, "model"),
    "no input": lambda dice, request: _without(dice, request, "input"),
    "unknown key": lambda dice, request: {**request, dice.choice(("webhook_url", "prompt", "seed")): "x"},
    "three problems": lambda dice, request: _bad_hook(dice, _unknown_field(dice, _wrong_type(dice, request))),
    "not an object": lambda dice, request: dice.choice(([request], str(request["model"]))),
}
"""The ways in which a request is wrong, taken in turn."""
