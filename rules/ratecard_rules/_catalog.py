"""Catalogues: immutable sets of tables with a version and a digest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import finalize

from attrs import evolve, field, frozen

from ratecard_rules import _clock
from ratecard_rules._errors import NEEDS_OVERLAY, TableError, UnknownModel
from ratecard_rules._table.model import Model, revision_faults
from ratecard_rules._table.price import price_range, usd_shown
from ratecard_rules._table.value import Displayed, Value
from ratecard_rules._text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from os import PathLike

    from ratecard_rules._display import Display
    from ratecard_rules._table.announcement import Announcement
    from ratecard_rules._table.fault import Fault
    from ratecard_rules._table.model import Revision, Unavailable


def instant_of(at: date) -> datetime:
    """Return an aware datetime; a date becomes its first instant, UTC. Raises ValueError for a naive datetime.

    >>> from datetime import date
    >>> instant_of(date(2026, 12, 1)).isoformat()
    '2026-12-01T00:00:00+00:00'
    """
    if not isinstance(at, date):
        raise TypeError(f"expected a datetime with a UTC offset, or a date, got {type(at).__name__}")
    if not isinstance(at, datetime):
        return datetime(at.year, at.month, at.day, tzinfo=UTC)
    if at.utcoffset() is None:
        raise ValueError(
            f"expected a datetime with a UTC offset, got {at.isoformat()}: set tzinfo, for example to datetime.UTC"
        )
    return at


class _Bundle(Mapping[str, Model]):
    """The shipped tables by slug. Each is built on first use, by the module of its provider."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules
        self._models: dict[str, Model] = {}

    def __getitem__(self, slug: str) -> Model:
        model = self._models.get(slug)
        if model is None:
            module: Any = import_module(f"ratecard_rules._shipped.{self._modules[slug]}")
            model = self._models[slug] = module.TABLES[slug]()
        return model

    def get(self, slug: str, default: Any = None) -> Any:
        """Return the model with this slug, or the default. Inherited, it would raise and catch an exception."""
        return self[slug] if slug in self._modules else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


def _by_slug(models: Iterable[Model] | Mapping[str, Model]) -> Mapping[str, Model]:
    if isinstance(models, Mapping):
        return models
    return {model.slug: model for model in sorted(models, key=lambda model: model.slug)}


