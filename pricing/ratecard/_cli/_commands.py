"""The command group. It imports a module only for its commands, or for the help of all commands."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from ratecard._cli._output import Exit, stop
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODULES = {
    "_requests": ("quote", "range", "validate"),
    "_models": ("models", "show", "sheet"),
    "_tables": ("check", "diff"),
    "_jobs": ("submit", "job", "cancel", "jobs", "fake-api"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


@contextmanager
def _clean_errors() -> Iterator[None]:
    """End the command on Ctrl-C and on wrong usage.

    Usage errors repeat arguments, so unprintable characters are escaped. Errors of writing to standard error do not
    change the exit code.
    """
    try:
        yield
    except KeyboardInterrupt:
        stop(Exit.INTERRUPTED, "interrupted")
    except click.UsageError as error:
        message = error.format_message()
        is_clean = message.replace("\n", "").isprintable()
        with suppress(OSError):
            (error if is_clean else click.UsageError(one_line(message), error.ctx)).show()
        sys.exit(error.exit_code)


class _Group(click.Group):
    def list_commands(self, _: click.Context) -> list[str]:
        return list(_MODULE_OF)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in _MODULE_OF and name not in self.commands:
            for value in vars(import_module(f"ratecard._cli.{_MODULE_OF[name]}")).values():
                if isinstance(value, click.Command):
                    self.add_command(value)
        return super().get_command(ctx, name)

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        with _clean_errors():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with _clean_errors():
            return super().invoke(ctx)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ratecard", message="%(prog)s %(version)s")
def cli() -> None:
    """Validate and price generation requests offline, and submit them at the quoted price.

    Exit codes: 0 success, 1 unexpected failure (diff: a difference; submit: not confirmed), 2 wrong usage, 3 invalid
    request or table, 4 not priced, 5 over budget, 6 refused by the API or API unreachable, 7 unknown whether a job was
    created, 8 job failed or cancelled, 9 charge differs from the quote, 10 job still running after the timeout, 130
    interrupted.
    """
