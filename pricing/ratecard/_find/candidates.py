"""The models that `find` looks at: chosen by capability, provider and text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ratecard_rules import literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ratecard_rules import Catalog, Model


def candidates(catalog: Catalog, text: str | None, capability: str | None, provider: str | None) -> list[Model]:
    """Return the models to look at, by slug.

    Raises ValueError, which lists the known names, if no model of the catalogue has the capability or the provider.
    """
    models = list(catalog)
    if capability is not None:
        _expect_known("capability", capability, ((model.capability,) for model in models))
    if provider is not None:
        _expect_known("provider", provider, map(_provider_names, models))
    words = () if text is None else text.casefold().split()
    return [
        model
        for model in models
        if (capability is None or model.capability.casefold() == capability.casefold())
        and (provider is None or _is_among(provider, _provider_names(model)))
        and all(word in _searched(model) for word in words)
    ]


def _expect_known(what: str, name: str, known: Iterable[tuple[str, ...]]) -> None:
    """Raise ValueError unless a name is known; the first of each known tuple is the one to list."""
    names = list(known)
    if not any(_is_among(name, alike) for alike in names):
        listed = ", ".join(sorted({alike[0] for alike in names})) or "none"
        raise ValueError(f"unknown {what} {literal(name)}; known: {listed}")


def _is_among(name: str, names: tuple[str, ...]) -> bool:
    return name.casefold() in map(str.casefold, names)


def _provider_names(model: Model) -> tuple[str, ...]:
    """Return the names of the provider of a model: as the slug says it, and for people."""
    return model.slug.partition("/")[0], model.provider


def _searched(model: Model) -> str:
    """Return the text in which words are looked for."""
    return f"{model.slug} {model.name} {model.provider} {model.capability}".casefold()
