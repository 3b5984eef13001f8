"""Every set of the bench.

None is of AER, COUNT, wooldridge, ggplot2, ISLR or ISLP, nor (Bikeshare apart) a copy of one there: those packages are
kept for checks by people who did not see these.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.real.question import RealSet
from bench.real.sets_of_classes import CLASSES
from bench.real.sets_of_means import MEANS
from bench.real.sets_of_spread import SPREAD

LEFT_ALONE = frozenset({"AER", "COUNT", "wooldridge", "ggplot2", "ISLR", "ISLR2", "ISLP"})

SETS: Sequence[RealSet] = (*MEANS, *SPREAD, *CLASSES)
