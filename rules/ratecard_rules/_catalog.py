"""The catalogue: every table at one moment, immutable, with a version and a digest."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from ratecard_rules._errors import UnknownModel
from ratecard_rules._nearest import LONGEST_NAME, nearest
from ratecard_rules._tables import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike


def _by_slug(models: Iterable[Model]) -> tuple[Model, ...]:
    return tuple(sorted(models, key=lambda model: model.model))


@frozen(repr=False)
class Catalog:
    """An immutable set of tables, one for each model, in the order of their slugs.

    >>> catalog = Catalog.bundled()
    >>> catalog["kling-plus/kling-o1-pro/video-edit-fast"].name
    'Kling O1 Pro'
    """

    _tables: tuple[Model, ...] = field(default=(), converter=_by_slug)

    @staticmethod
    def bundled() -> Catalog:
        """Return the catalogue that ships with the package; it is read once, when first asked for."""
        return _bundled()

    @staticmethod
    def load(path: str | PathLike[str]) -> Catalog:
        """Read one table file, or every `.toml` file below a folder. All or nothing.

        Raises TableError with every fault of every file, and OSError where `path` cannot be read.
        """
        from ratecard_rules._loader import load_models  # noqa: PLC0415  a quote never needs the reader of TOML

        return Catalog(load_models(Path(path)))

    @property
    def models(self) -> tuple[str, ...]:
        """The slugs of all models, sorted."""
        return tuple(self._index)

    @cached_property
    def version(self) -> str:
        """The day on which the newest page was checked, as `YYYY-MM-DD`; empty for an empty catalogue."""
        return max((str(rev.checked) for model in self._tables for rev in model.revisions), default="")

    @cached_property
    def digest(self) -> str:
        """SHA-256 over a canonical form of all tables: equal tables give equal digests on every machine."""
        from ratecard_rules._canonical import digest_of  # noqa: PLC0415  costs imports that validation never needs

        return digest_of(self._tables)

    def get(self, slug: str) -> Model | None:
        """Return the model of exactly this name, or None."""
        return self._index.get(slug)

    def nearest(self, slug: str) -> list[str]:
        """Return up to three slugs that resemble `slug`, best first: advice, never a look-up."""
        if len(slug) > LONGEST_NAME:
            return []
        return nearest(slug, self._index) or [one for one in self._index if slug and slug.casefold() in one][:3]

    def __getitem__(self, slug: str) -> Model:
        model = self.get(slug)
        if model is None:
            raise UnknownModel(slug, self.nearest(slug))
        return model

    def __contains__(self, slug: object) -> bool:
        return isinstance(slug, str) and slug in self._index

    def __iter__(self) -> Iterator[Model]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __repr__(self) -> str:
        return f"<Catalog of {len(self)} models, version {self.version or 'none'}>"

    @cached_property
    def _index(self) -> dict[str, Model]:
        return {model.model: model for model in self._tables}


@cache
def _bundled() -> Catalog:
    return Catalog.load(Path(__file__).with_name("tables"))
