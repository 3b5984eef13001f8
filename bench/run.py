"""Run the benchmark: ``python -m bench [--only PART] [--quick] [--publish]``. Prints tables, writes JSON and pages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from bench.boosting.run import boosting
from bench.fit.growth import growth
from bench.fit.run import fit
from bench.linear.run import linear
from bench.neighbour.run import neighbour
from bench.pages import publish, site, tables
from bench.pages.grids import WIDTH
from bench.pointwise.cases import CASES
from bench.pointwise.run import pointwise
from bench.racing import machine, records
from bench.racing.part import Part
from bench.rowwise.run import rowwise
from bench.startup.run import starting_up
from bench.torch_host.run import torch_host

DTYPES = ("float32", "float64")
PARTS = ("startup", "pointwise", "rowwise", "linear", "torch", "boosting", "fit", "neighbour")


def _shape(text: str) -> tuple[int, ...]:
    sizes = tuple(int(size) for size in text.lower().split("x"))
    if len(sizes) not in (2, 3) or min(sizes) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is neither ROWSxCLASSES nor ROWSxFEATURESxCLASSES, each at least 2")
    return sizes


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Race Lossary against other libraries.")
    names = [case.name for case in CASES]
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="only these parts")
    parser.add_argument("--quick", action="store_true", help="a few losses and sizes, float32: a few minutes")
    parser.add_argument("--losses", nargs="+", choices=names, metavar="LOSS", help="pointwise: " + ", ".join(names))
    parser.add_argument(
        "--sizes", nargs="+", type=lambda s: int(float(s)), metavar="N", help="pointwise and boosting, as in 1e6"
    )
    parser.add_argument(
        "--shapes", nargs="+", type=_shape, default=[], metavar="NxK", help="rowwise 10000x1000, linear 512x768x50257"
    )
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, help="float32, float64 or both; linear is float32")
    parser.add_argument("--without", nargs="+", default=[], metavar="PEER", help="leave these peers out")
    parser.add_argument(
        "--growth", type=Path, metavar="PNG", help="only draw the time of fits against rows and features"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the data and of the order within rounds")
    parser.add_argument(
        "--publish",
        action="store_true",
        help=f"write JSON and pages to {publish.PUBLISHED}/ (whole parts only), not {publish.PRIVATE}/",
    )
    given = parser.parse_args(argv)
    cut = [name for name in ("quick", "losses", "sizes", "shapes", "dtypes", "without") if getattr(given, name)]
    if given.publish and cut:
        parser.error(f"only whole parts are published: leave out --{', --'.join(cut)}")
    return given


def _parts(given: argparse.Namespace) -> Mapping[str, Callable[[np.random.Generator], Part]]:
    """How each part is measured, as was asked."""
    quick, seed, without, sizes = given.quick, given.seed, given.without, given.sizes or ()
    dtypes = given.dtypes or (DTYPES[:1] if quick else DTYPES)
    rows, features = ([shape for shape in given.shapes if len(shape) == axes] for axes in (2, 3))
    return {
        "startup": lambda rng: starting_up(quick, seed, rng),
        "pointwise": lambda rng: pointwise(quick, given.losses or (), sizes, dtypes, without, seed, rng),
        "rowwise": lambda rng: rowwise(quick, dtypes, rows, without, seed, rng),
        "linear": lambda rng: linear(quick, features, without, seed, rng),
        "torch": lambda rng: torch_host(quick, sizes, rows, seed, rng),
        "boosting": lambda rng: boosting(quick, sizes, without, seed, rng),
        "fit": lambda rng: fit(quick, without, seed, rng),
        "neighbour": lambda rng: neighbour(quick, seed, rng),
    }


def _measured(given: argparse.Namespace, name: str) -> records.Record:
    """One part, measured as if it were the only one: its data and order do not depend on the others."""
    company = machine.Company()
    part = _parts(given)[name](np.random.default_rng(given.seed))
    return {"part": name, **records.provenance(records.command(), company), **part.record()}


def _print(record: records.Record) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    for line in tables.facts(record):
        console.print(line, markup=False, highlight=False)
    for grid in (*tables.grids(record), tables.lost(record)):
        grid.show(console)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write. Lost cells are news, not a failure: the exit code is 0."""
    given = _arguments(argv)
    if given.growth:
        growth(given.growth, given.quick, given.seed)
        return 0
    root = publish.PUBLISHED if given.publish else publish.PRIVATE
    for name in PARTS:
        if name in given.only:
            record = _measured(given, name)
            _print(record)
            records.write(record, site.record_of(root, name))
    publish.pages(root)
    print(f"numbers and pages: {root}/benchmarks.md", file=sys.stderr)
    return 0
