"""Exported schemas and types in the tools that they are for, and the laws of schemas on a great many requests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

import mutations
from ratecard.schema import json_schema, openapi, typescript
from ratecard_rules import load_model, to_toml
from schema_laws import check_breaks, check_law, is_json
from strategies import AVAILABLE, CATALOG, largest

if TYPE_CHECKING:
    from pathlib import Path

SLUG = "kling-plus/kling-o3-standard/image-to-video"
NAME = "KlingPlusKlingO3StandardImageToVideo"
URL = "https://example.com/cat.jpg"


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a tool in a folder, unmeasured."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return subprocess.run(command, cwd=cwd, env=settings, capture_output=True, text=True, check=False, timeout=120)


def test_what_validates_here_validates_there() -> None:
    """Of many requests, most of them valid or nearly so, the schemas refuse none that has no errors."""
    kinds: Counter[bool] = Counter()
    for request in mutations.requests(AVAILABLE, 1, 10_000):
        model = request.get("model")
        if isinstance(model, str) and model in CATALOG and is_json(request):
            kinds[check_law(request, model)] += 1
    assert min(kinds.values()) > 2_000, kinds


def test_every_broken_rule_of_every_model() -> None:
    """`full` refuses each broken rule that is an error, or lists it, and none that is only a warning."""
    assert check_breaks(AVAILABLE).total() > 5_000


def test_every_table_as_toml() -> None:
    """TOML is read back as the same table."""
    assert all(load_model(to_toml(model)) == model for model in CATALOG)


PROGRAM = f"""
from ratecard import types
good: types.{NAME} = {{
    "model": "{SLUG}", "input": {{"image_url": "{URL}", "duration": "10", "has_sound": "true"}}
}}
any_model: types.Request = good
number: types.{NAME}Input = {{"image_url": "{URL}", "duration": 7}}  # wrong
option: types.{NAME}Input = {{"image_url": "{URL}", "duration": "16"}}  # wrong
unknown: types.{NAME}Input = {{"image_url": "{URL}", "durtion": "5"}}  # wrong
missing: types.{NAME}Input = {{"duration": "5"}}  # wrong
model: types.{NAME} = {{"model": "nobody/nothing", "input": {{"image_url": "{URL}"}}}}  # wrong
"""
WRONG = [number for number, line in enumerate(PROGRAM.splitlines(), start=1) if line.endswith("# wrong")]


@pytest.mark.skipif(find_spec("mypy") is None, reason="needs the dependency group check")
def test_mypy(tmp_path: Path) -> None:
    """Mypy refuses wrong options and types, unknown and missing fields, and nothing else."""
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    done = run(sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "program.py", cwd=tmp_path)
    assert [int(line.split(":")[1]) for line in done.stdout.splitlines()[:-1]] == WRONG, done.stdout + done.stderr


@pytest.mark.skipif(find_spec("pyright") is None, reason="needs the dependency group integration")
def test_pyright(tmp_path: Path) -> None:
    """So does pyright."""
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    command = (sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "program.py")
    done = run(*command, cwd=tmp_path)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        pytest.skip(f"pyright cannot run here: {(done.stderr or done.stdout).strip()[-200:]}")
    found = [problem["range"]["start"]["line"] + 1 for problem in report["generalDiagnostics"]]
    assert found == WRONG, report


TYPESCRIPT = f"""
import type {{ {NAME}, {NAME}Input, Request }} from "./requests";
const good: {NAME} = {{
  model: "{SLUG}", input: {{ image_url: "{URL}", duration: "10", has_sound: "true" }},
}};
export const anyModel: Request = good;
// @ts-expect-error
export const number: {NAME}Input = {{ image_url: "{URL}", duration: 7 }};
// @ts-expect-error
export const option: {NAME}Input = {{ image_url: "{URL}", duration: "16" }};
// @ts-expect-error
export const unknown: {NAME}Input = {{ image_url: "{URL}", durtion: "5" }};
// @ts-expect-error
export const missing: {NAME}Input = {{ duration: "5" }};
"""


@pytest.fixture(scope="module")
def tsc(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the TypeScript compiler, installed for this test."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("typescript")
    done = run(npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", ".", "typescript@5", cwd=folder)
    if done.returncode:
        pytest.skip(f"npm cannot install typescript: {done.stderr.strip()[-200:]}")
    return str(folder / "node_modules" / ".bin" / "tsc")


def test_tsc(tsc: str, tmp_path: Path) -> None:
    """`tsc --strict` accepts the types of all models; where an error is expected, it is a fault if there is none."""
    requests = "".join(
        f"const r{number}: Request = {json.dumps(largest(model))};\n" for number, model in enumerate(AVAILABLE)
    )
    uses = f'import type {{ Request }} from "./requests";\n{requests}export {{}};\n'
    for name, text in {"requests.ts": typescript(), "program.ts": TYPESCRIPT, "uses.ts": uses}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = run(tsc, "--strict", "--noEmit", "--module", "esnext", "program.ts", "uses.ts", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")


def test_openapi() -> None:
    """The document of all models is valid OpenAPI 3.1."""
    validator = pytest.importorskip("openapi_spec_validator", reason="needs the dependency group integration")
    validator.validate(openapi())


@pytest.mark.skipif(find_spec("datamodel_code_generator") is None, reason="needs the dependency group integration")
def test_datamodel_code_generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The classes that it makes of a schema accept a valid request and refuse a wrong option."""
    (tmp_path / "schema.json").write_text(json.dumps(json_schema(SLUG)), encoding="utf-8")
    options = ("--input-file-type", "jsonschema", "--output-model-type", "pydantic_v2.BaseModel")
    arguments = ("--input", "schema.json", "--output", "generated_models.py", "--class-name", "Request", *options)
    done = run(sys.executable, "-m", "datamodel_code_generator", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    made = import_module("generated_models").Request
    request: dict[str, Any] = {"model": SLUG, "input": {"image_url": URL, "duration": "10"}}
    assert json.loads(made.model_validate(request).model_dump_json(exclude_unset=True)) == request
    with pytest.raises(ValueError, match="duration"):
        made.model_validate({**request, "input": {"image_url": URL, "duration": "16"}})
