"""What other libraries call losses: which of ours gives the number of a name at its defaults, and where none does.

``SAME`` has the loss of a name, with parameters where that library's defaults are others. Objectives of boosters are
the same up to a factor and a term in the target, neither of which changes what is learned. ``DIFFERENT`` says why a
name is refused, and what comes nearest. Data only: what tests hold it to is in ``tests/keras`` and ``tests/jax``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_IN_TORCH = "takes {}; lossary.torch has it under this name, and the catalogue has no such loss"
_SCORES = "takes probabilities and clips them; here {} takes scores"

SAME: dict[str, dict[str, str]] = {
    "torch": {
        "L1Loss": "absolute_error",
        "MSELoss": "squared_error",
        "SmoothL1Loss": "smooth_l1",
        "HuberLoss": "huber",
        "SoftMarginLoss": "logistic_margin",
        "BCELoss": "binary_cross_entropy",
        "BCEWithLogitsLoss": "logistic",
        "CrossEntropyLoss": "softmax_cross_entropy",
        "NLLLoss": "kl_target_prediction_log_probabilities",
        "MultiLabelSoftMarginLoss": "multilabel_soft_margin",
        "PoissonNLLLoss": "poisson",
        "binary_cross_entropy": "binary_cross_entropy",
        "binary_cross_entropy_with_logits": "logistic",
        "cross_entropy": "softmax_cross_entropy",
    },
    "keras": {
        "BinaryCrossentropy": "binary_cross_entropy",
        "CategoricalCrossentropy": "categorical_cross_entropy",
        "SparseCategoricalCrossentropy": "categorical_cross_entropy",
        "Hinge": "hinge",
        "SquaredHinge": "squared_hinge",
        "Huber": "huber",
        "KLDivergence": "kl_target_prediction",
        "LogCosh": "log_cosh",
        "MeanAbsoluteError": "absolute_error",
        "MeanSquaredError": "squared_error",
        "MeanSquaredLogarithmicError": "squared_log_error",
    },
    "optax": {
        "hinge_loss": "hinge",
        "huber_loss": "huber",
        "kl_divergence": "kl_target_prediction_log_probabilities",
        "l2_loss": "half_squared_error",
        "log_cosh": "log_cosh",
        "multiclass_hinge_loss": "multiclass_hinge",
        "multiclass_perceptron_loss": "multiclass_perceptron",
        "multiclass_sparsemax_loss": "sparsemax",
        "perceptron_loss": "perceptron",
        "poly_loss_cross_entropy": "poly1:epsilon=2",
        "safe_softmax_cross_entropy": "softmax_cross_entropy",
        "sigmoid_binary_cross_entropy": "logistic",
        "softmax_cross_entropy": "softmax_cross_entropy",
        "softmax_cross_entropy_with_integer_labels": "softmax_cross_entropy",
        "squared_error": "squared_error",
    },
    "sklearn": {
        "brier_score_loss": "brier",
        "hinge_loss": "hinge",
        "log_loss": "binary_cross_entropy",
        "mean_absolute_error": "absolute_error",
        "mean_absolute_percentage_error": "absolute_percentage_error",
        "mean_gamma_deviance": "gamma_deviance",
        "mean_pinball_loss": "quantile:tau=0.5",
        "mean_poisson_deviance": "poisson_deviance",
        "mean_squared_error": "squared_error",
        "mean_squared_log_error": "squared_log_error",
        "root_mean_squared_error": "root_mean_squared_error",
        "root_mean_squared_log_error": "root_mean_squared_log_error",
    },
    "xgboost": {
        "reg:squarederror": "half_squared_error",
        "reg:squaredlogerror": "squared_log_error",
        "reg:absoluteerror": "absolute_error",
        "reg:pseudohubererror": "pseudo_huber",
        "reg:quantileerror": "quantile",
        "reg:expectileerror": "expectile",
        "reg:logistic": "logistic",
        "reg:gamma": "gamma",
        "reg:tweedie": "tweedie:p=1.5",
        "count:poisson": "poisson",
        "binary:logistic": "logistic",
        "binary:logitraw": "logistic",
        "binary:hinge": "hinge",
        "multi:softmax": "softmax_cross_entropy",
        "multi:softprob": "softmax_cross_entropy",
    },
    "lightgbm": {
        "regression": "half_squared_error",
        "regression_l1": "absolute_error",
        "huber": "huber:delta=0.9",
        "fair": "fair:c=1",
        "poisson": "poisson",
        "quantile": "quantile:tau=0.9",
        "mape": "absolute_percentage_error:floor=1",
        "gamma": "gamma",
        "tweedie": "tweedie:p=1.5",
        "binary": "logistic",
        "cross_entropy": "logistic",
        "multiclass": "softmax_cross_entropy",
        "multiclassova": "one_vs_rest_logistic",
    },
    "catboost": {
        "RMSE": "root_mean_squared_error",
        "MAE": "absolute_error",
        "MAPE": "absolute_percentage_error:floor=1",
        "Quantile": "quantile:tau=0.5",
        "Expectile": "expectile:tau=0.5",
        "LogCosh": "log_cosh",
        "Huber": "huber",
        "Lq": "lp",
        "Tweedie": "tweedie",
        "Focal": "focal",
        "Poisson": "poisson",
        "Logloss": "logistic",
        "CrossEntropy": "logistic",
        "MultiClass": "softmax_cross_entropy",
        "MultiClassOneVsAll": "one_vs_rest_logistic",
        "MultiLogloss": "one_vs_rest_logistic",
        "MultiCrossEntropy": "one_vs_rest_logistic",
    },
}

DIFFERENT: dict[str, dict[str, str]] = {
    "torch": {
        "GaussianNLLLoss": "takes variances, and leaves log(2 pi)/2 out; here gaussian_nll takes scale, their root",
        "KLDivLoss": "divides its mean by the number of classes too; kl_target_prediction_log_probabilities does not",
        "MultiMarginLoss": "is weston_watkins over the number of classes",
        "MarginRankingLoss": _IN_TORCH.format("two predictions, and which is to be the larger"),
        "HingeEmbeddingLoss": _IN_TORCH.format("a distance, and whether it is to be small"),
        "CosineEmbeddingLoss": _IN_TORCH.format("two vectors, and whether they are to be alike"),
        "TripletMarginLoss": _IN_TORCH.format("three vectors"),
        "TripletMarginWithDistanceLoss": _IN_TORCH.format("three vectors and a distance"),
        "MultiLabelMarginLoss": _IN_TORCH.format("a list of labels"),
        "LinearCrossEntropyLoss": "has weights of its own; lossary.linear_cross_entropy is the function",
        "AdaptiveLogSoftmaxWithLoss": _IN_TORCH.format("inputs of a layer of its own"),
        "CTCLoss": "sums over alignments of two sequences, which no loss here does",
        "NLLLoss2d": "is an old name of NLLLoss, given up by torch",
    },
    "keras": {
        "BinaryFocalCrossentropy": _SCORES.format("Focal (of scores in {0, 1}, balanced by alpha)"),
        "CategoricalFocalCrossentropy": _SCORES.format("FocalSoftmax, without the factor alpha,"),
        "CategoricalGeneralizedCrossEntropy": _SCORES.format("GeneralizedCrossEntropy"),
        "CategoricalHinge": "takes the largest wrong score with 0; here MulticlassHinge takes it as it is",
        "MeanAbsolutePercentageError": "is in percent; here AbsolutePercentageError is a fraction",
        "Poisson": "takes means; here PoissonLog takes their logarithms, and PoissonDeviance means",
    },
    "optax": {
        "kl_divergence_with_log_targets": "takes logarithms of targets; give kl_divergence their exponentials",
        "ranking_softmax_loss": "is a mean; listwise_softmax gives the loss of every list",
        "sigmoid_focal_loss": "has no alpha unless told: that is twice focal with alpha=0.5",
        "sparsemax_loss": "is for labels {0, 1} and one score; here sparsemax takes a row of scores",
    },
    "sklearn": {
        "mean_tweedie_deviance": "has power 0 unless told, the squared error; here tweedie_deviance has p=1.5",
    },
    "xgboost": {"rank:pairwise": "compares pairs; here listwise_softmax compares lists"},
    "lightgbm": {"cross_entropy_lambda": "has another link; logistic is the usual one"},
    "catboost": {
        "MultiRMSE": "is the root of a sum over columns; here root_mean_squared_error takes one column",
    },
}
"""Why a name of a library is no name here; it reads on from "keras:Poisson"."""

ALSO = {"jax": "optax", "scikit-learn": "sklearn"}
"""Libraries by another name."""


def plain(name: str) -> str:
    """A name in small letters and underscores: HuberLoss is huber_loss, MSELoss mse_loss."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip())
    return words.lower().replace("-", "_").replace(" ", "_")


