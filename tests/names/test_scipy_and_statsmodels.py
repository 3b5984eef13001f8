"""SciPy's and statsmodels' losses beside those that the dictionary names, and that it names all of them."""

from __future__ import annotations

import importlib
import inspect
import warnings

import numpy as np
import pytest
from tests.support.beside import difference, ours

import lossary
from lossary.elsewhere import LIBRARIES, short

CHOSEN = np.random.default_rng(1964)
Y, F = CHOSEN.normal(size=(12, 1)), 3.0 * CHOSEN.normal(size=(12, 7))
COUNTS, MEANS = CHOSEN.poisson(3.0, (12, 1)).astype(float), CHOSEN.gamma(2.0, size=(12, 7))
AMOUNTS = CHOSEN.gamma(2.0, size=(12, 1))
BITS = CHOSEN.integers(0, 2, (12, 1)).astype(float)
T, P = CHOSEN.dirichlet(np.ones(4), 12), CHOSEN.dirichlet(np.ones(4), 12)
TINY = 1e-10

STATSMODELS, SCIPY = LIBRARIES["statsmodels"].names, LIBRARIES["scipy"].names


# SciPy.


@pytest.mark.parametrize("delta", [0.4, 1.0, 2.5])
def test_huber_s_functions_of_scipy(delta: float) -> None:
    special = pytest.importorskip("scipy.special")
    for name in ("special.huber", "special.pseudo_huber"):
        theirs = getattr(special, short(name))(delta, F - Y)
        assert difference("scipy", name, theirs, Y, F, {"delta": delta}) < TINY
        assert difference("scipy", name, 1.01 * theirs, Y, F, {"delta": delta}) > 1e-3


def test_divergences_of_scipy() -> None:
    special = pytest.importorskip("scipy.special")
    assert difference("scipy", "special.kl_div", special.kl_div(COUNTS, MEANS), COUNTS, MEANS) < TINY
    assert difference("scipy", "special.rel_entr", special.rel_entr(T, P).sum(axis=1), T, P) < TINY
    distance = importlib.import_module("scipy.spatial.distance").jensenshannon
    root = np.array([distance(t, p) for t, p in zip(T, P, strict=True)])
    np.testing.assert_allclose(root**2, lossary.jensen_shannon(T, P), rtol=1e-9)


@pytest.mark.parametrize("name", [name for name in SCIPY if name.startswith("least_squares:")])
def test_losses_of_least_squares(name: str) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    loss = name.partition(":")[2]
    for f_scale in (1.0, 0.3) if SCIPY[name].parameters else (1.0,):
        cost = [
            optimize.least_squares(lambda x, r=r: r + 0.0 * x, [0.0], loss=loss, f_scale=f_scale).cost
            for r in (F - Y)[:4].ravel()
        ]
        given = dict.fromkeys(SCIPY[name].parameters, f_scale)
        apart = difference("scipy", name, np.reshape(cost, (4, -1)), Y[:4], F[:4], given)
        assert (apart < TINY) != bool(SCIPY[name].refused)


def test_every_loss_of_scipy_is_known() -> None:
    implementation = importlib.import_module("scipy.optimize._lsq.least_squares")
    assert {f"least_squares:{loss}" for loss in implementation.IMPLEMENTED_LOSSES} <= set(SCIPY)
    special = importlib.import_module("scipy.special")
    losses = {name for name in special.__all__ if any(word in name for word in ("huber", "entr", "kl_"))}
    assert {f"special.{name}" for name in losses} <= set(SCIPY)
    for name in SCIPY:
        module, _, function = name.partition(":")[0].rpartition(".")
        assert hasattr(importlib.import_module(f"scipy.{module or 'optimize'}"), function), name


# statsmodels.


def family(name: str, **more: object):
    return getattr(pytest.importorskip("statsmodels.api").families, short(name))(**more)


