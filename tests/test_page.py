"""The page as text: what it is generated from, and what is in it without a browser.

`tests/integration/test_page.py` opens it in one.
"""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

import invented
from cli_runner import data, run
from ratecard import Catalog, find, price_sheet
from ratecard._page.details import page_data
from ratecard._page.render import llms_text, page_html
from ratecard_rules import load_model, usd_shown

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = '</script><img src=x onerror=alert(1)>{{SCRIPT}} " & | \n# heading'
KLING = "kling-plus/kling-o3-standard/image-to-video"
SLUG = "acme/loop-1/text-to-video"
DASH = "\N{EN DASH}"
AT = datetime(2026, 12, 1, tzinfo=UTC)


class Document(HTMLParser):
    """The tags and the text of an HTML document.

    Attributes:
        tags: The tags with their attributes.
        texts: The text in each `script`, `style` and `code`, and that of the rows of the list.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "code": [], "li": []}
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag in self.texts:
            self.open.append(tag)
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a tag."""
        if tag in self.texts:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text."""
        for tag in self.open:
            self.texts[tag][-1] += data


@cache
def shipped() -> tuple[str, Document]:
    """Return the page of the shipped tables."""
    text = page_html()
    return text, Document(text)


def catalog_of(*texts: str) -> Catalog:
    """Return a catalogue of invented tables, on a day before they change."""
    return Catalog([load_model(text.encode()) for text in texts]).at(AT)


def hostile() -> Catalog:
    """Return a table in which every free text is hostile."""
    text = json.dumps(HOSTILE)
    table = invented.table_text().replace('"Loop 1"', text).replace('"Acme"', text)
    table = table.replace('"https://example.com/loop-1"', f'"javascript:alert(1)", {text}')
    return catalog_of(f'{table}\n[[revision.conflict]]\nabout = "price.label"\nsays = {text}\n')


def embedded(page: Document) -> Any:
    """Return the data in a page."""
    return json.loads(page.texts["script"][0])


def test_the_list_needs_no_script() -> None:
    """Each model has a row with its name, its slug and its prices: 84,000 x 3, and x 15 x 1.5."""
    page = shipped()[1]
    rows = page.texts["li"]
    assert len(rows) == len(Catalog.bundled())
    assert f"Kling O3 Standard {KLING}$0.252 {DASH} $1.89" in rows
    assert sum("not known" in row for row in rows) == sum(
        model.latest.price.unknown is not None for model in Catalog.bundled()
    )


def test_bars_are_on_one_logarithmic_scale() -> None:
    """From $0.10 to $10, $1 is in the middle; a price by default is a dot, and a bar spans all prices."""
    text = page_html(catalog_of(invented.table_text(price=invented.PRICE.replace("10_000", "250_000"))))
    # 250,000 x 4 = $1 by default, and x 8 x 1.5 = $3, on a scale from $1 to $10: 100 x log10(3) = 47.7 percent
    assert '<rect x="0.0%" width="47.7%"/><circle cx="0.0%"/>' in text
    assert re.findall(r'<text x="([\d.]+)%" y="13">([^<]*)</text>', text) == [("0.0", "$1"), ("100.0", "$10")]


@pytest.mark.parametrize(
    ("price", "row"),
    [
        (
            "[revision.price]\nbase_usd_micros = 0\nfree = true",
            '<circle cx="0.0%"/></svg><span class="cost"><b>$0.00</b>',
        ),
        ('[revision.price]\nunknown = "no page says so"', '</svg><span class="cost"><i>not known</i>'),
    ],
)
def test_prices_without_a_logarithm(price: str, row: str) -> None:
    """A price of zero is at the left end of the scale, and an unknown one is nowhere."""
    assert row in page_html(catalog_of(invented.table_text(price=price)))


def test_a_bar_without_a_default() -> None:
    """If a field has no default, there is no dot, unless all prices are the same."""
    fields = invented.INPUT.replace('default = "4"\n', "")
    assert "<circle" not in page_html(catalog_of(invented.table_text(fields=fields)))
    one = fields.replace('["4", "8"]', '["4"]').replace("[false, true]", "[false]")
    price = invented.PRICE.replace(', "true" = 1.5', "")
    assert '<circle cx="60.2%"/>' in page_html(catalog_of(invented.table_text(price, one)))  # $0.04 of $0.01 to $0.10


def test_the_policy() -> None:
    """Only the one script and the one style sheet may be used, by their hashes; nothing is loaded."""
    text, page = shipped()
    policy = next(attributes["content"] for tag, attributes in page.tags if attributes.get("http-equiv"))
    script, style = (hash_of(page.texts[tag][-1]) for tag in ("script", "style"))
    assert policy == (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert len(page.texts["script"]) == 2
    assert len(page.texts["style"]) == 1
    for tag, attributes in page.tags:
        assert not {name for name in attributes if name.startswith("on") or name in {"style", "src"}}, tag
        assert str(attributes.get("href", "#")).startswith(("#", "data:")), tag
    assert "innerHTML" not in text
    assert "eval(" not in text


def hash_of(text: str) -> str:
    """Return the hash of a script or a style sheet as a policy states it."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def test_hostile_texts() -> None:
    """Texts of tables are text: in the list, in the data and in the Markdown."""
    catalog = hostile()
    page = Document(page_html(catalog))
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert "img" not in dict(page.tags)
    assert any(HOSTILE in row for row in page.texts["li"])
    model = embedded(page)["models"][SLUG]
    assert model["name"] == model["periods"][0]["conflicts"][0][1] == HOSTILE
    lines = llms_text(catalog).splitlines()
    assert [line for line in lines if line.startswith("# ")] == ["# Rate card"]
    assert not any("<img" in line.replace("\\<", "") for line in lines)


