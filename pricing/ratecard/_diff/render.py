"""Changes between two tables as sentences, as JSON data and in Markdown.

Rule 1  Every change has a sentence: the key, and what was added, removed or replaced. Only prices have other words.
Rule 2  Text from a table or a request never breaks a line, and is escaped in Markdown.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import NOTHING

from ratecard._money import fraction_text, usd_shown
from ratecard._quote.stored import plain_data
from ratecard_rules import Factor, literal, markdown_text, one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from attrs import Attribute

    from ratecard_rules import Model

Path: TypeAlias = tuple[str, ...]
"""The parts of a key. A part without a name is in brackets."""

Line: TypeAlias = tuple[int, str]
"""A line with its depth: 0 for a heading, 1 for what is below it, 2 for details."""


def sentence(path: Path, old: Any, new: Any) -> str:
    """Return what changed at a place of a table, on one line.

    >>> sentence(("input", "duration", "allowed"), ("5", "15"), ("5", "10"))
    'input.duration.allowed: +"10", -"15"'
    >>> sentence(("price", "base_usd_micros"), 84_000, 90_000)
    'base price: $0.084 -> $0.09 (x 15/14)'
    """
    match path, old, new:
        case ("price", "base_usd_micros"), _, _:
            before, after = ("not known" if micros is None else usd_shown(micros) for micros in (old, new))
            text = f"base price: {before} -> {after}{ratio_text(old, new)}"
        case ("price", "factors", name), None, Factor(multipliers=multipliers):
            options = [f"{literal(option)} x {fraction_text(number)}" for option, number in multipliers or ()]
            text = f"the price now depends on {name} ({', '.join(options) or 'the value itself'})"
        case ("price", "factors", name), Factor(), None:
            text = f"the price no longer depends on {name}"
        case ("price", "factors", name, option), _, _:
            text = f"multiplier of {name} {literal(option)}: {_change(old, new)}{ratio_text(old, new)}"
        case _:
            text = f"{key_of(path)}: {_change(old, new)}"
    return one_line(text)


def key_of(path: Path) -> str:
    """Return the key of a place in a table."""
    return "".join(part if part.startswith("[") else f".{part}" for part in path).removeprefix(".")


def model_says(old: Model | None, new: Model | None, prices: Collection[int]) -> str:
    """Return a sentence for an added or removed model, with its lowest and highest price."""
    model = new or old
    name = "" if model is None else f": {model.name}, {model.capability}"
    ends = dict.fromkeys(usd_shown(end) for end in (min(prices), max(prices))) if prices else ["not known"]
    return one_line(f"model {'added' if old is None else 'removed'}{name}, price {' to '.join(ends)}")


def ratio_text(old: int | Fraction | None, new: int | Fraction | None) -> str:
    """Return the ratio of two amounts as a remark; empty if there is none."""
    return "" if not old or new is None else f" (x {fraction_text(Fraction(new) / Fraction(old))})"


def _change(old: Any, new: Any) -> str:
    if isinstance(old, tuple) and isinstance(new, tuple):
        before, after = list(map(_shown, old)), list(map(_shown, new))
        changes = [f"+{item}" for item in after if item not in before]
        changes += [f"-{item}" for item in before if item not in after]
        return ", ".join(changes) or f"now in the order {', '.join(after)}"
    if old is None or new is None:
        return f"added {_shown(new)}" if old is None else f"removed {_shown(old)}"
    return f"{_shown(old)} -> {_shown(new)}"


def _shown(value: object) -> str:
    data = table_data(value)
    return str(data) if isinstance(value, Fraction | Decimal | date) else json.dumps(data, ensure_ascii=False)


def table_data(value: Any) -> Any:
    """Return a part of a table as plain JSON data, without what it leaves out. Exact numbers become text.

    >>> from ratecard_rules import Field
    >>> table_data(Field(name="duration", type="string", allowed=("5",), evidence=(("allowed", "implied"),)))
    {'evidence': {'allowed': 'implied'}, 'name': 'duration', 'type': 'string', 'allowed': ['5']}
    """
    return plain_data(value, _is_stated)


def _is_stated(attribute: Attribute[Any], value: object) -> bool:
    return bool(attribute.eq and (attribute.default is NOTHING or value != attribute.default))


def to_text(lines: Iterable[Line]) -> str:
    """Return lines as plain text, indented by their depth."""
    return "\n".join("  " * depth + text for depth, text in lines)


def to_markdown(lines: Iterable[Line]) -> str:
    r"""Return lines as Markdown: a heading for each line of depth 0, and lists below it.

    >>> to_markdown([(0, "a"), (1, "b*"), (2, "c"), (0, "d")])
    '### a\n\n- b\\*\n  - c\n\n### d'
    """
    escaped = ((depth, markdown_text(text)) for depth, text in lines)
    blocks = (f"{'  ' * (depth - 1)}- {text}" if depth else f"\n### {text}\n" for depth, text in escaped)
    return "\n".join(blocks).replace("\n\n\n", "\n\n").strip()
