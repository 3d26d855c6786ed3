"""The commands that talk to the API as real processes: two terminals, signals, closed pipes, a full disk."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread, Timer
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from ratecard._api import KEY_VARIABLE
from ratecard.testing import TIMEOUT_AFTER, FakeApi

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "pb_example_do_not_show"
MODEL = "kling-plus/kling-o1-standard/text-to-video"
SUBMIT = ("submit", MODEL, "prompt=a cat")
MAIN = "from ratecard._cli import main; main()"
WITHOUT_PAUSES = f"import stamina; stamina.set_testing(True, attempts=4, cap=True); {MAIN}"
RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
MAX_SECONDS = 60


@contextmanager
def started(*args: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run the command line, in pipes unless `options` say otherwise; it is killed at the end, or after a minute."""
    foreign = {"NO_COLOR", "FORCE_COLOR", KEY_VARIABLE, "RATECARD_BASE_URL"}
    kept = {name: text for name, text in os.environ.items() if name not in foreign}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    env = {**kept, KEY_VARIABLE: KEY, **options.pop("env", {})}
    command = [sys.executable, "-c", options.pop("code", MAIN), *args]
    with subprocess.Popen(command, encoding="utf-8", env=env, **{**pipes, **options}) as process:
        limit = Timer(MAX_SECONDS, process.kill)  # so that no read below can block for ever
        limit.start()
        try:
            yield process
        finally:
            limit.cancel()
            process.kill()


def run(*args: str, **options: Any) -> tuple[int, str, str]:
    """Return the exit code of a command and what it wrote to both streams."""
    with started(*args, **options) as process:
        written, complained = process.communicate()
    assert KEY not in (written or "") + (complained or "")
    assert "Traceback" not in (complained or "")
    return process.returncode, written, complained


def status_of(address: str, path: str, key: str) -> int:
    """Return the status of an answer."""
    try:
        with urlopen(Request(address + path, headers={"Authorization": f"Bearer {key}"}), timeout=30) as response:  # noqa: S310  loopback
            return int(response.status)
    except HTTPError as error:
        with error:
            return error.code


def test_two_terminals() -> None:
    """A job goes through its life in one, and the other shows quote, charge, no drift and the result.

    50,000 x 10 = 500,000: $0.50, and $99.50 of $100 are left.
    """
    with started("fake-api", "--seconds-pending", "0", "--seconds-processing", "0") as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        env = {KEY_VARIABLE: "pb_test", "RATECARD_BASE_URL": address}
        code, written, _ = run(*SUBMIT, "duration=10", "--yes", "--wait", "--timeout", "1", env=env)
        assert code == 0
        receipt = f"job_00000001  pending  {MODEL}\n  quoted    $0.50\n  charged   $0.50\n  drift     none\n"
        assert written.startswith(receipt)
        assert "\njob_00000001  completed\n" in written
        created = datetime.fromisoformat(written.partition("  created   ")[2].partition("\n")[0])
        assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)  # else a lost job would not be found again
        assert status_of(address, "/v1/jobs/none", KEY) == 401
        process.send_signal(signal.SIGTERM)
        written, complained = process.communicate()
    assert (process.returncode, written) == (0, "1 job, charged $0.50, refunded $0.00, balance $99.50\n")
    lines = complained.splitlines()
    assert lines[0] == "nothing here costs money; Ctrl-C stops it; in another terminal:"
    assert lines[1] == f"  export {KEY_VARIABLE}=pb_test RATECARD_BASE_URL={address}"
    assert lines[3] == "POST /v1/jobs/submit  200"
    assert set(lines[4:-1]) == {"GET /v1/jobs/job_00000001  200"}
    assert lines[-1] == "GET /v1/jobs/none  401 INVALID_API_KEY"


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this platform has no SIGHUP")
def test_signals_while_sending() -> None:
    """After SIGHUP it says that a job may have been created; after SIGKILL, what it said before remains."""
    api = FakeApi(keys=KEY)
    numbers = (signal.SIGHUP, signal.SIGKILL)
    api.fail(TIMEOUT_AFTER, times=len(numbers))
    with ExitStack() as stack:
        env = {"RATECARD_BASE_URL": stack.enter_context(api.serve())}
        processes = [stack.enter_context(started(*SUBMIT, "--yes", env=env)) for _ in numbers]
        limit = time.monotonic() + MAX_SECONDS
        while len(api.jobs) < len(numbers) and time.monotonic() < limit:
            time.sleep(0.01)
        for process, number in zip(processes, numbers, strict=True):
            process.send_signal(number)
        ends = [(*process.communicate(), process.returncode) for process in processes]
    for written, complained, code in ends:
        lines = complained.splitlines()
        assert written == ""
        assert lines[0].startswith(f"submitting {MODEL} for $0.25 at 20")
        assert KEY not in complained
        if code == -signal.SIGKILL:
            assert len(lines) == 1
            continue
        assert code == 7
        assert lines[1].startswith(f"error    submission_uncertain  a job of {MODEL} may have been created and charged")
        assert lines[1].endswith(": interrupted")
        assert lines[2].endswith(f": ratecard jobs --base-url {env['RATECARD_BASE_URL']} --model {MODEL}")
        assert len(lines) == 3


