"""Standard errors: those of statsmodels where it has them, intervals that hold the truth, refusals elsewhere."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from bench.fit.coverage import WORLDS, coverage
from tests.support.fits import features, targets

import lossary
from lossary.boosting.checking import made_targets

X = np.random.default_rng(0).normal(size=(200, 2))
MEAN = np.exp(0.5 + X @ [0.4, -0.3])


def drawn(kind: str) -> np.ndarray:
    draw = np.random.default_rng(1)
    if kind == "gamma":
        return 1e3 * MEAN * draw.gamma(3.0, 1.0 / 3.0, size=200)
    if kind == "inverse_gaussian":
        return 1e3 * draw.wald(MEAN, 4.0)
    if kind == "tweedie":
        return np.where(draw.uniform(size=200) < 0.3, 0.0, MEAN * draw.gamma(2.0, 0.7, size=200))
    return draw.poisson(MEAN * draw.gamma(2.0, 0.5, size=200)).astype(float)


def errors_of_statsmodels(kind: str, y: np.ndarray) -> np.ndarray:
    statsmodels = pytest.importorskip("statsmodels.api")
    families, log = statsmodels.families, statsmodels.families.links.Log()
    family = {
        "gamma": lambda: families.Gamma(log),
        "inverse_gaussian": lambda: families.InverseGaussian(log),
        "tweedie": lambda: families.Tweedie(log, var_power=1.5),
        "poisson": lambda: families.Poisson(log),
        "negative_binomial": lambda: families.NegativeBinomial(log, alpha=1.0),
    }[kind]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return statsmodels.GLM(y, statsmodels.add_constant(X), family=family).fit(tol=1e-14, maxiter=200).bse


@pytest.mark.parametrize("kind", ["gamma", "inverse_gaussian", "tweedie", "poisson", "negative_binomial"])
@pytest.mark.parametrize("form", ["", "_deviance"])
def test_they_are_those_of_statsmodels(kind: str, form: str) -> None:
    """Dispersions are estimated as Pearson's; a deviance, twice a likelihood, has the same errors as that."""
    y = drawn(kind)
    found = lossary.fit.linear(X, y, kind + form).standard_errors()
    assert found.kind == "fisher"
    assert [found.intercept, *found.coef] == pytest.approx(errors_of_statsmodels(kind, y), rel=1e-5)
    if kind in ("gamma", "inverse_gaussian", "tweedie"):
        in_cents = lossary.fit.linear(X, 100.0 * y, kind + form).standard_errors()
        assert in_cents.coef == pytest.approx(found.coef, rel=1e-6)


@pytest.mark.parametrize(("kind", "theirs"), [("sandwich", "HC1"), ("HC3", "HC3")])
def test_robust_ones_of_least_squares_are_those_of_statsmodels(kind: str, theirs: str) -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    y = MEAN + MEAN * np.random.default_rng(2).normal(size=200)
    expected = statsmodels.OLS(y, statsmodels.add_constant(X)).fit(cov_type=theirs).bse
    for loss in ("squared_error", "root_mean_squared_error"):
        found = lossary.fit.linear(X, y, loss).standard_errors(kind)
        assert [found.intercept, *found.coef] == pytest.approx(expected, rel=1e-8)
    sparse = pytest.importorskip("scipy.sparse")
    found = lossary.fit.linear(sparse.csr_array(X), y).standard_errors(kind)
    assert [found.intercept, *found.coef] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_intervals_hold_the_truth(world: object) -> None:
    """A quick look; ``python -m bench.fit.coverage`` takes 400 samples of 500 rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lossary.fit.FitWarning)
        found = coverage(world, rows=300, repeats=60)
    assert 0.88 <= found.share <= 0.995


TALLIED = {lossary.get(world.loss).name for world in WORLDS}
"""Whose coverage the bench counts."""


def test_no_loss_has_standard_errors_whose_coverage_is_not_counted(each_loss) -> None:
    loss = lossary.get(each_loss.name)
    if loss.name in TALLIED:
        return
    rng = np.random.default_rng(0)
    columns = np.column_stack([X, rng.normal(size=200)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lossary.fit.FitWarning)
        with pytest.raises(ValueError, match=r"not smooth|not converged|curvature lies with about"):
            lossary.fit.linear(columns, made_targets(loss, columns, rng).astype(float), loss).standard_errors()


@pytest.mark.parametrize("name", ["log_cosh", "pseudo_huber", "student_t_nll", "huber", "fair"])
@pytest.mark.parametrize("kind", ["auto", "sandwich", "HC3"])
def test_few_rows_within_the_bend_are_too_few(name: str, kind: str) -> None:
    y = 1e5 * (X @ [1.0, -0.5] + np.random.default_rng(3).normal(size=200))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lossary.fit.FitWarning)
        fit = lossary.fit.linear(X, y, name)
    with pytest.raises(ValueError, match=r"curvature lies with about \d+ of 200 rows.*scale='mad'"):
        fit.standard_errors(kind)
    assert lossary.fit.linear(X, y / 1e5, name).standard_errors(kind).kind in ("huber", kind)


def test_what_has_no_likelihood_or_no_freedom_says_so() -> None:
    labels = targets(features(count=2), "labels")
    weighted = lossary.fit.linear(features(count=2), labels, "logistic", pos_weight=3.0)
    assert weighted.standard_errors().kind == "sandwich"
    with pytest.raises(ValueError, match="not the likelihood"):
        weighted.standard_errors("fisher")
    with pytest.raises(ValueError, match="spread of its errors"):
        lossary.fit.linear(X, MEAN, "student_t_nll").standard_errors("fisher")
    small = np.linspace(0.5e-3, 1e-3, 200)
    with pytest.raises(ValueError, match=r"weights, which count rows, sum to 0\.15"):
        lossary.fit.linear(X, drawn("gamma"), sample_weight=small).standard_errors()
    by_size = [
        lossary.fit.linear(X, drawn("gamma"), sample_weight=w).standard_errors("HC3").coef for w in (small, 9 * small)
    ]
    assert by_size[0] == pytest.approx(by_size[1], rel=1e-9)
    with pytest.raises(ValueError, match="not smooth"):
        lossary.fit.linear(X, MEAN, "absolute_error").standard_errors("HC3")
    alone = np.column_stack([X, np.arange(200) == 7])
    with pytest.raises(ValueError, match=r"row 7 .* alone"):
        lossary.fit.linear(alone, drawn("gamma")).standard_errors("HC3")
