"""The hooks of pre-commit and the action for pull requests, in fresh repositories."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
REQUEST = {"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat", "duration": "10"}}
TABLE = """
model = "acme/wave-1/text-to-video"
name = "Wave 1"
provider = "Acme"
capability = "text-to-video"
[[revision]]
checked = 2026-11-20
source = ["https://example.com/wave-1"]
input = {}
price = { base_usd_micros = 250_000 }
"""

CONFIGURATION = """
repos:
- repo: {repository}
  rev: {commit}
  hooks:
  - id: ratecard-validate
  - id: ratecard-budget
    args: [--max-usd, "0.60", requests]
  - id: ratecard-check
"""


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, and return what it prints."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)  # noqa: S607
    return done.stdout.strip()


def commit(folder: Path) -> str:
    """Commit everything in a folder, which becomes a repository, and return the commit."""
    git(folder, "init", "-q")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "a state of the files")
    return git(folder, "rev-parse", "HEAD")


def write(file: Path, text: str) -> None:
    """Write a file, with its folder."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_hooks(copy_checkout: Callable[[], Path], tmp_path: Path) -> None:
    """The hooks pass on good files, and say what is wrong with others."""
    pytest.importorskip("pre_commit", reason="needs the dependency group integration")
    repository = copy_checkout()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", repository)
    user = tmp_path / "user"
    user.mkdir()
    configuration = CONFIGURATION.format(repository=repository, commit=commit(repository))
    write(user / ".pre-commit-config.yaml", configuration)
    write(user / "requests" / "a.json", json.dumps(REQUEST))
    write(user / "tables" / "wave.toml", TABLE)
    commit(user)

    def run() -> list[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        environment["PRE_COMMIT_HOME"] = str(tmp_path / "home")
        command = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"]
        done = subprocess.run(command, cwd=user, env=environment, capture_output=True, text=True, check=False)
        return done.stdout.splitlines()

    lines = run()
    assert len([line for line in lines if line.endswith("Passed")]) == 3, lines
    write(user / "requests" / "b.yaml", "model: kling-plus/kling-o1-standard/text-to-video\ninput: {duration: '5'}\n")
    write(user / "requests" / "c.json", json.dumps(REQUEST))
    write(user / "tables" / "wave.toml", TABLE.replace('"Wave 1"', "1"))
    git(user, "add", "--all")
    lines = run()
    assert len([line for line in lines if line.endswith("Failed")]) == 3, lines
    found = "\n".join(lines)
    assert re.search(r"error +missing_field +/input/prompt .*\(at requests/b\.yaml\)", found)
    assert "over budget: $1.00 is more than --max-usd 0.6" in found  # 0.50 + 0.50
    assert "tables/wave.toml:3: acme/wave-1/text-to-video: name: expected a string, got the number 1" in found


FAKE_GH = """#!/usr/bin/env bash
if [[ "$*" = *--paginate* ]]; then
  cat "$STATE/ids" 2>/dev/null || true
  exit
fi
printf '%s\\n' "$*" >> "$STATE/calls"
for word in "$@"; do
  if [[ "$word" = body=@* ]]; then cp "${word#body=@}" "$STATE/body"; fi
done
"""


class TestAction:
    """The comment on a pull request. `gh` is replaced by a script that writes down how it was called."""

    @pytest.fixture
    def repository(self, tmp_path: Path) -> Path:
        """Return a repository with a table and a request, and a folder for what the action leaves."""
        folder = tmp_path / "repository"
        folder.mkdir()
        write(folder / "tables" / "wave.toml", TABLE)
        write(folder / "requests" / "a.json", json.dumps({"model": "acme/wave-1/text-to-video", "input": {}}))
        commit(folder)
        (tmp_path / "state").mkdir()
        (tmp_path / "bin").mkdir()
        fake = tmp_path / "bin" / "gh"
        fake.write_text(FAKE_GH, encoding="utf-8")
        fake.chmod(0o755)
        return folder

    @staticmethod
    def run(repository: Path, **inputs: str) -> tuple[int, str, str]:
        """Run the script of the action; return its exit code, its output and the calls of `gh`."""
        here = repository.parent
        state = here / "state"
        for name in ("output", "calls"):
            (state / name).write_text("", encoding="utf-8")
        environment = {
            **os.environ,
            "PATH": f"{here / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "RATECARD": str(Path(sys.executable).with_name("ratecard")),
            "TABLES": "tables",
            "REQUESTS": "requests",
            "BASE": git(repository, "rev-list", "--max-parents=0", "HEAD"),
            "NUMBER": "7",
            "GITHUB_REPOSITORY": "ada/shop",
            "GITHUB_OUTPUT": str(state / "output"),
            "RUNNER_TEMP": str(here),
            "STATE": str(state),
            **inputs,
        }
        command = ["bash", str(ROOT / ".ci" / "comment-diff")]
        done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
        output, calls = ((state / name).read_text(encoding="utf-8") for name in ("output", "calls"))
        return done.returncode, output.strip(), calls.replace(str(here), "").strip() or done.stdout + done.stderr

    def test_a_difference(self, repository: Path) -> None:
        """It is commented once, and the comment is updated afterwards."""
        write(repository / "tables" / "wave.toml", TABLE.replace("250_000", "300_000"))
        commit(repository)
        code, output, calls = self.run(repository)
        assert (code, output) == (0, "differs=true")
        assert calls.startswith("api --silent --method POST repos/ada/shop/issues/7/comments -F body=@")
        body = (repository.parent / "state" / "body").read_text(encoding="utf-8")
        assert body.startswith("<!-- ratecard diff -->\n")
        assert "$0.25" in body
        assert "$0.30" in body
        (repository.parent / "state" / "ids").write_text("41\n42\n", encoding="utf-8")
        code, output, calls = self.run(repository, REQUESTS="")
        assert (code, output) == (0, "differs=true")
        assert calls.startswith("api --silent --method PATCH repos/ada/shop/issues/comments/41 -F body=@")

    def test_no_difference(self, repository: Path) -> None:
        """There is no comment; one of an earlier run is deleted."""
        assert self.run(repository) == (0, "differs=false", "")
        (repository.parent / "state" / "ids").write_text("41\n", encoding="utf-8")
        deleted = "api --method DELETE repos/ada/shop/issues/comments/41"
        assert self.run(repository) == (0, "differs=false", deleted)

    def test_new_tables(self, repository: Path) -> None:
        """Tables that the base does not have are compared with the shipped ones."""
        write(repository / "new" / "wave.toml", TABLE + "\n")
        commit(repository)
        code, output, _ = self.run(repository, TABLES="new/")
        assert (code, output) == (0, "differs=true")

    def test_failures(self, repository: Path) -> None:
        """Tables that cannot be read, and another event than a pull request, end the action without a comment."""
        write(repository / "tables" / "wave.toml", "name = 3")
        commit(repository)
        code, output, message = self.run(repository)
        assert (code, output) == (3, "")
        assert "tables/wave.toml" in message
        code, output, message = self.run(repository, NUMBER="")
        assert (code, output) == (1, "")
        assert "::error::this action needs the event pull_request" in message

    def test_a_long_comment_is_cut(self, repository: Path) -> None:
        """GitHub takes 65,536 characters; the last line says that there is more."""
        for number in range(400):
            table = TABLE.replace("wave-1", f"wave-{'x' * 150}{number}")
            write(repository / "tables" / f"wave-{number}.toml", table)
        commit(repository)
        assert self.run(repository)[:2] == (0, "differs=true")
        body = (repository.parent / "state" / "body").read_text(encoding="utf-8")
        assert 59_000 < len(body) < 65_536
        assert body.endswith("\nThe rest is left out: it is too long for a comment.\n")

    def test_the_definition(self) -> None:
        """Every step has a shell, inputs reach the script only as variables, and the script is there."""
        action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
        assert set(action["inputs"]) == {"tables", "requests", "token"}
        for step in action["runs"]["steps"]:
            assert step["shell"] == "bash"
            assert "${{" not in step["run"]
        script = (ROOT / ".ci" / "comment-diff").read_text(encoding="utf-8")
        variables = action["runs"]["steps"][-1]["env"].keys() - {"SCRIPT", "GH_TOKEN"}
        assert all(f"${name}" in script or f"${{{name}" in script for name in variables)
