"""Rich tables of losses, costs and comparisons, and the same facts as plain dictionaries for JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Lines
from rich.text import Text

from lossary.cli.grid import Grid, grid
from lossary.cli.visible import visible
from lossary.evaluate.page import LINKS, ParameterInForce, page, predicts

if TYPE_CHECKING:
    from lossary.choosing.findings.kind import Kind
    from lossary.cli.compare import Candidate, Comparison
    from lossary.cli.data import Table
    from lossary.evaluate.pointwise.function import LossFunction

BEST = "bold green"
SCALES = {link: LINKS[link] for link in ("log", "logit", "half_logit")}


# list and show


def catalogue_lines(losses: Sequence[LossFunction]) -> RenderableType:
    """A name and a sentence for each loss, family by family."""
    families: list[RenderableType] = []
    for family, of_family in groupby(losses, key=lambda loss: loss.family):
        families += [Text(family, style="bold cyan"), _pairs([(loss.name, loss.brief) for loss in of_family])]
    return Group(*families)


def catalogue_table(losses: Sequence[LossFunction]) -> RenderableType:
    """One line a loss, family by family."""
    table = grid("loss", "predicts", "target y", "prediction f", "parameters")
    family = ""
    for loss in losses:
        if loss.family != family:
            family = loss.family
            table.add_section()
            table.add_row(Text(family, style="bold cyan"))
        prediction = SCALES.get(loss.link) or _domain(loss.prediction)
        parameters = ", ".join(str(p) for p in loss.parameters)
        table.add_row(f"  {loss.name}", predicts(loss), _domain(loss.target), prediction, parameters)
    return table


def _domain(domain: object) -> str:
    text = str(domain)
    return "any number" if text == "the finite numbers" else text


def summary(loss: LossFunction) -> dict[str, object]:
    """A loss in brief, for JSON."""
    return {
        "name": loss.name,
        "brief": loss.brief,
        "family": loss.family,
        "functional": loss.functional,
        "target": str(loss.target),
        "prediction": str(loss.prediction),
        "link": loss.link,
        "parameters": {p.name: p.default for p in loss.parameters},
        "aliases": list(loss.aliases),
        "claims": loss.claims,
    }


def facts(loss: LossFunction) -> dict[str, object]:
    """Everything that is recorded of a loss, for JSON."""
    said = page(loss)
    parameters = [
        {"name": p.name, "value": p.value, "default": p.default, "range": p.within, "meaning": p.meaning}
        for p in said.parameters
    ]
    return summary(loss) | {
        "predicts": said.predicts,
        "parameters": parameters,
        "formulas": {formula.name: formula.text for formula in (*said.as_computed, *said.formulas)},
        "as_computed": {formula.name: formula.text for formula in said.as_computed},
        "latex": loss.latex,
        "use_when": said.use_when,
        "avoid_when": said.avoid_when,
        "claims_in_words": {claim.name: f"{claim.short}: {claim.meaning}" for claim in said.claims},
        "see_also": {related.name: related.why for related in said.related},
        "elsewhere": dict(said.elsewhere),
        "sources": list(said.sources),
        "prose": loss.prose,
    }


def loss_page(loss: LossFunction) -> RenderableType:
    """A loss as a page to read in a terminal."""
    said = page(loss)
    parts: list[RenderableType] = [Text(said.called, style="bold cyan"), Text(" ".join(said.prose.split())), Text()]
    parts.append(_pairs([(formula.name, formula.text) for formula in said.formulas]))
    when = [("use it when", said.use_when), ("do not when", said.avoid_when)]
    facts = [("predicts", said.predicts), ("target y", said.domain["y_true"]), ("prediction f", said.domain["y_pred"])]
    parts.append(_pairs([*((word, sentence.replace("`", "")) for word, sentence in when if sentence), *facts]))
    sections = {
        "Parameters": [(_set_to(p), f"{p.meaning}; in {p.within}") for p in said.parameters],
        "Claims": [(claim.short, claim.meaning) for claim in said.claims],
        "Elsewhere": [*([("also called", ", ".join(said.aliases))] if said.aliases else []), *said.elsewhere.items()],
        "See also": [(related.name, related.why) for related in said.related],
        "As computed": [(formula.name, formula.text) for formula in said.as_computed],
    }
    for heading, pairs in sections.items():
        if pairs:
            parts += [Text(heading, style="bold"), _pairs(pairs)]
    parts += [Text("Sources", style="bold"), *(Padding(Text(source), (0, 0, 0, 2)) for source in said.sources)]
    return Group(*parts)


def _set_to(parameter: ParameterInForce) -> str:
    value = parameter.value
    return parameter.name if value is None else f"{parameter.name} = {value:g}"


def _pairs(pairs: Iterable[tuple[str, str]]) -> RenderableType:
    table = Lines(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", overflow="fold")
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(name, Text(value))
    return Padding(table, (0, 0, 1, 2))


# eval


def cost_table(costs: Sequence[tuple[LossFunction, float]], examples: str) -> RenderableType:
    """The cost under each loss."""
    table = grid("loss", "cost", numeric=["cost"])
    for loss, cost in costs:
        table.add_row(str(loss), f"{cost:.10g}")
    return Group(table, Text(examples, style="dim"))


# compare


def comparison_tables(comparison: Comparison) -> RenderableType:
    """Coefficients, yardsticks, and what a reader must know."""
    table = comparison.table
    title = Text(f"{predicted(table)}: {len(table.y)} rows, one linear model per loss", style="bold")
    notes = [
        "Under each yardstick stands what scores best on it: a loss that predicts something else has not failed by "
        "scoring worse there. * marks the best of a column.",
        f"Scores are pooled over {comparison.folds} folds of shuffled rows, seed {comparison.seed}.",
        *comparison.notes,
    ]
    return Group(title, Text(), coefficient_table(comparison), yardstick_table(comparison), footnotes(notes))


def predicted(table: Table) -> str:
    """The target and what it is predicted by, for a title."""
    names = table.names
    return visible(f"{table.target} by {names[0] if len(names) == 1 else f'{len(names)} features'}")


def footnotes(notes: Iterable[str]) -> Lines:
    """What a reader must know, below a table."""
    table = Lines(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    for note in notes:
        table.add_row("·", Text(note), style="dim")
    return table


def coefficient_table(comparison: Comparison) -> Grid:
    """Each loss's fit on all rows; a feature a column, or a row each where there are many."""
    candidates, names = comparison.candidates, ["intercept", *map(visible, comparison.table.names)]
    columns = [
        aligned([float(v) for v in values]) for values in zip(*(_coefficients(c) for c in candidates), strict=True)
    ]
    if len(names) <= 4:
        table = grid("loss", "predicts", *names, numeric=names)
        for candidate, *cells in zip(candidates, *columns, strict=True):
            table.add_row(str(candidate.loss), predicts(candidate.loss), *cells)
    else:
        labels = [str(c.loss) for c in candidates]
        table = grid("coefficient", *labels, numeric=labels)
        for name, cells in zip(names, columns, strict=True):
            table.add_row(name, *cells)
    table.title = "Fitted on all rows"
    return table


