"""Tweedie: amounts that are often exactly zero and otherwise positive and skewed, such as yearly insurance claims.

With f the logarithm of the mean and p the power the value is e**((2 - p) f)/(2 - p) + y e**((1 - p) f)/(p - 1), the
log-likelihood of a Poisson number of gamma amounts without its terms in y. The variance is taken to grow like the mean
to the power p: near 1 the loss behaves like Poisson, near 2 like gamma, and 1.5 is the usual start. It is never
negative, yet not zero at a perfect prediction; ``tweedie_deviance`` is.
"""

from lossary.formula import NONNEGATIVE, Claims, Interval, Loss, Parameter, Point, Relation
from lossary.primitives import absolute, exp, exp_product, power, scaled_exp_product, where


def value(y, f, p):
    return exp_product(2.0 - p, f) / (2.0 - p) + scaled_exp_product(y, 1.0, 1.0 - p, f) / (p - 1.0)


def grad(y, f, p):
    # The difference is taken before the scaling, where it loses least; far below zero that would underflow.
    near = f > -64.0
    e = exp(-absolute(f))
    gap = where(f > 0.0, 1.0 - y * e, e - y)
    scale = exp_product(where(near & (f <= 0.0), 1.0 - p, 2.0 - p), f)
    return where(near, gap * scale, scale - scaled_exp_product(y, 1.0, 1.0 - p, f))


def hess(y, f, p):
    return scaled_exp_product(1.0, 2.0 - p, 2.0 - p, f) + scaled_exp_product(y, p - 1.0, 1.0 - p, f)


def fisher(y, f, p):
    return exp_product(2.0 - p, f)


LOSS = Loss(
    name="tweedie",
    title="Tweedie loss",
    brief="Amounts that are often zero, from a log-mean.",
    use_when=(
        "Amounts are often exactly zero and otherwise positive and skewed, and one model should tell both how often "
        "and how much."
    ),
    avoid_when=(
        "How often and how much have different causes: then two models say more. All amounts are positive: `gamma`. "
        "They are counts: `poisson`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    fisher=fisher,
    parameters=(Parameter("p", 1.5, Interval(1.0, 2.0), "the variance grows like the mean to this power"),),
    target=NONNEGATIVE,
    link="log",
    functional="mean",
    claims=Claims(
        convex=True,
        nonnegative=True,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
    ),
    aliases=("tweedie_nll", "tweedie_log", "reg_tweedie"),
    elsewhere={
        "scikit-learn": "TweedieRegressor(power=p, link='log'); half the deviance up to a term in y",
        "xgboost": "reg:tweedie(tweedie_variance_power=p); its metric tweedie-nloglik is this",
        "lightgbm": "tweedie(tweedie_variance_power=p)",
        "catboost": "Tweedie:variance_power=",
        "statsmodels": "families.Tweedie(var_power=p)",
    },
    facts=(
        Point(y=1.0, f=0.0, value="4", grad="0", hess="1"),
        Point(y=3.0, f=2.0, value="2*e+6/e", grad="e-3/e", hess="e/2+3/(2*e)"),
        Point(y=0.0, f=4.0, given={"p": 1.25}, value="4*exp(3)/3", grad="exp(3)", hess="3*exp(3)/4"),
        Relation(
            "tweedie_deviance",
            scale=0.5,
            shift=lambda y, p: power(y, 2.0 - p) / ((p - 1.0) * (2.0 - p)),
            at=lambda y, f: (y, exp(f)),
        ),
    ),
    sources=(
        "Jorgensen (1987), doi:10.1111/j.2517-6161.1987.tb01685.x",
        "Jorgensen & Paes de Souza (1994), doi:10.1080/03461238.1994.10413930",
    ),
)
