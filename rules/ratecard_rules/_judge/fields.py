"""The fields of an object: known, missing and unknown ones.

The request itself and its `input` are judged by the same code.
"""

from __future__ import annotations

from functools import cached_property, partial
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from ratecard_rules._catalog import with_prices
from ratecard_rules._json import entries, is_json_text, json_type, plain
from ratecard_rules._judge.patch import Fix, pointer_to
from ratecard_rules._judge.problems import MAX_PROBLEMS, Advice, Omitted, Problem, severity_of
from ratecard_rules._judge.provenance import no_page, pages_of
from ratecard_rules._judge.rules import INPUT, FieldRules, PageOf, not_json
from ratecard_rules._judge.values import LONGEST_KEY, show, unserializable, unserializable_key
from ratecard_rules._similar import likely, similar, synonyms
from ratecard_rules._table.model import Field
from ratecard_rules._text import describe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ratecard_rules._catalog import Catalog
    from ratecard_rules._judge.problems import Found
    from ratecard_rules._judge.values import Shown
    from ratecard_rules._table.model import AtLeastOne, Model, Revision

SUGGESTIONS = 20
"""Maximum number of unknown fields of an object that get a suggestion, because suggestions are expensive."""

LISTED = 3
"""Maximum number of unknown fields of an object whose problems list the known ones."""


def entries_of(raw: object, pointer: str) -> tuple[list[Found], dict[str, Any] | None]:
    """Return the problems of the keys of an object, and its entries by plain key; None if it is not an object."""
    if type(raw) is dict:
        copied = raw.copy()
        for key in copied:
            if type(key) is not str or not key.isascii():
                break
        else:  # nearly always
            return [], copied
    elif json_type(raw) is not dict:
        hint = "parse it with json.loads first" if is_json_text(raw) else None
        wrong = Problem(code="wrong_type", pointer=pointer, value=show(raw), expected="an object", suggestion=hint)
        return [wrong], None
    problems: list[Found] = []
    by_key: dict[str, Any] = {}
    for key, value in entries(raw):
        if type(key) is str and key.isascii() and key not in by_key:
            by_key[key] = value
        elif flaw := unserializable_key(key):
            problems.append(not_json(pointer, *flaw))
        elif (name := plain(key)) in by_key:
            problems.append(not_json(pointer, f"two keys that are both {describe(name)}", "keep one of them"))
        else:
            by_key[name] = value
    return sorted(problems, key=str) if problems else [], by_key


class ObjectRules:
    """The rules of an object: the request itself, or the `input` of a revision of a model.

    Attributes:
        pointer: Where the object is in the request.
        fields: The rules of its fields by name, in the order of the table.
        missing: The problem for each required field if it is missing.
        one_of: Sets of fields of which one is required, each with the problem if all are missing.
        priced: The fields that the price depends on.
        complete: Whether the list of fields is complete.
        unknown: The problem for an unknown field if it is an error.
    """

    def __init__(self, pointer: str, fields: Iterable[Field], page_of: PageOf, table: Revision | None = None) -> None:
        """Collect the rules of some fields. `table` has the rules that concern several of them, if there are any."""
        self.pointer = pointer
        self.fields = {field.name: FieldRules(field, pointer_to(pointer, field.name), page_of) for field in fields}
        required = {name: rules for name, rules in self.fields.items() if rules.field.required}
        self.missing = {
            name: rules.template("missing_field", "required", rules.expected) for name, rules in required.items()
        }
        self.one_of = [(frozenset(rule.of), _none_of(rule, page_of)) for rule in (table.at_least_one if table else ())]
        self.priced = frozenset(table.priced if table else ())
        self.complete = table is None or table.fields_complete
        page, checked = page_of("implied", None)
        self.unknown = Problem.template(
            code="unknown_field", pointer=pointer, evidence="implied", page=page, checked=checked
        )

    def problems(self, given: dict[str, Any], doubtful: Collection[str] | None = None) -> list[Found]:
        """Return every problem of the fields of an object: known fields in their order, then unknown ones by name.

        If `doubtful` is passed, the values of other fields are not checked unless they are null.
        """
        checked = self.fields if doubtful is None else doubtful
        problems: list[Found] = []
        known = 0
        for name, rules in self.fields.items():
            if name in given:
                known += 1
                if name in checked or given[name] is None:
                    problems += rules.problems(given[name])
            elif name in self.missing:
                problems.append(self.missing[name])
        if known < len(given):
            problems += self._unknown(given)
        for names, problem in self.one_of:
            if names.isdisjoint(given):
                problems.append(problem)
        return problems

    def _unknown(self, given: Mapping[str, Any]) -> Iterator[Found]:
        """Yield the problems of the unknown fields of an object.

        If the list of fields is not complete, an unknown field is a warning, unless it is similar to a priced field
        that was left out: a typo must not lead to a quote for the default.
        """
        unknown = given.keys() - self.fields.keys()
        listed = nsmallest(MAX_PROBLEMS, unknown)
        left_out = set() if self.complete else self.priced.difference(given)
        meant = _Meant(self, tuple(given))
        for place, name in enumerate(listed):
            pointer = pointer_to(self.pointer, name) if len(name) <= LONGEST_KEY else self.pointer
            value = given[name]
            shown = show(value)
            if place < SUGGESTIONS:
                meant.values[name] = value if type(value) is str else shown
            if flaw := unserializable(value):
                yield not_json(pointer + flaw.pointer, flaw.what, flaw.hint)
            is_refused = (
                self.complete
                or place >= SUGGESTIONS
                or (left_out and not left_out.isdisjoint(similar(name, self.fields)))
            )
            problem = self.unknown if is_refused else _UNCERTAIN
            yield problem.lazily(partial(meant.advise, name, pointer), shown, pointer)
        if (others := len(unknown) - MAX_PROBLEMS) > 0:
            yield Omitted("error", others)


