"""The log-partition of scores, log sum e**f, and what it makes of them: softmax, log-softmax, sigmoid.

No losses, and not in the catalogue: records that take these functions through the kernels, the threads and the referee
of the losses, out of the same statistics. The log-partition stands for the value, and its derivative, the softmax, for
the gradient. The place of the Hessian holds the logarithm of the softmax, which is no derivative.
"""

from lossary.formula import Claims, Loss
from lossary.losses.softmax import SOFTMAX
from lossary.primitives import INFINITY, log1p, sigmoid, sigmoid_slope, softplus, where
from lossary.rowwise import RowClaims, RowLoss, Statistic


def inverse_of_any(peak, inverse):
    # Where every class is masked there is no distribution: -inf less -inf is NaN.
    return where(peak == -INFINITY, peak - peak, inverse)


def log_of_sum(peak, rest):
    return where(peak == -INFINITY, peak - peak, log1p(rest))


def log_partition(peak, rest):
    return peak + log1p(rest)


def probability(e, inverse_of_any):
    return e * inverse_of_any


def log_probability(f, peak, log_of_sum):
    # An infinite score less an infinite peak is no number; where the two are one, the gap is 0.
    return where(f == peak, 0.0, f - peak) - log_of_sum


def log_partition_of_two(y, f):
    return softplus(f)


def probability_of_second(y, f):
    return sigmoid(f)


def slope_of_second(y, f):
    return sigmoid_slope(f)


ROW = RowLoss(
    name="log_partition",
    statistics=(
        *SOFTMAX,
        Statistic("inverse_of_any", "row", inverse_of_any),
        Statistic("log_of_sum", "row", log_of_sum),
    ),
    value=log_partition,
    grad=probability,
    hess=log_probability,
    targets="relevance",
    link="softmax",
    functional="",
    claims=RowClaims(),
    facts=(),
    sources=("Blanchard, Higham and Higham (2021), doi:10.1093/imanum/draa038",),
)
"""Softmax functions of a row of scores; the target plays no part."""

PAIR = Loss(
    name="softplus",
    value=log_partition_of_two,
    grad=probability_of_second,
    hess=slope_of_second,
    functional="",
    claims=Claims(),
    facts=(),
    sources=("Blanchard, Higham and Higham (2021), doi:10.1093/imanum/draa038",),
)
"""The log-partition of the two scores 0 and f, and its derivatives; the target plays no part."""
