"""Solvers that follow gradients: Newton, proximal Newton, L-BFGS, and gradient descent to look at.

Comes in: a ``Problem``, a start and ``Rules``. Goes out: a ``Solved``. Imports ``problem``.
"""
