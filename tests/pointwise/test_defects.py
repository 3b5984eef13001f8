"""What other libraries get wrong, as acceptance tests: bad input, lost digits, overflow, wrong curvature.

Each test names where the defect was seen. Expected numbers come from mpmath or from closed forms.
"""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

import lossary
from lossary.evaluate.pointwise.function import LossFunction

POINTWISE = [np.float64, np.float32]


def exact(expression: str) -> float:
    """A closed form with 50 digits, rounded to a double."""
    with mpmath.workdps(50):
        names = {name: getattr(mpmath, name) for name in dir(mpmath) if not name.startswith("_")}
        return float(eval(expression, {"__builtins__": {}}, names))


def one(function: LossFunction, y: float, f: float, dtype: type = np.float64, quantity: str = "value") -> float:
    """A quantity at one point, whose coordinates are exact in the dtype."""
    return float(function.quantity(quantity, np.array([y], dtype), np.array([f], dtype))[0])


def ulps(dtype: type, number: float = 3.0) -> float:
    return number * float(np.finfo(dtype).eps)


# Bad input. torch, keras and optax broadcast, warn or read past the end; sklearn reads out of bounds.


@pytest.mark.parametrize(("target", "prediction"), [((4,), (4, 1)), ((4, 3), (4, 1)), ((4, 4), (4,)), ((2,), (4,))])
@pytest.mark.parametrize("name", ["squared_error", "huber", "log_cosh", "hinge", "logistic", "poisson", "gaussian_nll"])
def test_no_shape_is_stretched_in_silence(name: str, target: tuple, prediction: tuple) -> None:
    with pytest.raises(ValueError, match="must be equal"):
        lossary.get(name).cost(np.ones(target), np.ones(prediction))


@pytest.mark.parametrize("name", ["logistic", "binary_cross_entropy", "brier", "focal"])
@pytest.mark.parametrize("target", [2.0, -1.0, 1.0000001, -1e-9])
def test_a_binary_target_of_two_is_refused(name: str, target: float) -> None:
    # torch BCEWithLogits returns -0.026 for a target of 2.
    with pytest.raises(ValueError, match=rf"{name}.*targets must be in \[0, 1\], but y_true\[0\] is"):
        lossary.get(name).cost([target], [0.5])


@pytest.mark.parametrize(
    "name",
    ["hinge", "squared_hinge", "smoothed_hinge", "logistic_margin", "exponential", "perceptron", "modified_huber"],
)
def test_labels_zero_and_one_are_refused_where_signs_are_meant(name: str) -> None:
    # torch and optax accept 0 and answer 0.693 or 1.
    with pytest.raises(ValueError, match=r"must be in \{-1, 1\}.*2\*y - 1"):
        lossary.get(name).cost([0.0, 1.0], [0.5, 0.5])


@pytest.mark.parametrize("name", ["poisson", "poisson_deviance", "negative_binomial", "tweedie", "tweedie_deviance"])
def test_a_negative_count_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}.*y_true\[1\] is -3"):
        lossary.get(name).cost([2.0, -3.0], [1.0, 1.0])


@pytest.mark.parametrize("name", ["gamma", "gamma_deviance", "inverse_gaussian", "inverse_gaussian_deviance"])
def test_an_amount_of_zero_is_refused_where_none_can_be(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}.*y_true\[0\] is 0"):
        lossary.get(name).cost([0.0], [1.0])


@pytest.mark.parametrize("name", ["poisson_deviance", "gamma_deviance", "tweedie_deviance"])
@pytest.mark.parametrize("prediction", [0.0, -1.0])
def test_a_predicted_mean_below_zero_is_refused(name: str, prediction: float) -> None:
    # keras' Poisson is NaN there.
    with pytest.raises(ValueError, match=rf"{name}.*y_pred\[0\] is"):
        lossary.get(name).cost([1.0], [prediction])


def test_a_logit_is_no_probability() -> None:
    with pytest.raises(ValueError, match="for logits use the loss `logistic`"):
        lossary.binary_cross_entropy.cost([1.0], [3.0])


def test_missing_targets_are_refused_and_masked_ones_are_not() -> None:
    y, f = np.array([1.0, np.nan]), np.array([2.0, 0.0])
    with pytest.raises(ValueError, match='missing="nan"'):
        lossary.squared_error.cost(y, f)
    assert lossary.squared_error.cost(y, f, mask=~np.isnan(y)) == 1.0


