"""How an array's memory reaches a kernel: an address leaves here only with what a kernel must know to read it right.

Kernels read numbers of this machine's byte order, at addresses that are multiples of their size. Whatever else NumPy
calls an array of doubles (bytes the other way round, the fields of a packed record) is not ``readable``, and is copied
by those who prepare a call. An address is not had for numbers of another dtype, for gaps where a kernel expects none,
or for fewer numbers than it would take: that is an error, whoever prepared the call.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

DTYPES: dict[str, np.dtype] = {"f8": np.dtype(np.float64), "f4": np.dtype(np.float32), "i8": np.dtype(np.int64)}
"""What kernels read and write, by the names that their specs have for it. NumPy has one object of each."""

STREAM_BYTES = 1 << 23
"""Results larger than this are written past the caches."""

WholePair = tuple[int, int, int, tuple[int, ...], np.dtype]
"""How many numbers, the addresses of targets and predictions, and the shape and dtype of both."""

_ndarray = np.ndarray
_DOUBLE, _FLOAT, _INDEX = DTYPES["f8"], DTYPES["f4"], DTYPES["i8"]


def readable(array: np.ndarray) -> bool:
    """Whether kernels can read these numbers where they lie; strides do not matter."""
    dtype = array.dtype
    return (dtype is _DOUBLE or dtype is _FLOAT) and array.flags.aligned


def readable_alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether that holds of both, and they are of one dtype."""
    # One dtype object would not do: arrays of foreign byte order may share one.
    return a.dtype is b.dtype and readable(a) and b.flags.aligned


