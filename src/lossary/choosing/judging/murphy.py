"""Murphy diagrams: all consistent scores of a functional at once (Ehm et al. 2016, doi:10.1111/rssb.12154).

Every score that is consistent for a mean, quantile or expectile is a mixture of elementary scores, one for each
decision threshold theta. A candidate whose curve lies below another's everywhere is better under all of them: it
dominates. Curves that cross mean that the answer depends on the score.

The elementary score of a row is the size of the gradient at theta of the functional's own loss, where theta lies
between target and prediction, else zero: over all theta it integrates to that loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.scores import tested_rows
from lossary.choosing.comparison.study import Study, many_classes
from lossary.evaluate.registry import pointwise

THETAS = 121
VISIBLE = 0.01
"""The part of a curve's height below which a difference does not show."""


@dataclass(frozen=True)
class Murphy:
    """Mean elementary scores at thresholds: one curve a candidate."""

    what: str  # "mean", "quantile 0.9", ...
    theta: np.ndarray
    curves: Mapping[str, np.ndarray]

    def dominates(self, one: str, other: str) -> bool:
        """Whether one candidate's curve is nowhere above another's, and somewhere below, by more than shows."""
        gap = self.curves[other] - self.curves[one]
        slack = VISIBLE * self.height(one, other)
        return bool(gap.min() >= -slack and gap.max() > slack)

    def crosses(self, one: str, other: str) -> bool:
        """Whether each of two curves lies below the other somewhere, by more than shows."""
        gap, slack = self.curves[other] - self.curves[one], VISIBLE * self.height(one, other)
        return bool(gap.min() < -slack and gap.max() > slack)

    def height(self, one: str, other: str) -> float:
        """How high the higher of two curves reaches."""
        return float(max(self.curves[one].max(), self.curves[other].max()))


def elementary_score(y: np.ndarray, prediction: np.ndarray, theta: float, loss: str) -> np.ndarray:
    """The elementary score of every row, for the functional of "half_squared_error", "quantile:0.9", "expectile:0.7".

    Examples
    --------
    >>> import numpy as np
    >>> elementary_score(np.array([0.0, 5.0]), np.array([4.0, 4.0]), 3.0, "half_squared_error")
    array([3., 0.])
    """
    return np.where((prediction <= theta) ^ (y <= theta), _slope(y, theta, loss), 0.0)


def _slope(y: np.ndarray, theta: float, loss: str) -> np.ndarray:
    # Just above theta: at a kink (theta = y) the gradient of the catalogue is the middle of both sides.
    above = np.full(y.size, np.nextafter(theta, np.inf))
    return np.abs(pointwise(loss).gradient(y, above, check=False))


def murphy(study: Study, labels: Sequence[str], thetas: int = THETAS) -> tuple[Murphy, ...]:
    """The diagrams of these candidates: one, for an interval two; none for labels and for more than two classes."""
    if study.want.functional == "label" or many_classes(study):
        return ()
    if study.want.functional == "interval":
        return tuple(
            _diagram(study, {name: study.predictions[name][..., end] for name in labels}, f"quantile:{tau!r}", thetas)
            for end, tau in enumerate(interval_levels(study.want))
        )
    spec = "half_squared_error"
    if study.want.functional in ("median", "quantile"):
        spec = f"quantile:{quantile_level(study.want)!r}"
    return (_diagram(study, {name: study.predictions[name] for name in labels}, spec, thetas),)


def _diagram(study: Study, predictions: Mapping[str, np.ndarray], loss: str, thetas: int) -> Murphy:
    is_tested = tested_rows(study)
    theta = _thresholds(
        np.concatenate([study.y[is_tested.any(axis=0)], *(p[is_tested] for p in predictions.values())]), thetas
    )
    share = is_tested * (1.0 if study.weight is None else study.weight)
    share = share / share.sum()
    curves = {name: np.empty(theta.size) for name in predictions}
    for position, threshold in enumerate(theta):
        # The slope knows only the target: it is the same for all candidates and repeats.
        weighted_slope = share * _slope(study.y.astype(np.float64), threshold, loss)
        below = study.y <= threshold
        for name, prediction in predictions.items():
            curves[name][position] = weighted_slope[(prediction <= threshold) ^ below].sum()
    name, _, level = loss.partition(":")
    return Murphy(f"quantile {float(level):g}" if name == "quantile" else "mean", theta, curves)


def _thresholds(numbers: np.ndarray, count: int) -> np.ndarray:
    """Evenly from the least to the greatest number; a long tail is left out, as nothing could be seen beside it."""
    low, high = np.quantile(numbers, [0.005, 0.995])
    return np.linspace(low, high, count) if high > low else np.array([low])
