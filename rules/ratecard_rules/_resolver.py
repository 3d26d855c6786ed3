"""The resolver: what is wrong with a request, and which priced options it selects.

`validate`, `quote` and everything else that judges a request call `resolve`. So a request that would be refused is
never priced, and a price is always that of the values that would be sent.

Rule 1  A request may be any Python object. Nothing raises, nothing is modified, and the order of keys does not matter.
Rule 2  All problems are reported in one pass and in a fixed order: the top level, then `input` (known fields in the
        order of the table, then unknown ones by name), then `measured`.
Rule 3  Options are selected if and only if there is no error.
Rule 4  The compiled checks of `_fast` may answer first. Whatever they do not know is judged here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ratecard_rules._catalog import Catalog, PerRevision, catalog_at
from ratecard_rules._fast.path import FastPaths
from ratecard_rules._json import json_type, plain
from ratecard_rules._judge.fields import REQUEST, ObjectRules, entries_of, measured_problems, rules_of, unknown_model
from ratecard_rules._judge.problems import Omitted, Problem, Report
from ratecard_rules._judge.rules import INPUT, not_json
from ratecard_rules._judge.select import Choice, select
from ratecard_rules._judge.values import show, unserializable
from ratecard_rules._table.model import Model, Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from ratecard_rules._fast.path import FastPath
    from ratecard_rules._judge.problems import Found


@frozen(kw_only=True, slots=False)
class Resolution:
    """The result of judging a request.

    Attributes:
        model: The model, if the catalogue has it.
        report: Every problem.
        selection: The choice for each factor that has one, in the order of the formula; empty if there is an error.
        undetermined: The priced fields that were left out and have no known default.
        unpriced: The priced fields whose value has no documented price.
        unmeasured: The measured quantities that were not passed in `measured`.
        unavailable: Why the model is unavailable at the instant of the catalogue; this is also one of the errors.
    """

    model: Model | None = None
    report: Report = field(factory=Report)
    selection: tuple[Choice, ...] = ()
    undetermined: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    unavailable: Unavailable | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of the report."""
        return self.report.problems


def resolve(
    request: object, catalog: Catalog, *, strict: bool = False, measured: Mapping[str, object] | None = None
) -> Resolution:
    """Judge a request and select its priced options. Never raises, whatever the request is.

    `measured` holds the options of priced quantities that are not part of the request, by name. Raises TypeError if it
    is not a mapping.
    """
    if measured is not None and not isinstance(measured, Mapping):
        raise TypeError(f"measured must be a mapping of options by name, got {type(measured).__name__}")
    report, model, given, unavailable = _judge(request, catalog, measured, strict=strict)
    if model is None or not report.ok:
        return Resolution(model=model, report=report, unavailable=unavailable)
    return _selected(model, report, given, measured or {})


def resolve_suspects(
    catalog: Catalog, path: FastPath[Any] | None, request: Any, suspects: tuple[str, ...] = ()
) -> Resolution:
    """Judge a request as `resolve` does. If it has a fast path, only the fields in `suspects` are in doubt."""
    if path is None:
        return resolve(request, catalog)
    report, given = _judge_suspects(catalog, path, request, suspects)
    return _selected(path.model, report, given, {}) if report.ok else Resolution(model=path.model, report=report)


def _selected(model: Model, report: Report, given: dict[str, Any], measured: Mapping[str, object]) -> Resolution:
    """Return the resolution of a request without errors."""
    selection, without = select(model, given, measured)
    return Resolution(
        model=model,
        report=report,
        selection=selection,
        undetermined=without.get("undetermined", ()),
        unpriced=without.get("unpriced", ()),
        unmeasured=without.get("unmeasured", ()),
    )


def validate(
    request: object, *, catalog: Catalog | None = None, at: date | None = None, strict: bool = False
) -> Report:
    """Return every problem of a request, without sending it. The report is truthy if there is no error.

    Args:
        request: The request, as it would be sent. It may be any object: invalid requests never raise.
        catalog: The tables; the bundled ones by default.
        at: The instant whose rules apply: an aware datetime, or a date for its first instant, UTC. The rules in force
            now by default. Raises ValueError for a naive datetime.
        strict: Treat warnings about uncertain rules as errors.

    >>> request = {"model": "kling-plus/kling-o3-standard/image-to-video",
    ...            "input": {"image_url": "https://example.com/cat.jpg", "duration": 5}}
    >>> print(validate(request).errors[0].message)
    expected a string, got the number 5; use one of "3", "4" … "15"; did you mean "5"?
    """
    if catalog is None and at is None and not strict and type(request) is dict:
        try:
            for key in request:
                if type(key) is not str:
                    break
            else:
                slug = request.get("model")
                if type(slug) is str and slug in _KNOWN:
                    check, find, judge = _KNOWN[slug]
                    report = check(request, find, judge)
                    if report is not None:
                        return report
        except RuntimeError:  # another thread is changing the request
            pass
    tables = catalog_at(catalog, at)
    return _judge(request, tables, strict=True)[0] if strict else _PATHS.ask(request, tables)


