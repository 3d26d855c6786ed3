"""A difference between catalogues in words, as JSON data and as Markdown.

Rule 1  A change that has no words of its own still has a sentence: what is where, and what was there before.
Rule 2  Nothing of a table or a request ends a line, and in Markdown nothing of it is read as markup.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from attrs import NOTHING, has

from ratecard._diff import VERDICTS, attributes
from ratecard._explain import LIMITS, duration_text
from ratecard._money import fraction_text, usd_shown, usd_text
from ratecard._quote import Quote
from ratecard_rules import AtLeastOne, Conflict, Example, Factor, Field, literal, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ratecard._declined import Declined
    from ratecard._diff import Change, Diff, Effect, Path, PriceEffect, RequestEffect, Total, Verdict
    from ratecard._quote import CatalogRef
    from ratecard_rules import Model, Revision

SHOWN_REQUESTS = 100
"""So many changed requests are listed in Markdown, the most pressing ones: the text of a pull request has an end."""

_NOTHING = "nothing"
_DOCUMENTED = "documented"
_SHORT_DIGEST = 12
_MARKUP = re.compile(r"([\\`*<\[\]|~])")

_LABELS = {
    "type": "the type",
    "items": "the type of the items",
    "format": "the format",
    "item_format": "the format of the items",
    "unknown": "the reason why it is not known",
    "note": "the note",
    "sibling": "the sibling that states it",
    "printed_usd": "the printed amount",
    "label": "the label",
    "rounding": "the rounding",
    "usd_micros": "the cost in micros",
}
"""What people call an attribute; any other goes by its own name."""

_REQUIRED = {True: "now required", False: "now documented as optional"}
_NOT_REQUIRED = {True: "no longer required", False: "no longer documented as optional"}

_VERDICTS: dict[Verdict, str] = {
    "now_refused": "now refused",
    "now_accepted": "now accepted",
    "dearer": "dearer",
    "cheaper": "cheaper",
    "same": "the same",
    "refused": "refused by both",
}


# sentences


def sentence(path: Path, old: Any, new: Any) -> str:  # noqa: ANN401  any part of a table
    """Return what changed at a place of a table, in words that stay on their line.

    >>> sentence(("input", "duration", "allowed"), ("5", "15"), ("5", "10"))
    'duration: "15" is no longer an option; "10" is a new option'
    >>> sentence(("price", "base_usd_micros"), 84_000, 90_000)
    'base price rises from $0.084 to $0.09 (x 15/14)'
    """
    return one_line(_sentence(path, old, new))


def _sentence(path: Path, old: Any, new: Any) -> str:  # noqa: ANN401  as above
    if path in _OF_TABLE:
        return _OF_TABLE[path](old, new)
    match path:
        case ("input" | "measured", name):
            said = _field(name, new)
        case ("input" | "measured", name, "evidence", rule):
            said = f"{name}: {_evidence(rule, old, new)}"
        case ("input" | "measured", name, rule):
            said = f"{name}: {_rule(rule, old, new)}"
        case ("price", "evidence", rule):
            said = f"price: {_evidence(rule, old, new)}"
        case ("price", "factors", name, *option):
            said = _factor(name, option, old, new)
        case ("at_least_one" | "example" | "conflict", _):
            said = _listed(old, new)
        case ("example", given, "usd_micros"):
            said = f"the example {_bare(given)} costs {usd_shown(new)}, before {usd_shown(old)}"
        case _:
            said = _anything(path, old, new)
    return said


def _anything(path: Path, old: object, new: object) -> str:
    *around, last = map(_bare, path)
    return (f"{' '.join(around)}: " if around else "") + _plainly(_LABELS.get(last, last), old, new)


def _bare(part: str) -> str:
    return part.replace("[", "").replace("]", "")


def _plainly(what: str, old: object, new: object) -> str:
    if isinstance(old, tuple) and isinstance(new, tuple) and sorted(map(_shown, old)) == sorted(map(_shown, new)):
        return f"the order of {what} is now {_shown(new)}, before {_shown(old)}"
    if old is None:
        return f"{what} is now {_shown(new)}, before not stated"
    if new is None:
        return f"{what} is no longer stated, before {_shown(old)}"
    return f"{what} is now {_shown(new)}, before {_shown(old)}"


def _shown(value: object) -> str:
    match value:
        case tuple():
            return ", ".join(map(_shown, value)) or _NOTHING
        case Fraction() | Decimal():
            return fraction_text(Fraction(value))
        case date():
            return value.isoformat()
        case str() | bool() | int():
            return literal(value)
    return str(plain_data(value))


def _ratio(new: int | Fraction, old: int | Fraction) -> str:
    return f" (x {fraction_text(Fraction(new) / Fraction(old))})" if old else ""


def _goes(new: int | Fraction, old: int | Fraction) -> str:
    return "rises" if new > old else "falls"


def _rule(rule: str, old: Any, new: Any) -> str:  # noqa: ANN401  as above
    """Return what changed about one rule of a field, without its name."""
    match rule, old, new:
        case "required", _, _:
            said = _REQUIRED[new] if new is not None else _NOT_REQUIRED[old]
        case "allowed", tuple(), tuple():
            said = _options(old, new)
        case "allowed", None, _:
            said = f"now only one of {_shown(new)}"
        case "allowed", _, _:
            said = f"no longer only one of {_shown(old)}"
        case "default", _, None:
            said = f"no default is known any more, before {_shown(old)}"
        case "default", _, _:
            said = f"the default is now {_shown(new)}, before {'not known' if old is None else _shown(old)}"
        case _ if rule in LIMITS:
            said = _limit(LIMITS[rule], old, new)
        case _:
            said = _plainly(_LABELS.get(rule, rule), old, new)
    return said


def _limit(words: str, old: object, new: object) -> str:
    before, after = (None if one is None else words.format(one) for one in (old, new))
    if after is None:
        return f"no longer {before}"
    return f"now {after}" + ("" if before is None else f", before {before}")


def _options(old: tuple[Any, ...], new: tuple[Any, ...]) -> str:
    before, after = list(map(literal, old)), list(map(literal, new))
    said = [f"{one} is no longer an option" for one in before if one not in after]
    said += [f"{one} is a new option" for one in after if one not in before]
    return "; ".join(said) or _plainly("the options", old, new)


def _evidence(rule: str, old: str | None, new: str | None) -> str:
    before, after = old or _DOCUMENTED, new or _DOCUMENTED
    if before == after:
        return f"{rule} is {after} as before, which is {'no longer' if new is None else 'now'} written out"
    return f"{rule} is now {after}, before {before}"


def _field(name: str, new: Field | None) -> str:
    if new is None:
        return f"the field {name} is gone"
    kind = f"{new.type} of {new.items}s" if new.items else new.type
    options = f", one of {_shown(new.allowed)}" if new.allowed else ""
    return f"{name} is a new field: {'required' if new.required else 'optional'}, {kind}{options}"


def _factor(name: str, option: list[str], old: Any, new: Any) -> str:  # noqa: ANN401  as above
    about = " ".join([name, *map(literal, option)])
    match old, new:
        case (str(), *_), (str(), *_):
            said = _plainly(f"the options of the factor {name}", old, new)
        case None, Factor(multipliers=multipliers):
            said = f"the price now depends on {name} ({_multipliers(multipliers)})"
        case Factor(), None:
            said = f"the price no longer depends on {name}"
        case None, Fraction():
            said = f"{about}: there is a new multiplier, {fraction_text(new)}"
        case Fraction(), None:
            said = f"{about}: there is no multiplier any more, before {fraction_text(old)}"
        case Fraction(), Fraction():
            ends = f"from {fraction_text(old)} to {fraction_text(new)}"
            said = f"{about}: the multiplier {_goes(new, old)} {ends}{_ratio(new, old)}"
        case _:
            said = f"the multiplier of {name} is now {_multipliers(new)}, before {_multipliers(old)}"
    return said


def _multipliers(multipliers: tuple[tuple[str, Fraction], ...] | str | None) -> str:
    if multipliers is None or isinstance(multipliers, str):
        return "the value itself"
    return ", ".join(f"{literal(option)} x {fraction_text(number)}" for option, number in multipliers) or _NOTHING


def _listed(old: object, new: object) -> str:
    match new if old is None else old:
        case AtLeastOne(of=of):
            return f"at least one of {', '.join(of)} is {'now' if old is None else 'no longer'} needed"
        case Example(input=given, usd_micros=cost):
            chosen = "".join(f" {name} {literal(value)}" for name, value in given)
            return f"{'new example' if old is None else 'an example is gone'}:{chosen} costs {usd_shown(cost)}"
        case Conflict(about=about, says=says):
            return f"{'new' if old is None else 'no longer a'} conflict about {about}: {says}"
    return _plainly("an entry", old, new)


def _base(old: int | None, new: int | None) -> str:
    if old is None or new is None:
        before, after = ("not known" if one is None else usd_shown(one) for one in (old, new))
        return f"base price is now {after}, before {before}"
    return f"base price {_goes(new, old)} from {usd_shown(old)} to {usd_shown(new)}{_ratio(new, old)}"


def _free(_: bool, new: bool) -> str:  # noqa: FBT001  the values that changed
    return "a price of zero is now meant" if new else "a price of zero is no longer meant"


def _price_unknown(old: str | None, new: str | None) -> str:
    return f"the price is known now, before it was not: {old}" if new is None else f"the price is not known: {new}"


def _retired(old: date | None, new: date | None) -> str:
    if new is None:
        return f"no longer retired, before from {_shown(old)} on"
    return f"retired from {_shown(new)} on" + ("" if old is None else f", before from {_shown(old)} on")


def _effective(old: date | None, new: date | None) -> str:
    return f"in force from {_start(new)} on, before from {_start(old)} on"


def _start(effective: date | None) -> str:
    return "the beginning" if effective is None else _shown(effective)


def _source(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    said = [f"{one} is no longer a source" for one in old if one not in new]
    said += [f"{one} is a new source" for one in new if one not in old]
    return "; ".join(said) or _plainly("the sources", old, new)


def _typical(old: int | None, new: int | None) -> str:
    before, after = ("not stated" if one is None else duration_text(one) for one in (old, new))
    return f"the typical time is now {after}, before {before}"


def _complete(_: bool, new: bool) -> str:  # noqa: FBT001  as above
    return f"the list of fields is {'now' if new else 'no longer'} known to be complete"


_OF_TABLE: dict[Path, Callable[[Any, Any], str]] = {
    ("retired",): _retired,
    ("effective",): _effective,
    ("checked",): lambda old, new: f"the pages were read on {new}, before on {old}",
    ("source",): _source,
    ("typical_seconds",): _typical,
    ("fields_complete",): _complete,
    ("price", "base_usd_micros"): _base,
    ("price", "free"): _free,
    ("price", "unknown"): _price_unknown,
}
"""The words for a place that every table has."""


def model_says(old: Model | None, new: Model | None, prices: tuple[int, ...]) -> str:
    """Return that a model came or went, and what it costs at least and at most."""
    model = new or old
    name = "" if model is None else f": {model.name}, {model.capability}"
    ends = [usd_shown(end) for end in dict.fromkeys((min(prices), max(prices)))] if prices else ["not known"]
    return one_line(f"{'new model' if old is None else 'the model is gone'}{name}, price {' to '.join(ends)}")


def revision_says(number: int, revision: Revision, *, details: int, added: bool) -> str:
    """Return that a revision after the first came or went, from when on it is in force, and how much it changes."""
    begins = f"in force from {_start(revision.effective)} on"
    return f"revision {number} is {'new' if added else 'gone'}: {begins}, changes {_counted(details, 'thing')}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


# lines


def diff_lines(diff: Diff) -> Iterator[str]:
    """Yield a difference as plain lines: what is about a model is indented below its slug."""
    yield f"{_sides(diff)}: {_summary(diff)}"
    effects = {one.model: one for one in diff.prices}
    for slug, changes in _by_model(diff).items():
        yield slug
        for change in changes:
            yield f"  {change.says}"
            yield from (f"    {detail.says}" for detail in change.details)
        if slug in effects:
            yield f"  prices: {_effect_words(effects[slug])}"
    if diff.requests is not None:
        yield from effect_lines(diff.requests)


def effect_lines(effect: Effect) -> Iterator[str]:
    """Yield an effect on requests as plain lines: counts and totals, then each request for which something changed."""
    yield f"{_counted(len(effect.rows), 'request')}: {_verdicts(effect)}"
    for what, before, after, change in _totals(effect):
        yield f"  {what}: {before}, now {after}" + (f" ({change})" if change else "")
    for row in _changed(effect):
        answers = f"{_answer(row.old)}, now {_answer(row.new)}{_ratio_of(row)}"
        yield f"  {one_line(row.name)}: {_VERDICTS[row.verdict]}: {row.model}: {answers}"


def _sides(diff: Diff) -> str:
    return f"catalogue {_catalog(diff.old)} to {_catalog(diff.new)}"


def _summary(diff: Diff) -> str:
    if not diff:
        return "no difference"
    gone_or_new = {*diff.added, *diff.removed}
    numbers = {
        "changed": len(_by_model(diff).keys() - gone_or_new),
        "new": len(diff.added),
        "gone": len(diff.removed),
    }
    return ", ".join(f"{_counted(count, 'model')} {word}" for word, count in numbers.items() if count)


def _catalog(ref: CatalogRef) -> str:
    return f"{ref.version or 'without a table'} ({ref.digest[:_SHORT_DIGEST]})"


def _by_model(diff: Diff) -> dict[str, list[Change]]:
    slugs = sorted({*(one.model for one in diff.changes), *(one.model for one in diff.prices)})
    return {slug: [one for one in diff.changes if one.model == slug] for slug in slugs}


def _effect_words(effect: PriceEffect) -> str:
    counts = {
        "cheaper": effect.cheaper,
        "dearer": effect.dearer,
        "unchanged": effect.unchanged,
        "gone": effect.gone,
        "new": effect.new,
    }
    said = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    ratios = _ratios(effect) if effect.cheaper or effect.dearer else ""
    return f"{said} ({ratios})" if ratios else said


def _ratios(effect: PriceEffect) -> str:
    ends = [one for one in (effect.lowest_ratio, effect.highest_ratio) if one is not None]
    return " to ".join(f"x {fraction_text(one)}" for one in dict.fromkeys(ends))


def _verdicts(effect: Effect) -> str:
    counts = effect.counts
    return ", ".join(f"{counts[one]:,} {_VERDICTS[one]}" for one in VERDICTS if counts[one]) or _NOTHING


def _totals(effect: Effect) -> list[tuple[str, str, str, str]]:
    before, after = effect.both
    old, new = effect.each
    more = after.usd_micros - before.usd_micros
    change = f"{'+' if more > 0 else ''}{usd_shown(more)}" if more else "the same"
    return [
        (f"priced by both, {_counted(before.requests, 'request')}", *_amounts(before, after), change),
        (f"all that each prices, {old.requests:,} before and {new.requests:,} now", *_amounts(old, new), ""),
    ]


def _amounts(before: Total, after: Total) -> tuple[str, str]:
    return usd_shown(before.usd_micros), usd_shown(after.usd_micros)


def _changed(effect: Effect) -> list[RequestEffect]:
    """Return the requests for which something changed, the most pressing first."""
    rows = [one for one in effect.rows if one.verdict not in ("same", "refused")]
    return sorted(rows, key=lambda one: VERDICTS.index(one.verdict))


def _answer(answer: Quote | Declined) -> str:
    return usd_shown(answer.usd_micros) if isinstance(answer, Quote) else one_line(answer.message)


def _ratio_of(row: RequestEffect) -> str:
    if isinstance(row.old, Quote) and isinstance(row.new, Quote):
        return _ratio(row.new.usd_micros, row.old.usd_micros)
    return ""


# Markdown


def diff_markdown(diff: Diff) -> str:
    """Return a difference as Markdown: a heading and a list for each model, tables of prices and requests."""
    parts = [f"## Price and rule changes, {_sides(diff)}", f"In all: {_summary(diff)}."]
    for slug, changes in _by_model(diff).items():
        if changes:
            parts += [f"### {_escaped(slug)}", "\n".join(_bullets(changes))]
    if diff.prices:
        parts += ["### Effect on prices", _prices_table(diff.prices)]
    if diff.requests is not None:
        parts += ["### Effect on requests", *_requests_parts(diff.requests)]
    return "\n\n".join(parts) + "\n"


def _bullets(changes: Iterable[Change]) -> Iterator[str]:
    for change in changes:
        yield f"- {_escaped(change.says)}"
        yield from (f"  - {_escaped(detail.says)}" for detail in change.details)


def _prices_table(effects: Iterable[PriceEffect]) -> str:
    header = ("model", "cheaper", "dearer", "unchanged", "gone", "new", "ratio")
    rows = (
        (one.model, *map(str, (one.cheaper, one.dearer, one.unchanged, one.gone, one.new)), _ratios(one))
        for one in effects
    )
    return _table(header, "-::::::", rows)


def _requests_parts(effect: Effect) -> Iterator[str]:
    yield f"{_counted(len(effect.rows), 'request')}: {_verdicts(effect)}."
    yield _table(("total", "before", "now", "change"), "-:::", _totals(effect))
    changed = [
        (one.name, one.model or "", _VERDICTS[one.verdict], _answer(one.old), _answer(one.new))
        for one in _changed(effect)
    ]
    if changed:
        yield _table(("request", "model", "verdict", "before", "now"), "-----", changed[:SHOWN_REQUESTS])
    if len(changed) > SHOWN_REQUESTS:
        yield f"And {_counted(len(changed) - SHOWN_REQUESTS, 'request')} more."


def _table(header: tuple[str, ...], align: str, rows: Iterable[tuple[str, ...]]) -> str:
    rule = ("---:" if one == ":" else "---" for one in align)
    lines = (header, tuple(rule), *(tuple(map(_escaped, row)) for row in rows))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", one_line(text))


# JSON


def plain_data(value: Any) -> Any:  # noqa: ANN401  any part of a table
    """Return a part of a table as plain JSON data, without what it leaves out; what JSON cannot carry exactly is text.

    >>> from ratecard_rules import Field
    >>> plain_data(Field(name="duration", type="string", allowed=("5",), evidence=(("allowed", "implied"),)))
    {'name': 'duration', 'type': 'string', 'allowed': ['5'], 'evidence': {'allowed': 'implied'}}
    """
    if has(type(value)):
        stated = ((one.name, one.default, getattr(value, one.name)) for one in attributes(type(value)))
        return {name: plain_data(part) for name, default, part in stated if default is NOTHING or part != default}
    match value:
        case ((str(), _), *_) if all(isinstance(one, tuple) for one in value):
            return {name: plain_data(part) for name, part in value}
        case tuple():
            return [plain_data(one) for one in value]
        case Fraction() | Decimal():
            return fraction_text(Fraction(value))
        case date():
            return value.isoformat()
    return value


def diff_data(diff: Diff) -> dict[str, Any]:
    """Return a difference as plain JSON data."""
    return {
        "equal": not diff,
        "old": {"version": diff.old.version, "digest": diff.old.digest},
        "new": {"version": diff.new.version, "digest": diff.new.digest},
        "added": list(diff.added),
        "removed": list(diff.removed),
        "changes": [one.to_dict() for one in diff.changes],
        "prices": [one.to_dict() for one in diff.prices],
        "requests": None if diff.requests is None else diff.requests.to_dict(),
    }


def price_effect_data(effect: PriceEffect) -> dict[str, Any]:
    """Return an effect on prices as plain JSON data."""
    counts = ("model", "cheaper", "dearer", "unchanged", "gone", "new")
    ratios = {"lowest_ratio": effect.lowest_ratio, "highest_ratio": effect.highest_ratio}
    texts = {name: None if ratio is None else str(ratio) for name, ratio in ratios.items()}
    return {name: getattr(effect, name) for name in counts} | texts


def effect_data(effect: Effect) -> dict[str, Any]:
    """Return an effect on requests as plain JSON data."""
    both, each = effect.both, effect.each
    return {
        "counts": effect.counts,
        "priced_by_both": {"before": _total_data(both[0]), "after": _total_data(both[1])},
        "priced_by_each": {"before": _total_data(each[0]), "after": _total_data(each[1])},
        "results": [
            {
                "name": one.name,
                "model": one.model,
                "verdict": one.verdict,
                "before": _answer_data(one.old),
                "after": _answer_data(one.new),
            }
            for one in effect.rows
        ],
    }


def _total_data(total: Total) -> dict[str, Any]:
    return {"requests": total.requests, "usd_micros": total.usd_micros, "usd": usd_text(total.usd_micros)}


def _answer_data(answer: Quote | Declined) -> dict[str, Any]:
    if isinstance(answer, Quote):
        return {"usd_micros": answer.usd_micros, "usd": usd_text(answer.usd_micros)}
    return {"code": answer.code, "message": answer.message}
