"""The catalogue: every table at one moment, immutable, with a version and a digest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from ratecard_rules._errors import Fault, TableError, UnknownModel
from ratecard_rules._table.model import Model, revision_faults
from ratecard_rules._table.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike


def instant_of(at: date) -> datetime:
    """Return an instant: a date is its first instant, UTC. Raises ValueError for a naive datetime.

    >>> from datetime import date
    >>> instant_of(date(2026, 12, 1)).isoformat()
    '2026-12-01T00:00:00+00:00'
    """
    if not isinstance(at, date):
        raise TypeError(f"expected a datetime with its offset, or a date, got {type(at).__name__}")
    if not isinstance(at, datetime):
        return datetime(at.year, at.month, at.day, tzinfo=UTC)
    if at.utcoffset() is None:
        raise ValueError(
            f"{at.isoformat()} has no offset from UTC: say which instant it is, for example with tzinfo=UTC"
        )
    return at


SHORTEST_PART = 3
"""A shorter text stands in many names, and means none of them."""


class _Bundle(Mapping[str, Model]):
    """The shipped tables by slug; each is imported when it is first asked for."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules
        self._models: dict[str, Model] = {}

    def __getitem__(self, slug: str) -> Model:
        model = self._models.get(slug)
        if model is None:
            module: Any = import_module(f"ratecard_rules._bundle.{self._modules[slug]}")
            model = self._models[slug] = module.MODEL
        return model

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


def _by_slug(models: Iterable[Model] | Mapping[str, Model]) -> Mapping[str, Model]:
    if isinstance(models, Mapping):
        return models
    return {model.model: model for model in sorted(models, key=lambda model: model.model)}


@frozen(eq=False, repr=False, slots=False)
class Catalog(Value):
    """An immutable set of tables, one for each model, in the order of their slugs.

    >>> catalog = Catalog.bundled()
    >>> catalog["kling-plus/kling-o1-pro/video-edit-fast"].name
    'Kling O1 Pro'
    """

    _tables: Mapping[str, Model] = field(default=(), converter=_by_slug)
    _view: tuple[datetime, Catalog] | None = field(default=None, kw_only=True, eq=False)  # the instant, the whole
    _identity: tuple[str, str] | None = field(default=None, kw_only=True, eq=False)  # known from when it was bundled

    @staticmethod
    def bundled() -> Catalog:
        """Return the catalogue that ships with the package; it is read once, when first asked for."""
        return bundled()

    @staticmethod
    def load(path: str | PathLike[str]) -> Catalog:
        """Read one table file, or every `.toml` file below a folder. All or nothing.

        Raises TableError with every fault of every file, and OSError where `path` cannot be read.
        """
        from pathlib import Path  # noqa: PLC0415  a quote never needs a path, nor the reader of TOML

        from ratecard_rules._reader.load import load_models  # noqa: PLC0415  as above

        return Catalog(load_models(Path(path)))

    def __or__(self, other: Catalog) -> Catalog:
        """Return both catalogues as one, with a digest of its own.

        The tables of `other` add to these, or replace or extend them where they say so. Raises TableError for a
        conflict, which names both files.
        """
        if not isinstance(other, Catalog):
            return NotImplemented
        return Catalog(overlay(self._tables.values(), other._tables.values())).at(self.instant)

    def at(self, instant: date | None) -> Catalog:
        """Return this catalogue as it was at an instant, with the same version and digest.

        A date stands for its first instant, UTC; None for the newest state. Raises ValueError for a naive datetime.

        >>> from datetime import date
        >>> Catalog.bundled().at(date(2026, 11, 20)).digest == Catalog.bundled().digest
        True
        """
        if instant is None:
            return self
        return Catalog(self._tables, identity=self._identity, view=(instant_of(instant), self.whole))

    def older_than(self, age: timedelta, on: date) -> tuple[str, ...]:
        """Return the models whose pages were read more than `age` before a day: their tables want another look.

        >>> from datetime import date, timedelta
        >>> Catalog.bundled().older_than(timedelta(days=0), date(2026, 11, 20))
        ()
        """
        day = date(on.year, on.month, on.day)
        return tuple(model.model for model in self if day - model.latest.checked > age)

    @property
    def instant(self) -> datetime | None:
        """The instant at which the catalogue is looked at; None for its newest state."""
        return None if self._view is None else self._view[0]

    @property
    def models(self) -> tuple[str, ...]:
        """The slugs of all models, sorted."""
        return tuple(self._tables)

    @cached_property
    def version(self) -> str:
        """The day on which the newest page was checked, as `YYYY-MM-DD`; empty for an empty catalogue."""
        if self._identity is not None:
            return self._identity[0]
        return max((str(rev.checked) for model in self._tables.values() for rev in model.revisions), default="")

    @cached_property
    def digest(self) -> str:
        """SHA-256 over a canonical form of all tables: equal tables give equal digests on every machine."""
        if self._view is not None:
            return self.whole.digest
        if self._identity is not None:
            return self._identity[1]
        from ratecard_rules._table.digest import digest_of  # noqa: PLC0415  costs imports that validation never needs

        return digest_of(tuple(self._tables.values()))

    def get(self, slug: str) -> Model | None:
        """Return the model of exactly this name, as it is at the instant of this catalogue, or None."""
        model = self._tables.get(slug)
        return None if model is None else model.as_of(self.instant)

    def nearest(self, slug: str) -> list[str]:
        """Return up to three slugs that resemble `slug`, best first: advice, never a look-up."""
        from ratecard_rules._similar import LONGEST_NAME, nearest  # noqa: PLC0415  the failing path alone needs it

        if len(slug) > LONGEST_NAME:
            return []
        alike = nearest(slug, self._tables)
        if alike or len(slug) < SHORTEST_PART:
            return alike
        return [one for one in self._tables if slug.casefold() in one][:3]

    def __getitem__(self, slug: str) -> Model:
        model = self.get(slug)
        if model is None:
            raise UnknownModel(slug, self.nearest(slug))
        return model

    def __contains__(self, slug: object) -> bool:
        return isinstance(slug, str) and slug in self._tables

    def __iter__(self) -> Iterator[Model]:
        return (model.as_of(self.instant) for model in self._tables.values())

    def __len__(self) -> int:
        return len(self._tables)

    def __hash__(self) -> int:
        return hash(self.models)

    def __repr__(self) -> str:
        return f"<Catalog of {len(self)} models, version {self.version or 'none'}>"

    @cached_property
    def lanes(self) -> dict[object, Any]:
        """What was compiled from these tables for speed, kept by whom it was compiled."""
        return {}

    @property
    def whole(self) -> Catalog:
        """The catalogue itself, where this one is a view of it at an instant."""
        return self if self._view is None else self._view[1]


