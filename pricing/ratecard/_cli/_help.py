"""The commands `help` and `completion`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click
from click.shell_completion import FishComplete

from ratecard._cli._completion import Bash, Zsh
from ratecard._cli._options import command
from ratecard._cli._output import Exit, Note, say

if TYPE_CHECKING:
    from click.shell_completion import ShellComplete

_EXIT_CODES = "exit-codes"
_SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": FishComplete}


def _complete_topic(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    topics = _EXIT_CODES, *_group(ctx).list_commands(ctx)
    return [topic for topic in topics if topic.startswith(incomplete)]


def _group(ctx: click.Context) -> click.Group:
    return cast("click.Group", ctx.find_root().command)


@command("ratecard help quote", f"ratecard help {_EXIT_CODES}", name="help")
@click.argument("topic", metavar=f"[COMMAND | {_EXIT_CODES}]", required=False, shell_complete=_complete_topic)
@click.pass_context
def help_(ctx: click.Context, topic: str | None) -> None:
    """Show the help of a command, or what the exit codes mean."""
    root = ctx.find_root()
    if topic == _EXIT_CODES:
        say(Note(f"{code.value:>3}  ", code.meaning) for code in Exit)
        say(["If several apply, the lowest one counts."])
    elif topic is None:
        click.echo(root.get_help())
    else:
        found = _group(ctx).get_command(root, topic)
        if found is None:
            raise click.UsageError(f"no such command or topic: {topic}; run `ratecard help` to list the commands")
        with click.Context(found, root, topic) as asked:
            click.echo(asked.get_help())


@command('eval "$(ratecard completion bash)"', "ratecard completion fish > ~/.config/fish/completions/ratecard.fish")
@click.argument("shell", type=click.Choice(tuple(_SHELLS)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands in a shell.

    Completes commands, options, models, the fields of a model with their options, providers and capabilities. Add
    the example for bash to ~/.bashrc; for zsh, add the same line with zsh to ~/.zshrc.
    """
    click.echo(_SHELLS[shell](_group(ctx), {}, "ratecard", "_RATECARD_COMPLETE").source())
