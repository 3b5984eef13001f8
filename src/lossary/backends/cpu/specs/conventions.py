"""What kernels and their callers agree on: blocks, flags, and how an exact sum is kept."""

from __future__ import annotations

from functools import lru_cache

import llvmlite.binding as llvm

BLOCK = 1024
"""Examples per block: its scratch stays in the first-level cache."""

SYMBOL = "lossary_kernel"

FLAGS = {"y": 1, "f": 2, "w": 4}
"""The bit a kernel sets where targets, predictions or weights may lie outside their domain."""

EXTREME = 8
"""The bit it sets where a weight is so small or large that its product with the scale may lose digits."""

MODERATE = {"f4": (2.0**-66, 2.0**66), "f8": (2.0**-960, 2.0**960)}
"""The weights, by arithmetic, whose product with a scale from 2**-60 to 2**60 has all its digits."""

LEAST_SCALE, MOST_SCALE = 2.0**-60, 2.0**60

BIN_BITS = 40
NANS, POSITIVE_INFINITIES, NEGATIVE_INFINITIES = 54, 55, 56
BINS = 57
"""An exact sum: bin j < 54 counts units of 2**(40 j - 1074), the others what has no finite value."""


@lru_cache(maxsize=1)
def lanes_a_vector() -> int:
    """How many rows of narrow scores are computed side by side: the floats of this processor's vectors."""
    return 16 if llvm.get_host_cpu_features().get("avx512f") else 8