def libraries() -> tuple[str, ...]:
    """All libraries whose names are known."""
    return (*SAME, *ALSO)


def meaning(library: str, name: str) -> str | None:
    """What a library's name is here: a loss, with its parameters after a colon; None where nothing is known.

    Raises ValueError for a name that means something else there than any loss here.
    """
    library = ALSO.get(library, library)
    reason = _listed(DIFFERENT[library], name)
    if reason is not None:
        raise ValueError(f"{library}:{name} {reason}")
    return _listed(SAME[library], name)


def translated(spec: str, own: Mapping[str, str]) -> tuple[str, str]:
    """A name as it is here, and its parameters; ``own`` maps our names and aliases to the losses they are.

    The name may be ours, or another library's: alone, or after the library and a colon.
    """
    library, colon, rest = spec.partition(":")
    if not colon or library not in libraries():
        name, given = _parted(spec)
        found = name if name in own else _of_any(name, own)
    else:
        name, given = _parted(rest)
        found = meaning(library, name) or ""
        if not found:
            known = ", ".join(SAME[ALSO.get(library, library)])
            raise ValueError(f"{library} has no {name!r} that is a loss here; known are {known}")
    loss, _, parameters = found.partition(":") if found != name else (name, "", "")
    return loss, given or parameters


def _parted(spec: str) -> tuple[str, str]:
    """A name, and what follows its colon. Names of XGBoost have a colon of their own."""
    for name in SAME["xgboost"] | DIFFERENT["xgboost"]:
        if spec == name or spec.startswith(f"{name}:"):
            return name, spec[len(name) + 1 :]
    name, _, given = spec.partition(":")
    return name, given


