"""The commands `schema` and `export`, which write the rules and the catalogue for other tools."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ratecard import export_catalog
from ratecard._cli._completion import complete_model
from ratecard._cli._models import model_of
from ratecard._cli._options import answers, catalog_options, command
from ratecard._cli._output import Note, Result, writing
from ratecard._export import catalog_text
from ratecard._replace import write_file
from ratecard.schema import FILES, FORMS, any_model, file_schema, json_schema, left_out, openapi, python, typescript
from ratecard_rules import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ratecard import Catalog

_output_option = click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write to FILE instead of standard output."
)


@command(
    "ratecard schema kling-plus/kling-o3-standard/image-to-video --form flat",
    "ratecard schema --all --form typescript -o requests.ts",
    "ratecard schema --file table -o table.schema.json",
)
@click.argument("slug", metavar="[MODEL]", required=False, shell_complete=complete_model)
@click.option("--all", "every", is_flag=True, help="Export all models.")
@click.option("--form", "kind", type=click.Choice(FORMS), default="full", show_default=True, help="What to write.")
@click.option("--file", type=click.Choice(FILES), help="Print the schema of one of ratecard's own files instead.")
@_output_option
@answers(has_table=False)
@catalog_options
def schema(slug: str | None, *, every: bool, kind: Any, file: Any, output: str | None, catalog: Catalog) -> Result:
    """Write the rules of requests as JSON Schema, OpenAPI, or types.

    The forms full, flat and strict are JSON Schema: of the whole request, of its input for tool calls, and of its input
    with all fields required, and null if they may be left out. openapi is an OpenAPI 3.1 document, and typescript and
    python are source code. Rules that a form cannot say are listed, in the document or on standard error.
    """
    if (slug is not None) + every + (file is not None) != 1:
        raise click.UsageError("give either a MODEL, --all or --file")
    if file is not None:
        return _result({"file": file}, file_schema(file), output)
    models = catalog.models if slug is None else (model_of(slug, catalog).slug,)
    omitted = [(model, rule) for model in models for rule in left_out(model, kind, catalog=catalog)]
    rules = [{"model": model, "rule": rule.rule, "says": rule.says, "why": rule.why} for model, rule in omitted]
    texts = [str(rule) for _, rule in omitted] if slug else [f"{counted(len(rules), 'rule')}; --json lists them"]
    # The other forms have a place for them.
    notes = [Note("left out: ", text, "yellow") for text in texts] if kind in ("flat", "strict") else []
    document = _document(kind, models, catalog, every=every)
    return _result({"form": kind, "left_out": rules}, document, output, notes=notes)


def _document(kind: Any, models: Sequence[str], catalog: Catalog, *, every: bool) -> dict[str, Any] | str:
    writers: dict[str, Callable[..., dict[str, Any] | str]]
    writers = {"openapi": openapi, "typescript": typescript, "python": python}
    if kind in writers:
        return writers[kind](models, catalog=catalog)
    if kind == "full" and every:
        return any_model(catalog=catalog)
    schemas = {model: json_schema(model, kind, catalog=catalog) for model in models}
    return schemas if every else schemas[models[0]]


@command("ratecard export -o catalogue.json", "ratecard export --tables acme/ --at 2026-12-01")
@_output_option
@answers(has_table=False)
@catalog_options
def export(output: str | None, catalog: Catalog) -> Result:
    """Write the catalogue as JSON: models, fields, evidence, revisions and prices.

    Without --at it includes past and announced revisions. `ratecard schema --file catalogue` prints its JSON Schema.
    """
    document = export_catalog(catalog)
    return _result({}, document, output, catalog_text(document))


def _result(
    data: dict[str, Any],
    document: dict[str, Any] | str,
    output: str | None,
    text: str | None = None,
    notes: Sequence[Note] = (),
) -> Result:
    """Return a document as it is, or for --json within `data`; write it to a file if asked."""
    text = text or (document if isinstance(document, str) else json.dumps(document, indent=2) + "\n")
    if output is not None:
        with writing(output):
            write_file(output, text)
    lines = [] if output is not None else text.split("\n")[:-1]
    return Result(lambda: {**data, "document": document}, lambda: lines, notes)
