"""``lossary cache``: where compiled kernels are kept, how to clear them, how to have them before they are needed."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer

from lossary.cli.console import UserError, explained, one_line_errors, print_json, progress, say

cache = typer.Typer(name="cache", help="The compiled kernels kept on disk: where, how many, how large.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout instead of a sentence.")]


def _library() -> Any:
    return importlib.import_module("lossary.cache")


@cache.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: Json = False) -> None:
    """The compiled kernels kept on disk: where, how many, how large."""
    if context.invoked_subcommand is None:
        _show(as_json)


@one_line_errors
def _show(as_json: bool) -> None:
    library = _library()
    folder, why, count, size = library.folder(), library.why_not(), library.count(), library.size()
    if as_json:
        print_json({"folder": folder and str(folder), "why_not": why or None, "kernels": count, "bytes": size})
        return
    where = f"in {folder}" if folder else f"; new ones are not kept: {why}"
    say(f"{count:,} kernels, {size / 1e6:.1f} MB {where}")


@cache.command()
@one_line_errors
def clear(as_json: Json = False) -> None:
    """Remove the kernels; they are compiled anew when they are next asked for."""
    removed = _library().clear()
    if as_json:
        print_json({"removed": removed})
    else:
        say(f"{removed:,} kernels removed")


@cache.command()
@one_line_errors
def warm(
    losses: Annotated[list[str], typer.Argument(help="The losses, such as huber and quantile.", metavar="LOSS...")],
    call: Annotated[
        list[str] | None, typer.Option(help="Only this call, such as cost_and_gradient; may be repeated.")
    ] = None,
    dtype: Annotated[list[str] | None, typer.Option(help="Only float32, or float64.")] = None,
    as_json: Json = False,
) -> None:
    """Compile the kernels that the usual calls of some losses need, for an image of a container, say."""
    library, warming = _library(), importlib.import_module("lossary.evaluate.warming")
    why = library.why_not()
    if why:
        raise UserError(f"kernels would be compiled for nothing: {why}")
    calls, dtypes = call or warming.CALLS, dtype or warming.DTYPES
    with explained():
        planned = warming.planned(losses, calls, dtypes)
    with progress("calls", planned) as advance:
        done = library.warm(*losses, calls=calls, dtypes=dtypes, progress=lambda *_: advance(1))
    if as_json:
        print_json({"compiled": done.compiled, "ready": done.ready, "failed": list(done.failed)})
    else:
        say(f"{done.compiled:,} kernels compiled, {done.ready:,} were there: in {library.folder()}")
    if done.failed:
        raise UserError(f"{len(done.failed)} calls failed: {done.failed[0]}")
