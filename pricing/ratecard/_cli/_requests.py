"""The commands `quote`, `range` and `validate`. Answers go to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ratecard import ANY, Quote, QuoteRange, quote_range
from ratecard import quote as quote_of
from ratecard._cli import _answers
from ratecard._cli._answers import Exit
from ratecard._cli._input import BadJson
from ratecard._cli._options import (
    budget,
    catalog_options,
    command,
    json_option,
    measured_option,
    strict_option,
    takes_requests,
)
from ratecard._cli._output import say, say_json, show, stop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from ratecard import Catalog, Fix
    from ratecard._cli._answers import Answer
    from ratecard._cli._input import Entry, Requests
    from ratecard_rules import Model, Revision


@command(
    "ratecard quote kling-plus/kling-o3-standard/image-to-video \\",
    "    image_url=https://example.com/cat.jpg duration=10 has_sound=true",
    "ratecard quote -f requests.jsonl --max-usd 20 --json",
)
@takes_requests
@strict_option
@measured_option
@click.option("--max-usd", metavar="AMOUNT", callback=budget, help="Exit with 5 if the total exceeds AMOUNT.")
@json_option
@catalog_options
def quote(
    requests: Requests,
    *,
    catalog: Catalog,
    strict: bool,
    measured: dict[str, object],
    max_usd: Fraction | None,
    as_json: bool,
) -> None:
    """Quote the exact price of one or more requests.

    KEY=TEXT sets a field to text, KEY:=JSON to any JSON value. A FILE holds one request, an array of requests, or JSON
    Lines.
    """
    ask = partial(quote_of, catalog=catalog, strict=strict, measured=measured)
    answers = [_answers.price(entry, catalog, ask, strict=strict) for entry in requests.entries]
    (total,) = _answers.totals(answers, _answers.QUOTE)
    over = _answers.over_budget(total, max_usd)
    _finish(answers, _answers.QUOTE, many=requests.many, as_json=as_json, over=over)


def _finish(
    answers: Sequence[Answer], amounts: Mapping[str, str], *, many: bool, as_json: bool, over: str | None = None
) -> NoReturn:
    """Write the answers and exit with the exit code that takes precedence."""
    worst = _answers.worst(answers)
    if as_json:
        head = {"ok": not (over or worst), **({"code": "over_budget", "message": over} if over else {})}
        say_json(head | (_answers.batch_data(answers, amounts) if many else answers[0].to_dict()) | head)
    else:
        for answer in answers:
            say(_answers.problem_lines(answer, many=many), err=True)
        if many:
            show(_answers.batch_table(answers, amounts))
        elif isinstance(answers[0].outcome, Quote | QuoteRange):
            say(_answers.quote_lines(answers[0].outcome))
    if over:
        say([(over, "red")], err=True)
    sys.exit(worst or (Exit.OVER_BUDGET if over else Exit.OK))


@command(
    "ratecard range kling-plus/kling-o3-standard/image-to-video \\",
    "    image_url=https://example.com/cat.jpg --any duration --any has_sound",
    "ratecard range -f requests.jsonl --any duration --json",
    name="range",
)
@takes_requests
@strict_option
@measured_option
@click.option(
    "--any", "open_fields", metavar="FIELD", multiple=True, help="Leave a priced field open; may be repeated."
)
@json_option
@catalog_options
def range_(
    requests: Requests,
    *,
    catalog: Catalog,
    strict: bool,
    measured: dict[str, object],
    open_fields: tuple[str, ...],
    as_json: bool,
) -> None:
    """Quote the lowest and highest price of requests with open fields.

    Fields named with --any are open, and so are priced fields that are left out and have no known default. In a FILE,
    --any applies to the requests whose price depends on the field.
    """
    models = [_model_of(entry.request, catalog) for entry in requests.entries]
    _check_open(open_fields, [model.latest for model in models if model is not None])
    ask = partial(_ranged, open_fields=open_fields, catalog=catalog, strict=strict, measured=measured)
    answers = [_answers.price(entry, catalog, ask, strict=strict) for entry in requests.entries]
    _finish(answers, _answers.RANGE, many=requests.many, as_json=as_json)


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
    "ratecard validate -f request.json --fix > fixed.json",
)
@takes_requests
@strict_option
@click.option(
    "--fix", is_flag=True, help="Fix what can be fixed and print the request as JSON, or several as JSON Lines."
)
@json_option
@catalog_options
def validate(requests: Requests, *, catalog: Catalog, strict: bool, fix: bool, as_json: bool) -> None:
    """Validate requests, and optionally fix them.

    KEY=TEXT sets a field to text, KEY:=JSON to any JSON value. A FILE holds one request, an array of requests, or JSON
    Lines.
    """
    fixed: list[tuple[Entry, list[Fix]]] = [
        _answers.mend(entry, catalog, strict=strict) if fix else (entry, []) for entry in requests.entries
    ]
    answers = [_answers.check(entry, catalog, strict=strict) for entry, _ in fixed]
    if as_json:
        rows = _answers.results(answers) if requests.many else [answers[0].to_dict()]
        for row, item in zip(rows, fixed, strict=True):
            row.update(_fix_data(*item) if fix else {})
        say_json({"ok": not _answers.worst(answers), **({"results": rows} if requests.many else rows[0])})
    elif fix:
        for (entry, fixes), answer in zip(fixed, answers, strict=True):
            _write_fixed(entry, fixes, answer, many=requests.many)
    else:
        say(line for answer in answers for line in _answers.verdict_lines(answer, many=requests.many))
    sys.exit(_answers.worst(answers))


def _fix_data(entry: Entry, fixes: Sequence[Fix]) -> dict[str, Any]:
    """Return the fixed request, which is null if it could not be read, and its fixes as plain JSON data."""
    request = None if isinstance(entry.request, BadJson) else entry.request
    return {"fixes": [fix.to_dict() for fix in fixes], "request": request}


def _write_fixed(entry: Entry, fixes: Sequence[Fix], answer: Answer, *, many: bool) -> None:
    lines = _answers.mended_lines(entry, fixes, many=many)
    say([*lines, *_answers.problem_lines(answer, many=many)], err=True)
    if not isinstance(entry.request, BadJson):
        say_json(entry.request, indent=None if many else 2)
