"""``python -m lossary.proof huber``: the worst error of each formula, back end and dtype, while one writes a loss."""

import sys

import numpy as np

from lossary import discovery
from lossary.proof.accuracy import ULPS, worst
from lossary.proof.evaluators import EVALUATORS
from lossary.formula import QUANTITIES, Loss


def report(loss: Loss) -> bool:
    """Print a line per formula, back end and dtype; whether all keep the rule."""
    kept = True
    for quantity in (q for q in QUANTITIES if getattr(loss, q) is not None):
        for backend, evaluate in EVALUATORS.items():
            for dtype in (np.float64, np.float32):
                found = worst(loss, quantity, dtype, evaluate)
                kept &= found.ulps <= ULPS
                mark = " " if found.ulps <= ULPS else "!"
                print(f"{mark} {loss.name} {quantity:9} {backend:6} {dtype.__name__:8} {found}")
    return kept


if __name__ == "__main__":
    names = sys.argv[1:] or list(discovery.names())
    sys.exit(0 if all([report(discovery.find(name)) for name in names]) else 1)
