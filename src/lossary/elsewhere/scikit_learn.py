"""Names of scikit-learn: metrics, and what estimators take as ``loss``, by "Estimator:loss"."""

from __future__ import annotations

from collections.abc import Iterator

from lossary.elsewhere.name import Library, Name, refused

_SIGNS = "Takes any two labels; its margin has them as -1 and 1, as they are given here."
_PENALTY = "Sums the losses, times C, beside a penalty of 1/2: C is not a weight of the penalty but of the loss."

_METRICS = {
    "brier_score_loss": Name("brier", trap="For two classes alone; scale_by_half=False doubles it."),
    "hinge_loss": Name("hinge", trap="Takes any two labels; the larger is +1. Of more classes it is multiclass_hinge."),
    "log_loss": Name(
        "binary_cross_entropy",
        trap="Takes probabilities, clips them, and sorts labels as strings sort; of more classes it is "
        "categorical_cross_entropy.",
    ),
    "mean_absolute_error": Name("absolute_error"),
    "mean_absolute_percentage_error": Name("absolute_percentage_error", trap="A fraction, not percent."),
    "mean_gamma_deviance": Name("gamma_deviance"),
    "mean_pinball_loss": Name(
        "quantile:tau=0.5", parameters={"alpha": "tau"}, trap="At its default it is half of MAE."
    ),
    "mean_poisson_deviance": Name("poisson_deviance", trap="Takes means, and is twice poisson up to a term in y."),
    "mean_squared_error": Name("squared_error"),
    "mean_squared_log_error": Name("squared_log_error"),
    "root_mean_squared_error": Name("root_mean_squared_error"),
    "root_mean_squared_log_error": Name("root_mean_squared_log_error"),
    "mean_tweedie_deviance": refused(
        "has power 0 unless told, the squared error; here tweedie_deviance has p=1.5",
        "tweedie_deviance",
        parameters={"power": "p"},
    ),
}


def _of_sgd() -> Iterator[tuple[str, Name]]:
    """What both linear estimators by SGD take, and what the classifier takes besides."""
    for estimator in ("SGDClassifier", "SGDRegressor"):
        yield (
            f"{estimator}:squared_error",
            Name("half_squared_error", trap="Its gradient is the residual: half of MSE."),
        )
        yield f"{estimator}:huber", Name("huber:delta=0.1", parameters={"epsilon": "delta"})
        yield f"{estimator}:epsilon_insensitive", Name("epsilon_insensitive", parameters={"epsilon": "epsilon"})
        yield (
            f"{estimator}:squared_epsilon_insensitive",
            Name("squared_epsilon_insensitive", parameters={"epsilon": "epsilon"}),
        )
    for loss, ours in (
        ("hinge", "hinge"),
        ("squared_hinge", "squared_hinge"),
        ("perceptron", "perceptron"),
        ("modified_huber", "modified_huber"),
        ("log_loss", "logistic_margin"),
    ):
        yield f"SGDClassifier:{loss}", Name(ours, trap=_SIGNS)


