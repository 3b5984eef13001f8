"""``lossary evaluate``: a model and a file of rows with targets -> scores, beside what was promised, and drift."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from rich.console import Group, RenderableType
from rich.text import Text

from lossary.choosing.models.evaluation import AS_PROMISED, BETTER, UNKNOWN, Covered, Evaluation, Evaluator, Score
from lossary.choosing.models.model import ChosenModel
from lossary.choosing.table.frames import column
from lossary.cli.console import explained, print_json, print_results, progress, say
from lossary.cli.grid import grid
from lossary.cli.predicting import columns_to_read, model_at, require_columns
from lossary.tables.files import TableFile, open_table, reading
from lossary.tables.streams import parts_of

DIGITS = 4


def run(path: Path, data: Path, target: str | None, weight: str | None, as_json: bool) -> None:
    """Evaluate a model on a file, and print what came of it."""
    model = model_at(path)
    target = target or model.target
    with explained():
        file = open_table(data)
        require_columns(model, file, (target, *([weight] if weight else [])))
    with progress("rows", None) as advance, explained(f"{file.shown}: "):
        evaluation = reading(file, lambda opened: _evaluate_all(model, opened, target, weight, advance))
    for note in (*file.notes, *evaluation.notes):
        say(f"note: {note}", beside=True)
    if as_json:
        print_json({"model": str(path), "file": str(data), "target": target, "weight": weight} | evaluation.to_dict())
    else:
        print_results(evaluation_page(evaluation))


def _evaluate_all(
    model: ChosenModel, file: TableFile, target: str, weight: str | None, advance: Callable[[int], None]
) -> Evaluation:
    evaluator = Evaluator(model.content)
    more = (target, *([weight] if weight else []))
    for part in parts_of(file, columns_to_read(model, file, more)):
        evaluator.add(part, part[target], None if weight is None else _weights(part[weight]))
        advance(part.height)
    return evaluator.result()


def _weights(cells: pl.Series) -> np.ndarray:
    weights = column(cells, cells.name)
    if weights.dtype.kind != "f":
        raise ValueError(f"the weights in {cells.name!r} must be numbers")
    return weights


def evaluation_page(evaluation: Evaluation) -> RenderableType:
    """The verdict, the scores, the coverage and what drifted."""
    missing = f"; {evaluation.missing:,} without a target were left out" if evaluation.missing else ""
    lines: list[RenderableType] = [
        Text(_headline(evaluation), style="bold"),
        Text(f"{evaluation.rows:,} rows{missing}"),
        Text(""),
        _scores(evaluation),
    ]
    lines += [Text(f"{score.shown}: {score.reason}") for score in evaluation.scores if score.reason]
    if evaluation.coverage is not None:
        lines.append(_coverage(evaluation.coverage))
    if not evaluation.drift:
        lines.append(Text("The columns are as they were in training, as far as luck lets one tell."))
        return Group(*lines)
    lines.append(Text("Not as in training:"))
    lines += [Text(f"  {drift.column}: {drift.text}") for drift in evaluation.drift]
    return Group(*lines)


def _headline(evaluation: Evaluation) -> str:
    first = evaluation.scores[0]
    if first.score is None:
        return f"There is no {first.shown} of these rows."
    found = f"the {first.shown} is {_number(first.score)}{_interval(first.low, first.high)}"
    if first.promised is None:
        return f"{found[0].upper()}{found[1:]}; nothing was promised."
    expected = f"{_number(first.promised)} was promised{_interval(first.promised_low, first.promised_high)}"
    lead = "Nobody can say whether this was promised" if first.verdict == UNKNOWN else first.verdict.capitalize()
    why = "; what changed in the columns is below" if evaluation.drift and first.verdict != AS_PROMISED else ""
    why = "; so are rows that the model was trained on" if first.verdict == BETTER else why
    return f"{lead}: {found}; {expected}{why}{_but(evaluation.coverage)}."


def _but(covered: Covered | None) -> str:
    """A score may be as promised where coverage is not."""
    if covered is None or covered.agrees:
        return ""
    return f"; but {covered.share:.1%} of the targets are covered where {_percent(covered.meant)} should be"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" (95% interval {_number(low)} to {_number(high)})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.{DIGITS}g}"


def _scores(evaluation: Evaluation) -> RenderableType:
    numeric = ("new rows", "95% interval", "promised", "95% of it")
    table = grid("yardstick", *numeric, "", numeric=numeric)
    for score in evaluation.scores:
        table.add_row(score.shown, *_cells(score), "" if score.verdict == UNKNOWN else score.verdict)
    return table


def _cells(score: Score) -> tuple[str, str, str, str]:
    now, before = (score.low, score.high), (score.promised_low, score.promised_high)
    ends = ("-" if None in pair else f"{_number(pair[0])} to {_number(pair[1])}" for pair in (now, before))
    return _number(score.score), next(ends), _number(score.promised), next(ends)


def _coverage(covered: Covered) -> RenderableType:
    promised = "" if covered.promised is None else f", {covered.promised:.1%} were promised"
    text = (
        f"{covered.share:.1%} of the targets are covered (95% interval {covered.low:.1%} to {covered.high:.1%}); "
        f"{_percent(covered.meant)} were asked for{promised}."
    )
    return Text(text, style="" if covered.agrees else "bold yellow")


def _percent(share: float) -> str:
    return f"{share:.2%}".replace(".00%", "%")
