"""The command `diff`: what changed between two catalogues, as lines for people, as JSON data or as Markdown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click
from attrs import evolve

from ratecard import Catalog, TableError
from ratecard import diff as diff_of
from ratecard import effect as effect_of
from ratecard._cli import _input, _output
from ratecard._cli._answers import Exit
from ratecard._cli._input import BadJson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ratecard import Diff
    from ratecard._cli._input import Entry
    from ratecard._cli._output import Line

BUNDLED = "bundled"
"""The name of the shipped catalogue; a file or folder of this name is `./bundled`."""

DIFFERENT = 1
"""The exit code where something changed, as that of `diff`."""

EXAMPLES = (
    "\b\nExamples:\n"
    "  ratecard diff bundled tables/\n"
    "  ratecard diff old/ new/ --requests usage.jsonl --format markdown > changes.md"
)


@click.argument("old")
@click.argument("new")
@click.option(
    "--requests", "files", metavar="FILE", multiple=True, help="Price the requests in FILE by both; - is stdin."
)
@click.option(
    "--measured", metavar="KEY=TEXT", multiple=True, help="What is measured and cannot be sent, such as duration=5."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), help="How to print it; text if left out."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def diff(  # noqa: PLR0913  one argument for each option
    old: str, new: str, *, files: tuple[str, ...], measured: tuple[str, ...], form: str | None, as_json: bool
) -> None:
    """Say what changed from one catalogue to another.

    OLD and NEW are table files, folders of them, or the word "bundled" for the shipped tables. Where a table of NEW
    replaces or extends another one, NEW is laid on OLD first. With requests: which of them are now refused, which cost
    more or less, and the exact totals.

    Exit codes: 0 no difference, 1 a difference, 2 wrong usage, 3 a table or file of requests that cannot be used.
    """
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} exclude each other")
    form = "json" if as_json else form or "text"
    if measured and not files:
        raise click.UsageError("--measured goes with --requests")
    options = _measured(measured)
    before, after = _laid(*_catalogs(old, new, as_json=form == "json"), as_json=form == "json")
    entries = _read(files) if files else ()
    found = diff_of(before, after)
    if files:
        readable, names = _readable(entries, as_json=form == "json")
        found = evolve(found, requests=effect_of(before, after, readable, names=names, measured=options))
    _write(found, form, [one for one in entries if isinstance(one.request, BadJson)])
    sys.exit(DIFFERENT if found else Exit.OK)


def _measured(items: tuple[str, ...]) -> dict[str, object]:
    try:
        return _input.pairs(items)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _catalogs(*names: str, as_json: bool) -> list[Catalog]:
    """Read every catalogue, so that all faults of all of them are told at once."""
    catalogs: list[Catalog] = []
    faults: list[str] = []
    for name in names:
        try:
            catalogs.append(Catalog.bundled() if name == BUNDLED else Catalog.load(name))
        except OSError as error:
            _stop(Exit.USAGE, [f"cannot read {error.filename}: {error.strerror}"])
        except TableError as error:
            faults += map(str, error.faults)
    if faults:
        _decline("table_error", faults, as_json=as_json)
    return catalogs


def _laid(old: Catalog, new: Catalog, *, as_json: bool) -> tuple[Catalog, Catalog]:
    """Lay tables that replace or extend others on the old ones: alone they would count the rest as gone."""
    if all(model.overlay is None for model in new):
        return old, new
    try:
        return old, old | new
    except TableError as error:
        _decline("table_error", list(map(str, error.faults)), as_json=as_json)


def _read(files: tuple[str, ...]) -> tuple[Entry, ...]:
    try:
        return _input.read_files(files).entries
    except OSError as error:
        _stop(Exit.USAGE, [f"cannot read {error.filename}: {error.strerror}"])


def _readable(entries: Iterable[Entry], *, as_json: bool) -> tuple[list[object], list[str]]:
    """Return the requests that can be read and where they stand; the others are told, and end it if there are no more.

    The line of a broken document counts within it, as its column does.
    """
    bad = [_bad_line(one.source.file, one.request) for one in entries if isinstance(one.request, BadJson)]
    good = [one for one in entries if not isinstance(one.request, BadJson)]
    if bad and not good:
        _decline("bad_json", bad, as_json=as_json)
    _output.say(((line, "red") for line in bad), err=True)
    return [one.request for one in good], [str(one.source) for one in good]


def _bad_line(file: str, bad: BadJson) -> str:
    return f"{file}:{bad.line}:{bad.column}: error    bad_json  {bad.what}"


def _decline(code: str, messages: list[str], *, as_json: bool) -> NoReturn:
    if as_json:
        _output.say_json({"ok": False, "code": code, "message": "\n".join(messages)})
    _stop(Exit.INVALID, messages)


def _stop(code: Exit, messages: Iterable[str]) -> NoReturn:
    _output.say(((one, "red") for one in messages), err=True)
    sys.exit(code)


def _write(found: Diff, form: str, skipped: list[Entry]) -> None:
    if form == "json":
        _output.say_json(_data(found, skipped))
    elif form == "markdown":
        click.echo(found.to_markdown(), nl=False)
    else:
        _output.say(_lines(found))


def _data(found: Diff, skipped: list[Entry]) -> dict[str, Any]:
    """Return the difference, with the requests that could not be read beside the others."""
    data = found.to_dict()
    if data["requests"] is not None:
        rows = [(one.source, one.request) for one in skipped]
        data["requests"]["skipped"] = [
            {"source": source.to_dict(), "message": bad.message} for source, bad in rows if isinstance(bad, BadJson)
        ]
    return data


def _lines(found: Diff) -> Iterable[Line]:
    return ((line, "" if line.startswith(" ") else "bold") for line in found.explain().split("\n"))