def side_by_side(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The numbers as ``dtype``, in order and without gaps: the array itself if that is how they lie."""
    if array.dtype is dtype and array.flags.c_contiguous and array.flags.aligned:
        return array
    return array.astype(dtype, order="C")


def strided(arrays: Sequence[np.ndarray], dtypes: Sequence[np.dtype], size: int) -> list[int]:
    """For each array of ``size`` numbers the address of the first, and the bytes from each to the next."""
    places: list[int] = []
    # One loop without a call in it: of a call on a thousand examples every twelfth part is this.
    for array, dtype in zip(arrays, dtypes):  # noqa: B905  ``strict`` takes as long as the loop for one array
        (stride,) = array.strides
        if array.dtype is not dtype or len(array) != size:
            raise TypeError(_unfit(array, f"an array of {size} numbers, of dtype {dtype}"))
        places += (_pointer_at(id(array) + _HEADER).value, stride)
    return places


def rows(array: np.ndarray, dtype: np.dtype, count: int, width: int) -> tuple[int, int]:
    """The address of the first of ``count`` rows of ``width`` numbers side by side, and the bytes from row to row."""
    step, along = array.strides
    if array.dtype is not dtype or array.shape != (count, width) or (along != dtype.itemsize and width > 1):
        raise TypeError(_unfit(array, f"an array of {count} rows of {width} numbers, of dtype {dtype}"))
    return _address(array), step


def dense(array: np.ndarray, dtype: np.dtype, size: int) -> int:
    """The address of ``size`` numbers without gaps."""
    if array.dtype is not dtype or array.size != size or not array.flags.c_contiguous:
        raise TypeError(_unfit(array, f"a contiguous array of {size} numbers, of dtype {dtype}"))
    return _address(array)


def whole_pair(y: object, f: object, most: int) -> WholePair | None:
    """Two plain arrays of one shape and dtype, without gaps and of fewer than ``most`` numbers; None for any others.

    In one function, as it is most of what a short call has to look at.
    """
    if type(y) is not _ndarray or type(f) is not _ndarray:
        return None
    dtype, shape, size = f.dtype, f.shape, f.size
    if y.dtype is not dtype or y.shape != shape or (dtype is not _FLOAT and dtype is not _DOUBLE):
        return None
    if y.flags.num & f.flags.num & READABLE != READABLE or not 0 < size < most or not shape:
        return None
    return size, _pointer_at(id(y) + _HEADER).value, _pointer_at(id(f) + _HEADER).value, shape, dtype


WholeRows = tuple[int, int, int, int, int]
"""How many rows, how many scores each, the addresses of targets and scores, and the bytes from target to target."""


def whole_rows(y: object, f: np.ndarray, classes: int, most: int) -> WholeRows | None:
    """Fewer than ``most`` scores (n, k), beside class indices or n rows of ``classes`` weights of the same float dtype.

    All plain arrays without gaps; None for whatever else.
    """
    dtype, shape = f.dtype, f.shape
    if type(y) is not _ndarray or len(shape) != 2 or not 0 < f.size < most:
        return None
    if y.flags.num & f.flags.num & READABLE != READABLE or (dtype is not _FLOAT and dtype is not _DOUBLE):
        return None
    n, k = shape
    if y.dtype is _INDEX:
        step = 8
        if y.shape != (n,):
            return None
    else:
        step = classes * dtype.itemsize
        if y.dtype is not dtype or y.shape != (n, classes):
            return None
    return n, k, _address(y), _address(f), step


def row_place_apart(out: object, shape: tuple[int, ...], dtype: np.dtype, read: Sequence[np.ndarray]) -> int:
    """The address of an array of that shape and dtype for results, apart from what is read; else 0."""
    if type(out) is not _ndarray or out.dtype is not dtype or out.shape != shape:
        return 0
    if out.flags.num & WRITABLE != WRITABLE or any(np.may_share_memory(out, each) for each in read):
        return 0
    return _address(out)


def place_apart(out: object, pair: WholePair, others: tuple[int, ...] = ()) -> int:
    """The address of an array like the pair's for results, apart from both and from those at ``others``; else 0."""
    _, at_y, at_f, shape, dtype = pair
    if type(out) is not _ndarray or out.dtype is not dtype or out.shape != shape:
        return 0
    if out.flags.num & WRITABLE != WRITABLE:
        return 0
    at, nbytes = _address(out), out.nbytes
    return at if all(abs(at - other) >= nbytes for other in (at_y, at_f, *others)) else 0


def same_place(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the first numbers of both are one."""
    return _address(a) == _address(b)


def _unfit(array: np.ndarray, wanted: str) -> str:
    return f"a kernel takes {wanted}, not one of dtype {array.dtype}, shape {array.shape}, strides {array.strides}"


# In NumPy's binary interface an array begins with Python's object header and the data pointer. Reading it takes a
# tenth of the time of asking for it, and a call on a thousand examples asks three times.
_HEADER = object.__basicsize__
_pointer_at: Any = ctypes.c_size_t.from_address


def _address(array: np.ndarray) -> int:
    address: int = _pointer_at(id(array) + _HEADER).value
    return address


# NumPy's flags as one number: side by side in order, aligned; and writeable. Each asked for by name takes as long.
READABLE = 0x0101
WRITABLE = 0x0501

_probe = np.zeros(1)
if _address(_probe) != _probe.ctypes.data:
    raise ImportError("this NumPy keeps the address of an array's numbers in a place that lossary does not know")
_read_only = np.zeros((2, 2)).T
_read_only.flags.writeable = False
if (_probe.flags.num & WRITABLE, _read_only.flags.num & WRITABLE) != (WRITABLE, 0x0100):
    raise ImportError("this NumPy has other flags of arrays than lossary knows")


def has_usual_headers() -> bool:
    """Whether an array's header is the one that ``entry_text`` reads: type, data, axes, shape, dtype, flags."""
    probe = np.zeros((2, 3), np.float32)
    start = id(probe)
    word, half = ctypes.c_int64.from_address, ctypes.c_int32.from_address
    if _HEADER != 16 or np.ndarray.__basicsize__ < 68 or word(start + 8).value != id(np.ndarray):
        return False
    if word(start + 16).value != probe.ctypes.data or half(start + 24).value != 2:
        return False
    shape = word(start + 32).value
    lengths = word(shape).value, word(shape + 8).value
    return lengths == (2, 3) and word(start + 56).value == id(probe.dtype) and half(start + 64).value == probe.flags.num
