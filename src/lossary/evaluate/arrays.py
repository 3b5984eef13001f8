"""A user's arrays made ready for a kernel: shapes compared, dtypes settled, memory laid flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lossary.backends.cpu.access import DTYPES, readable, readable_alike, same_place
from lossary.evaluate.outputs import fresh

KERNEL_DTYPES = {"d": "f8", "f": "f4"}


class ShapeError(ValueError):
    """Arrays whose shapes do not fit each other."""


@dataclass(slots=True)
class Pair:
    """Targets and predictions, flat, of kernel dtypes; ``shape`` and ``dtype`` are those of the result."""

    y: np.ndarray
    f: np.ndarray
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def leading(self) -> tuple[int, ...]:
        """The shape of what is one number an example."""
        return self.shape

    @property
    def compute(self) -> str:
        """The dtype of what a kernel writes: half precision is written as float32 and rounded after."""
        return "f8" if self.dtype.char == "d" else "f4"

    @property
    def single(self) -> bool:
        """Whether targets and predictions are float32, and so computed in it unless something needs more."""
        return self.y.dtype.char == self.f.dtype.char == "f"


def pair(y_true: object, y_pred: object, broadcast: bool = False) -> Pair:
    """Check and flatten targets and predictions."""
    y = y_true if type(y_true) is np.ndarray else plain("y_true", y_true)
    f = y_pred if type(y_pred) is np.ndarray else plain("y_pred", y_pred)
    if y.shape != f.shape:
        y, f = _broadcast("y_true", y, "y_pred", f, broadcast)
    shape, dtype = f.shape, f.dtype
    if not readable_alike(y, f):
        dtype = result_dtype(y, f)
        y, f = kernel_dtype(y, "y_true"), kernel_dtype(f, "y_pred")
    if len(shape) == 1:
        return Pair(y, f, shape, dtype)
    return Pair(y.reshape(-1), f.reshape(-1), shape, dtype)


def alike(name: str, given: object, shape: tuple[int, ...], broadcast: bool = False) -> np.ndarray:
    """Another array of the pair's shape (weights, a mask, a parameter), flat and of a kernel dtype."""
    array = plain(name, given)
    if array.shape != shape:
        if not broadcast:
            raise ShapeError(_mismatch(name, array.shape, "y_pred", shape))
        array = np.broadcast_to(array, shape)
    return flat(kernel_dtype(array, name))


