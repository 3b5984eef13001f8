"""Whether a loss trains in a booster: derivatives against the loss, cost round by round, and the built-in beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary.boosting.derivatives import Derivatives
from lossary.boosting.targets import more_classes
from lossary.boosting.units import in_units_of
from lossary.evaluate.registry import AnyLoss, get
from lossary.evaluate.rows.function import RowLossFunction
from lossary.formula import LABELS, SIGNS, Choice, Interval
from lossary.proof.findings import Finding
from lossary.proof.report import Report

EXAMPLES, FEATURES, ROUNDS, CLASSES = 2000, 5, 40, 4
WITHIN = 1.01
"""The held-out cost may be this many times that of the built-in objective."""
STEP = 1e-3
FEW, UNITS = 300, (1e-6, 1e9)
"""In other units the cost is watched on fewer examples."""


@dataclass(frozen=True)
class Data:
    """The examples of a check: those to train on, and the features of those that are held out."""

    X: np.ndarray
    y: np.ndarray
    held_out: np.ndarray


@dataclass(frozen=True)
class Trained:
    """What training on the data of a check gave: held-out scores, and the feature that each tree splits first."""

    scores: np.ndarray
    roots: Sequence[int]
    costs: Sequence[float] = ()


def plain_parameters(objective: str, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an objective, for a booster that takes each number as a parameter of its own."""
    return {"objective": objective, **numbers}


@dataclass(frozen=True)
class Host:
    """A booster: how it trains a loss, and which objectives of its own it has.

    ``builtins`` names its objective of a loss, and its name for each parameter of the loss. ``parameters`` writes such
    an objective and the numbers of its parameters as the booster's own parameters.
    """

    name: str
    train: Callable[[AnyLoss, str, Data], Trained]
    train_builtin: Callable[[Mapping[str, Any], Data], Trained]
    builtins: Mapping[str, tuple[str, Mapping[str, str]]]
    parameters: Callable[[str, Mapping[str, Any]], Mapping[str, Any]] = plain_parameters

    def builtin(self, loss: AnyLoss) -> Mapping[str, Any] | None:
        """The booster's parameters for its own objective of a loss; None if it has none."""
        if loss.name not in self.builtins:
            return None
        objective, names = self.builtins[loss.name]
        return self.parameters(objective, {name: loss.given[parameter] for parameter, name in names.items()})


def number_of_scores(loss: AnyLoss) -> dict[str, int]:
    """The parameter that says how many scores an example of the check has, for a loss of rows."""
    return {"num_class": CLASSES - more_classes(loss)} if isinstance(loss, RowLossFunction) else {}


def check(loss: str | AnyLoss, curvature: str, host: Host, seed: int = 0) -> Report:
    """What each adapter's ``check`` does."""
    asked = get(loss)
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(2 * EXAMPLES, FEATURES)).astype(np.float32)
    y = made_targets(asked, X, rng)
    loss = in_units_of(asked, y)
    findings = [*_proof(loss), _by_scores(Derivatives(loss, curvature), y[:200], rng)]
    findings += _training(loss, curvature, host, X, y)
    findings += _in_other_units(asked, curvature, host, X[:FEW], y[:FEW])
    return Report(f"{loss} in {host.name}", tuple(findings))


