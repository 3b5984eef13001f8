"""What a user hands in and gets back: shapes, dtypes, memory, outputs, refusals, extremes, threads, pickles."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ml_dtypes
import mpmath
import numpy as np
import pytest
from tests.support.kernels import together
from tests.support.places import SOURCES

import lossary
from lossary.backends import numpy as numpy_backend
from lossary.evaluate.pointwise.function import LossFunction
from lossary.formula import Interval, Loss
from lossary.proof.points import generic
from lossary.proof.pointwise.checks import inside, outsiders

ORDINARY = ["huber", "logistic", "poisson_deviance"]
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
DTYPES = [np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.float16), BFLOAT16]


def data(loss: Loss, size: int = 24, dtype: object = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Valid targets and predictions of ordinary size."""
    points = np.array(generic(loss, loss.defaults(), size))[:, :2]
    y, f = (column.astype(dtype) for column in points.T)
    # Rounding must not lead onto an end that is open.
    for domain, numbers in ((loss.target, y), (loss.prediction, f)):
        if isinstance(domain, Interval) and np.isfinite(domain.low) and not domain.low_closed:
            np.maximum(numbers, np.asarray(domain.low + 0.0625, dtype), out=numbers)
    return y, f


# Shapes.


def test_unequal_shapes_are_refused(each_loss: Loss) -> None:
    y, f = data(each_loss, 4)
    for call in (LossFunction(each_loss), LossFunction(each_loss).gradient, LossFunction(each_loss).cost):
        with pytest.raises(ValueError, match=r"y_true has shape \(4,\) but y_pred has shape \(4, 1\)"):
            call(y, f[:, None])


@pytest.mark.parametrize(
    ("target", "prediction"), [((4, 1), (4,)), ((4, 1), (4, 3)), ((4,), (4, 4)), ((4,), (2,)), ((), (1,))]
)
def test_every_other_mismatch_is_refused_and_named(target: tuple, prediction: tuple) -> None:
    with pytest.raises(ValueError, match="must be equal") as refusal:
        lossary.huber.cost(np.zeros(target), np.zeros(prediction))
    assert str(target) in str(refusal.value)
    assert str(prediction) in str(refusal.value)


def test_broadcasting_has_to_be_asked_for() -> None:
    y, f = np.arange(4.0), np.linspace(-1.0, 2.0, 3)[:, None]
    stretched = np.broadcast_arrays(y, f)
    got = lossary.huber(y, f, broadcast=True)
    assert got.shape == (3, 4)
    np.testing.assert_array_equal(got, lossary.huber(*(np.ascontiguousarray(a) for a in stretched)))
    assert lossary.huber.cost(y, f, broadcast=True) == lossary.huber.cost(*map(np.array, stretched))
    with pytest.raises(ValueError, match="cannot be broadcast"):
        lossary.huber(np.zeros(3), np.zeros(4), broadcast=True)


@pytest.mark.parametrize("what", ["sample_weight", "mask", "delta"])
def test_weights_masks_and_parameters_have_the_shape_of_the_data(what: str) -> None:
    wrong = np.ones((3, 1), dtype=bool if what == "mask" else float)
    with pytest.raises(ValueError, match=rf"{what} has shape \(3, 1\) but y_pred has shape \(3,\)"):
        lossary.huber.cost(np.zeros(3), np.zeros(3), **{what: wrong})


# Dtypes.


def test_results_have_the_dtype_of_the_predictions(each_loss: Loss) -> None:
    function = LossFunction(each_loss)
    for dtype in DTYPES:
        y, f = data(each_loss, dtype=dtype)
        got = together(function, y, f)["value"]
        assert got.dtype == dtype
        assert got.shape == f.shape
        # Half precision is exact arithmetic on what it holds, rounded once.
        wide = together(function, y.astype(np.float64), f.astype(np.float64))["value"]
        eps = {2: 2.0**-8 if dtype == BFLOAT16 else 2.0**-11, 4: 2.0**-21, 8: 0.0}[dtype.itemsize]
        smallest = float(ml_dtypes.finfo(dtype).smallest_subnormal)
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(
                got.astype(np.float64), wide.astype(dtype).astype(np.float64), rtol=2 * eps, atol=smallest
            )