@cache
def bundled() -> Catalog:
    """Return the catalogue that ships with the package."""
    from ratecard_rules._bundle import DIGEST, MODULES, VERSION  # noqa: PLC0415  not all programs ask for it

    return Catalog(_Bundle(MODULES), identity=(VERSION, DIGEST))


def catalog_at(catalog: Catalog | None, at: date | None) -> Catalog:
    """Return the catalogue to ask: the bundled one where none is given, as it was at an instant."""
    whole = Catalog.bundled() if catalog is None else catalog
    return whole if at is None else whole.at(at)


def overlay(below: Iterable[Model], above: Iterable[Model]) -> Iterator[Model]:
    """Yield the models of two catalogues as one. Raises TableError with every conflict."""
    tables = {model.model: model for model in below}
    faults: list[Fault] = []
    for model in above:
        try:
            tables[model.model] = merge(tables[model.model], model) if model.model in tables else model
        except TableError as error:
            faults += error.faults
    if faults:
        raise TableError(faults)
    yield from tables.values()


def merge(below: Model, above: Model) -> Model:
    if above.overlay == "replace":  # over a table that itself waits to be laid on another, it replaces that one too
        return evolve(above, overlay="replace" if below.overlay else None)
    if above == below:
        return below
    if above.overlay == "extend":
        return _extended(below, above)
    says = 'it is there already: write `overlay = "replace"` or `overlay = "extend"` at the top of this table'
    raise TableError([_fault(below, above, "model", says)])


def _extended(below: Model, above: Model) -> Model:
    added = tuple(one for one in above.revisions if one not in below.revisions)
    model = evolve(below, revisions=below.revisions + added, retired=above.retired or below.retired)
    if faults := [_fault(below, above, key, message) for key, message in revision_faults(model)]:
        raise TableError(faults)
    return model


def _fault(below: Model, above: Model, key: str, message: str) -> Fault:
    both = f"{message} (the table below is {below.file or 'not from a file'})"
    return Fault(file=above.file or "not from a file", model=above.model, key=key, message=both)
