"""What changed between two catalogues, and how that affects prices and requests.

Rule 1  Tables are compared attribute by attribute: a new attribute in the table language needs no code here.
Rule 2  Models, fields, factors and options are identified by name, and a revision by its place in the table, because
        revisions are only ever appended.
Rule 3  Order counts as it does in the digest: nothing changed if and only if the digests are equal.
Rule 4  Ratios are exact fractions, amounts are whole micros, and requests without a price are not part of any sum.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import evolve, fields, has

from ratecard._diff.render import Path, key_of, model_says, sentence
from ratecard._diff.values import WHOLE_MODEL, Change, Diff, Effect, PriceEffect, RequestEffect
from ratecard._errors import NotPriced
from ratecard._quote.price import try_quote
from ratecard._quote.quote import CatalogRef, instant_text
from ratecard._quote.sheet import price_sheet
from ratecard_rules import (
    AtLeastOne,
    Conflict,
    Example,
    Factor,
    Field,
    Model,
    Revision,
    counted,
    digest_of,
    literal,
    option_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ratecard_rules import Catalog

_KEYS = {"examples": "example", "conflicts": "conflict"}
"""The attributes that have another key in a table file."""


def diff(old: Catalog, new: Catalog, *, requests: Iterable[object] | None = None) -> Diff:
    """Return what changed from one catalogue to another: models, rules, prices and evidence.

    Nothing changed if and only if the digests are equal. A view of a catalogue at an instant (`Catalog.at`) is compared
    as it was then, so two instants of one catalogue can be compared. Prices are those in force now, or at the
    instant of a view. `requests` are as in `effect`.

    >>> from ratecard import Catalog
    >>> catalog = Catalog.bundled()
    >>> bool(diff(catalog, catalog))
    False
    >>> diff(Catalog(), catalog).added == catalog.models
    True
    """
    changes: list[Change] = []
    prices: list[PriceEffect] = []
    for slug in sorted({*old.models, *new.models}):
        differing = _model_changes(slug, old, new)
        changes += differing
        if (differing or old.instant != new.instant) and slug in old and slug in new:
            prices.append(_price_effect(slug, old, new))
    return Diff(
        old=CatalogRef(old.version, old.digest),
        new=CatalogRef(new.version, new.digest),
        changes=tuple(changes),
        prices=tuple(filter(None, prices)),
        requests=None if requests is None else effect(old, new, requests),
    )


def effect(
    old: Catalog,
    new: Catalog,
    requests: Iterable[object],
    *,
    names: Sequence[str] | None = None,
    measured: Mapping[str, object] | None = None,
) -> Effect:
    """Return how requests are affected: which are now refused or accepted, and which cost more or less.

    `names` are the names of the requests in the result; by default they are numbered from 1. `measured` is as in
    `quote`.

    >>> from ratecard import Catalog
    >>> request = {"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}
    >>> effects = effect(Catalog.bundled(), Catalog(), [request, {}])
    >>> [row.verdict for row in effects.rows], effects.each[0].usd_micros
    (['now_refused', 'refused'], 250000)
    """
    every = list(requests)
    called = [str(place) for place in range(1, len(every) + 1)] if names is None else names
    return Effect(
        tuple(
            RequestEffect(name, *(try_quote(request, catalog=side, measured=measured) for side in (old, new)))
            for name, request in zip(called, every, strict=True)
        )
    )


# tables


_Difference: TypeAlias = tuple[Path, Any, Any]
"""A place at which two tables differ, with the old and the new value there."""


def _compare(old: Any, new: Any, path: Path = ()) -> Iterator[_Difference]:
    """Yield every place at which two parts differ, in the order of the table."""
    olds, news = _parts(old), _parts(new)
    if olds is None or news is None:
        if digest_of(old) != digest_of(new):
            yield path, old, new
        return
    for name in dict.fromkeys([*olds, *news]):
        place = (*path, name) if name else path
        if name in olds and name in news:
            yield from _compare(olds[name], news[name], place)
        else:
            yield place, olds.get(name), news.get(name)
    before, after = tuple(name for name in olds if name in news), tuple(name for name in news if name in olds)
    if before != after:
        yield path, before, after


def _parts(value: Any) -> dict[str, Any] | None:
    """Return the parts of a table, or of a list of named parts, by key; None for any other value."""
    if isinstance(value, Factor):  # its multipliers have no key of their own
        return {"": "value" if value.multipliers is None else value.multipliers}
    if has(type(value)):
        # Evidence comes last, as in a table file.
        names = [part.name for part in sorted(fields(type(value)), key=lambda part: part.inherited) if part.eq]
        return {_KEYS.get(name, name): getattr(value, name) for name in names}
    if not isinstance(value, tuple) or not all(has(type(part)) or isinstance(part, tuple) for part in value):
        return None
    parts: dict[str, Any] = {}
    for place, part in enumerate(value, start=1):
        name, count = _name_of(part, place), 1
        while (key := name if count == 1 else f"{name}#{count}") in parts:
            count += 1
        parts[key] = part[1] if isinstance(part, tuple) else part
    return parts


def _name_of(part: object, place: int) -> str:
    match part:
        case Field(name=name) | Factor(field=name) | (str(name), _):
            return name
        case AtLeastOne(of=of):
            return f"[{','.join(of)}]"
        case Conflict(about=about):
            return f"[{about}]"
        case Example(input=(_, *_) as given):
            return f"[{','.join(f'{name}={option_text(value)}' for name, value in given)}]"
    return f"[{place}]"


# models


def _model_changes(slug: str, old: Catalog, new: Catalog) -> list[Change]:
    before, after = _table(slug, old), _table(slug, new)
    if before is None or after is None:
        prices = _sheet(slug, new if before is None else old).values()
        return [Change(slug, WHOLE_MODEL, before, after, model_says(before, after, prices))]
    if digest_of(before) == digest_of(after):
        return []
    names = _compare(evolve(before, revisions=()), evolve(after, revisions=()))
    changes = [Change(slug, key_of(path), was, now, sentence(path, was, now)) for path, was, now in names]
    for number, pair in enumerate(zip_longest(before.revisions, after.revisions), start=1):
        if None in pair:
            changes.append(_whole_revision(number, after if pair[0] is None else before, *pair))
            continue
        for difference in _compare(*pair):
            change = _inner(difference, number, after)
            if len(before.revisions) == len(after.revisions) == 1:
                changes.append(evolve(change, key=key_of(difference[0])))
            else:
                changes.append(evolve(change, says=f"revision {number}: {change.says}"))
    return changes


def _table(slug: str, catalog: Catalog) -> Model | None:
    """Return a table with all its revisions or, in a view at an instant, those that had taken effect by then."""
    return catalog.history(slug) if catalog.instant is None else catalog.get(slug)


def _whole_revision(number: int, model: Model, old: Revision | None, new: Revision | None) -> Change:
    """Return the change for an added or removed revision, with what it changes besides its `effective` instant."""
    before, revision = model.revisions[number - 2 : number]
    inner = (found for found in _compare(before, revision) if found[0] != ("effective",))
    details = tuple(_inner(found, number, model) for found in inner)
    start = "the beginning" if revision.effective is None else instant_text(revision.effective)
    what = "added" if old is None else "removed"
    says = f"revision {number} {what}: in force from {start}, {counted(len(details), 'change')}"
    return Change(model.slug, f"revision[{number}]", old, new, says, details)


def _inner(difference: _Difference, number: int, model: Model) -> Change:
    """Return a change within revision `number` of a model."""
    path, old, new = difference
    says = sentence(path, old, new)
    if (returned := _returns_to(path, model.revisions[:number])) is not None:
        says += f" (as in revision {returned})"
    return Change(model.slug, f"revision[{number}].{key_of(path)}", old, new, says)


def _returns_to(path: Path, revisions: Sequence[Revision]) -> int | None:
    """Return the newest earlier revision with the same part of the price as the last one, or None.

    A price that goes back and forth was often misread, because an option that it depends on was overlooked.
    """
    if path[0] != "price":
        return None
    for number in range(len(revisions) - 1, 0, -1):
        others = [other for other, _, _ in _compare(revisions[number - 1], revisions[-1])]
        if not any(other[: len(path)] == path or path[: len(other)] == other for other in others):
            return number
    return None


# prices


def _sheet(slug: str, catalog: Catalog) -> dict[frozenset[tuple[str, str]], int]:
    """Return the price of every combination of priced options; none if the price is not known."""
    try:
        rows = price_sheet(slug, catalog=catalog)
    except NotPriced:
        return {}
    return {frozenset((factor.field, literal(factor.value)) for factor in row.factors): row.usd_micros for row in rows}


def _price_effect(slug: str, old: Catalog, new: Catalog) -> PriceEffect:
    before, after = _sheet(slug, old), _sheet(slug, new)
    shared = [(before[options], after[options]) for options in before if options in after]
    ratios = [Fraction(now, then) for then, now in shared if then]
    return PriceEffect(
        model=slug,
        lower=sum(now < then for then, now in shared),
        higher=sum(now > then for then, now in shared),
        unchanged=sum(now == then for then, now in shared),
        removed=len(before) - len(shared),
        added=len(after) - len(shared),
        lowest_ratio=min(ratios, default=None),
        highest_ratio=max(ratios, default=None),
    )
