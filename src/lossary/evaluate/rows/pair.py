"""A user's rows of scores and their targets made ready for a kernel."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from lossary.backends.cpu.runtime.array_addresses import DTYPES, same_place, side_by_side
from lossary.evaluate.arrays import inputs, results
from lossary.evaluate.arrays.inputs import ShapeError
from lossary.evaluate.arrays.memory import fresh
from lossary.evaluate.arrays.missing import by_label
from lossary.evaluate.arrays.precision import half_slack, tolerance, unwidened
from lossary.rowwise import RowLoss


@dataclass(slots=True)
class RowPair:
    """Targets and scores: ``f`` is (n, k); ``y`` is (n,) of int64, or (n, classes) of a kernel dtype.

    ``leading`` is the shape of what is one a row, ``dtype`` the dtype of the result. ``slack`` is that of targets and
    predictions that were given in half precision: how far from one their sums may be. ``lost`` says which rows have no
    target, ``missing`` how many targets (labels, where each is a question of its own) are missing.
    """

    y: np.ndarray
    f: np.ndarray
    leading: tuple[int, ...]
    dtype: np.dtype
    slack: tuple[float, float] = (0.0, 0.0)
    lost: np.ndarray | None = None
    missing: int = 0

    @property
    def tolerances(self) -> tuple[float, float]:
        """How far from one the sums of targets and of predictions may be; those of class indices are none.

        Of float32 beside float64 the coarser decides for both, as it does for the result's digits. Half precision
        excuses nothing but itself.
        """
        common = tolerance(self.f) if self.indexed else max(tolerance(self.y), tolerance(self.f))
        return 1.0 if self.indexed else max(common, self.slack[0]), max(common, self.slack[1])

    @property
    def indexed(self) -> bool:
        return self.y.ndim == 1

    @property
    def shape(self) -> tuple[int, ...]:
        return (*self.leading, self.f.shape[1])

    @property
    def compute(self) -> str:
        """The dtype of what a kernel writes."""
        return "f8" if self.dtype.char == "d" else "f4"

    @property
    def single(self) -> bool:
        """Whether scores and target weights are float32, and so computed in it unless something needs more."""
        return self.f.dtype.char == "f" and (self.indexed or self.y.dtype.char == "f")


def row_pair(loss: RowLoss, y_true: object, y_pred: object, class_mask: object = None) -> RowPair:
    """Check and flatten targets and scores; classes outside ``class_mask`` get the score -inf."""
    y, y_origin = unwidened("y_true", y_true)
    f, f_origin = unwidened("y_pred", y_pred)
    if f.ndim == 0:
        raise ShapeError("y_pred must hold a row of scores for each example: its last axis is the classes")
    leading, k = f.shape[:-1], f.shape[-1]
    if k == 0:
        raise ShapeError(f"y_pred has shape {f.shape}: there are no classes along its last axis")
    if y.shape == leading:
        targets, dtype = class_indices(loss, y), inputs.result_dtype(f, f)
    elif y.shape == (*leading, k + loss.more_classes):
        dtype = inputs.result_dtype(y, f)
        targets = columns_together(inputs.kernel_dtype(y, "y_true"))
    else:
        raise ShapeError(_misfit(loss, y.shape, f.shape))
    scores = columns_together(inputs.kernel_dtype(f, "y_pred"))
    if class_mask is not None:
        scores = _masked(loss, scores, f.shape, class_mask)
    return RowPair(targets, scores, leading, dtype, (half_slack(y_origin, k), half_slack(f_origin, k)))


def _misfit(loss: RowLoss, y: tuple[int, ...], f: tuple[int, ...]) -> str:
    weights = (*f[:-1], f[-1] + loss.more_classes)
    indices = "" if loss.targets == "scores" else f"{f[:-1]} for class indices, or "
    return f"{loss.name}: y_true has shape {y} but y_pred has shape {f}; y_true must have shape {indices}{weights}"


def class_indices(loss: RowLoss, y: np.ndarray) -> np.ndarray:
    """One class index a row, as a kernel takes them."""
    if loss.targets == "scores":
        raise TypeError(f"{loss.name} compares two rows of scores; a class index is no target for it")
    if y.dtype.kind not in "iub":
        missing = y.dtype.kind == "f" and bool(np.isnan(y).any())
        advice = "put -1 in the place of NaN and pass ignore_index=-1" if missing else "convert with .astype(int)"
        raise TypeError(f"{loss.name}: class indices must be whole numbers, but y_true has dtype {y.dtype}; {advice}")
    if y.dtype.kind == "u" and y.dtype.itemsize == 8:
        # Beyond int64 they would come back negative, and might be taken for an ignored index.
        y = np.minimum(y, np.iinfo(np.int64).max)
    return side_by_side(y, DTYPES["i8"]).reshape(-1)


def columns_together(array: np.ndarray) -> np.ndarray:
    """Two dimensions, the last of them contiguous; a view where the memory allows."""
    flat = array.reshape(-1, array.shape[-1])
    return flat if flat.strides[1] == flat.itemsize or flat.shape[1] == 1 else np.ascontiguousarray(flat)


def _masked(loss: RowLoss, scores: np.ndarray, shape: tuple[int, ...], class_mask: object) -> np.ndarray:
    if loss.prediction != "scores":
        raise TypeError(f"{loss.name} takes {loss.prediction}; class_mask= is for losses that take scores")
    mask = inputs.plain("class_mask", class_mask)
    if mask.dtype != np.bool_:
        raise TypeError(f"class_mask must be boolean (true where a class takes part), not {mask.dtype}")
    if mask.shape not in (shape, shape[-1:]):
        raise ShapeError(f"class_mask has shape {mask.shape}; it must be {shape} or {shape[-1:]}")
    kept = np.broadcast_to(mask, shape).reshape(scores.shape)
    return np.where(kept, scores, scores.dtype.type(-np.inf))


def row_destination(out: np.ndarray | None, pair: RowPair, read: list[np.ndarray], name: str = "out") -> np.ndarray:
    """Where a kernel writes a number a score: the user's array itself if it may, else a fresh one.

    A row is read whole before it is written, so writing over the scores is fine; over anything else that is read it
    is not.
    """
    if out is None:
        return fresh(pair.f.shape, pair.compute)
    place = results.fitting(out, pair.shape, pair.dtype, name)
    direct = results.writable_as_it_lies(place) and not any(np.may_share_memory(place, each) for each in read)
    if direct and np.may_share_memory(place, pair.f):
        direct = same_place(place, pair.f) and pair.f.flags.c_contiguous and pair.f.dtype == place.dtype
    return place.reshape(pair.f.shape) if direct else fresh(pair.f.shape, pair.compute)


def rows_without(loss: RowLoss, pair: RowPair) -> RowPair:
    """The rows, with ``lost`` saying which of them are missing."""
    if pair.indexed:
        return pair
    absent = np.isnan(pair.y)
    if not absent.any():
        return pair
    if not by_label(loss):
        lost = absent.any(axis=1)
        return replace(pair, lost=lost, missing=int(np.count_nonzero(lost)))
    y = np.where(absent, pair.y.dtype.type(0), pair.y)
    f = np.where(absent, pair.f.dtype.type(-math.inf), pair.f)
    return replace(pair, y=y, f=f, lost=absent.all(axis=1), missing=int(np.count_nonzero(absent)))
