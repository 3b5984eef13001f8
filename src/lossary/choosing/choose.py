"""``lossary.choose``: which loss does this data want, and why."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

try:
    import joblib as _joblib  # noqa: F401
    import sklearn as _sklearn  # noqa: F401
    from threadpoolctl import threadpool_limits
except ModuleNotFoundError as error:
    if error.name not in ("joblib", "sklearn", "threadpoolctl"):
        raise
    raise ModuleNotFoundError(
        f"lossary.choose needs {error.name}: pip install 'lossary[choose]'", name=error.name
    ) from error

from lossary.choosing.comparison.study import Study
from lossary.choosing.comparison.yardsticks import panel
from lossary.choosing.findings.finding import Finding
from lossary.choosing.judging.averaging import Average
from lossary.choosing.judging.decide import Decision, decide
from lossary.choosing.judging.leaderboard import Leaderboard
from lossary.choosing.judging.verdict import Verdict
from lossary.choosing.planning import Inspection, inspect_and_plan
from lossary.choosing.scheduling.budget import fits_end
from lossary.choosing.scheduling.engine import TrainingResults, compare_candidates
from lossary.choosing.scheduling.progress import Watch
from lossary.choosing.scheduling.store import Store
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.task import parse_question
from lossary.choosing.training.recipes import MODELS
from lossary.evaluate.registry import AnyLoss

if TYPE_CHECKING:
    from lossary.choosing.explaining.explanation import Effect, Explanation, Importances
    from lossary.choosing.models.model import ChosenModel
    from lossary.choosing.report.supplement import Supplement

FOLDS = 5


@dataclass(frozen=True, repr=False)
class Choice:
    """What was found out: the verdict, the leaderboard behind it, and every finding with its number.

    Attributes
    ----------
    verdict : Verdict
        ``headline`` is one sentence, ``recommended`` the candidate to use, ``tied`` those that may be as good.
    leaderboard : Leaderboard
        Every candidate's scores by the question's yardsticks, best first.
    findings : tuple of Finding
        Coded: ``lossary explain LY042`` says what a code means.
    inspection : Inspection
        What was known before the comparison: task, question, diagnostics, plan.
    study : Study
        Folds and out-of-fold predictions of every candidate.
    notes : tuple of str
        What was done to columns, left out, or did not converge.
    """

    decision: Decision
    inspection: Inspection
    notes: tuple[str, ...] = ()
    command: str = ""
    data: str = ""

    @property
    def verdict(self) -> Verdict:
        return self.decision.verdict

    @property
    def leaderboard(self) -> Leaderboard:
        return self.decision.leaderboard

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.decision.findings

    @property
    def average(self) -> Average | None:
        """The average of several candidates; None where there is none to speak of."""
        return self.decision.average

    @property
    def study(self) -> Study:
        return self.decision.study

    @cached_property
    def model(self) -> ChosenModel:
        """The recommended candidate, or the average where that pays, trained on all rows when it is first asked for.

        An estimator of scikit-learn that predicts tables like ``X``, and that ``save`` writes to a file. Where nothing
        is recommended it is what scored best, which its ``notes`` say; where nothing beats the constant, the constant.

        Examples
        --------
        >>> import numpy as np, lossary
        >>> x = np.linspace(0.0, 1.0, 300)
        >>> y = 5.0 * x + np.random.default_rng(0).normal(size=300)
        >>> choice = lossary.choose({"x": x}, y, want="interval:0.8", models=["linear"], repeats=1)
        >>> choice.model.predict_table({"x": [0.0, 1.0]}).columns
        ['low', 'high']
        """
        from lossary.choosing.models.fitting import fitted_model  # noqa: PLC0415  needs polars

        return fitted_model(self.inspection, self.decision)

    @property
    def importances(self) -> Importances | None:
        """How much worse the recommended candidate predicts rows held out if a column is shuffled.

        By the question's yardstick, with 95% intervals, the most important column first; a date, or a category, is one
        column. A few fits are done when this is first asked for. None where nothing beats a constant.

        Examples
        --------
        >>> import numpy as np, lossary
        >>> x, z = np.random.default_rng(0).normal(size=(2, 200))
        >>> found = lossary.choose({"x": x, "z": z}, 3.0 * x + z, models=["linear"], repeats=1).importances
        >>> [each.column for each in found.columns]
        ['x', 'z']
        """
        return None if self._explanation is None else self._explanation.importances

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Mean predictions along each of the first columns, under the recommended candidate and the usual loss.

        Where the recommended candidate has the usual loss, it is compared with the one that the verdict weighs it
        against.
        """
        return () if self._explanation is None else self._explanation.effects

    @cached_property
    def _explanation(self) -> Explanation | None:
        from lossary.choosing.explaining.explain import explain  # noqa: PLC0415  fits a few models again

        with threadpool_limits(1):
            return explain(self.decision, self.inspection)

    def to_dict(self) -> dict[str, Any]:
        """The decision and the inspection as numbers, strings, lists and dicts."""
        return {**self.decision.to_dict(), **self._inspection_data}

    @property
    def _inspection_data(self) -> dict[str, Any]:
        """The inspection, without the findings that the decision has too, and the notes."""
        inspection = self.inspection.to_dict()
        inspection.pop("findings")
        return {"inspection": inspection, "notes": list(self.notes)}

    def explore(self, path: str | Path) -> Path | None:
        """Write the explorer, opened with the residuals of the report's candidate, under the losses that may be best.

        The page holds predictions, residuals and weights of at most 200 rows, dealt by the seed, and nothing else of
        the data. None, and no file, for a question that has no such residuals (classes, intervals) and where the
        explorer draws none of the losses.
        """
        from lossary.choosing import report  # noqa: PLC0415  needs Jinja2

        text = report.explorer_page(self.decision)
        if text is None:
            return None
        Path(path).write_text(text, encoding="utf-8")
        return Path(path)

    def report(
        self, path: str | Path | None = None, model: str | Path | None = None, explorer: str | Path | None = None
    ) -> Path | str:
        """Write the report; the ending says which: .html, .md or .json. Without a path the page comes back as text.

        ``model`` is where the model was saved, if it was: the report then says how to predict with it. ``explorer`` is
        what ``explore`` wrote, if it did: the report then links to it.
        """
        from lossary.choosing import report  # noqa: PLC0415  needs Jinja2

        saved = "" if model is None else str(Path(model).absolute())  # commands are pasted in any folder
        supplement = replace(self._supplement, model=saved, explorer=_address(explorer, path))
        if path is None:
            return report.html(self.decision, supplement)
        return report.write(self.decision, path, supplement, self._inspection_data)

    @cached_property
    def _supplement(self) -> Supplement:
        from lossary.choosing.report.supplement import supplement_of  # noqa: PLC0415  needs Jinja2

        with threadpool_limits(1):
            told = supplement_of(self.inspection, self.study.predictions, self.notes, self.command, self.data)
        return replace(told, explanation=self._explanation)

    def _repr_html_(self) -> str:
        from lossary.choosing.report.page import brief  # noqa: PLC0415  needs Jinja2

        return brief(self.decision)

    def __repr__(self) -> str:
        board = self.leaderboard
        not_asked = "" if self.study.want.stated else " (nobody said so: it is the default)"
        lines = [f"<choice: {self.verdict.headline}>", f"  asked for {self.decision.question}{not_asked}"]
        scores = ["-" if e.score is None else f"{board.primary.read(e.score):.4g}" for e in board.entries]
        lines += [
            f"  {'*' if e.tied else ' '} {score:>10}  {e.name}" for e, score in zip(board.entries, scores, strict=True)
        ]
        lines.append(f"  {board.primary.shown}; * best, or tied with the best")
        if self.average is not None and self.average.pays:
            lines.append(f"  {self.average.in_words()}")
        return "\n".join(lines)


