"""The values that describe a difference between two catalogues: changes to tables, effects on prices and requests."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import asdict, frozen

from ratecard._diff.render import Line, ratio_text, table_data, to_markdown, to_text
from ratecard._errors import Declined
from ratecard._money import fraction_text, usd_shown, usd_text
from ratecard._quote.quote import CatalogRef, Quote
from ratecard._quote.stored import plain_data
from ratecard._quote.total import Total
from ratecard_rules import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Verdict: TypeAlias = Literal["now_refused", "now_accepted", "higher", "lower", "same", "refused"]
"""How a request is affected: it loses its price, gains one, costs more, less or the same, or never had a price."""

VERDICTS: dict[Verdict, str] = {
    "now_refused": "now refused",
    "now_accepted": "now accepted",
    "higher": "more expensive",
    "lower": "cheaper",
    "same": "unchanged",
    "refused": "refused by both",
}
"""Every verdict in words, most important first."""

SHOWN_REQUESTS = 100
"""Maximum number of changed requests in Markdown: the text of a pull request is limited."""

WHOLE_MODEL = "model"
"""The key of a change that is a whole table."""

_SHORT_DIGEST = 12


@frozen
class Change:
    """One thing that differs between two tables of a model.

    Attributes:
        model: The slug.
        key: Where it is in the table, such as `input.duration.allowed`; `model` for a whole table. If there are several
            revisions, it starts with `revision[2].` or the like.
        old: The value in the old table, or None.
        new: The value in the new table, or None.
        says: The change in words.
        details: What an added or removed revision changes relative to the one before it.
    """

    model: str
    key: str
    old: Any
    new: Any
    says: str
    details: tuple[Change, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the change as plain JSON data; a multiplier is exact text."""
        return {**table_data(self), "details": [detail.to_dict() for detail in self.details]}


@frozen(kw_only=True)
class PriceEffect:
    """How the prices of a model that is in both catalogues are affected.

    Attributes:
        model: The slug.
        lower: The number of combinations of priced options that now cost less.
        higher: The number of combinations that now cost more.
        unchanged: The number of combinations that cost the same.
        removed: The number of combinations that have a price only in the old catalogue.
        added: The number of combinations that have a price only in the new catalogue.
        lowest_ratio: The exact lowest ratio of new to old price; None if no prices can be compared (a free one has no
            ratio).
        highest_ratio: The exact highest ratio, likewise.
    """

    model: str
    lower: int = 0
    higher: int = 0
    unchanged: int = 0
    removed: int = 0
    added: int = 0
    lowest_ratio: Fraction | None = None
    highest_ratio: Fraction | None = None

    def __bool__(self) -> bool:
        return bool(self.lower or self.higher or self.removed or self.added)

    def to_dict(self) -> dict[str, Any]:
        """Return the effect as plain JSON data; ratios are text such as "15/14"."""
        data: dict[str, Any] = plain_data(self)
        return data

    def __str__(self) -> str:
        counts = {
            "cheaper": self.lower,
            "more expensive": self.higher,
            "unchanged": self.unchanged,
            "removed": self.removed,
            "added": self.added,
        }
        text = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        if self.lowest_ratio is None or self.highest_ratio is None or not (self.lower or self.higher):
            return text
        ratios = dict.fromkeys(f"x {fraction_text(ratio)}" for ratio in (self.lowest_ratio, self.highest_ratio))
        return f"{text} ({' to '.join(ratios)})"


