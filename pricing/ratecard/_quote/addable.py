"""The operators of what can be added up: `quote + quote`, `quote * 300` and `sum(quotes)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

_Total = TypeVar("_Total", bound="Addable[Any]")


class Addable(Generic[_Total]):
    """What can be added up and multiplied: a Quote or a Total."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def _amounts(self) -> Mapping[str, tuple[int, int]]:
            """The number of requests and their price in micros, by model."""

        def _total(self, amounts: Mapping[str, tuple[int, int]]) -> _Total:
            """Return the sum of these amounts."""

    def __add__(self, other: Addable[_Total]) -> _Total:
        if not isinstance(other, Addable):
            raise TypeError(_not_addable(other))
        amounts = dict(self._amounts)
        for model, (requests, usd_micros) in other._amounts.items():
            earlier_requests, earlier_micros = amounts.get(model, (0, 0))
            amounts[model] = earlier_requests + requests, earlier_micros + usd_micros
        return self._total(amounts)

    def __radd__(self, start: int) -> _Total:
        """Return the total of this alone if `start` is 0, the start value of `sum`."""
        if type(start) is not int or start != 0:
            raise TypeError(_not_addable(start))
        return self + self._total({})

    def __mul__(self, count: int) -> _Total:
        if type(count) is not int:
            raise TypeError(f"the number of requests must be an int, got {count!r:.80} ({type(count).__name__})")
        if count < 0:
            raise ValueError(f"the number of requests must be at least 0, got {count}")
        amounts = self._amounts.items() if count else ()
        return self._total({model: (requests * count, usd_micros * count) for model, (requests, usd_micros) in amounts})

    __rmul__ = __mul__


def _not_addable(other: object) -> str:
    return (
        f"only quotes and totals can be added, got {type(other).__name__}; "
        "`summarize` adds up sales, and counts declined requests"
    )
