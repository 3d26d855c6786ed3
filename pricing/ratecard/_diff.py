"""What changed between two catalogues, and what that does to prices and to requests.

Rule 1  Tables are compared part by part, whatever their parts are: a new word of the table language needs no code here.
Rule 2  What has a name is the same where its name is: models, fields, factors, options. A revision is its place in the
        table, for revisions are only ever appended.
Rule 3  Order counts as it does in the digest: nothing changed exactly where the digests are equal.
Rule 4  Ratios are exact fractions, amounts are whole micros, and what has no price takes part in no sum.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import evolve, fields, frozen, has

from ratecard._declined import Declined
from ratecard._errors import NotPriced
from ratecard._pricing import price_sheet, try_quote
from ratecard._quote import CatalogRef, Quote
from ratecard_rules import AtLeastOne, Conflict, Example, Factor, Field, Model, Revision, literal, option_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from attrs import Attribute

    from ratecard_rules import Catalog

Verdict: TypeAlias = Literal["now_refused", "now_accepted", "dearer", "cheaper", "same", "refused"]
"""What becomes of a request: it loses its price, it gains one, it costs more, less or the same, or it never had one."""

VERDICTS: tuple[Verdict, ...] = ("now_refused", "now_accepted", "dearer", "cheaper", "same", "refused")
"""Every verdict, the most pressing first."""

Path: TypeAlias = tuple[str, ...]
"""The parts of a key; what has no name of its own stands in brackets."""

_KEYS = {"revisions": "revision", "examples": "example", "conflicts": "conflict", "multipliers": ""}
"""The attributes that a table file writes otherwise; the multipliers of a factor stand in it without a key."""

_WHOLE_MODEL = "model"


@frozen
class Change:
    """One thing that differs between two tables of a model.

    `model` the slug · `key` where in the table, such as `input.duration.allowed`; `model` for a whole table, and with
    `revision[2].` before it where there are several · `old`, `new` the values as the tables hold them, None where there
    is none · `says` the change in words · `details` what an added or removed revision changes relative to the one
    before it.
    """

    model: str
    key: str
    old: Any
    new: Any
    says: str
    details: tuple[Change, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the change as plain JSON data; a multiplier is exact text."""
        from ratecard._diff_text import plain_data  # noqa: PLC0415  words are wanted for changes alone

        return {
            "model": self.model,
            "key": self.key,
            "old": plain_data(self.old),
            "new": plain_data(self.new),
            "says": self.says,
            "details": [one.to_dict() for one in self.details],
        }


@frozen(kw_only=True)
class PriceEffect:
    """What becomes of the prices of a model that is in both catalogues.

    `cheaper`, `dearer`, `unchanged` count the combinations of priced options that have a price in both · `gone`, `new`
    those that have one on one side alone · `lowest_ratio`, `highest_ratio` the extremes of new to old price, exact;
    None where no price of both sides can be compared (a free one has no ratio).
    """

    model: str
    cheaper: int = 0
    dearer: int = 0
    unchanged: int = 0
    gone: int = 0
    new: int = 0
    lowest_ratio: Fraction | None = None
    highest_ratio: Fraction | None = None

    def __bool__(self) -> bool:
        return bool(self.cheaper or self.dearer or self.gone or self.new)

    def to_dict(self) -> dict[str, Any]:
        """Return the effect as plain JSON data; ratios are text such as "15/14"."""
        from ratecard._diff_text import price_effect_data  # noqa: PLC0415  as above

        return price_effect_data(self)


@frozen
class RequestEffect:
    """What becomes of one request: its `name` or place, and its answer under the `old` and the `new` catalogue."""

    name: str
    old: Quote | Declined
    new: Quote | Declined

    @property
    def verdict(self) -> Verdict:
        """What changed for this request."""
        match self.old, self.new:
            case Quote(usd_micros=before), Quote(usd_micros=after):
                return "same" if before == after else "dearer" if after > before else "cheaper"
            case Quote(), _:
                return "now_refused"
            case _, Quote():
                return "now_accepted"
        return "refused"

    @property
    def model(self) -> str | None:
        """The slug of the model; None where the request has a price on neither side."""
        return next((one.model for one in (self.new, self.old) if isinstance(one, Quote)), None)


@frozen
class Total:
    """The exact sum of `requests` that have a price, in millionths of a US dollar."""

    requests: int
    usd_micros: int


def _total(quotes: Iterable[Quote | Declined]) -> Total:
    amounts = [one.usd_micros for one in quotes if isinstance(one, Quote)]
    return Total(len(amounts), sum(amounts))


