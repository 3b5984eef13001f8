"""The kernels of a pointwise loss, and the values of its parameters as a kernel takes them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lossary.backends.cpu.pointwise.runner import Runner
from lossary.backends.cpu.specs.pointwise import KernelSpec
from lossary.evaluate.arrays.inputs import KERNEL_DTYPES
from lossary.formula import Loss

Dtypes = tuple[str, str, str | None, str]
"""Type codes of targets, predictions and weights, and the dtype of results."""

Key = tuple[tuple[str, ...], Dtypes, bool, bool, tuple[bool, ...], bool]
"""Outputs, dtypes, whether to sum, whether to multiply outputs, which parameters are arrays, whether to widen."""


class ParameterValues(NamedTuple):
    """Parameters in force: those that are numbers, those of one value an example, and which are which.

    ``widened`` says that float32 arithmetic would lose one of them.
    """

    numbers: tuple[float, ...]
    arrays: tuple[np.ndarray, ...]
    per_example: tuple[bool, ...]
    widened: bool


class Kernels(dict[Key, Runner]):
    """The kernels of one loss, each made ready when it is first asked for."""

    def __init__(self, record: Loss) -> None:
        super().__init__()
        self.record = record

    def __missing__(self, key: Key) -> Runner:
        outputs, (y, f, w, out), total, scaled, per_example, widened = key
        widened = widened and y == f == "f" and not self.record.wide
        runner = self[key] = Runner(
            KernelSpec(
                self.record,
                KERNEL_DTYPES[y],
                KERNEL_DTYPES[f],
                w and KERNEL_DTYPES[w],
                out,
                outputs,
                total,
                scaled,
                per_example,
                widened,
            )
        )
        return runner
