"""Seconds of a fit from counts alone, so that the same table and budget give the same plan on any day.

The constants are CPU seconds of one process on one machine: whole fits of trees on 500 to 40,000 rows, of networks on
500, and of lines on 500 to 8,645; of larger ones what the benchmarks of solvers took. Another machine is faster or
slower in all of it; the deadline sees to that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lossary.choosing.scheduling.counts import Counts
from lossary.choosing.training.recipes import Part, Recipe

HELD_OUT = 0.2
"""The share of the training rows that is held out at a time."""

# Lines.

SOLVE = 1.2e-3
CELL = 5.0e-8
"""Seconds of a solve of a smooth convex loss, and more for each entry of the matrix."""

PENALTIES_TRIED = 4

SLOWER: Mapping[str, float] = {
    "absolute_error": 3.0,
    "quantile": 3.0,
    "hinge": 5.0,
    "multiclass_hinge": 40.0,
    "tukey_biweight": 4.0,
    "student_t_nll": 25.0,
}
"""Times of other lines beside those."""

# Trees.

ROUND = 1.0e-4
ROUND_OF_SCORE = 2.0e-4
ROUND_CELL = 7.5e-9
"""Seconds of a round, more for each score of a row, and for each score and entry of the matrix at ``MANY_LEAVES``."""

MANY_LEAVES = 31

LONGER: Mapping[str, float] = {"generalized_cross_entropy": 5.0, "softmax_brier": 2.0, "absolute_error": 1.5}
"""Times of the rounds of other losses beside those of the usual ones: their slopes are flat where rows are far off."""

# Networks.

EPOCHS = 80
BATCH = 5.0e-4
BATCH_ROW = 3.0e-6
"""Epochs until networks no longer improve; seconds of a batch, and of each of its rows."""

STEPS, SMALLEST_BATCH, LARGEST_BATCH = 64, 32, 512
"""Batches of an epoch, and their sizes at least and at most, as ``lossary.fit.mlp`` has them."""


# Estimators of a user's own.

FOREST_CELL = 4.0e-5
"""Seconds for each entry of the matrix: what a random forest of a hundred trees takes."""


@dataclass(frozen=True)
class Costs:
    """What fits on a fold of these counts take."""

    counts: Counts

    def of_fit(self, recipe: Recipe) -> float:
        """CPU seconds of one fit of a recipe, all of its parts."""
        if recipe.estimator is not None:
            return self._estimator(recipe)
        of_part = {"linear": self._line, "boosting": self._trees, "mlp": self._network}[recipe.model]
        return sum(of_part(part) for part in recipe.parts)

    def _line(self, part: Part) -> float:
        counts = self.counts
        entries = counts.rows * (counts.columns["linear"] + 1)
        solve = (SOLVE + CELL * entries * self._scores) * SLOWER.get(part.loss, 1.0)
        # Penalties are tried on part of the rows; without any, encoding takes about as long again as the one solve.
        return solve * (2.0 + (PENALTIES_TRIED * counts.parts if counts.penalised else 0.0))

    def _trees(self, part: Part) -> float:
        """Trees of what is left beside each part that is held out, and of all rows."""
        counts = self.counts
        entries = counts.rows * counts.columns["boosting"]
        depth = math.sqrt(math.log(counts.leaves) / math.log(MANY_LEAVES))  # histograms of siblings are differences
        stopped = counts.rounds + counts.patience
        fixed = ROUND + ROUND_OF_SCORE * self._scores
        grown = ROUND_CELL * entries * self._scores * depth
        of_parts = counts.parts * stopped * (fixed + (1.0 - HELD_OUT) * grown)
        return LONGER.get(part.loss, 1.0) * (of_parts + counts.rounds * (fixed + grown))

    def _network(self, part: Part) -> float:
        learned = (1.0 - HELD_OUT) * self.counts.rows
        batch = min(max(learned // STEPS, SMALLEST_BATCH), LARGEST_BATCH)
        width = 1.0 + (self.counts.columns["mlp"] + self._scores) / 100.0
        return EPOCHS * (BATCH * math.ceil(learned / batch) + BATCH_ROW * width * learned)

    def _estimator(self, recipe: Recipe) -> float:
        """Nobody knows what an estimator takes: as long as a forest, and again without each part that is held out."""
        fits = 1.0 + ((1.0 - HELD_OUT) * self.counts.parts if recipe.shifted else 0.0)
        return FOREST_CELL * self.counts.rows * self.counts.columns[recipe.model] * fits

    @property
    def _scores(self) -> int:
        """Scores of a row: one for numbers and for two classes."""
        return max(1, self.counts.classes if self.counts.classes > 2 else 1)


def inspection_seconds(rows: int) -> float:
    """What imports, pilots and the trials of trees take before the first fit, roughly."""
    return 4.0 + 4e-4 * min(rows, 20_000)