def deviances(family, y: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The deviance of every element."""
    return np.asarray(family.resid_dev(np.broadcast_to(y, mean.shape).copy(), mean)) ** 2


def link(name: str):
    return getattr(pytest.importorskip("statsmodels.api").families.links, name)()


LOG = {
    "families.Poisson": COUNTS,
    "families.NegativeBinomial": COUNTS,
    "families.Gamma": AMOUNTS,
    "families.InverseGaussian": AMOUNTS,
    "families.Tweedie": AMOUNTS,
}


@pytest.mark.parametrize("name", [name for name in STATSMODELS if name.startswith("families.")])
def test_half_the_deviance_of_a_family_is_the_loss_up_to_a_term_in_the_target(name: str) -> None:
    y = LOG.get(name, BITS if name.endswith("Binomial") else Y)
    scores = 0.4 * F
    options = {"alpha": 1.0} if name.endswith("NegativeBinomial") else {}
    if name.endswith("Tweedie"):
        options["var_power"] = 1.5
    if STATSMODELS[name].refused:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            default = family(name, **({} if name.endswith("Tweedie") else options))
        assert name.endswith("Tweedie") or type(default.link).__name__ != "Log"  # what the refusal says
        made = family(name, link=link("Log"), **options)
    else:
        made = family(name, **options)
        assert STATSMODELS[name].loss not in ("poisson", "negative_binomial") or type(made.link).__name__ == "Log"
    half = deviances(made, y, np.asarray(made.link.inverse(scores))) / 2.0
    expected = ours("statsmodels", name)(np.broadcast_to(y, scores.shape).copy(), scores)
    apart = (half - half[:, :1]) - (expected - expected[:, :1])
    assert np.max(np.abs(apart)) < 1e-8 * np.max(np.abs(expected - expected[:, :1])), name
    assert np.ptp(expected - expected[:, :1]) > 0.1


def test_tweedie_of_statsmodels_is_poisson_s_unless_told() -> None:
    assert family("families.Tweedie").var_power == 1.0
    assert inspect.signature(type(family("families.NegativeBinomial", alpha=1.0))).parameters["alpha"].default in (
        1.0,
        None,
    )


@pytest.mark.parametrize("name", [n for n in STATSMODELS if n.startswith("norms.") and not STATSMODELS[n].refused])
def test_norms_of_statsmodels(name: str) -> None:
    norms = pytest.importorskip("statsmodels.robust.norms")
    residual = 4.0 * (F - Y)
    y = np.zeros_like(residual)
    assert difference("statsmodels", name, getattr(norms, short(name))().rho(residual), y, residual) < 1e-9
    for theirs in STATSMODELS[name].parameters:
        other = getattr(norms, short(name))(**{theirs: 2.0}).rho(residual)
        assert difference("statsmodels", name, other, y, residual, {theirs: 2.0}) < 1e-9
        assert difference("statsmodels", name, other, y, residual) > 1e-3


def test_m_quantiles_of_least_squares_are_half_of_expectiles() -> None:
    norms = pytest.importorskip("statsmodels.robust.norms")
    residual = (Y - F).ravel()  # statsmodels' residual is the target less the prediction
    theirs = norms.MQuantileNorm(0.8, norms.LeastSquares()).rho(residual)
    expected = lossary.expectile(np.broadcast_to(Y, F.shape).copy(), F, tau=0.8)
    np.testing.assert_allclose(theirs, expected.ravel() / 2.0, rtol=1e-9)


def test_norms_without_a_loss_here_are_none() -> None:
    norms = pytest.importorskip("statsmodels.robust.norms")
    residual = np.linspace(-6.0, 6.0, 25)
    for name, entry in STATSMODELS.items():
        if name.startswith("norms.") and entry.refused and not name.endswith("MQuantileNorm"):
            theirs = getattr(norms, short(name))().rho(residual)
            nearest = lossary.get(entry.loss)(np.zeros(25), residual)
            assert np.max(np.abs(theirs - nearest)) > 0.05, name


def test_models_of_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    X = np.column_stack([np.ones(60), CHOSEN.normal(size=60)])
    beta = np.array([0.3, -0.2])
    y, bits, counts = CHOSEN.normal(size=60), CHOSEN.integers(0, 2, 60), CHOSEN.poisson(2.0, 60)

    def slope(model, step: np.ndarray) -> float:
        return float(model.loglike(beta) - model.loglike(beta + step))

    step = np.array([0.1, 0.4])
    for name, target in (("Logit", bits), ("Poisson", counts)):
        loss = ours("statsmodels", name)
        here, there = (float(np.sum(loss(target, X @ b))) for b in (beta, beta + step))
        assert slope(getattr(api, name)(target, X), step) == pytest.approx(there - here, rel=1e-9)
    least = api.OLS(y, X).fit()
    found = lossary.fit.linear(X[:, 1:], y, ours("statsmodels", "OLS"))
    np.testing.assert_allclose([found.intercept, *found.coef], least.params, rtol=1e-8)


def test_several_classes_of_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    X, y = np.column_stack([np.ones(60), CHOSEN.normal(size=60)]), CHOSEN.integers(0, 3, 60)
    beta = CHOSEN.normal(size=(2, 2))
    scores = np.column_stack([np.zeros(60), X @ beta])
    cost = float(np.sum(ours("statsmodels", "MNLogit")(y, scores)))
    assert -api.MNLogit(y, X).loglike(beta.ravel(order="F")) == pytest.approx(cost, rel=1e-9)


def test_ordered_classes_of_statsmodels() -> None:
    ordinal = pytest.importorskip("statsmodels.miscmodels.ordinal_model")
    x, y = CHOSEN.normal(size=(60, 1)), CHOSEN.integers(0, 3, 60)
    model = ordinal.OrderedModel(y, x, distr="logit")
    slope, thresholds = 0.7, np.array([-0.4, 0.9])
    parameters = np.array([slope, thresholds[0], np.log(np.diff(thresholds))[0]])
    scores = thresholds - slope * x
    cost = float(np.sum(ours("statsmodels", "OrderedModel")(y, scores)))
    assert -model.loglike(parameters) == pytest.approx(cost, rel=1e-9)
    assert inspect.signature(ordinal.OrderedModel).parameters["distr"].default == "probit"  # what its trap says


def test_quantiles_of_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    x = CHOSEN.normal(size=41)
    y = x + CHOSEN.standard_t(3, 41)
    for q in (0.5, 0.8):
        found = api.QuantReg(y, api.add_constant(x)).fit(q=q).params
        loss = ours("statsmodels", "QuantReg", {"q": q})
        best = lossary.fit.linear(x[:, None], y, loss)
        cost = [loss.cost(y, a + b * x) for a, b in (found, (best.intercept, best.coef[0]))]
        assert cost[0] == pytest.approx(cost[1], rel=1e-4)


def test_every_family_and_norm_of_statsmodels_is_known() -> None:
    api = pytest.importorskip("statsmodels.api")
    norms = importlib.import_module("statsmodels.robust.norms")
    known = set(STATSMODELS) | set(LIBRARIES["statsmodels"].no_losses)
    families = [n for n in dir(api.families) if isinstance(getattr(api.families, n), type) and n != "PytestTester"]
    assert {f"families.{name}" for name in families if name != "Family"} <= known
    classes = [name for name, each in vars(norms).items() if isinstance(each, type)]
    assert {f"norms.{name}" for name in classes if name != "RobustNorm"} <= known
    for name in STATSMODELS:
        module, _, each = name.rpartition(".")
        place = norms if module == "norms" else api.families if module == "families" else api
        ordinal = each == "OrderedModel"
        assert ordinal or hasattr(place, each), name
