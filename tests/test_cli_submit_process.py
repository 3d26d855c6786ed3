"""The commands that talk to the API as real processes: two terminals, signals, closed pipes, a full disk."""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

import cli_runner
from cli_runner import MAX_SECONDS, run_on_terminal, started
from ratecard._api import KEY_VARIABLE
from ratecard.testing import FakeApi

if TYPE_CHECKING:
    import subprocess

KEY = "pb_example_do_not_show"
MODEL = "kling-plus/kling-o1-standard/text-to-video"
SUBMIT = ("submit", MODEL, "prompt=a cat")
RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
WITHOUT_PAUSES = (
    "import stamina; stamina.set_testing(True, attempts=4, cap=True); from ratecard._cli import main; main()"
)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Return the exit code of a process and what it wrote to both streams."""
    written, complained = process.communicate()
    assert KEY not in (written or "") + (complained or "")
    assert "Traceback" not in (complained or "")
    return process.returncode, written, complained


def test_two_terminals() -> None:
    """A job goes through its life in one, and the other shows quote, charge, no drift and the result.

    50,000 x 10 = 500,000: $0.50, and $99.50 of $100 are left.
    """
    with started("fake-api", "--seconds-pending", "0", "--seconds-processing", "0") as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        env: dict[str, str | None] = {KEY_VARIABLE: "pb_test", "RATECARD_BASE_URL": address}
        result = cli_runner.run(*SUBMIT, "duration=10", "--yes", "--wait", "--timeout", "1", env=env)
        assert result.exit_code == 0
        receipt = f"job_00000001  pending  {MODEL}\n  quoted    $0.50\n  charged   $0.50\n  drift     none\n"
        assert result.stdout.startswith(receipt)
        assert "\njob_00000001  completed\n" in result.stdout
        created = datetime.fromisoformat(result.stdout.partition("  created   ")[2].partition("\n")[0])
        assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)  # else a lost job would not be found again
        refused = cli_runner.run("job", "none", env={**env, KEY_VARIABLE: KEY})
        assert refused.stderr.startswith("error    invalid_api_key  401 ")
        process.send_signal(signal.SIGTERM)
        code, written, complained = ended(process)
    assert (code, written) == (0, "1 job, charged $0.50, refunded $0.00, balance $99.50\n")
    lines = complained.splitlines()
    assert lines[0] == "nothing here costs money; Ctrl-C stops it; in another terminal:"
    assert lines[1] == f"  export {KEY_VARIABLE}=pb_test RATECARD_BASE_URL={address}"
    assert lines[3] == "POST /v1/jobs/submit  200"
    assert set(lines[4:-1]) == {"GET /v1/jobs/job_00000001  200"}
    assert lines[-1] == "GET /v1/jobs/none  401 INVALID_API_KEY"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this platform has no SIGKILL")
def test_signals_while_sending() -> None:
    """After SIGTERM it says that a job may have been created; after SIGKILL, what it said before remains."""
    api = FakeApi(key=KEY)
    numbers = (signal.SIGTERM, signal.SIGKILL)
    api.fail("timeout after", times=len(numbers))
    with ExitStack() as stack:
        env = {"RATECARD_BASE_URL": stack.enter_context(api.serve()), KEY_VARIABLE: KEY}
        processes = [stack.enter_context(started(*SUBMIT, "--yes", env=env)) for _ in numbers]
        limit = time.monotonic() + MAX_SECONDS
        while len(api.jobs) < len(numbers) and time.monotonic() < limit:
            time.sleep(0.01)
        for process, number in zip(processes, numbers, strict=True):
            process.send_signal(number)
        ends = [*map(ended, processes)]
    for code, written, complained in ends:
        lines = complained.splitlines()
        assert written == ""
        assert lines[0].startswith(f"submitting {MODEL} for $0.25 at 20")
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
        args = ("submit", MODEL, long, "--yes", "--base-url", address)
        with started(*args, command=(sys.executable, "-c", WITHOUT_PAUSES), env={KEY_VARIABLE: KEY}) as process:
            code, written, complained = ended(process)
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(MAX_SECONDS)
    assert (code, written) == (7, "")
    assert "may have been created and charged ($0.25)" in complained
    assert "the list could not be read completely: " in complained


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this platform has no full device")
def test_a_full_disk_or_a_closed_pipe_loses_no_job() -> None:
    """Where standard output takes nothing, the job is named on standard error; exit 1."""
    reader, writer = os.pipe()
    os.close(reader)
    with FakeApi(key=KEY).serve() as address, Path("/dev/full").open("w", encoding="utf-8") as full:
        env = {"RATECARD_BASE_URL": address, KEY_VARIABLE: KEY}
        full_disk = ["cannot write to standard output: No space left on device"]
        outputs: tuple[Any, ...] = ((writer, (), []), (full, ("--json",), full_disk))
        for number, (stdout, form, reason) in enumerate(outputs, start=1):
            with started(*SUBMIT, "--yes", *form, env=env, stdout=stdout) as process:
                code, _, complained = ended(process)
            assert code == 1
            assert complained.splitlines()[1:] == [f"created job_{number:08}", *reason]
    os.close(writer)


def test_on_a_terminal() -> None:
    """The price, the question, the receipt, the wait with the typical time, and the result."""
    api = FakeApi(key=KEY, clock=time.monotonic, seconds_pending=0, seconds_processing=0)
    with api.serve() as address:
        env = {"RATECARD_BASE_URL": address, KEY_VARIABLE: KEY}
        code, written = run_on_terminal(*SUBMIT, "--wait", "--timeout", "1", typed="y\n", **env)
    assert code == 0
    shown = (
        "$0.25  kling",
        "[y/N]",
        "submitting kling",
        "created job",
        "  pending  ",
        "about 4 min",
        "is completed",
        "  completed",
    )
    places = [written.rindex(text) if text == "about 4 min" else written.index(text) for text in shown]
    assert places == sorted(places)
    assert KEY not in written