def test_whole_numbers_count_as_float64() -> None:
    y, f = [1, 2, 3], [2, 2, 5]
    expected = lossary.huber(np.array(y, float), np.array(f, float))
    for kind in (np.int64, np.int32, np.uint8, np.int8):
        got = lossary.huber(np.array(y, kind), np.array(f, kind))
        assert got.dtype == np.float64
        np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(lossary.huber(y, f), expected)
    np.testing.assert_array_equal(lossary.huber(tuple(y), tuple(f)), expected)


def test_labels_of_any_kind_do_not_widen_the_result() -> None:
    f = np.array([0.25, -2.0], np.float32)
    expected = lossary.logistic(np.array([1.0, 0.0], np.float32), f)
    for y in (np.array([1, 0]), np.array([True, False]), [1, 0], np.array([1, 0], np.uint8)):
        got = lossary.logistic(y, f)
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, expected)


def test_mixed_precision_takes_the_wider() -> None:
    y, f = np.array([0.1, 0.2]), np.array([0.3, 0.5], np.float32)
    assert lossary.huber(y, f).dtype == np.float64
    np.testing.assert_array_equal(lossary.huber(y, f), lossary.huber(y, f.astype(np.float64)))
    assert lossary.huber(f, f.astype(np.float16)).dtype == np.float32


def test_scalars_come_back_as_scalars() -> None:
    got = lossary.huber(0.0, 3.0)
    assert isinstance(got, np.float64)
    assert got == 2.5
    assert lossary.huber(np.float32(0.0), np.float32(3.0)).dtype == np.float32
    assert lossary.huber.cost(0.0, 3.0) == 2.5


@pytest.mark.parametrize(
    "wrong",
    [["a", "b"], np.array([1j, 2j]), np.array([None, 1]), np.array(["2020-01-01"] * 2, "M8[D]"), np.ones(2, "g")],
)
def test_what_is_no_number_is_refused_by_name(wrong: object) -> None:
    for call in (lambda: lossary.huber(wrong, [0.0, 1.0]), lambda: lossary.huber([0.0, 1.0], wrong)):
        with pytest.raises(TypeError, match=r"y_true|y_pred"):
            call()


# Memory.


def layouts(a: np.ndarray, folder: Path, name: str) -> dict[str, np.ndarray]:
    """The same numbers, laid out in other ways."""
    gapped = np.zeros(3 * a.size, a.dtype)
    gapped[::3] = a
    mapped = np.memmap(folder / name, a.dtype, "w+", shape=a.shape)
    mapped[:] = a
    mapped.flush()
    frozen = a.copy()
    frozen.flags.writeable = False
    fields = np.zeros(a.size, [("pad", "i1"), ("x", a.dtype)])
    fields["x"] = a
    return {
        "strided": gapped[::3],
        "reversed": a[::-1].copy()[::-1],
        "read-only": frozen,
        "memory-mapped": np.memmap(folder / name, a.dtype, "r", shape=a.shape),
        "foreign bytes": a.astype(a.dtype.newbyteorder()),
        "unaligned": fields["x"],
        "2-d": a.reshape(4, -1),
        "columns first": np.asfortranarray(a.reshape(4, -1)),
        "transposed": a.reshape(-1, 4).T.copy().T,
        "3-d slice": np.repeat(a.reshape(2, -1), 2, axis=0)[::2],
    }


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ORDINARY)
def test_memory_layout_does_not_matter(name: str, dtype: type, tmp_path: Path) -> None:
    function = lossary.get(name)
    y, f = data(function.record, 24, dtype)
    losses, cost = function(y, f), function.cost(y, f)
    gradient = function.cost_and_gradient(y, f)[1]
    other_y, other_f = layouts(y, tmp_path, "y"), layouts(f, tmp_path, "f")
    for layout in other_f:
        here_y, here_f = other_y[layout], other_f[layout]
        np.testing.assert_array_equal(np.asarray(function(here_y, here_f)).reshape(-1), losses, err_msg=layout)
        assert function.cost(here_y, here_f) == cost, layout
        got = function.cost_and_gradient(here_y, here_f)[1]
        np.testing.assert_array_equal(got.reshape(-1), gradient, err_msg=layout)
        assert got.shape == here_f.shape
    np.testing.assert_array_equal(function(other_y["strided"], other_f["reversed"]), losses)


def test_inputs_are_left_alone() -> None:
    y, f = data(lossary.huber.record, 1000)
    before = y.copy(), f.copy()
    lossary.huber.gradient_and_hessian(y, f, sample_weight=np.ones(1000))
    np.testing.assert_array_equal(y, before[0])
    np.testing.assert_array_equal(f, before[1])


