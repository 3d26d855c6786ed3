"""What agents use: the MCP server, driven by the client of the official SDK, and the skill."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cli_runner import COMMAND, run
from ratecard._api import KEY_VARIABLE
from ratecard.testing import FakeApi

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

client = pytest.importorskip("mcp.client.client", reason="needs the dependency group integration")
stdio = pytest.importorskip("mcp.client.stdio", reason="needs the dependency group integration")

T2V = "kling-plus/kling-o1-standard/text-to-video"
TYPO = {"model": T2V, "input": {"prompt": "a cat", "durtion": 10}}
MODES = {"legacy": "2025-11-25", "auto": "2026-07-28"}
"""How the client connects, and the revision that it agrees on."""


def talk(mode: str, conversation: Callable[[Any], Awaitable[None]], *args: str, **env: str) -> None:
    """Start the server, and let a client talk to it."""

    async def main() -> None:
        server = stdio.StdioServerParameters(
            command=sys.executable, args=[*COMMAND[1:], "mcp", *args], env={**os.environ, **env}
        )
        async with client.Client(stdio.stdio_client(server), mode=mode) as session:
            assert session.protocol_version == MODES[mode]
            await conversation(session)

    asyncio.run(asyncio.wait_for(main(), 30))


@pytest.mark.parametrize("mode", MODES)
def test_reading(mode: str) -> None:
    """From a search by way of a wrong request and its fix to a price: 50,000 x 10 = 500,000."""

    async def conversation(session: Any) -> None:
        tools = (await session.list_tools()).tools
        assert [tool.name for tool in tools] == ["find_models", "show_model", "validate_request", "quote_request"]
        assert all(tool.annotations.read_only_hint for tool in tools)
        found = await session.call_tool("find_models", {"text": "o1-standard", "capability": "text-to-video"})
        assert [offer["model"] for offer in found.structured_content["offers"]] == [T2V]
        shown = await session.call_tool("show_model", {"model": T2V})
        assert shown.structured_content["typical_seconds"] == 240
        refused = await session.call_tool("quote_request", {"request": TYPO})
        assert (refused.is_error, refused.structured_content["code"]) == (True, "invalid_request")
        fixed = refused.structured_content["request"]
        validated = await session.call_tool("validate_request", {"request": fixed})
        assert validated.structured_content["ok"]
        quoted = await session.call_tool("quote_request", {"request": fixed})
        assert quoted.structured_content["quote"]["usd"] == "0.50"
        with pytest.raises(Exception, match="no such tool"):
            await session.call_tool("submit_request", {"request": fixed, "consent": "x"})

    talk(mode, conversation)


@pytest.mark.parametrize("mode", MODES)
def test_spending(mode: str) -> None:
    """$0.60 is enough for one request at $0.50, with its consent, and not for a second one."""
    request = {"model": T2V, "input": {"prompt": "a cat", "duration": "10"}}
    api = FakeApi()

    async def conversation(session: Any) -> None:
        outcomes = []
        for _ in range(2):
            quoted = await session.call_tool("quote_request", {"request": request})
            arguments = {"request": request, "consent": quoted.structured_content["consent"]}
            outcomes.append((await session.call_tool("submit_request", arguments)).structured_content)
        assert outcomes[0]["receipt"]["job_id"] == "job_00000001"
        assert (outcomes[1]["code"], outcomes[1]["left_usd"]) == ("over_budget", "0.10")

    with api.serve() as address:
        talk(mode, conversation, "--max-usd", "0.60", **{KEY_VARIABLE: "pb_test", "RATECARD_BASE_URL": address})
    assert len(api.jobs) == 1


def test_skill() -> None:
    """Its head is as agents expect it, and every command and option that it names exists."""
    file = Path(__file__).parents[2] / "skills" / "ratecard" / "SKILL.md"
    _, head, body = file.read_text(encoding="utf-8").split("---\n", 2)
    known = yaml.safe_load(head)
    assert known["name"] == file.parent.name
    assert 0 < len(known["description"]) <= 1024
    assert len(known["compatibility"]) <= 500
    commands = re.findall(r"ratecard ([a-z]+)([^`\n]*)", body)
    assert len(commands) > 10
    for command, arguments in commands:
        shown = run(command, "--help")
        assert shown.exit_code == 0, command
        assert [option for option in re.findall(r"--[a-z-]+", arguments) if option not in shown.stdout] == []
