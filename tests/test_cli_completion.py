"""Shell completion by click's protocol and in bash, and the commands `help` and `completion`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cli_runner import run, started
from ratecard import Catalog, InvalidRequest, NotPriced, price
from ratecard._cli._input import pairs

if TYPE_CHECKING:
    from pathlib import Path

O3 = "kling-plus/kling-o3-standard/image-to-video"
MOTION = "kling/kling-motion-create-v3/motion-transfer-to-video"
DURATIONS = [*map(str, range(3, 16))]
SHELLS = ("bash", "zsh", "fish")
BASH = shutil.which("bash")


def protocol(shell: str, words: str, position: str, **environment: str) -> dict[str, str | None]:
    """Return the variables by which the script of a shell asks for completions."""
    return {"COMP_WORDS": words, "COMP_CWORD": position, "_RATECARD_COMPLETE": f"{shell}_complete", **environment}


def complete(line: str, **environment: str) -> list[str]:
    """Return what bash offers at the end of a line."""
    result = run(env=protocol("bash", line, "0", **environment))
    assert result.stderr == ""
    return [text.partition(",")[2] for text in result.stdout.split("\n") if text]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("ratecard sh", ["show", "sheet"]),
        ("ratecard help exit", ["exit-codes"]),
        ("ratecard help mod", ["models"]),
        ("ratecard completion ", [*SHELLS]),
        (f"ratecard show {O3[:-9]}", [O3]),
        ("ratecard sheet kling-plus/kling-2.1-master/", ["kling-plus/kling-2.1-master/image-to-video",
         "kling-plus/kling-2.1-master/text-to-video"]),
        (f"ratecard price {O3} d", [f"duration={option}" for option in DURATIONS]),
        (f"ratecard price {O3} duration=", DURATIONS),
        (f"ratecard price {O3} duration=1", DURATIONS[7:]),
        (f"ratecard price {O3} duration=10 dur", []),
        (f"ratecard quote {O3} duration=10 has", ["has_sound=false", "has_sound=true"]),
        (f"ratecard validate {O3} im", ["image_url="]),
        ("ratecard price google/veo-3.1-fast/text-to-video aspect_ratio=16:", ["9"]),
        ("ratecard price no/such/model d", []),
        (f"ratecard range {O3} --any ", ["duration", "has_sound"]),
        ("ratecard range --any ", []),
        (f"ratecard quote {MOTION} --measured ", ["duration=5", "duration=10"]),
        ("ratecard models --provider k", ["kling", "kling-plus"]),
        ("ratecard models --provider=k", ["kling", "kling-plus"]),
        ("ratecard find --capability text-to-", ["text-to-image", "text-to-video"]),
        ("ratecard find --capability text-to-image --with num_images=", ["1", "2", "3", "4"]),
        ("ratecard find --sort ", ["price", "time", "name"]),
        ("ratecard jobs --model kling-plus/kling-o3-pro", ["kling-plus/kling-o3-pro/video-edit"]),
        (f"ratecard sheet {O3} --format m", ["markdown"]),
        ("ratecard show --verb", ["--verbose"]),
    ],
)  # fmt: skip
def test_bash_offers(line: str, offered: list[str]) -> None:
    """Commands, topics, models, fields and options as key=value, names in the tables, formats."""
    assert complete(line) == offered


@pytest.mark.parametrize(("shell", "form"), [("zsh", "plain\n{}\n_"), ("fish", "plain,{}")])
def test_other_shells_get_whole_words(shell: str, form: str) -> None:
    """Only bash splits words at the equals sign."""
    position = "3" if shell == "zsh" else "has_sound=t"
    env = protocol(shell, f"ratecard price {O3} has_sound=t", position)
    assert run(env=env).stdout.strip() == form.format("has_sound=true")


def test_every_offered_option_is_an_option() -> None:
    """Whatever is offered for a field of any model is accepted there, and each model has something to offer."""
    for slug in Catalog.bundled().models:
        offered = [text for text in complete(f"ratecard price {slug} ") if not text.endswith("=")]
        for text in offered:
            try:
                price(slug, pairs([text]))
            except NotPriced:
                pass
            except InvalidRequest as error:
                pytest.fail(f"{slug} {text}: {error}")


def test_own_tables_are_completed(tmp_path: Path) -> None:
    """`--tables` counts; a path that cannot be read completes the shipped models, without a message."""
    table = 'model = "acme/loop-1/text-to-video"\nname = "Loop 1"\nprovider = "Acme"\ncapability = "text-to-video"\n'
    revision = '[[revision]]\nchecked = 2026-11-20\nsource = ["https://example.com"]\nfields_complete = true\n'
    field = '[revision.input."a b"]\ntype = "string"\n[revision.input.on]\ntype = "boolean"\n'
    odd = '[revision.input.mood]\ntype = "string"\nallowed = ["calm", "very calm"]\n'
    free = "[revision.price]\nbase_usd_micros = 0\nfree = true\n"
    (tmp_path / "own.toml").write_text(table + revision + field + odd + free, encoding="utf-8")
    where = f"--tables {tmp_path / 'own.toml'}"
    assert complete(f"ratecard show {where} ac") == ["acme/loop-1/text-to-video"]
    # What a shell would interpret is not offered.
    fields = ["on:=false", "on:=true", "mood=calm"]
    assert complete(f"ratecard price {where} acme/loop-1/text-to-video ") == fields
    assert complete(f"ratecard show {O3[:-9]}", RATECARD_TABLES=str(tmp_path / "missing")) == [O3]


def test_a_word_that_is_no_model_may_be_a_file() -> None:
    """Then the shell completes the names of files."""
    assert run(env=protocol("bash", "ratecard quote ./req", "2")).stdout == "file,./req\n"


@pytest.mark.parametrize(("shell", "no_space"), [("bash", "nospace"), ("zsh", "-S ''"), ("fish", "")])
def test_completion_prints_a_script_for_each_shell(shell: str, no_space: str) -> None:
    """It asks the command for completions by click's protocol; the shell, where there is one, can read it.

    No space follows "key=": fish does that by itself.
    """
    script = run("completion", shell).stdout
    assert no_space in script
    assert f"_RATECARD_COMPLETE={shell}_complete" in script
    assert "%(" not in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, check=True, encoding="utf-8")


@pytest.mark.skipif(BASH is None, reason="there is no bash")
def test_completion_in_bash(tmp_path: Path) -> None:
    """The model and its option are completed at each tab: 84,000 x 5 x 1.5 = 630,000, $0.63."""
    pty = pytest.importorskip("pty", reason="this platform has no pseudo-terminals")
    command = tmp_path / "ratecard"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m ratecard "$@"\n', encoding="utf-8")
    command.chmod(0o700)
    (tmp_path / "rc").write_text('eval "$(ratecard completion bash)"\n', encoding="utf-8")
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    # The settings and the history of the person who runs the tests are left alone.
    env = {"PATH": path, "TERM": "dumb", "HOME": str(tmp_path), "INPUTRC": os.devnull, "HISTFILE": ""}
    args = ("--noprofile", "--rcfile", str(tmp_path / "rc"), "-i")
    ours, theirs = pty.openpty()
    with started(*args, command=(str(BASH),), env=env, stdin=theirs, stderr=theirs) as process:
        os.write(ours, f"ratecard pr\t{O3[:-9]}\thas_s\tt\t\nexit\n".encode())
        written, _ = process.communicate()
    os.close(ours)
    os.close(theirs)
    assert written.startswith(f"$0.63  {O3}\n")


def test_help_of_a_command_is_its_help() -> None:
    """`help` without a topic is the help of all commands, in their sections."""
    assert run("help", "quote").stdout == run("quote", "--help").stdout
    assert run("help").stdout == run("--help").stdout
    sections = re.findall(r"^(\w+):\n", run("help").stdout, re.MULTILINE)
    assert sections == ["Options", "Prices", "Requests", "Billing", "Tables", "Jobs", "Integrations", "Help"]
