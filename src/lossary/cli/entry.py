"""How the command line begins and ends: a mistake in a command is told as one in the data is, in one line."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from lossary.cli.console import refuse, say

INTERRUPTED = 130

UsageError: Any = typer.BadParameter.__base__
"""What typer raises for a command that it does not understand; its home differs between versions."""

ClickException: Any = UsageError.__base__


class OneLineGroup(TyperGroup):
    """Commands whose every refusal is one line on stderr, ``lossary: ...``, and exit code 2."""

    def main(self, *args: Any, **settings: Any) -> Any:
        if not settings.get("standalone_mode", True):
            return super().main(*args, **settings)
        try:
            code = super().main(*args, **{**settings, "standalone_mode": False})
        except ClickException as mistake:
            # No message: no command was named, and help has been printed.
            code = _refused(_in_our_style(mistake)) if mistake.format_message() else mistake.exit_code
        except typer.Abort:
            say("lossary: stopped", beside=True)
            code = INTERRUPTED
        except OSError as trouble:
            if trouble.filename is None:
                raise
            code = _refused(f"{os.fsdecode(trouble.filename)}: {trouble.strerror or trouble}")
        sys.exit(code if isinstance(code, int) else 0)


def _refused(message: str) -> int:
    try:
        refuse(message)
    except typer.Exit as end:
        return end.exit_code


def _in_our_style(mistake: Any) -> str:
    message = mistake.format_message().rstrip(".")
    context = getattr(mistake, "ctx", None)
    advice = f"; {context.command_path} -h tells what there is" if context is not None else ""
    return f"{message[:1].lower()}{message[1:]}{advice}"


class PairCommand(TyperCommand):
    """A command whose option of two numbers takes them with a comma too: ``--range -3,3`` is ``--range -3 3``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        pairs = {name for option in self.params if option.nargs == 2 for name in option.opts}
        return super().parse_args(ctx, _separated(args, pairs))


def _separated(args: list[str], pairs: set[str]) -> list[str]:
    separated: list[str] = []
    for argument in args:
        name, equals, value = argument.partition("=")
        if equals and name in pairs:
            separated += [name, *value.split(",")]
        elif separated and separated[-1] in pairs and argument.count(",") == 1:
            separated += argument.split(",")
        else:
            separated.append(argument)
    return separated
