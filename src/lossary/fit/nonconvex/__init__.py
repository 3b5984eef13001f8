"""Losses with several minima: starts, majorizers, and the scale of residuals that goes with robust losses.

Comes in: a ``Problem``, a start if there is one, and ``Rules``. Goes out: the ``Solved`` of the lowest minimum found.
Imports ``problem``, ``smooth`` and ``straight``.
"""
