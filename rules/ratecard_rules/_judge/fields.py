"""The fields of one object: known ones by their rules, missing ones, and unknown ones.

The request itself and its `input` are both judged here, by the same lines.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ratecard_rules._json import plain
from ratecard_rules._judge.patch import Fix, pointer_to
from ratecard_rules._judge.problems import Problem, found, severity_of
from ratecard_rules._judge.provenance import no_page, pages_of
from ratecard_rules._judge.rules import INPUT, PageOf, Place, not_json
from ratecard_rules._judge.values import LONGEST_KEY, describe, find_flaw, key_flaw, show
from ratecard_rules._similar import nearest, surely
from ratecard_rules._table.model import Field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ratecard_rules._catalog import Catalog
    from ratecard_rules._judge.problems import Found, Stated
    from ratecard_rules._judge.values import Shown
    from ratecard_rules._table.model import AtLeastOne, Model

SUGGESTIONS = 20
"""So many unknown fields of one object get a suggestion: looking for one costs far more than finding a problem."""


def entries_of(raw: object, pointer: str) -> tuple[list[Problem], dict[str, Any] | None]:
    """Return what is wrong with the keys of an object, and its entries by plain key; None where it is no object."""
    node = plain(raw)
    if type(node) is not dict:
        return [Problem(code="wrong_type", pointer=pointer, value=show(raw), expected="an object")], None
    problems: list[Problem] = []
    entries: dict[str, Any] = {}
    for key, value in node.items():
        name = plain(key)
        if flaw := key_flaw(key):
            problems.append(not_json(pointer, flaw.what, flaw.hint))
        elif name in entries:
            problems.append(not_json(pointer, f"two keys that are both {describe(show(name))}", "keep one of them"))
        else:
            entries[name] = value
    return sorted(problems, key=str), entries


@frozen(eq=False)
class ObjectRules:
    """What one object may say: the request itself, or the `input` of one model at one revision.

    `places` its fields by name, as the table lists them · `missing` the problem of each required one · `one_of` sets of
    names of which one is needed, each with the problem of none · `priced` the fields that the price depends on ·
    `complete` whether the list of fields is whole.
    """

    pointer: str
    places: dict[str, Place]
    missing: dict[str, Problem]
    one_of: tuple[tuple[frozenset[str], Problem], ...] = ()
    priced: tuple[str, ...] = ()
    complete: bool = True
    page_of: PageOf = no_page

    def problems(self, entries: dict[str, Any], sure: Collection[str] = ()) -> Iterator[Problem]:
        """Yield every problem of the fields of an object: known fields as listed, then unknown ones by name.

        `sure` are fields whose values, where they are not null, are known to be right.
        """
        known = 0
        for name, place in self.places.items():
            if name in entries:
                known += 1
                if name not in sure or entries[name] is None:
                    yield from place.problems(entries[name])
            elif name in self.missing:
                yield self.missing[name]
        if known < len(entries):
            yield from self.unknown(sorted(entries.keys() - self.places.keys()), entries)
        for names, problem in self.one_of:
            if names.isdisjoint(entries):
                yield problem

    def unknown(self, strangers: Sequence[str], entries: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield the problems of the unknown fields of an object.

        Where the list of fields is not whole, an unknown field is a warning, unless it resembles a priced field that
        was left out: nobody may be quoted a default because of a slip of the finger.
        """
        meant = _Meant(self, tuple(strangers[:SUGGESTIONS]), tuple(entries))
        left_out = () if self.complete else [name for name in self.priced if name not in entries]
        for index, name in enumerate(strangers):
            where = pointer_to(self.pointer, name) if len(name) <= LONGEST_KEY else self.pointer
            value = entries[name]
            if flaw := find_flaw(value):
                yield not_json(where + flaw.pointer, flaw.what, flaw.hint)
            refused = self.complete or index >= SUGGESTIONS or (left_out and meant.resembles(name, left_out))
            known = self._refused if refused else self._doubted
            yield Problem.of(known, meant.told, name, where, show(value), pointer=where)

    @cached_property
    def _refused(self) -> Stated:
        page, checked = self.page_of("implied", None)
        return Problem.stated(code="unknown_field", pointer="", evidence="implied", page=page, checked=checked)

    @cached_property
    def _doubted(self) -> Stated:
        return Problem.stated(code="unknown_field", pointer="", severity="warning")


