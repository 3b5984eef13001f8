"""CatBoost's own objectives, and the parameters of its own that say nothing beside a loss of ours."""

from __future__ import annotations

from collections.abc import Mapping

from lossary.boosting.parameters import BALANCED, POSITIVE

BUILTINS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "squared_error": ("RMSE", {}),
    "half_squared_error": ("RMSE", {}),
    "absolute_error": ("MAE", {}),
    "quantile": ("Quantile", {"tau": "alpha"}),
    "expectile": ("Expectile", {"tau": "alpha"}),
    "huber": ("Huber", {"delta": "delta"}),
    "log_cosh": ("LogCosh", {}),
    "poisson": ("Poisson", {}),
    "tweedie": ("Tweedie", {"p": "variance_power"}),
    "logistic": ("Logloss", {}),
    "softmax_cross_entropy": ("MultiClass", {}),
}
"""The losses that CatBoost has, with its names for their parameters."""

NEUTRAL: Mapping[str, tuple[object, str]] = {
    "class_weights": (None, BALANCED),
    "auto_class_weights": (None, BALANCED),
    "scale_pos_weight": (1.0, POSITIVE),
    "boost_from_average": (None, "training begins at the loss's best constant; to begin elsewhere give a baseline"),
    "target_border": (None, "make labels of the targets yourself"),
}
"""Parameters of CatBoost's own objectives: where they change nothing, and what to do instead of giving them."""
