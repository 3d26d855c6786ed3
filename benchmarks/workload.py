"""The workload: seeded requests over five models, of which a tenth are invalid, and requests over all models.

Rule 1  The same seed gives the same requests.
Rule 2  Every request is kept as JSON, and parsed anew for every batch.
Rule 3  No request for the five models breaks an uncertain rule or names a field without documented values: those give
        warnings, which no peer knows. So every library must come to the same verdict on every request.
"""

from __future__ import annotations

import json
from functools import partial
from itertools import cycle, islice, repeat
from random import Random
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from benchmarks.models import FIELDS, SLUGS, TYPES
from ratecard import Catalog, Quote, try_quote, validate
from ratecard_rules import CERTAIN, Field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Body: TypeAlias = dict[str, Any]
Fields: TypeAlias = tuple[Field, ...]

CLEAN, WARNED, UNPRICED = "clean quote", "quote with a warning", "valid without a price"
"""The kinds of valid requests, by the answer to them."""


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
            made.append(_broken(dice, fault, FIELDS) if fault else _dumped(_request(dice, FIELDS)))
    return made


def by_answer(size: int, seed: int) -> dict[str, list[Request]]:
    """Return `size` requests over all shipped models for each kind of answer, as ratecard gives it, and each fault."""
    dice, fields = Random(seed), _all_fields()
    makers: dict[str, Callable[[], Request]] = dict.fromkeys((CLEAN, WARNED, UNPRICED), lambda: _any(dice, fields))
    makers |= {fault: partial(_broken, dice, fault, fields) for fault in FAULTS}

    def drawn(kind: str) -> list[Request]:
        requests = (makers[kind]() for _ in repeat(None))
        return [*islice((request for request in requests if _answer_to(request) == kind), size)]

    return {kind: drawn(kind) for kind in makers}


def lines(size: int, seed: int) -> bytes:
    """Return requests over all shipped models as JSON lines; one in 37 has an unknown field."""
    dice, fields = Random(seed), _all_fields()
    made = [_any(dice, fields) for _ in range(size)]
    made[::37] = [_broken(dice, "unknown field", fields) for _ in made[::37]]
    return b"\n".join(request.text for request in made)


def _all_fields() -> dict[str, Fields]:
    return {model.slug: model.latest.input for model in Catalog.bundled()}


def _any(dice: Random, fields: Mapping[str, Fields]) -> Request:
    return _dumped(_request(dice, fields, unlisted=dice.random() < 0.5))


def _answer_to(request: Request) -> str | None:
    answer = try_quote(request.parsed())
    if isinstance(answer, Quote):
        return WARNED if validate(request.parsed()).warnings else CLEAN
    return request.fault if answer.report.problems else UNPRICED


def _dumped(body: Body, fault: str | None = None) -> Request:
    return Request(json.dumps(body, ensure_ascii=False, default=float).encode(), fault)


def _request(dice: Random, fields: Mapping[str, Fields], *, unlisted: bool = False) -> Body:
    """Return a request; optional fields without a documented list of values are included only with `unlisted`."""
    slug = dice.choice(list(fields))
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
    letters = ascii_lowercase + " " + ("äéøß 雪猫 голубе 🎬" if dice.random() < 0.25 else "")
    return "".join(dice.choices(letters, k=dice.randrange(10, 250)))


def _broken(dice: Random, fault: str, fields: Mapping[str, Fields]) -> Request:
    """Return a request that is wrong in the named way, of a model that can be wrong so."""
    rule, changes_of = FAULTS[fault]
    while True:
        request = _request(dice, fields)
        # A field is not broken if it lacks the rule, the rule is uncertain, or its values are not documented.
        fit = [field for field in fields[request["model"]] if field.unknown is None and _is_certain(field, rule)]
        if fit:
            for name, value in changes_of(dice, dice.choice(fit)).items():
                holder = request if name in _KEYS else request["input"]
                holder[name] = value
                if value is _GONE:
                    del holder[name]
            return _dumped(request, fault)


def _is_certain(field: Field, rule: str) -> bool:
    return bool(getattr(field, rule)) and field.evidence_of(rule) in CERTAIN


def _wrong_option(dice: Random, field: Field) -> Body:
    return {field.name: dice.choice((str(dice.randrange(10**4, 10**9)), f"{dice.randrange(10**4)}s", " 5"))}


def _wrong_type(dice: Random, field: Field) -> Body:
    values = ("text", dice.randrange(30), dice.randrange(30) / 2, True, None, ["5"], {"value": "5"})
    return {field.name: dice.choice([value for value in values if type(value) not in TYPES[field.type]])}


def _unknown_field(dice: Random, field: Field) -> Body:
    name = dice.choice(("".join(dice.choices(ascii_lowercase, k=10)), field.name.upper(), f"{field.name}_2"))
    return {name: dice.choice(("x", dice.randrange(1_000), True, None, ["x"]))}


def _bad_hook(dice: Random, _: Field) -> Body:
    path = f"hooks.example.com/{dice.randrange(10**6)}"
    return {"webhookUrl": dice.choice((f"http://{path}", path, f"https:///{path}", "", dice.randrange(1_000), None))}


def _unknown_model(dice: Random, _: Field) -> Body:
    slug = dice.choice(SLUGS)
    return {"model": dice.choice((f"gpt-{dice.randrange(100)}", slug[:-1], slug.upper()))}


def _three_problems(dice: Random, field: Field) -> Body:
    return _wrong_type(dice, field) | _unknown_field(dice, field) | _bad_hook(dice, field)


_KEYS = ("model", "webhookUrl")
_GONE = object()

FAULTS: dict[str, tuple[str, Callable[[Random, Field], Body]]] = {
    "wrong option": ("allowed", _wrong_option),
    "wrong type": ("type", _wrong_type),
    "unknown field": ("type", _unknown_field),
    "missing field": ("required", lambda _, field: {field.name: _GONE}),
    "bad webhook": ("type", _bad_hook),
    "unknown model": ("type", _unknown_model),
    "no model": ("type", lambda dice, _: {"model": dice.choice((_GONE, None, 7))}),
    "three problems": ("type", _three_problems),
}
"""The ways in which a request is wrong, taken in turn: the rule by which a field is chosen, and what it changes."""