def rules_of(model: Model, catalog: Catalog) -> ObjectRules:
    """Return the rules of the `input` of a model at its newest revision; `catalog` has the pages of its siblings."""
    table = model.latest
    page_of = pages_of(model, catalog)
    places = _places(table.input, INPUT, page_of)
    return ObjectRules(
        INPUT,
        places,
        _missing(places),
        tuple((frozenset(rule.of), _none_of(rule, page_of)) for rule in table.at_least_one),
        tuple(table.priced),
        table.fields_complete,
        page_of,
    )


def _places(fields: Iterable[Field], pointer: str, page_of: PageOf) -> dict[str, Place]:
    return {field.name: Place(field, pointer_to(pointer, field.name), page_of) for field in fields}


def _missing(places: Mapping[str, Place]) -> dict[str, Problem]:
    return {name: place.missing() for name, place in places.items() if place.field.required}


def _none_of(rule: AtLeastOne, page_of: PageOf) -> Problem:
    page, checked = page_of(rule.evidence, None)
    return Problem(
        code="missing_one_of", pointer=INPUT, severity=severity_of(rule.evidence), allowed=rule.of,
        evidence=rule.evidence, page=page, checked=checked,
    )  # fmt: skip


class _Meant:
    """What unknown fields were probably meant to be, worked out only when somebody asks: it takes most of the time."""

    def __init__(self, rules: ObjectRules, names: tuple[str, ...], given: tuple[str, ...]) -> None:
        """Keep the `names` that get a suggestion, and all the names that were `given`."""
        self.rules = rules
        self.names = names
        self.given = given

    def resembles(self, name: str, some: Collection[str]) -> bool:
        """Return whether some of the known fields are among those most like a name."""
        return any(one in some for one in nearest(name, self.rules.places))

    def told(self, name: str, where: str, value: Shown) -> Found:
        """Return the known fields, the likeliest of them, and a move to the one that is surely meant by no other."""
        known = tuple(self.rules.places)
        if name not in self.names:
            return found(value, known)
        targets = self._targets
        target = targets[name]
        if target is None:
            return found(value, known, next(iter(nearest(name, known)), None))
        is_certain = list(targets.values()).count(target) == 1
        fix = Fix(op="move", source=where, path=pointer_to(self.rules.pointer, target)) if is_certain else None
        return found(value, known, target, fix)

    @cached_property
    def _targets(self) -> dict[str, str | None]:
        missing = [name for name in self.rules.places if name not in self.given]
        return {name: surely(name, missing) for name in self.names}


_ENVELOPE = _places(
    # The reference of `POST /v1/jobs/submit`: model and input are required, version is optional (left out: the latest
    # stable one), webhookUrl is optional and must be https.
    (
        Field(name="model", type="string", required=True),
        Field(name="version", type="string"),
        Field(name="input", type="object", required=True),
        Field(name="webhookUrl", type="string", format="https"),
    ),
    "",
    no_page,
)
ENVELOPE = ObjectRules("", _ENVELOPE, _missing(_ENVELOPE))
"""The rules of the request itself, around the model's own `input`; its reference is no page of a model."""


def unknown_model(slug: str, catalog: Catalog) -> Problem:
    """Return the problem of a model that is not in the catalogue; on demand, with the names that resemble it."""
    return Problem.of(_UNKNOWN_MODEL, _models_like, slug, catalog)


_UNKNOWN_MODEL = Problem.stated(code="unknown_model", pointer="/model")


def _models_like(slug: str, catalog: Catalog) -> Found:
    names = tuple(catalog.nearest(slug))
    return found(show(slug), names, names[0] if names else None)
