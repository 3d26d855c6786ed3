"""The commands `schema` and `export`, and `show --toml`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import invented
from cli_runner import run
from ratecard import Catalog, export_catalog
from ratecard.schema import FILES, any_model, file_schema, json_schema, left_out, openapi, python, typescript
from ratecard_rules import load_model

if TYPE_CHECKING:
    from pathlib import Path

SLUG = "kling-plus/kling-o1-standard/text-to-video"


class TestSchema:
    """`ratecard schema`."""

    @pytest.mark.parametrize("form", ["full", "flat", "strict"])
    def test_one_model(self, form: str) -> None:
        """The schema as it is; what a form leaves out is on standard error, unless it is in the schema."""
        result = run("schema", SLUG, "--form", form)
        assert (result.exit_code, json.loads(result.stdout)) == (0, json_schema(SLUG, form))  # type: ignore[arg-type]
        expected = [] if form == "full" else [f"left out: {rule}" for rule in left_out(SLUG, form)]  # type: ignore[arg-type]
        assert result.stderr.splitlines() == expected

    def test_all_models(self) -> None:
        """One schema for all requests, or one for each model."""
        assert json.loads(run("schema", "--all").stdout) == any_model()
        result = run("schema", "--all", "--form", "flat")
        assert json.loads(result.stdout) == {slug: json_schema(slug, "flat") for slug in Catalog.bundled().models}
        number = sum(len(left_out(slug, "flat")) for slug in Catalog.bundled().models)
        assert result.stderr == f"left out: {number} rules; --json lists them\n"

    def test_documents_and_sources(self) -> None:
        """OpenAPI, TypeScript and Python, of all models or one."""
        assert json.loads(run("schema", "--all", "--form", "openapi").stdout) == openapi()
        assert run("schema", "--all", "--form", "typescript").stdout == typescript()
        assert run("schema", SLUG, "--form", "python").stdout == python([SLUG])

    def test_json(self) -> None:
        """With --json the document is beside the rules that are left out."""
        data = json.loads(run("schema", SLUG, "--form", "typescript", "--json").stdout)
        assert data["ok"] is True
        assert data["document"] == typescript([SLUG])
        (first, *_) = left_out(SLUG, "typescript")
        assert data["left_out"][0] == {"model": SLUG, "rule": first.rule, "says": first.says, "why": first.why}

    @pytest.mark.parametrize("file", FILES)
    def test_files(self, file: str) -> None:
        """The schemas of ratecard's own files."""
        assert json.loads(run("schema", "--file", file).stdout) == file_schema(file)  # type: ignore[arg-type]

    @pytest.mark.parametrize("arguments", [[], [SLUG, "--all"], ["--all", "--file", "table"]])
    def test_usage(self, arguments: list[str]) -> None:
        """Exactly one thing is asked for."""
        result = run("schema", *arguments)
        assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "Error: give either a MODEL, --all or --file")

    def test_unknown_model(self) -> None:
        """An unknown model is answered as everywhere."""
        result = run("schema", "nobody/nothing", "--json")
        assert (result.exit_code, json.loads(result.stdout)["code"]) == (3, "unknown_model")


class TestOutput:
    """`--output` replaces a file at once."""

    def test_replaced(self, tmp_path: Path) -> None:
        """The file has what standard output would have had, and nothing else is left."""
        file = tmp_path / "catalogue.json"
        file.write_text("old", encoding="utf-8")
        result = run("export", "-o", str(file))
        assert (result.exit_code, result.output) == (0, "")
        assert file.read_text(encoding="utf-8") == run("export").stdout
        assert list(tmp_path.iterdir()) == [file]

    def test_not_writable(self, tmp_path: Path) -> None:
        """A file that cannot be written is named, with the reason."""
        result = run("export", "--json", "-o", str(tmp_path / "no" / "file"))
        assert (result.exit_code, json.loads(result.stdout)["code"]) == (2, "unwritable")
        assert result.stderr == f"cannot write {tmp_path}/no/file: No such file or directory\n"
        assert run("export", "-o", "").exit_code == 2


class TestExport:
    """`ratecard export`."""

    def test_document(self) -> None:
        """The whole catalogue, with a line for each model."""
        result = run("export")
        assert json.loads(result.stdout) == export_catalog()
        assert len(result.stdout.splitlines()) > len(Catalog.bundled())
        assert json.loads(run("export", "--json").stdout)["document"] == export_catalog()

    def test_other_tables(self, tmp_path: Path) -> None:
        """`--tables` and `--at` choose what is exported."""
        file = tmp_path / "loop.toml"
        file.write_text(invented.dated_text(y2028="20_000"), encoding="utf-8")
        for instant, number in (("2027-01-01", 1), ("2028-01-01", 2)):
            models = json.loads(run("export", "--tables", str(file), "--at", instant).stdout)["models"]
            assert [len(model["revision"]) for model in models if model["model"].startswith("acme/")] == [number]


def test_show_toml(tmp_path: Path) -> None:
    """The table of a model, with its announced revisions unless there is an instant."""
    file = tmp_path / "loop.toml"
    file.write_text(invented.dated_text(y2999="20_000"), encoding="utf-8")
    arguments = ("show", "acme/loop-1/text-to-video", "--toml", "--tables", str(file))
    assert load_model(run(*arguments).stdout) == load_model(file.read_bytes())
    assert len(load_model(run(*arguments, "--at", "2027-01-01").stdout).revisions) == 1
    assert json.loads(run(*arguments, "--json").stdout) == {"ok": True, **load_model(file.read_bytes()).to_dict()}