@frozen
class Effect:
    """What becomes of requests under another catalogue, one `row` for each, in order."""

    rows: tuple[RequestEffect, ...]

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many requests got each verdict; every verdict is there."""
        return {verdict: sum(one.verdict == verdict for one in self.rows) for verdict in VERDICTS}

    @property
    def both(self) -> tuple[Total, Total]:
        """The totals before and after, over the requests that have a price in both catalogues: these are comparable."""
        shared = [one for one in self.rows if isinstance(one.old, Quote) and isinstance(one.new, Quote)]
        return _total(one.old for one in shared), _total(one.new for one in shared)

    @property
    def each(self) -> tuple[Total, Total]:
        """The totals of each catalogue over all requests that have a price in it, which may be different requests."""
        return _total(one.old for one in self.rows), _total(one.new for one in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the effect as plain JSON data, money as whole micros beside text."""
        from ratecard._diff_text import effect_data  # noqa: PLC0415  as above

        return effect_data(self)

    def explain(self) -> str:
        """Return the effect in plain lines: totals, and every request for which something changed."""
        from ratecard._diff_text import effect_lines  # noqa: PLC0415  as above

        return "\n".join(effect_lines(self))

    def __str__(self) -> str:
        return self.explain()


@frozen(kw_only=True)
class Diff:
    """What changed between two catalogues; it is false where nothing did.

    `old`, `new` the version and digest of each · `changes` by model, in the order of its table · `prices` the effect on
    the prices of every model where there is one · `requests` the effect on requests, where some were given.
    """

    old: CatalogRef
    new: CatalogRef
    changes: tuple[Change, ...]
    prices: tuple[PriceEffect, ...]
    requests: Effect | None = None

    @property
    def added(self) -> tuple[str, ...]:
        """The models that are in the new catalogue alone."""
        return tuple(one.model for one in self.changes if one.key == _WHOLE_MODEL and one.old is None)

    @property
    def removed(self) -> tuple[str, ...]:
        """The models that are in the old catalogue alone."""
        return tuple(one.model for one in self.changes if one.key == _WHOLE_MODEL and one.new is None)

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as plain JSON data, without any float."""
        from ratecard._diff_text import diff_data  # noqa: PLC0415  as above

        return diff_data(self)

    def to_markdown(self) -> str:
        """Return the difference as Markdown, for a pull request."""
        from ratecard._diff_text import diff_markdown  # noqa: PLC0415  as above

        return diff_markdown(self)

    def explain(self) -> str:
        """Return the difference in plain lines."""
        from ratecard._diff_text import diff_lines  # noqa: PLC0415  as above

        return "\n".join(diff_lines(self))

    def __str__(self) -> str:
        return self.explain()

    def __bool__(self) -> bool:
        return bool(self.changes or self.prices)


def diff(old: Catalog, new: Catalog, *, requests: Iterable[object] | None = None) -> Diff:
    """Return what changed from one catalogue to another: models, rules, prices, and how we know them.

    Nothing changed exactly where the digests are equal. A catalogue that is looked at at an instant (`Catalog.at`)
    counts as it was then, so that two instants of one catalogue can be compared. `requests` are as in `effect`.

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
        found = _model_changes(slug, old, new)
        changes += found
        if (found or old.instant != new.instant) and slug in old and slug in new:
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
    """Return what becomes of requests: which are now refused or accepted, and which cost more or less.

    A request is any object. `names` is what the answer calls each of them, their places from 1 if left out ·
    `measured` is as in `quote`.

    >>> from ratecard import Catalog
    >>> request = {"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}}
    >>> found = effect(Catalog.bundled(), Catalog(), [request, {}])
    >>> [row.verdict for row in found.rows], found.each[0].usd_micros
    (['now_refused', 'refused'], 250000)
    """
    every = list(requests)
    called = [str(place) for place in range(1, len(every) + 1)] if names is None else names
    return Effect(
        tuple(
            RequestEffect(name, *(try_quote(one, catalog=side, measured=measured) for side in (old, new)))
            for name, one in zip(called, every, strict=True)
        )
    )


# tables


@frozen
class _Found:
    """A place at which two tables differ."""

    path: Path
    old: Any
    new: Any


def _compare(old: Any, new: Any, path: Path = ()) -> Iterator[_Found]:  # noqa: ANN401  any part of a table
    """Yield every place at which two parts differ, in the order of the table."""
    olds, news = _items(old), _items(new)
    if has(type(old)) and type(old) is type(new):
        for name in (one.name for one in attributes(type(old))):
            key = _KEYS.get(name, name)
            yield from _compare(_part(old, name), _part(new, name), (*path, key) if key else path)
    elif olds is not None and news is not None:
        yield from _compare_items(olds, news, path)
    elif _exact(old) != _exact(new):
        yield _Found(path, old, new)


def _compare_items(old: dict[str, Any], new: dict[str, Any], path: Path) -> Iterator[_Found]:
    for name in dict.fromkeys([*old, *new]):
        if name in old and name in new:
            yield from _compare(old[name], new[name], (*path, name))
        else:
            yield _Found((*path, name), old.get(name), new.get(name))
    before, after = tuple(name for name in old if name in new), tuple(name for name in new if name in old)
    if before != after:
        yield _Found(path, before, after)


def attributes(kind: type) -> list[Attribute[Any]]:
    """Return what counts of a type, in the order in which tables are written: how we know comes last."""
    return sorted((one for one in fields(kind) if one.eq), key=lambda one: one.inherited)


