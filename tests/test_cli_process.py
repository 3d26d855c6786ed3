"""The command line as a real process, and what it draws on a terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from cli_runner import COMMAND, ENVIRONMENT, draw, run_on_terminal
from ratecard._cli._commands import cli

if TYPE_CHECKING:
    from collections.abc import Callable

O3 = "kling-plus/kling-o3-standard/image-to-video"
T2V = "kling-plus/kling-o1-standard/text-to-video"
V25 = "kling/kling-text2video-v25/text-to-video"
CAT = "image_url=https://example.com/cat.jpg"
RULE = "\u2500" * 20


def run(*args: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in pipes."""
    return subprocess.run(
        [*COMMAND, *args],
        input=stdin, capture_output=True, check=False, encoding="utf-8", env={**ENVIRONMENT, **environment},
    )  # fmt: skip


def test_a_quote_in_a_pipe() -> None:
    """84,000 x 10 x 1.5 = 1,260,000: $1.26, exit 0, nothing on standard error, nothing for terminals."""
    result = run("quote", O3, CAT, "duration=10", "has_sound=true", FORCE_COLOR="1")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"$1.26  {O3}\n")
    assert "\x1b" not in result.stdout


def test_standard_input_and_text_that_the_terminal_cannot_encode() -> None:
    """`-` reads standard input; a character that standard error cannot encode is escaped."""
    request = json.dumps({"model": T2V, "input": {"prompt": "a cat", "\u732b": 1}})
    result = run("quote", "-f", "-", stdin=request, PYTHONIOENCODING="latin-1")
    assert result.returncode == 3
    assert "/input/\\u732b" in result.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="this platform has no SIGPIPE")
def test_a_closed_pipe_ends_it_silently() -> None:
    """`ratecard models | head -1` dies of the signal, as other programs do, without a message."""
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen([*COMMAND, "models"], stdout=writer, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        os.close(writer)
        _, message = process.communicate()
    assert (process.returncode, message) == (-signal.SIGPIPE, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this platform has no /dev/full")  # noqa: PTH110  a device
@pytest.mark.parametrize(
    ("streams", "args", "code", "stdout", "stderr"),
    [
        (">&-", ["quote", O3, CAT], 1, "", "cannot write to standard output: it is closed"),
        (">/dev/full", ["quote", O3, CAT], 1, "", "cannot write to standard output: No space left on device"),
        ("2>&-", ["quote", O3], 3, "", ""),
        ("2>/dev/full", ["quote", O3, CAT, "multishot:=[{}]"], 0, "$0.42", ""),
        ("2>/dev/full", ["quote"], 2, "", ""),
        ("<&-", ["quote", "-f", "-"], 3, "", "error    bad_json  the input is empty  (at -:1:1)"),
        ("0>/dev/null", ["quote", "-f", "-"], 2, "", "error    unreadable  Bad file descriptor  (at -)"),
    ],
)
def test_streams_that_cannot_be_used(streams: str, args: list[str], code: int, stdout: str, stderr: str) -> None:
    """A closed stream or a full disk gives one clear line at most, a documented exit code, and no traceback."""
    result = subprocess.run(
        ["/bin/sh", "-c", f'"$@" {streams}', "sh", *COMMAND, *args],
        capture_output=True, check=False, encoding="utf-8", env=ENVIRONMENT,
    )  # fmt: skip
    assert (result.returncode, result.stderr.rstrip("\n")) == (code, stderr)
    assert result.stdout.partition("  ")[0] == stdout


def test_what_is_imported() -> None:
    """The entry point needs no extra; a pipe needs no rich; a command imports no other command's module."""
    code = """if True:
        import sys, atexit, ratecard._cli
        print(sorted({"click", "rich"} & set(sys.modules)))
        names = ("rich.console", "cattrs", "ratecard._cli._tables", "ratecard._cli._jobs")
        atexit.register(lambda: print([name for name in names if name in sys.modules]))
        sys.argv = ["ratecard", "models", "nothing like it"]
        ratecard._cli.main()"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert result.stdout == "[]\n[]\n"


def test_a_quote_on_a_real_terminal() -> None:
    """The same lines in colour; none is broken, however narrow the terminal, and the source is a link."""
    code, lines = run_on_terminal("quote", O3, CAT, "duration=10", "has_sound=true", COLUMNS="40")
    assert code == 0
    assert lines.startswith(f"\x1b[1;32m$1.26  {O3}\x1b[0m")
    source = "https://pixelbyte.mintlify.app/models/video/kling-plus/kling-o3-standard-image-to-video"
    assert re.search(rf"source: \x1b\]8;id=\d+;{source}\x1b\\{source}\x1b\]8;;\x1b\\ ", lines)


@pytest.fixture
def on_terminal() -> Callable[..., str]:
    """Return what runs the command line on a terminal, and returns all that it writes there."""
    return lambda *args, **options: draw(*args, **options)[1]


def test_problems_on_a_terminal_are_neither_markup_nor_control(on_terminal: Callable[..., str]) -> None:
    """What a user sends is shown as it is written: no markup is read, no control character let through."""
    written = on_terminal("validate", O3, CAT, "[bold]x[/bold]:smile:!=1", "y\x1b[2Jz=1")
    assert "/input/[bold]x[~1bold]:smile:!" in written
    assert "/input/y\\u001b[2Jz" in written
    assert "\x1b[31merror " in written


def test_models_on_a_terminal(on_terminal: Callable[..., str]) -> None:
    """A table with a rule under its header; on a narrow terminal, columns are folded below the slug."""
    wide, narrow = on_terminal("models", "kling-o3", columns=200), on_terminal("models", "kling-o3", columns=80)
    assert RULE in wide
    assert "capability" in wide
    assert "capability" not in narrow
    assert wide.count("Kling O3 Standard") == narrow.count("Kling O3 Standard") == 4
    assert O3 in wide
    assert O3 in narrow


def test_no_color_is_respected(on_terminal: Callable[..., str]) -> None:
    """With NO_COLOR a terminal gets no colour; boxes and the answer stay."""
    written = on_terminal("quote", O3, CAT, NO_COLOR="1")
    assert f"$0.42  {O3}" in written
    assert "\x1b[1;32m" not in written
    assert "\x1b[3" not in written


@pytest.mark.parametrize("columns", [0, -1])
def test_a_width_that_is_none(columns: int, on_terminal: Callable[..., str]) -> None:
    """COLUMNS=0, which some shells and containers set, is no width: the usual one is taken."""
    assert f"$0.42  {O3}" in on_terminal("quote", O3, CAT, columns=columns)
    assert f"{O3} " in on_terminal("models", "kling-o3-standard", columns=columns)
    assert "Prices:" in on_terminal("--help", columns=columns)


def test_show_and_sheet_on_a_terminal(on_terminal: Callable[..., str]) -> None:
    """Sections with titles; every price of the sheet: 45,000 x 1.5 x 10 = 675,000."""
    shown, sheet = on_terminal("show", V25), on_terminal("sheet", V25)
    assert "fields" in shown
    assert "$0.045 per second x quality x duration" in shown
    assert "675000" in sheet
    assert "0.675" in sheet


def test_ctrl_c_ends_a_command_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 130, as shells have it."""

    def interrupted(_: click.Context) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(click.Group, "invoke", lambda _, context: interrupted(context))
    with pytest.raises(SystemExit) as caught:
        cli(["models"], prog_name="ratecard")
    assert caught.value.code == 130
    assert capsys.readouterr() == ("", "interrupted\n")
