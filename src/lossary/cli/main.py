"""The commands: each reads what was asked, calls the library, and prints a table or JSON."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lossary.cli import loss_commands, model_commands
from lossary.cli.cache import cache
from lossary.cli.console import (
    UserError,
    explained,
    one_line_errors,
    print_json,
    print_results,
    progress,
    say,
)
from lossary.cli.entry import OneLineGroup, PairCommand
from lossary.cli.loss_commands import Json, loaded, pointwise

if TYPE_CHECKING:
    pass

app = typer.Typer(
    name="lossary",
    cls=OneLineGroup,
    help="Loss functions: what they are, what they cost, and what they make of your data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(cache)

LossOptions = Annotated[list[str], typer.Option("--loss", "-l", help="A loss, such as huber:delta=2; may be repeated.")]
DataFile = Annotated[
    Path,
    typer.Argument(
        help="A table: CSV or the like, JSON, Parquet, Arrow or a workbook; - for standard input.", show_default=False
    ),
]
Target = Annotated[str, typer.Option("--target", "-t", help="The column that holds what was observed.")]
Features = Annotated[
    list[str] | None, typer.Option(help="A feature to use; may be repeated. Default: every other column.")
]
Dropped = Annotated[list[str] | None, typer.Option(help="A column to leave out; may be repeated.")]
Folds = Annotated[int, typer.Option(min=2, help="Parts that the rows are split into, each left out once.")]
Seed = Annotated[int, typer.Option(min=0, help="Decides how rows are shuffled into folds.")]

Missing = Annotated[
    str, typer.Option(help="error, or nan: rows whose target is empty or NaN are left out, and counted.")
]

MODELS = ("linear", "boosting", "mlp")


def _version(is_asked: bool) -> None:
    if is_asked:
        say(f"lossary {importlib.import_module('lossary').__version__}")
        raise typer.Exit


@app.callback()
def _lossary(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


app.command("list")(one_line_errors(loss_commands.list_losses))
app.command()(one_line_errors(loss_commands.show))
app.command(cls=PairCommand)(one_line_errors(loss_commands.plot))
app.command()(one_line_errors(loss_commands.explore))


@app.command("eval")
@one_line_errors
def evaluate(
    data: DataFile,
    target: Target,
    prediction: Annotated[
        str, typer.Option("--prediction", "-p", help="The column of predictions, as the loss takes them.")
    ],
    loss: LossOptions,
    weight: Annotated[str | None, typer.Option("--weight", "-w", help="The column of weights.")] = None,
    missing: Missing = "error",
    as_json: Json = False,
) -> None:
    """Compute the cost of predictions that a file holds: streamed, and exact to the last digit."""
    losses = pointwise(loss)
    columns = [target, prediction, *([weight] if weight else [])]
    totals = [chosen.accumulator() for chosen in losses]
    leaves_out_missing = _leaves_out(missing)
    rows = 0
    with progress("rows", None) as advance:
        for chunk in loaded("data").stream_columns(data, columns, leaves_out_missing):
            with explained(f"rows from {rows + 1} on: " if rows else ""):
                for total in totals:
                    total.update(*chunk, missing=missing)
            rows += len(chunk[0])
            advance(len(chunk[0]))
    with explained():
        costs = [(chosen, total.value) for chosen, total in zip(losses, totals, strict=True)]
    if as_json:
        loss_costs = [
            {"loss": str(c), "cost": v, "denominator": t.denominator} for (c, v), t in zip(costs, totals, strict=True)
        ]
        print_json(
            {
                "file": str(data),
                "target": target,
                "prediction": prediction,
                "weight": weight,
                "rows": rows,
                "missing": totals[0].missing,
                "losses": loss_costs,
            }
        )
    else:
        weighted = f", weighted by {weight}" if weight else ""
        without = f", {totals[0].missing:,} of them without a target" if totals[0].missing else ""
        print_results(loaded("tables").cost_table(costs, f"{rows:,} rows{without}{weighted}"))


@app.command()
@one_line_errors
def compare(
    data: DataFile,
    target: Target,
    loss: LossOptions,
    feature: Features = None,
    drop: Dropped = None,
    folds: Folds = 5,
    seed: Seed = 0,
    missing: Missing = "error",
    plot: Annotated[Path | None, typer.Option(help="Draw the fits here (one feature): .png, .svg or .pdf.")] = None,
    as_json: Json = False,
) -> None:
    """Fit a linear model under each loss, and judge all on the same yardsticks on rows left out."""
    losses = pointwise(loss)
    table = loaded("data").read_table(data, target, feature or (), drop or (), _leaves_out(missing))
    if plot is not None:
        loaded("plot").refuse_unplottable(table, plot)
    with progress("fits", len(losses) * (folds + 1)) as advance:
        comparison = loaded("compare").compare(table, losses, folds, seed, advance)
    tables = loaded("tables")
    if plot is not None:
        loaded("plot").draw_fits(comparison, plot)
    if as_json:
        print_json(tables.comparison_facts(comparison) | ({"plot": str(plot)} if plot else {}))
        return
    print_results(tables.comparison_tables(comparison))
    if plot is not None:
        say(f"The fits are drawn in {plot}")


@app.command()
@one_line_errors
def choose(
    data: DataFile,
    target: Target,
    want: Annotated[
        str | None,
        typer.Option(help="mean, median, quantile:0.9, interval:0.8, probability or label.", show_default="asked"),
    ] = None,
    cost_under: Annotated[
        float | None, typer.Option(help="What predicting too low costs by unit (two classes: a missed one).")
    ] = None,
    cost_over: Annotated[
        float | None, typer.Option(help="What predicting too high costs by unit (two classes: a false alarm).")
    ] = None,
    models: Annotated[str, typer.Option(help="Any of linear, boosting and mlp, with commas.")] = ",".join(MODELS),
    loss: Annotated[
        list[str] | None,
        typer.Option(
            "--loss", "-l", help="Compare this one too: huber:delta=2, or your own as ./file.py:name; may be repeated."
        ),
    ] = None,
    only: Annotated[bool, typer.Option("--only", help="Compare only these, beside the usual loss.")] = False,
    time_budget: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="Seconds in all; repeats, rows, candidates are left out to keep to it.",
            show_default="some minutes",
        ),
    ] = None,
    group: Annotated[str | None, typer.Option(help="A column whose groups must not be split between folds.")] = None,
    time: Annotated[str | None, typer.Option(help="A column of times: test on what came after the training.")] = None,
    weight: Annotated[str | None, typer.Option("--weight", "-w", help="The column of weights.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="A column to leave out; may be repeated.")] = None,
    positive: Annotated[
        str | None,
        typer.Option(help="Of two classes the one that may be missed.", show_default="the second by name"),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Parts that the rows are split into.")] = 5,
    repeats: Annotated[
        int | None,
        typer.Option(min=1, help="How often they are split anew.", show_default="2, of more than 5,000 rows 1"),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Processes.", show_default="one a core, if it is worth it"),
    ] = None,
    backend: Annotated[str, typer.Option(help="Whose processes: loky, threading, dask or ray.")] = "loky",
    out: Annotated[
        Path | None, typer.Option(help="The folder for report and predictions.", show_default="lossary-DATA")
    ] = None,
    primary: Annotated[
        str | None,
        typer.Option(help="The yardstick that decides, such as 'Poisson deviance'.", show_default="the first"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides folds and all else that is drawn.")] = 0,
    only_inspect: Annotated[
        bool, typer.Option("--inspect", help="Look at the data and print the plan; fit no more.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find out which training loss suits the data and the question, and why."""
    model_commands.require_choosing("choosing")
    part = loaded("choose")
    part.run(
        part.Options(
            data=data,
            target=target,
            want=want,
            cost_under=cost_under,
            cost_over=cost_over,
            models=tuple(name.strip() for name in models.split(",") if name.strip()),
            losses=tuple(loss or ()),
            only=only,
            time_budget=time_budget,
            group=group,
            time=time,
            weight=weight,
            drop=tuple(drop or ()),
            positive=positive,
            folds=folds,
            repeats=repeats,
            jobs=jobs,
            backend=backend,
            out=out,
            primary=primary,
            seed=seed,
            as_json=as_json,
            only_inspect=only_inspect,
        )
    )


