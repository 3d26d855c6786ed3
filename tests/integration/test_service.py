"""The HTTP service against schemathesis and under uvicorn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import settings

from ratecard.service import app

schemathesis = pytest.importorskip("schemathesis", reason="needs the dependency group integration")
uvicorn = pytest.importorskip("uvicorn", reason="needs the dependency group integration")

# The document describes a request loosely, so one that fits it may be refused with 422, and a slug with 404.
_ACCEPTANCE = {"positive_data_acceptance": {"expected-statuses": ["2xx", 404, 422]}}
CONFIG = schemathesis.Config.from_dict({"checks": _ACCEPTANCE})
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", app, config=CONFIG)


@SCHEMA.parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=100, deadline=None)
def test_schemathesis_finds_nothing(case: Any) -> None:
    """No drawn request, valid or not, gets an answer that the document does not describe."""
    case.call_and_validate()


def test_uvicorn() -> None:
    """A real ASGI server starts the application, and answers a request, a HEAD and a path with an encoded slash."""

    async def ask(*heads: str) -> list[bytes]:
        config = uvicorn.Config(app, port=0, log_level="error")
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        port = server.servers[0].sockets[0].getsockname()[1]
        answers = []
        for head in heads:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answers.append(await reader.read())
            writer.close()
        await server.shutdown()
        return answers

    slug = "kling-plus%2Fkling-o1-standard%2Ftext-to-video"
    shown, head, missing = asyncio.run(ask(f"GET /v1/models/{slug}", f"HEAD /v1/models/{slug}", "GET /nothing"))
    assert shown.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"model": "kling-plus/kling-o1-standard/text-to-video"' in shown
    assert head.endswith(b"\r\n\r\n")
    assert head.partition(b"content-length: ")[2][:4] == shown.partition(b"content-length: ")[2][:4]
    assert missing.startswith(b"HTTP/1.1 404 Not Found\r\n")
