"""``python -m lossary.proof huber``: the whole check of a loss, while one writes it; all of them without a name.

``python -m lossary.proof --write`` measures the committed tables of errors anew, ``--write huber`` only a loss's lines.
"""

import argparse
import sys
from itertools import chain
from pathlib import Path

from lossary import discovery
from lossary.proof import error_tables
from lossary.proof.report import check
from lossary.proof.rows.error_tables import write_rows


def main() -> int:
    """Run the command line; 0 where everything holds."""
    parser = argparse.ArgumentParser(
        prog="python -m lossary.proof", description="Attack losses, or record their errors."
    )
    parser.add_argument("losses", nargs="*", help="names or aliases; all where none is given")
    parser.add_argument("--write", action="store_true", help="write the tables of worst errors instead")
    parser.add_argument("--folder", type=Path, default=Path("tests/reference"), help="where the tables are")
    arguments = parser.parse_args()
    names = [discovery.find(name).name for name in arguments.losses]
    if arguments.write:
        for line in chain(error_tables.write_all(arguments.folder, names), write_rows(arguments.folder, names)):
            print(line, file=sys.stderr, flush=True)
        return 0
    all_passed = True
    for name in names or discovery.names():
        report = check(name)
        all_passed &= report.ok
        print(report, flush=True)
    return 0 if all_passed else 1


if __name__ == "__main__":
    sys.exit(main())
