"""Far out and beyond: a NaN stays one, an infinity gives the limit, the largest numbers keep the accuracy rule."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mp
from tests.support.kernels import together, with_parameters

from lossary.backends import numpy as numpy_backend
from lossary.backends import reference
from lossary.discovery import record
from lossary.evaluate.pointwise.function import LossFunction
from lossary.formula import REALS, Choice, Loss
from lossary.primitives import exp, log
from lossary.proof.accuracy import ULPS, error, quantities
from lossary.proof.pointwise.exact_loss import ExactLoss


def limit(exact: ExactLoss, quantity: str, y: float, sign: int) -> float:
    """What a formula tends to far out: from its values at 10**100 and 10**1000."""
    with mp.workdps(reference.DIGITS):
        near, far = (exact(quantity, mpmath.mpf(y), sign * mpmath.mpf(10) ** (10**k)) for k in (2, 3))
        if mpmath.isfinite(far) and abs(far - near) <= mpmath.mpf(10) ** -30 * (1 + abs(far)):
            return 0.0 if abs(far) < mpmath.mpf(10) ** -30 else float(far)
        return float(mpmath.sign(far) * mpmath.inf)


def some_targets(loss: Loss) -> list[float]:
    if isinstance(loss.target, Choice):
        return list(loss.target.values)
    return [y for y in (-3.5, -0.75, 0.0, 0.25, 1.0, 3.5) if y in loss.target]


def test_nan_predictions_give_nan(each_loss: Loss) -> None:
    for dtype in (np.float64, np.float32):
        y = np.array(some_targets(each_loss), dtype)
        f = np.full_like(y, np.nan)
        for quantity, got in together(LossFunction(each_loss), y, f).items():
            assert np.isnan(got).all(), f"{quantity} of NaN: {got}"
            assert np.isnan(numpy_backend.evaluate(each_loss.quantity(quantity), y, f, *each_loss.defaults())).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_infinite_predictions_give_the_limit(each_loss: Loss, sign: int) -> None:
    exact = ExactLoss(each_loss, each_loss.defaults())
    domain = each_loss.prediction
    reaches = domain == REALS or (sign > 0 and np.isinf(domain.high))
    for quantity in quantities(each_loss):
        for y in some_targets(each_loss):
            expected = limit(exact, quantity, y, sign) if reaches else np.nan
            for dtype in (np.float64, np.float32):
                arrays = np.full(5, y, dtype), np.full(5, sign * np.inf, dtype)
                got = together(LossFunction(each_loss), *arrays)[quantity]
                said = f"{quantity} at y={y}, f={sign * np.inf} in {dtype.__name__}: {got[0]}, limit {expected}"
                np.testing.assert_allclose(got, expected, rtol=1e-6 if dtype == np.float32 else 1e-14, err_msg=said)
                if reaches:
                    plain = numpy_backend.evaluate(each_loss.quantity(quantity), *arrays, *each_loss.defaults())
                    np.testing.assert_allclose(plain, expected, rtol=1e-6, err_msg=f"numpy: {said}")


def test_the_largest_and_smallest_predictions_keep_the_rule(each_loss: Loss) -> None:
    for dtype in (np.float64, np.float32):
        edge = np.finfo(dtype)
        sizes = [float(edge.max), float(edge.max) / 2, float(edge.tiny), float(edge.smallest_subnormal), 0.0]
        numbers = [n for size in sizes for n in (size, -size) if n in each_loss.prediction]
        points = [(y, f) for y in some_targets(each_loss) for f in numbers]
        y, f = (np.array(column, dtype) for column in zip(*points, strict=True))
        parameters = tuple(float(dtype(p)) for p in each_loss.defaults())
        for quantity, got in together(with_parameters(each_loss, parameters), y, f).items():
            for point, result in zip(points, got.tolist(), strict=True):
                ulps = error(each_loss.quantity(quantity), (*point, *parameters), result, dtype)
                assert ulps <= ULPS, f"{quantity} at {point} in {dtype.__name__}: {result}"


# The tests above can fail.


def test_a_wrong_limit_would_be_seen() -> None:
    naive = record("logistic_margin").with_quantities(value=lambda y, f: log(1.0 + exp(-y * f)))
    assert limit(ExactLoss(naive, ()), "value", 1.0, -1) == np.inf
    # e**-f / (1 + e**-f), as it stands, is inf/inf.
    naive = naive.with_quantities(grad=lambda y, f: -y * exp(-y * f) / (1.0 + exp(-y * f)))
    assert np.isnan(LossFunction(naive).gradient([1.0], [-np.inf])).all()
    assert limit(ExactLoss(record("logistic_margin"), ()), "grad", 1.0, -1) == -1.0


def test_limits_are_told_from_growth() -> None:
    cauchy = ExactLoss(record("cauchy"), (1.0,))
    assert [limit(cauchy, q, 0.0, -1) for q in ("value", "grad", "hess")] == [np.inf, 0.0, 0.0]
    assert limit(ExactLoss(record("welsch"), (1.0,)), "value", 0.0, 1) == 0.5
