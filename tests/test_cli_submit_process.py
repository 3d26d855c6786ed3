"""The commands that talk to the API as real processes: two terminals, closed pipes, cut connections, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING
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
# A shell that runs in the background lets its children ignore Ctrl-C; here it is to be felt.
START = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
MAIN = "from ratecard._cli import main; main()"
BLOCKED = "import sys; sys.modules['httpx'] = None; "
LINGER_NOT = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


def environment(**variables: str) -> dict[str, str]:
    """Return the variables of a process: nothing of the machine's own key or address, and `variables`."""
    foreign = {"NO_COLOR", "FORCE_COLOR", KEY_VARIABLE, "RATECARD_BASE_URL"}
    return {**{name: text for name, text in os.environ.items() if name not in foreign}, **variables}


def start(*args: str, code: str = MAIN, **variables: str) -> subprocess.Popen[str]:
    """Start the command line in pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", START + code, *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", env=environment(**variables),
    )  # fmt: skip


def run(*args: str, code: str = MAIN, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in pipes."""
    with start(*args, code=code, **variables) as process:
        said, complained = process.communicate(timeout=60)
    assert KEY not in said + complained
    assert "Traceback" not in complained
    return subprocess.CompletedProcess(args, process.returncode, said, complained)


@contextmanager
def fake_api(*args: str, code: str = MAIN) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `ratecard fake-api`, and give its process and its address."""
    with start("fake-api", *args, code=code) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def stopped(process: subprocess.Popen[str]) -> tuple[int, str, list[str]]:
    """Press Ctrl-C until the process ends, and return the exit code and what was said on both streams since.

    A signal that comes in the instant before a sleep begins does not end that sleep: people press again.
    """
    for _ in range(20):
        process.send_signal(signal.SIGINT)
        try:
            said, complained = process.communicate(timeout=3)
        except subprocess.TimeoutExpired:
            continue
        return process.returncode, said, complained.splitlines()
    raise AssertionError("the process does not end")


def asked(address: str, path: str, key: str) -> int:
    """Return the status of an answer, asked for without httpx."""
    try:
        with urlopen(Request(address + path, headers={"Authorization": f"Bearer {key}"})) as response:  # noqa: S310  loopback
            return int(response.status)
    except HTTPError as error:
        with error:
            return error.code


def test_two_terminals() -> None:
    """A job goes through its life in one, and the other shows quote, charge, no drift and the result.

    50,000 x 10 = 500,000: $0.50, and $99.50 of $100 are left.
    """
    with fake_api("--seconds-pending", "0", "--seconds-processing", "1") as (process, address):
        variables = {KEY_VARIABLE: "pb_test", "RATECARD_BASE_URL": address}
        done = run(*SUBMIT, "duration=10", "--yes", "--wait", "--timeout", "3", **variables)
        assert done.returncode == 0
        assert done.stdout.startswith(
            f"job_00000001  pending  {MODEL}\n  quoted    $0.50\n  charged   $0.50\n  drift     none\n"
        )
        assert "\njob_00000001  completed\n" in done.stdout
        created = datetime.fromisoformat(done.stdout.partition("  created   ")[2].partition("\n")[0])
        assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)  # else a lost job would not be found again
        assert asked(address, "/v1/jobs/none", KEY) == 401
        code, said, complained = stopped(process)
    assert (code, said) == (0, "1 job, charged $0.50, refunded $0.00, balance $99.50\n")
    assert complained[:2] == [
        "nothing here costs money; Ctrl-C ends it; in another terminal:",
        f"  export {KEY_VARIABLE}=pb_test RATECARD_BASE_URL={address}",
    ]
    assert complained[3:] == [
        "POST /v1/jobs/submit  200",
        "GET /v1/jobs/job_00000001  200",
        "GET /v1/jobs/none  401 INVALID_API_KEY",
    ]


def test_the_fake_needs_no_httpx() -> None:
    """Without the extra `submit` the fake is there all the same; its books are for more than one job."""
    with fake_api(code=BLOCKED + MAIN) as (process, address):
        assert asked(address, "/v1/jobs?limit=1", "pb_test") == 200
        code, said, _ = stopped(process)
    assert (code, said) == (0, "0 jobs, charged $0.00, refunded $0.00, balance $100.00\n")


def test_a_port_that_is_taken() -> None:
    """It is said in one line, and exits with 2."""
    with fake_api() as (_, address):
        port = address.rpartition(":")[2]
        done = run("fake-api", "--port", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"cannot listen on port {port}: ")
    assert done.stderr.count("\n") == 1


def test_the_fake_outlives_cut_connections() -> None:
    """Clients that go away before their answers do not end the server: it writes to connections that are closed."""
    with fake_api() as (_, address):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as client:
                client.sendall(b"GET /v1/jobs HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        assert asked(address, "/v1/jobs", "pb_test") == 200


def test_a_server_that_hangs_up() -> None:
    """Connections that break after the first byte end in words, not in a signal: nobody knows what arrived; exit 7."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connection.recv(1)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
                connection.close()

        thread = Thread(target=hang_up)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        long = f"prompt={'a cat ' * 300}"
        done = run("submit", MODEL, long, "--yes", "--base-url", address, **{KEY_VARIABLE: KEY})
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert (done.returncode, done.stdout) == (7, "")
    assert "may have been created and charged ($0.25)" in done.stderr
    assert "the list of jobs could not be read: no answer" in done.stderr


