"""Shell completion: models, fields and their options, providers and capabilities from the tables.

click completes commands, names of options, and choices such as formats. The functions here get the text before the
cursor; click has parsed the words before it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from click.shell_completion import BashComplete, CompletionItem, ZshComplete, split_arg_string

from ratecard import Catalog
from ratecard_rules import option_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import click

    from ratecard_rules import Field, Model

_PLAIN = re.compile(r"[\w.:,/+@%-]+")
"""Text that no shell interprets. Options with other characters are not offered."""


def complete_model(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str] | list[CompletionItem]:
    """Return the slugs that begin with the text; files if there are none."""
    return _beginning(incomplete, _tables(ctx).models) or [CompletionItem(incomplete, type="file")]


def complete_field(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the fields of the model that are not given yet, as key=value for each option."""
    model = _model(ctx)
    fields = () if model is None else model.latest.measured if param.name == "measured" else model.latest.input
    return _beginning(incomplete, _pairs(fields, ctx.params.get(str(param.name)) or ()))


def complete_wanted(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the priced fields of all models with the chosen capability, as key=value for each option."""
    capability = ctx.params.get("capability")
    models = [model for model in _tables(ctx) if capability in (None, model.capability)]
    fields = (field for model in models for field in model.latest.priced.values())
    return _beginning(incomplete, _pairs(fields, ctx.params.get(str(param.name)) or ()))


def complete_priced(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of the fields that the price of the model depends on."""
    model = _model(ctx)
    return _beginning(incomplete, () if model is None else model.latest.priced)


def complete_provider(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the providers in the tables."""
    return _beginning(incomplete, sorted({slug.partition("/")[0] for slug in _tables(ctx).models}))


def complete_capability(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the capabilities in the tables."""
    return _beginning(incomplete, sorted({model.capability for model in _tables(ctx)}))


def _tables(ctx: click.Context) -> Catalog:
    return ctx.params.get("tables") or Catalog.bundled()


def _model(ctx: click.Context) -> Model | None:
    """Return the model among the words before the cursor, which click does not parse after an option without value."""
    models = map(_tables(ctx).get, (ctx.params.get("model") or "", *ctx.args))
    return next(filter(None, models), None)


def _beginning(incomplete: str, texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text.startswith(incomplete)]


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
