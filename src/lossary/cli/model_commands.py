"""The commands that take a model which ``lossary choose`` left: ``predict`` and ``evaluate``."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from lossary.cli.console import UserError

ModelFile = Annotated[
    Path, typer.Argument(help="The model, as lossary choose left it: model.lossary.", show_default=False)
]
Rows = Annotated[
    Path,
    typer.Argument(help="A table with the columns of the training; - for standard input.", show_default=False),
]


def require_choosing(what: str) -> None:
    """Raise UserError where libraries that choosing needs are missing."""
    missing = [name for name in ("sklearn", "joblib", "threadpoolctl", "jinja2") if find_spec(name) is None]
    if missing:
        raise UserError(f"{what} needs {', '.join(missing)}: pip install 'lossary[choose]'")


def predict(
    model: ModelFile,
    data: Rows,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The predictions: .csv or .parquet.", show_default="standard output")
    ] = Path("-"),
    kept: Annotated[
        list[str] | None, typer.Option("--with", help="A column of the table to repeat, such as an id; repeatable.")
    ] = None,
    keeps_all: Annotated[bool, typer.Option("--with-all", help="Repeat all columns of the table.")] = False,
) -> None:
    """Predict a table with a model: a row of predictions for each row, in units of the target."""
    require_choosing("predicting")
    importlib.import_module("lossary.cli.predicting").run(model, data, out, kept or (), keeps_all)


def evaluate(
    model: ModelFile,
    data: Rows,
    target: Annotated[
        str | None,
        typer.Option("--target", "-t", help="The column that holds what was observed.", show_default="its name then"),
    ] = None,
    weight: Annotated[str | None, typer.Option("--weight", "-w", help="The column of weights.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout instead of a table.")] = False,
) -> None:
    """Score a model on new rows with their targets: is it as good as was promised, and what changed?"""
    require_choosing("evaluating")
    importlib.import_module("lossary.cli.evaluating").run(model, data, target, weight, as_json)
