"""The commands about table files: `check`, which finds their faults, and `diff` of two catalogues."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
from attrs import asdict, evolve

from ratecard import Catalog, TableError
from ratecard import diff as diff_of
from ratecard import effect as effect_of
from ratecard._cli._alerts import Alert, github, sarif
from ratecard._cli._input import UNREADABLE, read_files
from ratecard._cli._options import answers, command, measured_option, parsed_by
from ratecard._cli._output import Exit, Result, Table, say, stop
from ratecard._cli._readers import BadInput
from ratecard._money import usd_shown
from ratecard._quote.quote import instant_text
from ratecard_rules import check_tables, counted, price_range

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ratecard import Effect
    from ratecard._cli._alerts import Level
    from ratecard._cli._input import Entry
    from ratecard._cli._output import Line
    from ratecard_rules import Check, Fault, Model, Revision

BUNDLED = "bundled"
"""The name of the shipped catalogue. For a file or folder of this name, use `./bundled`."""

_FAULT = ("file", "line", "model", "key", "message")


def _days(text: str) -> timedelta:
    if not re.fullmatch("[0-9]{1,6}d?", text):
        raise ValueError("expected a number of days, such as 90d")
    return timedelta(days=int(text.removesuffix("d")))


@command("ratecard check", "ratecard check tables/ acme.toml --json", "ratecard check --fresh 90d --on 2026-12-01")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path())
@click.option("--fresh", metavar="DAYS", callback=parsed_by(_days), help="Maximum age of a page, such as 90d.")
@click.option(
    "--on", metavar="DATE", callback=parsed_by(date.fromisoformat), help="The day for --fresh; today, if left out."
)
@answers("github", "sarif")
def check(paths: tuple[str, ...], *, fresh: timedelta | None, on: date | None) -> Result:
    """Check table files for faults.

    Each PATH is a table file or a folder of .toml files; without one, the shipped tables are checked. Faults exit with
    3. Warnings, such as a price far from those of its family, do not change the exit code. Of a table that extends a
    shipped one, the new prices are shown. With --fresh, a page that was read too long ago is a fault.
    """
    if on is not None and fresh is None:
        raise click.UsageError("--on needs --fresh")
    result = check_tables(paths, max_age=fresh, on=on or datetime.now(UTC).date())
    faults: list[tuple[Level, Fault]] = [("error", fault) for fault in result.faults]
    faults += [("warning", fault) for fault in result.warnings]
    alerts = [
        Alert(
            level=level,
            code="table",
            message=fault.message,
            title=" ".join(filter(None, (fault.model, fault.key))),
            file=fault.file,
            line=fault.line,
            pointer=fault.key or "",
        )
        for level, fault in faults
    ]
    rows = [(level, *(str(getattr(fault, name) or "") for name in _FAULT)) for level, fault in faults]
    return Result(
        lambda: {
            "models": len(result.models),
            "faults": [asdict(fault) for fault in result.faults],
            "warnings": [asdict(fault) for fault in result.warnings],
        },
        lambda: _lines(result),
        exit=Exit.OK if result.ok else Exit.INVALID,
        table=lambda: Table(("severity", *_FAULT), rows),
        own_formats={"github": lambda: "".join(github(alerts)), "sarif": lambda: sarif(alerts)},
    )


def _lines(result: Check) -> Iterator[Line]:
    yield from ((str(fault), "red") for fault in result.faults)
    yield from ((str(evolve(fault, message=f"warning: {fault.message}")), "yellow") for fault in result.warnings)
    for model in result.models if result.ok else ():
        yield from _new_prices(model)
    warnings = [counted(len(result.warnings), "warning")] if result.warnings else []
    if result.ok:
        yield ", ".join(["ok", counted(len(result.models), "model"), *warnings]), "green"
    else:
        files = len({fault.file for fault in result.faults})
        faults = f"{counted(len(result.faults), 'fault')} in {counted(files, 'file')}"
        yield ", ".join(["invalid", faults, *warnings]), "red"


@command(
    "ratecard diff bundled tables/", "ratecard diff old/ new/ --requests usage.jsonl --format markdown > changes.md"
)
@click.argument("old")
@click.argument("new")
@click.option(
    "--requests", "files", metavar="FILE", multiple=True, help="Price the requests in FILE with both; - is stdin."
)
@measured_option
@answers("markdown", has_table=False)
def diff(old: str, new: str, *, files: tuple[str, ...], measured: dict[str, object]) -> Result:
    """Show what changed between two catalogues.

    OLD and NEW are table files, folders of them, or the word "bundled" for the shipped tables. If a table of NEW
    replaces or extends another table, NEW is overlaid on OLD first. With --requests, also show which requests are now
    refused, which cost more or less, and the exact totals.

    Exit codes: 0 no difference, 1 a difference, 2 wrong usage, 3 tables or requests that cannot be used. In JSON, `ok`
    is true if there is no difference.
    """
    if measured and not files:
        raise click.UsageError("--measured needs --requests")
    before, after = _catalogs(old, new)
    entries = [*read_files(files).entries] if files else []
    result = diff_of(before, after)
    if files:
        result = evolve(result, requests=_effect(before, after, entries, measured))

    def data() -> dict[str, Any]:
        document = result.to_dict()
        if files:
            document["requests"]["skipped"] = [
                {"source": entry.source(), "message": entry.request.message}
                for entry in entries
                if isinstance(entry.request, BadInput)
            ]
        return document

    return Result(
        data,
        lambda: ((line, "" if line.startswith(" ") else "bold") for line in result.explain().split("\n")),
        exit=Exit.FAILURE if result else Exit.OK,
        own_formats={"markdown": result.to_markdown},
    )


def _new_prices(model: Model) -> Iterator[Line]:
    """Yield a line for each price with which a table extends a shipped one, after the price before it."""
    shipped = Catalog.bundled().history(model.slug) if model.overlay == "extend" else None
    if shipped is None:
        return
    yield f"{model.slug}: {_prices(shipped.latest)} until then"
    for revision in model.revisions:
        start = "the beginning" if revision.effective is None else instant_text(revision.effective)
        yield f"  from {start}: {_prices(revision)}"


def _prices(revision: Revision) -> str:
    ends = price_range(revision)
    return "price not known" if ends is None else " to ".join(dict.fromkeys(map(usd_shown, ends)))


def _catalogs(old: str, new: str) -> tuple[Catalog, Catalog]:
    """Read both catalogues. Raises TableError with the faults of both."""
    catalogs: list[Catalog] = []
    faults: list[Fault] = []
    for name in (old, new):
        try:
            catalogs.append(Catalog.bundled() if name == BUNDLED else Catalog.load(name))
        except TableError as error:
            faults += error.faults
    if faults:
        raise TableError(faults)
    before, after = catalogs
    # On their own, overlays would show all other models as removed.
    return before, after if all(model.overlay is None for model in after) else before | after


def _effect(before: Catalog, after: Catalog, entries: Sequence[Entry], measured: Mapping[str, object]) -> Effect:
    """Return the effect on the requests that can be read, and name the others. Ends the command if there are none."""
    readable = [entry for entry in entries if not isinstance(entry.request, BadInput)]
    bad = [(entry, entry.request) for entry in entries if isinstance(entry.request, BadInput)]
    lines = [f"{entry.place}: error    {problem.code}  {problem.what}" for entry, problem in bad]
    if lines and not readable:
        codes = sorted({problem.code for _, problem in bad})
        stop(Exit.USAGE if UNREADABLE in codes else Exit.INVALID, *lines, code=codes[0])
    say(((line, "red") for line in lines), err=True)
    requests, names = [entry.request for entry in readable], [str(entry) for entry in readable]
    return effect_of(before, after, requests, names=names, measured=measured)
