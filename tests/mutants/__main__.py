"""Are there tests that notice? ``python -m tests.mutants``, or ``make mutants``.

The tree is copied, one small change at a time is made in the copy by cosmic-ray, and the tests that concern the module
are run: a change that they do not notice is a survivor, and is printed. A sample of each module's changes by default.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutants.child import ended
from tests.mutants.mutate import mutants, sample
from tests.mutants.table import TARGETS, Target

ROOT = Path(__file__).parents[2]
SAMPLE = 8
SLOWER = 3.0
"""How many times longer than without a change the tests may compute; a change that makes a loop endless is noticed."""


@dataclass
class Outcome:
    """What came of one module's mutants."""

    module: str
    possible: int
    tried: int = 0
    endless: int = 0
    """How many of the killed were given up, as they went on computing."""
    survivors: list[str] = field(default_factory=list)
    seconds: float = 0.0


def main(arguments: list[str] | None = None) -> int:
    """Mutate, run and report; 1 if tests fail without a change."""
    given = _parser().parse_args(arguments)
    chosen = [each for each in TARGETS if not given.module or any(name in each.module for name in given.module)]
    tree = Path(given.tree).absolute()
    copied(tree)
    outcomes = []
    for target in chosen:
        outcome = tried(target, tree, None if given.all else given.sample, given.seed)
        if outcome is None:
            print(f"{target.module}: its tests fail without a change; see {tree / 'output.txt'}", file=sys.stderr)
            return 1
        outcomes.append(outcome)
    print(table(outcomes))
    if given.summary:
        Path(given.summary).parent.mkdir(parents=True, exist_ok=True)
        Path(given.summary).write_text(json.dumps([vars(each) for each in outcomes], indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--module", action="append", help="only modules whose dotted name has this in it")
    parser.add_argument("--sample", type=int, default=SAMPLE, help=f"mutants a module, by default {SAMPLE}")
    parser.add_argument("--all", action="store_true", help="all mutants: hours")
    parser.add_argument("--seed", type=int, default=0, help="what the sample is drawn by")
    parser.add_argument("--tree", default=str(ROOT / "build" / "mutants" / "tree"), help="where the copy is made")
    parser.add_argument("--summary", help="where the outcomes are written as JSON")
    return parser


def copied(tree: Path) -> None:
    """A copy of the files that git knows or would add: mutants are never written into the tree one works in."""
    shutil.rmtree(tree, ignore_errors=True)
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines():
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)
    subprocess.run([sys.executable, "-m", "compileall", "-q", "src"], cwd=tree, check=True)


def tried(target: Target, tree: Path, count: int | None, seed: int) -> Outcome | None:
    """One module's mutants, each under its tests; None if these fail as it is."""
    file = tree / target.path
    source = file.read_text()
    among = mutants(source, target.functions)
    chosen = among if count is None else sample(among, count, seed)
    outcome = Outcome(target.module, len(among))
    started = time.monotonic()
    if ended(tree, target.tests, 600.0) != "passed":
        return None
    limit = 10.0 + SLOWER * (time.monotonic() - started)
    for each in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
        each.unlink()  # it would be taken for the mutant's
    try:
        for mutant in chosen:
            file.write_text(mutant.of(source))
            outcome.tried += 1
            end = ended(tree, target.tests, limit)
            outcome.endless += end == "endless"
            if end == "passed":
                line, column = mutant.place
                outcome.survivors.append(f"{line}:{column} {mutant.operator}\n{mutant.shown(source)}")
    finally:
        file.write_text(source)
    outcome.seconds = time.monotonic() - started
    print(f"{target.module}: {outcome.tried - len(outcome.survivors)} of {outcome.tried} killed", flush=True)
    for survivor in outcome.survivors:
        print("  " + survivor.replace("\n", "\n  "), flush=True)
    return outcome


def table(outcomes: list[Outcome]) -> str:
    """The outcomes in Markdown."""
    rows = [(each.module, each.possible, each.tried, each.tried - len(each.survivors)) for each in outcomes]
    rows.append(("all", *(sum(row[i] for row in rows) for i in (1, 2, 3))))
    lines = ["| module | possible | tried | killed |", "| --- | ---: | ---: | ---: |"]
    return "\n".join([*lines, *(f"| {name} | {possible} | {n} | {killed} |" for name, possible, n, killed in rows)])


if __name__ == "__main__":
    sys.exit(main())