_UNCERTAIN = Problem.template(code="unknown_field", pointer="", severity="warning")
"""The problem for an unknown field of an object whose list of fields is not complete."""


def rules_of(model: Model, catalog: Catalog) -> ObjectRules:
    """Return the rules of the `input` of a model at its newest revision. `catalog` has the pages of its siblings."""
    return ObjectRules(INPUT, model.latest.input, pages_of(model, catalog), model.latest)


def _none_of(rule: AtLeastOne, page_of: PageOf) -> Problem:
    page, checked = page_of(rule.evidence, None)
    return Problem(
        code="missing_one_of", pointer=INPUT, severity=severity_of(rule.evidence), allowed=rule.of,
        evidence=rule.evidence, page=page, checked=checked,
    )  # fmt: skip


class _Meant:
    """What the unknown fields of an object were probably meant to be, computed on demand.

    Attributes:
        rules: The rules of the object.
        given: The names of the fields that the object has.
        values: The values of the unknown fields that get a suggestion, by name.
    """

    def __init__(self, rules: ObjectRules, given: tuple[str, ...]) -> None:
        self.rules = rules
        self.given = given
        self.values: dict[str, Shown] = {}

    def advise(self, name: str, pointer: str) -> Advice:
        """Return the known fields, the field that was probably meant, and the fix if that is certain."""
        known = tuple(self.rules.fields) if name in list(self.values)[:LISTED] else None
        if name not in self.values:
            return Advice(known)
        target = self._targets[name]
        if target is None:
            return Advice(known, next(iter(similar(name, self.rules.fields)), None))
        is_certain = list(self._targets.values()).count(target) == 1
        fix = Fix(op="move", source=pointer, path=pointer_to(self.rules.pointer, target)) if is_certain else None
        return Advice(known, target, fix)

    @cached_property
    def _targets(self) -> dict[str, str | None]:
        """The field that was certainly meant by each unknown one: of similar name, or the only synonym that fits."""
        targets = {}
        missing = [name for name in self.rules.fields if name not in self.given]
        for name, value in self.values.items():
            fitting = [other for other in synonyms(name, missing) if self._fits(other, value)]
            targets[name] = likely(name, missing) or (fitting[0] if len(fitting) == 1 else None)
        return targets

    def _fits(self, name: str, value: Shown) -> bool:
        """Return whether a value is valid in a field, perhaps with fixes, and the field does not take just any text."""
        rules = self.rules.fields[name]
        if rules.field.type == "string" and not (rules.field.allowed or rules.field.format):
            return False
        problems = rules.problems_of_value(value)
        return all(isinstance(found, Problem) and (found.fix or found.severity == "warning") for found in problems)


# From the reference of `POST /v1/jobs/submit`: model and input are required; version is optional and defaults to the
# latest stable one; webhookUrl is optional and must be https.
REQUEST_FIELDS = (
    Field(name="model", type="string", required=True),
    Field(name="version", type="string"),
    Field(name="input", type="object", required=True),
    Field(name="webhookUrl", type="string", format="https"),
)
"""The fields of the request itself."""

REQUEST = ObjectRules("", REQUEST_FIELDS, no_page)
"""The rules of the request itself. They come from the API reference, not from the page of a model."""


def measured_problems(model: Model, measured: Mapping[str, object]) -> Iterator[Problem]:
    """Yield the problems of the options in `measured`: unknown names, and values that are not allowed."""
    known = {field.name: field for field in model.latest.measured}
    for name, value in measured.items():
        pointer = pointer_to("/measured", str(name))
        if name in known:  # always an error, since other values have no documented price
            problems = FieldRules(known[name], pointer, no_page).problems_of_value(value)
            yield from (problem.having(severity="error") for problem in problems if isinstance(problem, Problem))
            continue
        expected = "a field of the request" if name in model.latest.fields else None
        yield Problem(
            code="unknown_measured", pointer=pointer, value=show(name), expected=expected, allowed=tuple(known)
        )


def unknown_model(slug: str, catalog: Catalog) -> Problem:
    """Return the problem of a model that is not in the catalogue. Similar slugs are looked up on demand."""
    return _UNKNOWN_MODEL.lazily(partial(_similar_models, slug, catalog), show(slug), "/model")


_UNKNOWN_MODEL = Problem.template(code="unknown_model", pointer="/model")


def _similar_models(slug: str, catalog: Catalog) -> Advice:
    names = tuple(catalog.nearest(slug))
    return Advice(names, next(iter(names), None), expected=with_prices(names, catalog) or None)