def test_the_size() -> None:
    """The page stays small: code of about 65 kB, and less than 1.7 kB for each model; a sixth of that compressed."""
    count = len(Catalog.bundled())
    size = len(shipped()[0].encode())
    assert size < 70_000 + 1_700 * count
    assert len(gzip.compress(shipped()[0].encode())) < size / 5


def test_past_and_announced_prices() -> None:
    """All periods are in the data; the list shows the current one and announces the others."""
    revision = invented.table_text().partition("\n[[revision]]")[2]
    later = revision.replace("10_000", "30_000")
    unknown = later.partition("[revision.price]")[0] + '[revision.price]\nunknown = "not yet"\n'
    table = (
        invented.table_text().replace("\n\n[[revision]]", "\nretired = 2028-01-01T00:00:00Z\n\n[[revision]]", 1)
        + f"\n[[revision]]\neffective = 2027-01-01T00:00:00Z{later}"
        + f"\n[[revision]]\neffective = 2027-06-01T12:00:00Z{unknown}"
    )
    catalog = catalog_of(table)
    row = Document(page_html(catalog)).texts["li"][0]
    announced = (
        f"from 2027-01-01: $0.12 {DASH} $0.36from 2027-06-01T12:00:00+00:00: price not knownretired on 2028-01-01"
    )
    assert row == f"Loop 1 {SLUG}{announced}$0.04 {DASH} $0.12"
    assert "prices of 2026-12-01" in page_html(catalog)
    assert [period.get("base") for period in page_data(catalog)["models"][SLUG]["periods"]] == ["$0.01", "$0.03", None]
    assert "- Announced: retired on 2028-01-01" in llms_text(catalog)
    (gone,) = Document(page_html(catalog.at(datetime(2028, 1, 1, tzinfo=UTC)))).texts["li"]
    assert gone == f"Loop 1 {SLUG}retired"


def test_a_model_that_is_not_available_yet() -> None:
    """It has no price so far, and its first price is announced."""
    table = invented.table_text().replace("[[revision]]", "[[revision]]\neffective = 2027-01-01T00:00:00Z", 1)
    catalog = catalog_of(table)
    (row,) = Document(page_html(catalog)).texts["li"]
    assert row == f"Loop 1 {SLUG}from 2027-01-01: $0.04 {DASH} $0.12not yet available"
    assert llms_text(catalog).splitlines()[-2:] == [
        "- Availability: not yet available",
        rf"- Announced: from 2027-01-01: \$0.04 {DASH} \$0.12",
    ]


