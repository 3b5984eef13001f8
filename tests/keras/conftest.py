"""Tests of ``lossary.keras``, each in a process of its own, as Keras fixes its back end when it is imported."""

from __future__ import annotations

from importlib.util import find_spec

# Scripts are run by the tests, never imported beside them.
collect_ignore_glob = ["on_one_backend*.py", *([] if find_spec("keras") else ["test_*.py"])]
