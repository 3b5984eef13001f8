"""``python -m bench.accuracy``: settle threads and back ends before any library is imported."""

import os
import tempfile

from bench import machine

machine.pin()
os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("KERAS_HOME", tempfile.mkdtemp(prefix="keras-"))

from bench.accuracy import run  # noqa: E402

raise SystemExit(run.main())
