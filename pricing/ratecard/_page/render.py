"""The price list as one HTML file, and as text for language models.

Rule 1  The page loads nothing and sends nothing. Its policy allows the one script and the one style sheet in it, by
        their hashes, and neither markup nor code that is made from text.
Rule 2  The list of models with their prices is in the HTML, so that it can be read without JavaScript. The script finds
        its rows there, and everything else in the data that is embedded as JSON.
Rule 3  Texts of tables are escaped here, and only ever become text nodes in the script.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from html import escape
from itertools import groupby, product
from math import ceil, floor, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ratecard._errors import NotPriced
from ratecard._money import usd_shown
from ratecard._page.details import NOT_YET, RETIRED, page_data
from ratecard._quote.partial import price
from ratecard._quote.quote import instant_text
from ratecard_rules import InvalidRequest, bundled, markdown_text, option_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from ratecard_rules import Catalog

_HERE = Path(__file__).parent
_SCRIPTS = ("lookup", "text", "prices", "find", "address", "list", "snippets", "chart", "model", "job", "save", "main")
"""The modules of the script, each after those that it imports."""

_TICKS = 5
_EN_DASH = "\N{EN DASH}"


def page_html(catalog: Catalog | None = None) -> str:
    """Return the price list as an HTML document that needs nothing else.

    It shows the prices at the instant of the catalogue, or those in force now, and lists past and announced ones.

    >>> page_html().startswith("<!doctype html>")
    True
    """
    tables = bundled() if catalog is None else catalog
    data = page_data(tables)
    models = list(_in_order(data["models"]))
    scale = _Scale.of(micros for _, model in models for micros in _micros(model))
    style = _style(scale)
    script = _script()
    parts = {
        "POLICY": _policy(script, style),
        "COUNT": f"{len(models):,}",
        "PRICES": f"{sum(len(_micros(model)) for _, model in models):,}",
        "VERSION": escape(data["catalog"]["version"]),
        "AT": f"<span>prices of {instant_text(tables.instant)}</span>" if tables.instant else "",
        "DIGEST": data["catalog"]["digest"][:12],
        "CAPABILITIES": _choices(dict.fromkeys(model["capability"] for _, model in models)),
        "PROVIDERS": _choices(sorted({model["provider"] for _, model in models}, key=str.casefold)),
        "TICKS": scale.labels(),
        "GROUPS": "".join(_groups(models, tables, scale)),
        "STYLE": style,
        "DATA": _json(data),
        "SCRIPT": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _read("page.html"))


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _script() -> str:
    """Return all modules as one. Names are unique, so imports can be left out; comments and indentation are too."""
    code = "\n".join(_read(f"{name}.mjs") for name in _SCRIPTS)
    lines = (line.strip() for line in code.replace("\nexport ", "\n").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*", "*", "import ")))


def _style(scale: _Scale) -> str:
    """Return the style sheet without comments and needless spaces."""
    style = re.sub(r"/\*.*?\*/", "", _read("page.css").replace("/* GRID */", scale.grid()))
    return re.sub(r"\s*([{};])\s*|(?<=:) ", r"\1", style)


def _policy(script: str, style: str) -> str:
    hashes = (b64encode(sha256(text.encode()).digest()).decode() for text in (script, style))
    return (
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ).format(*hashes)


def _json(data: object) -> str:
    """Return data as JSON that cannot end the element that it is in."""
    return json.dumps(data, separators=(",", ":"), default=_number).replace("<", "\\u003c")


def _number(value: Decimal) -> float:
    """Return an option as JavaScript reads it; it is never an amount."""
    return int(value) if value == value.to_integral_value() else float(value)


# the list


def _in_order(models: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield models by capability, the most frequent one first."""
    count = Counter(model["capability"] for model in models.values())
    yield from sorted(models.items(), key=lambda item: (-count[item[1]["capability"]], item[1]["capability"], item[0]))


def _micros(model: dict[str, Any]) -> list[int]:
    """Return all prices of a model in the period that is shown."""
    prices: list[int] = model["periods"][model["now"]].get("usd_micros", [])
    return prices


@frozen
class _Scale:
    """The logarithmic scale of the list.

    Attributes:
        low: The price at its left end, in micros.
        high: The price at its right end.
    """

    low: int
    high: int

    @staticmethod
    def of(prices: Iterable[int]) -> _Scale:
        """Return a scale with whole powers of ten at its ends, or a fifth of one at the right."""
        positive = [micros for micros in prices if micros > 0] or [10_000, 1_000_000]
        low, high = 10 ** floor(log10(min(positive))), 10 ** ceil(log10(max(positive)))
        if low < high // 5 and max(positive) <= high // 5:
            high //= 5
        return _Scale(low, max(high, 10 * low))

    def place(self, micros: int) -> float:
        """Return where a price is, in percent."""
        share = log10(max(micros, self.low) / self.low) / log10(self.high / self.low)
        return round(100 * share, 1)

    def ticks(self) -> list[int]:
        """Return powers of ten to label."""
        powers = range(round(log10(self.low)), floor(log10(self.high)) + 1)
        return [10**power for power in powers[:: ceil(len(powers) / _TICKS)]]

    def grid(self) -> str:
        """Return CSS backgrounds that draw a line at each tick."""
        return ", ".join(f"linear-gradient(var(--hair), var(--hair)) {self.place(tick)}% 0" for tick in self.ticks())

    def labels(self) -> str:
        """Return the labels as SVG, which the policy allows to be positioned."""
        return "".join(
            f'<text x="{self.place(tick)}%" y="13">{usd_shown(tick).removesuffix(".00")}</text>'
            for tick in self.ticks()
        )


