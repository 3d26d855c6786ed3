"""What a model makes of wanted options: the values that its requests take for them, or why it has none.

Rule 1  A wanted option is compared by its text, so that 10, "10" and "10s" all mean a duration of "10".
Rule 2  A model is refused only for what its page states. What the page leaves open is unclear, not refused.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ratecard_rules import CERTAIN, SILENT_CAPABILITIES, literal, option_text, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ratecard_rules import Catalog, Field, Model, Scalar

_DURATION = "duration"
_NUMBER = re.compile(r"(-?\d{1,40}(?:\.\d{1,40})?)", re.ASCII)
_SECONDS = re.compile(rf"{_NUMBER.pattern}\s*(?:s|secs?|seconds?)?", re.ASCII)


@define
class Match:
    """What a model makes of the wanted options.

    Attributes:
        priced: The options that the price depends on.
        others: The values of other fields.
        refused: Why the model cannot do what is wanted.
        unclear: What its page does not state.
    """

    priced: dict[str, Scalar] = field(factory=dict)
    others: dict[str, Any] = field(factory=dict)
    refused: list[str] = field(factory=list)
    unclear: list[str] = field(factory=list)


def match_options(model: Model, wanted: Mapping[str, Scalar], catalog: Catalog, *, sound: bool | None) -> Match:
    """Return what a model makes of the wanted options, and of whether there must be sound."""
    match = Match()
    needed = {**wanted}
    if sound is not None:
        _match_sound(match, model, needed, sound=sound)
    for name, value in needed.items():
        known = model.latest.fields.get(name)
        if known is not None:
            _match_value(match, known, value, is_priced=name in model.latest.priced)
        elif model.latest.fields_complete:
            match.refused.append(f"no field {literal(name)}{_meant(model, name, catalog)}")
        else:
            says = f"{literal(name)} is not among the fields that the page lists, which may be incomplete"
            match.unclear.append(says + _meant(model, name, catalog))
    return match


def _match_sound(match: Match, model: Model, needed: dict[str, Scalar], *, sound: bool) -> None:
    """Add the option that decides about sound to the needed ones, or why the output is not as wanted."""
    fact = model.latest.sound
    if fact is not None and fact.field is not None:
        given = needed.setdefault(fact.field, sound)
        if _key(fact.field, given) != _key(fact.field, sound):
            match.refused.append(f"{fact.field} decides about sound, and is wanted as {literal(given)}")
        return
    always = fact.always if fact is not None else False if model.capability in SILENT_CAPABILITIES else None
    if always is None:
        match.unclear.append("the page does not say whether the output has sound")
    elif always is not sound:
        match.refused.append(f"the output {'always' if always else 'never'} has sound")


def _match_value(match: Match, known: Field, value: Scalar, *, is_priced: bool) -> None:
    """Add the value that a known field takes for a wanted one, or why there is none."""
    options = known.allowed or ((False, True) if known.type == "boolean" else ())
    option = _option(known.name, options, value)
    if option is not None:
        if is_priced:
            match.priced[known.name] = option
        else:
            match.others[known.name] = _json(option)
    elif options:
        is_certain = is_priced or known.evidence_of("allowed") in CERTAIN
        listed = ", ".join(map(literal, options))
        says = f"{known.name} {literal(value)} is not among the options {listed}"
        (match.refused if is_certain else match.unclear).append(says)
    elif known.unknown is not None:
        match.unclear.append(f"the options of {known.name} are not known")
    else:
        match.others[known.name] = _free_value(known, value)


def _option(name: str, options: tuple[Scalar, ...], value: Scalar) -> Scalar | None:
    """Return the option with the text of a wanted value or, if there is none, with the same meaning."""
    exact = (option for option in options if option_text(option) == option_text(value))
    alike = (option for option in options if _key(name, option) == _key(name, value))
    return next(exact, next(alike, None))


def _key(name: str, value: Scalar) -> Fraction | str:
    """Return what a value means: a number, a duration without its unit, or text without regard to case.

    >>> _key("duration", "10 s") == _key("duration", 10) == _key("duration", Decimal("10.0"))
    True
    >>> _key("resolution", "4K")
    '4k'
    """
    text = option_text(value).strip().casefold()
    number = (_SECONDS if name == _DURATION else _NUMBER).fullmatch(text)
    return text if number is None else Fraction(number[1])


def _free_value(known: Field, value: Scalar) -> object:
    """Return a wanted value as the type of a field without options. The judge of requests decides about the rest."""
    if known.type == "string":
        return option_text(value)
    if known.type == "number" and isinstance(value, str) and _NUMBER.fullmatch(value):
        return _json(Decimal(value))
    return _json(value)


def _json(value: Scalar) -> str | float:
    if isinstance(value, Decimal):
        number = float(value)  # first, because an integer of that size may fill the memory
        return int(value) if isfinite(number) and value == value.to_integral_value() else number
    return value


def _meant(model: Model, name: str, catalog: Catalog) -> str:
    """Return which field was probably meant by an unknown name, as the judge of requests says; empty if none."""
    report = validate({"model": model.slug, "input": {name: ""}}, catalog=catalog)
    meant = next((problem.suggestion for problem in report if problem.code == "unknown_field"), None)
    return "" if meant is None else f"; did you mean {literal(meant)}?"
