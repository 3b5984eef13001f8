"""Poisson: what a count costs when the model predicts the logarithm of its rate.

The value is e**f - y f, the Poisson log-likelihood without the term log(y!) that no prediction can change, so it may be
negative. The gradient is e**f - y, predicted minus observed: an overestimate pulls exponentially hard in f, an
underestimate never harder than y. y need not be whole: any non-negative amount whose variance grows like its mean is at
home here.
"""

from lossary.formula import NONNEGATIVE, Claims, Loss, Point, Relation
from lossary.primitives import exp, minimum, product0, where, xlogy


def value(y, f):
    # Far out by halves, h (h - (y/h) f) with h = e**(f/2): there e**f and y f may both overflow.
    far = f > 64.0
    q = exp(where(far, 0.5 * f, f))
    h = where(far, q, 1.0)
    return h * (q - product0(y / h, minimum(f, 4096.0)))


def grad(y, f):
    far = f > 64.0
    q = exp(where(far, 0.5 * f, f))
    h = where(far, q, 1.0)
    return h * (q - y / h)


def hess(y, f):
    return exp(f)


LOSS = Loss(
    name="poisson",
    title="Poisson loss",
    brief="Counts, from the logarithm of their mean.",
    use_when=(
        "Counts, and amounts of at least zero whose variance grows like their mean. Unlike squared error on log(1 + "
        "y) it predicts the mean, and finds it also where counts vary more than Poisson's."
    ),
    avoid_when=(
        "A few huge counts rule the fit: `negative_binomial`. The spread is a fixed share of the mean: `gamma`. Many "
        "amounts are exactly zero and the others are no counts: `tweedie`. The model gives means: "
        "`poisson_deviance`."
    ),
    value=value,
    grad=grad,
    hess=hess,
    fisher=hess,
    likelihood=1.0,
    target=NONNEGATIVE,
    link="log",
    functional="mean",
    claims=Claims(
        convex=True,
        nonnegative=False,
        even=False,
        lipschitz=float("inf"),
        smooth=float("inf"),
        bounded=float("inf"),
    ),
    aliases=("poisson_nll", "poisson_nll_loss", "poisson_log", "count_poisson"),
    elsewhere={
        "torch": "PoissonNLLLoss(log_input=True)",
        "keras": "Poisson takes the mean m, not its logarithm: m - y log(m + epsilon)",
        "scikit-learn": "PoissonRegressor, HistGradientBoostingRegressor(loss='poisson'): the same up to a term in y",
        "xgboost": "count:poisson; its metric poisson-nloglik adds log(y!)",
        "lightgbm": "poisson; its hessian is e**(f + poisson_max_delta_step)",
        "catboost": "Poisson",
        "statsmodels": "families.Poisson(); llf subtracts log(y!)",
        "jax": "jax.scipy.stats.poisson.logpmf is minus this, minus log(y!)",
    },
    facts=(
        Point(y=0.0, f=0.0, value="1", grad="1", hess="1"),
        Point(y=2.0, f=3.0, value="exp(3)-6", grad="exp(3)-2", hess="exp(3)"),
        Point(y=3.0, f=-0.5, value="exp(-1/mpf(2))+3/mpf(2)", grad="exp(-1/mpf(2))-3"),
        Relation("poisson_deviance", scale=0.5, shift=lambda y: y - xlogy(y, y), at=lambda y, f: (y, exp(f))),
    ),
    sources=(
        "Nelder & Wedderburn (1972), doi:10.2307/2344614",
        "Frome (1983), doi:10.2307/2531094",
    ),
)