def _choices(names: Iterable[str]) -> str:
    return "".join(f'<option value="{escape(name)}">{escape(name.replace("-", " "))}</option>' for name in names)


def _groups(models: list[tuple[str, dict[str, Any]]], catalog: Catalog, scale: _Scale) -> Iterator[str]:
    for capability, group in groupby(models, key=lambda item: item[1]["capability"]):
        rows = [_row(slug, model, catalog, scale) for slug, model in group]
        title = f"<h2>{escape(capability.replace('-', ' '))} <span>{len(rows)}</span></h2>"
        yield f'<section class="group">{title}<ul>{"".join(rows)}</ul></section>\n'


def _row(slug: str, model: dict[str, Any], catalog: Catalog, scale: _Scale) -> str:
    changes = "".join(f"<small>{escape(change)}</small>" for change in _announced(model))
    who = f'<span class="who"><strong>{escape(model["name"])}</strong> <code>{escape(slug)}</code>{changes}</span>'
    prices = _micros(model)
    if prices and "unavailable" not in model:
        rail, cost = _rail(slug, prices, catalog, scale), f"<b>{_span(prices)}</b>"
    else:
        rail, cost = "", f"<i>{model.get('unavailable', 'not known')}</i>"
    rail = f'<svg class="rail" aria-hidden="true">{rail}</svg>'
    return f'<li><a href="#/{escape(slug)}">{who}{rail}<span class="cost">{cost}</span></a></li>'


def _span(prices: list[int]) -> str:
    low, high = min(prices), max(prices)
    return usd_shown(low) if low == high else f"{usd_shown(low)} {_EN_DASH} {usd_shown(high)}"


def _rail(slug: str, prices: list[int], catalog: Catalog, scale: _Scale) -> str:
    """Return the bar from the lowest to the highest price, and the dot at the price by default."""
    low, high = scale.place(min(prices)), scale.place(max(prices))
    bar = f'<rect x="{low}%" width="{round(high - low, 1)}%"/>' if high > low else ""
    with suppress(InvalidRequest, NotPriced):
        return f'{bar}<circle cx="{scale.place(price(slug, catalog=catalog).usd_micros)}%"/>'
    return bar or f'<circle cx="{low}%"/>'


def _announced(model: dict[str, Any]) -> Iterator[str]:
    """Yield the changes to a model that are not in force yet, in words."""
    first = model["now"] + (model.get("unavailable") != NOT_YET)
    for period in model["periods"][first:]:
        cost = _span(period["usd_micros"]) if "usd_micros" in period else "price not known"
        yield f"from {_day(period['from'])}: {cost}"
    end = model["periods"][-1]["to"]
    if end is not None and model.get("unavailable") != RETIRED:
        yield f"retired on {_day(end)}"


def _day(instant: str) -> str:
    return instant_text(datetime.fromisoformat(instant))


# text for language models


def llms_text(catalog: Catalog | None = None) -> str:
    """Return every price as Markdown for language models (llms.txt), at the instant of the catalogue.

    >>> llms_text().splitlines()[0]
    '# Rate card'
    """
    data = page_data(bundled() if catalog is None else catalog)
    at = "" if data["at"] is None else f" Prices of {_day(data['at'])}."
    count, version = len(data["models"]), data["catalog"]["version"]
    lines = [
        "# Rate card",
        "",
        f"> Exact prices in US dollars of {count} video and image models, read on {version}.{at}",
        "",
        "Each price of a request is listed with the options that it applies to. Look prices up; do not compute them.",
        "The command `ratecard quote MODEL FIELD=VALUE` returns the same prices and checks requests.",
    ]
    for capability, group in groupby(_in_order(data["models"]), key=lambda item: item[1]["capability"]):
        lines += ["", f"## {markdown_text(capability)}"]
        for slug, model in group:
            lines += ["", f"### {markdown_text(model['name'])}: {markdown_text(slug)}", "", *_bullets(model)]
    return "\n".join(lines) + "\n"


def _bullets(model: dict[str, Any]) -> Iterator[str]:
    """Yield what is known about a model, and each of its prices, as items of a list."""
    period = model["periods"][model["now"]]
    time = f", typically {period['time']}" if "time" in period else ""
    yield f"- Provider: {markdown_text(model['provider'])}{time}"
    yield f"- Read on {period['checked']}: {', '.join(map(markdown_text, period['source']))}"
    if "unavailable" in model:
        yield f"- Availability: {model['unavailable']}"
    for change in _announced(model):
        yield f"- Announced: {markdown_text(change)}"
    if "unavailable" in model:
        return
    for about, says in period.get("conflicts", ()):
        yield f"- Conflict about {markdown_text(about)}: {markdown_text(says)}"
    if "unpriced" in period:
        yield f"- Price not known: {markdown_text(period.get('unknown', period['unpriced']))}"
        return
    for options, micros in zip(_combinations(period), period["usd_micros"], strict=True):
        yield f"- {markdown_text(usd_shown(micros))}" + (f": {markdown_text(options)}" if options else "")


def _combinations(period: dict[str, Any]) -> Iterator[str]:
    """Yield the options of each price of a sheet, in words."""
    names = [field["name"] for field in period["fields"]]
    for options in product(*(field["options"] for field in period["fields"])):
        yield ", ".join(f"{name} {option_text(option)}" for name, option in zip(names, options, strict=True))
