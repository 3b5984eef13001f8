"""``lossary fit``: which way a table goes, and what is printed and written.

Complete tables of numbers, under losses of one prediction, are fitted as they are: coefficients, standard errors, a
certificate. All else, and what ``lossary predict`` is to read, is trained as ``lossary choose`` trains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossary.choosing.given.losses import GivenLoss, given_losses
from lossary.cli.console import (
    UserError,
    explained,
    print_json,
    print_results,
    progress,
    say,
    say_how_to_predict,
    write_json,
)
from lossary.cli.data import Table, is_numeric, numeric_table, read_columns
from lossary.cli.fit_tables import fitting_facts, fitting_tables, model_facts
from lossary.cli.fitting import fit_and_score
from lossary.cli.model_commands import require_choosing
from lossary.cli.models import ModelSpec
from lossary.evaluate.rows.function import RowLossFunction

if TYPE_CHECKING:
    from lossary.tables.columns import Typed

MODELS = ("linear", "boosting", "mlp")
MODEL_FILE = ".lossary"


@dataclass(frozen=True)
class Options:
    """The command's options; ``linear`` are those of linear models that were given."""

    data: Path
    target: str
    loss: str
    model: str
    features: tuple[str, ...]
    dropped: tuple[str, ...]
    linear: Mapping[str, Any]
    want: str | None
    folds: int
    seed: int
    leave_out: bool
    trace: Path | None
    out: Path | None
    as_json: bool

    @property
    def writes_model(self) -> bool:
        return self.out is not None and self.out.suffix == MODEL_FILE


def run(options: Options) -> None:
    """Fit, judge, print and write."""
    with explained(also=(TypeError,)):
        (given,) = given_losses([options.loss])
    _refuse_mismatch(options)
    if options.trace is not None:
        from lossary.cli.plot import refuse_unwritable  # noqa: PLC0415  needs Matplotlib

        refuse_unwritable(options.trace)
    columns = read_columns(options.data, options.target, options.features, options.dropped)
    is_plain = not isinstance(given.loss, RowLossFunction) and is_numeric(columns, options.target)
    if is_plain and options.want is None and not options.writes_model:
        _fit(options, given, numeric_table(columns, options.data, options.target, options.leave_out))
        return
    _refuse_unused(options, given, columns, is_plain)
    _train(options, given, columns)


def _refuse_mismatch(options: Options) -> None:
    """Options that the model does not have."""
    if options.model not in MODELS:
        raise UserError(f"--model must be one of {', '.join(MODELS)}, not {options.model}")
    if options.model != "linear" and options.linear:
        raise UserError(f"{_first(options.linear)} is for linear models, not for --model {options.model}")
    if options.model != "linear" and options.out is not None and not options.writes_model:
        raise UserError(f"{options.out} would hold a linear model; to write another give --out a name in {MODEL_FILE}")
    if "alpha" not in options.linear and ("penalty" in options.linear or "l1_ratio" in options.linear):
        raise UserError("a penalty needs its weight: add --alpha 0.1, say")


def _first(linear: Mapping[str, Any]) -> str:
    return f"--{next(iter(linear)).replace('_', '-')}"


def _refuse_unused(options: Options, given: GivenLoss, columns: Typed, is_plain: bool) -> None:
    """Options that only the plain way has, with what of the rest they do not go with."""
    plain_out = options.out is not None and not options.writes_model
    unused = _first(options.linear) if options.linear else "--trace" if options.trace else str(options.out)
    if not (options.linear or options.trace or plain_out):
        return
    if is_plain:
        other = "--want" if options.want is not None else f"--out {options.out}"
        raise UserError(f"{unused} does not go with {other}, where training is as by `lossary choose`; leave one out")
    if isinstance(given.loss, RowLossFunction):
        raise UserError(f"{unused} is for losses of one prediction, and {given.shown} takes a row of scores")
    with explained(f"{unused} is for complete tables of numbers; "):
        numeric_table(columns, options.data, options.target, options.leave_out)


def _fit(options: Options, given: GivenLoss, table: Table) -> None:
    with progress("fits", options.folds + 1) as advance:
        spec = ModelSpec(options.model, given.loss, options.linear, options.seed)  # type: ignore[arg-type]
        fitting = fit_and_score(table, spec, options.folds, advance)
    trace = options.trace
    if options.out is not None:
        write_json(options.out, model_facts(fitting))
    if trace is not None:
        from lossary.cli.trace import try_to_draw  # noqa: PLC0415  needs Matplotlib

        drawn = try_to_draw(fitting, dict(options.linear), trace)
        for line in drawn.missing:
            say(f"lossary: {line}", beside=True)
        trace = trace if drawn.is_there else None
    if options.as_json:
        print_json(fitting_facts(fitting) | ({"trace": str(trace)} if trace else {}))
        return
    print_results(fitting_tables(fitting))
    if trace is not None:
        say(f"The way there is drawn in {trace}")
    if options.out is not None:
        say(f"The model is written to {options.out}")


def _train(options: Options, given: GivenLoss, columns: Typed) -> None:
    require_choosing("such a fit")
    from lossary.cli.training import (  # noqa: PLC0415  needs scikit-learn
        Asked,
        train,
        training_facts,
        training_page,
        write_model,
    )

    asked = Asked(options.target, given, options.model, options.want, options.folds, options.seed, options.leave_out)
    with progress("fits", 2 * options.folds + 1) as advance:
        training = train(columns, asked, advance)
    if options.out is not None:
        write_model(training, options.out)
    if options.as_json:
        print_json(training_facts(training) | ({} if options.out is None else {"out": str(options.out)}))
        return
    print_results(training_page(training))
    if options.out is not None:
        say_how_to_predict(options.out)
