"""Studies and supplements as reports of each kind have them: many candidates under three models, long names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from lossary.choosing.comparison.naming import name_of
from lossary.choosing.comparison.study import Candidate, Study, Want
from lossary.choosing.judging.decide import Decision
from lossary.choosing.report import FittedCurves, InfluentialRow, Supplement
from lossary.choosing.report.code.table import Columns, Source


def _candidates(made: Callable[..., Candidate], usual: str, others: Mapping[str, tuple]) -> list[Candidate]:
    """The usual loss and others, each with its link and parameters, under three models, with names as reports have."""
    found = []
    for model in ("linear", "boosting", "mlp"):
        for complexity, (loss, (link, parameters)) in enumerate({usual: ("identity", {}), **others}.items()):
            kind = "reference" if loss == usual and model == "linear" else "candidate"
            settled = {"link": link, "parameters": parameters, "complexity": complexity, "kind": kind}
            each = made(f"{loss}, {model}", loss=loss, model=model, **settled)
            found.append(replace(each, name=name_of(each)))
    return found


def _mean(study_from, made) -> Study:
    random = np.random.default_rng(1)
    x = random.normal(size=400)
    y = random.poisson(np.exp(5.0 + 0.7 * x)).astype(float)
    candidates = _candidates(
        made, "squared_error", {"poisson": ("log", {}), "negative_binomial": ("log", {"alpha": 0.0195})}
    )
    noise = {c.label: 0.05 + 0.15 * c.complexity + 0.3 * (c.model == "mlp") for c in candidates}
    predictions = {
        label: y * np.exp(size * random.normal(size=400)) - 30.0 * (label == "squared_error, linear")
        for label, size in noise.items()
    }
    predictions[candidates[-1].label] = predictions[candidates[-1].label] * np.where(np.arange(400) == 7, 200.0, 1.0)
    return study_from(y, predictions, Want("mean"), candidates=candidates, seconds=dict.fromkeys(predictions, 1.5))


def _two_classes(study_from, made) -> Study:
    random = np.random.default_rng(2)
    p = random.random(300)
    y = (random.random(300) < p).astype(float)
    candidates = _candidates(made, "logistic", {"focal": ("logit", {"gamma": 2.0}), "brier": ("logit", {})})
    predictions = {
        c.label: np.clip(p + 0.1 * (1 + i) * random.normal(size=300), 0.01, 0.99) for i, c in enumerate(candidates)
    }
    names = ("did not subscribe to a deposit", "subscribed to a deposit of any length")
    return study_from(y, predictions, Want("probability"), candidates=candidates, classes=names)


def _several_classes(study_from, made) -> Study:
    random = np.random.default_rng(3)
    scores = random.normal(size=(240, 4))
    y = np.argmax(scores + random.gumbel(size=scores.shape), axis=1).astype(float)
    candidates = _candidates(
        made, "softmax_cross_entropy", {"softmax_brier": ("softmax", {}), "poly1": ("softmax", {"epsilon": 1.0})}
    )
    predictions = {}
    for i, each in enumerate(candidates):
        odds = np.exp(scores + 0.3 * i * random.normal(size=scores.shape))
        predictions[each.label] = odds / odds.sum(axis=1, keepdims=True)
    names = ("setosa", "versicolor", "virginica", "a fourth with a long name")
    constants = np.tile(np.bincount(y.astype(int)) / y.size, (5, 1))
    return study_from(y, predictions, Want("probability"), candidates=candidates, classes=names, constants=constants)


def _quantile(study_from, made) -> Study:
    random = np.random.default_rng(4)
    y = 1e6 * np.exp(random.normal(size=300))
    candidates = _candidates(made, "quantile", {"expectile": ("log", {"tau": 0.9})})
    predictions = {c.label: y * np.exp(1.0 + 0.2 * i * random.normal(size=300)) for i, c in enumerate(candidates)}
    return study_from(y, predictions, Want("quantile", 0.9), candidates=candidates, constants=np.full(5, 3.6e6))


def _label(study_from, made) -> Study:
    study = _two_classes(study_from, made)
    return replace(study, want=Want("label", None, 20.0, 1.0))


def _interval(study_from, made) -> Study:
    random = np.random.default_rng(5)
    y = random.normal(size=300)
    candidates = _candidates(made, "quantile", {"gaussian_nll": ("identity", {"scale": 1.2345})})
    predictions = {}
    for i, each in enumerate(candidates):
        centre = 0.7 * y + 0.1 * i * random.normal(size=300)
        predictions[each.label] = np.stack([centre - 0.8, centre + 0.8], axis=1)
    constants = np.tile([-1.3, 1.3], (5, 1))
    return study_from(y, predictions, Want("interval", 0.8), candidates=candidates, constants=constants)


def _constant(study_from, made) -> Study:
    random = np.random.default_rng(6)
    y = random.normal(size=200)
    candidates = _candidates(made, "squared_error", {"huber": ("identity", {"delta": 1.35})})
    predictions = {c.label: (0.2 + i) * random.normal(size=200) for i, c in enumerate(candidates)}
    return study_from(y, predictions, Want("mean"), candidates=candidates)


KINDS = {
    "mean": _mean,
    "two classes": _two_classes,
    "several classes": _several_classes,
    "label": _label,
    "quantile": _quantile,
    "interval": _interval,
    "constant": _constant,
}


def full_supplement(decision: Decision) -> Supplement:
    labels = [c.label for c in decision.study.candidates][:5]
    grid = np.linspace(0.0, 40.0, 60)
    curves = {label: 1e5 * (1.0 + i) * np.sin(0.1 * grid) for i, label in enumerate(labels)}
    features = ("temperature", "a_feature_with_a_rather_long_name_without_any_space", "day", "wind speed (km/h)")
    random = np.random.default_rng(0)
    return Supplement(
        source=Source("riders per hour", "a table of hires.csv"),
        features=features,
        command="lossary choose 'a table of hires.csv' --target 'riders per hour' --models linear,boosting --out out",
        versions={"Python": "3.13.1", "scikit-learn": "1.7.2"},
        curves=[FittedCurves(features[1], grid, curves, (40.0 * random.random(900), 4e5 * random.random(900)))],
        influential=[
            InfluentialRow(i, 0.5, "far out in the features", dict.fromkeys(features, 12345.678)) for i in (3, 7, 31)
        ],
        influence="hat value",
        limits=["day: whole numbers of few values, which linear models and networks take for categories"],
        columns=Columns(features, ("number",) * 4, encoded=4),
        model="out/model.lossary",
    )
