"""Solvers that follow slopes: Newton, L-BFGS, proximal Newton, and gradient descent to look at. Import ``problem``."""
