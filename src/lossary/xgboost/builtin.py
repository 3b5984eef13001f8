"""XGBoost's own objectives, and the parameters of its own that say nothing beside a loss of ours."""

from __future__ import annotations

from collections.abc import Mapping

from lossary.boosting.parameters import OF_THE_LOSS, POSITIVE

BUILTINS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "squared_error": ("reg:squarederror", {}),
    "half_squared_error": ("reg:squarederror", {}),
    "absolute_error": ("reg:absoluteerror", {}),
    "pseudo_huber": ("reg:pseudohubererror", {"delta": "huber_slope"}),
    "quantile": ("reg:quantileerror", {"tau": "quantile_alpha"}),
    "poisson": ("count:poisson", {}),
    "gamma": ("reg:gamma", {}),
    "tweedie": ("reg:tweedie", {"p": "tweedie_variance_power"}),
    "logistic": ("binary:logistic", {}),
    "softmax_cross_entropy": ("multi:softprob", {}),
}
"""The losses that XGBoost has, with its names for their parameters."""

NEUTRAL: Mapping[str, tuple[object, str]] = {
    "scale_pos_weight": (1.0, POSITIVE),
    "huber_slope": (None, OF_THE_LOSS),
    "quantile_alpha": (None, OF_THE_LOSS),
    "expectile_alpha": (None, OF_THE_LOSS),
    "tweedie_variance_power": (None, OF_THE_LOSS),
    "aft_loss_distribution": (None, OF_THE_LOSS),
    "aft_loss_distribution_scale": (None, OF_THE_LOSS),
}
"""Parameters of XGBoost's own objectives: where they change nothing, and what to do instead of giving them."""
