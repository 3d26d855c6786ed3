"""The commands `quote`, `range` and `validate`. Answers go to standard output, everything else to standard error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from ratecard import ANY, quote_range
from ratecard import quote as quote_of
from ratecard._cli import _answers
from ratecard._cli._input import BadJson
from ratecard._cli._options import answers, budget_option, catalog_options, command, measured_option, takes_requests
from ratecard._cli._output import Exit, Result, json_text, stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from fractions import Fraction

    from ratecard import Catalog, QuoteRange
    from ratecard._cli._input import Requests
    from ratecard._cli._output import Line
    from ratecard_rules import Model, Revision


@command(
    "ratecard quote kling-plus/kling-o3-standard/image-to-video \\",
    "    image_url=https://example.com/cat.jpg duration=10 has_sound=true",
    "ratecard quote requests.jsonl --max-usd 20 --json",
)
@takes_requests
@measured_option
@budget_option("Exit with 5 if the total exceeds AMOUNT.")
@answers()
@catalog_options
def quote(requests: Requests, *, max_usd: Fraction | None, **options: Any) -> Result:
    """Quote the exact price of one or more requests."""
    return _priced(requests, _answers.QUOTE, quote_of, max_usd=max_usd, **options)


def _priced(
    requests: Requests,
    amounts: Mapping[str, str],
    ask: Callable[..., Any],
    *,
    max_usd: Fraction | None = None,
    **options: Any,
) -> Result:
    """Return the prices of requests, which `ask` returns for each."""
    answers = [_answers.price(entry, ask, **options) for entry in requests.entries]
    over = _answers.over_budget(_answers.totals(answers, amounts)[0], max_usd)
    notes = (line for answer in answers for line in _answers.problem_lines(answer, many=requests.many))
    code = _answers.worst(answers) or (Exit.OVER_BUDGET if over else Exit.OK)
    if requests.many:
        batch = answers, amounts
        return Result(lambda: _answers.batch_data(*batch), lambda: [_answers.batch_table(*batch)], notes, code, over)
    (answer,) = answers
    return Result(answer.to_dict, lambda: _answers.price_lines(answer.price) if answer.price else [], notes, code, over)


@command(
    "ratecard range kling-plus/kling-o3-standard/image-to-video \\",
    "    image_url=https://example.com/cat.jpg --any duration --any has_sound",
    "ratecard range requests.jsonl --any duration --json",
    name="range",
)
@takes_requests
@measured_option
@click.option(
    "--any", "open_fields", metavar="FIELD", multiple=True, help="Leave a priced field open; may be repeated."
)
@answers()
@catalog_options
def range_(requests: Requests, *, catalog: Catalog, open_fields: tuple[str, ...], **options: Any) -> Result:
    """Quote the lowest and highest price of requests with open fields.

    Fields named with --any are open, and so are priced fields that are left out and have no known default. In a FILE,
    --any applies to the requests whose price depends on the field.
    """
    entries = [*requests.entries]
    models = [_model_of(entry.request, catalog) for entry in entries]
    _check_open(open_fields, [model.latest for model in models if model is not None])
    return _priced(
        evolve(requests, entries=iter(entries)),
        _answers.RANGE,
        _ranged,
        open_fields=open_fields,
        catalog=catalog,
        **options,
    )


def _ranged(request: Any, *, open_fields: Iterable[str], catalog: Catalog, **options: Any) -> QuoteRange:
    """Return the range of a request in which those of the named fields are open that are sent and priced."""
    model = _model_of(request, catalog)
    if model is not None and isinstance(request.get("input"), dict):
        # Measured quantities are not part of the request, and are open by default.
        sent = model.latest.fields.keys() & model.latest.priced.keys()
        request = {**request, "input": request["input"] | {name: ANY for name in open_fields if name in sent}}
    return quote_range(request, catalog=catalog, **options)


def _model_of(request: object, catalog: Catalog) -> Model | None:
    slug = request.get("model") if isinstance(request, dict) else None
    return catalog.get(slug) if isinstance(slug, str) else None


def _check_open(open_fields: Iterable[str], revisions: Sequence[Revision]) -> None:
    """End the command if no price depends on an open field."""
    priced = dict.fromkeys(name for revision in revisions for name in revision.priced)
    unknown = [name for name in open_fields if name not in priced]
    if unknown and revisions:
        reason = f"no price depends on this field; priced fields: {', '.join(priced) or 'none'}"
        stop(Exit.INVALID, *(f"--any {json.dumps(name)}: {reason}" for name in unknown), code="unknown_field")


@command(
    "ratecard validate kling-plus/kling-o3-standard/image-to-video duration:=5",
    "ratecard validate request.json --fix > fixed.json",
)
@takes_requests
@click.option(
    "--fix", is_flag=True, help="Fix what can be fixed and print the request as JSON, or several as JSON Lines."
)
@answers()
@catalog_options
def validate(requests: Requests, *, fix: bool, **options: Any) -> Result:
    """Validate requests, and optionally fix them."""
    if fix:
        return _fixed(requests, **options)
    answers = [_answers.check(entry, **options) for entry in requests.entries]
    return Result(
        lambda: {"results": _answers.results(answers)} if requests.many else answers[0].to_dict(),
        lambda: (line for answer in answers for line in _answers.verdict_lines(answer, many=requests.many)),
        exit=_answers.worst(answers),
    )


def _fixed(requests: Requests, **options: Any) -> Result:
    """Return the fixed requests, and as notes what was fixed and what is still wrong."""
    fixed = [_answers.fix(entry, **options) for entry in requests.entries]
    answers = [_answers.check(entry, **options) for entry, _ in fixed]

    def data() -> dict[str, Any]:
        rows = _answers.results(answers) if requests.many else [answers[0].to_dict()]
        for row, (entry, fixes) in zip(rows, fixed, strict=True):
            row["fixes"] = [fix.to_dict() for fix in fixes]
            row["request"] = None if isinstance(entry.request, BadJson) else entry.request
        return {"results": rows} if requests.many else rows[0]

    def text() -> Iterator[Line]:
        for entry, _ in fixed:
            if not isinstance(entry.request, BadJson):
                document = json_text(entry.request, indent=None if requests.many else 2)
                yield from ((line, "") for line in document.split("\n"))

    def notes() -> Iterator[Line]:
        for (entry, fixes), answer in zip(fixed, answers, strict=True):
            yield from _answers.placed(_answers.fix_lines(fixes), entry, many=requests.many)
            yield from _answers.problem_lines(answer, many=requests.many)

    return Result(data, text, notes(), _answers.worst(answers))
