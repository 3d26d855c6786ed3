"""The commands `quote`, `range` and `validate`. Answers go to standard output, everything else to standard error."""

from __future__ import annotations

import json
from functools import cache, partial
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from ratecard import ANY, InvalidRequest, NotPriced, quote_range
from ratecard import quote as quote_of
from ratecard._cli import _answers
from ratecard._cli._batch import QUOTE, RANGE, VERDICT, Batch
from ratecard._cli._completion import complete_priced
from ratecard._cli._options import (
    answers,
    batch_options,
    budget_option,
    catalog_options,
    command,
    count_option,
    measured_option,
    takes_requests,
)
from ratecard._cli._output import Exit, Result, stop
from ratecard._json import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ratecard import Catalog, Quote, QuoteRange
    from ratecard._cli._batch import Kind
    from ratecard._cli._input import Requests
    from ratecard_rules import Model


@command(
    "ratecard quote kling-plus/kling-o3-standard/image-to-video \\",
    "    image_url=https://example.com/cat.jpg duration=10 has_sound=true",
    "ratecard quote requests.jsonl --count 300 --max-usd 20 --json",
    "ratecard quote -f big.jsonl --suspense held.jsonl",
)
@takes_requests
@click.option(
    "--suspense", metavar="FILE", help="Append the requests that were declined to FILE, for `ratecard recycle`."
)
@measured_option
@count_option
@budget_option("Exit with 5 if the total exceeds AMOUNT.")
@batch_options
@answers("github")
@catalog_options
def quote(requests: Requests, *, suspense: str | None, **options: Any) -> Result:
    """Quote the exact price of one or more requests."""
    if suspense is None:
        return _priced(requests, QUOTE, quote_of, **options)
    from ratecard._bill.suspense import held
    from ratecard._cli._rows import write_lines

    write_lines(suspense, (), append=True)  # ends the command if nothing can be appended
    kept = click.get_current_context().with_resource(TemporaryFile())  # noqa: SIM115  # the context closes it
    catalog, given = options["catalog"], {name: options[name] for name in ("measured", "strict")}

    def ask(request: object, **asked: Any) -> Quote:
        try:
            return quote_of(request, **asked)
        except (InvalidRequest, NotPriced) as error:
            code = error.code if isinstance(error, NotPriced) else "invalid_request"
            kept.write(f"{json_text(held(request, code, error.message, catalog, given))}\n".encode())
            raise

    result = _priced(requests, QUOTE, ask, **options)

    @cache
    def finished() -> int:
        """Write the declined requests once all are answered, and return the exit code."""
        kept.seek(0)
        write_lines(suspense, kept, append=True)
        return result.exit() if callable(result.exit) else result.exit

    return evolve(result, exit=finished)


def _priced(
    requests: Requests,
    kind: Kind,
    ask: Callable[..., Any],
    *,
    catalog: Catalog,
    count: int | None,
    shown: dict[str, Any],
    **options: Any,
) -> Result:
    """Return the prices of requests, which `ask` returns for each."""
    max_usd = options.pop("max_usd", None)
    answer = partial(_answers.price, ask=ask, catalog=catalog, count=count, **options)
    batch = Batch(requests=requests, answer=answer, kind=kind, catalog=catalog, count=count, max_usd=max_usd, **shown)
    return batch.result(batch.prices)


@command(
    "ratecard range kling-plus/kling-o3-standard/image-to-video \\",
    "    image_url=https://example.com/cat.jpg --any duration --any has_sound",
    "ratecard range requests.jsonl --any duration --json",
    name="range",
)
@takes_requests
@measured_option
@click.option(
    "--any",
    "open_fields",
    metavar="FIELD",
    multiple=True,
    shell_complete=complete_priced,
    help="Leave a priced field open; may be repeated.",
)
@count_option
@batch_options
@answers("github")
@catalog_options
def range_(requests: Requests, *, catalog: Catalog, open_fields: tuple[str, ...], **options: Any) -> Result:
    """Quote the lowest and highest price of requests with open fields.

    Fields named with --any are open, and so are priced fields that are left out and have no known default. In a FILE,
    --any applies to the requests whose price depends on the field.
    """
    if open_fields:
        models: Iterable[Model | None] = catalog
        if not requests.many:
            requests = evolve(requests, entries=[*requests.entries])
            models = (_model_of(entry.request, catalog) for entry in requests.entries)
        _check_open(open_fields, [model for model in models if model is not None])
    return _priced(requests, RANGE, _ranged, open_fields=open_fields, catalog=catalog, **options)


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


def _check_open(open_fields: Iterable[str], models: Iterable[Model]) -> None:
    """End the command if there are models, and the price of none of them depends on an open field."""
    priced = {model.slug: model.latest.priced for model in models}
    names = dict.fromkeys(name for fields in priced.values() for name in fields)
    unknown = [name for name in open_fields if name not in names]
    if unknown and priced:
        reason = f"no price depends on this field; priced fields: {', '.join(names) or 'none'}"
        stop(Exit.INVALID, *(f"--any {json.dumps(name)}: {reason}" for name in unknown), code="unknown_field")


@command(
    "ratecard validate kling-plus/kling-o1-standard/text-to-video duration:=5",
    "ratecard validate requests.jsonl --format github",
    "ratecard validate request.json --fix > fixed.json",
)
@takes_requests
@click.option(
    "--fix", is_flag=True, help="Fix what can be fixed and print the request as JSON, or several as JSON Lines."
)
@batch_options
@answers("github", "sarif")
@catalog_options
def validate(requests: Requests, *, fix: bool, catalog: Catalog, shown: dict[str, Any], **options: Any) -> Result:
    """Validate requests, and optionally fix them."""
    answer = partial(_answers.fix if fix else _answers.check, catalog=catalog, **options)
    batch = Batch(requests=requests, answer=answer, kind=VERDICT, catalog=catalog, **shown)
    return batch.result(batch.documents) if fix else batch.result(batch.verdict, notes=False)
