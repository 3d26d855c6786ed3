"""Fresh processes: how long it takes to import, quote once and exit, and how much memory that needs.

Rule 1  ratecard is copied to a temporary folder, as pip would install it, and compiled there: what is measured is an
        installation with warm `.pyc` files.
Rule 2  Every process is the interpreter of a new, empty environment with the same search path, so that no start-up file
        of an installed package takes part.
Rule 3  In each round every process runs three times and the fastest counts: it can be held up, never sped up.
Rule 4  Memory is the peak of the process itself, as the Linux kernel counts it; elsewhere it is not measured.
"""

from __future__ import annotations

import compileall
import os
import shutil
import sys
import sysconfig
import venv
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from attrs import frozen

from benchmarks import generated
from benchmarks.models import IMAGE
from benchmarks.peers import is_installed
from benchmarks.timing import Contender, Series, interleaved

if TYPE_CHECKING:
    from collections.abc import Iterator

COLD, MEMORY = "cold process", "peak memory"
SMALL, LARGE = 5, 500
"""How many models the two generated catalogues hold."""

BUNDLER = "make_shipped.py"
"""The script beside the `ratecard_rules` package that writes the shipped form of its tables."""

_REQUEST = {"model": IMAGE, "input": {"image_url": "https://example.com/cat.jpg", "duration": "10"}}
_QUOTE = "from ratecard import quote; assert quote({!r}).usd_micros"
_GENAI = (
    "from genai_prices import Usage, calc_price; "
    "calc_price(Usage(input_tokens=1000, output_tokens=100), model_ref='gpt-4o', provider_id='openai').total_price"
)
_PEAK = "\nprint([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"


@frozen
class Process:
    """A fresh process: its name in the results, the code that it runs, the interpreter, and where it looks first."""

    name: str
    code: str
    python: Path
    folder: Path

    def peak_mib(self) -> float:
        """Return the peak memory of the process."""
        return int(self.run(_PEAK)) / 1024

    def run(self, more: str = "") -> str:
        """Run the process to its end and return what it printed."""
        environment = {"PYTHONPATH": os.pathsep.join([str(self.folder), sysconfig.get_path("purelib")])}
        command = [str(self.python), "-s", "-c", self.code + more]
        return run(command, env=environment, cwd=self.folder, capture_output=True, check=True, text=True).stdout


def measure(rounds: int) -> Iterator[Series]:
    """Time the processes, then take their memory."""
    with processes() as found:
        contenders = [Contender(process.name, Process.run, partial(_same, process)) for process in found]
        times = interleaved(contenders, rounds, batches=3, combine=min)
        yield Series(name=COLD, reference="import attrs", rounds=times)
        if Path("/proc/self/status").exists():
            peaks = {process.name: [process.peak_mib() for _ in range(rounds)] for process in found}
            yield Series(name=MEMORY, reference="import attrs", rounds=peaks, unit="MiB")


def _same(process: Process, _round: int, _batch: int) -> list[Process]:
    return [process]


@contextmanager
def processes() -> Iterator[list[Process]]:
    """Give the processes to compare."""
    with TemporaryDirectory() as temporary:
        root = Path(temporary)
        venv.create(root / "env", symlinks=True)
        python, shipped = root / "env" / "bin" / "python", _installed(root / "shipped")
        codes = {"python": "pass", "import attrs": "import attrs", "ratecard": _QUOTE.format(_REQUEST)}
        if is_installed("genai_prices"):
            codes["genai-prices"] = _GENAI
        code = _QUOTE.format(generated.request(0))
        yield [
            *(Process(name, code, python, shipped) for name, code in codes.items()),
            *(
                Process(f"ratecard, {size} models", code, python, _installed(root / str(size), size))
                for size in (SMALL, LARGE)
            ),
        ]


def _installed(folder: Path, generated_models: int = 0) -> Path:
    """Copy the packages, with generated models in place of the shipped ones where asked for, and compile them."""
    for name in ("ratecard", "ratecard_rules"):
        source = Path(str(import_module(name).__file__)).parent
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        if (source.parent / BUNDLER).exists():
            shutil.copy(source.parent / BUNDLER, folder)
    if generated_models:
        tables = folder / "ratecard_rules" / "tables"
        shutil.rmtree(tables)
        generated.write_tables(tables, generated_models)
        run([sys.executable, str(folder / BUNDLER)], cwd=folder, check=True)
    assert compileall.compile_dir(folder, quiet=1)
    return folder
