"""What ``lossary fit`` prints: coefficients or importances, the certificate, yardsticks; and the same for JSON."""

from __future__ import annotations

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from lossary.cli.fitting import CONSTANT, MODEL, Fitting
from lossary.cli.grid import Grid, grid
from lossary.cli.models import Trees, output_name
from lossary.cli.tables import aligned, footnotes, predicted
from lossary.cli.visible import visible
from lossary.evaluate.page import predicts
from lossary.fit import LinearFit

TITLES = {"linear": "a linear model", "boosting": "boosted trees", "mlp": "a multi-layer perceptron"}


def fitting_tables(fitting: Fitting) -> RenderableType:
    """The fit as a page to read in a terminal."""
    table, loss = fitting.table, fitting.loss
    title = f"{predicted(table)}: {len(table.y)} rows, {TITLES[fitting.kind]} under {loss} ({predicts(loss)})"
    model = fitting.model
    parts: list[RenderableType] = [Text(title, style="bold"), Text()]
    if isinstance(model, LinearFit):
        parts += [coefficient_table(fitting, model), Text(_certificate(model), style="dim"), Text()]
    else:
        parts += [importance_table(fitting), Text(_training(fitting), style="dim"), Text()]
    parts += [score_table(fitting), footnotes([*_how(fitting), *fitting.notes])]
    return Group(*parts)


def coefficient_table(fitting: Fitting, model: LinearFit) -> Grid:
    """Intercept and coefficients, with standard errors where there are any."""
    names = ["intercept", *map(visible, fitting.table.names)]
    values = [float(v) for v in (model.intercept, *model.coef)]
    if fitting.errors is None:
        table = grid("", "coefficient", numeric=["coefficient"])
        rows = zip(names, aligned(values), strict=True)
    else:
        spreads = [float(v) for v in (fitting.errors.intercept, *fitting.errors.coef)]
        ratios = [v / s if s > 0.0 else float("nan") for v, s in zip(values, spreads, strict=True)]
        heads = ["coefficient", "standard error", "ratio"]
        table = grid("", *heads, numeric=heads)
        rows = zip(names, *(aligned(column) for column in (values, spreads, ratios)), strict=True)
    for cells in rows:
        table.add_row(*cells)
    table.title = "Fitted on all rows"
    return table


def importance_table(fitting: Fitting) -> Grid:
    """The features, the one that matters most first."""
    assert fitting.importances is not None
    order = np.argsort(-fitting.importances)
    table = grid("", "importance", numeric=["importance"])
    table.title = "What the features are worth"
    cells = aligned(fitting.importances[order].tolist(), signed=True)
    for j, cell in zip(order, cells, strict=True):
        table.add_row(visible(fitting.table.names[j]), cell)
    return table


def score_table(fitting: Fitting) -> Grid:
    """The model's scores on rows left out, beside those of the best constant."""
    columns = [
        ("mean loss", "own", "", False),
        *((s.name, s.name, s.consistent_for, s.signed) for s in fitting.yardsticks),
    ]
    heads = {shown: consistent for shown, _, consistent, _ in columns}
    table = grid("", *heads, numeric=heads, below=heads)
    table.title = "Judged on rows left out"
    cells = [aligned([fitting.scores[row][key] for row in (MODEL, CONSTANT)], signed) for _, key, _, signed in columns]
    for i, row in enumerate((MODEL, CONSTANT)):
        table.add_row(row, *(column[i] for column in cells))
    return table


def _certificate(model: LinearFit) -> str:
    scale = "" if model.scale is None else f", scale {model.scale:.6g}"
    penalty = "" if not model.alpha else f", {model.penalty} penalty of {model.alpha:g}"
    return f"{model.solver}: {model.certificate}, {model.iterations} iterations; cost {model.cost:.8g}{scale}{penalty}"


def _training(fitting: Fitting) -> str:
    model = fitting.model
    if isinstance(model, Trees):
        return f"{model.booster}: {model.rounds} trees"
    curve = model.learning_curve  # type: ignore[attr-defined]
    return f"{len(curve.training)} epochs, stopped early on rows held out; epoch {curve.best + 1} was kept"


def _how(fitting: Fitting) -> list[str]:
    shuffled = "An importance is by how much the mean loss of rows left out rises when the feature is shuffled."
    pooled = f"Scores are pooled over {fitting.folds} folds of shuffled rows, seed {fitting.seed}; less is better."
    return [pooled] if fitting.importances is None else [shuffled, pooled]


def fitting_facts(fitting: Fitting) -> dict[str, object]:
    """A fit for JSON."""
    table, loss, model = fitting.table, fitting.loss, fitting.model
    facts: dict[str, object] = {
        "target": table.target,
        "features": list(table.names),
        "rows": len(table.y),
        "loss": str(loss),
        "name": loss.name,
        "parameters": dict(model.loss.given),
        "predicts": predicts(loss),
        "link": loss.link,
        "model": fitting.kind,
    }
    if isinstance(model, LinearFit):
        facts |= linear_facts(fitting, model)
    else:
        assert fitting.importances is not None
        facts["importances"] = dict(zip(table.names, fitting.importances.tolist(), strict=True))
        facts["training"] = _training(fitting)
    return facts | {
        "folds": fitting.folds,
        "seed": fitting.seed,
        "yardsticks": {s.name: {"consistent_for": s.consistent_for} for s in fitting.yardsticks},
        "scores": {row.replace(" ", "_"): {_plain(k): v for k, v in s.items()} for row, s in fitting.scores.items()},
        "scores_by_fold": fitting.by_fold,
        "notes": fitting.notes,
    }


def linear_facts(fitting: Fitting, model: LinearFit) -> dict[str, object]:
    """Coefficients, their standard errors and the certificate."""
    names, errors = fitting.table.names, fitting.errors
    return {
        "output": output_name(fitting.loss) or "identity",
        "intercept": model.intercept,
        "coefficients": dict(zip(names, model.coef.tolist(), strict=True)),
        "standard_errors": None
        if errors is None
        else {"kind": errors.kind, "intercept": errors.intercept}
        | {"coefficients": dict(zip(names, errors.coef.tolist(), strict=True))},
        "penalty": model.penalty if model.alpha else None,
        "alpha": model.alpha,
        "cost": model.cost,
        "objective": model.objective,
        "scale": model.scale,
        "solver": model.solver,
        "iterations": model.iterations,
        "converged": bool(model.converged),
        "is_global": bool(model.is_global),
        "certificate": {
            "kind": model.certificate.kind,
            "value": float(model.certificate.value),
            "tolerance": model.certificate.tolerance,
        },
    }


def _plain(key: str) -> str:
    return "mean_loss" if key == "own" else key


def model_facts(fitting: Fitting) -> dict[str, object]:
    """What it takes to predict: the linear model alone, for ``--out``."""
    model = fitting.model
    assert isinstance(model, LinearFit)
    facts = fitting_facts(fitting)
    wanted = ("target", "features", "loss", "name", "parameters", "link", "output", "intercept", "coefficients")
    return {"kind": "linear"} | {key: facts[key] for key in (*wanted, "scale", "penalty", "alpha", "certificate")}
