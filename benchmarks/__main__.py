"""Run everything and write `results.json`, `RESULTS.md` and `results.svg`: `python -m benchmarks`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks import report
from benchmarks.measure import FULL, QUICK, measure

FOLDER = Path(__file__).parent


def main() -> None:
    """Do what the command line asks for."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="run everything at tiny sizes, and write nothing")
    parser.add_argument("--render", action="store_true", help="write the page and the plot from results.json again")
    parser.add_argument("--readme", action="store_true", help="write the README's speed table from results.json")
    asked = parser.parse_args()
    if asked.render:
        report.render(FOLDER)
    elif asked.readme:
        readme = FOLDER.parent / "README.md"
        results = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
        readme.write_text(report.with_speed(readme.read_text(encoding="utf-8"), results), encoding="utf-8")
    else:
        started = perf_counter()
        results = measure(QUICK if asked.quick else FULL, say=lambda what: print(what, flush=True))
        with TemporaryDirectory() as scratch:
            report.save(results, Path(scratch) if asked.quick else FOLDER)
        print(f"done in {perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
