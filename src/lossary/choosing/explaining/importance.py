"""Permutation importance: what a score loses if a column's values are dealt to other rows (Breiman 2001).

The score is the question's own yardstick, on rows held out. A column is one of the user's table: all that it has become
in the matrix is dealt together, so that the parts of a date stay those of one day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from lossary.choosing.comparison.study import Candidate, Study
from lossary.choosing.comparison.thresholds import decided_classes
from lossary.choosing.comparison.yardsticks import Yardstick
from lossary.choosing.explaining.columns import TableColumn
from lossary.choosing.explaining.explanation import Importance
from lossary.choosing.explaining.held_out import HeldOut
from lossary.choosing.training.problem import Problem
from lossary.evaluate.arrays.refusals import inside

TWO_SIDED = 0.975


@dataclass(frozen=True)
class _Grown:
    """By how much the score of each row has grown, in the mean over shuffles: ``taking``.

    ``giving`` is by how much that of the row that was given its values has, times that row's weight, ``weight``.
    """

    taking: np.ndarray
    giving: np.ndarray
    weight: np.ndarray

    @classmethod
    def mean(cls, shuffles: Sequence[_Grown]) -> _Grown:
        fields = ([getattr(each, name) for each in shuffles] for name in ("taking", "giving", "weight"))
        return cls(*(np.mean(each, axis=0) for each in fields))

    @classmethod
    def of_all(cls, folds: Sequence[_Grown]) -> _Grown:
        fields = ([getattr(each, name) for each in folds] for name in ("taking", "giving", "weight"))
        return cls(*(np.concatenate(each) for each in fields))


class Shuffling:
    """Scores of held-out rows as they are, and by how much each grows if a column is shuffled."""

    def __init__(
        self, problem: Problem, study: Study, candidate: Candidate, yardstick: Yardstick, repeats: int
    ) -> None:
        self._problem, self._study, self._candidate, self._yardstick = problem, study, candidate, yardstick
        self._repeats = repeats
        self._rows: list[np.ndarray] = []
        self._plain: list[np.ndarray] = []
        self._grown: dict[str, list[_Grown]] = {}

    def add(self, held: HeldOut, columns: Sequence[TableColumn]) -> None:
        """Shuffle the columns in the rows held out from one predictor."""
        fold = len(self._rows)
        plain = self._scores(held, self._problem.features.matrix[held.rows])
        self._rows.append(held.rows)
        self._plain.append(plain)
        for number, column in enumerate(columns):
            draw = np.random.default_rng((self._problem.seed, fold, number))
            grown = [self._shuffled(held, plain, column, draw) for _ in range(self._repeats)]
            self._grown.setdefault(column.name, []).append(_Grown.mean(grown))

    def _shuffled(self, held: HeldOut, plain: np.ndarray, column: TableColumn, draw: np.random.Generator) -> _Grown:
        matrix = self._problem.features.matrix[held.rows]
        givers = draw.permutation(held.rows.size)
        matrix[:, column.positions] = matrix[givers][:, column.positions]
        grown = self._scores(held, matrix) - plain
        weight = np.ones(givers.size) if self._study.weight is None else self._study.weight[held.rows]
        giving, given_weight = np.empty_like(grown), np.empty_like(grown)
        giving[givers], given_weight[givers] = weight * grown, weight
        return _Grown(grown, giving, given_weight)

    def _scores(self, held: HeldOut, matrix: np.ndarray) -> np.ndarray:
        """The score of each row; NaN for all where one has none."""
        y = self._problem.y[held.rows].astype(np.float64)
        p = np.ascontiguousarray(held.predictor.predict(matrix), dtype=np.float64)
        if not np.isfinite(p).all():
            return np.full(y.size, np.nan)
        if self._study.want.functional == "label":
            p = decided_classes(self._study, p, self._candidate.threshold)
        if not inside(self._yardstick.prediction, p).all():
            return np.full(y.size, np.nan)
        scores = self._yardstick.score(y, p)
        return scores if np.isfinite(scores).all() else np.full(y.size, np.nan)

    @property
    def rows(self) -> int:
        return int(sum(rows.size for rows in self._rows))

    @property
    def score(self) -> float:
        """The mean score of the rows as they are, as people read it."""
        return self._yardstick.read(self._mean(np.concatenate(self._plain)))

    def importances(self) -> tuple[Importance, ...]:
        """What each column is worth, the most first; those without a number last."""
        found = [self._importance(name, grown) for name, grown in self._grown.items()]
        return tuple(sorted(found, key=lambda each: (np.isnan(each.increase), -each.increase)))

    def _importance(self, name: str, by_fold: Sequence[_Grown]) -> Importance:
        grown = _Grown.of_all(by_fold)
        base, mean = self._mean(np.concatenate(self._plain)), self._mean(grown.taking)
        reach = float(stats.norm.ppf(TWO_SIDED)) * self._error(grown, mean)
        read = self._yardstick.read
        increase, low, high = (
            read(max(base + d, 0.0)) - read(base) if np.isfinite(base + d) else float("nan")
            for d in (mean, mean - reach, mean + reach)
        )
        return Importance(name, increase, low, high)

    @property
    def _weight(self) -> np.ndarray:
        rows = np.concatenate(self._rows)
        return np.ones(rows.size) if self._study.weight is None else self._study.weight[rows]

    def _mean(self, values: np.ndarray) -> float:
        return float(np.average(values, weights=self._weight))

    def _error(self, grown: _Grown, mean: float) -> float:
        """The standard error of a weighted mean over pairs of rows, one that takes and one that gives (Hoeffding 1948).

        Rows that belong together, or follow each other, count as one.
        """
        weight, together = self._weight, self._together()
        parts = np.bincount(together, weight * (grown.taking - mean) + grown.giving - mean * grown.weight)
        present = np.bincount(together) > 0
        count = int(np.count_nonzero(present))
        if count < 2:
            return float("nan")
        return float(np.sqrt(np.sum(parts[present] ** 2) * count / (count - 1.0)) / weight.sum())

    def _together(self) -> np.ndarray:
        """Numbers shared by the rows of one group; in order of time by blocks of neighbours."""
        rows = np.concatenate(self._rows)
        if self._study.groups is not None:
            return np.unique(self._study.groups[rows], return_inverse=True)[1]
        if self._study.ordered:
            return np.argsort(np.argsort(rows, kind="stable")) // max(1, round(np.sqrt(rows.size)))
        return np.arange(rows.size)