def test_whole_numbers_are_numbers() -> None:
    # torch: "could not infer output dtype"; sklearn: "ambiguous argument types".
    assert lossary.absolute_error.cost([1, 2], [3, 5]) == 2.5
    assert lossary.hinge.cost(np.array([-1, 1], np.int8), np.array([2, 2], np.int64)) == 1.5


# Overflow and saturation.


@pytest.mark.parametrize("dtype", POINTWISE)
def test_a_certain_mistake_costs_infinity(dtype: type) -> None:
    # torch clamps to 100, keras to 16.118, sklearn to 36.04; the gradient vanishes with them.
    bce = lossary.binary_cross_entropy
    assert one(bce, 1.0, 0.0, dtype) == one(bce, 0.0, 1.0, dtype) == math.inf
    assert one(bce, 1.0, 0.0, dtype, "grad") == -math.inf
    assert one(bce, 0.0, 1.0, dtype, "grad") == math.inf
    assert one(bce, 1.0, 1.0, dtype) == one(bce, 0.0, 0.0, dtype) == 0.0


@pytest.mark.parametrize("dtype", POINTWISE)
def test_a_label_given_its_probability_costs_log_two(dtype: type) -> None:
    # keras: 0.6931456 because of clipping.
    assert one(lossary.binary_cross_entropy, 1.0, 0.5, dtype) == pytest.approx(exact("log(2)"), rel=ulps(dtype))


def test_the_two_certain_mistakes_cost_alike() -> None:
    # tensorflow: 15.333 against 15.425.
    p = np.float32(2.0**-20)
    bce = lossary.binary_cross_entropy
    assert one(bce, 1.0, float(p), np.float32) == one(bce, 0.0, float(1 - p), np.float32)


def test_a_tiny_probability_keeps_its_gradient() -> None:
    # pytorch#103316: -2.4e-11 for -0.125, the clamp having eaten the gradient by p = sigmoid(-50).
    p = exact("1/(1+exp(50))")
    assert one(lossary.binary_cross_entropy, 1.0, p, quantity="grad") == pytest.approx(-1.0 / p, rel=1e-15)
    assert one(lossary.logistic, 1.0, -50.0, quantity="grad") == pytest.approx(exact("-1/(1+exp(-50))"), rel=1e-15)


@pytest.mark.parametrize("dtype", POINTWISE)
def test_a_logit_of_minus_infinity(dtype: type) -> None:
    # torch BCEWithLogits(-inf, 0) is NaN; pytorch#135359 for a soft target.
    logistic = lossary.logistic
    assert one(logistic, 0.0, -math.inf, dtype) == 0.0
    assert one(logistic, 1.0, -math.inf, dtype) == math.inf
    assert one(logistic, 0.9375, -math.inf, dtype) == math.inf
    assert one(logistic, 0.0, math.inf, dtype) == math.inf
    assert one(logistic, 0.0, -math.inf, dtype, "grad") == 0.0
    assert one(logistic, 1.0, -math.inf, dtype, "grad") == -1.0
    assert one(logistic, 0.0, math.inf, dtype, "hess") == 0.0


@pytest.mark.parametrize("dtype", POINTWISE)
@pytest.mark.parametrize("margin", [-1000.0, -100.0, -88.75])
def test_a_margin_far_on_the_wrong_side(dtype: type, margin: float) -> None:
    # torch SoftMarginLoss is inf below -88 in float32; skglm's Hessian is NaN; LossFunctions.jl overflows.
    soft = lossary.logistic_margin
    assert one(soft, 1.0, margin, dtype) == pytest.approx(-margin, rel=ulps(dtype))
    assert one(soft, -1.0, -margin, dtype, "grad") == pytest.approx(1.0, rel=ulps(dtype))
    assert one(soft, 1.0, margin, dtype, "hess") == pytest.approx(float(mpmath.exp(margin)), rel=1e-4, abs=1e-44)


