"""The commands that tell of losses: ``list``, ``show``, ``plot``, ``explore``, ``explain``; and how names are read."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lossary.cli.console import UserError, explained, print_json, print_results, say

if TYPE_CHECKING:
    from lossary.evaluate.pointwise.function import LossFunction

LossName = Annotated[
    str, typer.Argument(help="A loss, with parameters after a colon: huber, huber:delta=2, quantile:0.9.")
]
LossNames = Annotated[list[str], typer.Argument(help="Losses, with parameters after a colon: huber:delta=2.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout instead of a table.")]


def loaded(name: str) -> Any:
    """A module of the command line, loaded only by the commands that need it, so that --help is quick."""
    return importlib.import_module(f"lossary.cli.{name}")


def pointwise(specs: Sequence[str]) -> list[LossFunction]:
    """Losses of one prediction an example, which is what a column of a table holds."""
    losses = losses_named(specs)
    rowwise = importlib.import_module("lossary.evaluate.rows.function").RowLossFunction
    for loss in losses:
        if isinstance(loss, rowwise):
            raise UserError(f"{loss.name} takes a row of scores for each example; use it from Python")
    return losses


def losses_named(specs: Sequence[str]) -> list[Any]:
    """Losses by their names; each once."""
    registry = importlib.import_module("lossary.evaluate.registry")
    with explained(also=(TypeError,)):
        losses = [registry.get(spec) for spec in specs]
    labels = [str(loss) for loss in losses]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise UserError(f"{twice} is given twice; name each loss once")
    return losses


def list_losses(
    family: Annotated[str | None, typer.Option(help="Only this family, such as robust.")] = None,
    functional: Annotated[str | None, typer.Option(help="Only losses that predict this, such as median.")] = None,
    claim: Annotated[str | None, typer.Option(help="Only losses that claim this, such as convex.")] = None,
    long: Annotated[bool, typer.Option("--long", help="Tell what each predicts, and what it takes.")] = False,
    as_json: Json = False,
) -> None:
    """List the losses, a sentence each."""
    registry = importlib.import_module("lossary.evaluate.registry")
    with explained():
        losses = registry.catalogue(family=family, functional=functional, claim=claim)
    tables = loaded("tables")
    if as_json:
        print_json([tables.summary(loss) for loss in losses])
    elif losses:
        print_results(tables.catalogue_table(losses) if long else tables.catalogue_lines(losses))
    else:
        raise UserError("no loss is all of that; ask for less")


def show(
    name: LossName,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the page as this HTML file.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a loss: formula, when to take it, domain, claims, what other libraries call it, what to see also."""
    (loss,) = losses_named([name])
    tables = loaded("tables")
    if html is not None:
        pages = importlib.import_module("lossary.evaluate.html_page")
        try:
            html.write_text(pages.document(loss), encoding="utf-8")
        except OSError as trouble:
            raise UserError(f"{html} cannot be written: {trouble.strerror or trouble}") from trouble
        say(f"written to {html}")
    elif as_json:
        print_json(tables.facts(loss))
    else:
        print_results(tables.loss_page(loss))


def plot(
    names: LossNames,
    output: Annotated[Path, typer.Option("--output", "-o", help="The picture: .png, .svg or .pdf.")] = Path(
        "curves.png"
    ),
    target: Annotated[
        float | None, typer.Option(help="The target y that is predicted.", show_default="a telling one")
    ] = None,
    span: Annotated[
        tuple[float, float] | None,
        typer.Option("--range", help="From which prediction to which, such as -3,3.", show_default="a telling one"),
    ] = None,
) -> None:
    """Draw losses: value, gradient and curvature, side by side; those of a row of scores for two classes."""
    losses = losses_named(names)
    loaded("plot").draw_curves(losses, output, target, span)
    say(f"drawn in {output}")


def explore(
    names: Annotated[list[str] | None, typer.Argument(help="Losses to begin with, such as huber:delta=2.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the page here, and open nothing.", show_default=False)
    ] = None,
) -> None:
    """Open a page to play with losses: drag points, and see what each loss makes of them. Needs no network."""
    losses = pointwise(names or [])
    say(loaded("explore").explore(losses, output))


def explain(
    code: Annotated[
        str | None, typer.Argument(help="A finding's code or name: LY021, heavy_tails. Default: all of them, in brief.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain a finding: what it means, when it is raised, what would change it, and who says so."""
    findings = importlib.import_module("lossary.choosing.findings.catalogue")
    with explained():
        kinds = findings.kinds() if code is None else [findings.kind(code)]
    if as_json:
        facts = [asdict(kind) for kind in kinds]
        print_json(facts if code is None else facts[0])
    elif code is None:
        print_results(loaded("tables").findings_table(kinds))
    else:
        print_results(findings.explain(code))
