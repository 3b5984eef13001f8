"""Choices of a few candidates on small tables of every kind: quick, with the recommendation that a test is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from lossary.choosing.choose import Choice, compare_and_decide
from lossary.choosing.judging.averaging import Average, Member
from lossary.choosing.judging.significance import TTest
from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.task import parse_question
from lossary.choosing.training.recipes import Recipe

ROWS = 240


@dataclass(frozen=True)
class Case:
    """A table with its target "y", the question, and which candidates are compared: those whose labels begin so."""

    table: Callable[[], pl.DataFrame]
    want: str | None = None
    labels: Sequence[str] = ("squared_error, linear",)
    models: Sequence[str] = ("linear",)
    options: Mapping[str, Any] = field(default_factory=dict)
    costs: tuple[float, float] | None = None
    averaged: bool = False

    def choice(self) -> Choice:
        """The decision between the candidates."""
        table = self.table()
        roles = {key: value for key, value in self.options.items() if key in ("sample_weight", "groups", "time")}
        rest = {key: value for key, value in self.options.items() if key not in roles}
        question = parse_question(self.want, *(self.costs or (None, None)))
        with threadpool_limits(1):
            inspection = inspect_and_plan(
                prepare_data(table, "y", **roles), question, models=self.models, folds=2, repeats=1, **rest
            )
            recipes = tuple(r for r in inspection.workload.recipes if self._takes(r))
            assert recipes, [r.label for r in inspection.workload.recipes]
            few = replace(inspection, workload=replace(inspection.workload, recipes=recipes))
            choice = compare_and_decide(few)
        assert not choice.study.failures
        return self._with_average(choice) if self.averaged else choice

    def _takes(self, recipe: Recipe) -> bool:
        return any(recipe.label.startswith(label) for label in self.labels)

    def _with_average(self, choice: Choice) -> Choice:
        """The same choice, in which the average of two candidates pays."""
        first, second = (c.label for c in choice.study.candidates[:2])
        members = (Member(first, 0.65), Member(second, 0.35))
        average = Average(members, first, 1.0, TTest(0.0, 1.0, 1.0, 0.0, 0.0), 0.1, 2.0, pays=True)
        return replace(choice, decision=replace(choice.decision, average=average))


def draws() -> np.random.Generator:
    return np.random.default_rng(7)


def numbers(y: Callable[[np.ndarray, np.random.Generator], Any], **more: Any) -> Callable[[], pl.DataFrame]:
    """A table of two columns of numbers, whose target is made of the first and of luck; ``more`` are other columns."""

    def table() -> pl.DataFrame:
        draw = draws()
        x, z = draw.normal(size=ROWS), draw.uniform(size=ROWS)
        extra = {name: make(x, draw) for name, make in more.items()}
        return pl.DataFrame({"x": x, "z": z, **extra, "y": y(x, draw)})

    return table


def line(x: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return 10.0 + 2.0 * x + draw.normal(size=ROWS)


def classes(*names: str) -> Callable[[np.ndarray, np.random.Generator], list[str]]:
    def drawn(x: np.ndarray, draw: np.random.Generator) -> list[str]:
        place = np.clip((x + 0.7 * draw.normal(size=ROWS) + 2.0) / 4.0, 0.0, 0.999)
        return [names[int(p * len(names))] for p in place]

    return drawn


def words(x: np.ndarray, draw: np.random.Generator) -> list[str | None]:
    names = ["red", "green", "blue", "rare", None]
    drawn = [names[j] for j in draw.choice(5, size=ROWS, p=[0.4, 0.3, 0.2, 0.0, 0.1])]
    return [*drawn[:-2], "rare", "rare"]


def amounts(x: np.ndarray, draw: np.random.Generator) -> list[str]:
    return [f"${1000.0 + 400.0 * each:,.2f}" if number % 17 else "n/a" for number, each in enumerate(x)]


def days(x: np.ndarray, draw: np.random.Generator) -> list[str]:
    return [
        f"{d:02d}.{m:02d}.2023" for d, m in zip(draw.integers(1, 29, ROWS), draw.integers(1, 13, ROWS), strict=True)
    ]


def gaps(x: np.ndarray, draw: np.random.Generator) -> list[float | None]:
    return [None if draw.random() < 0.2 else float(each) for each in np.abs(x)]


def counts(x: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return draw.poisson(np.exp(1.0 + 0.6 * x))


def percent(x: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x - 0.3 * draw.normal(size=ROWS)))


def ratings(x: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return np.clip(np.round(3.0 + x + 0.7 * draw.normal(size=ROWS)), 1, 5).astype(np.int64)


def luck(x: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return draw.normal(size=ROWS)


BOOSTED = {"models": ("boosting",)}

CASES: Mapping[str, Case] = {
    "numbers": Case(numbers(line), "mean", ("huber",)),
    "text": Case(numbers(line, colour=words), "mean", ("squared_error, boosting",), **BOOSTED),
    "text in lines": Case(numbers(line, colour=words), "median", ("absolute_error",)),
    "dates": Case(numbers(line, when=days), "mean"),
    "missing": Case(numbers(line, gap=gaps), "mean", ("squared_error, boosting",), **BOOSTED),
    "amounts": Case(numbers(line, price=amounts), "mean"),
    "two classes": Case(numbers(classes("no", "yes")), "probability", ("logistic, boosting",), **BOOSTED),
    "distorted probabilities": Case(numbers(classes("no", "yes")), "probability", ("focal(gamma=2",)),
    "numbered classes": Case(numbers(lambda x, draw: (x > draw.normal(size=ROWS)) + 0), None, ("logistic, linear",)),
    "several classes": Case(numbers(classes("a", "b", "c")), "probability", ("softmax_cross_entropy",)),
    "classes in trees": Case(numbers(classes("a", "b", "c")), "label", ("one_vs_rest",), **BOOSTED),
    "costs": Case(numbers(classes("no", "yes")), "label", ("logistic, classes weighted",), costs=(3.0, 1.0)),
    "labels alone": Case(numbers(classes("no", "yes")), "label", ("hinge, linear",), options={"positive": "no"}),
    "quantile": Case(numbers(line), "quantile:0.9", ("quantile(tau=0.9)",), **BOOSTED),
    "interval": Case(numbers(line), "interval:0.8", ("quantile",)),
    "interval of residuals": Case(numbers(line), "interval:0.8", ("squared_error",), **BOOSTED),
    "counts": Case(numbers(counts), "mean", ("poisson",), **BOOSTED),
    "smeared": Case(numbers(counts), "mean", ("squared_error of log1p(y), smeared",)),
    "shares": Case(numbers(percent), "mean", ("binary_cross_entropy",)),
    "shares in trees": Case(numbers(percent), "mean", ("squared_error, logit link",), **BOOSTED),
    "ratings": Case(numbers(ratings), "probability", ("cumulative_logit",)),
    "ratings in trees": Case(numbers(ratings), "label", ("cumulative_logit",), **BOOSTED),
    "weights": Case(numbers(line, w=lambda x, draw: draw.integers(0, 3, ROWS)), "mean", options={"sample_weight": "w"}),
    "groups": Case(numbers(line, g=lambda x, draw: draw.integers(0, 40, ROWS)), "mean", options={"groups": "g"}),
    "time": Case(numbers(line, when=days), "mean", options={"time": "when"}),
    "network": Case(numbers(line, colour=words), "mean", ("squared_error, mlp",), ("mlp",)),
    "average": Case(numbers(line), "mean", ("squared_error", "huber"), ("linear", "boosting"), averaged=True),
    "average of classes": Case(
        numbers(classes("a", "b", "c")), "label", ("softmax_cross", "focal_softmax(gamma=1"), averaged=True
    ),
    "constant": Case(numbers(luck), "mean"),
    "constant classes": Case(
        numbers(lambda x, draw: np.array(["no", "yes"])[draw.integers(0, 2, ROWS)].tolist()), None, ("logistic",)
    ),
}