def made_targets(loss: AnyLoss, X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Labels in the loss's domain that depend on the features: heavy-tailed numbers, counts, labels or classes."""
    signal = np.sin(2.0 * X[:, 0]) + X[:, 1] * X[:, 2]
    if isinstance(loss, RowLossFunction):
        return np.digitize(signal + 0.3 * rng.logistic(size=signal.size), [-0.7, 0.0, 0.7]).astype(np.float32)
    domain = loss.target
    labels = (signal + 0.5 * rng.logistic(size=signal.size) > 0.0).astype(np.float32)
    if domain == SIGNS:
        return 2.0 * labels - 1.0
    if domain == LABELS or (isinstance(domain, Interval) and np.isfinite([domain.low, domain.high]).all()):
        return labels
    if isinstance(domain, Choice):
        return np.where(labels > 0.0, max(domain.values), min(domain.values)).astype(np.float32)
    if np.isfinite(domain.low):
        counts = rng.poisson(np.exp(np.clip(signal, -2.0, 2.0)))
        return (counts + domain.low + (0.0 if domain.low_closed else 0.5)).astype(np.float32)
    values = (signal + 0.3 * rng.standard_t(2.0, size=signal.size)).astype(np.float32)
    # A loss of percentages divides by the target: one that is next to nothing would outweigh all others.
    once, doubled = loss([1.0, 2.0], [3.0, 6.0])
    return 1.0 + np.abs(values) if once == doubled else values


def _proof(loss: AnyLoss) -> Iterator[Finding]:
    """The library's own attack on the derivatives, at 60 digits; it needs mpmath."""
    try:
        import mpmath  # noqa: F401, PLC0415  only checks need it
    except ImportError:
        raise ImportError("check needs mpmath: pip install 'lossary[check]'") from None
    if isinstance(loss, RowLossFunction):
        from lossary.proof.rows.derivatives import derivatives as of_rows  # noqa: PLC0415

        yield from of_rows(loss.record)
    else:
        from lossary.proof.pointwise.derivatives import derivatives  # noqa: PLC0415

        yield from derivatives(loss.record)


def _by_scores(derivatives: Derivatives, y: np.ndarray, rng: np.random.Generator) -> Finding:
    """The gradient that the booster is given is the slope of the loss by the scores, up to one factor for all."""
    shape = (y.size, CLASSES - more_classes(derivatives.loss)) if _rows(derivatives) else (y.size,)
    scores = 0.5 * rng.normal(size=shape) + (0.0 if _rows(derivatives) else 0.1)
    direction = rng.normal(size=shape)
    g, h = derivatives(y, scores)
    along = (g.astype(np.float64) * direction).reshape(y.size, -1).sum(axis=1)
    ahead, behind = (_values(derivatives, y, scores + step * direction) for step in (STEP, -STEP))
    slope = (ahead - behind) / (2.0 * STEP)
    factor = float(along @ slope / (slope @ slope)) if slope.any() else 1.0
    # A kink between the two points spoils a quotient; few examples have one there.
    off = float(np.quantile(np.abs(along - factor * slope), 0.9) / max(float(np.abs(along).mean()), 1e-30))
    positive = bool(np.all(h >= 0.0)) or derivatives.curvature != "auto"
    details = f"off by {off:.1e} of the mean gradient; curvature {derivatives.plan}"
    return Finding(
        "the gradient by the scores is the loss's slope, the curvature is positive", off < 1e-2 and positive, details
    )


def _rows(derivatives: Derivatives) -> bool:
    return isinstance(derivatives.loss, RowLossFunction)


def _values(derivatives: Derivatives, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
    targets = y.astype(np.int64) if _rows(derivatives) else y
    return np.asarray(derivatives.loss(targets, derivatives.activation.forward(scores)))


def _training(loss: AnyLoss, curvature: str, host: Host, X: np.ndarray, y: np.ndarray) -> Iterator[Finding]:
    data = Data(X[:EXAMPLES], y[:EXAMPLES], X[EXAMPLES:])
    trained = host.train(loss, curvature, data)
    costs = np.asarray(trained.costs)
    falls = bool(np.all(np.diff(costs) <= 1e-9 * np.abs(costs[:-1])))
    yield Finding("the training cost falls in every round", falls, f"{costs[0]:.5g} to {costs[-1]:.5g}")
    params = host.builtin(loss)
    if params is None:
        return
    builtin = host.train_builtin(params, data)
    cost, builtin_cost = (Derivatives(loss).cost(y[EXAMPLES:], each.scores) for each in (trained, builtin))
    correlation = float(np.corrcoef(trained.scores.reshape(-1), builtin.scores.reshape(-1))[0, 1])
    roots = list(zip(trained.roots, builtin.roots, strict=False))
    same_roots = sum(one == other for one, other in roots) / max(len(roots), 1)
    details = (
        f"{cost:.5g} against {builtin_cost:.5g} held out; predictions correlate {correlation:.4f}, "
        f"{same_roots:.0%} of the trees split the same feature first"
    )
    no_worse = cost <= builtin_cost + (WITHIN - 1.0) * abs(builtin_cost)
    yield Finding(f"no worse than the built-in {_named(params)}", no_worse, details)


def _in_other_units(loss: AnyLoss, curvature: str, host: Host, X: np.ndarray, y: np.ndarray) -> Iterator[Finding]:
    """Of amounts: targets that are tiny or huge are learned as well."""
    if isinstance(loss, RowLossFunction) or isinstance(loss.target, Choice) or np.isfinite(loss.target.high):
        return
    for unit in UNITS:
        costs = np.asarray(host.train(loss, curvature, Data(X, unit * y, X)).costs)
        rounding = 1e-6 * max(float(np.ptp(costs)), abs(float(costs[0])))
        never_rises = bool(np.isfinite(costs).all() and np.all(np.diff(costs) <= rounding))
        details = f"{costs[0]:.5g} to {costs[-1]:.5g}, at most {costs.max():.5g}"
        yield Finding(f"the training cost never rises for targets {unit:g} times as large", never_rises, details)


def _named(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in params.items())