def _part(whole: Any, name: str) -> Any:  # noqa: ANN401  as above
    part = getattr(whole, name)
    return "value" if name == "multipliers" and part is None else part


def _items(value: object) -> dict[str, Any] | None:
    """Return the parts of a list by what each is called, or None where `value` is not a list of parts."""
    if not isinstance(value, tuple) or not all(has(type(one)) or isinstance(one, tuple) for one in value):
        return None
    items: dict[str, Any] = {}
    for place, one in enumerate(value, start=1):
        name, count = _called(one, place), 1
        while (key := name if count == 1 else f"{name}#{count}") in items:
            count += 1
        items[key] = one[1] if isinstance(one, tuple) else one
    return items


def _called(part: object, place: int) -> str:
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


def _exact(value: object) -> str:
    """Return a text that two values share exactly where the canonical form of tables does not tell them apart."""
    match value:
        case tuple():
            return f"({','.join(map(_exact, value))})"
        case Decimal() | Fraction():
            return repr(str(Fraction(value)))
        case date():
            return repr(value.isoformat())
    return repr(value)


def _key(path: Path) -> str:
    return "".join(part if part.startswith("[") else f".{part}" for part in path).removeprefix(".")


# models


def _model_changes(slug: str, old: Catalog, new: Catalog) -> list[Change]:
    from ratecard._diff_text import model_says, sentence  # noqa: PLC0415  equal catalogues need no words

    before, after = old.get(slug), new.get(slug)
    if before is None or after is None:
        prices = _sheet(slug, new if before is None else old).values()
        return [Change(slug, _WHOLE_MODEL, before, after, model_says(before, after, tuple(prices)))]
    changes: list[Change] = []
    for found in _compare(before, after):
        match found.path:
            case ("revision", place, *rest):
                changes.append(_revision_change(found, int(place[1:-1]), tuple(rest), before, after))
            case path:
                changes.append(Change(slug, _key(path), found.old, found.new, sentence(path, found.old, found.new)))
    return changes


def _revision_change(found: _Found, number: int, rest: Path, before: Model, after: Model) -> Change:
    """Return a change in revision `number`: of all of it, or of what is at `rest` within it."""
    if not rest:
        return _whole_revision(found, number, after if found.old is None else before)
    one = _inner(_Found(rest, found.old, found.new), after, number)
    if len(before.revisions) == len(after.revisions) == 1:
        return evolve(one, key=_key(rest))
    return evolve(one, says=f"revision {number}: {one.says}")


def _whole_revision(found: _Found, number: int, model: Model) -> Change:
    """Return that a revision came or went, and what it changes, other than the instant from which it is in force."""
    from ratecard._diff_text import revision_says  # noqa: PLC0415  as above

    before, revision = model.revisions[number - 2 : number]
    changed = (one for one in _compare(before, revision) if one.path != ("effective",))
    details = tuple(_inner(one, model, number) for one in changed)
    says = revision_says(number, revision, details=len(details), added=found.old is None)
    return Change(model.model, _key(found.path), found.old, found.new, says, details)


def _inner(found: _Found, model: Model, number: int) -> Change:
    from ratecard._diff_text import sentence  # noqa: PLC0415  as above

    says = sentence(found.path, found.old, found.new)
    if (returned := _returns_to(found.path, model.revisions[:number])) is not None:
        says += f" (back to what revision {returned} says)"
    return Change(model.model, f"revision[{number}].{_key(found.path)}", found.old, found.new, says)


def _returns_to(path: Path, revisions: Sequence[Revision]) -> int | None:
    """Return the newest revision before the last of `revisions` that says the same as that one about a price, or None.

    A price that goes back and forth was often misread, because one of the options that it depends on was overlooked.
    """
    if path[0] != "price":
        return None
    for number in range(len(revisions) - 1, 0, -1):
        differs = [one.path for one in _compare(revisions[number - 1], revisions[-1])]
        if not any(one[: len(path)] == path or path[: len(one)] == one for one in differs):
            return number
    return None


# prices


def _sheet(slug: str, catalog: Catalog) -> dict[frozenset[tuple[str, str]], int]:
    """Return the price of every combination of priced options; none where the price is not known."""
    try:
        rows = price_sheet(slug, catalog=catalog)
    except NotPriced:
        return {}
    return {frozenset((one.field, literal(one.value)) for one in row.factors): row.usd_micros for row in rows}


def _price_effect(slug: str, old: Catalog, new: Catalog) -> PriceEffect:
    before, after = _sheet(slug, old), _sheet(slug, new)
    shared = [(before[options], after[options]) for options in before if options in after]
    ratios = [Fraction(now, then) for then, now in shared if then]
    counted = PriceEffect(
        model=slug,
        cheaper=sum(now < then for then, now in shared),
        dearer=sum(now > then for then, now in shared),
        unchanged=sum(now == then for then, now in shared),
        gone=len(before) - len(shared),
        new=len(after) - len(shared),
    )
    return evolve(counted, lowest_ratio=min(ratios), highest_ratio=max(ratios)) if ratios else counted
