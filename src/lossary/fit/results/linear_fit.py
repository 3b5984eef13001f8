"""What a fit hands back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lossary.fit.problem.certificate import Certificate

if TYPE_CHECKING:
    from lossary.evaluate.registry import AnyLoss
    from lossary.fit.problem.output import Output
    from lossary.fit.problem.problem import Problem


@dataclass(frozen=True)
class Path:
    """The steps of a solver, in the units of the data: what a picture of a descent shows.

    objectives    (steps,), the objective after each step, the start first
    coefs         (steps, d), or (steps, k, d) for k classes
    intercepts    (steps,), or (steps, k)
    """

    objectives: np.ndarray
    coefs: np.ndarray
    intercepts: np.ndarray

    def __len__(self) -> int:
        return len(self.objectives)

    def __repr__(self) -> str:
        return f"<path of {len(self)} points, objective {self.objectives[0]:.6g} to {self.objectives[-1]:.6g}>"


@dataclass(frozen=True, repr=False)
class LinearFit:
    """A linear model of least objective, and the proof that it is one.

    Attributes
    ----------
    loss : the loss that was minimised, its parameters in the units of the data
    coef : (d,), or (k, d) for k classes; (d,) for ordered ones
    intercept : float, or (k,); 0 where none was fitted. For k + 1 ordered classes the k thresholds
    objective, cost : float
        The mean loss with the penalty, and without.
    scale : float or None
        The residuals' scale, where it was estimated.
    certificate : Certificate
        A gradient norm, or a duality gap; and the tolerance it was held against.
    iterations, converged, solver
        ``converged`` says whether the certificate reached its tolerance.
    is_global : bool
        Whether the certificate is of the global minimum; False for a loss that is not known to be convex, of which it
        is a local one.
    penalty, alpha, l1_ratio : as given
    feature_names : tuple of str or None
        The columns of a data frame.
    path : Path or None
        Every step, if a trace was asked for.
    """

    loss: AnyLoss
    coef: np.ndarray
    intercept: Any
    objective: float
    cost: float
    scale: float | None
    certificate: Certificate
    iterations: int
    converged: bool
    solver: str
    is_global: bool
    penalty: str | None = None
    alpha: float = 0.0
    l1_ratio: float = 0.5
    feature_names: tuple[str, ...] | None = None
    path: Path | None = None
    _output: Output | None = field(default=None, repr=False)
    _problem: Problem | None = field(default=None, repr=False, compare=False)

    def score(self, X: object, offset: object = None) -> np.ndarray:
        """The linear part ``X @ coef + intercept + offset``: (n,), or (n, k) for k classes.

        For ordered classes ``intercept - X @ coef + offset``, a column a threshold: what is large in ``X @ coef`` is in
        a high class.
        """
        from lossary.fit.problem.data import matrix  # noqa: PLC0415  keeps SciPy out of unpickling

        features = matrix(X)
        width = self.coef.shape[-1]
        if features.shape[1] != width:
            raise ValueError(f"X has {features.shape[1]} features, but the model was fitted on {width}")
        linear = features @ self.coef.T
        scores = self.intercept - linear[:, np.newaxis] if self._is_ordered else linear + self.intercept
        return np.asarray(scores if offset is None else scores + np.asarray(offset, dtype=np.float64))

    @property
    def _is_ordered(self) -> bool:
        return self.loss.record.prediction == "increasing"

    def predict(self, X: object, offset: object = None) -> np.ndarray:
        """What the loss takes as a prediction: the score, or a function of it that keeps to the loss's domain.

        A loss with a link takes the score itself: ``loss.mean(fit.predict(X))`` is then the mean or the probability.
        """
        score = self.score(X, offset)
        return score if self._output is None else self._output.apply(score)

    def mean(self, X: object, offset: object = None) -> np.ndarray:
        """The prediction in the target's units: a mean, a probability, or for most regressions the same as predict."""
        return self.loss.mean(self.predict(X, offset))

    def standard_errors(self, kind: str = "auto") -> Any:
        """Standard errors of intercept and coefficients, of a fit without a penalty whose loss is smooth.

        Parameters
        ----------
        kind : "auto", "fisher", "huber", "sandwich" or "HC3"
            "fisher" holds under the loss's own distribution, its dispersion estimated where it has one; "huber" under
            errors of one kind in all rows; "sandwich" and "HC3" under any independent rows. "auto" takes the first of
            fisher, huber and sandwich that the loss has.

        Returns
        -------
        StandardErrors
            ``intercept`` (float), ``coef`` (d,), ``kind`` and ``covariance``, of intercept and coefficients together.

        Raises
        ------
        ValueError
            Where they are not defined or cannot be told: a penalty, kinks, a fit that has not converged, dependent
            features, too few rows, or too few residuals within the loss's bend.

        Examples
        --------
        >>> import lossary
        >>> fit = lossary.fit.linear([[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 2.0, 4.0])
        >>> float(fit.standard_errors().coef[0].round(3)), float(fit.standard_errors("HC3").coef[0].round(3))
        (0.424, 0.462)
        """
        from lossary.fit.results.standard_errors import standard_errors  # noqa: PLC0415  few fits ask for it

        return standard_errors(self, kind)

    def __getstate__(self) -> dict[str, Any]:
        # The data stay behind; what a loaded model lacks are standard errors.
        return {**self.__dict__, "_problem": None, "_output": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if not isinstance(self.loss.prediction, str):
            from lossary.fit.problem.output import output_for  # noqa: PLC0415

            self.__dict__["_output"] = output_for(self.loss.prediction, self.loss.name)

    def __repr__(self) -> str:
        kind = "minimum" if self.is_global else "local minimum"
        lines = [
            f"<linear fit of {self.loss}: {kind if self.converged else 'not converged'}>",
            f"  objective {self.objective:.8g}" + (f", cost {self.cost:.8g}" if self.cost != self.objective else ""),
        ]
        if self.scale is not None:
            lines.append(f"  scale {self.scale:.6g}")
        if self.coef.ndim == 1:
            names = self.feature_names or tuple(f"x{j}" for j in range(self.coef.size))
            thresholds = " ".join(f"{value:.8g}" for value in np.atleast_1d(self.intercept))
            lines.append(f"  {'thresholds' if self._is_ordered else 'intercept'} {thresholds}")
            lines += [f"  {name} {value:.8g}" for name, value in list(zip(names, self.coef, strict=True))[:SHOWN]]
            if self.coef.size > SHOWN:
                lines.append(f"  ... {self.coef.size - SHOWN} more")
        else:
            lines.append(f"  {self.coef.shape[0]} classes x {self.coef.shape[1]} features")
        lines.append(f"  {self.solver}, {self.iterations} iterations, {self.certificate}")
        return "\n".join(lines)


SHOWN = 12
"""How many coefficients a printed fit shows."""
