"""What a candidate is called wherever people read: "Poisson loss, boosted trees (log link)". Its label is the key."""

from __future__ import annotations

from collections.abc import Mapping

from lossary.choosing.comparison.study import Candidate
from lossary.discovery import FAMILIES, names, record

MODELS = {"linear": "linear model", "boosting": "boosted trees", "mlp": "neural network"}
"""Models as people speak of one."""

MANY_MODELS = {"linear": "linear models", "boosting": "boosted trees", "mlp": "neural networks"}

OF_PROBABILITIES = tuple(family for family in FAMILIES if family in ("binary", "multiclass", "ordinal"))
"""Families whose link goes without saying: every one of their losses has it."""


def name_of(candidate: Candidate) -> str:
    """The name in words: the loss with its parameters, the model, and in brackets what else is done.

    Examples
    --------
    >>> name_of(Candidate("huber(delta=1.3), linear", "huber", {"delta": 1.3}, "linear", "identity"))
    'Huber loss (delta 1.3), linear model'
    >>> name_of(Candidate("poisson, boosting", "poisson", {}, "boosting", "log"))
    'Poisson loss, boosted trees (log link)'
    """
    parts = [loss_with_parameters(candidate), MODELS.get(candidate.model, candidate.model)]
    more = "; ".join(_what_else(candidate))
    return ", ".join(part for part in parts if part) + (f" ({more})" if more else "")


def loss_with_parameters(candidate: Candidate) -> str:
    """The loss, its parameters, and the scale that the target is on: "squared error on the log scale"."""
    title, parameters = title_of(candidate.loss), candidate.parameters
    scale = " on the log scale" if candidate.target else ""
    if candidate.loss == "quantile" and "low" in parameters:
        return f"quantile losses ({parameters['low']:g} and {parameters['high']:g}){scale}"
    words = _parameters_in_words(parameters)
    return f"{title} ({words}){scale}" if words else f"{title}{scale}"


def title_of(loss: str) -> str:
    """What people call a loss of the catalogue, as it stands in a sentence; the name of any other.

    Examples
    --------
    >>> title_of("huber"), title_of("my_own")
    ('Huber loss', 'my_own')
    """
    return (record(loss).title or loss) if loss in names() else loss


def _parameters_in_words(parameters: Mapping[str, float]) -> str:
    """A level stands alone, as people write a 0.9-quantile; other parameters have their names."""
    return ", ".join(
        f"{value:g}" if name == "tau" else f"{name.replace('_', ' ')} {value:g}" for name, value in parameters.items()
    )


def _what_else(candidate: Candidate) -> list[str]:
    """The link where losses differ in it, and what is done to targets, predictions and classes."""
    is_of_probabilities = candidate.loss in names() and record(candidate.loss).family in OF_PROBABILITIES
    has_link = candidate.link != "identity" and not is_of_probabilities
    shifted = "conformal" if candidate.loss == "quantile" else "plus residual quantiles"
    said = {
        f"{candidate.link} link": has_link,
        "scaled back to the mean": candidate.target.endswith("smeared"),
        shifted: candidate.shifted,
        "classes weighted by cost": candidate.weights is not None,
    }
    return [words for words, is_so in said.items() if is_so]
