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
_MEANINGS = {
    Exit.OK: "success",
    Exit.FAILURE: "unexpected failure; of diff, reconcile, rerate, conform: a difference; of submit: not confirmed",
    Exit.USAGE: "wrong usage",
    Exit.INVALID: "invalid request or table; for conform, the port failed",
    Exit.NOT_PRICED: "valid request without a known price; for find, no model can do what is wanted",
    Exit.OVER_BUDGET: "over the budget of --max-usd, or the price changed after it was shown; nothing was sent",
    Exit.REFUSED: "refused by the API, or API unreachable; after submit, no job was created",
    Exit.UNCERTAIN: "unknown whether a job was created and charged",
    Exit.NO_RESULT: "the job failed or was cancelled",
    Exit.DRIFT: "a job was created, but the charge differs from the quote",
    Exit.GOES_ON: "the job is still running after the --timeout of the wait",
    Exit.INTERRUPTED: "interrupted",
}
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
        say(Note(f"{code.value:>3}  ", meaning) for code, meaning in _MEANINGS.items())
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
