"""Shell completion: models, fields and their options, providers and capabilities from the tables.

click completes commands, names of options, and choices such as formats. The functions here get the text before the
cursor; click has parsed the words before it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import BashComplete, CompletionItem, ZshComplete, split_arg_string

from ratecard import Catalog
from ratecard_rules import option_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ratecard_rules import Field, Model

NO_MATCH = "no models match; run `ratecard models` to list them all"

_PLAIN = re.compile(r"[\w.:,/+@%-]+")
"""Text that no shell interprets. Options with other characters are not offered."""


def complete_model(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the slugs that begin with the text; files if there are none."""
    return _beginning(incomplete, _tables(ctx).models) or [CompletionItem(incomplete, type="file")]


def complete_field(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the fields of the model that are not given yet, as key=value for each option."""
    model = _model(ctx)
    fields = () if model is None else model.latest.measured if param.name == "measured" else model.latest.input
    return _beginning(incomplete, _pairs(fields, ctx.params.get(str(param.name)) or ()))


def complete_wanted(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the priced fields of all models with the chosen capability, as key=value for each option."""
    capability = ctx.params.get("capability")
    models = [model for model in _tables(ctx) if capability in (None, model.capability)]
    fields = (field for model in models for field in model.latest.priced.values())
    return _beginning(incomplete, _pairs(fields, ctx.params.get(str(param.name)) or ()))


def complete_priced(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of the fields that the price of the model depends on."""
    model = _model(ctx)
    return _beginning(incomplete, () if model is None else model.latest.priced)


class CatalogOption(click.Option):
    """An option whose value is a name in the tables: its help lists these names, and shells complete them."""

    def __init__(self, *args: Any, names: Callable[[Catalog], list[str]], **options: Any) -> None:
        super().__init__(*args, shell_complete=self._complete, **options)
        self._names = names

    def _complete(self, ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return _beginning(incomplete, self._names(_tables(ctx)))

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its help, with the names."""
        record = super().get_help_record(ctx)
        return record and (record[0], f"{record[1]} One of {', '.join(self._names(_tables(ctx)))}.")


def takes_candidates(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument and the options that choose models by text, provider and capability."""
    provider = {"names": _providers, "metavar": "P", "help": "Only models of this provider."}
    capability = {"names": _capabilities, "metavar": "C", "help": "Only models with this capability."}
    text = click.argument("text", metavar="[TEXT]...", nargs=-1, callback=lambda _, __, words: " ".join(words))
    by_provider = click.option("--provider", cls=CatalogOption, **provider)
    by_capability = click.option("--capability", cls=CatalogOption, **capability)
    return text(by_capability(by_provider(command)))


def _providers(catalog: Catalog) -> list[str]:
    return sorted({slug.partition("/")[0] for slug in catalog.models})


def _capabilities(catalog: Catalog) -> list[str]:
    return sorted({model.capability for model in catalog})


def _tables(ctx: click.Context) -> Catalog:
    return ctx.params.get("tables") or Catalog.bundled()


def _model(ctx: click.Context) -> Model | None:
    """Return the model among the words before the cursor, which click does not parse after an option without value."""
    models = map(_tables(ctx).get, (ctx.params.get("model") or "", *ctx.args))
    return next(filter(None, models), None)


def _beginning(incomplete: str, texts: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(text) for text in dict.fromkeys(texts) if text.startswith(incomplete)]


def _pairs(fields: Iterable[Field], given: Iterable[str]) -> Iterator[str]:
    """Yield each option of the fields that are not given as key=value, and fields without options as key=."""
    names = {text.partition("=")[0].removesuffix(":") for text in given}
    for field in fields:
        if field.name not in names and _PLAIN.fullmatch(field.name):
            key = field.name + ("=" if field.type == "string" else ":=")
            options = map(option_text, field.allowed or ((False, True) if field.type == "boolean" else ()))
            yield from [key + text for text in options if _PLAIN.fullmatch(text)] or [key]


class Bash(BashComplete):
    """Completion for bash, which splits words at `=` and `:`, and replaces only what follows the last of them."""

    # The line is passed as it was typed, and no space is added after "key=".
    source_template = BashComplete.source_template.replace("${COMP_WORDS[*]}", "${COMP_LINE:0:COMP_POINT}").replace(
        "COMPREPLY+=($value)", '[[ $value == *= ]] && compopt -o nospace; COMPREPLY+=("$value")'
    )
    _before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor and the one at the cursor."""
        line = os.environ["COMP_WORDS"]
        _, *words = split_arg_string(line)
        incomplete = words.pop() if words and not line[-1].isspace() else ""
        self._before = incomplete[: max(map(incomplete.rfind, "=:")) + 1]
        return words, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Return the part of a completion that replaces the last word of bash."""
        return f"{item.type},{item.value.removeprefix(self._before)}"


class Zsh(ZshComplete):
    """Completion for zsh. No space is added after "key="."""

    source_template = ZshComplete.source_template.replace(
        "compadd -U -V unsorted -a completions",
        "compadd -U -V unsorted -- ${completions:#*=}\n        compadd -U -V unsorted -S '' -- ${(M)completions:#*=}",
    )
