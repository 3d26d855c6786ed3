"""The command group. It imports a module only for its commands, or for the help of all commands."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from importlib import import_module
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import add_completion_class

from ratecard._cli._completion import Bash
from ratecard._cli._output import Exit, hanging, stop
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECTIONS = {
    "Prices": {
        "find": "_find",
        "price": "_find",
        "models": "_models",
        "show": "_models",
        "sheet": "_models",
        "page": "_page",
    },
    "Requests": {"quote": "_requests", "range": "_requests", "validate": "_requests", "rate": "_bulk"},
    "Billing": {
        "reconcile": "_bill",
        "rerate": "_bill",
        "recycle": "_bill",
        "ledger": "_ledger",
        "focus": "_focus",
    },
    "Tables": {"check": "_tables", "diff": "_tables", "schema": "_schema", "export": "_schema"},
    "Jobs": {"submit": "_jobs", "job": "_jobs", "jobs": "_jobs", "cancel": "_jobs", "fake-api": "_jobs"},
    "Integrations": {"conform": "_conform", "mcp": "_serve", "serve": "_serve"},
    "Help": {"help": "_help", "completion": "_help"},
}
"""The sections of the help, and the module of each command."""

_MODULE_OF = {name: module for commands in _SECTIONS.values() for name, module in commands.items()}

add_completion_class(Bash)


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
        label, message = "Error: ", one_line(error.format_message().replace("\n\t", " "))  # click lists choices so
        if sys.stderr.isatty():
            message = hanging(label, message, get_terminal_size().columns).removeprefix(label)
        with suppress(OSError):
            click.UsageError(message, error.ctx).show()
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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        longest = max(map(len, _MODULE_OF))
        for section, names in _SECTIONS.items():
            commands = filter(None, (self.get_command(ctx, name) for name in names))
            with formatter.section(section):
                formatter.write_dl(
                    [
                        (f"{command.name:<{longest}}", command.get_short_help_str(formatter.width))
                        for command in commands
                    ]
                )

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

    `ratecard help COMMAND` shows examples, `ratecard help exit-codes` what the exit codes mean, and `ratecard help
    completion` how to complete commands in the shell.
    """
