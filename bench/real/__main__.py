"""``python -m bench.real``: every method on every set, what came of it as JSON, and the pages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from joblib import Parallel, delayed

from bench.pages import publish, site
from bench.racing import machine, records
from bench.real import store
from bench.real.following import Following
from bench.real.loading import load
from bench.real.methods import METHODS
from bench.real.question import RealSet, halves
from bench.real.record import record
from bench.real.sets import SETS
from bench.real.trial import Method, Result, run

FOLDER = Path("build/real")
SPLITS = 2

Task = tuple[RealSet, int, Method]


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parsed(arguments)
    company = machine.Company()
    tasks = open_tasks(asked)
    work = Parallel(n_jobs=asked.jobs, return_as="generator_unordered", batch_size=1)
    for done, found in enumerate(work(delayed(run)(s, repeat, m, asked.folder) for s, repeat, m in tasks), 1):
        for result in found:
            store.keep(asked.folder, result)
            print(f"{done} of {len(tasks)}  {line(result)}", file=sys.stderr, flush=True)
    return _written(asked, company)


def _written(asked: argparse.Namespace, company: machine.Company) -> int:
    """Record and pages of what was asked for, results of earlier runs too."""
    found = record(store.everything(asked.folder), asked.sets, asked.methods)
    if not found["trials"]:
        print(f"no results in {asked.folder}", file=sys.stderr)
        return 1
    if asked.publish and found["incomplete"]:
        print(f"not published: on {found['incomplete']} sets not everyone has been run", file=sys.stderr)
        return 1
    root = publish.PUBLISHED if asked.publish else asked.root
    where = records.provenance(records.command(), company)
    records.write({"part": site.REAL, **where, **found}, site.record_of(root, site.REAL))
    publish.pages(root)
    print(f"numbers and pages: {root}/benchmarks/{site.REAL}.md", file=sys.stderr)
    return 0


def open_tasks(asked: argparse.Namespace) -> list[Task]:
    """What is still to be done, method by method: the quick ones first."""
    found = []
    for method in asked.methods:
        for chosen in asked.sets:
            for repeat in range(asked.splits if method.enters(chosen) else 0):
                kept = [store.path_of(asked.folder, chosen.name, name, repeat) for name in method.answers]
                if asked.again or not all(path.exists() for path in kept):
                    found.append((chosen, repeat, method))
    return found


def line(result: Result) -> str:
    """One answer in a line, for whoever waits."""
    came = result.error or f"{result.score:.5g}"
    return f"{result.set} {result.repeat}: {result.method}, {came}; {result.seconds:.1f} s"


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.real", description=__doc__)
    parser.add_argument("--only", default="", help="only the sets whose name has this")
    parser.add_argument("--half", choices=("tuned", "reported"), help="only the sets of this half")
    parser.add_argument("--methods", default="", help="only the methods whose name has one of these, by commas")
    parser.add_argument("--splits", type=int, default=SPLITS, help="how often rows are held out of a set")
    parser.add_argument("--most-rows", type=int, help="leave larger sets out")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--models", default="", help="the models that choose compares, by commas (all)")
    parser.add_argument("--time-budget", type=float, help="the seconds that choose may take (no limit)")
    parser.add_argument(
        "--fits",
        type=Path,
        help="keep the fits of choose there, and take those that are there: for trying rules of judging, with --again; "
        "only while nothing that trains is changed, and not for times",
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"where results are kept ({FOLDER})")
    parser.add_argument("--root", type=Path, default=publish.PRIVATE, help="where record and pages go (build)")
    parser.add_argument("--publish", action="store_true", help=f"to {publish.PUBLISHED}, if everyone has been run")
    parser.add_argument("--again", action="store_true", help="run the methods again where results are there already")
    asked = parser.parse_args(arguments)
    asked.methods = _methods(asked)
    if not asked.methods:
        parser.error("no method has that name; there are " + "; ".join(m.answers[0] for m in METHODS))
    if asked.publish and (asked.only or asked.most_rows is not None):
        parser.error("whole halves are published: leave out --only and --most-rows")
    asked.sets = _sets(asked)
    if not asked.sets:
        parser.error("no set is left; all are in bench/real/sets.py")
    return asked


def _methods(asked: argparse.Namespace) -> list[Method]:
    names = asked.methods.split(",")
    options: list[tuple[str, object]] = []
    if asked.models:
        options.append(("models", tuple(asked.models.split(","))))
    if asked.fits is not None:
        options.append(("folder", str(asked.fits)))
    if asked.time_budget is not None:
        options.append(("time_budget", asked.time_budget))
    known = [Following(tuple(options)) if isinstance(m, Following) else m for m in METHODS]
    return [m for m in known if any(name in answer for name in names for answer in m.answers)]


def _sets(asked: argparse.Namespace) -> list[RealSet]:
    half = halves(SETS)
    found = [s for s in SETS if asked.only in s.name and asked.half in (None, half[s.name])]
    return found if asked.most_rows is None else [s for s in found if load(s).y.size <= asked.most_rows]


if __name__ == "__main__":
    raise SystemExit(main())
