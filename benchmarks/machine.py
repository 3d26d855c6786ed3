"""On what was measured: one line for the machine, and the versions of all who took part."""

from __future__ import annotations

import os
import platform
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "ratecard", "attrs", "cattrs", "fastjsonschema", "genai-prices", "jsonschema", "jsonschema-rs", "litellm",
    "msgspec", "orjson", "pydantic",
)  # fmt: skip


def machine() -> str:
    """Return the processor, its cores, the system and the interpreter in one line."""
    built = sysconfig.get_config_var("CONFIG_ARGS") or ""
    optimized = "built with" if "--enable-optimizations" in built else "built without"
    python = f"{platform.python_implementation()} {platform.python_version()} ({optimized} PGO)"
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, {python}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown processor")


def versions() -> dict[str, str]:
    """Return the version of every package, or that it is not installed."""
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