@pytest.mark.parametrize("dtype", POINTWISE)
@pytest.mark.parametrize("logit", [40.0, -40.0])
def test_the_tails_of_the_logistic_loss(dtype: type, logit: float) -> None:
    # Written as log(1 + exp(-f)), the right side's tail is 0.
    right, wrong = (1.0, 0.0) if logit > 0 else (0.0, 1.0)
    logistic = lossary.logistic
    assert one(logistic, right, logit, dtype) == pytest.approx(exact("log1p(exp(-40))"), rel=ulps(dtype))
    assert abs(one(logistic, right, logit, dtype, "grad")) == pytest.approx(exact("1/(1+exp(40))"), rel=ulps(dtype))
    assert one(logistic, wrong, logit, dtype) == pytest.approx(exact("40+log1p(exp(-40))"), rel=ulps(dtype))
    assert one(logistic, wrong, logit, dtype, "hess") == pytest.approx(
        exact("exp(-40)/(1+exp(-40))**2"), rel=ulps(dtype)
    )


@pytest.mark.parametrize("dtype", POINTWISE)
@pytest.mark.parametrize("residual", [100.0, 1000.0, -1000.0])
def test_log_cosh_does_not_overflow(dtype: type, residual: float) -> None:
    # torchmetrics#3488, keras PR#8524, MLJBase.jl#437, LossFunctions.jl#136, boost-loss.
    expected = exact(f"{abs(residual)} - log(2)")
    assert one(lossary.log_cosh, 0.0, residual, dtype) == pytest.approx(expected, rel=ulps(dtype))
    assert one(lossary.log_cosh, 0.0, residual, dtype, "grad") == math.copysign(1.0, residual)


