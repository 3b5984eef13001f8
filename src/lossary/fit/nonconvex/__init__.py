"""Losses with several minima: starts, majorizers, the scale of residuals. Imports ``problem`` and other solvers."""
