"""The one resolver: what is wrong with a request, and which priced options it selects.

`validate`, `quote` and every other judge of a request ask `resolve`, so that nothing can be priced that would be
refused, and no other values priced than those that would be sent.

Rule 1  Any Python object may come in. Nothing raises, nothing is changed, nothing depends on the order of keys.
Rule 2  All problems come in one pass and a fixed order: the top level, then `input`; known fields as the table lists
        them, then unknown ones by name.
Rule 3  Options are selected exactly when there is no error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from ratecard_rules._catalog import Catalog, bundled, catalog_at
from ratecard_rules._fast.path import lane_of, quick_look
from ratecard_rules._json import plain
from ratecard_rules._judge.fields import ENVELOPE, entries_of, unknown_model
from ratecard_rules._judge.problems import Problem, Report
from ratecard_rules._judge.rules import INPUT, not_json
from ratecard_rules._judge.select import Choice, select
from ratecard_rules._judge.values import find_flaw, show
from ratecard_rules._table.model import Model, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@frozen(kw_only=True)
class Resolution:
    """What a request comes to: its model, every problem, and, without an error, the selected options.

    `selection` holds one choice for each factor that has one, in the order of the formula. The others are
    `undetermined`: left out without a known default; `unpriced`: sent with a value that no page prices; or
    `unmeasured`: a quantity that cannot be sent and was not measured, or not as an option. `unavailable` says that the
    model cannot be used at the instant of the catalogue: that is one of the errors, and the reason for no price.
    """

    model: Model | None = None
    problems: tuple[Problem, ...] = ()
    selection: tuple[Choice, ...] = ()
    undetermined: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    unavailable: Unavailable | None = None

    @property
    def report(self) -> Report:
        """The problems as a report."""
        return Report(self.problems)


def resolve(
    request: object, catalog: Catalog, *, strict: bool = False, measured: Mapping[str, object] | None = None
) -> Resolution:
    """Judge a request and select its priced options. Never raises, whatever the request is.

    `measured` holds the options of priced quantities that cannot be sent, by name.
    """
    problems, envelope = entries_of(request, "")
    if envelope is None:
        return Resolution(problems=tuple(problems))
    model = _model_of(envelope, catalog, problems)
    unavailable = None if model is None else model.unavailable_at(catalog.instant)
    if model is not None and unavailable is not None:
        problems.append(_unavailable(model, unavailable))
    problems += ENVELOPE.problems(envelope)
    if "version" in envelope and not any(problem.pointer == "/version" for problem in problems):
        problems.append(_version_pinned(envelope["version"]))
    found, given = _check_input(envelope, model, catalog)
    problems += found
    if strict:
        problems = [_strictly(problem) for problem in problems]
    if model is None or any(problem.severity == "error" for problem in problems):
        return Resolution(model=model, problems=tuple(problems), unavailable=unavailable)
    selection, without = select(model, given, measured or {})
    return Resolution(
        model=model,
        problems=tuple(problems),
        selection=selection,
        undetermined=without.get("undetermined", ()),
        unpriced=without.get("unpriced", ()),
        unmeasured=without.get("unmeasured", ()),
    )


def validate(
    request: object, *, catalog: Catalog | None = None, at: date | None = None, strict: bool = False
) -> Report:
    """Return every problem of a request, without sending it.

    `catalog` holds the tables (the bundled ones by default) · `at` the instant whose rules are asked for: a datetime
    with its offset, or a date for its first instant, UTC; left out, the newest rules · `strict` makes errors of the
    warnings that rest on uncertain knowledge. Never raises, whatever the request is; a naive `at` is a ValueError.

    >>> request = {"model": "kling-plus/kling-o3-standard/image-to-video",
    ...            "input": {"image_url": "https://example.com/cat.jpg", "duration": 5}}
    >>> print(validate(request).errors[0].message)
    expected a string, got the number 5; use one of "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14",
    "15"; did you mean "5"?
    """
    tables = bundled() if catalog is None and at is None else catalog_at(catalog, at)
    looked = None if strict else quick_look(request, tables)
    if looked is None:
        return resolve(request, tables, strict=strict).report
    return Report(looked) if type(looked) is tuple else NO_PROBLEMS


NO_PROBLEMS = Report()
"""The report of every request in which nothing is wrong."""


def _model_of(envelope: dict[str, Any], catalog: Catalog, problems: list[Problem]) -> Model | None:
    slug = plain(envelope.get("model"))
    model = catalog.get(slug) if type(slug) is str else None
    if model is None and type(slug) is str:
        problems.append(unknown_model(slug, catalog))
    return model


def _unavailable(model: Model, code: Unavailable) -> Problem:
    since = model.retired if code == "retired" else model.revisions[0].effective
    expected = None if since is None else since.isoformat()
    return Problem(code=code, pointer="/model", value=model.model, expected=expected, evidence="documented")


def _check_input(
    envelope: dict[str, Any], model: Model | None, catalog: Catalog
) -> tuple[list[Problem], dict[str, Any]]:
    """Return the problems of `input` and its entries; without a model only what JSON cannot carry is judged."""
    raw = envelope.get("input")
    if type(plain(raw)) is not dict:
        return [], {}
    if model is None:
        flaw = find_flaw(raw)
        return [not_json(INPUT + flaw.pointer, flaw.what, flaw.hint)] if flaw else [], {}
    problems, found = entries_of(raw, INPUT)
    entries = found or {}
    problems += lane_of(model, catalog).rules.problems(entries)
    return problems, entries


def _version_pinned(version: object) -> Problem:
    return Problem(code="version_pinned", pointer="/version", severity="warning", value=show(version))


def _strictly(problem: Problem) -> Problem:
    return problem if problem.code == "version_pinned" else evolve(problem, severity="error")
