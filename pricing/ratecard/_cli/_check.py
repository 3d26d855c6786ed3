"""The command `check`: the self-check of table files and folders."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from attrs import asdict, evolve

from ratecard._cli._answers import Exit
from ratecard._cli._options import command, json_option, reading
from ratecard._cli._output import say, say_json
from ratecard_rules import check_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard._cli._output import Line
    from ratecard_rules import Check


@command("ratecard check", "ratecard check tables/ acme.toml --json")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path())
@json_option
def check(paths: tuple[str, ...], *, as_json: bool) -> None:
    """Check table files for faults.

    Each PATH is a table file or a folder of .toml files; without one, the shipped tables are checked. Faults exit with
    3. Warnings, such as a price far from those of its family, do not change the exit code.
    """
    with reading():
        result = check_tables(paths)
    if as_json:
        say_json(_data(result))
    else:
        say(_lines(result))
    sys.exit(Exit.OK if result.ok else Exit.INVALID)


def _data(result: Check) -> dict[str, Any]:
    return {
        "ok": result.ok,
        "models": len(result.models),
        "faults": [asdict(fault) for fault in result.faults],
        "warnings": [asdict(warning) for warning in result.warnings],
    }


def _lines(result: Check) -> Iterator[Line]:
    yield from ((str(fault), "red") for fault in result.faults)
    yield from ((str(evolve(fault, message=f"warning: {fault.message}")), "yellow") for fault in result.warnings)
    warnings = [_counted(len(result.warnings), "warning")] if result.warnings else []
    if result.ok:
        yield ", ".join(["ok", _counted(len(result.models), "model"), *warnings]), "green"
    else:
        files = len({fault.file for fault in result.faults})
        faults = f"{_counted(len(result.faults), 'fault')} in {_counted(files, 'file')}"
        yield ", ".join(["invalid", faults, *warnings]), "red"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