def test_nobody_listens() -> None:
    """A refused connection is said in words; nothing was created; exit 6."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    done = run(*SUBMIT, "--yes", "--base-url", address, **{KEY_VARIABLE: KEY})
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.splitlines()[1:] == [
        "  check the network and --base-url",
        "  no job was created, and nothing was charged",
    ]


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="this platform has no SIGPIPE")
def test_a_closed_pipe_loses_no_job() -> None:
    """Where nobody reads standard output, the job is named on standard error before the process ends."""
    with FakeApi(keys=KEY).serve() as address:
        reader, writer = os.pipe()
        os.close(reader)
        variables = environment(**{KEY_VARIABLE: KEY, "RATECARD_BASE_URL": address})
        command = [sys.executable, "-m", "ratecard._cli", *SUBMIT, "--yes"]
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, env=variables, check=False)
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"created job_00000001\n")


@pytest.mark.parametrize("pending", [True, False])
def test_ctrl_c(pending: bool) -> None:  # noqa: FBT001  a column of the table
    """While it waits, the job is named and how to go on; while it sends, that a job may have been created."""
    api = FakeApi(keys=KEY)
    if not pending:
        api.fail(TIMEOUT_AFTER)
    with api.serve() as address:
        args = (*SUBMIT, "--yes", "--wait")
        with start(*args, **{KEY_VARIABLE: KEY, "RATECARD_BASE_URL": address}) as process:
            assert process.stderr is not None
            if pending:
                assert process.stderr.readline() == "created job_00000001\n"
                assert process.stderr.readline().startswith("waiting for job_00000001")
            else:
                while process.poll() is None and not api.jobs:
                    time.sleep(0.01)
            code, _, complained = stopped(process)
    if pending:
        assert code == 130
        assert complained[-1] == f"  go on waiting: ratecard job job_00000001 --wait --base-url {address}"
    else:
        assert code == 7
        assert complained[0].startswith("error    submission_uncertain  interrupted: a job of ")
        assert complained[1].endswith(f"look for it first: ratecard jobs --model {MODEL} --base-url {address}")
    assert KEY not in "".join(complained)
    assert "Traceback" not in "".join(complained)


def test_without_httpx() -> None:
    """The extra is named in one line, before anything is asked; what needs no network works without it."""
    command: tuple[str, ...]
    for command in ((*SUBMIT, "--yes"), ("job", "j"), ("cancel", "j"), ("jobs",)):
        done = run(*command, code=BLOCKED + MAIN, **{KEY_VARIABLE: KEY})
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == 'the submitter needs httpx: pip install "ratecard[submit]"\n'
    for command in ((*SUBMIT, "--dry-run"), ("quote", *SUBMIT[1:]), ("models", "kling"), ("submit", "--help")):
        assert run(*command, code=BLOCKED + MAIN).returncode == 0
    listed = run("--help", code=BLOCKED + MAIN).stdout
    assert all(f"\n  {name} " in listed for name in ("submit", "job", "cancel", "jobs", "fake-api"))


def on_terminal(*args: str, typed: str, **variables: str) -> tuple[int, str]:
    """Run the command line on a terminal; return its exit code and all that stands there in the end."""
    pty = pytest.importorskip("pty", reason="this platform has no pseudo-terminals")
    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())
    settings = environment(TERM="xterm-256color", COLUMNS="100", PYTHONIOENCODING="utf-8", **variables)
    with subprocess.Popen(
        [sys.executable, "-m", "ratecard._cli", *args], stdin=theirs, stdout=theirs, stderr=theirs, env=settings
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while part := os.read(ours, 65_536):
                written += part
        except OSError:  # Linux reports the end of a terminal as an error
            pass
    os.close(ours)
    return process.returncode, written.decode().replace("\r\n", "\n")


def test_on_a_terminal() -> None:
    """The price, the question, the receipt, a bar with the typical time, the result; and a no sends nothing."""
    api = FakeApi(keys=KEY, clock=time.monotonic, seconds_pending=0, seconds_processing=0.2)
    with api.serve() as address:
        variables = {KEY_VARIABLE: KEY, "RATECARD_BASE_URL": address}
        code, written = on_terminal(*SUBMIT, typed="n\n", **variables)
        assert (code, api.jobs) == (1, ())
        assert f"Submit to {address} for $0.25? [y/N]: " in written
        code, written = on_terminal(*SUBMIT, "--wait", "--timeout", "2", typed="y\n", **variables)
    assert code == 0
    told = ("$0.25  kling", "processing time: about 4 min", "[y/N]", "  pending  ", "\u2501", "  completed")
    places = [written.index(text) for text in told]
    assert places == sorted(places)
    assert written.rindex("typically 4 min") > written.index("\u2501")
    assert "created job" not in written
    assert KEY not in written


def test_json_through_a_pipe() -> None:
    """One JSON document stands on standard output, whatever is told meanwhile."""
    with FakeApi(keys=KEY).serve() as address:
        variables = {KEY_VARIABLE: KEY, "RATECARD_BASE_URL": address}
        done = run(*SUBMIT, "--yes", "--wait", "--timeout", "1", "--json", **variables)
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["code"], answer["receipt"]["job_id"]) == (10, "wait_timeout", "job_00000001")
