"""A server that can be down for a while: what the tests that need one share."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ratecard.testing import FakeApi


class Server:
    """The server of a fake, which can be down for a while."""

    def __init__(self, api: FakeApi) -> None:
        self._api = api
        self._running = ExitStack()

    def __enter__(self, port: int = 0) -> str:
        address = self._running.enter_context(self._api.serve(port))
        self._port = urlsplit(address).port or 0
        return address

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Refuse connections and break those that are open until the block ends."""
        self._running.close()
        with socket.socket() as holder:  # bound but not listening, so that the port stays taken
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", self._port))
            yield
        self.__enter__(self._port)