_ESTIMATORS = {
    "HistGradientBoostingRegressor:squared_error": Name(
        "half_squared_error", trap="Half of MSE; nothing learned differs."
    ),
    "HistGradientBoostingRegressor:absolute_error": Name("absolute_error"),
    "HistGradientBoostingRegressor:gamma": Name(
        "gamma", shifted=True, trap="predict() gives means, not their logarithms."
    ),
    "HistGradientBoostingRegressor:poisson": Name(
        "poisson", shifted=True, trap="predict() gives means, not their logarithms."
    ),
    "HistGradientBoostingRegressor:quantile": Name(
        "quantile", parameters={"quantile": "tau"}, trap="quantile= must be given: there is no default."
    ),
    "HistGradientBoostingClassifier:log_loss": Name(
        "logistic", trap="Of more than two classes it is softmax_cross_entropy."
    ),
    "GradientBoostingRegressor:squared_error": Name("half_squared_error"),
    "GradientBoostingRegressor:absolute_error": Name("absolute_error"),
    "GradientBoostingRegressor:huber": refused(
        "sets its bend anew each step, to the alpha quantile of the absolute residuals; here huber has a fixed delta",
        "huber",
        trap="alpha is a quantile here, where LightGBM's alpha is the bend itself.",
    ),
    "GradientBoostingRegressor:quantile": Name("quantile:tau=0.9", parameters={"alpha": "tau"}),
    "GradientBoostingClassifier:log_loss": Name(
        "logistic", trap="Of more than two classes it is softmax_cross_entropy."
    ),
    "GradientBoostingClassifier:exponential": Name("exponential", trap=_SIGNS),
    "MLPRegressor:squared_error": Name("half_squared_error", trap="score() is R squared, loss_ has the penalty in it."),
    "MLPRegressor:poisson": Name("poisson", shifted=True, trap="The last layer is exponential: outputs are means."),
    "LinearSVC:hinge": Name("hinge", trap=_PENALTY),
    "LinearSVC:squared_hinge": Name(
        "squared_hinge", trap=f"The default of LinearSVC, where SVC has the hinge. {_PENALTY}"
    ),
    "LinearSVR:epsilon_insensitive": Name(
        "epsilon_insensitive:epsilon=0", parameters={"epsilon": "epsilon"}, trap=f"epsilon is 0 unless told. {_PENALTY}"
    ),
    "LinearSVR:squared_epsilon_insensitive": Name(
        "squared_epsilon_insensitive:epsilon=0",
        parameters={"epsilon": "epsilon"},
        trap=f"epsilon is 0 unless told, where it is the squared error. {_PENALTY}",
    ),
    "NMF:frobenius": Name("half_squared_error", also=("MiniBatchNMF",), trap="Summed over the matrix."),
    "NMF:kullback-leibler": Name("poisson_deviance", "1/2", also=("MiniBatchNMF",), trap="Summed over the matrix."),
    "NMF:itakura-saito": Name("gamma_deviance", "1/2", also=("MiniBatchNMF",), trap="Summed over the matrix."),
    "RANSACRegressor:absolute_error": Name(
        "absolute_error", trap="Only tells inliers from outliers; the fit is another's."
    ),
    "RANSACRegressor:squared_error": Name(
        "squared_error", trap="Only tells inliers from outliers; the fit is another's."
    ),
    **{
        f"PassiveAggressiveClassifier:{loss}": Name(loss, trap="Each step makes this example's loss zero, or nearly.")
        for loss in ("hinge", "squared_hinge")
    },
    **{
        f"PassiveAggressiveRegressor:{loss}": Name(
            loss, parameters={"epsilon": "epsilon"}, trap="Each step makes this example's loss zero, or nearly."
        )
        for loss in ("epsilon_insensitive", "squared_epsilon_insensitive")
    },
    **{
        f"AdaBoostRegressor:{loss}": refused("weighs rows by their errors, and is minimised by nothing")
        for loss in ("linear", "square", "exponential")
    },
}

_WITHOUT_A_CHOICE = {
    "LinearRegression": Name("half_squared_error", also=("Ridge", "Lasso", "ElasticNet")),
    "LogisticRegression": Name("logistic", trap=f"{_PENALTY} Of more than two classes it is softmax_cross_entropy."),
    "HuberRegressor": refused(
        "estimates a scale along with the line, and bends at epsilon times it; here huber has a fixed delta",
        "huber:delta=1.35",
        parameters={"epsilon": "delta"},
    ),
    "QuantileRegressor": Name(
        "quantile", parameters={"quantile": "tau"}, trap="Has a penalty unless told: alpha=1. Say alpha=0 for none."
    ),
    "PoissonRegressor": Name("poisson", shifted=True, trap="Has a penalty unless told: alpha=1. Say alpha=0 for none."),
    "GammaRegressor": Name("gamma", shifted=True, trap="Has a penalty unless told: alpha=1. Say alpha=0 for none."),
    "TweedieRegressor": refused(
        "has power 0 unless told, the squared error; with power=p and link='log' it is tweedie",
        "tweedie",
        parameters={"power": "p"},
    ),
    "Perceptron": Name("perceptron", trap=_SIGNS),
    "SVC": Name("hinge", trap=_PENALTY),
    "SVR": Name("epsilon_insensitive", parameters={"epsilon": "epsilon"}, trap=_PENALTY),
}


def _called(name: str, entry: Name) -> Name:
    """An estimator's entry: how its call is written, known only after the library's name."""
    estimator, colon, loss = name.partition(":")
    option = "beta_loss" if estimator == "NMF" else "loss"
    call = f'{estimator}({option}="{loss}")' if colon else f"{estimator}()"
    return Name(**{**entry.__dict__, "call": call, "alone": False})


SKLEARN = Library(
    "scikit-learn",
    "(y_true, y_pred): target first",
    "metrics: weighted mean; estimators: mean or sum, beside a penalty",
    "Each metric runs beside the loss of its name. Of estimators, what they evaluate runs beside ours; where they "
    "evaluate nothing (LinearSVC, LinearSVR, SVC, SVR, those without a choice of loss), the minimum of ours beside "
    "their fit.",
    {
        **{name: Name(**{**entry.__dict__, "metric": True}) for name, entry in _METRICS.items()},
        **{
            name: _called(name, entry)
            for name, entry in {**_ESTIMATORS, **dict(_of_sgd()), **_WITHOUT_A_CHOICE}.items()
        },
    },
    no_losses=(
        *("hamming_loss", "zero_one_loss", "max_error", "median_absolute_error", "coverage_error"),
        *("label_ranking_loss",),
    ),
)
