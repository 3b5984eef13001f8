"""LightGBM's own objectives, and the parameters of its own that say nothing beside a loss of ours."""

from __future__ import annotations

from collections.abc import Mapping

from lossary.boosting.parameters import BALANCED, OF_THE_LOSS, POSITIVE

BUILTINS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "squared_error": ("regression", {}),
    "half_squared_error": ("regression", {}),
    "absolute_error": ("regression_l1", {}),
    "huber": ("huber", {"delta": "alpha"}),
    "fair": ("fair", {"c": "fair_c"}),
    "quantile": ("quantile", {"tau": "alpha"}),
    "poisson": ("poisson", {}),
    "gamma": ("gamma", {}),
    "tweedie": ("tweedie", {"p": "tweedie_variance_power"}),
    "logistic": ("binary", {}),
    "softmax_cross_entropy": ("multiclass", {}),
    "one_vs_rest_logistic": ("multiclassova", {}),
}
"""The losses that LightGBM has, with its names for their parameters."""

NEUTRAL: Mapping[str, tuple[object, str]] = {
    "scale_pos_weight": (1.0, POSITIVE),
    "is_unbalance": (False, BALANCED),
    "unbalance": (False, BALANCED),
    "unbalanced_sets": (False, BALANCED),
    "alpha": (None, OF_THE_LOSS),
    "fair_c": (None, OF_THE_LOSS),
    "tweedie_variance_power": (None, OF_THE_LOSS),
    "poisson_max_delta_step": (None, OF_THE_LOSS),
    "sigmoid": (1.0, OF_THE_LOSS),
    "reg_sqrt": (False, "take the square roots of the labels yourself"),
    "boost_from_average": (True, "training begins at the loss's best constant; to begin elsewhere give init_score"),
}
"""Parameters of LightGBM's own objectives: where they change nothing, and what to do instead of giving them."""
