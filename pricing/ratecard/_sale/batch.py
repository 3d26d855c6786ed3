"""Batches: quotes for many requests, exact totals, and budgets.

Rule 1  A bad request never ends a batch: its result is a `Declined`.
Rule 2  Totals are sums of whole micros, so they are exact for any order and size.
Rule 3  Requests without a price are counted, and are never part of a sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import define, field, frozen
from attrs.validators import optional

from ratecard._errors import Declined
from ratecard._money import usd_shown, whole_usd_micros
from ratecard._quote.price import try_quote
from ratecard._quote.quote import Quote
from ratecard._quote.total import Total
from ratecard._sale.adjust import Sale, described, whole_micros
from ratecard_rules import Catalog, RatecardError, catalog_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

Result: TypeAlias = Quote | Sale | Declined
"""What `summarize` counts: the results of `quote_many`, `try_quote` and `adjust`."""


def quote_many(
    requests: Iterable[object],
    *,
    catalog: Catalog | None = None,
    at: date | None = None,
    strict: bool = False,
    measured: Mapping[str, object] | None = None,
) -> Iterator[Quote | Declined]:
    """Yield what each request costs, or why it has no price, in the order of the requests.

    Requests are consumed lazily, so they may come from an endless stream. `catalog`, `at`, `strict` and `measured` are
    as in `quote` and apply to every request. Raises when it is called, not on the first result: TypeError if `requests`
    is a single request or `measured` is not a mapping, ValueError if `at` is a naive datetime. Errors of the iterable
    itself are passed on.

    >>> model = "kling-plus/kling-o1-standard/text-to-video"
    >>> answers = quote_many([{"model": model, "input": {"prompt": "a cat"}}, {"model": model, "input": {}}])
    >>> next(answers).usd, next(answers).code
    (Decimal('0.25'), 'invalid_request')
    """
    tables = catalog_at(catalog, at)
    if isinstance(requests, Mapping | str | bytes):
        raise TypeError(f"requests must be an iterable of requests, got a single {type(requests).__name__}")
    if not isinstance(measured, Mapping | None):
        raise TypeError(f"measured must be a mapping of options by name, got {type(measured).__name__}")
    return (try_quote(request, catalog=tables, strict=strict, measured=measured) for request in requests)


@frozen(kw_only=True)
class Summary:
    """The exact totals of a batch. All money is in millionths of a US dollar.

    Attributes:
        cost: The total of all quotes, and of the quotes of all sales.
        sales: The total of the sale prices.
        margin_micros: The sum of the margins of the sales.
        codes: How often each code of a declined request occurs, sorted by code.
        groups: The totals for each key, in order of first appearance.
    """

    cost: Total = field(factory=Total)
    sales: Total = field(factory=Total)
    margin_micros: int = 0
    codes: tuple[tuple[str, int], ...] = ()
    groups: tuple[tuple[Hashable, Summary], ...] = ()

    @property
    def quoted(self) -> int:
        """The number of quotes and sales."""
        return self.cost.requests

    @property
    def declined(self) -> int:
        """The number of declined requests."""
        return sum(count for _, count in self.codes)

    @property
    def cost_micros(self) -> int:
        """The sum of all costs."""
        return self.cost.usd_micros

    @property
    def cost_usd(self) -> Decimal:
        """The sum of all costs in US dollars, exact in every decimal context."""
        return self.cost.usd

    @property
    def sold(self) -> int:
        """The number of sales."""
        return self.sales.requests

    @property
    def sale_micros(self) -> int:
        """The sum of all sale prices."""
        return self.sales.usd_micros

    @property
    def sale_usd(self) -> Decimal:
        """The sum of all sale prices in US dollars, exact in every decimal context."""
        return self.sales.usd


def summarize(
    results: Iterable[Result], *, by: Literal["model"] | Callable[[Result], Hashable] | Iterable[Hashable] | None = None
) -> Summary:
    """Return the exact totals of any mix of quotes, sales and declined requests.

    `by` groups them: "model" (a declined request has none, so its key is None), a function from a result to its key,
    or an iterable with one key for each result. Both iterables are consumed one item at a time, and only sums are kept.
    Raises TypeError for anything that is not a result, and ValueError if there are more or fewer keys than results.

    >>> model = "kling-plus/kling-o1-standard/text-to-video"
    >>> requests = [
    ...     {"model": model, "input": {"prompt": "a cat"}},
    ...     {"model": model, "input": {"prompt": "a dog", "duration": "10"}},
    ...     {"model": model, "input": {}},
    ... ]
    >>> summary = summarize(quote_many(requests), by=["ada", "grace", "ada"])
    >>> summary.quoted, summary.declined, summary.codes, summary.cost_usd
    (2, 1, (('invalid_request', 1),), Decimal('0.75'))
    >>> [(key, group.cost_micros, group.declined) for key, group in summary.groups]
    [('ada', 250000, 1), ('grace', 500000, 0)]
    """
    total = _Tally()
    groups: dict[Hashable, _Tally] = {}
    for key, result in _keyed(results, by):
        total.add(result)
        if by is not None:
            groups.setdefault(key, _Tally()).add(result)
    return total.summary(tuple((key, tally.summary()) for key, tally in groups.items()))


class OverBudget(RatecardError, ValueError):
    """An item exceeds a budget.

    Attributes:
        asked_micros: The amount of the item, in millionths of a US dollar.
        left_micros: What was left of the budget.
        max_item_micros: The limit for each item, or None.
    """

    def __init__(self, asked_micros: int, left_micros: int, max_item_micros: int | None = None) -> None:
        super().__init__(asked_micros, left_micros, max_item_micros)
        self.asked_micros = asked_micros
        self.left_micros = left_micros
        self.max_item_micros = max_item_micros

    def __str__(self) -> str:
        limit = self.max_item_micros
        if limit is not None and self.asked_micros > limit:
            return f"asked for {usd_shown(self.asked_micros)}, but one item may cost at most {usd_shown(limit)}"
        return f"asked for {usd_shown(self.asked_micros)}, but only {usd_shown(self.left_micros)} is left"


@frozen(init=False)
class Budget:
    """How much may be spent and how much was. Immutable: `charge` returns the remaining budget.

    The limit is passed either in dollars, as text or as a Decimal (`Budget("2.00")`), or in whole millionths of a
    dollar (`Budget(usd_micros=2_000_000)`). A bare number is refused, because its unit could be mistaken.

    Attributes:
        max_total_micros: The limit for all items together, in millionths of a US dollar.
        max_item_micros: The limit for each item, or None.
        spent_micros: What has been spent.

    >>> from ratecard import quote
    >>> video = quote({"model": "kling-plus/kling-o1-standard/text-to-video", "input": {"prompt": "a cat"}})
    >>> budget = Budget("0.60").charge(video).charge(video)
    >>> budget.spent_micros, budget.left_micros, budget.admits(video)
    (500000, 100000, False)
    """

    max_total_micros: int = field(validator=whole_micros(0))
    max_item_micros: int | None = field(validator=optional(whole_micros(0)))
    spent_micros: int = field(validator=whole_micros(0))

    def __init__(
        self,
        usd: str | Decimal | None = None,
        *,
        usd_micros: int | None = None,
        max_item_micros: int | None = None,
        spent_micros: int = 0,
    ) -> None:
        if (usd is None) == (usd_micros is None):
            raise TypeError(f"a budget has one limit: {_BUDGETS}")
        self.__attrs_init__(_limit(usd) if usd_micros is None else usd_micros, max_item_micros, spent_micros)

    @property
    def left_micros(self) -> int:
        """What may still be spent; 0 if the budget is overspent."""
        return max(0, self.max_total_micros - self.spent_micros)

    def admits(self, item: Quote | Sale) -> bool:
        """Return whether an item fits: a quote by its cost, a sale by its sale price (use `sale.quote` for its cost).

        A free item always fits. Raises TypeError for anything without an amount, such as a Declined.
        """
        asked = _amount(item)
        return asked <= self.left_micros and (self.max_item_micros is None or asked <= self.max_item_micros)

    def charge(self, item: Quote | Sale) -> Budget:
        """Return the budget that remains after an item, which counts as in `admits`.

        Raises OverBudget (a ValueError) if it does not fit, and TypeError for anything without an amount.
        """
        asked = _amount(item)
        if not self.admits(item):
            raise OverBudget(asked, self.left_micros, self.max_item_micros)
        spent = self.spent_micros + asked
        return Budget(usd_micros=self.max_total_micros, max_item_micros=self.max_item_micros, spent_micros=spent)


_BUDGETS = 'Budget("2.00") in dollars, or Budget(usd_micros=2_000_000) in millionths of a dollar'


def _limit(usd: Any) -> int:
    """Return a limit in dollars as whole micros."""
    if type(usd) not in (str, Decimal):
        raise TypeError(f"the limit of a budget is text or a Decimal: {_BUDGETS}; got {described(usd)}")
    return whole_usd_micros(usd)


def _amount(item: object) -> int:
    if isinstance(item, Quote | Sale):
        return item.usd_micros
    raise TypeError(f"only a Quote or a Sale has an amount, got a {type(item).__name__}")


@define
class _Tally:
    """A summary in progress."""

    cost: Total = field(factory=Total)
    sales: Total = field(factory=Total)
    margin_micros: int = 0
    codes: Counter[str] = field(factory=Counter)

    def add(self, result: object) -> None:
        """Count one more result."""
        match result:
            case Declined():
                self.codes[result.code] += 1
            case Quote():
                self.cost += result
            case Sale():
                self.cost += result.quote
                self.sales += Total({result.quote.model: (1, result.usd_micros)})
                self.margin_micros += result.margin_micros
            case _:
                raise TypeError(f"results must be Quote, Sale or Declined, got {type(result).__name__}")

    def summary(self, groups: tuple[tuple[Hashable, Summary], ...] = ()) -> Summary:
        """Return the totals so far."""
        codes = tuple(sorted(self.codes.items()))
        return Summary(cost=self.cost, sales=self.sales, margin_micros=self.margin_micros, codes=codes, groups=groups)


_MISSING: Any = object()
"""A placeholder for a missing key or result."""


def _keyed(
    results: Iterable[Result], by: Callable[[Result], Hashable] | Iterable[Hashable] | None
) -> Iterator[tuple[Hashable, Result]]:
    """Return each result with its key."""
    if by is None:
        return ((None, result) for result in results)
    if isinstance(by, str):
        if by != "model":
            raise ValueError(f'by must be "model", a function of a result, or one key for each result, got {by!r:.80}')
        return ((_model_of(result), result) for result in results)
    if callable(by):
        return ((by(result), result) for result in results)
    return _paired(by, results)


def _model_of(result: Result) -> str | None:
    cost = result.quote if isinstance(result, Sale) else result
    return cost.model if isinstance(cost, Quote) else None


def _paired(keys: Iterable[Hashable], results: Iterable[Result]) -> Iterator[tuple[Hashable, Result]]:
    for key, result in zip_longest(keys, results, fillvalue=_MISSING):
        if key is _MISSING or result is _MISSING:
            raise ValueError("by must have exactly one key for each result")
        yield key, result
