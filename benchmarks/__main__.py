"""Measure everything, then write results.json, RESULTS.md and the page on speed: `python -m benchmarks`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any

from attrs import asdict

from benchmarks import bulk, cold, report, series, service

FOLDER = Path(__file__).parent
SPEED = FOLDER.parent / "docs" / "explanation" / "speed.md"
PLOT = FOLDER.parent / "docs" / "pictures" / "speed.svg"

FULL = {"requests": 10_000, "rounds": 9, "processes": 25, "rows": 10_000_000, "bulk_rounds": 7}
QUICK = {"requests": 100, "rounds": 1, "processes": 1, "rows": 5_000, "bulk_rounds": 1}
"""Requests in a round, rounds, rounds of fresh processes, and rows that are priced in bulk, and rounds of that."""


def measure(**sizes: int) -> dict[str, Any]:
    """Check that everybody agrees, time everything, and return the results as plain data."""
    requests, rounds = sizes["requests"], sizes["rounds"]
    parts = chain(
        series.measure(requests, rounds),
        service.measure(requests // 10, rounds),
        cold.measure(sizes["processes"]),
        bulk.measure(sizes["rows"], sizes["bulk_rounds"]),
    )
    started, measured = perf_counter(), []
    for part in parts:
        print(f"{perf_counter() - started:4.0f} s  {part.name}", flush=True)
        measured.append(asdict(part))
    return {**report.environment(), **sizes, "series": measured}


def main() -> None:
    """Do what the command line asks for."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="run everything at tiny sizes and write nothing")
    parser.add_argument("--render", action="store_true", help="write the texts again from results.json")
    options = parser.parse_args()
    stored = FOLDER / "results.json"
    if options.quick:
        measure(**QUICK)
        return
    results = json.loads(stored.read_text(encoding="utf-8")) if options.render else measure(**FULL)
    stored.write_text(report.dumps(results), encoding="utf-8")
    (FOLDER / "RESULTS.md").write_text(report.page(results), encoding="utf-8")
    SPEED.write_text(report.with_speed(SPEED.read_text(encoding="utf-8"), results), encoding="utf-8")
    PLOT.write_text(report.plot(results), encoding="utf-8")


if __name__ == "__main__":
    main()
