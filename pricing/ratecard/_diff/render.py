"""Changes between two tables as sentences, as JSON data and in Markdown.

Rule 1  Every change has a sentence: the key, the new value and the old one. Prices have their own sentences.
Rule 2  Text from a table or a request never breaks a line, and is escaped in Markdown.
"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import NOTHING, fields, has

from ratecard._money import fraction_text, usd_shown
from ratecard_rules import Factor, literal, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attrs import Attribute

    from ratecard_rules import Model, Revision

Path: TypeAlias = tuple[str, ...]
"""The parts of a key. A part without a name is in brackets."""

_MARKUP = re.compile(r"([\\`*<\[\]|~])")


# sentences


def sentence(path: Path, old: Any, new: Any) -> str:
    """Return what changed at a place of a table, on one line.

    >>> sentence(("input", "duration", "allowed"), ("5", "15"), ("5", "10"))
    'input.duration.allowed: +"10", -"15"'
    >>> sentence(("price", "base_usd_micros"), 84_000, 90_000)
    'base price rises from $0.084 to $0.09 (x 15/14)'
    """
    match path:
        case ("price", "base_usd_micros"):
            text = _base_price(old, new)
        case ("price", "factors", name, *option):
            text = _factor(name, option, old, new) or _generic(path, old, new)
        case _:
            text = _generic(path, old, new)
    return one_line(text)


def key_of(path: Path) -> str:
    """Return the key of a place in a table."""
    return "".join(part if part.startswith("[") else f".{part}" for part in path).removeprefix(".")


def model_says(old: Model | None, new: Model | None, prices: Iterable[int]) -> str:
    """Return a sentence for an added or removed model, with its lowest and highest price."""
    model = new or old
    name = "" if model is None else f": {model.name}, {model.capability}"
    ends = dict.fromkeys(usd_shown(end) for end in _ends(sorted(prices)))
    return one_line(f"model {'added' if old is None else 'removed'}{name}, price {' to '.join(ends) or 'not known'}")


def revision_says(number: int, revision: Revision, *, details: int, added: bool) -> str:
    """Return a sentence for an added or removed revision: when it takes effect, and how much it changes."""
    start = "the beginning" if revision.effective is None else _shown(revision.effective)
    return f"revision {number} {'added' if added else 'removed'}: in force from {start}, {counted(details, 'change')}"


def ratio_text(new: int | Fraction, old: int | Fraction) -> str:
    """Return the ratio of two amounts as a remark; empty if there is none."""
    return f" (x {fraction_text(Fraction(new) / Fraction(old))})" if old else ""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the singular or plural.

    >>> counted(1, "change"), counted(1_000, "change")
    ('1 change', '1,000 changes')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _generic(path: Path, old: Any, new: Any) -> str:
    if isinstance(old, tuple) and isinstance(new, tuple):
        before, after = list(map(_shown, old)), list(map(_shown, new))
        changes = [f"+{item}" for item in after if item not in before]
        changes += [f"-{item}" for item in before if item not in after]
        text = ", ".join(changes) or f"now in the order {', '.join(after)}"
    elif old is None or new is None:
        text = f"added {_shown(new)}" if old is None else f"removed {_shown(old)}"
    else:
        text = f"{_shown(old)} -> {_shown(new)}"
    return f"{key_of(path)}: {text}"


def _shown(value: object) -> str:
    match value:
        case Fraction() | Decimal() | date():
            return str(plain_data(value))
        case str() | bool() | int():
            return literal(value)
    return json.dumps(plain_data(value), ensure_ascii=False)


def _base_price(old: int | None, new: int | None) -> str:
    if old is None or new is None:
        before, after = ("not known" if micros is None else usd_shown(micros) for micros in (old, new))
        return f"base price: {before} -> {after}"
    return f"base price {_goes(new, old)} from {usd_shown(old)} to {usd_shown(new)}{ratio_text(new, old)}"


def _factor(name: str, option: list[str], old: object, new: object) -> str | None:
    """Return what changed about a factor; None for the order and the kind of its options."""
    about = " ".join([name, *map(literal, option)])
    match old, new:
        case None, Factor(multipliers=multipliers):
            return f"the price now depends on {name} ({_multipliers(multipliers)})"
        case Factor(), None:
            return f"the price no longer depends on {name}"
        case None, Fraction():
            return f"{about}: new multiplier {fraction_text(new)}"
        case Fraction(), None:
            return f"{about}: multiplier {fraction_text(old)} removed"
        case Fraction(), Fraction():
            ends = f"from {fraction_text(old)} to {fraction_text(new)}"
            return f"{about}: multiplier {_goes(new, old)} {ends}{ratio_text(new, old)}"
    return None


def _goes(new: int | Fraction, old: int | Fraction) -> str:
    return "rises" if new > old else "falls"


def _multipliers(multipliers: tuple[tuple[str, Fraction], ...] | None) -> str:
    if multipliers is None:
        return "the value itself"
    return ", ".join(f"{literal(option)} x {fraction_text(number)}" for option, number in multipliers)


def _ends(prices: list[int]) -> list[int]:
    return [prices[0], prices[-1]] if prices else []


# JSON


def attributes(kind: type) -> list[Attribute[Any]]:
    """Return the attributes of a type that are compared, in the order of table files: evidence comes last."""
    return sorted((part for part in fields(kind) if part.eq), key=lambda part: part.inherited)


def plain_data(value: Any) -> Any:
    """Return a part of a table as plain JSON data, without what it leaves out. Exact numbers become text.

    >>> from ratecard_rules import Field
    >>> plain_data(Field(name="duration", type="string", allowed=("5",), evidence=(("allowed", "implied"),)))
    {'name': 'duration', 'type': 'string', 'allowed': ['5'], 'evidence': {'allowed': 'implied'}}
    """
    if has(type(value)):
        parts = ((part, getattr(value, part.name)) for part in attributes(type(value)))
        stated = ((part, item) for part, item in parts if part.default is NOTHING or item != part.default)
        return {part.metadata.get("key", part.name): plain_data(item) for part, item in stated}
    match value:
        case ((str(), _), *_) if all(isinstance(item, tuple) for item in value):
            return {name: plain_data(part) for name, part in value}
        case tuple():
            return [plain_data(item) for item in value]
        case Fraction() | Decimal():
            return fraction_text(Fraction(value))
        case date():
            return value.isoformat()
    return value


# Markdown


def markdown_table(header: tuple[str, ...], align: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table; `align` has a `-` for each column of text and a `:` for each column of numbers."""
    rule = tuple("---:" if side == ":" else "---" for side in align)
    lines = (header, rule, *(tuple(map(escaped, row)) for row in rows))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escaped(text: str) -> str:
    """Return text escaped for Markdown, on one line."""
    return _MARKUP.sub(r"\\\1", one_line(text))