def test_a_server_that_hangs_up() -> None:
    """Connections that break after the first byte end in words, not in a signal: nobody knows what arrived; exit 7."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(MAX_SECONDS)

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connection.recv(1)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                connection.close()

        thread = Thread(target=hang_up, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        long = f"prompt={'a cat ' * 300}"
        command = ("submit", MODEL, long, "--yes", "--base-url", address)
        code, written, complained = run(*command, code=WITHOUT_PAUSES)
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(MAX_SECONDS)
    assert (code, written) == (7, "")
    assert "may have been created and charged ($0.25)" in complained
    assert "the list could not be read completely: " in complained


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this platform has no full device")
def test_a_full_disk_or_a_closed_pipe_loses_no_job() -> None:
    """Where standard output takes nothing, the job is named on standard error."""
    reader, writer = os.pipe()
    os.close(reader)
    with FakeApi(keys=KEY).serve() as address, Path("/dev/full").open("w", encoding="utf-8") as full:
        env = {"RATECARD_BASE_URL": address}
        closed = run(*SUBMIT, "--yes", env=env, stdout=writer)
        no_space = run(*SUBMIT, "--yes", "--json", env=env, stdout=full)
    os.close(writer)
    assert (closed[0], closed[2].splitlines()[1:3]) == (
        1,
        ["created job_00000001", "error    output_failed  cannot write to stdout: Broken pipe"],
    )
    assert (no_space[0], no_space[2].splitlines()[1:]) == (
        1,
        ["created job_00000002", "error    output_failed  cannot write to stdout: No space left on device"],
    )


def on_terminal(*args: str, typed: str, **env: str) -> tuple[int, str]:
    """Run the command line on a terminal; return its exit code and all that is on it in the end."""
    pty = pytest.importorskip("pty", reason="this platform has no pseudo-terminals")
    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())
    settings = {"TERM": "xterm-256color", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8", **env}
    with started(*args, env=settings, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        written = b""
        try:
            while part := os.read(ours, 65_536):
                written += part
        except OSError:  # Linux reports the end of a terminal as an error
            pass
        process.wait()
    os.close(ours)
    return process.returncode, written.decode().replace("\r\n", "\n")


def test_on_a_terminal() -> None:
    """The price, the question, the receipt, a bar with the typical time, and the result."""
    api = FakeApi(keys=KEY, clock=time.monotonic, seconds_pending=0, seconds_processing=0.2)
    with api.serve() as address:
        code, written = on_terminal(*SUBMIT, "--wait", "--timeout", "1", typed="y\n", RATECARD_BASE_URL=address)
    assert code == 0
    shown = ("$0.25  kling", "[y/N]", "submitting kling", "  pending  ", "\u2501", "about 4 min", "  completed")
    places = [written.rindex(text) if text == "about 4 min" else written.index(text) for text in shown]
    assert places == sorted(places)
    assert "created job" not in written
    assert KEY not in written
