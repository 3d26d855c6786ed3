"""Write the pictures of the documentation: a terminal, and the architecture.

Run by `python rules/regenerate.py`. The terminal picture shows what the command line writes to a terminal.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from html import escape
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

FOLDER = Path(__file__).with_name("pictures")
COLUMNS = 92
COMMANDS = (
    'ratecard validate kling-plus/kling-o1-standard/text-to-video prompt="a cat" duration:=10',
    'ratecard quote kling-plus/kling-o1-standard/text-to-video prompt="a cat" duration=10',
)

LAYERS = (
    # From the outside to the inside: a layer imports only from itself and from those below it.
    (("command line", "_cli"),),
    (("servers", "service, _serve"), ("conformance", "_conform"), ("data frames", "frames")),
    (
        *(("sending", "submit, testing"), ("files", "_bulk"), ("page", "_page"), ("schemas", "schema")),
        *(("bills", "_bill"), ("FOCUS", "focus")),
    ),
    (("compare", "_find, _diff"), ("sale prices, budgets", "_sale"), ("all prices", "_relation")),
    (("quotes", "_quote"),),
    (("resolver", "_resolver"),),
    (("fast path", "_fast"), ("judge", "_judge"), ("catalogue", "_catalog")),
    (("tables", "_table, _shipped"), ("reader", "_reader")),
)
RULES_FROM = 5
"""The first layer that belongs to `ratecard_rules`."""


def shown(command: str) -> str:
    """Return what a command writes to a terminal, with its escape codes."""
    inside, outside = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    with os.fdopen(inside, "rb") as screen:
        subprocess.run(["/bin/sh", "-c", command], stdout=outside, env=environment, check=False)  # noqa: S603  above
        os.close(outside)
        written = bytearray()
        try:
            while part := screen.read1(65_536):
                written += part
        except OSError:  # Linux says so where the other end is closed
            pass
    return written.decode().replace("\r\n", "\n")


def terminal() -> str:
    """Return a picture of a terminal in which the commands were run."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    for command in COMMANDS:
        console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
        console.print(Text.from_ansi(shown(command)))
    svg = console.export_svg(title="ratecard", theme=MONOKAI, unique_id="terminal")
    start, end = svg.index("@font-face"), svg.index(".terminal-matrix")
    return svg[:start] + svg[end:]  # without the fonts, which would be fetched from the network


def architecture() -> str:
    """Return a picture of the packages, in layers."""
    width, height, gap, left = 760, 46, 16, 110
    parts = []
    for row, boxes in enumerate(LAYERS):
        size = (width - left - gap * (len(boxes) - 1)) / len(boxes)
        top = gap + row * (height + gap)
        for column, (title, names) in enumerate(boxes):
            x = left + column * (size + gap)
            kind = "rules" if row >= RULES_FROM else "pricing"
            parts += [
                f'<rect class="{kind}" x="{x:.0f}" y="{top}" width="{size:.0f}" height="{height}" rx="6"/>',
                f'<text x="{x + size / 2:.0f}" y="{top + 20}">{escape(title)}</text>',
                f'<text class="names" x="{x + size / 2:.0f}" y="{top + 37}">{escape(names)}</text>',
            ]
    bottom = gap + len(LAYERS) * (height + gap)
    border = gap / 2 + RULES_FROM * (height + gap)
    parts += [
        f'<line x1="0" y1="{border:.0f}" x2="{width}" y2="{border:.0f}"/>',
        f'<text class="side" x="0" y="{border / 2:.0f}">ratecard</text>',
        f'<text class="side" x="0" y="{(border + bottom) / 2:.0f}">ratecard_rules</text>',
    ]
    style = (
        "text{font:13px sans-serif;text-anchor:middle;fill:#1b1b1b}.names{font:11px monospace;fill:#555}"
        ".side{text-anchor:start;font-weight:bold}.pricing{fill:#e3edfb;stroke:#6b8fc4}.rules{fill:#e7f4e4;stroke:#77a66d}"
        "line{stroke:#999;stroke-dasharray:4 4}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom}" role="img" '
        f'aria-label="Two packages in layers; imports go from the upper to the lower ones">'
        f'<style>{style}</style><rect width="{width}" height="{bottom}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


PICTURES = {"terminal.svg": terminal, "architecture.svg": architecture}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (FOLDER / name).write_text(draw(), encoding="utf-8", newline="\n")
