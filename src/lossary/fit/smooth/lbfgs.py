"""L-BFGS for many unknowns, in coordinates in which the objective is rounder.

The change of coordinates is the Cholesky factor of the features' own second moments (and the ridge): in it no direction
is much longer than another, and the number of steps hardly depends on how features correlate. With a lasso each
unknown is split into a positive and a negative part, both bounded by zero, so that zeros are exact.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, optimize

from lossary.fit.problem.problem import Point, Problem
from lossary.fit.problem.solver import Rules, Solved

WIDEST = 1500
"""Unknowns (of a class) beyond which second moments are not worth their computation."""

MEMORY = 20


RESTARTS = 8
"""How often a line search that gave up is answered by starting afresh from where it did."""


def lbfgs(problem: Problem, start: np.ndarray, rules: Rules) -> Solved:
    """The nearest minimum, by gradients alone."""
    space = _SplitBySign(problem, start) if problem.has_lasso else _Whitened(problem, start)
    minimisation = _Minimisation(problem, space, rules)
    unknowns = minimisation.run(space.to_coordinates(start))
    point = problem.at(unknowns)
    certificate = problem.certificate(point, rules.tolerance)
    return Solved(unknowns, point.objective, point.cost, minimisation.iterations, certificate, "lbfgs")


class _Whitened:
    """Coordinates in which the second moments of the features, and the ridge, are one."""

    bounds = None

    def __init__(self, problem: Problem, start: np.ndarray) -> None:
        self.shape = start.shape
        width = start.shape[0]
        curvature = _curvature(problem, start)
        if width > WIDEST:
            self._factor, self._size = None, np.sqrt(curvature + problem.ridge)
            return
        moments = problem.design.gram(np.full(problem.design.rows, curvature / problem.design.rows))
        moments[np.diag_indices(width)] += problem.ridge + 1e-12 * curvature
        self._size = np.sqrt(np.diag(moments))
        self._size[self._size == 0.0] = 1.0
        scaled = moments / np.multiply.outer(self._size, self._size)
        try:
            self._factor = linalg.cholesky(scaled, check_finite=False)
        except linalg.LinAlgError:
            self._factor = linalg.cholesky(scaled + 1e-8 * np.eye(width), check_finite=False)

    def to_coordinates(self, unknowns: np.ndarray) -> np.ndarray:
        """Unknowns in these coordinates."""
        scaled = (unknowns.T * self._size).T
        return (scaled if self._factor is None else self._factor @ scaled).ravel()

    def to_unknowns(self, x: np.ndarray) -> np.ndarray:
        unknowns = x.reshape(self.shape)
        if self._factor is not None:
            unknowns = linalg.solve_triangular(self._factor, unknowns, check_finite=False)
        return (unknowns.T / self._size).T

    def gradient(self, gradient: np.ndarray) -> np.ndarray:
        """The gradient by these coordinates, from that by the unknowns."""
        scaled = (gradient.T / self._size).T
        if self._factor is not None:
            scaled = linalg.solve_triangular(self._factor, scaled, trans=1, check_finite=False)
        return scaled.ravel()


class _SplitBySign:
    """Each unknown as the difference of two numbers that are not negative."""

    def __init__(self, problem: Problem, start: np.ndarray) -> None:
        self.shape = start.shape
        spread = np.sqrt(_curvature(problem, start) + problem.ridge)
        self._size = np.broadcast_to(spread.reshape(-1, *[1] * (start.ndim - 1)), start.shape)
        self._lasso = np.broadcast_to(problem.lasso.reshape(-1, *[1] * (start.ndim - 1)), start.shape)
        free = np.where(self._lasso == 0.0, -np.inf, 0.0).ravel()
        self.bounds = optimize.Bounds(np.concatenate([free, np.zeros(start.size)]), np.inf)

    def to_coordinates(self, unknowns: np.ndarray) -> np.ndarray:
        x = (unknowns * self._size).ravel()
        free = (self._lasso == 0.0).ravel()
        return np.concatenate([np.where(free, x, np.maximum(x, 0.0)), np.where(free, 0.0, np.maximum(-x, 0.0))])

    def to_unknowns(self, x: np.ndarray) -> np.ndarray:
        plus, minus = np.split(x, 2)
        return (plus - minus).reshape(self.shape) / self._size

    def gradient(self, gradient: np.ndarray) -> np.ndarray:
        up = ((gradient + self._lasso) / self._size).ravel()
        down = np.where(self._lasso == 0.0, 0.0, (self._lasso - gradient) / self._size).ravel()
        return np.concatenate([up, down])


def _curvature(problem: Problem, start: np.ndarray) -> float:
    """The objective's curvature at the start, along its gradient, for features of unit variance; 1 if not known."""
    point = problem.at(start)
    size = float(np.linalg.norm(point.gradient))
    if not 0.0 < size < np.inf:
        return 1.0
    step = 1e-3 * point.gradient / size
    next_point = problem.at(start + step)
    change = next_point.scores - point.scores
    spread = float(np.vdot(change, change)) / problem.design.rows
    curvature = (
        float(np.vdot(change, next_point.score_gradient - point.score_gradient)) / spread if spread > 0.0 else 1.0
    )
    return curvature if 1e-12 < curvature < np.inf else 1.0


class _Minimisation:
    """SciPy's L-BFGS-B, stopped by our own certificate."""

    def __init__(self, problem: Problem, space: _Whitened | _SplitBySign, rules: Rules) -> None:
        self._problem, self._space, self._rules = problem, space, rules
        self._last: Point | None = None
        self.iterations = 0
        self._done = False

    def _descent(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        self._last = self._problem.at(self._space.to_unknowns(x))
        return self._last.objective, self._space.gradient(self._last.gradient)

    def _stepped(self, intermediate_result: optimize.OptimizeResult) -> None:
        self.iterations += 1
        assert self._last is not None
        self._rules.watch(self._space.to_unknowns(intermediate_result.x), float(intermediate_result.fun))
        self._done = self._problem.certificate(self._last, self._rules.tolerance).reached
        if self._done or self.iterations >= self._rules.max_iter:
            raise StopIteration

    def run(self, x: np.ndarray) -> np.ndarray:
        """The unknowns where the minimisation ends."""
        self._rules.watch(self._space.to_unknowns(x), self._descent(x)[0])
        assert self._last is not None
        self._done = self._problem.certificate(self._last, self._rules.tolerance).reached
        for _ in range(RESTARTS):
            if self._done or self.iterations >= self._rules.max_iter:
                break
            before = self.iterations
            # Our certificate decides; SciPy's own tests are set where they only catch a standstill.
            options = {"maxiter": 10**9, "maxfun": 10**9, "ftol": 0.0, "gtol": 0.0, "maxcor": MEMORY}
            x = optimize.minimize(
                self._descent,
                x,
                jac=True,
                method="L-BFGS-B",
                bounds=self._space.bounds,
                callback=self._stepped,
                options=options,
            ).x
            if self.iterations == before:
                break
        return self._space.to_unknowns(x)