app.command()(one_line_errors(loss_commands.explain))


@app.command()
@one_line_errors
def fit(
    data: DataFile,
    target: Target,
    loss: Annotated[str, typer.Option("--loss", "-l", help="The loss, such as huber:delta=2.")] = "squared_error",
    model: Annotated[str, typer.Option("--model", "-m", help="linear, boosting or mlp.")] = "linear",
    feature: Features = None,
    drop: Dropped = None,
    penalty: Annotated[str | None, typer.Option(help="l2, l1 or elastic_net; linear models only.")] = None,
    alpha: Annotated[float | None, typer.Option(help="The penalty's weight; linear models only.")] = None,
    l1_ratio: Annotated[float | None, typer.Option(help="The share of l1 in an elastic_net.")] = None,
    scale: Annotated[
        str | None, typer.Option(help="mad or proposal2: estimate the residuals' scale along with a linear model.")
    ] = None,
    solver: Annotated[
        str | None,
        typer.Option(help="Of a linear model, such as newton, gradient_descent or sgd; by default the best."),
    ] = None,
    folds: Folds = 5,
    seed: Seed = 0,
    missing: Missing = "error",
    trace: Annotated[
        Path | None, typer.Option(help="Draw the cost falling step by step here: .png, .svg or .pdf.")
    ] = None,
    want: Annotated[
        str | None,
        typer.Option(help="mean, median, quantile:0.9, interval:0.8, probability or label.", show_default="the loss's"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the model here: .lossary, for predict, or a linear one as .json.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fit a model under a loss: how good it is, and how it does on rows left out.

    Of complete tables of numbers coefficients or importances, and how optimal they are, are told. Text, dates, missing
    values, losses of classes and --out MODEL.lossary are trained and judged as by choose.
    """
    part = loaded("fit_command")
    linear_options = {"penalty": penalty, "alpha": alpha, "l1_ratio": l1_ratio, "scale": scale, "solver": solver}
    part.run(
        part.Options(
            data=data,
            target=target,
            loss=loss,
            model=model,
            features=tuple(feature or ()),
            dropped=tuple(drop or ()),
            linear={name: value for name, value in linear_options.items() if value is not None},
            want=want,
            folds=folds,
            seed=seed,
            leave_out=_leaves_out(missing),
            trace=trace,
            out=out,
            as_json=as_json,
        )
    )


app.command("predict")(one_line_errors(model_commands.predict))
app.command("evaluate")(one_line_errors(model_commands.evaluate))


def _leaves_out(missing: str) -> bool:
    """Whether rows without a target are left out."""
    if missing not in ("error", "nan"):
        raise UserError(f"--missing must be error or nan, not {missing}")
    return missing == "nan"
