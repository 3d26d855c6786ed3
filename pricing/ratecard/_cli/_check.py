"""The command `check`: table files and folders, judged by the self-check, as lines for people or as JSON data."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from attrs import asdict, evolve

from ratecard._cli import _output
from ratecard._cli._answers import Exit
from ratecard_rules import check_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard._cli._output import Line
    from ratecard_rules import Check, Fault

EXAMPLES = "\b\nExamples:\n  ratecard check\n  ratecard check tables/ acme.toml --json"


@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def check(paths: tuple[str, ...], *, as_json: bool) -> None:
    """Say what is wrong with tables.

    Each PATH is a table file, or a folder whose files in .toml are tables; without any, the shipped tables are checked.
    A price that is far from those of its family is a warning, which leaves the exit code as it is.
    """
    try:
        found = check_tables(paths)
    except OSError as error:
        _output.say([(f"cannot read {error.filename}: {error.strerror}", "red")], err=True)
        sys.exit(Exit.USAGE)
    if as_json:
        _output.say_json(_data(found))
    else:
        _output.say(_lines(found))
    sys.exit(Exit.OK if found.ok else Exit.INVALID)


def _data(found: Check) -> dict[str, Any]:
    return {
        "ok": found.ok,
        "models": len(found.models),
        "faults": [_row(one) for one in found.faults],
        "warnings": [_row(one) for one in found.warnings],
    }


def _row(one: Fault) -> dict[str, Any]:
    parts = asdict(one)
    return {name: parts[name] for name in ("file", "line", "model", "key", "message")}


def _lines(found: Check) -> Iterator[Line]:
    yield from ((str(one), "red") for one in found.faults)
    yield from ((str(evolve(one, message=f"warning: {one.message}")), "yellow") for one in found.warnings)
    warned = [_counted(len(found.warnings), "warning")] if found.warnings else []
    if found.ok:
        yield ", ".join(["ok", _counted(len(found.models), "model"), *warned]), "green"
    else:
        files = len({one.file for one in found.faults})
        faults = f"{_counted(len(found.faults), 'fault')} in {_counted(files, 'file')}"
        yield ", ".join(["invalid", faults, *warned]), "red"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