def test_nothing_in_nothing_out() -> None:
    empty = np.zeros((0, 3), np.float32)
    got = lossary.huber(empty, empty)
    assert got.shape == (0, 3)
    assert got.dtype == np.float32
    first, second = lossary.huber.gradient_and_hessian(empty, empty)
    assert first.shape == second.shape == (0, 3)


@pytest.mark.parametrize("size", [1, 7, 1023, 1024, 1025, 4099])
def test_sizes_around_a_block(size: int) -> None:
    y, f = np.zeros(size), np.linspace(-3.0, 3.0, size)
    expected = numpy_backend.evaluate(lossary.huber.record.value, y, f, 1.0)
    np.testing.assert_allclose(lossary.huber(y, f), expected, rtol=1e-15)


# out=


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_gradient_may_overwrite_the_predictions(dtype: np.dtype) -> None:
    y, f = data(lossary.huber.record, 2000, dtype)
    cost, expected = lossary.huber.cost_and_gradient(y, f)
    place = f.copy()
    again, got = lossary.huber.cost_and_gradient(y, place, out=place)
    assert got is place
    assert again == cost
    np.testing.assert_array_equal(place, expected)


def test_outputs_may_be_strided_or_two() -> None:
    y, f = data(lossary.huber.record, 24)
    wide = np.full(48, 9.0)
    _, got = lossary.huber.cost_and_gradient(y, f, out=wide[::2])
    np.testing.assert_array_equal(got, lossary.huber.cost_and_gradient(y, f)[1])
    assert (wide[1::2] == 9.0).all()
    places = np.empty(24), np.empty(24)
    first, second = lossary.huber.gradient_and_hessian(y, f, out=places)
    assert first is places[0]
    assert second is places[1]
    np.testing.assert_array_equal(places[0], lossary.huber.gradient(y, f))
    np.testing.assert_array_equal(places[1], lossary.huber.hessian(y, f))


def test_a_refused_call_leaves_the_output_as_it_was() -> None:
    y, f = np.array([0.0, np.nan]), np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="y_true"):
        lossary.huber.cost_and_gradient(y, f, out=f)
    np.testing.assert_array_equal(f, [1.0, 2.0])


@pytest.mark.parametrize(
    "out", [np.empty(3), np.empty(2, np.float32), np.empty((2, 1)), [0.0, 0.0], np.broadcast_to(np.zeros(1), (2,))]
)
def test_an_unfit_output_is_refused(out: object) -> None:
    with pytest.raises(ValueError, match="out"):
        lossary.huber.cost_and_gradient([0.0, 1.0], [1.0, 1.0], out=out)


# Refusals.


def test_what_lies_outside_is_refused_with_rule_place_and_value(each_loss: Loss) -> None:
    good_y, good_f = inside(each_loss)
    for points in outsiders(each_loss).values():
        for y, f in points:
            bad, name, domain = (
                (y, "y_true", each_loss.target) if f == good_f and y != good_y else (f, "y_pred", each_loss.prediction)
            )
            targets, predictions = np.full((2, 3), good_y), np.full((2, 3), good_f)
            targets[1, 2], predictions[1, 2] = y, f
            with pytest.raises(ValueError, match=each_loss.name) as refusal:
                LossFunction(each_loss).cost_and_gradient(targets, predictions, np.ones((2, 3)))
            said = str(refusal.value)
            assert f"{name}[1, 2] is {bad:g}" in said
            assert str(domain) in said


def test_checks_can_be_left_out() -> None:
    assert lossary.logistic.cost([2.0], [0.0], check=False) == pytest.approx(float(mpmath.log(2)), rel=1e-15)
    with pytest.raises(ValueError, match="logistic"):
        lossary.logistic.cost([2.0], [0.0])


def test_the_first_of_several_offenders_is_named_and_the_rest_counted() -> None:
    with pytest.raises(ValueError, match=r"y_true\[1\] is 0 \(and 2 more\); turn labels 0/1 into -1/\+1 with 2\*y - 1"):
        lossary.hinge([1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5])


@pytest.mark.parametrize("loss", ["hinge", "logistic", "poisson", "huber"])
def test_an_offender_late_in_a_long_array_is_found(loss: str) -> None:
    y = np.ones(200_003)
    y[-1] = np.nan
    with pytest.raises(ValueError, match=r"y_true\[200002\] is nan"):
        lossary.get(loss).cost(y, np.zeros(200_003))


