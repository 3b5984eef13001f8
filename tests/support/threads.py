"""Workers beside each other: one thread each for the libraries whose threads spin.

OpenMP's threads wait for each other in a loop. With a worker on every processor that loop keeps the one that they wait
for from running: training a booster takes four times as long. Ours do not wait so, and keep their number.
"""

from __future__ import annotations

import os

from lossary.backends.cpu.runtime import processors

if "PYTEST_XDIST_WORKER" in os.environ and "OMP_NUM_THREADS" not in os.environ:
    os.environ.setdefault("LOSSARY_NUM_THREADS", str(processors.threads()))
    os.environ["OMP_NUM_THREADS"] = "1"
