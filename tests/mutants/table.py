"""Which code is mutated, and which tests have to notice: one line a module, its fastest tests first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """A module and the arguments of pytest that run the tests concerned with it; of some modules only functions."""

    module: str
    tests: tuple[str, ...]
    functions: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The module's file, from the root of the repository."""
        return Path("src", *self.module.split(".")).with_suffix(".py")


CHOOSE = "tests/choose/"
STATISTICS = (CHOOSE + "test_statistics.py",)
RULES = tuple(CHOOSE + name for name in ("test_verdict_rules.py", "test_recommend.py", "test_evidence.py"))
GAINS = (CHOOSE + "test_gains.py",)
WEIGHTS = ("tests/pointwise/test_weights.py",)
EXTREMES = ("tests/pointwise/test_extreme_sums.py",)
CERTIFICATES = ("tests/fit/test_certificates.py",)
RANKS = ("tests/torch/test_denominators.py", "tests/torch/test_exchange.py", "tests/torch/test_torch_distributed.py")

DECIDING = (
    Target("lossary.choosing.judging.rank_association", (CHOOSE + "test_association.py",)),
    Target("lossary.choosing.judging.bias", (CHOOSE + "test_bias.py",)),
    Target("lossary.choosing.judging.certainty", (CHOOSE + "test_sentences.py",)),
    Target("lossary.choosing.judging.calibration", (CHOOSE + "test_calibration.py", CHOOSE + "test_curves.py")),
    Target("lossary.choosing.judging.decide", (CHOOSE + "test_decision_data.py",)),
    Target("lossary.choosing.judging.comparison_findings", (CHOOSE + "test_evidence.py",)),
    Target("lossary.choosing.judging.gains", GAINS),
    Target("lossary.choosing.judging.impossible_predictions", (CHOOSE + "test_impossible.py",)),
    Target("lossary.choosing.judging.leaderboard", (CHOOSE + "test_leaderboard.py",)),
    Target("lossary.choosing.judging.murphy", (CHOOSE + "test_calibration.py", CHOOSE + "test_curves.py")),
    Target("lossary.choosing.judging.significance", STATISTICS),
    Target("lossary.choosing.judging.verdict", RULES),
    Target("lossary.choosing.judging.ties", RULES),
    Target("lossary.choosing.judging.recommend", RULES),
    Target("lossary.choosing.judging.stability", RULES),
    Target("lossary.choosing.judging.beyond_constant", (CHOOSE + "test_beyond_constant.py",)),
    Target("lossary.choosing.judging.averaging", (CHOOSE + "test_averaging.py",)),
    Target("lossary.choosing.judging.coverage", (CHOOSE + "test_coverage.py",)),
    Target("lossary.choosing.judging.gain_findings", (CHOOSE + "test_evidence.py",)),
    Target("lossary.choosing.judging.instability_findings", RULES),
    Target("lossary.choosing.diagnosis.leverage", (CHOOSE + "test_leverage.py",)),
)
COUNTING = (
    Target("lossary.evaluate.arrays.weights", WEIGHTS),
    Target("lossary.evaluate.arrays.missing", ("tests/pointwise/test_missing_parts.py",)),
    Target("lossary.evaluate.arrays.extremes", EXTREMES),
    Target("lossary.evaluate.accumulate", ("tests/pointwise/test_accumulators.py",)),
    Target("lossary.torch.distributed.denominators", RANKS),
    Target("lossary.torch.distributed.costs", RANKS),
    Target("lossary.torch.distributed.exchange", RANKS),
    Target("lossary.boosting.curvature", ("tests/boosting/test_curvature.py",)),
)
SOLVING = (
    Target("lossary.fit.problem.certificate", CERTIFICATES),
    Target("lossary.fit.problem.problem", CERTIFICATES, ("penalty", "stationarity", "certificate", "_steepest")),
    Target("lossary.fit.straight.interior_point", CERTIFICATES, ("interior_point",)),
    Target("lossary.fit.straight.row_interior_point", CERTIFICATES, ("row_interior_point",)),
    Target("lossary.fit.straight.polish", CERTIFICATES, ("gap_of",)),
)


def _pointwise(family: str, name: str) -> Target:
    """A loss of one prediction, and its own share of the tests that run over the catalogue."""
    tests = [
        "test_facts.py::test_facts_hold",
        "test_formulas.py::test_formulas_are_derivatives_and_bounds",
        "test_claims.py::test_claims_withstand_attack",
        "test_claims.py::test_every_loss_claims_the_basic_facts",
        "test_facts.py::test_the_minimiser_is_the_functional",
        "test_facts.py::test_the_optimal_constant_costs_least",
    ]
    own = tuple(f"tests/formulas/{each}[{name}]" for each in tests)
    return Target(f"lossary.losses.{family}.{name}", (*own, "tests/formulas/test_catalogue.py"))


def _rowwise(family: str, name: str) -> Target:
    """The same for a loss of a row."""
    tests = [
        "test_row_facts.py::test_facts_hold",
        "test_row_derivatives.py::test_formulas_are_derivatives",
        "test_row_claims.py::test_claims_withstand_attack",
    ]
    return Target(f"lossary.losses.{family}.{name}", tuple(f"tests/rowwise/{each}[{name}]" for each in tests))


LOSSES = (
    _pointwise("regression", "quantile"),
    _pointwise("regression", "expectile"),
    _pointwise("regression", "squared_epsilon_insensitive"),
    _pointwise("robust", "huber"),
    _pointwise("robust", "barron"),
    _pointwise("robust", "tukey_biweight"),
    _pointwise("binary", "focal"),
    _pointwise("binary", "smoothed_hinge"),
    _pointwise("counts", "tweedie_deviance"),
    _pointwise("counts", "poisson"),
    _rowwise("multiclass", "softmax_brier"),
    _rowwise("multiclass", "multiclass_hinge"),
    _rowwise("ordinal", "ranked_probability_score"),
)
TARGETS = (*DECIDING, *COUNTING, *SOLVING, *LOSSES)
