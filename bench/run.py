"""Run the benchmark: ``python -m bench [--quick] [--json FILE] [--markdown FILE]``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console

from bench import machine, tables
from bench.cases import CASES, Store
from bench.cells import Cell, measured
from bench.harness import Rules
from bench.providers import COST, NEWTON, Failure, Provider, providers
from bench.startup import SmallCall, Startup, small_call, startup
from bench.verdicts import lost

SIZES = (10**3, 10**5, 10**6, 10**7)
DTYPES = ("float32", "float64")
BUDGET = {10**3: 0.3, 10**5: 0.4, 10**6: 0.8}
LARGEST = {"float32": Rules(5.0), "float64": Rules(4.0, 7)}
"""At 1e7, where a round of all peers takes up to a second in float64; everywhere else at least 15 rounds."""

QUICK_LOSSES = ("squared_error", "huber", "logistic", "poisson")
QUICK_SIZES = (10**3, 10**7)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Race Lossary against other libraries.")
    names = [case.name for case in CASES]
    parser.add_argument("--quick", action="store_true", help="four losses, two sizes, float32: under a minute")
    parser.add_argument("--losses", nargs="+", choices=names, metavar="LOSS", help="only these: " + ", ".join(names))
    parser.add_argument("--sizes", nargs="+", type=lambda s: int(float(s)), metavar="N", help="examples, as in 1e6")
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, help="float32, float64 or both")
    parser.add_argument("--without", nargs="+", default=[], metavar="PEER", help="leave these peers out")
    parser.add_argument("--no-startup", action="store_true", help="skip small calls, import and first call")
    parser.add_argument("--seed", type=int, default=0, help="of the data and of the order within rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number here")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables here")
    return parser.parse_args(argv)


def _rules(size: int, dtype: str, discipline: str, quick: bool) -> Rules:
    rules = LARGEST[dtype] if size >= 10**7 else Rules(BUDGET.get(size, 1.0))
    share = (0.5 if quick else 1.0) * (0.5 if discipline == NEWTON else 1.0)
    return Rules(rules.budget * share, min(rules.least, 9) if quick and size >= 10**7 else rules.least, rules.most)


def _cells(
    given: argparse.Namespace, entrants: Sequence[Provider], data: Store, rng: np.random.Generator
) -> Iterable[Cell]:
    chosen = given.losses or (QUICK_LOSSES if given.quick else [case.name for case in CASES])
    sizes = given.sizes or (QUICK_SIZES if given.quick else SIZES)
    dtypes = given.dtypes or (DTYPES[:1] if given.quick else DTYPES)
    cases = [case for case in CASES if case.name in chosen]
    for size in sizes:
        for dtype in dtypes:
            for discipline in (COST, NEWTON):
                for case in cases:
                    _progress(f"{discipline}: {case.name}, {size:,} {dtype}")
                    rules = _rules(size, dtype, discipline, given.quick)
                    cell = measured(case, data.get(case, size, dtype), discipline, entrants, rules, rng)
                    if cell is not None:
                        yield cell
    _progress("")


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _facts(
    found: machine.Machine, company: machine.Company, everyone: Sequence[Provider | Failure], took: float
) -> list[str]:
    others, stolen = company.shares()
    lines = [
        f"{found.cpu} ({found.simd}); {found.processors} processors, every library pinned to {found.threads} threads",
        ", ".join(f"{name} {version}" for name, version in found.versions.items()),
        f"load average at the start {company.load_at_start:.2f}; others used {others:.0%} of the processors, "
        f"the hypervisor took {stolen:.0%}; {took:.0f} s in all",
    ]
    for one in everyone:
        if isinstance(one, Failure):
            lines.append(f"{one.name}: absent, {one.reason}")
        else:
            lines.append(f"{one.name} ({one.discipline}): {one.note}")
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write what was asked for. Lost cells are news, not a failure: the exit code is 0."""
    given = _arguments(argv)
    began, company = time.perf_counter(), machine.Company()
    everyone = [one for one in providers() if one.name not in given.without]
    entrants = [one for one in everyone if isinstance(one, Provider)]
    data, rng = Store(given.seed), np.random.default_rng(given.seed)

    opened: Startup | None = None
    small: list[SmallCall] = []
    if not given.no_startup:
        _progress("import and first call")
        opened = startup(3 if given.quick else 7)
        small = [small_call(case, data, rng) for case in CASES]
    cells = sorted(_cells(given, entrants, data, rng), key=lambda cell: cell.discipline)

    losing = lost(cells, small, opened)
    grids = tables.races(cells)
    if opened is not None:
        grids += [tables.small_calls(small), tables.startups(opened)]
    grids.append(tables.losses_of_ours(losing))
    facts = _facts(machine.describe(), company, everyone, time.perf_counter() - began)
    warning = company.warning()

    console = Console() if sys.stdout.isatty() else Console(width=tables.WIDTH)
    for line in facts:
        console.print(line, markup=False, highlight=False)
    console.print(tables.LEGEND, markup=False, highlight=False)
    for grid in grids:
        grid.show(console)
    if warning:
        print(f"warning: {warning}", file=sys.stderr)
    if given.markdown:
        text = "\n\n".join(["\n".join(f"- {line}" for line in facts), warning or "", tables.LEGEND])
        given.markdown.write_text(text + "\n\n" + "\n".join(grid.markdown() for grid in grids), encoding="utf-8")
    if given.json:
        found = {
            "machine": machine.describe().as_dict(),
            "facts": facts,
            "warning": warning,
            "cells": [cell.as_dict() for cell in cells],
            "small_calls": [{"loss": c.loss, "call": c.call, "kernel": c.kernel} for c in small],
            "startup": opened.as_dict() if opened else None,
            "lost": [asdict(each) for each in losing],
        }
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0