@frozen(eq=False, repr=False, slots=False)
class Catalog(Displayed, Value):
    """An immutable set of tables, one for each model, sorted by slug.

    Rules and prices are those in force now, or at the instant of the catalogue if it has one (see `at`).

    >>> catalog = Catalog.bundled()
    >>> catalog["kling-plus/kling-o1-pro/video-edit-fast"].name
    'Kling O1 Pro'
    """

    _tables: Mapping[str, Model] = field(default=(), converter=_by_slug)
    _view: tuple[datetime, Catalog] | None = field(default=None, kw_only=True)  # the instant, and the whole catalogue
    _identity: tuple[str, str] | None = field(default=None, kw_only=True)  # version and digest, if they are known

    @staticmethod
    def bundled() -> Catalog:
        """Return the catalogue that ships with the package. It is created on first use and shared."""
        return bundled()

    @staticmethod
    def load(path: str | PathLike[str]) -> Catalog:
        """Read a table file, or every `.toml` file below a folder.

        Raises TableError with every fault of every file, and OSError if `path` cannot be read.
        """
        from pathlib import Path  # quotes need neither pathlib nor the TOML reader

        from ratecard_rules._reader.load import load_models

        return Catalog(load_models(Path(path)))

    def __or__(self, other: Catalog) -> Catalog:
        """Return a catalogue with the tables of `other` overlaid on these.

        The tables of `other` are added, or replace or extend a table here if their `overlay` says so. If either
        catalogue is a view at an instant, so is the result. Raises TableError with every conflict and the names of both
        files, and ValueError for views at different instants.

        Order matters only for models that both catalogues have: the right side replaces or extends the left one.
        Overlaying a catalogue twice, or overlaying an empty one, changes nothing. Grouping never changes the result,
        though one grouping may raise where another does not. A table whose `overlay` has nothing to apply to is added
        and keeps its `overlay`, so overlays can be combined first and applied to a catalogue later.
        """
        if not isinstance(other, Catalog):
            return NotImplemented
        instants = {catalog.instant for catalog in (self, other)} - {None}
        if len(instants) > 1:
            raise ValueError("the catalogues are views at different instants; use the same instant for both")
        return Catalog(overlay(self._tables.values(), other._tables.values())).at(next(iter(instants), None))

    def at(self, instant: date | None) -> Catalog:
        """Return this catalogue as it is at an instant, with the same version and digest.

        A date means its first instant, UTC. None means the current time of each call. Raises ValueError for a naive
        datetime.

        >>> from datetime import date
        >>> Catalog.bundled().at(date(2026, 11, 20)).digest == Catalog.bundled().digest
        True
        """
        if instant is None:
            return self.whole
        return Catalog(self._tables, identity=self._identity, view=(instant_of(instant), self.whole))

    def older_than(self, age: timedelta, on: date) -> tuple[str, ...]:
        """Return the models whose pages were read more than `age` before a given day and should be checked again.

        >>> from datetime import date, timedelta
        >>> Catalog.bundled().older_than(timedelta(days=0), date(2026, 11, 20))
        ()
        """
        day = date(on.year, on.month, on.day)
        return tuple(model.slug for model in self if day - model.latest.checked > age)

    def to_dict(self) -> dict[str, Any]:
        """Return the version, the digest and every table as plain JSON data (see `Model.to_dict`).

        A catalogue at an instant has the revisions in force until then; without one, all are there.

        >>> Catalog.bundled().to_dict()["models"][0]["model"]
        'alibaba-plus/wan-2.6-flash/image-to-video'
        """
        tables = self._tables.values() if self._view is None else self
        return {"version": self.version, "digest": self.digest, "models": [model.to_dict() for model in tables]}

    def today(self) -> date:
        """Return the day of the instant of this catalogue, in UTC; the current day if it has none."""
        return self._now().astimezone(UTC).date()

    @property
    def instant(self) -> datetime | None:
        """The instant of this view of a catalogue; None if the current time applies."""
        return None if self._view is None else self._view[0]

    @property
    def whole(self) -> Catalog:
        """The catalogue that this is a view of, or the catalogue itself."""
        return self if self._view is None else self._view[1]

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
        from ratecard_rules._table.digest import digest_of  # imports json, which quotes do not need

        return digest_of(tuple(self._tables.values()))

    def get(self, slug: str) -> Model | None:
        """Return the model with exactly this slug, as it is at the instant of this catalogue, or None."""
        model = self._tables.get(slug)
        return None if model is None else self._in_force(model)

    def history(self, slug: str) -> Model | None:
        """Return the model with exactly this slug and all its revisions, past and announced, or None."""
        return self._tables.get(slug)

    def announced(self, slug: str) -> tuple[Announcement, ...]:
        """Return the changes to a model that take effect after the instant of this catalogue, earliest first."""
        model = self._tables.get(slug)
        if model is None or not model.is_dated:
            return ()
        from ratecard_rules._table.announcement import Announcement  # only dated models need it

        dated = [(revision.effective, revision) for revision in model.revisions] + [(model.retired, None)]
        instant = self._now()
        return tuple(
            Announcement(effective=effective, revision=revision)
            for effective, revision in dated
            if effective is not None and effective > instant
        )

    def unavailable(self, model: Model) -> Unavailable | None:
        """Return why a model of this catalogue is unavailable at its instant, or None."""
        return model.unavailable_at(self._now()) if model.is_dated else None

    def predates(self, model: Model) -> bool:
        """Return whether the instant of this catalogue is before the page of a model was first read."""
        return self._view is not None and self._view[0].date() < model.revisions[0].checked

    def nearest(self, slug: str) -> list[str]:
        """Return up to three slugs that are similar to `slug`, best first. Lookups never use them.

        Slugs of the same capability come first, whatever their provider. For the URL of a page, these are the slugs of
        its models.

        >>> Catalog.bundled().nearest("kling/kling-o3-standard/image-to-video")
        ['kling-plus/kling-o3-standard/image-to-video']
        """
        from ratecard_rules._similar import similar_slugs  # only invalid requests need it

        if "://" not in slug:
            return similar_slugs(slug, self._tables)
        page = _page(slug)
        return [*self.documented_at(slug)[:3]] or similar_slugs(page.rpartition("/")[2], self._tables)

    def documented_at(self, url: str) -> tuple[str, ...]:
        """Return the slugs of the models whose documentation is at this URL, sorted.

        Its scheme, query, fragment and case do not matter.

        >>> Catalog.bundled().documented_at("https://pixelbyte.mintlify.app/models/video/alibaba/wan-2-6-flash#pricing")
        ('alibaba/wan-2.6-flash/image-to-video',)
        """
        page = _page(url)
        return tuple(model.slug for model in self if page in map(_page, model.latest.source))

    def _now(self) -> datetime:
        return _clock.now() if self._view is None else self._view[0]

    def _in_force(self, model: Model) -> Model:
        return model.as_of(self._now()) if model.is_dated else model

    def __getitem__(self, slug: str) -> Model:
        model = self.get(slug)
        if model is None:
            nearest = self.nearest(slug)
            raise UnknownModel(slug, nearest, with_prices(nearest, self))
        return model

    def __contains__(self, slug: object) -> bool:
        return isinstance(slug, str) and slug in self._tables

    def __iter__(self) -> Iterator[Model]:
        return map(self._in_force, self._tables.values())

    def __len__(self) -> int:
        return len(self._tables)

    def _compared(self) -> tuple[object, ...]:
        return self._tables, self.instant

    def __hash__(self) -> int:
        return hash((self.models, self.instant))

    def display(self) -> Display:
        """Return what a notebook shows: the models."""
        from ratecard_rules._display import Display  # only notebooks need it

        rows = ((model.slug, model.name, model.provider, model.capability) for model in self)
        return Display(self._title(), ("model", "name", "provider", "capability"), tuple(rows))

    def __repr__(self) -> str:
        return f"<Catalog {self._title()}>"

    def _title(self) -> str:
        at = "" if self.instant is None else f" at {self.instant.isoformat()}"
        return f"{self.version or 'without version'}{at}, {counted(len(self), 'model')}"


