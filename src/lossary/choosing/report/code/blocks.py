"""Code that fits the recommended candidate, host by host, as text that runs where it is pasted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.study import Candidate, Study, many_classes
from lossary.choosing.comparison.thresholds import cost_threshold
from lossary.choosing.report.code import classes, estimators, numbers
from lossary.choosing.report.code.install import with_install
from lossary.choosing.report.code.table import Columns, Source, encoding, loading
from lossary.choosing.report.code.winner import Winner, winner_of
from lossary.choosing.training.training_set import SMALL_TREES, TreeSettings

HOSTS = ("scikit-learn", "LightGBM", "XGBoost", "PyTorch")
FAMILIES = {"linear": "a line", "boosting": "trees", "mlp": "a network"}
OF_HOST = {"LightGBM": ("boosting",), "XGBoost": ("boosting",), "PyTorch": ("linear", "mlp")}
"""The models that code of a host trains; scikit-learn's are all."""

COMPARED_IN = {"linear": "scikit-learn", "boosting": "LightGBM", "mlp": "scikit-learn"}
"""The host whose code trains what was compared."""


@dataclass(frozen=True)
class Recipe:
    """A host, code for it, and what one must know; without code the note says why there is none."""

    host: str
    code: str
    note: str = ""


def recipes(
    study: Study,
    candidate: Candidate | None,
    columns: Columns | None = None,
    source: Source | None = None,
    trees: TreeSettings = SMALL_TREES,
) -> tuple[Recipe, ...]:
    """How to fit a candidate in each host, that of the comparison first; nothing where none is recommended."""
    if candidate is None:
        return ()
    if source is None:
        source = Source("y", weight=None if study.weight is None else "")
    if candidate.kind == "constant":
        constant = Recipe("Python", with_install(_constant(study)))
        return (_table(loading(columns, replace(source, group=None))), constant)
    winner = winner_of(study, candidate, columns, source, trees)
    encoding_code = encoding(columns, source, candidate.model == "boosting")
    if candidate.estimator is not None:
        return (_table(encoding_code), _estimator(winner))
    return (_table(encoding_code), *_of_hosts(winner))


def _table(code: str) -> Recipe:
    return Recipe("The table", with_install(code), "Run this first.")


def _estimator(winner: Winner) -> Recipe:
    return Recipe("scikit-learn", with_install(estimators.code(winner)), estimators.NOTE)


def _of_hosts(winner: Winner) -> Iterator[Recipe]:
    write = classes.code if winner.study.classes else numbers.code
    compared_in = COMPARED_IN[winner.candidate.model]
    for host in sorted(HOSTS, key=lambda host: host != compared_in):
        code = write(winner, host)
        if code:
            yield Recipe(host, with_install(code), " ".join(_notes(winner, host)))
        else:
            yield Recipe(host, "", _why_not(winner, host))


def _notes(winner: Winner, host: str) -> Iterator[str]:
    model = winner.candidate.model
    trained_models = OF_HOST.get(host, (model,))
    if model not in trained_models:
        other = "a network" if host == "PyTorch" else "trees"
        yield f"The same loss for {other}, where {FAMILIES[model]} won: compare before you use it."
    elif (model, host) in (("boosting", "scikit-learn"), ("boosting", "XGBoost")):
        yield "The comparison trained LightGBM's trees; these are grown alike."
    if host == "scikit-learn" and model == "linear" and winner.penalties:
        rows = "Rows of the rarer class" if winner.has_rare_class else "Rows"
        why = "A column nearly follows from others" if winner.ill_posed else f"{rows} are few for the columns"
        yield f"{why}: the penalty is chosen by cross-validation."
    if winner.smeared:
        yield "Predictions are brought back to the mean by the residuals on the log scale (Duan 1983)."
    elif winner.candidate.target and winner.study.want.functional == "mean":
        yield "Predictions are turned back without correction: on average they are too low."
    if winner.is_interval and winner.has_level:
        yield "The ends are fitted one by one; where they cross they are exchanged."


def _why_not(winner: Winner, host: str) -> str:
    loss = winner.candidate.loss
    if host == "scikit-learn":
        return f"scikit-learn's own trees of classes cannot be trained under {loss}: take LightGBM's."
    if winner.candidate.own_loss is not None:
        return f"{loss} is your own: lossary.torch has the losses of the catalogue alone. Take another host."
    return f"{loss} wants thresholds in increasing order, which no layer of PyTorch gives: take another host."


def _constant(study: Study) -> str:
    """The best constant, of a target ``y``."""
    if study.classes:
        return "\n".join(["import numpy as np", "", *_constant_of_classes(study)])
    want = study.want
    weight_argument = "" if study.weight is None else ", weight"
    if want.functional == "interval":
        low, high = interval_levels(want)
        best = f'lossary.get("quantile").using(tau=level).optimal_constant(y{weight_argument})'
        constant_code = f"[{best} for level in ({low:g}, {high:g})]"
    else:
        name = f"quantile:{quantile_level(want)!r}" if want.functional != "mean" else "squared_error"
        constant_code = f'lossary.get("{name}").optimal_constant(y{weight_argument})'
    return f"import lossary\n\nprediction = {constant_code}  # the same for every row"


def _constant_of_classes(study: Study) -> list[str]:
    """The classes' shares, or the label that they amount to."""
    counted = "np.bincount(codes) / len(y)" if study.weight is None else "np.bincount(codes, weight) / weight.sum()"
    lines = ["classes, codes = np.unique(y, return_inverse=True)", f"shares = {counted}"]
    if study.want.functional != "label":
        return [*lines, "predictions = dict(zip(classes, shares))  # the same for every row"]
    likely = "np.argmax(shares)" if many_classes(study) else f"int(shares[1] > {cost_threshold(study.want):.6g})"
    return [*lines, f"label = classes[{likely}]  # the same for every row"]