def shared_report(report: Report) -> Report | None:
    """Return the report on other requests with the same warnings; None if there are errors, or values are repeated."""
    is_shared = report.ok and all(problem.value is None for problem in report)
    return Report(report.problems) if is_shared else None


def _report(catalog: Catalog, path: FastPath[Any] | None, request: Any, suspects: tuple[str, ...] = ()) -> Report:
    return _judge(request, catalog)[0] if path is None else _judge_suspects(catalog, path, request, suspects)[0]


_PATHS: FastPaths[Report] = FastPaths(_report, shared_report, lambda *_: Report())
_KNOWN = _PATHS.bundled
_RULES: PerRevision[ObjectRules] = PerRevision(rules_of)

_REQUIRED = frozenset({"model", "input"})
_OPTIONAL = frozenset({"version", "webhookUrl"})
_DOUBTFUL = {
    (True, True): _OPTIONAL,
    (True, False): _OPTIONAL | {"input"},
    (False, True): _OPTIONAL | {"model"},
    (False, False): _OPTIONAL | _REQUIRED,
}
"""The fields of a request to check, by whether its model is an ASCII string and its input is a dict."""


def _judge_suspects(
    catalog: Catalog, path: FastPath[Any], request: dict[str, Any], suspects: tuple[str, ...]
) -> tuple[Report, dict[str, Any]]:
    """Return every problem of a request, and its input, if the check of its fast path doubts these fields alone."""
    problems: list[Found] = []
    raw = request.get("input")
    is_dict = type(raw) is dict
    if len(request) > len(_REQUIRED) or not is_dict:
        problems, envelope = entries_of(request, "")
        problems += _problems_around(envelope or {}, _DOUBTFUL[True, is_dict])
    given: dict[str, Any] = {}
    if is_dict or json_type(raw) is dict:
        problems_of_keys, entries = entries_of(raw, INPUT)
        given = entries or {}
        if path.rules is None:
            path.rules = _RULES.get(path.model, catalog)
        problems += problems_of_keys
        problems += path.rules.problems(given, path.doubtful.union(suspects) if is_dict else None)
    return Report.of(problems, partial(validate, catalog=catalog)), given


def _judge(
    request: object, catalog: Catalog, measured: Mapping[str, object] | None = None, *, strict: bool = False
) -> tuple[Report, Model | None, dict[str, Any], Unavailable | None]:
    """Return every problem of a request, its model, its input, and why the model is unavailable."""
    problems, envelope = entries_of(request, "")
    if envelope is None:
        return Report.of(problems), None, {}, None
    slug, raw = plain(envelope.get("model")), envelope.get("input")
    is_object = type(raw) is dict or json_type(raw) is dict
    model = catalog.get(slug) if type(slug) is str else None
    unavailable = None if model is None else catalog.unavailable(model)
    if model is not None and unavailable is not None:
        problems.append(_unavailable(model, unavailable))
    elif model is None and type(slug) is str:
        problems.append(unknown_model(slug, catalog))
    doubtful = _DOUBTFUL[type(slug) is str and slug.isascii(), type(raw) is dict]
    if doubtful is not _OPTIONAL or len(envelope) > len(_REQUIRED):
        problems += _problems_around(envelope, doubtful)
    given: dict[str, Any] = {}
    if is_object and model is None:  # without a model its input is only checked for being JSON
        if flaw := unserializable(raw):
            problems.append(not_json(INPUT + flaw.pointer, flaw.what, flaw.hint))
    elif is_object and model is not None:
        problems_of_keys, entries = entries_of(raw, INPUT)
        given = entries or {}
        problems += problems_of_keys
        problems += _RULES.get(model, catalog).problems(given)
    if model is not None and measured:
        problems += measured_problems(model, measured)
    report = Report.of(map(_strictly, problems) if strict else problems, partial(validate, catalog=catalog))
    return report, model, given, unavailable


def _problems_around(envelope: dict[str, Any], doubtful: Collection[str]) -> list[Found]:
    """Return the problems of the request itself, without its input."""
    problems = REQUEST.problems(envelope, doubtful)
    if "version" in envelope and not any(getattr(found, "pointer", "") == "/version" for found in problems):
        version = show(envelope["version"])
        problems.append(Problem(code="version_pinned", pointer="/version", severity="warning", value=version))
    return problems


def _unavailable(model: Model, code: Unavailable) -> Problem:
    since = model.retired if code == "retired" else model.revisions[0].effective
    expected = None if since is None else since.isoformat()
    return Problem(code=code, pointer="/model", value=model.slug, expected=expected, evidence="documented")


def _strictly(found: Found) -> Found:
    if isinstance(found, Omitted):
        return Omitted("error", found.number)
    return found if found.code == "version_pinned" else found.having(severity="error")