def _page(url: str) -> str:
    """Return a URL without what does not matter for finding its page."""
    address = url.strip().casefold().partition("#")[0].partition("?")[0]
    return address.rpartition("://")[2].rstrip("/")


def with_prices(slugs: Iterable[str], catalog: Catalog) -> str:
    """Return alternatives in words: slugs of a catalogue, each with what the model costs.

    >>> with_prices(["kling-plus/kling-o1-standard/text-to-video"], Catalog.bundled())
    'kling-plus/kling-o1-standard/text-to-video ($0.25 to $0.50)'
    """
    *others, last = [f"{slug} ({_price(catalog, slug)})" for slug in slugs] or [""]
    return f"{', '.join(others)} or {last}" if others else last


def _price(catalog: Catalog, slug: str) -> str:
    model = catalog[slug]
    if (code := catalog.unavailable(model)) is not None:
        return code.replace("_", " ")
    ends = price_range(model.latest)
    return "price not known" if ends is None else " to ".join(dict.fromkeys(map(usd_shown, ends)))


_BUNDLED: list[Catalog] = []


def bundled() -> Catalog:
    """Return the catalogue that ships with the package."""
    if not _BUNDLED:
        from ratecard_rules._shipped import DIGEST, MODULES, VERSION  # not every program uses it

        _BUNDLED.append(Catalog(_Bundle(MODULES), identity=(VERSION, DIGEST)))
    return _BUNDLED[0]  # also if another thread has appended one


def catalog_at(catalog: Catalog | None, at: date | None) -> Catalog:
    """Return the catalogue to use: `catalog` or the bundled one, at the instant `at` if it is given."""
    whole = bundled() if catalog is None else catalog
    return whole if at is None else whole.at(at)


def overlay(below: Iterable[Model], above: Iterable[Model]) -> Iterable[Model]:
    """Return the models of two catalogues as one. Raises TableError with every conflict."""
    tables = {model.slug: model for model in below}
    faults: list[Fault] = []
    for model in above:
        under = tables.setdefault(model.slug, model)
        if under is not model:
            from ratecard_rules._table.fault import fault_in  # quotes do not need it

            tables[model.slug], findings = _merged(under, model)
            where = f"the table below is {under.file or 'not from a file'}"
            faults += (fault_in(model, key, f"{message} ({where})") for key, message in findings)
    if faults:
        raise TableError(faults)
    return tables.values()


def _merged(below: Model, above: Model) -> tuple[Model, list[tuple[str, str]]]:
    """Return one table laid over another, and the keys and messages of what is wrong with that."""
    if above.overlay == "replace":  # if `below` is an overlay too, the result is one
        return evolve(above, overlay="replace" if below.overlay else None), []
    if above == below:
        return below, []
    if above.overlay is None:
        return above, [("model", NEEDS_OVERLAY)]
    added = tuple(revision for revision in above.revisions if revision not in below.revisions)
    kept = below.revisions
    while added and len(kept) > 1 and _is_filled(kept[-1], added[0]):
        kept = kept[:-1]
    model = evolve(below, revisions=kept + added, retired=above.retired or below.retired)
    return model, list(revision_faults(model))


def _is_filled(ended: Revision, added: Revision) -> bool:
    """Return whether a revision takes the place of one without a price that would begin no earlier."""
    if ended.price.base_usd_micros is not None or ended.effective is None or added.effective is None:
        return False
    return ended.effective >= added.effective


_T = TypeVar("_T")
_K = TypeVar("_K")


def cache_of(caches: dict[int, dict[_K, _T]], catalog: Catalog) -> dict[_K, _T]:
    """Return the cache of a catalogue among `caches`, which loses it when the catalogue is garbage collected."""
    cache = caches.get(id(catalog))
    if cache is None:
        cache = caches[id(catalog)] = {}
        finalize(catalog, caches.pop, id(catalog), None).atexit = False
    return cache


class PerRevision(Generic[_T]):
    """A cache of values derived from one revision of a model; entries live as long as their catalogue.

    `make` gets the model, whose newest revision is the one in question, and the whole catalogue. What it returns must
    not refer to the catalogue.
    """

    def __init__(self, make: Callable[[Model, Catalog], _T]) -> None:
        self._make = make
        self._kept: dict[int, dict[tuple[str, int], _T]] = {}

    def get(self, model: Model, catalog: Catalog) -> _T:
        """Return the value for the newest revision of a model, computed on first use."""
        whole = catalog.whole
        kept = cache_of(self._kept, whole)
        key = model.slug, len(model.revisions)
        if key not in kept:
            kept[key] = self._make(model, whole)
        return kept[key]
