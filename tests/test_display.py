"""What notebooks show of a value, and its short repr."""

from __future__ import annotations

import pickle
import re
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import invented
from ratecard import (
    Catalog,
    Declined,
    Display,
    PriceSheet,
    Quote,
    Report,
    Total,
    find,
    price_sheet,
    try_quote,
    validate,
)
from ratecard_rules import one_line

SLUG = "acme/loop-1/text-to-video"
CATALOG = invented.catalog()
SHEET = price_sheet(SLUG, catalog=CATALOG)
HOSTILE = "<script>alert(1)</script> $x$ **b** | \x1b[31m\n# h"
DECLINED = try_quote(invented.request(**{HOSTILE: 1, "seed": -1}), catalog=CATALOG)
VALUES = (
    *(SHEET, SHEET[1], SHEET[1] * 2 + SHEET[0], Total(), CATALOG, Catalog(), CATALOG.at(date(2026, 12, 1))),
    *(
        DECLINED,
        validate({}),
        validate(invented.request(), catalog=CATALOG),
        find("wan", sound=True),
        find(max_usd="0"),
    ),
)

texts = st.text(st.sampled_from("ab <>&\"'|*_`\\[]~$#-\n\t\x1b\u202e\ud800\N{CAT FACE}"), max_size=12)
rows = st.lists(st.tuples(texts, texts), max_size=3)


def elements(html: str) -> ET.Element:
    """Return what HTML contains, which is also XML, after checking that it has no colours, styles or scripts."""
    root = ET.fromstring(html)  # noqa: S314  our own text
    for element in root.iter():
        assert element.tag in {"div", "strong", "table", "tr", "th", "td", "ul", "li"}
        assert element.attrib.get("style", "text-align:left") in {"text-align:left", "text-align:right"}
        assert element.attrib.keys() <= ({"class"} if element is root else {"style"})
    assert root.attrib["class"] == "tex2jax_ignore mathjax_ignore"
    return root


class TestDisplay:
    """A title, a table and notes, in three forms."""

    @given(texts, rows, st.lists(texts, max_size=2))
    def test_html_is_escaped(self, title: str, cells: list[tuple[str, str]], notes: list[str]) -> None:
        """The elements are those of the display, and contain its text, on one line each."""
        root = elements(Display(title, ("a", "price"), tuple(cells), tuple(notes)).to_html())
        assert root.findtext("strong") == one_line(title)
        shown = [tuple("".join(cell.itertext()) for cell in row) for row in root.iter("tr")]
        lines = [(one_line(left), one_line(right)) for left, right in cells]
        assert shown == ([("a", "price"), *lines] if cells else [])
        assert [note.text or "" for note in root.iter("li")] == [one_line(note) for note in notes]

    @given(texts, rows, st.lists(texts, max_size=2))
    @example("___", [], ["___"])
    def test_markdown_is_escaped(self, title: str, cells: list[tuple[str, str]], notes: list[str]) -> None:
        """No text is markup or adds a cell or a line, and without its escapes it is the text of the display."""
        head, *lines = Display(title, ("a", "price"), tuple(cells), tuple(notes)).to_markdown().splitlines()
        assert unescaped(head.removeprefix("**").removesuffix("**")) == one_line(title)
        table = [line for line in lines if line.startswith("| ")]
        assert table[:2] == (["| a | price |", "| --- | ---: |"] if cells else [])
        for line, row in zip(table[2:], cells, strict=True):
            shown = re.fullmatch(r"\| ((?:\\.|[^|\\])*) \| ((?:\\.|[^|\\])*) \|", line)
            assert shown is not None
            assert tuple(map(unescaped, shown.groups())) == tuple(map(one_line, row))
        listed = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
        assert list(map(unescaped, listed)) == list(map(one_line, notes))
        assert len(lines) == len(table) + len(listed) + lines.count("")

    @given(texts, rows, st.lists(texts, max_size=2))
    def test_text_is_printable(self, title: str, cells: list[tuple[str, str]], notes: list[str]) -> None:
        """Each part is on its line, and nothing in it moves the cursor."""
        lines = Display(title, ("a", "price"), tuple(cells), tuple(notes)).to_text().split("\n")
        assert all(map(str.isprintable, lines))
        assert len(lines) == 1 + len(cells) + len(notes)

    def test_by_hand(self) -> None:
        """Numbers are aligned to the right, and parts without content are left out."""
        display = Display("two", ("name", "price"), (("a_b *", "$1.00"), ("c", "$10.50")), ("see <x>",))
        assert display.to_text() == "two\n  a_b *   $1.00\n  c      $10.50\nsee <x>"
        assert display.to_markdown() == (
            "**two**\n\n| name | price |\n| --- | ---: |\n| a_b \\* | \\$1.00 |\n| c | \\$10.50 |\n\n- see \\<x>\n"
        )
        assert Display("none").to_html() == ('<div class="tex2jax_ignore mathjax_ignore"><strong>none</strong></div>')
        assert (Display("none").to_text(), Display("none").to_markdown()) == ("none", "**none**\n")


