"""statsmodels: quantile regression and robust linear models."""

from __future__ import annotations

import statsmodels
import statsmodels.api as sm

from bench.fit.cases import FitCase, FitData, Fitted
from bench.fit.own import DISCIPLINE
from bench.racing.harness import Contestant
from bench.racing.providers import Entry, Provider

LARGEST = 20_000
"""Rows beyond which these take minutes a fit."""


def _quantreg(case: FitCase, data: FitData) -> Entry | None:
    name, _, level = case.loss.partition(":")
    if name != "quantile" or case.rows > LARGEST:
        return None
    design = sm.add_constant(data.X)

    def call() -> object:
        return sm.QuantReg(data.y, design).fit(q=float(level))

    return Entry(
        Contestant("statsmodels QuantReg", call),
        lambda got: Fitted(got.params[0], got.params[1:]),  # type: ignore[attr-defined]
    )


def _rlm(case: FitCase, data: FitData) -> Entry | None:
    """Huber's loss at a fixed scale of one, so that both minimise the same."""
    name, _, delta = case.loss.partition(":")
    if name != "huber" or case.rows > LARGEST:
        return None
    design = sm.add_constant(data.X)

    class Unit:
        """A scale estimator that always says one."""

        def __call__(self, *_: object) -> float:
            return 1.0

    def call() -> object:
        model = sm.RLM(data.y, design, M=sm.robust.norms.HuberT(float(delta)))
        return model.fit(scale_est=Unit(), tol=1e-10, maxiter=500)

    return Entry(
        Contestant("statsmodels RLM", call),
        lambda got: Fitted(got.params[0], got.params[1:]),  # type: ignore[attr-defined]
    )


_VERSION = f"statsmodels {statsmodels.__version__}"

PROVIDERS = (
    Provider("statsmodels QuantReg", DISCIPLINE, _quantreg, f"{_VERSION}, at its default tolerance"),
    Provider("statsmodels RLM", DISCIPLINE, _rlm, f"{_VERSION}, HuberT at scale 1, tol=1e-10"),
)
