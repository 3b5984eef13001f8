"""A user's arrays made ready for a kernel: shapes compared, dtypes settled, memory laid flat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossary.backends.cpu.runtime.array_addresses import DTYPES, readable, readable_alike

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


def alike(name: str, argument: object, shape: tuple[int, ...], broadcast: bool = False) -> np.ndarray:
    """Another array of the pair's shape (weights, a mask, a parameter), flat and of a kernel dtype."""
    array = plain(name, argument)
    if array.shape != shape:
        if not broadcast:
            raise ShapeError(_mismatch(name, array.shape, "y_pred", shape))
        array = np.broadcast_to(array, shape)
    return flat(kernel_dtype(array, name))


def plain(name: str, argument: object) -> np.ndarray:
    """An array; a masked one is refused, because its mask would be lost."""
    if type(argument) is np.ndarray:
        return argument
    if isinstance(argument, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array; pass its data, and mask=~{name}.mask for what counts")
    return np.asarray(argument)


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
