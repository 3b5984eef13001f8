"""Lossary in its own table: the compiled kernels, through the public interface, and the formulas on NumPy arrays."""

from __future__ import annotations

import numpy as np

from bench.accuracy.peer import Answer, Function, Library, version
from bench.accuracy.rows import ROWS, Row
from lossary.proof.pointwise.evaluators import on_cpu, on_numpy


def _function(row: Row, compiled: bool) -> Function:
    evaluate = on_cpu if compiled else on_numpy

    def compute(y: np.ndarray, f: np.ndarray, *parameters: float) -> Answer:
        points = [(a, b, *parameters) for a, b in zip(y.tolist(), f.tolist(), strict=True)]
        dtype = f.dtype.type
        return evaluate(row.loss, "value", points, dtype), evaluate(row.loss, "grad", points, dtype)

    return Function(f"lossary.{row.name}", compute)


COMPILED, NUMPY = "Lossary, compiled", "Lossary, NumPy"

LIBRARIES = [
    Library(COMPILED, version("lossary", "llvmlite"), {row.label: _function(row, True) for row in ROWS}),
    Library(NUMPY, version("numpy"), {row.label: _function(row, False) for row in ROWS}),
]
