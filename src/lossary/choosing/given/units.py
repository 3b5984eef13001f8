"""Whether a loss is the same loss on targets of another scale, up to a factor.

Targets are moved and scaled before lines and trees are trained. A loss of residuals with no parameter, or with one that
is in units of the target and scaled along, then has the same minimum; another one (log-cosh, a user's own, whose
parameters are in nobody knows what units) would be trained as another loss than was asked for.
"""

from __future__ import annotations

import numpy as np

from lossary.choosing.training.recipes import Part, loss_of
from lossary.evaluate.pointwise.function import LossFunction

UNITS = (0.125, 3.0, 40.0)
MOVED = (0.0, 2.5)
SAME = 1e-9
"""The relative difference of two gradients that is rounding."""


def is_free_of_units(part: Part, link: str) -> bool:
    """Whether gradients at moved and scaled targets are in proportion to those at the targets themselves.

    Targets whose predictions have a log link are scaled, and not moved.
    """
    plain = loss_of(part, "")
    if not isinstance(plain, LossFunction) or link == "logit":
        return True
    targets, predictions = _examples(link)
    reference = _gradient(plain, link, targets, predictions)
    for unit in UNITS:
        scaled = loss_of(part, "", unit)
        assert isinstance(scaled, LossFunction)
        for moved in MOVED if link == "identity" else (0.0,):
            other = _gradient(scaled, link, (targets - moved) / unit, (predictions - moved) / unit)
            if not _in_proportion(reference, other):
                return False
    return True


def _examples(link: str) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions, near each other and far apart; with a log link above zero."""
    targets, predictions = (each.ravel() for each in np.meshgrid([0.25, 1.0, 1.5, 6.0], [0.3, 1.25, 2.0, 9.0]))
    if link != "identity":
        return targets, predictions
    return np.concatenate([targets, -targets]), np.concatenate([predictions, predictions + 0.1])


def _gradient(loss: LossFunction, link: str, targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """The slope by the score, which is a logarithm where the loss itself has the log link."""
    f = np.log(predictions) if loss.link == "log" else predictions
    with np.errstate(all="ignore"):
        # The formula itself: a handful of numbers is no reason to compile a kernel.
        slope = np.broadcast_to(loss.record.grad(targets, f, *loss.given.values()), f.shape)
    return slope * predictions if link == "log" and loss.link != "log" else slope


def _in_proportion(reference: np.ndarray, other: np.ndarray) -> bool:
    if not (np.isfinite(reference).all() and np.isfinite(other).all()):
        return False
    largest = int(np.argmax(np.abs(reference)))
    if reference[largest] == 0.0 or other[largest] == 0.0:
        return False
    difference = other / other[largest] - reference / reference[largest]
    return bool(np.max(np.abs(difference)) <= SAME)
