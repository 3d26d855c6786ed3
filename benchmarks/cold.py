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
from functools import partial
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import ratecard
import ratecard_rules
from benchmarks.models import IMAGE, generated_request, write_tables
from benchmarks.peers import is_installed
from benchmarks.timing import Contender, Series, interleaved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COLD, MEMORY, REFERENCE = "cold process", "peak memory", "import attrs"
GENERATED = {f"ratecard, {size} models": size for size in (5, 500)}
"""How many models the generated catalogues hold."""

_BUNDLER = "make_shipped.py"  # beside `ratecard_rules`: writes the shipped form of its tables
_REQUEST = {"model": IMAGE, "input": {"image_url": "https://example.com/cat.jpg", "duration": "10"}}
_QUOTE = "from ratecard import quote; assert quote({!r}).usd_micros"
_GENAI = (
    "from genai_prices import Usage, calc_price; "
    "calc_price(Usage(input_tokens=1000, output_tokens=100), model_ref='gpt-4o', provider_id='openai').total_price"
)
_PEAK = "\nprint([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"


def measure(rounds: int) -> Iterator[Series]:
    """Time the processes, then take their memory."""
    with TemporaryDirectory() as folder:
        processes = _processes(Path(folder))
        contenders = [Contender(name, start, lambda *_: [""]) for name, start in processes.items()]
        yield Series(COLD, REFERENCE, interleaved(contenders, rounds, batches=3, combine=min)[0])
        if Path("/proc/self/status").exists():
            peaks = {name: [int(start(_PEAK)) / 1024 for _ in range(rounds)] for name, start in processes.items()}
            yield Series(MEMORY, REFERENCE, peaks, unit="MiB")


def _processes(root: Path) -> dict[str, Callable[[str], str]]:
    """Return what runs each process to its end, with more code at its end, and returns what it printed."""
    venv.create(root / "env", symlinks=True)
    shipped = root / "shipped"
    for package in (ratecard, ratecard_rules):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, shipped / package.__name__, ignore=shutil.ignore_patterns("__pycache__"))
    assert compileall.compile_dir(shipped, quiet=1)
    codes = {"python": "pass", REFERENCE: "import attrs", "ratecard": _QUOTE.format(_REQUEST)}
    if is_installed("genai_prices"):
        codes["genai-prices"] = _GENAI
    processes = {name: (shipped, code) for name, code in codes.items()}
    for name, count in GENERATED.items():
        processes[name] = (_generated(shipped, root / name, count), _QUOTE.format(generated_request()))
    python = root / "env" / "bin" / "python"
    return {name: partial(_run, python, folder, code) for name, (folder, code) in processes.items()}


def _run(python: Path, folder: Path, code: str, more: str) -> str:
    environment = {"PYTHONPATH": os.pathsep.join([str(folder), sysconfig.get_path("purelib")])}
    command = [str(python), "-s", "-c", code + more]
    return run(command, env=environment, cwd=folder, capture_output=True, check=True, text=True).stdout


def _generated(shipped: Path, folder: Path, count: int) -> Path:
    """Copy the packages with generated models in place of the shipped ones, and compile what changed."""
    shutil.copytree(shipped, folder)
    tables = folder / "ratecard_rules" / "tables"
    shutil.rmtree(tables)
    write_tables(tables, count)
    shutil.copy(Path(str(ratecard_rules.__file__)).parents[1] / _BUNDLER, folder)
    run([sys.executable, str(folder / _BUNDLER)], cwd=folder, check=True)
    assert compileall.compile_dir(folder, quiet=1)
    return folder
