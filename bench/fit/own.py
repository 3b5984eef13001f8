"""Our fits."""

from __future__ import annotations

import lossary
from bench.fit.cases import FitCase, FitData, Fitted
from bench.racing.harness import Contestant
from bench.racing.providers import OURS, Entry, Provider

DISCIPLINE = "fit"


def _ours(case: FitCase, data: FitData) -> Entry:
    def call() -> lossary.fit.LinearFit:
        return lossary.fit.linear(data.X, data.y, case.loss, alpha=case.alpha, fit_intercept=case.intercept)

    return Entry(Contestant(OURS, call), lambda fit: Fitted(fit.intercept, fit.coef))  # type: ignore[attr-defined]


PROVIDERS = (Provider(OURS, DISCIPLINE, _ours, "certified: a gradient norm of 1e-8 or a duality gap of 1e-9"),)
