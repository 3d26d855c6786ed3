"""The base class of this library's values: equality, hash and repr by attributes.

attrs compiles these methods for each class in every process, which took half of the start-up time of a quote. The
classes that every quote needs share these methods instead:
`@frozen(eq=False, repr=False) class Quote(Value)`. Attributes declared with `eq=False` are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar


class Value:
    """Base of frozen attrs classes.

    >>> from ratecard_rules import Conflict
    >>> Conflict(about="price", says="ten times too much")
    Conflict(about='price', says='ten times too much')
    """

    __slots__ = ()
    __attrs_attrs__: ClassVar[tuple[Any, ...]]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self._compared())

    def __repr__(self) -> str:
        shown = (f"{part.name}={getattr(self, part.name)!r}" for part in self.__attrs_attrs__ if part.repr)
        return f"{type(self).__name__}({', '.join(shown)})"

    def __getstate__(self) -> dict[str, object]:
        """Return the state for pickling and copying: the attributes, without cached properties."""
        return {part.name: getattr(self, part.name) for part in self.__attrs_attrs__}

    def _compared(self) -> tuple[object, ...]:
        return tuple(getattr(self, part.name) for part in self.__attrs_attrs__ if part.eq)


class Displayed:
    """Base of classes that notebooks show as a table. Their method `display` imports what that needs."""

    __slots__ = ()

    if TYPE_CHECKING:

        def display(self) -> Any:
            """Return what is shown of this value, a `Display`."""

    def _repr_html_(self) -> str:
        html: str = self.display().to_html()
        return html

    def _repr_markdown_(self) -> str:
        markdown: str = self.display().to_markdown()
        return markdown
