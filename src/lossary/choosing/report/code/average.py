"""Code that trains every member of an average, one after the other, and averages what they predict."""

from __future__ import annotations

from dataclasses import replace

from lossary.choosing.comparison.study import Study
from lossary.choosing.judging.averaging import Average
from lossary.choosing.report.code import classes, estimators, numbers
from lossary.choosing.report.code.blocks import COMPARED_IN, Recipe
from lossary.choosing.report.code.install import with_install
from lossary.choosing.report.code.table import Columns, Source, encoding
from lossary.choosing.report.code.winner import Winner, winner_of
from lossary.choosing.training.training_set import SMALL_TREES, TreeSettings


def average_recipe(
    study: Study,
    average: Average,
    columns: Columns | None = None,
    source: Source | None = None,
    trees: TreeSettings = SMALL_TREES,
) -> Recipe:
    """One script of all members; it reads the table anew for each, as lines and trees take it in other ways."""
    source = source or Source("y", weight=None if study.weight is None else "")
    by_label = {candidate.label: candidate for candidate in study.candidates}
    lines: list[str] = []
    for number, member in enumerate(average.members):
        candidate = by_label[member.label]
        winner = winner_of(study, candidate, columns, source, trees)
        table = encoding(columns, source, candidate.model == "boosting")
        lines += [f"# {member.weight:.0%}: {member.name or member.label}", table, "", _fitted(winner)]
        lines += [f"average {'+=' if number else '='} {member.weight:g} * np.asarray(predictions)", ""]
    lines += ["predictions = average"]
    if study.classes:
        unweighted = replace(by_label[average.members[0].label], threshold=None, weights=None)
        lines += classes.decided(Winner(study, unweighted))
    return Recipe("The average", with_install("\n".join(lines)), average.in_words())


def _fitted(winner: Winner) -> str:
    if winner.candidate.estimator is not None:
        return estimators.code(winner)
    write = classes.code if winner.study.classes else numbers.code
    return write(winner, COMPARED_IN[winner.candidate.model])
