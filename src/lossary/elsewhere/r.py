"""Names of R's packages, as "package::name", known only after "R:". None of them runs beside ours in a test."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from lossary.elsewhere.name import Library, Name
from lossary.elsewhere.name import refused as _refused

_name = partial(Name, alone=False)
_metric = partial(Name, alone=False, metric=True)
refused = partial(_refused, alone=False)

_DEVIANCE = "deviance() is twice the loss."
_SCALED = "rlm divides residuals by a scale that it estimates anew in each step: k counts such scales, not units of y."

_STATS: Mapping[str, Name] = {
    "stats::lm": _name("half_squared_error", call="lm(y ~ x)", also=("nls",), trap="deviance() is the sum of squares."),
    "stats::gaussian": _name("half_squared_error", call="glm(family = gaussian())", trap=_DEVIANCE),
    "stats::binomial": _name(
        "logistic",
        call="glm(family = binomial())",
        also=("quasibinomial",),
        trap=f"Of a factor the first level is 0. {_DEVIANCE}",
    ),
    "stats::poisson": _name(
        "poisson", shifted=True, call="glm(family = poisson())", also=("quasipoisson",), trap=_DEVIANCE
    ),
    "stats::Gamma": refused(
        'has the link 1/m unless told; with link = "log" it is gamma', "gamma", call='glm(family = Gamma(link = "log"))'
    ),
    "stats::inverse.gaussian": refused(
        'has the link 1/m^2 unless told; with link = "log" it is inverse_gaussian',
        "inverse_gaussian",
        call='glm(family = inverse.gaussian(link = "log"))',
    ),
}

_MASS: Mapping[str, Name] = {
    "MASS::psi.huber": _name(
        "huber:delta=1.345",
        parameters={"k": "delta"},
        call="MASS::rlm(psi = psi.huber)",
        trap=f"A weight, psi(u)/u. {_SCALED}",
    ),
    "MASS::psi.bisquare": _name(
        "tukey_biweight",
        parameters={"c": "c"},
        call="MASS::rlm(psi = psi.bisquare)",
        trap=f"A weight, psi(u)/u. {_SCALED}",
    ),
    "MASS::psi.hampel": refused(
        "bends three times, which no loss here does; tukey_biweight levels off too", "tukey_biweight"
    ),
    "MASS::glm.nb": _name(
        "negative_binomial", shifted=True, call="MASS::glm.nb(y ~ x)", trap="Estimates theta, which is 1/alpha."
    ),
    "MASS::negative.binomial": _name(
        "negative_binomial",
        shifted=True,
        call="glm(family = MASS::negative.binomial(theta = 1))",
        trap="theta is 1/alpha, and has no default.",
    ),
    "MASS::polr": _name(
        "cumulative_logit",
        call="MASS::polr(y ~ x)",
        trap="Our scores are its thresholds (zeta) less its linear predictor.",
    ),
    "quantreg::rq": _name("quantile:tau=0.5", parameters={"tau": "tau"}, call="quantreg::rq(y ~ x, tau = 0.5)"),
    "glmnet::gaussian": _name(
        "half_squared_error", call='glmnet(family = "gaussian")', trap="Mean over rows, beside a penalty."
    ),
    "glmnet::binomial": _name("logistic", call='glmnet(family = "binomial")', trap="Mean over rows, beside a penalty."),
    "glmnet::poisson": _name(
        "poisson", shifted=True, call='glmnet(family = "poisson")', trap="Mean over rows, beside a penalty."
    ),
    "glmnet::multinomial": _name(
        "softmax_cross_entropy", call='glmnet(family = "multinomial")', trap="Mean over rows, beside a penalty."
    ),
    "statmod::tweedie": refused(
        "takes var.power and link.power, of which the first has the default 0, the squared error; with 1.5 and 0 it is "
        "tweedie",
        "tweedie",
        parameters={"var.power": "p"},
        call="glm(family = statmod::tweedie(var.power = 1.5, link.power = 0))",
    ),
}

_GBM: Mapping[str, Name] = {
    f"gbm::{name}": Name(**{**entry.__dict__, "call": entry.call or f'gbm(distribution = "{name}")'})
    for name, entry in {
        "gaussian": _name("squared_error", trap="Trains on half of it."),
        "laplace": _name("absolute_error"),
        "tdist": _name(
            "student_t_nll:df=4", "2/5", shifted=True, trap="df is 4 and the scale 1 in units of y, whatever the data."
        ),
        "bernoulli": _name("logistic", "2", trap="Targets are 0 and 1."),
        "huberized": _name(
            "modified_huber", trap="Targets are 0 and 1 there, -1 and 1 here. It is no Huber loss of numbers."
        ),
        "adaboost": _name("exponential", trap="Targets are 0 and 1 there, -1 and 1 here."),
        "poisson": _name("poisson", "2"),
        "quantile": _name(
            "quantile",
            parameters={"alpha": "tau"},
            call='gbm(distribution = list(name = "quantile", alpha = 0.25))',
            trap="alpha must be given; rows of unequal weights are refused.",
        ),
        "multinomial": _name("softmax_cross_entropy"),
        "coxph": refused("takes times that may be censored, which no loss here does"),
        "pairwise": refused(
            "compares rows of a group with each other; here listwise_softmax compares lists", "listwise_softmax"
        ),
    }.items()
}

_METRICS: Mapping[str, Name] = {
    "Metrics::mse": _metric("squared_error", also=("se",), call="mse(actual, predicted)"),
    "Metrics::rmse": _metric("root_mean_squared_error", call="rmse(actual, predicted)"),
    "Metrics::mae": _metric("absolute_error", also=("ae",), call="mae(actual, predicted)"),
    "Metrics::mape": _metric(
        "absolute_percentage_error",
        also=("ape",),
        call="mape(actual, predicted)",
        trap="A fraction; infinite where y is 0.",
    ),
    "Metrics::smape": _metric(
        "symmetric_absolute_percentage_error", call="smape(actual, predicted)", trap="A fraction, up to 2."
    ),
    "Metrics::msle": _metric("squared_log_error", also=("sle",), call="msle(actual, predicted)"),
    "Metrics::rmsle": _metric("root_mean_squared_log_error", call="rmsle(actual, predicted)"),
    "Metrics::logLoss": _metric(
        "binary_cross_entropy", also=("ll",), call="logLoss(actual, predicted)", trap="Takes 0, 1 and probabilities."
    ),
    "Metrics::mdae": refused("is a median of errors, which is the mean of no loss", metric=True),
    "Metrics::mase": refused(
        "is over the error of the value before, which no loss here is", "absolute_error", metric=True
    ),
    "yardstick::rmse": _metric("root_mean_squared_error", call="rmse(data, truth, estimate)"),
    "yardstick::mae": _metric("absolute_error", call="mae(data, truth, estimate)"),
    "yardstick::mape": refused(
        "is in percent; here absolute_percentage_error is a fraction",
        "absolute_percentage_error",
        metric=True,
        call="mape(data, truth, estimate)",
        trap="100 times ours, where Metrics::mape is ours.",
    ),
    "yardstick::smape": refused(
        "is in percent; here symmetric_absolute_percentage_error is a fraction",
        "symmetric_absolute_percentage_error",
        metric=True,
        call="smape(data, truth, estimate)",
        trap="100 times ours, where Metrics::smape is ours.",
    ),
    "yardstick::huber_loss": _metric(
        "huber", parameters={"delta": "delta"}, call="huber_loss(data, truth, estimate, delta = 1)"
    ),
    "yardstick::huber_loss_pseudo": _metric(
        "pseudo_huber", parameters={"delta": "delta"}, call="huber_loss_pseudo(data, truth, estimate, delta = 1)"
    ),
    "yardstick::poisson_log_loss": _metric(
        "poisson_deviance",
        "1/2",
        shifted=True,
        call="poisson_log_loss(data, truth, estimate)",
        trap="Takes means, and adds log(y!).",
    ),
    "yardstick::mn_log_loss": _metric(
        "categorical_cross_entropy",
        call="mn_log_loss(data, truth, ...)",
        trap="Clips probabilities. Of two classes the first level is the event, and its column is given.",
    ),
    "yardstick::brier_class": _metric(
        "multiclass_brier", "1/2", call="brier_class(data, truth, ...)", trap="Half the sum over classes."
    ),
    "yardstick::ranked_prob_score": _metric(
        "ranked_probability_score", "1/(k - 1)", call="ranked_prob_score(data, truth, ...)"
    ),
}

R = Library(
    "R",
    "formula or (x, y) for models; Metrics: (actual, predicted); yardstick: (data, truth, estimate)",
    "models: sum over rows, glmnet the mean; metrics: mean",
    "From the packages' documentation and sources, not by running them: R is not among what the tests install. The R "
    "packages xgboost and lightgbm take the names of XGBoost and LightGBM.",
    {**_STATS, **_MASS, **_GBM, **_METRICS},
)
