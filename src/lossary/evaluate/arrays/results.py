"""Where results are written, and how they are handed over: in the user's own array where that may be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lossary.backends.cpu.runtime.array_addresses import readable, same_place
from lossary.evaluate.arrays.inputs import Pair, ShapeError
from lossary.evaluate.arrays.memory import fresh


def destination(out: np.ndarray | None, pair: Pair, inputs: Sequence[np.ndarray] = (), name: str = "out") -> np.ndarray:
    """Where a kernel writes: the user's array itself if it may, else a fresh one.

    Writing over an input is fine, element by element; over a shifted view of one it would eat what is still to be read.
    """
    if out is None:
        return fresh(pair.f.shape[0], pair.compute)
    place = fitting(out, pair.shape, pair.dtype, name)
    direct = writable_as_it_lies(place) and not any(_eats(place, each) for each in inputs)
    return place.reshape(-1) if direct else fresh(pair.f.shape[0], pair.compute)


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