def _address(page: str | Path | None, report: str | Path | None) -> str:
    """A page as a report links to it: beside the report by its name alone, so that both can be moved together."""
    if page is None:
        return ""
    path = Path(page).absolute()
    is_beside = report is not None and Path(report).absolute().parent == path.parent
    return quote(path.name) if is_beside else path.as_uri()


def choose(
    X: Any,
    y: Any,
    want: str | None = None,
    *,
    cost_under: float | None = None,
    cost_over: float | None = None,
    models: Sequence[Any] = MODELS,
    losses: Sequence[str | AnyLoss] = (),
    only: bool = False,
    sample_weight: Any = None,
    groups: Any = None,
    time: Any = None,
    drop: Sequence[str] = (),
    positive: str | float | None = None,
    folds: int = FOLDS,
    repeats: int | None = None,
    time_budget: float | None = None,
    jobs: int = 1,
    backend: str = "loky",
    folder: str | Path | None = None,
    primary: str | None = None,
    seed: int = 0,
    watch: Watch | None = None,
) -> Choice:
    """Compare training losses on your data, and say which to use and why.

    Every loss that suits the question is trained under every model on the same folds, and judged by yardsticks that are
    consistent for what is wanted, never by its own cost.

    Parameters
    ----------
    X : data frame (polars or pandas), mapping of columns, or (n, p) array
        Numbers, text, dates and missing values are all taken. Text is read as numbers or dates where a whole column is
        such ("$1,200", "5%", "31/03/2024"), else as categories; how, and which cells did not fit, is in ``notes``.
    y : (n,) array, or the name of a column of X
        Text, or numbers of two values, are classes. Rows without a target are left out.
    want : str, optional
        "mean", "median", "quantile:0.9", "interval:0.8", "probability" or "label"; by default the mean of numbers, the
        probability of classes.
    cost_under, cost_over : float, optional
        What a prediction too low, and one too high, costs by unit (of two classes: a missed second one, a false alarm).
        They ask for the quantile, or the label, of least cost.
    models : sequence of "linear", "boosting", "mlp", and estimators
        By default all three; neural networks take PyTorch, and are left out where it is missing, which is noted. An
        estimator of scikit-learn's interface, such as ``RandomForestRegressor()``, is one more candidate, under the
        loss that it has itself: a clone is fitted to each training fold, with weights where its fit takes them, on the
        matrix that lines take (scaled numbers, a column for each category). Where it leaves ``random_state`` open,
        ``seed`` is taken.
    losses : sequence of names and losses
        Losses that take part beside those that suit, under every model: "huber:delta=2", "./file.py:name" or
        "module:name" of a loss that ``lossary.define`` made there, or such a loss itself. Without parameters a name is
        the candidate of that name that takes part anyhow, whose parameters are from the data, or else the loss with
        its defaults. A loss of another centre than the one wanted takes part as it is where that is the mean or the
        median, and is moved by a quantile of residuals where a quantile or an interval is wanted.
    only : bool
        Compare nothing else than ``losses`` and estimators, and under each model the usual loss, which tells what they
        gain.
    sample_weight, groups, time : (n,) array or name of a column, optional
        Weights of zero or more; groups that must not be split between folds; moments, for folds that are tested on what
        came after what they were trained on.
    drop : sequence of names
        Columns to leave out.
    positive : str or number, optional
        Of two classes the one whose probability is meant, and whose being missed ``cost_under`` is the price of; by
        default the second in the order of their names.
    folds, repeats : int
        How many parts rows are split into, and how often: by default twice, and once if there are more than 5,000.
    time_budget : float, optional
        Seconds from now. Repeats, then rows, then candidates are left out to keep to it, and that is said. By default
        fits are planned to take eight minutes at most, and networks are trained under three losses.
    jobs, backend : int, "loky", "threading", "dask" or "ray"
        Through joblib: how many processes, and whose.
    folder : path, optional
        Keeps out-of-fold predictions, so that a run that was cut short goes on where it stopped.
    primary : str, optional
        The yardstick that decides, if not the question's first.
    seed : int
    watch : callable, optional
        Told of a ``Progress`` after every fit.

    Returns
    -------
    Choice

    Raises
    ------
    ValueError
        For a target that cannot be learned (constant, too few rows, names of rows ...), columns that are not there, a
        question that the target has no answer to, and a loss or an estimator that cannot answer it.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> x = np.linspace(0.0, 1.0, 300)
    >>> noise = np.random.default_rng(0).normal(size=300)
    >>> choice = lossary.choose(x, 5.0 * x + noise, want="mean", models=["linear"], repeats=1)
    >>> choice.verdict.recommended.loss
    'squared_error'
    >>> asked = lossary.choose(x, 5.0 * x + noise, models=["linear"], losses=["fair:c=2"], only=True, repeats=1)
    >>> sorted(entry.label for entry in asked.leaderboard.rivals)
    ['fair(c=2), linear', 'squared_error, linear']
    """
    began = clock.monotonic()
    data = prepare_data(X, y, sample_weight, groups, time, drop)
    with threadpool_limits(1):
        inspection = inspect_and_plan(
            data,
            parse_question(want, cost_under, cost_over),
            models=models,
            losses=losses,
            only=only,
            folds=folds,
            repeats=repeats,
            time_budget=time_budget,
            jobs=jobs,
            seed=seed,
            positive=positive,
        )
        return compare_and_decide(
            inspection,
            jobs=jobs,
            backend=backend,
            folder=folder,
            deadline=fits_end(time_budget, began),
            primary=primary,
            watch=watch,
        )