@pytest.mark.parametrize("dtype", POINTWISE)
@pytest.mark.parametrize("gamma", [0.25, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("logit", [200.0, -200.0, 60.0, -60.0])
def test_the_focal_gradient_at_saturated_logits(dtype: type, gamma: float, logit: float) -> None:
    # optax#1267, kornia#918, keras-retinanet#706, focal-loss-keras#5: NaN, mostly for gamma below 1.
    focal = lossary.focal.using(gamma=gamma)
    for y in (0.0, 1.0):
        for quantity in ("value", "grad", "hess"):
            assert math.isfinite(one(focal, y, logit, dtype, quantity)), quantity
    wrong = 0.0 if logit > 0 else 1.0
    weight = 0.75 if logit > 0 else 0.25
    assert abs(one(focal, wrong, logit, dtype, "grad")) == pytest.approx(weight, rel=ulps(dtype))


def test_the_focal_hessian_of_positives_is_not_zero() -> None:
    # bokbokbok takes (1 - y) for (1 - p), which is 0 for every positive.
    assert one(lossary.focal, 1.0, 0.0, quantity="hess") == pytest.approx(exact("(5+2*log(2))/64"), rel=1e-15)


@pytest.mark.parametrize("name", ["logistic", "logistic_margin", "poisson", "huber", "cauchy", "student_t_nll"])
def test_half_precision_costs_do_not_overflow(name: str) -> None:
    # pytorch#29429, SMP#463: a mean in float16 over many examples.
    f = np.full(200_000, 8.0, np.float16)
    one_example = float(lossary.get(name)(np.ones(1), np.full(1, 8.0))[0])
    assert lossary.get(name).cost(np.ones_like(f), f) == pytest.approx(one_example, rel=1e-6)


# Lost digits.


@pytest.mark.parametrize("dtype", POINTWISE)
@pytest.mark.parametrize("exponent", [-3, -10, -20, -60])
def test_small_residuals_keep_their_digits(dtype: type, exponent: int) -> None:
    # optax log_cosh(1e-3) in float32 is 5.36e-7 for 5.00e-7; keras and LossFunctions.jl lose every digit by 1e-4.
    r = 2.0**exponent
    forms = {
        "log_cosh": f"log1p(2*sinh(mpf({r})/2)**2)",
        "pseudo_huber": f"mpf({r})**2/(1+sqrt(1+mpf({r})**2))",
        "cauchy": f"log1p(mpf({r})**2)/2",
        "welsch": f"-expm1(-mpf({r})**2)/2",
        "fair": f"mpf({r})-log1p(mpf({r}))",
        "geman_mcclure": f"mpf({r})**2/(1+mpf({r})**2)/2",
    }
    for name, form in forms.items():
        expected = exact(form)
        assert one(lossary.get(name), 0.0, r, dtype) == pytest.approx(expected, rel=ulps(dtype)), name
        assert one(lossary.get(name), 0.0, -r, dtype) == pytest.approx(expected, rel=ulps(dtype)), name


@pytest.mark.parametrize("dtype", POINTWISE)
@pytest.mark.parametrize(
    "name", ["poisson_deviance", "gamma_deviance", "tweedie_deviance", "negative_binomial_deviance"]
)
def test_a_deviance_next_to_the_mean_keeps_its_digits(name: str, dtype: type) -> None:
    # y log(y/f) - y + f as it stands returns rounding, or a negative number.
    function = lossary.get(name)
    y = 5.0
    for steps in (1, 3, 2**10):
        f = y + steps * float(np.spacing(dtype(y)))
        got = one(function, y, f, dtype)
        h = mpmath.mpf(f) - mpmath.mpf(y)
        variance = {"poisson_deviance": 5, "gamma_deviance": 25, "tweedie_deviance": mpmath.mpf(5) ** 1.5}.get(name, 30)
        # The leading term; what follows is smaller by the factor h/f.
        assert got == pytest.approx(float(h * h / variance), rel=4 * float(h) + ulps(dtype))
        assert got > 0.0
    assert one(function, y, y, dtype) == 0.0


def test_a_squared_log_error_of_near_equals_keeps_its_digits() -> None:
    got = one(lossary.squared_log_error, 1e6, 1e6 + 2.0**-20)
    assert got == pytest.approx(exact("log1p(mpf(2)**-20/1000001)**2"), rel=1e-14)


def test_float64_is_not_computed_in_float32() -> None:
    # keras#15791, tensorflow#39878.
    assert one(lossary.squared_error, 0.0, 1.0 + 2.0**-40) == (1.0 + 2.0**-40) ** 2


# Curvature and slopes.


@pytest.mark.parametrize("residual", [1.0, -1.0])
def test_the_huber_hessian_at_its_kink_is_one_of_its_sides(residual: float) -> None:
    # optax: 0.25, from splitting a tie.
    assert one(lossary.huber, 0.0, residual, quantity="hess") in (0.0, 1.0)
    assert one(lossary.huber, 0.0, residual, quantity="grad") == residual


def test_the_huber_hessian_ends_on_both_sides() -> None:
    # LossFunctions.jl forgets -delta.
    beyond = np.nextafter(1.0, 2.0)
    assert one(lossary.huber, 0.0, beyond, quantity="hess") == one(lossary.huber, 0.0, -beyond, quantity="hess") == 0.0


def test_the_hinge_slope_at_its_corner_is_a_choice_not_a_split() -> None:
    # optax: -0.5.
    assert one(lossary.hinge, 1.0, 1.0, quantity="grad") in (0.0, -1.0)


def test_the_msle_hessian_has_its_one() -> None:
    # boost-loss: 0.150 for 0.470, and negative elsewhere.
    y, f = 2.0, 0.5
    expected = exact("2*(1-(log(mpf(3)/2)-log(3)))/(mpf(3)/2)**2")
    assert one(lossary.squared_log_error, y, f, quantity="hess") == pytest.approx(expected, rel=1e-14)


def test_the_fair_gradient_points_uphill_on_both_sides() -> None:
    # boost-loss: -0.70 for -0.30 at a negative residual.
    r = 3.0 / 7.0
    assert one(lossary.fair, 0.0, -r, quantity="grad") == pytest.approx(-r / (1.0 + r), rel=1e-15)
    assert one(lossary.fair, 0.0, r, quantity="grad") == pytest.approx(r / (1.0 + r), rel=1e-15)


@pytest.mark.parametrize("power", [1.25, 1.5, 1.75])
def test_the_tweedie_minimum_is_at_the_mean(power: float) -> None:
    # boost-loss has y on the wrong term.
    y = 3.0
    at = math.log(y)
    tweedie = LossFunction(lossary.tweedie.record, {lossary.tweedie.parameters[0].name: power})
    assert abs(one(tweedie, y, at, quantity="grad")) < 1e-14
    assert one(tweedie, y, at) < min(one(tweedie, y, at + 0.01), one(tweedie, y, at - 0.01))


def test_the_smape_gradient_sees_the_denominator() -> None:
    # boost-loss leaves it out: 2 sign(r)/(|y| + |f|) is 0.5 here.
    smape = lossary.symmetric_absolute_percentage_error
    assert one(smape, 1.0, 3.0, quantity="grad") == pytest.approx(
        float(mpmath.diff(lambda f: 2 * (f - 1) / (1 + f), 3))
    )


def test_value_and_gradient_belong_to_one_loss() -> None:
    # river's Cauchy returns |r| with Cauchy's gradient.
    assert one(lossary.cauchy, 0.0, 1.0) == pytest.approx(exact("log(2)/2"), rel=1e-15)


@pytest.mark.parametrize("residual", [1.0, 2.5])
def test_half_the_squared_error_is_half_and_huber_is_smooth_l1_times_delta(residual: float) -> None:
    # pytorch#48595: the two differ by beta.
    for scale in (0.5, 1.0, 4.0):
        huber, smooth = lossary.huber.using(delta=scale), lossary.smooth_l1.using(beta=scale)
        assert one(huber, 0.0, residual) == pytest.approx(scale * one(smooth, 0.0, residual), rel=1e-15)
    assert 2.0 * one(lossary.half_squared_error, 0.0, residual) == one(lossary.squared_error, 0.0, residual)


@pytest.mark.parametrize("name", ["absolute_error", "quantile", "hinge", "laplace_nll"])
def test_no_curvature_is_invented(name: str) -> None:
    # LightGBM and sklearn feed 1 for these; here that is a question to ask for by name.
    assert one(lossary.get(name), 1.0, -2.0, quantity="hess") == 0.0


def test_tukey_is_level_beyond_its_threshold() -> None:
    tukey = lossary.tukey_biweight.using(c=2.0)
    assert one(tukey, 0.0, 2.0) == one(tukey, 0.0, 1e300) == pytest.approx(2.0 / 3.0, rel=1e-15)
    assert one(tukey, 0.0, 2.0, quantity="grad") == one(tukey, 0.0, -3.0, quantity="hess") == 0.0


@pytest.mark.parametrize("alpha", [2.0 - 1e-9, 2.0 - 1e-13, 1e-9, -1e-9, 1e-13, -1e-13, 1e-300])
def test_the_general_robust_loss_close_to_its_limits(alpha: float) -> None:
    # robust_loss_pytorch clamps with float32's epsilon in float64 too.
    with mpmath.workdps(400):
        a, x = mpmath.mpf(alpha), mpmath.mpf("0.75")
        expected = float((2 - a) / a * ((1 + x * x / (2 - a)) ** (a / 2) - 1))
    assert one(lossary.barron.using(alpha=alpha), 0.0, 0.75) == pytest.approx(expected, rel=1e-15)


# Weights and means. torch, keras and skglm divide by the wrong number, or by two.


def test_a_weighted_mean_divides_by_the_weights_once() -> None:
    y, f, w = [0.0, 0.0], [1.0, 3.0], [3.0, 1.0]
    assert lossary.squared_error.cost(y, f, w) == (3.0 * 1.0 + 1.0 * 9.0) / 4.0
    assert lossary.squared_error.cost(y, f, w, denominator="count") == 12.0 / 2.0


def test_everything_ignored_is_an_error_or_what_you_say() -> None:
    # torch: nan.
    with pytest.raises(ValueError, match="empty="):
        lossary.squared_error.cost([1.0], [2.0], mask=np.array([False]))
    assert lossary.squared_error.cost([1.0], [2.0], mask=np.array([False]), empty=0.0) == 0.0


def test_a_mean_of_batches_is_the_mean_of_the_whole() -> None:
    # torchtitan PR#4167, transformers PR#34191: a mean of means, where the last batch is smaller.
    f = np.array([1.0, 2.0, 3.0, 10.0])
    batches = lossary.absolute_error.accumulator().update(np.zeros(3), f[:3]).update(np.zeros(1), f[3:])
    assert batches.value == lossary.absolute_error.cost(np.zeros(4), f) == 4.0


@pytest.mark.parametrize("name", ["bce_with_logits", "log_loss"])
def test_smoothing_and_weights_compose(name: str) -> None:
    smoothed = lossary.logistic.using(label_smoothing=0.25, pos_weight=3.0)
    by_hand = 3.0 * 0.875 * exact("log1p(exp(-1))") + 0.125 * exact("1+log1p(exp(-1))")
    assert one(smoothed, 1.0, 1.0) == pytest.approx(by_hand, rel=1e-15)
    assert lossary.get(name).functional == "probability"