def _coefficients(candidate: Candidate) -> list[float]:
    return [candidate.fit.intercept, *candidate.fit.coef.tolist()]


def yardstick_table(comparison: Comparison) -> Grid:
    """Each loss's scores on rows it was not fitted on; all that look like the best of a column are marked."""
    consistent = {yardstick.name: yardstick.consistent_for for yardstick in comparison.yardsticks}
    table = grid("loss", *consistent, numeric=consistent, below=consistent)
    table.title = "Judged on rows left out"
    columns = []
    for yardstick in comparison.yardsticks:
        scores = [c.scores[yardstick.name] for c in comparison.candidates]
        cells = aligned([*scores, comparison.best(yardstick)], signed=yardstick.signed)
        best = cells.pop().lstrip("+-")
        same = [bool(best) and cell.lstrip("+-") == best for cell in cells]
        columns.append([Text(c + "*", style=BEST) if s else Text(c + " ") for c, s in zip(cells, same, strict=True)])
    for candidate, *cells in zip(comparison.candidates, *columns, strict=True):
        table.add_row(str(candidate.loss), *cells)
    return table


def aligned(numbers: Sequence[float], signed: bool = False) -> list[str]:
    """Numbers of one column with the same decimals: four significant digits for the middle one."""
    sign = "+" if signed else ""
    sizes = sorted(abs(n) for n in numbers if math.isfinite(n) and n != 0.0)
    middle = sizes[(len(sizes) - 1) // 2] if sizes else 1.0
    decimals = min(max(3 - math.floor(math.log10(middle)), 0), 9)
    style = f"{sign}z.{decimals}f" if 1e-6 <= middle < 1e9 else f"{sign}z.3e"
    return ["-" if math.isnan(n) else f"{n:{style}}" for n in numbers]


def comparison_facts(comparison: Comparison) -> dict[str, object]:
    """A comparison for JSON."""
    names = comparison.table.names
    return {
        "target": comparison.table.target,
        "features": list(names),
        "rows": len(comparison.table.y),
        "folds": comparison.folds,
        "seed": comparison.seed,
        "yardsticks": {s.name: {"consistent_for": s.consistent_for} for s in comparison.yardsticks},
        "losses": [
            {
                "loss": str(c.loss),
                "name": c.loss.name,
                "parameters": dict(c.loss.given),
                "predicts": predicts(c.loss),
                "link": c.loss.link,
                "output": c.output or "identity",
                "intercept": c.fit.intercept,
                "coefficients": dict(zip(names, c.fit.coef.tolist(), strict=True)),
                "cost": c.fit.cost,
                "converged": bool(c.fit.converged),
                "scores": c.scores,
                "scores_by_fold": c.by_fold,
            }
            for c in comparison.candidates
        ],
        "best": {s.name: _best_names(comparison, s.name, comparison.best(s)) for s in comparison.yardsticks},
        "notes": comparison.notes,
    }


def _best_names(comparison: Comparison, yardstick: str, best: float) -> list[str]:
    return [str(c.loss) for c in comparison.candidates if abs(c.scores[yardstick]) == best]


# explain


def findings_table(kinds: Sequence[Kind]) -> RenderableType:
    """Every finding that can be made, a line each."""
    table = grid("code", "name", "what it says")
    for kind in kinds:
        table.add_row(kind.code, kind.name, kind.title)
    return table
