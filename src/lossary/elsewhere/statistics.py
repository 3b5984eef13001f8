"""Names of statsmodels and SciPy, known only after the library's name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from lossary.elsewhere.name import Library, Name
from lossary.elsewhere.name import refused as _refused

_name = partial(Name, alone=False)
refused = partial(_refused, alone=False)

_SCALED = "RLM divides residuals by a scale that it estimates anew in each step: c counts such scales, not units of y."
_LINK = "Its link is {} unless told"

_FAMILIES: Mapping[str, Name] = {
    "families.Gaussian": _name("half_squared_error", call="families.Gaussian()"),
    "families.Binomial": _name(
        "logistic", call="families.Binomial()", trap="Targets may be pairs of successes and failures."
    ),
    "families.Poisson": _name("poisson", shifted=True, call="families.Poisson()", trap="predict() gives means."),
    "families.NegativeBinomial": _name(
        "negative_binomial",
        shifted=True,
        parameters={"alpha": "alpha"},
        call="families.NegativeBinomial(alpha=1.0)",
        trap="alpha is not estimated; R's theta is 1/alpha.",
    ),
    "families.Gamma": refused(
        "has the link 1/m unless told; with links.Log() it is gamma",
        "gamma",
        call="families.Gamma(links.Log())",
    ),
    "families.InverseGaussian": refused(
        "has the link 1/m**2 unless told; with links.Log() it is inverse_gaussian",
        "inverse_gaussian",
        call="families.InverseGaussian(links.Log())",
    ),
    "families.Tweedie": refused(
        "has var_power 1 unless told, which is poisson; here tweedie has p=1.5",
        "tweedie",
        parameters={"var_power": "p"},
        call="families.Tweedie(var_power=1.5)",
    ),
}

_NORMS: Mapping[str, Name] = {
    "norms.LeastSquares": _name("half_squared_error", call="robust.norms.LeastSquares()"),
    "norms.HuberT": _name(
        "huber:delta=1.345", parameters={"t": "delta"}, call="robust.norms.HuberT(t=1.345)", trap=_SCALED
    ),
    "norms.TukeyBiweight": _name(
        "tukey_biweight", parameters={"c": "c"}, call="robust.norms.TukeyBiweight(c=4.685)", trap=_SCALED
    ),
    "norms.StudentT": _name(
        "cauchy:c=4.7698",
        call="robust.norms.StudentT(c=2.3849, df=4)",
        trap=f"Our c is its c times the root of df; the name is of the shape, there is no density. {_SCALED}",
    ),
    "norms.AndrewWave": refused(
        "is a sine that levels off, which no loss here is; tukey_biweight is nearest", "tukey_biweight"
    ),
    "norms.Hampel": refused(
        "bends three times, which no loss here does; tukey_biweight levels off too", "tukey_biweight"
    ),
    "norms.RamsayE": refused("levels off exponentially in |r|, which no loss here does; welsch does in r**2", "welsch"),
    "norms.TrimmedMean": refused(
        "jumps to nothing at c, which no loss here does; tukey_biweight is smooth", "tukey_biweight"
    ),
    "norms.TukeyQuartic": refused("is another power of Tukey's biweight, which no loss here is", "tukey_biweight"),
    "norms.MQuantileNorm": refused(
        "weighs the sides of another norm; of LeastSquares it is half of expectile",
        "expectile",
        parameters={"q": "tau"},
    ),
}

_MODELS: Mapping[str, Name] = {
    "OLS": _name("half_squared_error", call="OLS(y, X).fit()", trap="Has no intercept unless add_constant(X)."),
    "QuantReg": _name(
        "quantile:tau=0.5", parameters={"q": "tau"}, call="QuantReg(y, X).fit(q=0.5)", trap="fit() takes the level."
    ),
    "Logit": _name("logistic", call="Logit(y, X).fit()"),
    "MNLogit": _name(
        "softmax_cross_entropy", call="MNLogit(y, X).fit()", trap="The first class has no score: its score is 0."
    ),
    "Poisson": _name("poisson", shifted=True, call="Poisson(y, X).fit()", trap="predict() gives means."),
    "OrderedModel": _name(
        "cumulative_logit",
        call='miscmodels.ordinal_model.OrderedModel(y, X, distr="logit")',
        trap="distr is 'probit' unless told. Our scores are its thresholds less its linear predictor.",
    ),
}

STATSMODELS = Library(
    "statsmodels",
    "(endog, exog): target first, and columns in place of predictions; families take (endog, mu), norms take residuals",
    "sum over rows, as log-likelihood or deviance",
    "Each family's deviance, each norm's rho and each model's log-likelihood run beside ours; of QuantReg, its fit.",
    {**_FAMILIES, **_NORMS, **_MODELS},
    no_losses=("RobustNorm", "Family"),
)

_SPECIAL: Mapping[str, Name] = {
    "special.huber": _name(
        "huber",
        parameters={"delta": "delta"},
        call="special.huber(delta, r)",
        trap="delta comes first, then the residual, and has no default; a negative delta gives infinity.",
    ),
    "special.pseudo_huber": _name(
        "pseudo_huber",
        parameters={"delta": "delta"},
        call="special.pseudo_huber(delta, r)",
        trap="delta comes first, then the residual, and has no default.",
    ),
    "special.kl_div": _name(
        "poisson_deviance",
        "1/2",
        call="special.kl_div(y, f)",
        trap="y log(y/f) - y + f, term by term: summed over two distributions it is their KL divergence.",
    ),
    "special.rel_entr": _name(
        "kl_target_prediction",
        call="special.rel_entr(t, p)",
        trap="One number a class: the sum over a row is the divergence. kl_div adds p - t.",
    ),
    "special.entr": refused("takes one array: the entropy of a target alone, which training does not change"),
    "spatial.distance.jensenshannon": refused(
        "is the root of jensen_shannon", "jensen_shannon", call="spatial.distance.jensenshannon(t, p)"
    ),
}

_LEAST_SQUARES: Mapping[str, Name] = {
    f"least_squares:{loss}": entry
    for loss, entry in {
        "linear": _name("half_squared_error", trap="Half the squares: cost is 0.5 * sum(rho(r**2))."),
        "huber": _name("huber", parameters={"f_scale": "delta"}),
        "soft_l1": _name("pseudo_huber", parameters={"f_scale": "delta"}),
        "cauchy": _name("cauchy", parameters={"f_scale": "c"}),
        "arctan": refused(
            "levels off as an arctangent, which no loss here does; geman_mcclure levels off too", "geman_mcclure"
        ),
    }.items()
}

SCIPY = Library(
    "SciPy",
    "special: (parameter, residual) or (target, prediction); least_squares takes a function that gives residuals",
    "special: none, one number an element; least_squares: sum",
    "Each function of special runs beside ours; each loss of least_squares by the cost that it reports.",
    {
        **_SPECIAL,
        **{
            name: Name(**{**entry.__dict__, "call": f'optimize.least_squares(loss="{name.partition(":")[2]}")'})
            for name, entry in _LEAST_SQUARES.items()
        },
    },
)
