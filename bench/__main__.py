"""``python -m bench``: pin the process before anything that reads the number of threads is imported."""

from bench.racing import machine

machine.pin()

from bench import run  # noqa: E402

raise SystemExit(run.main())
