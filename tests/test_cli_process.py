"""The command line as a real process: in a pipe, into a closed pipe, and on a terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

O3 = "kling-plus/kling-o3-standard/image-to-video"
T2V = "kling-plus/kling-o1-standard/text-to-video"
V25 = "kling/kling-text2video-v25/text-to-video"
CAT = "image_url=https://example.com/cat.jpg"
COMMAND = [sys.executable, "-m", "ratecard._cli"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}


def run(*args: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in pipes."""
    return subprocess.run(
        [*COMMAND, *args],
        input=stdin, capture_output=True, check=False, encoding="utf-8", env={**ENVIRONMENT, **environment},
    )  # fmt: skip


def on_terminal(*args: str, columns: int = 120, **environment: str) -> str:
    """Run the command line on a terminal and return all that it writes there."""
    pty = pytest.importorskip("pty", reason="this platform has no pseudo-terminals")
    ours, theirs = pty.openpty()
    settings = {"TERM": "xterm-256color", "COLUMNS": str(columns), "PYTHONIOENCODING": "utf-8", **environment}
    with subprocess.Popen(
        [*COMMAND, *args], stdin=theirs, stdout=theirs, stderr=theirs, env={**ENVIRONMENT, **settings}
    ):
        os.close(theirs)
        written = _all_of(ours)
    os.close(ours)
    return written.decode().replace("\r\n", "\n")


def _all_of(descriptor: int) -> bytes:
    written = b""
    try:
        while part := os.read(descriptor, 65_536):
            written += part
    except OSError:  # Linux reports the end of a terminal as an error
        pass
    return written


def test_a_quote_in_a_pipe() -> None:
    """84,000 x 10 x 1.5 = 1,260,000: $1.26, exit 0, nothing on standard error, nothing for terminals."""
    result = run("quote", O3, CAT, "duration=10", "has_sound=true", FORCE_COLOR="1")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"$1.26  {O3}\n")
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("code", "args"),
    [
        (2, ["quote"]),
        (2, ["quote", "-f", "no/such/file.json"]),
        (3, ["quote", O3]),
        (3, ["show", "no/such/model"]),
        (5, ["quote", O3, CAT, "--max-usd", "0.41"]),
    ],
)
def test_exit_codes(code: int, args: list[str]) -> None:
    """Wrong usage is 2, an invalid request 3, over the budget 5; each says why on standard error."""
    result = run(*args)
    assert result.returncode == code
    assert result.stderr
    assert "Traceback" not in result.stderr


def test_json_lines_with_a_bad_line(tmp_path: Path) -> None:
    """The others are answered: 2 x 250,000 millionths; the bad one is named by file and line; exit 3."""
    file = tmp_path / "batch.jsonl"
    good = json.dumps({"model": T2V, "input": {"prompt": "a cat"}})
    file.write_text(f"{good}\nnot JSON\n{good}\n", encoding="utf-8")
    result = run("quote", "-f", str(file), "--json")
    answer = json.loads(result.stdout)
    assert result.returncode == 3
    assert answer["total_usd_micros"] == 500_000
    assert answer["results"][1]["source"] == {"file": str(file), "line": 2}
    assert f"{file}:2:1: " in run("quote", "-f", str(file)).stderr


def test_standard_input() -> None:
    """`-` reads the request from standard input."""
    result = run("quote", "-f", "-", stdin=json.dumps({"model": T2V, "input": {"prompt": "a cat"}}))
    assert result.stdout.startswith("$0.25  ")  # 50,000 x 5, the default


def test_text_that_the_terminal_cannot_encode_is_escaped() -> None:
    """No character makes the answer fail, whatever the encoding of standard output."""
    result = run("quote", O3, "\u732b=1", PYTHONIOENCODING="latin-1")
    assert result.returncode == 3
    assert "/input/\\u732b" in result.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="this platform has no SIGPIPE")
def test_a_closed_pipe_ends_it_without_words() -> None:
    """`ratecard models | head -1` dies of the signal, as other programs do, and says nothing."""
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen([*COMMAND, "models"], stdout=writer, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        os.close(writer)
        _, said = process.communicate()
    assert (process.returncode, said) == (-signal.SIGPIPE, b"")


def test_a_missing_extra() -> None:
    """Without click the program says in one line what to install, and exits with 1."""
    blocked = "import sys; sys.modules['click'] = None; from ratecard._cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", blocked], capture_output=True, check=False, encoding="utf-8", env=ENVIRONMENT
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == 'the command line needs click: pip install "ratecard[cli]"\n'


def test_importing_the_entry_point_imports_no_extra() -> None:
    """`ratecard._cli` can be imported without click and rich: only running it needs them."""
    code = "import sys, ratecard._cli; print(sorted({'click', 'rich'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert result.stdout == "[]\n"


def test_a_pipe_needs_no_rich_parts() -> None:
    """Drawing for terminals is imported on a terminal alone."""
    code = "import sys, atexit; atexit.register(lambda: print('rich.console' in sys.modules)); "
    code += "sys.argv = ['ratecard', 'models']; from ratecard._cli import main; main()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert result.stdout.endswith("\nFalse\n")


def test_a_quote_on_a_terminal() -> None:
    """The same lines in colour; none is broken, however narrow the terminal."""
    written = on_terminal("quote", O3, CAT, "duration=10", "has_sound=true", columns=40)
    assert written.startswith("\x1b[1;32m$1.26")
    assert f"\x1b[1;32m$1.26  {O3}\x1b[0m" in written
    assert "source: https://pixelbyte.mintlify.app/models/video/kling-plus/kling-o3-standard-image-to-video" in written


def test_problems_on_a_terminal_are_neither_markup_nor_control() -> None:
    """What a user sends is shown as it is written: no markup is read, no control character let through."""
    written = on_terminal("validate", O3, CAT, "[bold]x[/bold]:smile:!=1", "y\x1b[2Jz=1")
    assert "/input/[bold]x[~1bold]:smile:!" in written
    assert "/input/y\\u001b[2Jz" in written
    assert "\x1b[31merror " in written


def test_models_on_a_terminal() -> None:
    """A table with a rule under its header; a narrow terminal goes without what the slug says anyhow."""
    wide, narrow = on_terminal("models", columns=200), on_terminal("models", columns=80)
    assert "\u2500" * 20 in wide
    assert "capability" in wide
    assert "capability" not in narrow
    assert O3 in wide
    assert O3 in narrow


def test_no_color_is_respected() -> None:
    """With NO_COLOR a terminal gets no colour; boxes and the answer stay."""
    written = on_terminal("quote", O3, CAT, NO_COLOR="1")
    assert f"$0.42  {O3}" in written
    assert "\x1b[1;32m" not in written
    assert "\x1b[3" not in written


def test_show_and_sheet_on_a_terminal() -> None:
    """Sections with titles; every price of the sheet: 45,000 x 1.5 x 10 = 675,000."""
    shown, sheet = on_terminal("show", V25), on_terminal("sheet", V25)
    assert all(title in shown for title in ("model", "fields", "multipliers", "examples"))
    assert "$0.045 per second (label) x quality x duration" in shown
    assert "675000" in sheet
    assert "0.675" in sheet
