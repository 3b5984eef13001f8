"""The same numbers in many guises: dtypes, byte orders, layouts in memory, and places for a result."""

from __future__ import annotations

import math
from functools import cache

import ml_dtypes
import numpy as np

HALF = np.dtype(ml_dtypes.bfloat16)
FLOATS = ("f8", "f4", "f2", "bf16", ">f8", ">f4", ">f2")
WHOLE = ("i1", "i8", "u1", "?", ">i4")
REFUSED = ("c16", "g", "U3")
"""Complex numbers, numbers wider than float64, and words: an error of their own."""

LAYOUTS = ("plain", "strided", "reversed", "column", "fortran", "unaligned", "readonly", "subclass")


class Guise(np.ndarray):
    """A subclass of no meaning: its numbers are those of any array."""


@cache
def dtype_of(name: str) -> np.dtype:
    """One object for each name: arrays that share it must not be taken for native because of that."""
    return HALF if name == "bf16" else np.dtype(name)


def native(dtype: np.dtype) -> np.dtype:
    return dtype if dtype == HALF else dtype.newbyteorder("=")


def cast(numbers: tuple[float, ...], name: str) -> np.ndarray:
    """The numbers, as near as the dtype has them, native and contiguous."""
    wide = np.array(numbers, np.float64)
    dtype = native(dtype_of(name))
    if dtype.kind in "iu":
        low = 0.0 if dtype.kind == "u" else -100.0
        wide = np.clip(np.nan_to_num(np.rint(wide), posinf=100.0, neginf=low), low, 100.0)
    if dtype.kind == "b":
        return wide != 0.0
    with np.errstate(over="ignore", under="ignore"):
        return wide.astype(dtype)


def dressed(plain: np.ndarray, name: str, layout: str) -> np.ndarray:
    """An array equal to ``plain``, of the dtype ``name``, laid out as ``layout`` says.

    Between and around the numbers of a strided layout lies what would be seen if it were read.
    """
    with np.errstate(over="ignore", under="ignore"):
        array = plain.astype(dtype_of(name))
    match layout:
        case "strided" | "reversed":
            return _spread(array, 2 if layout == "strided" else -1)
        case "column":
            wide = np.zeros((*array.shape, 3), array.dtype)
            wide[..., 0] = wide[..., 2] = _other(array)
            wide[..., 1] = array
            return wide[..., 1]
        case "fortran":
            return np.array(array, order="F")
        case "unaligned":
            memory = np.zeros(array.nbytes + 1, np.uint8)
            shifted = memory[1:].view(array.dtype).reshape(array.shape)
            shifted[...] = array
            return shifted
        case "readonly":
            array.setflags(write=False)
            return array
        case "subclass":
            return array.view(Guise)
    return array


def _spread(array: np.ndarray, step: int) -> np.ndarray:
    if array.ndim == 0:
        return array
    size = array.shape[0]
    wide = np.zeros((max(2 * size, 1), *array.shape[1:]), array.dtype)
    wide[...] = _other(array)
    view = wide[: 2 * size : 2] if step == 2 else wide[:size][::-1]
    view[...] = array
    return view


def _other(array: np.ndarray) -> object:
    """A number that is easily told from those of the array."""
    return array.dtype.type(7) if array.dtype.kind != "U" else "7"


OUTS = ("none", "fresh", "strided", "over f", "over y", "over w", "shifted up", "shifted down", "mirrored")


def place(
    how: str, f: np.ndarray, y: np.ndarray, w: np.ndarray | None, shape: tuple[int, ...], dtype: np.dtype
) -> tuple[np.ndarray | None, np.ndarray]:
    """Where a result goes, and the predictions, which may have to lie in the same memory: ``(out, predictions)``."""
    fits = f.shape == shape and f.dtype == dtype
    match how:
        case "fresh":
            return np.full(shape, 7.0, dtype), f
        case "strided":
            return (np.full((*shape, 2), 7.0, dtype)[..., 0], f) if shape else (np.full((), 7.0, dtype), f)
        case "over f" if fits and f.flags.writeable:
            return f, f
        case "mirrored" if fits and f.flags.writeable and f.ndim:
            return f[::-1], f
        case "over y" if y.shape == shape and y.dtype == dtype and y.flags.writeable and 0 not in y.strides:
            return y, f
        case "over w" if w is not None and w.shape == shape and w.dtype == dtype and w.flags.writeable:
            return (w, f) if 0 not in w.strides else (None, f)
        case "shifted up" | "shifted down" if fits:
            size = math.prod(shape)
            memory = np.zeros(size + 1, dtype)
            low, high = memory[:size].reshape(shape), memory[1:].reshape(shape)
            out, moved = (high, low) if how == "shifted up" else (low, high)
            moved[...] = f
            return out, moved
    return None, f
