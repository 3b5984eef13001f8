"""One set, one split: what a method predicts for the rows held out, what that scores, and how long it took."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from bench.real.asked import Asked, Trial, asked, class_numbers
from bench.real.loading import load
from bench.real.question import RealSet
from bench.real.scoring import covered, score
from bench.real.splits import held_out


@dataclass(frozen=True)
class Prediction:
    """What one of a method's answers is called, its predictions of the rows held out, and what is worth keeping."""

    name: str
    values: np.ndarray
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """One answer to one set's split. ``error`` says what broke; a score is None then."""

    set: str
    repeat: int
    method: str
    score: float | None
    coverage: float | None
    seconds: float
    rows: int
    tested: int
    features: int
    error: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HeldOut:
    """A trial with the targets of the rows held out, which no method is shown."""

    trial: Trial
    y: np.ndarray

    @property
    def question(self) -> Asked:
        return self.trial.question


def held_out_trial(chosen: RealSet, repeat: int) -> HeldOut:
    """A set's split. Class names are numbers from here on."""
    table = load(chosen)
    question = asked(chosen, table.y)
    if question.of_classes:
        table = replace(table, y=class_numbers(table.y, question.classes))
    train, test = held_out(chosen.name, table, question.of_classes, repeat)
    part = table.rows(train)
    return HeldOut(Trial(part, part.y, table.rows(test).features, question, seed=repeat), table.y[test])


class Method(Protocol):
    """Takes part under the name of each of its answers; the first one names the method."""

    @property
    def answers(self) -> Sequence[str]: ...

    def enters(self, chosen: RealSet) -> bool:
        """Whether it has an answer to the set's question."""
        ...

    def answer(self, case: HeldOut, chosen: RealSet, repeat: int, folder: Path) -> list[Prediction]: ...


def run(chosen: RealSet, repeat: int, method: Method, folder: Path) -> list[Result]:
    """Let a method answer, and score its answers. What it raises is kept, not hidden."""
    case = held_out_trial(chosen, repeat)
    began = time.perf_counter()
    try:
        with threadpool_limits(1):
            predictions = method.answer(case, chosen, repeat, folder)
        took = time.perf_counter() - began
        return [_scored(chosen, repeat, case, each, took) for each in predictions]
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({Path(frame.filename).name}, line {frame.lineno})"
        took = time.perf_counter() - began
        return [_result(chosen, repeat, case, name, took, error=text) for name in method.answers]


def _scored(chosen: RealSet, repeat: int, case: HeldOut, found: Prediction, took: float) -> Result:
    value = score(case.question, case.y, found.values)
    coverage = covered(case.question, case.y, found.values)
    seconds = float(found.details.get("seconds", took))
    return _result(chosen, repeat, case, found.name, seconds, value, coverage, details=found.details)


def _result(
    chosen: RealSet,
    repeat: int,
    case: HeldOut,
    name: str,
    seconds: float,
    value: float | None = None,
    coverage: float | None = None,
    error: str = "",
    details: Mapping[str, Any] | None = None,
) -> Result:
    trial = case.trial
    sizes = (int(trial.y.size), int(case.y.size), int(trial.test.shape[1]))
    return Result(chosen.name, repeat, name, value, coverage, seconds, *sizes, error, details or {})
