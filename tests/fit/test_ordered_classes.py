"""Proportional odds: thresholds and one row of coefficients under a loss of ordered classes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from tests.support.fits import features

import lossary

HOUSING = (
    *(21, 21, 28, 34, 22, 36, 10, 11, 36, 61, 23, 17, 43, 35, 40, 26, 18, 54, 13, 9, 10, 8, 8, 12),
    *(6, 7, 9, 18, 6, 7, 15, 13, 13, 7, 5, 11, 14, 19, 37, 17, 23, 40, 3, 5, 23, 78, 46, 43),
    *(48, 45, 86, 15, 25, 62, 20, 23, 20, 10, 22, 24, 7, 10, 21, 57, 23, 13, 31, 21, 13, 5, 6, 13),
)
"""MASS's housing: satisfaction changes fastest, then influence, type of dwelling, contact."""


def ratings(rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    X = features(rows, 3)
    latent = X @ np.array([1.0, -0.5, 0.0]) / X.std() + np.random.default_rng(1).logistic(size=rows)
    return X, np.digitize(latent - np.median(latent), (-1.5, 0.0, 2.0))


def test_housing_of_polr() -> None:
    """MASS::polr(Sat ~ Infl + Type + Cont, weights = Freq): coefficients, thresholds and deviance as it prints them."""
    row = np.arange(72)
    influence, dwelling, contact = row // 3 % 3, row // 9 % 4, row // 36
    X = np.column_stack([influence == 1, influence == 2, dwelling == 1, dwelling == 2, dwelling == 3, contact == 1])
    fit = lossary.fit.linear(X.astype(float), row % 3, "cumulative_logit", sample_weight=np.array(HOUSING, float))
    assert fit.coef == pytest.approx([0.5663937, 1.2888191, -0.5723501, -0.3661866, -1.0910149, 0.3602841], abs=1e-5)
    assert fit.intercept == pytest.approx([-0.4961353, 0.6907083], abs=1e-5)
    assert 2 * fit.cost * sum(HOUSING) == pytest.approx(3479.149, abs=1e-3)
    assert (fit.converged, fit.is_global, fit.solver) == (True, True, "newton")


@pytest.mark.parametrize("options", [{}, {"class_weight": [1.0, 2.0, 1.0, 0.5]}, {"label_smoothing": 0.1}])
def test_no_small_change_lowers_the_cost(options: dict[str, object]) -> None:
    X, y = ratings()
    weight = np.random.default_rng(2).integers(0, 3, y.size).astype(float)
    fit = lossary.fit.linear(X, y, "cumulative_logit", alpha=0.01, sample_weight=weight, **options)

    def objective(thresholds: np.ndarray, coef: np.ndarray) -> float:
        f = thresholds - (X @ coef)[:, None]
        return float(lossary.cumulative_logit.cost(y, f, weight, **options) + 0.005 * coef @ coef)

    assert fit.objective == pytest.approx(objective(fit.intercept, fit.coef), rel=1e-12)
    for step in (1e-4, -1e-4):
        for j in range(3):
            moved = step * np.eye(3)[j]
            assert objective(fit.intercept + moved, fit.coef) > fit.objective
            assert objective(fit.intercept, fit.coef + moved) > fit.objective


def test_weights_are_copies_and_units_do_not_matter() -> None:
    X, y = ratings()
    times = np.random.default_rng(3).integers(0, 3, y.size)
    weighted = lossary.fit.linear(X, y, "cumulative_logit", sample_weight=times.astype(float))
    copied = lossary.fit.linear(np.repeat(X, times, axis=0), np.repeat(y, times), "cumulative_logit")
    moved = lossary.fit.linear(X * 1000.0 + 7.0, y, "cumulative_logit", sample_weight=times.astype(float))
    assert weighted.coef == pytest.approx(copied.coef, rel=1e-9)
    assert weighted.predict(X) == pytest.approx(moved.predict(X * 1000.0 + 7.0), abs=1e-6)
    scattered = lossary.fit.linear(sparse.csr_array(X), y, "cumulative_logit", sample_weight=times.astype(float))
    assert scattered.intercept == pytest.approx(weighted.intercept, rel=1e-6)


def test_two_ordered_classes_are_logistic() -> None:
    X, y = ratings()
    two = lossary.fit.linear(X, (y > 1).astype(int), "cumulative_logit", alpha=0.01)
    one = lossary.fit.linear(X, (y > 1).astype(float), "logistic", alpha=0.01)
    assert two.coef == pytest.approx(one.coef, rel=1e-6)
    assert -two.intercept[0] == pytest.approx(one.intercept, rel=1e-6)


def test_a_lasso_gives_exact_zeros_and_a_copied_column_is_said() -> None:
    X, y = ratings()
    fit = lossary.fit.linear(X, y, "cumulative_logit", penalty="l1", alpha=0.05)
    assert (fit.solver, fit.converged, int((fit.coef == 0.0).sum()) > 0) == ("proximal_newton", True, True)
    with pytest.warns(lossary.fit.RankWarning, match="depend on the others"):
        twice = lossary.fit.linear(np.column_stack([X, X[:, 0]]), y, "cumulative_logit")
    alone = lossary.fit.linear(X, y, "cumulative_logit")
    assert twice.predict(np.column_stack([X, X[:, 0]])) == pytest.approx(alone.predict(X), abs=1e-6)


def test_it_starts_where_it_is_told() -> None:
    X, y = ratings()
    fit = lossary.fit.linear(X, y, "cumulative_logit")
    again = lossary.fit.linear(X, y, "cumulative_logit", start=fit, trace=True)
    assert again.iterations <= 1
    assert again.path.intercepts.shape[1:] == (3,)
    assert "thresholds" in repr(fit)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": lambda y: np.where(y == 1, 2, y)}, "class 1 of 4 ordered ones has no row"),
        ({"fit_intercept": False}, "needs thresholds"),
        ({"solver": "lbfgs"}, "is fitted by newton, not by lbfgs"),
        ({"offset": np.zeros((300, 4))}, r"it must be \(300, 3\)"),
        ({"start": ([0.0], [0.0, 0.0, 0.0])}, "1 thresholds, but the classes have 3"),
    ],
)
def test_what_cannot_be_fitted_is_refused(change: dict[str, object], message: str) -> None:
    X, y = ratings()
    relabel = change.pop("y", None)
    with pytest.raises(ValueError, match=message):
        lossary.fit.linear(X, relabel(y) if callable(relabel) else y, "cumulative_logit", **change)


def test_separated_ratings_have_no_finite_coefficients() -> None:
    x = np.arange(30.0)[:, None]
    with pytest.raises(lossary.fit.SeparationError, match="the cost falls for ever"):
        lossary.fit.linear(x, np.arange(30) // 10, "cumulative_logit")
    assert lossary.fit.linear(x, np.arange(30) // 10, "cumulative_logit", alpha=1e-3).coef[0] > 0.0


def test_scikit_learns_classifier_takes_the_likeliest_class() -> None:
    from lossary.sklearn import LinearClassifier  # noqa: PLC0415  optional

    X, y = ratings()
    model = LinearClassifier("cumulative_logit").fit(X, y)
    p = model.predict_proba(X)
    assert p.shape == (300, 4)
    np.testing.assert_array_equal(model.predict(X), p.argmax(axis=1))
    for classes in (2, 3):
        model = LinearClassifier("cumulative_logit").fit(X, y % classes)
        np.testing.assert_array_equal(model.predict(X), model.predict_proba(X).argmax(axis=1))