def test_parameters_are_checked() -> None:
    with pytest.raises(ValueError, match=r"huber: delta must be in \(0, inf\), not -1"):
        lossary.huber([0.0], [1.0], delta=-1.0)
    with pytest.raises(ValueError, match=r"delta\[1\] is 0"):
        lossary.huber([0.0, 0.0], [1.0, 1.0], delta=np.array([1.0, 0.0]))
    with pytest.raises(TypeError, match="did you mean delta"):
        lossary.huber([0.0], [1.0], detla=1.0)
    with pytest.raises(TypeError, match="delta must be a number"):
        lossary.huber.using(delta="wide")
    with pytest.raises(ValueError, match="nan"):
        lossary.huber.using(delta=np.nan)


def test_words_are_checked() -> None:
    with pytest.raises(ValueError, match="call the loss itself"):
        lossary.huber.cost([0.0], [1.0], reduction="none")
    with pytest.raises(ValueError, match="majorizer"):
        lossary.huber.hessian([0.0], [1.0], curvature="gauss")
    with pytest.raises(ValueError, match="huber has no fisher curvature; it has exact, majorizer"):
        lossary.huber.hessian([0.0], [1.0], curvature="fisher")


# Parameters.


def test_a_parameter_may_differ_by_example() -> None:
    y, f, delta = np.zeros(3), np.array([0.5, 3.0, -4.0]), np.array([1.0, 2.0, 0.5])
    apart = [lossary.huber(y[i], f[i], delta=float(delta[i])) for i in range(3)]
    np.testing.assert_array_equal(lossary.huber(y, f, delta=delta), apart)
    np.testing.assert_array_equal(lossary.huber.using(delta=delta)(y, f), apart)
    assert lossary.huber.cost(y, f, delta=delta) == pytest.approx(np.mean(apart), rel=1e-15)


def test_using_fixes_parameters_and_a_call_may_still_change_them() -> None:
    wide = lossary.huber.using(delta=2.0)
    assert wide([0.0], [3.0])[0] == 4.0
    assert wide([0.0], [3.0], delta=1.0)[0] == 2.5
    assert str(wide) == "huber(delta=2)"
    assert lossary.huber([0.0], [3.0])[0] == 2.5


# Processes, threads, pickles.

FORK = """
import os, sys
import numpy as np
import lossary
from lossary.backends.cpu.runtime import threads

threads.set_count(4)
y, f = np.zeros(400_000), np.linspace(-3.0, 3.0, 400_000)
expected = lossary.huber.cost_and_gradient(y, f)
child = os.fork()
if child == 0:
    got = lossary.huber.cost_and_gradient(y, f)
    os._exit(0 if got[0] == expected[0] and (got[1] == expected[1]).all() else 1)
again = lossary.huber.cost_and_gradient(y, f)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) or again[0] != expected[0])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system cannot fork")
def test_a_forked_child_can_compute() -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {SOURCES!r})\n{textwrap.dedent(FORK)}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_eight_threads_at_once_do_not_disturb_each_other() -> None:
    functions = [lossary.get(name) for name in ORDINARY]
    work = [(function, *data(function.record, 500 + 331 * i)) for i, function in enumerate(functions * 8)]

    def computed(job: tuple) -> tuple[float, np.ndarray, np.ndarray]:
        function, y, f = job
        cost, gradient = function.cost_and_gradient(y, f)
        return cost, gradient, function(y, f)

    expected = [computed(job) for job in work]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            for got, (cost, gradient, losses) in zip(pool.map(computed, work), expected, strict=True):
                assert got[0] == cost
                np.testing.assert_array_equal(got[1], gradient)
                np.testing.assert_array_equal(got[2], losses)


def test_losses_travel_between_processes(each_loss: Loss) -> None:
    function = lossary.get(each_loss.name)
    assert pickle.loads(pickle.dumps(function)) is function
    if each_loss.parameters:
        name = each_loss.parameters[0].name
        settled = function.using(**{name: each_loss.parameters[0].default})
        assert str(pickle.loads(pickle.dumps(settled))) == str(settled)


def test_accumulators_travel_between_processes() -> None:
    part = lossary.huber.using(delta=2.0).accumulator().update([0.0, 1.0], [3.0, 1.5], [1.0, 0.5])
    other = pickle.loads(pickle.dumps(part))
    assert other.value == part.value
    assert other.merge(part).denominator == 3.0
