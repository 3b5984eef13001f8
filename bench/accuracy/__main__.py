"""``python -m bench.accuracy``: settle threads and back ends before any library is imported."""

import os
import tempfile

from bench.racing import machine

machine.pin()
os.environ["KERAS_BACKEND"] = "jax"
settings = tempfile.TemporaryDirectory()  # Keras writes its defaults down, and reads the user's
os.environ["KERAS_HOME"] = settings.name

from bench.accuracy import run  # noqa: E402

raise SystemExit(run.main())
