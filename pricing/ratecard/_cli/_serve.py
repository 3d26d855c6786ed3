"""The commands `mcp` and `serve`, which answer other programs."""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import click

import ratecard
from ratecard._api import KEY_VARIABLE
from ratecard._cli._options import catalog_options, command, parsed_by, tables_option
from ratecard._cli._output import Exit, Note, outlive_connections, say, stop
from ratecard._cli._signals import guarded

if TYPE_CHECKING:
    from ratecard import Budget, Catalog
    from ratecard._serve.mcp import Tool

_MAX_PORT = 65_535
_DEFAULT_PORT = 8080


def _budget(text: str) -> Budget:
    from ratecard import Budget  # only with a limit: an agent waits for the start

    return Budget(text)


@command("ratecard mcp", "ratecard mcp --max-usd 2.00")
@click.option(
    "--max-usd",
    "budget",
    metavar="AMOUNT",
    callback=parsed_by(_budget),
    help="Also offer submit_request, which costs at most AMOUNT in the whole session.",
)
@tables_option
def mcp(*, budget: Budget | None, tables: Catalog) -> None:
    """Serve agents over stdin and stdout, with the Model Context Protocol.

    Agents can find models, show them, and validate and quote requests; nothing is sent. With --max-usd they can also
    submit a request, with the consent that came with its quote. The key is read from the environment variable
    PIXELBYTE_API_KEY. Submissions are logged to stderr.
    """
    from ratecard._serve.mcp import TOOLS, Server

    outlive_connections()
    with guarded(), ExitStack() as stack:
        tools = TOOLS if budget is None else _spending_tools(budget, tables, stack)
        try:
            Server(tables, str(ratecard.__version__), tools).serve(sys.stdin.buffer, sys.stdout.buffer)
        except KeyboardInterrupt as interruption:
            if attempt := getattr(interruption, "attempt", None):
                stop(Exit.UNCERTAIN, str(attempt))
            raise


def _spending_tools(budget: Budget, catalog: Catalog, stack: ExitStack) -> dict[str, Tool]:
    """Return the tools with those of a client, which is closed at the end of the stack."""
    from ratecard._cli._job_actions import new_client
    from ratecard._serve.mcp import spending_tools
    from ratecard._serve.spending import Spending
    from ratecard.submit import BadKey

    log = logging.getLogger("ratecard.submit")
    log.setLevel(logging.INFO)
    handler = logging.StreamHandler()
    log.addHandler(handler)
    stack.callback(log.removeHandler, handler)
    try:
        client = stack.enter_context(new_client(catalog=catalog))
    except ModuleNotFoundError as error:
        stop(Exit.FAILURE, str(error))
    except BadKey as error:
        stop(Exit.USAGE, f"--max-usd needs a key in {KEY_VARIABLE}: {error}")
    except ValueError as error:
        stop(Exit.USAGE, f"RATECARD_BASE_URL: {error}")
    return spending_tools(Spending(client, budget))


@command("ratecard serve", "ratecard serve --port 9000 --tables tables/")
@click.option(
    "--port",
    type=click.IntRange(0, _MAX_PORT),
    default=_DEFAULT_PORT,
    show_default=True,
    help="The port to listen on; 0 for a free one.",
)
@catalog_options
def serve(port: int, *, catalog: Catalog) -> None:
    """Serve other programs over HTTP, on this machine only.

    Answers POST /v1/quote, /v1/validate and /v1/batch, and GET /v1/models, /v1/models/MODEL, /openapi.json and
    /healthz. The first line on stdout is the address. Ctrl-C stops it.
    """
    from ratecard._http_server import Server
    from ratecard.service import Service

    outlive_connections()
    with suppress(KeyboardInterrupt), guarded(), ExitStack() as stack:
        try:
            server = stack.enter_context(Server(port, Service(catalog).answer))
        except OSError as error:
            stop(Exit.USAGE, f"cannot listen on port {port}: {error.strerror}")
        say([(server.address, "bold green")])
        say([Note("", f"Ctrl-C stops it; the API is described at {server.address}/openapi.json")], err=True)
        server.serve_forever()
