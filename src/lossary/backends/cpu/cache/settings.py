"""Numba as it comes, whatever the process has told it: kernels are kept for others, and must not depend on that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from numba.core import config
from numba.core.codegen import JITCPUCodegen
from numba.core.registry import cpu_target

USUAL = {
    "BOUNDSCHECK": None,
    "CPU_FEATURES": None,
    "CPU_NAME": None,
    "DEBUGINFO_DEFAULT": 0,
    "DEBUG_JIT": 0,
    "DISABLE_JIT": 0,
    "ENABLE_AVX": 1,
    "ENABLE_PROFILING": 0,
    "EXTEND_VARIABLE_LIFETIMES": 0,
    "LLVM_REFPRUNE_FLAGS": "all",
    "LLVM_REFPRUNE_PASS": 1,
    "LOOP_VECTORIZE": 1,
    "OPT": 3,
    "SLP_VECTORIZE": 0,
}
"""The settings that machine code depends on, and what they are if nobody sets them."""


@cache
def _generator() -> JITCPUCodegen:
    return JITCPUCodegen("lossary.exec")


@contextmanager
def usual_settings() -> Iterator[None]:
    """Compile as if no ``NUMBA_`` variable were set. Numba's lock must be held: the settings are the process's own."""
    context = cpu_target.target_context
    config.reload_config()
    kept = {name: getattr(config, name) for name in USUAL if hasattr(config, name)}
    # Numba asks for these settings when it makes its code generator, once in a process: ours is another.
    numbas_generator = context._internal_codegen
    try:
        for name, was in kept.items():
            setattr(config, name, type(was)(USUAL[name]) if name == "OPT" else USUAL[name])
        context._internal_codegen = _generator()
        yield
    finally:
        context._internal_codegen = numbas_generator
        for name, was in kept.items():
            setattr(config, name, was)