def test_values_that_another_model_refuses() -> None:
    """The data has the answers of the judge where a model has no options for a field, and others have."""
    listed = '\n[revision.input.style]\ntype = "string"\nallowed = ["dark", "bright"]\n'
    listed += '[revision.input.size]\ntype = "string"\nallowed = ["1.5", "2", "x"]\n'
    free = (
        '\n[revision.input.style]\ntype = "string"\nmax_length = 4\n[revision.input.size]\ntype = "number"\nmax = 1.7\n'
    )
    catalog = catalog_of(
        invented.table_text(slug="acme/listed/text-to-video", fields=invented.INPUT + listed),
        invented.table_text(slug="acme/free/text-to-video", fields=invented.INPUT + free),
    )
    (period,) = page_data(catalog)["models"]["acme/free/text-to-video"]["periods"]
    assert {name: set(reasons) for name, reasons in period["refused"].items()} == {
        "style": {"bright"},
        "size": {"2", "x"},
    }
    assert "style" in period["refused"]["style"]["bright"]


def test_an_example_that_is_not_valid() -> None:
    """There is no example of an object, so `find` makes no offer, and the data says why."""
    fields = f'{invented.INPUT}\n[revision.input.camera]\ntype = "object"\nrequired = true\n'
    catalog = catalog_of(invented.table_text(fields=fields))
    (period,) = page_data(catalog)["models"][SLUG]["periods"]
    (other,) = find(catalog=catalog).cannot
    assert period["declined"] == other.reason
    assert "camera" in other.reason


def test_text_for_language_models() -> None:
    """Every price of every model is there, with its options."""
    lines = llms_text().splitlines()
    place = lines.index(f"### Kling O3 Standard: {KLING}")
    section = lines[
        place + 1 : place + 1 + lines[place + 1 :].index("### Kling 2.6 I2V: kling/kling-2.6-i2v/image-to-video")
    ]
    prices = [line for line in section if line.startswith(r"- \$")]
    assert prices[0] == r"- \$0.252: duration 3, has_sound false"  # 84,000 x 3
    assert [line.partition(":")[0][3:] for line in prices] == [usd_shown(row.usd_micros) for row in price_sheet(KLING)]
    assert any(line.startswith("- Price not known: ") for line in lines)


class TestCommand:
    """`ratecard page`."""

    def test_writes_two_files(self, tmp_path: Path) -> None:
        """The page and the text are written beside each other, and nothing else."""
        file = tmp_path / "prices.html"
        result = run("page", "-o", str(file), "--json")
        assert data(result) == {"ok": True, "files": [str(file), str(tmp_path / "llms.txt")]}
        assert file.read_text(encoding="utf-8") == shipped()[0]
        assert (tmp_path / "llms.txt").read_text(encoding="utf-8") == llms_text()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["llms.txt", "prices.html"]

    def test_own_tables_at_an_instant(self, tmp_path: Path) -> None:
        """Without an instant, prices that change are those of now, and the page says so."""
        table = invented.table_text().replace("[[revision]]", "[[revision]]\neffective = 2026-01-01T00:00:00Z", 1)
        (tmp_path / "loop.toml").write_text(table, encoding="utf-8")
        for at in ((), ("--at", "2026-06-01")):
            result = run("page", "-o", str(tmp_path / "a.html"), "--tables", str(tmp_path / "loop.toml"), *at)
            assert result.stdout == f"wrote {tmp_path / 'a.html'}\nwrote {tmp_path / 'llms.txt'}\n"
            text = (tmp_path / "a.html").read_text(encoding="utf-8")
            assert SLUG in text
            assert ("prices of 2026-06-01<" in text) is bool(at)
            assert "<span>prices of 20" in text

    def test_what_cannot_be_written(self, tmp_path: Path) -> None:
        """The answer says why, and nothing is left behind."""
        for name, reason in (("missing/a.html", "No such file or directory"), (".", "a file name")):
            result = run("page", "-o", str(tmp_path / name) if name != "." else "llms.txt")
            assert result.exit_code == 2
            assert reason in result.stderr
        (tmp_path / "folder.html").mkdir()
        result = run("page", "-o", str(tmp_path / "folder.html"))
        assert result.exit_code == 2
        assert "Is a directory" in result.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["folder.html"]
