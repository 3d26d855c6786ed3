"""The command `conform`, which tests ports of the tables to other languages."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ratecard._cli._options import answers, command
from ratecard._cli._output import Exit, Result, Table, outlive_connections, stop, writing, written
from ratecard._conform.run import conform as conform_of
from ratecard._conform.vectors import LEVELS, write_kit
from ratecard._json import json_text
from ratecard_rules import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard._cli._output import Line
    from ratecard._conform.run import Conformance
    from ratecard._conform.vectors import Level

_SHOWN = 20
"""Maximum number of differences shown to people."""


@command("ratecard conform --write kit", "ratecard conform --level price -- node kit/port.mjs")
@click.argument("port", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED)
@click.option("--level", type=click.Choice(LEVELS), default="fixes", help="What the port can do; fixes by default.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=10,
    help="The longest wait for an answer; 10 by default.",
)
@click.option("--write", "folder", metavar="FOLDER", help="Write the vectors and an example of a port to FOLDER.")
@answers()
def conform(port: tuple[str, ...], *, level: Level, timeout: float, folder: str | None) -> Result:
    """Test a port of the tables to another language.

    COMMAND runs the port. It reads one JSON object a line from standard input, with `id` and `request`, and for some
    requests `measured` and `at`. It writes one JSON object a line to standard output, in the same order, with the same
    `id` and the answer. --write writes the requests with the expected answers, their JSON Schema, the price sheets,
    and a port in JavaScript.

    Levels: price compares usd_micros, exact_micros and code; validate also compares problems, fixes also fixes. Each
    includes the ones before it.

    Exit codes: 0 every answer agrees, 1 some differ, 2 wrong usage, 3 the port failed.
    """
    if bool(port) == bool(folder):
        raise click.UsageError("give either a COMMAND after --, or --write FOLDER")
    if folder:
        with writing(folder):
            return written(write_kit(Path(folder)))
    outlive_connections()
    try:
        result = conform_of(port, level, timeout=timeout)
    except (OSError, ValueError) as error:  # a NUL byte in the command is a ValueError
        stop(Exit.USAGE, f"cannot run {port[0]}: {getattr(error, 'strerror', error)}", code="unreadable")
    failed = {} if result.failure is None else {"code": "port_failed", "message": result.failure}
    return Result(
        lambda: {
            "ok": result.ok,
            **failed,
            "level": level,
            "levels": {
                name: {"compared": number, "agreed": result.agreed[name]} for name, number in result.compared.items()
            },
            "differences": [difference.to_dict() for difference in result.differences],
        },
        lambda: _lines(result),
        exit=Exit.INVALID if failed else Exit.FAILURE if result.differences else Exit.OK,
        records="differences",
        table=lambda: Table(("id", "about", "level", "pointer", "expected", "answered"), [*_rows(result)]),
    )


def _rows(result: Conformance) -> Iterator[tuple[str, ...]]:
    for difference in result.differences:
        values = (
            json_text(difference.values[name]) if name in difference.values else "" for name in ("expected", "answered")
        )
        yield difference.id, difference.about, difference.level, difference.pointer, *values


def _lines(result: Conformance) -> Iterator[Line]:
    for identity, about, level, pointer, expected, answered in islice(_rows(result), _SHOWN):
        yield f"{identity} ({about}): {level} {pointer}", "bold"
        yield f"  expected {expected or 'nothing'}, got {answered or 'nothing'}"
    if len(result.differences) > _SHOWN:
        yield f"and {len(result.differences) - _SHOWN:,} more; --format csv lists them all"
    for name, number in result.compared.items():
        agreed = result.agreed[name]
        yield f"{name}: {agreed:,} of {counted(number, 'answer')} agree", "green" if agreed == number else "red"
    if result.failure is not None:
        yield f"failed: {result.failure}", "red"
