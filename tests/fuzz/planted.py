"""Faults that are planted to see that fuzzing finds them: each a context in which the library is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from lossary.backends.cpu.pointwise.runner import Runner
from lossary.backends.cpu.runtime.total import Total
from lossary.evaluate.arrays import weights

Planted = Any


@contextmanager
def stride_ignored() -> Iterator[None]:
    """Weights are read side by side wherever they lie."""
    with pytest.MonkeyPatch.context() as patch:
        combined = weights.combined

        def careless(*arguments: Any, **more: Any) -> np.ndarray | None:
            found = combined(*arguments, **more)
            if found is None or found.size < 2 or found.strides == (found.itemsize,) or found.base is None:
                return found
            start = found if found.strides[0] > 0 else found[::-1]
            return np.lib.stride_tricks.as_strided(start, strides=(start.itemsize,)).copy()

        patch.setattr(weights, "combined", careless)
        yield


@contextmanager
def mask_forgotten() -> Iterator[None]:
    """A mask beside weights changes nothing."""
    with pytest.MonkeyPatch.context() as patch:
        combined = weights.combined

        def forgetful(sample_weight: Any, mask: Any, *rest: Any, **more: Any) -> np.ndarray | None:
            return combined(sample_weight, mask if sample_weight is None else None, *rest, **more)

        patch.setattr(weights, "combined", forgetful)
        yield


@contextmanager
def digits_lost() -> Iterator[None]:
    """What is written out is off by a hundred ulps."""
    with pytest.MonkeyPatch.context() as patch:
        run = Runner.__call__

        def sloppy(self: Runner, arrays: Any, numbers: Any, outputs: Any, scale: float = 1.0) -> tuple[int, Total]:
            found = run(self, arrays, numbers, outputs, scale)
            for each in outputs:
                each *= each.dtype.type(1.0 + 100.0 * np.finfo(each.dtype).eps)
            return found

        patch.setattr(Runner, "__call__", sloppy)
        yield


@contextmanager
def last_left_out() -> Iterator[None]:
    """The last example of a sum is left out."""
    with pytest.MonkeyPatch.context() as patch:
        run = Runner.__call__

        def short(self: Runner, arrays: Any, numbers: Any, outputs: Any, scale: float = 1.0) -> tuple[int, Total]:
            if outputs or len(arrays[0]) < 2:
                return run(self, arrays, numbers, outputs, scale)
            return run(self, [a[:-1] for a in arrays], numbers, outputs, scale)

        patch.setattr(Runner, "__call__", short)
        yield


@contextmanager
def checks_skipped() -> Iterator[None]:
    """No target is refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lossary.evaluate.pointwise.call.refuse", lambda *_: None)
        yield


FAULTS = {each.__name__: each for each in (stride_ignored, mask_forgotten, digits_lost, last_left_out, checks_skipped)}