@frozen
class RequestEffect:
    """How a request is affected.

    Attributes:
        name: The name of the request, or its number.
        old: Its quote under the old catalogue, or why it has none.
        new: Its quote under the new catalogue, or why it has none.
    """

    name: str
    old: Quote | Declined
    new: Quote | Declined

    @property
    def verdict(self) -> Verdict:
        """What changed for this request."""
        match self.old, self.new:
            case Quote(usd_micros=before), Quote(usd_micros=after):
                return "same" if before == after else "higher" if after > before else "lower"
            case Quote(), _:
                return "now_refused"
            case _, Quote():
                return "now_accepted"
        return "refused"

    @property
    def model(self) -> str | None:
        """The slug of the model; None if neither catalogue gives the request a price."""
        return next((answer.model for answer in (self.new, self.old) if isinstance(answer, Quote)), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the effect as plain JSON data, money as whole micros beside text."""
        return {
            "name": self.name,
            "model": self.model,
            "verdict": self.verdict,
            "old": _answer_data(self.old),
            "new": _answer_data(self.new),
        }

    def __str__(self) -> str:
        amounts = (answer.usd_micros if isinstance(answer, Quote) else None for answer in (self.old, self.new))
        answers = f"{_answer_text(self.old)} -> {_answer_text(self.new)}{ratio_text(*amounts)}"
        return f"{one_line(self.name)}: {VERDICTS[self.verdict]}: {self.model}: {answers}"


def _answer_data(answer: Quote | Declined) -> dict[str, Any]:
    if isinstance(answer, Quote):
        return {"usd_micros": answer.usd_micros, "usd": usd_text(answer.usd_micros)}
    return {"code": answer.code, "message": answer.message}


def _answer_text(answer: Quote | Declined) -> str:
    return usd_shown(answer.usd_micros) if isinstance(answer, Quote) else one_line(answer.message)


def _total(answers: Iterable[Quote | Declined]) -> Total:
    total = Total()
    for answer in answers:
        if isinstance(answer, Quote):
            total += answer
    return total


@frozen
class Effect:
    """How requests are affected by another catalogue.

    Attributes:
        rows: The effect on each request, in order.
    """

    rows: tuple[RequestEffect, ...]

    @property
    def counts(self) -> dict[Verdict, int]:
        """The number of requests for each verdict, including zeros."""
        verdicts = [row.verdict for row in self.rows]
        return {verdict: verdicts.count(verdict) for verdict in VERDICTS}

    @property
    def both(self) -> tuple[Total, Total]:
        """The totals before and after over the requests with a price in both catalogues, so they are comparable."""
        shared = [row for row in self.rows if isinstance(row.old, Quote) and isinstance(row.new, Quote)]
        return _total(row.old for row in shared), _total(row.new for row in shared)

    @property
    def each(self) -> tuple[Total, Total]:
        """The totals of each catalogue over all requests that have a price in it; these may be different requests."""
        return _total(row.old for row in self.rows), _total(row.new for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the effect as plain JSON data, money as whole micros beside text."""
        both, each = ({"old": old.to_dict(), "new": new.to_dict()} for old, new in (self.both, self.each))
        return {
            "counts": self.counts,
            "priced_by_both": both,
            "priced_by_each": each,
            "results": [row.to_dict() for row in self.rows],
        }

    def explain(self) -> str:
        """Return the effect as plain text: totals, and every request for which something changed."""
        return to_text(self.lines())

    __str__ = explain

    def to_markdown(self) -> str:
        """Return the effect as Markdown: totals, and the most important changes."""
        return to_markdown(self.lines(SHOWN_REQUESTS))

    def lines(self, limit: int | None = None) -> Iterator[Line]:
        """Yield the effect line by line, with at most `limit` requests, most important first."""
        counts = ", ".join(f"{count:,} {VERDICTS[verdict]}" for verdict, count in self.counts.items() if count)
        yield 0, f"{counted(len(self.rows), 'request')}" + (f": {counts}" if counts else "")
        (before, after), (old, new) = self.both, self.each
        more = after.usd_micros - before.usd_micros
        change = f"{'+' if more > 0 else ''}{usd_shown(more)}" if more else "unchanged"
        amounts = [usd_shown(total.usd_micros) for total in (before, after, old, new)]
        yield 1, f"priced by both, {counted(before.requests, 'request')}: {' -> '.join(amounts[:2])} ({change})"
        yield 1, f"priced by each, {old.requests:,} before and {new.requests:,} now: {' -> '.join(amounts[2:])}"
        changed = [row for row in self.rows if row.verdict not in ("same", "refused")]
        changed.sort(key=lambda row: list(VERDICTS).index(row.verdict))
        yield from ((1, str(row)) for row in changed[:limit])
        if limit is not None and len(changed) > limit:
            yield 1, f"and {counted(len(changed) - limit, 'more request')}"


@frozen(kw_only=True)
class Diff:
    """What changed between two catalogues. It is falsy if nothing did.

    Attributes:
        old: The version and digest of the old catalogue.
        new: The version and digest of the new catalogue.
        changes: What changed, by model and in the order of its table.
        prices: The effect on prices, for every model whose prices changed.
        requests: The effect on requests, if any were given.
    """

    old: CatalogRef
    new: CatalogRef
    changes: tuple[Change, ...]
    prices: tuple[PriceEffect, ...]
    requests: Effect | None = None

    @property
    def added(self) -> tuple[str, ...]:
        """The models that are only in the new catalogue."""
        return tuple(change.model for change in self.changes if change.key == WHOLE_MODEL and change.old is None)

    @property
    def removed(self) -> tuple[str, ...]:
        """The models that are only in the old catalogue."""
        return tuple(change.model for change in self.changes if change.key == WHOLE_MODEL and change.new is None)

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as plain JSON data, without floats."""
        return {
            "equal": not self,
            "old": asdict(self.old),
            "new": asdict(self.new),
            "added": list(self.added),
            "removed": list(self.removed),
            "changes": [change.to_dict() for change in self.changes],
            "prices": [effect.to_dict() for effect in self.prices],
            "requests": None if self.requests is None else self.requests.to_dict(),
        }

    def explain(self) -> str:
        """Return the difference as plain text, grouped by model."""
        return to_text(self._lines())

    __str__ = explain

    def to_markdown(self) -> str:
        """Return the difference as Markdown, for a pull request."""
        return f"## Price and rule changes\n\n{to_markdown(self._lines(SHOWN_REQUESTS))}\n"

    def __bool__(self) -> bool:
        return bool(self.changes or self.prices)

    def _lines(self, limit: int | None = None) -> Iterator[Line]:
        by_model: dict[str, list[Line]] = {}
        for change in self.changes:
            details = [(2, detail.says) for detail in change.details]
            by_model.setdefault(change.model, []).extend([(1, change.says), *details])
        for effect in self.prices:
            by_model.setdefault(effect.model, []).append((1, f"prices: {effect}"))
        old, new = (f"{side.version or 'empty'} ({side.digest[:_SHORT_DIGEST]})" for side in (self.old, self.new))
        added, removed = len(self.added), len(self.removed)
        counts = {"changed": len(by_model) - added - removed, "added": added, "removed": removed}
        summary = ", ".join(f"{counted(count, 'model')} {word}" for word, count in counts.items() if count)
        yield 0, f"catalogue {old} to {new}: {summary or 'no difference'}"
        for slug in sorted(by_model):
            yield 0, slug
            yield from by_model[slug]
        if self.requests is not None:
            yield from self.requests.lines(limit)
