"""Softmax, its logarithm, its normaliser and the sigmoid, through the kernels of the losses."""

from __future__ import annotations

from functools import cache

import numpy as np

from lossary.backends.cpu.pointwise.runner import Runner
from lossary.backends.cpu.rows.runner import Options, RowRunner
from lossary.backends.cpu.specs.pointwise import KernelSpec
from lossary.backends.cpu.specs.rows import NARROWEST_WIDE, RowSpec
from lossary.evaluate.arrays import inputs, results
from lossary.evaluate.arrays.inputs import KERNEL_DTYPES, Pair, ShapeError
from lossary.evaluate.rows.pair import RowPair, row_destination
from lossary.losses.log_partition import PAIR, ROW


def softmax(scores: object, axis: int = -1, out: np.ndarray | None = None) -> np.ndarray:
    """The probabilities e**score / sum e**score along an axis.

    Parameters
    ----------
    scores : array-like, any shape of at least one dimension
        float16, bfloat16, float32 or float64; whole numbers count as float64. -inf is a class that is masked out: its
        probability is zero. Classes at +inf share all of it.
    axis : int, default -1
        Where the classes lie.
    out : array of the shape and dtype of the result, optional
        Receives the result; it may be ``scores`` itself.

    Returns
    -------
    array of the shape and dtype of ``scores``
        NaN in a slice that holds a NaN, and where all classes are masked: there is no distribution over none.

    Raises
    ------
    ValueError
        ``out`` does not fit, or there is no such axis.
    TypeError
        ``scores`` are no real numbers.

    Notes
    -----
    Blanchard, Higham and Higham (2021), doi:10.1093/imanum/draa038. A number added to all scores changes nothing.

    Examples
    --------
    >>> import lossary
    >>> lossary.softmax([[0.0, 0.0], [1e4, -float("inf")]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    return _over_scores("grad", scores, axis, out)


def log_softmax(scores: object, axis: int = -1, out: np.ndarray | None = None) -> np.ndarray:
    """The logarithms of ``softmax``, which keep their digits where a probability is nearly zero or one.

    Parameters, errors and source are those of ``softmax``; a masked class has the log-probability -inf.

    Examples
    --------
    >>> import lossary
    >>> lossary.log_softmax([50.0, 0.0])
    array([-1.92874985e-22, -5.00000000e+01])
    """
    return _over_scores("hess", scores, axis, out)


def logsumexp(scores: object, axis: int = -1, keepdims: bool = False) -> np.ndarray:
    """The logarithm of the sum of e**score along an axis, without overflow.

    Parameters
    ----------
    scores, axis
        As in ``softmax``.
    keepdims : bool, default False
        Whether the axis stays, with length one.

    Returns
    -------
    array of the dtype of ``scores``, without the axis
        -inf where all scores are -inf, and for no scores at all; NaN in a slice that holds a NaN.

    Examples
    --------
    >>> import lossary
    >>> lossary.logsumexp([[0.0, 0.0], [1e4, 1e4]])
    array([6.93147181e-01, 1.00006931e+04])
    """
    _, pair = _rows(scores, axis)
    n, k = pair.f.shape
    # The sum over no scores is zero, its logarithm -inf.
    written = np.full(n, -np.inf, dtype=pair.compute)
    if n and k:
        _run("value", pair, written)
    result = results.rounded(written, pair.dtype).reshape(pair.leading)
    return np.expand_dims(result, axis) if keepdims else result[()]


def sigmoid(x: object, out: np.ndarray | None = None) -> np.ndarray:
    """The probabilities 1 / (1 + e**-x) of logits, one by one.

    Parameters
    ----------
    x : array-like of any shape
        float16, bfloat16, float32 or float64; whole numbers count as float64.
    out : array of the shape and dtype of the result, optional
        Receives the result; it may be ``x`` itself.

    Returns
    -------
    array of the shape and dtype of ``x``
        Accurate in both tails; NaN where ``x`` is.

    Raises
    ------
    ValueError
        ``out`` does not fit.
    TypeError
        ``x`` holds no real numbers.

    Notes
    -----
    It is the derivative of softplus(x) = log(1 + e**x), the log-partition of the scores 0 and x.

    Examples
    --------
    >>> import lossary
    >>> lossary.sigmoid([0.0, -40.0])
    array([5.00000000e-01, 4.24835426e-18])
    """
    array = inputs.plain("x", x)
    flat = inputs.flat(inputs.kernel_dtype(array, "x"))
    pair = Pair(flat, flat, array.shape, inputs.result_dtype(array, array))
    written = results.destination(out, pair, [flat])
    if flat.size:
        _pair_runner(KERNEL_DTYPES[flat.dtype.char], pair.compute)((flat, flat), (), (written,))
    return results.delivered(written, out, pair.shape, pair.dtype)


def _over_scores(quantity: str, scores: object, axis: int, out: np.ndarray | None) -> np.ndarray:
    """A number for each score, in the shape of the scores."""
    array, pair = _rows(scores, axis)
    moved = None
    if out is not None:
        moved = np.moveaxis(results.fitting(out, array.shape, pair.dtype, "out"), axis, -1)
    written = row_destination(moved, pair, [])
    if written.size:
        _run(quantity, pair, written)
    filled = results.delivered(written, moved, pair.shape, pair.dtype)
    return np.ascontiguousarray(np.moveaxis(filled, -1, axis)) if out is None else out


def _rows(scores: object, axis: int) -> tuple[np.ndarray, RowPair]:
    """The array as it was given, and its rows of scores; the classes are moved to the end."""
    array = inputs.plain("scores", scores)
    if array.ndim == 0:
        raise ShapeError("scores must have an axis of classes, but there is one number")
    moved = np.moveaxis(inputs.kernel_dtype(array, "scores"), axis, -1)
    leading, k = moved.shape[:-1], moved.shape[-1]
    rows = np.ascontiguousarray(moved).reshape(int(np.prod(leading, dtype=np.int64)), k)
    # Every row has the class 0, which the formulas do not ask for: one number, read again and again.
    y = np.broadcast_to(np.zeros(1, dtype=np.int64), rows.shape[:1])
    return array, RowPair(y, rows, leading, inputs.result_dtype(array, array))


def _run(quantity: str, pair: RowPair, written: np.ndarray) -> None:
    k = pair.f.shape[1]
    runner = _row_runner(quantity, KERNEL_DTYPES[pair.f.dtype.char], pair.compute, k < NARROWEST_WIDE)
    runner(pair.y, pair.f, None, Options(tolerance=0.0), (), (written,))


@cache
def _row_runner(quantity: str, f: str, out: str, narrow: bool) -> RowRunner:
    return RowRunner(RowSpec(ROW, "i8", f, out, (quantity,), False, False, False, False, False, False, narrow))


@cache
def _pair_runner(f: str, out: str) -> Runner:
    return Runner(KernelSpec(PAIR, f, f, None, out, ("grad",), total=False, scaled=False, per_example=()))
