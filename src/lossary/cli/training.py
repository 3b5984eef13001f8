"""``lossary fit`` of what is no table of numbers: trained as ``lossary choose`` trains, under the loss asked for.

Text, dates, missing values and class losses are taken, and any model can be written to a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from rich.console import Group, RenderableType
from rich.text import Text
from threadpoolctl import threadpool_limits

from lossary.choosing.choose import Choice, compare_and_decide
from lossary.choosing.comparison.study import Want
from lossary.choosing.findings.sentences import sentence
from lossary.choosing.given.losses import GivenLoss
from lossary.choosing.models.fitting import fitted_candidate
from lossary.choosing.models.model import ChosenModel
from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.task import parse_question
from lossary.choosing.training.recipes import Recipe
from lossary.cli.choose_tables import leaderboard_table
from lossary.cli.console import UserError, explained
from lossary.evaluate.predictions.probabilities import gives_probabilities, is_binary
from lossary.evaluate.registry import AnyLoss
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import UNIT
from lossary.tables.columns import Typed


@dataclass(frozen=True)
class Asked:
    """What to train: one model under one loss, judged on ``folds`` parts of the rows.

    ``want`` are a user's own words on what a prediction should be, by default what the loss predicts. ``leave_out``
    says that rows without a target are left out.
    """

    target: str
    loss: GivenLoss
    model: str
    want: str | None
    folds: int
    seed: int
    leave_out: bool


@dataclass(frozen=True)
class Training:
    """What came of it: the comparison with the usual loss and the constant, and the model."""

    asked: Asked
    choice: Choice
    recipe: Recipe
    model: ChosenModel

    @property
    def notes(self) -> list[str]:
        return [*self.choice.notes, *(note for note in self.model.notes if note not in self.choice.notes)]


def train(table: Typed, asked: Asked, advance: Callable[[int], None]) -> Training:
    """Train the model on all rows and on each fold's complement; ``advance`` is told of every fit."""
    with explained(also=(ModuleNotFoundError,)), threadpool_limits(1):
        data = prepare_data(table.frame, asked.target).of_file(table)
        if data.missing and not asked.leave_out:
            raise UserError(
                f"column {asked.target!r} has {data.missing} empty cell{'s' * (data.missing > 1)}; drop or fill them, "
                "or leave these rows out with --missing nan"
            )
        inspection = inspect_and_plan(
            data,
            question_of(asked, table.frame[asked.target]),
            models=(asked.model,),
            losses=(_loss_or_name(asked.loss),),
            only=True,
            folds=asked.folds,
            repeats=1,
            seed=asked.seed,
        )
        choice = compare_and_decide(inspection, jobs=1, watch=lambda progress: advance(1))
        # The usual loss is compared too, and comes first; where it is what was asked for it is alone.
        recipe = next(r for r in reversed(inspection.workload.recipes) if r.model == asked.model)
        failure = choice.leaderboard.entry(recipe.label).failure
        if failure:
            raise UserError(f"{recipe.name}: {failure}")
        model = fitted_candidate(inspection, choice.decision, recipe.label)
        advance(1)
    return Training(asked, choice, recipe, model)


def _loss_or_name(given: GivenLoss) -> str | AnyLoss:
    """A loss of the catalogue by name alone takes its parameters from the data, as in choosing."""
    return given.name if given.is_plain else given.loss


def question_of(asked: Asked, target: pl.Series) -> Want | None:
    """What is wanted: what was said, or else what the loss predicts; of numbers the mean where it is neither."""
    if asked.want is not None:
        return parse_question(asked.want)
    loss = asked.loss.loss
    of_classes = isinstance(loss, RowLossFunction) or (is_binary(loss) and loss.target != UNIT)
    if of_classes or target.dtype in (pl.String, pl.Categorical, pl.Enum):
        return parse_question("probability" if gives_probabilities(loss) else "label")
    if loss.name == "quantile":
        return parse_question(f"quantile:{float(loss.given['tau'])!r}")
    return parse_question("median" if loss.functional == "median" else "mean")


def training_page(training: Training) -> RenderableType:
    """The fit as a page to read in a terminal."""
    choice, want = training.choice, training.choice.inspection.want
    level = f" {want.level:g}" if want.level is not None else ""
    task, rows = choice.inspection.task, choice.inspection.data.y.size
    folds = f"Scores are of rows left out, in {choice.inspection.workload.folds} folds, seed {training.asked.seed}."
    return Group(
        Text(f"{task.name}: {rows:,} rows, {training.recipe.name}; the {want.functional}{level} is predicted", "bold"),
        Text(),
        leaderboard_table(choice),
        Text(folds, style="dim"),
        *(Text(f"note: {sentence(note)}", style="dim") for note in training.notes),
    )


def training_facts(training: Training) -> dict[str, object]:
    """A fit for JSON."""
    choice, want, model = training.choice, training.choice.inspection.want, training.model
    entry = choice.leaderboard.entry(training.recipe.label)
    return {
        "target": model.target,
        "features": model.feature_names_in_.tolist(),
        "rows": int(choice.inspection.data.y.size),
        "loss": training.recipe.candidate.loss,
        "parameters": dict(training.recipe.candidate.parameters),
        "model": training.recipe.model,
        "label": training.recipe.label,
        "want": want.functional,
        "level": want.level,
        "classes": list(model.content.classes),
        "folds": choice.inspection.workload.folds,
        "seed": training.asked.seed,
        "scores": {
            "model": dict(entry.scores),
            "best_constant": {choice.leaderboard.primary.name: choice.leaderboard.constant},
        },
        "notes": training.notes,
    }


def write_model(training: Training, path: Path) -> None:
    """Write the model, whole or not at all."""
    with explained():
        try:
            training.model.save(path)
        except OSError as trouble:
            raise UserError(f"{path} cannot be written: {trouble.strerror or trouble}") from trouble
