"""Fresh processes: how long it takes to import, quote once and exit, and how much memory that needs.

Rule 1  ratecard is copied to a temporary folder as pip would install it and compiled there: what is measured is an
        installation with warm `.pyc` files, whatever PYTHONDONTWRITEBYTECODE says outside.
Rule 2  Every process is the interpreter of a new, empty environment with the same search path, so that no start-up file
        of an installed package takes part.
Rule 3  Memory is the peak of the process itself as the kernel counts it; where it does not, as `getrusage` does (which
        may count the parent).
"""

from __future__ import annotations

import compileall
import os
import shutil
import sysconfig
import venv
from contextlib import contextmanager
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from math import inf
from pathlib import Path
from random import Random
from subprocess import CompletedProcess, run
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from attrs import frozen

from benchmarks import invented
from benchmarks.peers import missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.timing import Rounds

PACKAGES = ("ratecard", "ratecard_rules")
SMALL, LARGE = 5, 500
"""How many models are shipped in the two invented catalogues."""

TRIES = 3
"""So often every process runs in a round."""

WATCHED = ("attr", "cattrs", "json", "tomllib", "decimal", "fractions", "datetime", "dataclasses", "inspect", "typing")
"""Modules that may make a start slow."""

_REQUEST: dict[str, Any] = {
    "model": "kling-plus/kling-o3-standard/image-to-video",
    "input": {"image_url": "https://example.com/cat.jpg", "duration": "10", "has_sound": "true"},
}
QUOTE = f"from ratecard import quote; assert quote({_REQUEST!r}).usd_micros == 1_260_000"
INVENTED = f"from ratecard import quote; assert quote({invented.request()!r}).usd_micros == 500_000"
GENAI = (
    "from genai_prices import Usage, calc_price; "
    "calc_price(Usage(input_tokens=1000, output_tokens=100), model_ref='gpt-4o', provider_id='openai').total_price"
)
_PEAK = """
try:
    print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
except OSError:
    import resource, sys
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1))
"""
_LOADED = f"\nimport sys; print(len(sys.modules), *[one for one in {WATCHED!r} if one in sys.modules])"


@frozen
class Process:
    """A fresh process: its name in the results, the code that it runs, the interpreter, and where it looks first."""

    name: str
    code: str
    python: Path
    folder: Path

    def run(self, more: str = "") -> str:
        """Run the process to its end and return what it printed."""
        return self._done("-s", "-c", self.code + more).stdout.decode()

    def _done(self, *arguments: str) -> CompletedProcess[bytes]:
        path = os.pathsep.join([str(self.folder), sysconfig.get_path("purelib")])
        environment = {"PYTHONPATH": path, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        command = [str(self.python), *arguments]
        return run(command, env=environment, cwd=self.folder, capture_output=True, check=True)  # noqa: S603  our code

    def import_times(self) -> str:
        """Return what the interpreter says of the time that each import takes."""
        return self._done("-s", "-X", "importtime", "-c", self.code).stderr.decode()

    def milliseconds(self) -> float:
        """Return how long the process takes."""
        start = perf_counter_ns()
        self.run()
        return (perf_counter_ns() - start) / 1e6

    def peak_mib(self) -> float:
        """Return the greatest memory that the process had."""
        return int(self.run(_PEAK)) / 1024

    def loaded(self) -> tuple[int, list[str]]:
        """Return how many modules the process imports, and which of the watched ones."""
        count, *names = self.run(_LOADED).split()
        return int(count), names


@contextmanager
def processes() -> Iterator[list[Process]]:
    """Give the processes to compare, each of which has run once, so that everything is compiled and in the cache."""
    with TemporaryDirectory() as temporary:
        root = Path(temporary)
        venv.create(root / "env", symlinks=os.name != "nt")
        python = root / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        shipped = _installed(root / "shipped")
        codes = {"python": "pass", "import attrs": "import attrs", "ratecard": QUOTE}
        if missing("genai_prices") is None:
            codes["genai-prices"] = GENAI
        found = [Process(name, code, python, shipped) for name, code in codes.items()]
        found += [
            Process(f"ratecard, {size} models", INVENTED, python, _installed(root / str(size), size))
            for size in (SMALL, LARGE)
        ]
        for one in found:
            one.run()
        yield found


def _installed(folder: Path, count: int | None = None) -> Path:
    """Copy the packages, with `count` invented models for a catalogue where it is given, and compile them."""
    for name in PACKAGES:
        source = Path(str(import_module(name).__file__)).parent
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    if count is not None:
        ship(folder / "ratecard_rules", count)
    assert compileall.compile_dir(folder, quiet=1)
    return folder


def ship(package: Path, count: int) -> None:
    """Replace the shipped tables of a copied package by invented ones, and bundle them as the shipped ones are."""
    shutil.rmtree(package / "tables")
    tables = invented.write(package / "tables", count)
    _bundler().write(tables, package / "_shipped")


def _bundler() -> Any:  # noqa: ANN401  a module, found by its place in the checkout
    """Return `rules/make_shipped.py`, which writes the form in which tables are shipped."""
    file = Path(str(import_module("ratecard_rules").__file__)).parents[1] / "make_shipped.py"
    spec = spec_from_file_location("make_shipped", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def times(found: Sequence[Process], rounds: int) -> Rounds:
    """Return the milliseconds of every process for every round: the fastest of a few, all in a random order.

    A process can be held up, never sped up.
    """
    taken: Rounds = {one.name: [] for one in found}
    dice = Random(rounds)  # noqa: S311  an order, no secret
    for _ in range(rounds):
        least = dict.fromkeys(taken, inf)
        for one in dice.sample([*found] * TRIES, len(found) * TRIES):
            least[one.name] = min(least[one.name], one.milliseconds())
        for name, spent in least.items():
            taken[name].append(spent)
    return taken


def peaks(found: Sequence[Process], rounds: int) -> Rounds:
    """Return the peak memory of every process in MiB for every round."""
    return {one.name: [one.peak_mib() for _ in range(rounds)] for one in found}