def unescaped(text: str) -> str:
    """Return Markdown without its escapes. Characters that would be markup must have been escaped."""
    assert re.fullmatch(r"(\\[\\`*_<\[\]|~$&]|[^\\`*<\[\]|~$&])*", text), text
    assert not re.search(r"(?<![\w\\])_|(?<!\\)_(?!\w)", text), text
    return re.sub(r"\\(.)", r"\1", text)


class TestNotebooks:
    """Quotes, totals, reports, declined requests, offers, catalogues and price sheets are shown as tables."""

    @pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
    def test_every_value(self, value: Any) -> None:
        """HTML and Markdown are those of the display, and the repr is short and on one line."""
        root = elements(value._repr_html_())
        assert root.findtext("strong") == one_line(value.display().title)
        assert value._repr_markdown_() == value.display().to_markdown()
        assert re.fullmatch(rf"<{type(value).__name__} .{{1,250}}>", repr(value))
        assert repr(value).isprintable()

    def test_a_quote(self) -> None:
        """10,000 x 4 x 1.5 is $0.06."""
        quoted = SHEET[1]
        assert repr(quoted) == f"<Quote $0.06 {SLUG}>"
        assert quoted.display().rows == (
            ("base", "$0.01", "(10,000 micros)"),
            ('duration "4"', "x 4", ""),
            ("sound true", "x 1.5", ""),
            ("total", "$0.06", "(60,000 micros)"),
        )

    def test_a_report(self) -> None:
        """The title counts errors and warnings, also those that are not listed."""
        strange = {f"other_{number}": number for number in range(150)}
        report = validate({**invented.request(**strange), "version": "7"}, catalog=CATALOG)
        assert repr(report) == "<Report 150 errors, 1 warning>"
        assert report.display().notes == ("and 51 more",)
        assert repr(Report()) == "<Report ok>"
        assert isinstance(DECLINED, Declined)
        assert DECLINED.display().title.startswith("declined (invalid_request): the request is invalid: ")
        assert DECLINED.display().rows == DECLINED.report.display().rows

    def test_offers(self) -> None:
        """Each model is in the table or, with the reason, in the notes."""
        offers = find("wan", provider="alibaba", options={"duration": "10"}, sound=True)
        display = offers.display()
        assert [row[1] for row in display.rows] == [offer.model for offer in offers]
        text = "\n".join(display.notes)
        assert all(other.model in text for other in (*offers.not_stated, *offers.cannot))
        assert "resolution 1080p costs $0.325 more" in text  # 50,000 x 10 x 1.3 x 0.5

    def test_a_catalogue(self) -> None:
        """The repr has the version, the instant of a view, and the number of models."""
        assert repr(CATALOG) == "<Catalog 2026-11-20, 1 model>"
        assert repr(CATALOG.at(date(2026, 12, 1))) == "<Catalog 2026-11-20 at 2026-12-01T00:00:00+00:00, 1 model>"
        assert CATALOG.display().rows == ((SLUG, "Loop 1", "Acme", "text-to-video"),)


class TestPriceSheet:
    """A price sheet is a tuple of quotes."""

    def test_it_is_a_tuple(self) -> None:
        """It equals the tuple of its quotes, can be pickled, and its parts are plain tuples."""
        assert tuple(SHEET) == SHEET
        assert isinstance(SHEET[0], Quote)
        again = pickle.loads(pickle.dumps(SHEET))  # noqa: S301  our own bytes
        assert (again, type(again), hash(again)) == (SHEET, PriceSheet, hash(SHEET))
        assert type(SHEET[:2]) is tuple
        assert repr(SHEET) == f"<PriceSheet {SLUG}, 4 prices>"

    def test_rows(self) -> None:
        """Each row is a plain dict; by hand: 10,000 x 4 or 8, with sound 1.5 times that."""
        assert SHEET.rows() == [
            {"model": SLUG, "duration": "4", "sound": False, "usd_micros": 40_000, "usd": "0.04"},
            {"model": SLUG, "duration": "4", "sound": True, "usd_micros": 60_000, "usd": "0.06"},
            {"model": SLUG, "duration": "8", "sound": False, "usd_micros": 80_000, "usd": "0.08"},
            {"model": SLUG, "duration": "8", "sound": True, "usd_micros": 120_000, "usd": "0.12"},
        ]
        assert SHEET.display().header == ("duration", "sound", "price")
        assert SHEET.display().rows[1] == ("4", "true", "$0.06")
