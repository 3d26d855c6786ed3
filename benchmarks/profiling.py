"""Where the time goes: own time of functions while requests are judged, and own time of modules while starting."""

from __future__ import annotations

import cProfile
import pstats
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratecard import quote, validate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.cold import Process
    from benchmarks.workload import Request

TOP = 8
Shares = list[tuple[str, float]]
"""Names, and their shares of the whole; the largest first."""


def shares(requests: Sequence[Request]) -> dict[str, Shares]:
    """Return which functions spend the time of judging valid and invalid requests, and of quoting."""
    valid = [one for one in requests if one.wrong is None]
    invalid = [one for one in requests if one.wrong is not None]
    return {
        "validate, valid": _own_time(validate, valid),
        "validate, invalid": _own_time(validate, invalid),
        "quote, valid": _own_time(quote, valid),
    }


def _own_time(call: Callable[[Any], object], requests: Sequence[Request]) -> Shares:
    fresh = [one.fresh() for one in requests]
    profile = cProfile.Profile()
    profile.enable()
    for request in fresh:
        call(request)
    profile.disable()
    stats: dict[Any, Any] = vars(pstats.Stats(profile))["stats"]
    spent = {(Path(file).name, name): own for (file, _, name), (_, _, own, _, _) in stats.items()}
    return _largest(
        {f"{file.removesuffix('.py')}: {name}" if file != "~" else name: t for (file, name), t in spent.items()}
    )


def imports(process: Process, beside: Process) -> Shares:
    """Return which modules spend the time of starting a process that another one does not spend."""
    known = {name for name, _ in _import_times(beside)}
    return _largest({name: spent for name, spent in _import_times(process) if name not in known})


def _import_times(process: Process) -> list[tuple[str, float]]:
    lines = (line.split("|") for line in process.import_times().splitlines() if "|" in line)
    cells = ((name.strip(), own.rpartition(":")[2].strip()) for own, _, name in lines)
    return [(name, float(own)) for name, own in cells if own.isdigit()]


def _largest(spent: dict[str, float]) -> Shares:
    whole = sum(spent.values()) or 1.0
    ranked = sorted(spent.items(), key=lambda one: -one[1])
    return [(name, own / whole) for name, own in ranked[:TOP]]
