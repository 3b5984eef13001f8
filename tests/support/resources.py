"""What a run took: the most memory of each test process, and with ``--costs`` seconds and kernels of each file."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass

import pytest

if sys.platform != "win32":
    import resource

MOST_MEMORY = 2.0
"""Gigabytes that a test process may take: ``make test`` runs one a core."""

FILES_SHOWN = 40


@dataclass
class Cost:
    """What the tests of a file took."""

    seconds: float = 0.0
    kernels: int = 0


def peak_memory() -> float:
    """The most memory that this process has had, in gigabytes."""
    if sys.platform == "win32":
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def compiled() -> int:
    """How many kernels this process has compiled."""
    store = sys.modules.get("lossary.backends.cpu.cache.store")
    return len(store.compiled) if store else 0


class Resources:
    """Gathers what each test and each process took."""

    def __init__(self, by_file: bool) -> None:
        self._by_file = by_file
        self._costs: dict[str, Cost] = defaultdict(Cost)
        self._memory: dict[str, float] = {}
        self._kernels_before = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Count the kernels compiled since the last report. Reports travel to the process that sums up."""
        report = yield
        now = compiled()
        report.kernels, self._kernels_before = now - self._kernels_before, now  # type: ignore[attr-defined]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        cost = self._costs[report.nodeid.partition("::")[0]]
        cost.seconds += report.duration
        cost.kernels += getattr(report, "kernels", 0)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["peak_memory"] = peak_memory()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """A worker of pytest-xdist has ended."""
        output = getattr(node, "workeroutput", {})
        self._memory[node.gateway.id] = output.get("peak_memory", 0.0)  # type: ignore[attr-defined]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        memory = self._memory or {"this process": peak_memory()}
        shown = ", ".join(f"{name} {gigabytes:.2f}" for name, gigabytes in sorted(memory.items()))
        kernels = sum(cost.kernels for cost in self._costs.values())
        terminalreporter.write_line(f"peak memory in GB: {shown}; kernels compiled: {kernels}")
        if max(memory.values()) > MOST_MEMORY:
            terminalreporter.write_line(f"a test process took more than {MOST_MEMORY:g} GB", red=True)
        if self._by_file:
            terminalreporter.section("seconds and compiled kernels of each file")
            costliest = sorted(self._costs.items(), key=lambda entry: -entry[1].seconds)
            for path, cost in costliest[:FILES_SHOWN]:
                terminalreporter.write_line(f"{cost.seconds:8.1f} {cost.kernels:5d}  {path}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("lossary").addoption(
        "--costs", action="store_true", help="show the seconds and the compiled kernels of each test file"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Resources(config.getoption("costs")), "lossary-resources")
