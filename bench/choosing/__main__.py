"""``python -m bench.choosing``: every data set, then the ties; writes what came of them as JSON, and the pages."""

from __future__ import annotations

import argparse
import sys

from joblib import Parallel, delayed

from bench.choosing import record
from bench.choosing.ties import TRIES, Tie, tie, worlds_that_tie
from bench.choosing.trial import Trial, trial
from bench.choosing.worlds import sets
from bench.pages import publish, site
from bench.racing import machine, records

MOST_ROWS = 10**9


def main() -> int:
    asked = _asked()
    company = machine.Company()
    chosen = [s for s in sets() if asked.only in s.name and s.rows <= asked.most_rows]
    run = Parallel(n_jobs=asked.jobs, return_as="generator_unordered", batch_size=1)
    # The longest first, so that no process is left alone with it at the end.
    slow = sorted(chosen, key=lambda s: s.rows * len(s.models) ** 4, reverse=True)
    trials: list[Trial] = []
    for found in run(delayed(trial)(each) for each in slow):
        trials.append(found)
        print(f"{len(trials)} of {len(slow)}  {record.line(found)}", file=sys.stderr)
    ties: list[Tie] = list(
        run(delayed(tie)(each, asked.tries) for each in worlds_that_tie() if asked.only in each.name)
    )
    ties.sort(key=lambda t: (t.name, t.rows))
    order = {s.name + s.world.want: i for i, s in enumerate(chosen)}
    trials.sort(key=lambda t: order[t.name + t.want])
    root = publish.PUBLISHED if asked.publish else publish.PRIVATE
    where = records.provenance(records.command(), company)
    records.write({"part": site.CHOOSING, **where, **record.record(trials, ties)}, site.record_of(root, site.CHOOSING))
    publish.pages(root)
    print(f"numbers and pages: {root}/benchmarks.md", file=sys.stderr)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.choosing", description=__doc__)
    parser.add_argument("--only", default="", help="only the data sets whose name has this")
    parser.add_argument("--most-rows", type=int, default=MOST_ROWS, help="leave larger data sets out")
    parser.add_argument("--tries", type=int, default=TRIES, help="data sets a tie is drawn in")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--publish",
        action="store_true",
        help=f"write to {publish.PUBLISHED}/ (all data sets only), not {publish.PRIVATE}/",
    )
    asked = parser.parse_args()
    if asked.publish and (asked.only or asked.most_rows < MOST_ROWS):
        parser.error("only the whole is published: leave out --only and --most-rows")
    return asked


if __name__ == "__main__":
    raise SystemExit(main())
