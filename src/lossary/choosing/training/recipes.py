"""How a candidate is trained: which losses, on what targets, and how their predictions are read.

A ``Candidate`` is what a study says of itself; a ``Recipe`` is what it takes to train one. Recipes are plain data, and
travel to other processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lossary.choosing.comparison.naming import name_of
from lossary.choosing.comparison.study import Candidate
from lossary.choosing.comparison.thresholds import own_threshold
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.predictions.with_link import FORCED, with_link
from lossary.evaluate.registry import AnyLoss, named
from lossary.formula import REALS, Loss
from lossary.rowwise import RowLoss

MODELS = ("linear", "boosting", "mlp")
OWN_LOSS = "its own loss"
"""The loss of a user's estimator, which nobody else knows."""
SMEARED = "log1p, smeared"
MODEL_COMPLEXITY = {"linear": 0, "boosting": 10, "mlp": 20, "constant": -1}


@dataclass(frozen=True)
class Part:
    """One model to train: a loss and its parameters; ``level`` is of the end of an interval that it predicts.

    ``own`` is a user's own loss, None for one of the catalogue.
    """

    loss: str
    parameters: Mapping[str, float]
    level: float | None = None
    own: AnyLoss | None = None


@dataclass(frozen=True)
class Recipe:
    """A candidate and how to make it.

    parts       one model, or one for each end of an interval
    why         why it takes part, in words
    """

    candidate: Candidate
    parts: tuple[Part, ...]
    why: str = ""

    @property
    def label(self) -> str:
        return self.candidate.label

    @property
    def name(self) -> str:
        return self.candidate.name

    @property
    def model(self) -> str:
        return self.candidate.model

    @property
    def shifted(self) -> bool:
        return self.candidate.shifted

    @property
    def has_conformal_ends(self) -> bool:
        """Whether both ends of an interval are fitted, and moved together until it holds enough rows held out."""
        return self.shifted and len(self.parts) == 2

    @property
    def smeared(self) -> bool:
        return self.candidate.target == SMEARED

    @property
    def weights(self) -> tuple[float, float] | None:
        return self.candidate.weights

    @property
    def estimator(self) -> Any:
        """A user's own estimator; None for the library's models."""
        return self.candidate.estimator


def recipe(
    loss: str,
    model: str,
    parameters: Mapping[str, float] | None = None,
    *,
    link: str = "",
    target: str = "",
    reference: bool = False,
    levels: tuple[float, ...] = (),
    shifted: bool = False,
    smeared: bool = False,
    weights: tuple[float, float] | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
    complexity: int = 1,
    own: AnyLoss | None = None,
    origin: str = "",
    own_units: bool = False,
    exact: bool = False,
    why: str = "",
) -> Recipe:
    """A recipe with its label and name: "huber(delta=1.3), linear" and "Huber loss (delta 1.3), linear model".

    ``link`` forces one on a loss that has none; ``levels`` trains a quantile loss for each; ``bounds`` are the ends of
    the scale that targets become shares of. ``own`` is a user's own loss, and where that comes from its ``origin``;
    ``exact`` parameters are a user's too, and are not rounded.
    """
    single_level = {"tau": levels[0]} if len(levels) == 1 else {}
    asked_for = {name: value if exact else _rounded(value) for name, value in (parameters or {}).items()}
    rounded = {**asked_for, **single_level}
    shown = ", ".join(f"{name}={value:g}" for name, value in rounded.items())
    if len(levels) > 1:
        shown = f"tau={levels[0]:g} and {levels[1]:g}"
    words = [
        (f"{loss}({shown})" if shown else loss) + (" of log1p(y)" if target else _of_share(bounds)),
        f"{link} link" if link else "",
        "smeared" if smeared else "",
        ("conformal" if loss == "quantile" else "residual quantiles") if shifted else "",
        "classes weighted by cost" if weights else "",
        model,
    ]
    parts = tuple(Part(loss, {**rounded, "tau": level}, level) for level in levels) or (Part(loss, rounded, own=own),)
    plain = named(loss) if own is None else own
    candidate = Candidate(
        label=", ".join(word for word in words if word),
        loss=loss,
        parameters=rounded if len(levels) < 2 else {"low": levels[0], "high": levels[1]},
        model=model,
        link=link or _link_of(plain.record),
        kind="reference" if reference else "candidate",
        target=SMEARED if smeared else target,
        complexity=MODEL_COMPLEXITY[model] + (0 if reference else complexity + len(parameters or {})),
        threshold=own_threshold(plain.functional, weights),
        shifted=shifted,
        weights=weights,
        bounds=bounds,
        own_units=own_units,
        own_loss=own,
        origin=origin,
    )
    return Recipe(replace(candidate, name=name_of(candidate)), parts, why)


def _of_share(bounds: tuple[float, float]) -> str:
    """What targets become, as a part of a label: " of y/100", " of (y-1)/4"; "" where they stay."""
    low, high = bounds
    if bounds == (0.0, 1.0):
        return ""
    moved = "y" if low == 0.0 else f"(y-{low:g})" if low > 0.0 else f"(y+{-low:g})"
    return f" of {moved}/{high - low:g}"


def _link_of(record: Loss | RowLoss) -> str:
    """The link that trainers give a loss's scores: its own, or that which keeps predictions within its bounds."""
    if record.link == "identity" and isinstance(record, Loss):
        return next((link for link, bounds in FORCED.items() if record.prediction == bounds), "identity")
    return {"half_logit": "logit"}.get(record.link, record.link)


def _rounded(value: float) -> float:
    """Three digits: what a person would write, and the data can tell."""
    return float(f"{value:.3g}")


def loss_of(part: Part, link: str, scale: float = 1.0) -> AnyLoss:
    """The loss to train on targets divided by ``scale``, its predictions kept to what a link allows."""
    loss = named(part.loss) if part.own is None else part.own
    values = {}
    for parameter in loss.parameters:
        if parameter.name in part.parameters:
            in_units = "units of y" in parameter.meaning
            values[parameter.name] = part.parameters[parameter.name] / (scale if in_units else 1.0)
    loss = loss.using(**values) if values else loss
    return with_link(loss, link) if is_forced(loss, link) else loss


def is_forced(loss: AnyLoss, link: str) -> bool:
    """Whether a candidate's link is not the loss's own."""
    return isinstance(loss, LossFunction) and link in FORCED and loss.link == "identity" and loss.prediction == REALS
