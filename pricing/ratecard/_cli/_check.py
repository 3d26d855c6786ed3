"""The command `check`: the self-check of table files and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from attrs import asdict, evolve

from ratecard._cli._options import answers, command, reading
from ratecard._cli._output import Exit, Result, counted
from ratecard_rules import check_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard._cli._output import Line
    from ratecard_rules import Check


@command("ratecard check", "ratecard check tables/ acme.toml --json")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path())
@answers()
def check(paths: tuple[str, ...]) -> Result:
    """Check table files for faults.

    Each PATH is a table file or a folder of .toml files; without one, the shipped tables are checked. Faults exit with
    3. Warnings, such as a price far from those of its family, do not change the exit code.
    """
    with reading():
        result = check_tables(paths)
    return Result(lambda: _data(result), lambda: _lines(result), exit=Exit.OK if result.ok else Exit.INVALID)


def _data(result: Check) -> dict[str, Any]:
    found = {name: [asdict(fault) for fault in getattr(result, name)] for name in ("faults", "warnings")}
    return {"models": len(result.models), **found}


def _lines(result: Check) -> Iterator[Line]:
    yield from ((str(fault), "red") for fault in result.faults)
    yield from ((str(evolve(fault, message=f"warning: {fault.message}")), "yellow") for fault in result.warnings)
    warnings = [counted(len(result.warnings), "warning")] if result.warnings else []
    if result.ok:
        yield ", ".join(["ok", counted(len(result.models), "model"), *warnings]), "green"
    else:
        files = len({fault.file for fault in result.faults})
        faults = f"{counted(len(result.faults), 'fault')} in {counted(files, 'file')}"
        yield ", ".join(["invalid", faults, *warnings]), "red"