def compare_and_decide(
    inspection: Inspection,
    *,
    jobs: int | None = None,
    backend: str = "loky",
    folder: str | Path | None = None,
    deadline: float | None = None,
    primary: str | None = None,
    watch: Watch | None = None,
    command: str = "",
    data: str = "",
) -> Choice:
    """The second stage: compare what the inspection planned, and decide.

    Candidates and repeats of the folds that would not end before the ``deadline`` (of ``time.monotonic``) are left out.
    There are as many ``jobs`` as were planned for, if nothing else is said.
    """
    problem = inspection.problem
    require_yardstick(inspection, primary)
    results: TrainingResults = compare_candidates(
        problem,
        inspection.workload.recipes,
        inspection.plan.folds,
        store=Store(None if folder is None else Path(folder), problem),
        jobs=inspection.workload.jobs if jobs is None else jobs,
        backend=backend,
        deadline=deadline,
        planned=inspection.workload.seconds_of_fits,
        watch=watch,
    )
    decision = decide(results.study, inspection.diagnosis.findings, primary=primary)
    names = {recipe.label: recipe.name for recipe in inspection.workload.recipes}
    notes = [*inspection.notes, *(f"{names[label]}: {remark}" for label, remark in results.remarks.items())]
    notes += _out_of_time(results, names)
    return Choice(decision, inspection, tuple(notes), command, data)


def _out_of_time(results: TrainingResults, names: Mapping[str, str]) -> list[str]:
    notes = []
    names_left = [names[label] for label in results.left_out]
    if results.left_out:
        notes.append(f"fits took longer than expected; left out, to stay in the time budget: {'; '.join(names_left)}")
    if results.repeats_left_out:
        notes.append(f"the time budget ran out: {results.repeats_left_out} repeats of the folds were left out")
    if results.late >= 1.0:
        notes.append(
            f"fits ended {results.late:.0f} s later than the time budget has it: a fit that has begun is not cut off, "
            "and two candidates are compared whatever it takes"
        )
    return notes


def require_yardstick(inspection: Inspection, name: str | None) -> None:
    """Refuse what the question has no yardstick of, before hours are spent on fits."""
    problem = inspection.problem
    empty = Study(problem.want, problem.y, problem.weight, (), (), {}, np.empty(0), problem.classes)
    available = [yardstick.name for yardstick in panel(empty)]
    if name is not None and name not in available:
        raise ValueError(
            f"no yardstick of this question is called {name!r}; there are {', '.join(map(repr, available))}"
        )
