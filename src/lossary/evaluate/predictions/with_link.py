"""A loss of means under a link that it does not have itself: the link is one thing, the loss another."""

from __future__ import annotations

from dataclasses import replace

from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss, get
from lossary.formula import POSITIVE, REALS, UNIT

FORCED = {"log": POSITIVE, "logit": UNIT}
"""Predictions kept in these make every trainer take the link's inverse of its scores."""


def with_link(loss: str | AnyLoss, link: str) -> LossFunction:
    """The same loss, for trainers that keep its predictions above zero ("log"), or between 0 and 1 ("logit").

    What it computes does not change: it takes predictions in the units of the target. Linear models, boosters and
    networks take the link's inverse of their scores.

    Raises
    ------
    ValueError
        For another link, and for a loss that has a link, or bounds, of its own.

    Examples
    --------
    >>> import lossary
    >>> from lossary.sklearn import LinearRegressor
    >>> loss = lossary.with_link("squared_error", "log")
    >>> LinearRegressor(loss).fit([[0.0], [1.0], [2.0]], [1.0, 2.0, 4.0]).predict([[3.0]]).round(6)
    array([8.])
    """
    plain = get(loss)
    if link not in FORCED:
        raise ValueError(f"a link must be one of {', '.join(FORCED)}, not {link!r}")
    if not isinstance(plain, LossFunction) or plain.link != "identity" or plain.prediction != REALS:
        raise ValueError(f"{plain} has a link or bounds of its own; leave {link!r} out")
    return LossFunction(replace(plain.record, prediction=FORCED[link]), plain.fixed)
