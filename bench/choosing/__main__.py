"""``python -m bench.choosing``: every data set, then the ties, and a page of what came of them."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from joblib import Parallel, delayed

from bench.choosing import pages
from bench.choosing.ties import TRIES, Tie, tie, worlds_that_tie
from bench.choosing.trial import Trial, trial
from bench.choosing.worlds import sets


def main() -> int:
    asked = _asked()
    began = time.perf_counter()
    chosen = [s for s in sets() if asked.only in s.name and s.rows <= asked.most_rows]
    run = Parallel(n_jobs=asked.jobs, return_as="generator_unordered", batch_size=1)
    # The longest first, so that no process is left alone with it at the end.
    slow = sorted(chosen, key=lambda s: s.rows * len(s.models) ** 4, reverse=True)
    trials: list[Trial] = []
    for found in run(delayed(trial)(each) for each in slow):
        trials.append(found)
        print(f"{len(trials)} of {len(slow)}  {pages.line(found)}", file=sys.stderr)
    ties: list[Tie] = list(
        run(delayed(tie)(each, asked.tries) for each in worlds_that_tie() if asked.only in each.name)
    )
    ties.sort(key=lambda t: (t.name, t.rows))
    order = {s.name + s.world.want: i for i, s in enumerate(chosen)}
    trials.sort(key=lambda t: order[t.name + t.want])
    text = pages.page(trials, ties, time.perf_counter() - began)
    if asked.output is None:
        print(text)
    else:
        asked.output.write_text(text)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.choosing", description=__doc__)
    parser.add_argument("--only", default="", help="only the data sets whose name has this")
    parser.add_argument("--most-rows", type=int, default=10**9, help="leave larger data sets out")
    parser.add_argument("--tries", type=int, default=TRIES, help="data sets a tie is drawn in")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", type=Path, help="a file for the page, in place of the terminal")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