def plain(name: str, given: object) -> np.ndarray:
    """An array; a masked one is refused, because its mask would be lost."""
    if type(given) is np.ndarray:
        return given
    if isinstance(given, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array; pass its data, and mask=~{name}.mask for what counts")
    return np.asarray(given)


def flat(array: np.ndarray) -> np.ndarray:
    """One dimension; a view where the memory allows."""
    if array.ndim == 1:
        return array
    return array.reshape(-1)


def _mismatch(name: str, shape: tuple[int, ...], other: str, other_shape: tuple[int, ...]) -> str:
    return (
        f"{name} has shape {shape} but {other} has shape {other_shape}; they must be equal: "
        "reshape one, or pass broadcast=True to stretch them as NumPy does"
    )


def _broadcast(name: str, a: np.ndarray, other: str, b: np.ndarray, allowed: bool) -> tuple[np.ndarray, np.ndarray]:
    if not allowed:
        raise ShapeError(_mismatch(name, a.shape, other, b.shape))
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ShapeError(f"{name} of shape {a.shape} and {other} of shape {b.shape} cannot be broadcast") from None
    return np.broadcast_to(a, shape), np.broadcast_to(b, shape)


def is_real(dtype: np.dtype) -> bool:
    """Whether an array of this dtype holds real numbers."""
    return dtype.kind in "fiub" or dtype.name == "bfloat16"


def result_dtype(y: np.ndarray, f: np.ndarray) -> np.dtype:
    """The predictions' dtype, widened by floating targets; whole numbers count as float64 predictions."""
    for name, array in (("y_true", y), ("y_pred", f)):
        if not is_real(array.dtype):
            raise TypeError(_not_numbers(name, array))
    if f.dtype.kind in "iub":
        return np.dtype(np.float64)
    if y.dtype.kind in "iub" or y.dtype == f.dtype:
        return f.dtype
    return np.promote_types(y.dtype, f.dtype)


def kernel_dtype(array: np.ndarray, name: str) -> np.ndarray:
    """The array as float32 or float64; half precision becomes float32, whole numbers float64."""
    if readable(array):
        return array
    if not is_real(array.dtype):
        raise TypeError(_not_numbers(name, array))
    if array.dtype.itemsize > 8:
        raise TypeError(
            f"{name} has dtype {array.dtype}; the widest supported is float64: convert with .astype('float64')"
        )
    single = array.dtype.itemsize <= 4 and array.dtype.kind not in "iub"
    dtype = DTYPES["f4" if single else "f8"]
    # A dtype that only says the same in other words takes no copy.
    array = array.view(dtype) if array.dtype == dtype else array
    return array if readable(array) else array.astype(dtype)


def _not_numbers(name: str, array: np.ndarray) -> str:
    flat_array = array.reshape(-1)
    first = f", beginning with {flat_array[0]!r}" if flat_array.size else ""
    return f"{name} must hold real numbers, but has dtype {array.dtype}{first}"


def destination(
    out: np.ndarray | None, given: Pair, inputs: Sequence[np.ndarray] = (), name: str = "out"
) -> np.ndarray:
    """Where a kernel writes: the user's array itself if it may, else a fresh one.

    Writing over an input is fine, element by element; over a shifted view of one it would eat what is still to be read.
    """
    if out is None:
        return fresh(given.f.shape[0], given.compute)
    place = fitting(out, given.shape, given.dtype, name)
    direct = writable_as_it_lies(place) and not any(_eats(place, each) for each in inputs)
    return place.reshape(-1) if direct else fresh(given.f.shape[0], given.compute)


def fitting(out: object, shape: tuple[int, ...], dtype: np.dtype, name: str) -> np.ndarray:
    """A place for results, as a plain array of the same memory; what cannot hold them is refused."""
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype:
        what = f"shape {out.shape} and dtype {out.dtype}" if isinstance(out, np.ndarray) else type(out).__name__
        raise ShapeError(f"{name} must be an array of shape {shape} and dtype {dtype}, not {what}")
    if isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, whose mask would hide results; pass {name}.data")
    flags = out.flags
    if not flags.c_contiguous and any(step == 0 and n > 1 for step, n in zip(out.strides, out.shape, strict=True)):
        raise ValueError(f"{name} has strides {out.strides}: several of its elements are one number in memory")
    if not flags.writeable:
        raise ValueError(f"{name} is read-only")
    return np.asarray(out)


def writable_as_it_lies(out: np.ndarray) -> bool:
    """Whether a kernel can write there."""
    return readable(out) and out.flags.c_contiguous


def _eats(out: np.ndarray, read: np.ndarray) -> bool:
    """Whether writing ``out`` may change numbers of ``read`` before they are read."""
    if not np.may_share_memory(out, read):
        return False
    same = out.dtype == read.dtype and same_place(out, read)
    return not (same and read.flags.c_contiguous)


def delivered(written: np.ndarray, out: np.ndarray | None, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """What the user gets: ``out`` filled, or the fresh array in the right shape and dtype."""
    if out is not None:
        fill(out, written, shape)
        return out
    result = written if written.dtype == dtype else rounded(written, dtype)
    if result.shape == shape:
        return result
    return result.reshape(shape)[()] if shape == () else result.reshape(shape)


def rounded(written: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Results in the dtype of the answer; too much for it is infinite, too little zero, without a warning."""
    if written.dtype == dtype:
        return written
    with np.errstate(over="ignore", under="ignore"):
        return written.astype(dtype)


def fill(out: np.ndarray, written: np.ndarray, shape: tuple[int, ...]) -> None:
    """Bring results to where they are wanted, unless they were written there."""
    if not np.may_share_memory(written, out):
        with np.errstate(over="ignore", under="ignore"):
            out[...] = written.reshape(shape)