def _listed(names: Mapping[str, str], name: str) -> str | None:
    """What a list says of a name, as it is written or in another library's letters."""
    if name in names:
        return names[name]
    return next((found for each, found in names.items() if plain(each) == plain(name)), None)


def _of_any(name: str, own: Mapping[str, str]) -> str:
    """What all libraries agree that a name means, which may be none; a ValueError where they do not."""
    if own.get(plain(name)) == plain(name):
        return name  # a loss's own name in capitals, as hosts' classes have it
    listed = {library: SAME[library] | DIFFERENT[library] for library in SAME}
    exact = [library for library in listed if name in listed[library]]
    having = exact or [library for library in listed if _listed(listed[library], name) is not None]
    meanings = {library: _listed(SAME[library], name) for library in having}
    ours = own.get(plain(name), own.get(plain(name).removesuffix("_loss")))
    if len({*meanings.values()}) > 1:
        choices = " or ".join([*(f"{library}:{name}" for library in meanings), *([ours] if ours else [])])
        raise ValueError(f"libraries mean different losses by {name!r}; say {choices}")
    for library in meanings:
        found = meaning(library, name) or ""
        if ours not in (None, found.partition(":")[0]):
            raise ValueError(f"{library} means {found} by {name!r}, here it is {ours}; say {library}:{name} or {ours}")
        return found
    return name
