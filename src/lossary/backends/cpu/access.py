"""How an array's memory reaches a kernel: an address leaves here only with what a kernel must know to read it right.

Kernels read numbers of this machine's byte order, at addresses that are multiples of their size. Whatever else NumPy
calls an array of doubles (bytes the other way round, the fields of a packed record) is copied before, by those who
prepare a call; here it is an error, and so is memory that holds fewer numbers than a kernel would take.
"""

from __future__ import annotations

import ctypes

import numpy as np

DTYPES: dict[str, np.dtype] = {"f8": np.dtype(np.float64), "f4": np.dtype(np.float32), "i8": np.dtype(np.int64)}
"""What kernels read and write, by the names that their specs have for it. NumPy has one object of each."""

_DOUBLE, _FLOAT = DTYPES["f8"], DTYPES["f4"]


def readable(array: np.ndarray) -> bool:
    """Whether kernels can read these numbers where they lie; strides do not matter."""
    # Not ``==``, and not another array's dtype: arrays of foreign byte order may well share one object.
    dtype = array.dtype
    return (dtype is _DOUBLE or dtype is _FLOAT) and bool(array.flags.aligned)


def side_by_side(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The numbers as ``dtype``, in order and without gaps: the array itself if that is how they lie."""
    if array.dtype is dtype and array.flags.c_contiguous and array.flags.aligned:
        return array
    return array.astype(dtype, order="C")


def strided(array: np.ndarray, dtype: np.dtype, size: int) -> tuple[int, int]:
    """The address of the first of ``size`` numbers, and the bytes from each to the next."""
    place, (stride,) = _address(array), array.strides
    odd = (place | stride) & (dtype.itemsize - 1) and not array.flags.aligned
    if array.dtype is not dtype or odd or len(array) != size:
        raise TypeError(_unfit(array, f"an aligned array of {size} numbers, of dtype {dtype}"))
    return place, stride


def rows(array: np.ndarray, dtype: np.dtype, count: int, width: int) -> tuple[int, int]:
    """The address of the first of ``count`` rows of ``width`` numbers side by side, and the bytes from row to row."""
    step, along = array.strides
    gaps = along != dtype.itemsize and width > 1
    if array.shape != (count, width) or array.dtype is not dtype or gaps or not array.flags.aligned:
        raise TypeError(_unfit(array, f"an aligned array of {count} rows of {width} numbers, of dtype {dtype}"))
    return _address(array), step


def dense(array: np.ndarray, dtype: np.dtype, size: int) -> int:
    """The address of ``size`` numbers without gaps."""
    flags = array.flags
    if array.dtype is not dtype or not flags.c_contiguous or not flags.aligned or array.size != size:
        raise TypeError(_unfit(array, f"an aligned and contiguous array of {size} numbers, of dtype {dtype}"))
    return _address(array)


def same_place(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the first numbers of both are one."""
    return _address(a) == _address(b)


def _unfit(array: np.ndarray, wanted: str) -> str:
    found = f"dtype {array.dtype}, shape {array.shape}, strides {array.strides}"
    return f"a kernel takes {wanted}, not one of {found}{'' if array.flags.aligned else ', not aligned'}"


def _stated_address(array: np.ndarray) -> int:
    found: int = array.__array_interface__["data"][0]
    return found


def _read_address(array: np.ndarray) -> int:
    # In NumPy's binary interface an array begins with Python's object header and the data pointer. Reading it takes a
    # tenth of the time of asking for it, and a call on a thousand examples asks three times.
    found: int = _pointer_at(id(array) + object.__basicsize__).value or 0
    return found


_pointer_at = ctypes.c_void_p.from_address
_probe = np.zeros(1)
_address = _read_address if _read_address(_probe) == _stated_address(_probe) else _stated_address
