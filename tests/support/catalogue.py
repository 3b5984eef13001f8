"""The catalogue as a parameter of tests, and property tests that always draw the same examples."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import pytest
from hypothesis import settings

from lossary import discovery
from lossary.formula import Loss
from lossary.rowwise import RowLoss

# The default kernel cache is used: kernels are keyed by their code, so an old one is never picked up.
settings.register_profile("lossary", derandomize=True, deadline=None, print_blob=False, max_examples=40)
settings.load_profile("lossary")

TYPICAL = frozenset(
    [
        "huber",  # smooth, with a parameter and a majorizer
        "quantile",  # straight pieces
        "root_mean_squared_error",  # a cost that is a root
        "logistic",  # labels of 0 and 1, two parameters
        "hinge",  # labels of -1 and 1
        "poisson",  # counts under a log link
        "tweedie_deviance",  # positive predictions, computed in float64
        "barron",  # not convex
        "exponential",  # a link of its own
    ]
)
"""A pointwise loss of each structure: what does not depend on a formula and holds for these holds for all."""

TYPICAL_ROWS = frozenset(
    [
        "softmax_cross_entropy",  # class indices or a distribution, softmax statistics
        "sparsemax",  # a threshold, computed in float64
        "ranked_probability_score",  # probabilities, running sums
        "cumulative_logit",  # increasing predictions, one class more than scores
        "one_vs_rest_logistic",  # labels
        "distillation",  # a teacher's scores
        "kl_prediction_target_log_probabilities",  # log-probabilities
        "listwise_softmax",  # relevance
    ]
)
"""A rowwise loss of each structure."""

ARGUMENTS = (("each_loss", discovery.records, TYPICAL), ("each_row_loss", discovery.row_records, TYPICAL_ROWS))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of ``each_loss`` runs for every pointwise loss, one of ``each_row_loss`` for every rowwise loss.

    Marked ``sampled`` it runs for one loss of each structure, or for those that ``only`` names, and for the others
    with ``--all``.
    """
    sampled = metafunc.definition.get_closest_marker("sampled")
    for argument, records, typical in ARGUMENTS:
        if argument in metafunc.fixturenames:
            chosen = sampled.kwargs.get("only", typical) if sampled else None
            proof = sampled.args if sampled else ()
            metafunc.parametrize(argument, list(_parameters(records(), chosen, proof)))


def _parameters(
    records: Sequence[Loss | RowLoss], typical: Collection[str] | None, proof: tuple[str, ...]
) -> Iterator[object]:
    for record in records:
        marks = () if typical is None or record.name in typical else (pytest.mark.slow(*proof),)
        yield pytest.param(record, id=record.name, marks=marks)
