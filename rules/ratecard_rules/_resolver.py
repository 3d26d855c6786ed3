"""The one resolver: what is wrong with a request, and which priced options it selects.

`validate`, `quote` and every other judge of a request ask `resolve`, so that nothing can be priced that would be
refused, and no other values priced than those that would be sent.

Rule 1  Any Python object may come in. Nothing raises, nothing is changed, nothing depends on the order of keys.
Rule 2  All problems come in one pass and a fixed order: the top level, then `input`; known fields as the table lists
        them, then unknown ones by name.
Rule 3  There is a selection exactly when there is no error.
"""

from __future__ import annotations

from typing import Any, Literal

from attrs import evolve, frozen

from ratecard_rules._catalog import Catalog
from ratecard_rules._objects import check_fields, entries_of
from ratecard_rules._plain import plain
from ratecard_rules._problems import Problem, Report
from ratecard_rules._rules import not_json
from ratecard_rules._tables import Field, Model, Revision, Scalar
from ratecard_rules._wire import find_flaw, shown

# The reference of `POST /v1/jobs/submit`: model and input are required, version is optional (left out: the latest
# stable one), webhookUrl is optional and must be https.
ENVELOPE: tuple[Field, ...] = (
    Field(name="model", type="string", required=True),
    Field(name="version", type="string"),
    Field(name="input", type="object", required=True),
    Field(name="webhookUrl", type="string", format="https"),
)
"""The fields of the request itself, around the model's own `input`."""


@frozen
class Choice:
    """The option that one factor of the price takes: `given` in the request, or the `default`."""

    field: str
    value: Scalar
    origin: Literal["given", "default"]


@frozen(kw_only=True)
class Resolution:
    """What a request comes to: its model, every problem, and, without an error, the selected options.

    `selection` holds one choice for each factor, in the order of the formula; `undetermined` the priced fields that
    were left out and have no known default.
    """

    model: Model | None = None
    problems: tuple[Problem, ...] = ()
    selection: tuple[Choice, ...] = ()
    undetermined: tuple[str, ...] = ()

    @property
    def report(self) -> Report:
        """The problems as a report."""
        return Report(self.problems)


def resolve(request: object, catalog: Catalog, *, strict: bool = False) -> Resolution:
    """Judge a request and select its priced options. Never raises, whatever the request is."""
    problems, envelope = entries_of(request, "")
    if envelope is None:
        return Resolution(problems=tuple(problems))
    problems += check_fields(ENVELOPE, envelope, "")
    model = _model_of(envelope, catalog, problems)
    if type(plain(envelope.get("version"))) is str:
        problems.append(_version_pinned(envelope["version"]))
    given = _check_input(envelope, model, problems)
    if strict:
        problems = [_strictly(problem) for problem in problems]
    if model is None or any(problem.severity == "error" for problem in problems):
        return Resolution(model=model, problems=tuple(problems))
    selection, undetermined = _select(model.latest, given)
    return Resolution(model=model, problems=tuple(problems), selection=selection, undetermined=undetermined)


def validate(request: object, *, catalog: Catalog | None = None, strict: bool = False) -> Report:
    """Return every problem of a request, without sending it.

    `strict` makes errors of the warnings that rest on uncertain knowledge. Never raises, whatever the request is.

    >>> request = {"model": "kling-plus/kling-o3-standard/image-to-video",
    ...            "input": {"image_url": "https://example.com/cat.jpg", "duration": 5}}
    >>> print(validate(request).errors[0].message)
    expected a string, got the number 5; use one of "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14",
    "15"; did you mean "5"?
    """
    return resolve(request, _or_bundled(catalog), strict=strict).report


def _or_bundled(catalog: Catalog | None) -> Catalog:
    return Catalog.bundled() if catalog is None else catalog


def _model_of(envelope: dict[str, Any], catalog: Catalog, problems: list[Problem]) -> Model | None:
    slug = plain(envelope.get("model"))
    model = catalog.get(slug) if type(slug) is str else None
    if model is None and type(slug) is str:
        names = tuple(catalog.nearest(slug))
        suggestion = names[0] if names else None
        problems.append(
            Problem(code="unknown_model", pointer="/model", value=shown(slug), allowed=names, suggestion=suggestion)
        )
    return model


def _check_input(envelope: dict[str, Any], model: Model | None, problems: list[Problem]) -> dict[str, Any]:
    """Add the problems of `input` and return its entries; without a model only what JSON cannot carry is judged."""
    raw = envelope.get("input")
    if type(plain(raw)) is not dict:
        return {}
    if model is None:
        flaw = find_flaw(raw)
        problems += [not_json("/input" + flaw.pointer, flaw.what, flaw.hint)] if flaw else []
        return {}
    found, entries = entries_of(raw, "/input")
    revision = model.latest
    problems += found
    problems += check_fields(
        revision.input, entries or {}, "/input", complete=revision.fields_complete, priced=revision.priced
    )
    return entries or {}


def _version_pinned(version: object) -> Problem:
    return Problem(code="version_pinned", pointer="/version", severity="warning", value=shown(version))


def _strictly(problem: Problem) -> Problem:
    return problem if problem.code == "version_pinned" else evolve(problem, severity="error")


def _select(revision: Revision, given: dict[str, Any]) -> tuple[tuple[Choice, ...], tuple[str, ...]]:
    """Return the choice for each factor, in the order of the formula, and the factors that have none."""
    choices: list[Choice] = []
    undetermined: list[str] = []
    for name in (factor.field for factor in revision.price.factors):
        field = revision.fields[name]
        if name in given:
            choices.append(Choice(name, _option(field, plain(given[name])), "given"))
        elif field.default is not None:
            choices.append(Choice(name, field.default, "default"))
        else:
            undetermined.append(name)
    return tuple(choices), tuple(undetermined)


def _option(field: Field, value: object) -> Scalar:
    """Return the table's own spelling of a given option: JSON has one kind of number, so 1.0 is the option 1."""
    return next(option for option in field.allowed or () if option == value)
