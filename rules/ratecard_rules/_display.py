"""What is shown of a value, as aligned text, Markdown or HTML.

Rule 1  Text is never interpreted as markup, nor as a formula between dollar signs. It cannot break a line.
Rule 2  HTML has no style sheet, no script and no colour of its own, so it fits every theme.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from attrs import frozen

from ratecard_rules._text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

AMOUNTS = frozenset(
    (
        *("amount", "billed", "count", "declined", "difference", "from", "from_usd", "invalid", "multiplier", "price"),
        *("quoted", "requests", "to", "to_usd", "usd", "usd_micros", "valid"),
    )
)
"""The columns that hold numbers, which are aligned to the right."""

_MARKUP = re.compile(r"([\\`*<\[\]|~$&]|(?<![^\W_])_|_(?![^\W_]))")
"""What Markdown could read as markup; an underscore between two letters is none."""


def markdown_text(text: str) -> str:
    r"""Return text escaped for Markdown, on one line.

    >>> print(markdown_text("has_sound *true*: $0.42"))
    has_sound \*true\*: \$0.42
    """
    return _MARKUP.sub(r"\\\1", one_line(text))


def html_text(text: str) -> str:
    """Return text escaped for HTML, on one line.

    >>> html_text("<b> & co")
    '&lt;b&gt; &amp; co'
    """
    return escape(one_line(text))


def markdown_lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table in Markdown, each as soon as its row is known.

    >>> print(*markdown_lines(("model", "usd"), [("acme/loop", "1.26")]), sep="", end="")
    | model | usd |
    | --- | ---: |
    | acme/loop | 1.26 |
    """
    yield f"| {' | '.join(map(markdown_text, header))} |\n"
    yield f"| {' | '.join('---:' if name in AMOUNTS else '---' for name in header)} |\n"
    for row in rows:
        yield f"| {' | '.join(map(markdown_text, row))} |\n"


def html_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in HTML.

    >>> html_table(("usd",), [("1.26",)])
    '<table><tr><th style="text-align:right">usd</th></tr><tr><td style="text-align:right">1.26</td></tr></table>'
    """
    sides = ["right" if name in AMOUNTS else "left" for name in header]

    def line(tag: str, cells: Sequence[str]) -> str:
        texts = (
            f'<{tag} style="text-align:{side}">{html_text(cell)}</{tag}>'
            for side, cell in zip(sides, cells, strict=True)
        )
        return f"<tr>{''.join(texts)}</tr>"

    return f"<table>{line('th', header)}{''.join(line('td', row) for row in rows)}</table>"


@frozen
class Display:
    """What is shown of a value: a title, a table and notes.

    Attributes:
        title: The title.
        header: The names of the columns.
        rows: The cells of each row.
        notes: What else there is to say, one line each.
    """

    title: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Return plain text: the title, the rows as indented and aligned columns, and the notes."""
        rows = [[*map(one_line, row)] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        formats = [
            f"{'>' if name in AMOUNTS else '<'}{width}" for name, width in zip(self.header, widths, strict=False)
        ]
        lines = ("".join(f"  {cell:{form}}" for cell, form in zip(row, formats, strict=True)) for row in rows)
        return "\n".join([one_line(self.title), *map(str.rstrip, lines), *map(one_line, self.notes)])

    def to_markdown(self) -> str:
        """Return Markdown: the title in bold, the table, and the notes as a list."""
        table = "".join(markdown_lines(self.header, self.rows)) if self.rows else ""
        notes = "".join(f"- {markdown_text(note)}\n" for note in self.notes)
        return "\n".join(filter(None, (f"**{markdown_text(self.title)}**\n", table, notes)))

    def to_html(self) -> str:
        """Return HTML in one element: the title in bold, the table, and the notes as a list."""
        table = html_table(self.header, self.rows) if self.rows else ""
        notes = "".join(f"<li>{html_text(note)}</li>" for note in self.notes)
        # Notebooks take what is between two dollar signs for a formula, unless a class says otherwise.
        start = '<div class="tex2jax_ignore mathjax_ignore">'
        return f"{start}<strong>{html_text(self.title)}</strong>{table}{notes and f'<ul>{notes}</ul>'}</div>"
