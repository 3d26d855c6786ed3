"""The command `check`: the self-check of table files and folders."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from attrs import asdict, evolve

from ratecard._cli._answers import Exit
from ratecard._cli._options import command, json_option, reading
from ratecard._cli._output import counted, say, say_json
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
        data = {name: [asdict(fault) for fault in getattr(result, name)] for name in ("faults", "warnings")}
        say_json({"ok": result.ok, "models": len(result.models), **data})
    else:
        say(_lines(result))
    sys.exit(Exit.OK if result.ok else Exit.INVALID)


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
