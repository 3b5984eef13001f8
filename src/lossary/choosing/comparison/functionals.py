"""What a candidate's predictions are least wrong at, and whether that is what was asked for."""

from __future__ import annotations

from lossary.choosing.comparison.study import Candidate, Want
from lossary.discovery import names
from lossary.evaluate.registry import get

ANSWERS = {
    "mean": ("mean", "probability"),
    "median": ("median", "quantile"),
    "quantile": ("quantile",),
    "interval": ("quantile",),
    "probability": ("probability", "mean"),
}
"""The functionals of losses that answer each question (the probability of a label is its mean); for labels every
classification loss does."""

EQUIVARIANT = ("median", "quantile", "interval")
"""A quantile of the log is the log of the quantile: a transformed target does not move these."""

ROBUST = ("median", "huber", "m-estimate", "location")
"""Centres that far targets hardly move."""


def functional_of(candidate: Candidate) -> str:
    """What a candidate's loss is least at, as it says of itself; "" where nobody knows."""
    if candidate.own_loss is not None:
        functional = candidate.own_loss.functional
        return "" if functional == "unknown" else functional
    return get(candidate.loss).functional if candidate.loss in names() else ""


def is_shifted_by_transformation(want: Want, candidate: Candidate) -> bool:
    """Whether a transformation of the target moves what is predicted, and nothing brings it back."""
    return candidate.target == "log1p" and want.functional not in EQUIVARIANT


def is_robust(candidate: Candidate) -> bool:
    """Whether its loss aims at a centre that far targets hardly move, and the target is as it was."""
    return functional_of(candidate) in ROBUST and not candidate.target


def aims_at(want: Want, candidate: Candidate) -> bool:
    """Whether more data makes a candidate surer of what is wanted, and not of something else."""
    answers, functional = ANSWERS.get(want.functional), functional_of(candidate)
    if answers is None or not functional or candidate.shifted:
        return True
    smoothed = want.functional == "probability" and candidate.parameters.get("label_smoothing", 0.0) > 0.0
    return functional in answers and not is_shifted_by_transformation(want, candidate) and not smoothed
