"""What the target, the features and the residuals of a pilot fit show: findings, and the numbers that set losses by.

Nothing found here leaves a candidate out. It orders them, explains them, and sets their parameters.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from lossary.choosing.comparison.folds import count_copies
from lossary.choosing.diagnosis import labels, leverage, shape
from lossary.choosing.diagnosis.leaks import leaks
from lossary.choosing.diagnosis.pilot import Pilot, pilot
from lossary.choosing.diagnosis.shape import Power, StudentT
from lossary.choosing.findings.finding import Finding, new_finding
from lossary.choosing.table.features import Features
from lossary.choosing.table.task import Task
from lossary.choosing.training.problem import Problem

FEW_ROWS = 100
ROWS_A_FEATURE = 10
MOST_TEXTS = 3
"""Columns of text that may be groups, and are tried at the price of a pilot fit each."""

FEWEST_FOR_TAILS = 200
WIDEST = 1.0
"""The standard error of a variance's power beyond which it says nothing."""


@dataclass(frozen=True)
class Settings:
    """What the data says that losses' parameters should be, in the units of the target.

    ``spread`` is of the residuals, ``log_spread`` of those of log1p; ``power`` that of the variance in the mean.
    """

    spread: float = 1.0
    log_spread: float = 1.0
    power: Power | None = None
    dispersion: float = 1.0
    student: StudentT | None = None


@dataclass(frozen=True)
class Diagnosis:
    """Findings, leaks first and then in order of code, and the settings."""

    findings: tuple[Finding, ...]
    settings: Settings
    notes: tuple[str, ...] = field(default=())

    def names(self) -> set[str]:
        """The kinds of findings that were made."""
        return {finding.kind.name for finding in self.findings}

    def suggested(self) -> set[str]:
        """The losses that some finding speaks for."""
        return {loss for finding in self.findings for loss in finding.kind.suggests}


def diagnose(
    problem: Problem, task: Task, fitted: Pilot, missing_targets: int = 0, named_groups: bool = False
) -> Diagnosis:
    """All findings about data and residuals. ``missing_targets`` rows were left out; ``named_groups`` are known."""
    settings = _settings(task, fitted)
    findings = [
        *_of_target(task, fitted),
        *_of_rows(problem, task, fitted, missing_targets, named_groups),
        *leaks(problem, task),
        *(_of_residuals(problem, task, fitted, settings) if task.is_number else labels.findings(problem, task, fitted)),
    ]
    # A leak makes all else that is said here worthless.
    in_order = sorted(findings, key=lambda finding: (finding.kind.name != "leak", finding.code, finding.about))
    return Diagnosis(tuple(in_order), settings)


def _settings(task: Task, fitted: Pilot) -> Settings:
    if not task.is_number:
        return Settings()
    y, positive = fitted.y, bool(task.y.min() >= 0.0)
    return Settings(
        fitted.spread,
        shape.log_spread(y, fitted.median) if positive else 1.0,
        shape.park(y, fitted.mean) if positive else None,
        shape.dispersion(y, fitted.mean) if task.counts else 1.0,
        shape.student_t(fitted.residuals, fitted.spread),
    )


# The target.


def _of_target(task: Task, fitted: Pilot) -> Iterator[Finding]:
    yield from target_findings(task)
    gap = shape.mean_gap(fitted.y, fitted.median) if task.is_number else 0.0
    if abs(gap) > 0.1 * fitted.spread:
        text = (
            f"For rows with the same features the mean lies {abs(gap):.3g} {'above' if gap > 0 else 'below'} the "
            f"median on average, which is {abs(gap) / fitted.spread:.0%} of the typical error of {fitted.spread:.3g}."
        )
        yield new_finding("mean_is_not_median", text, abs(gap) / fitted.spread, 0.1)


def target_findings(task: Task) -> Iterator[Finding]:
    """What the target alone shows, without features and a fit."""
    if task.ordered:
        what = "levels" if task.is_number else "classes in order"
        whole = "whole " if task.is_number else ""
        yield new_finding("ordered_levels", f"The target has {task.ordered} {whole}{what}.", task.ordered, 10)
    if not task.is_number:
        return
    y = task.y
    if task.support in ("nonnegative", "positive"):
        yield new_finding("nonnegative_target", f"The smallest target is {y.min():g}.", float(y.min()), 0.0)
    if task.counts:
        yield new_finding("counts", f"All {y.size:,} targets are whole numbers from {y.min():g} to {y.max():g}.")
    if task.is_bounded and task.bounds is not None:
        low, high = task.bounds
        ends = float(np.mean((y == low) | (y == high)))
        text = f"All targets lie between {low:g} and {high:g}, and {ends:.1%} on the two ends."
        yield new_finding("shares", text, ends)
    zeros = float(np.mean(y == 0.0))
    if zeros > 0.1 and task.support in ("nonnegative", "unit", "percent") and not _has_two_values(y):
        yield new_finding("many_zeros", f"{zeros:.1%} of the targets are exactly zero.", zeros, 0.1)


def _has_two_values(y: np.ndarray) -> bool:
    return bool(np.all((y == y.min()) | (y == y.max())))


# The rows.


def _of_rows(
    problem: Problem, task: Task, fitted: Pilot, missing_targets: int, named_groups: bool
) -> Iterator[Finding]:
    rows, columns = problem.y.size, problem.features.matrix.shape[1]
    if rows < max(FEW_ROWS, ROWS_A_FEATURE * columns):
        text = f"There are {rows:,} rows for {columns} feature{'s' * (columns != 1)}."
        yield new_finding("few_rows", text, rows, max(FEW_ROWS, ROWS_A_FEATURE * columns))
    blanks = np.isnan(problem.features.matrix) | (problem.features.matrix == -1.0) & _categories(problem)
    if missing_targets or blanks.any():
        incomplete = [name for name, hit in zip(problem.features.names, blanks.any(axis=0), strict=True) if hit]
        targets = "every row has a target"
        if missing_targets:
            targets = f"{missing_targets:,} rows had no target and were left out"
        text = f"{targets[0].upper()}{targets[1:]}; values are missing in {', '.join(incomplete[:8]) or 'no feature'}."
        yield new_finding("missing_values", text, float(blanks.mean()), 0.0)
    copies = 0 if problem.groups is None or named_groups else count_copies(problem.groups)
    if copies:
        text = f"{copies:,} of {rows:,} rows are copies of others; copies were kept in one fold."
        yield new_finding("duplicates_across_folds", text, copies, 0)
    if problem.ordered or not named_groups:  # rows of one group are alike, and neighbours often of one group
        yield from _of_order(problem, fitted)
    if not named_groups:
        yield from _of_groups(problem, task, fitted)


def _categories(problem: Problem) -> np.ndarray:
    return np.array([kind == "category" for kind in problem.features.kinds])


def _errors(problem: Problem, fitted: Pilot) -> np.ndarray:
    """Residuals of numbers; for classes the label minus its probability, all classes but the first taken as one."""
    if not problem.classes:
        return np.asarray(fitted.y - fitted.mean)
    return np.asarray((fitted.y > 0.0) - (1.0 - fitted.probabilities[:, 0]))


def _of_order(problem: Problem, fitted: Pilot) -> Iterator[Finding]:
    if problem.ordered:
        yield new_finding("time_order", "Rows were taken in order of time; each fold is tested on what came after.")
        return
    is_whole_table = fitted.rows.size == problem.y.size  # of drawn rows, neighbours are none
    # Where rows were sorted by the target, neighbours are alike for that.
    tells = is_whole_table and not shape.is_sorted(fitted.y)
    correlation = shape.lag_correlation(_errors(problem, fitted)) if tells else 0.0
    dates = problem.features.dates
    if abs(correlation) > 0.2 or dates:
        column = f"There is a column of times ({dates[0]}). " if dates else ""
        text = (
            f"{column}Errors in neighbouring rows have a correlation of {correlation:.2f}. Folds are shuffled all the "
            "same, so scores hold for filling gaps between known rows, not for forecasting: for that, name the column "
            "of times with --time."
        )
        yield new_finding("time_order", text, correlation, 0.2, about=dates[0] if dates else "")


def _is_measured(name: str, features: Features, errors: np.ndarray, code: np.ndarray) -> bool:
    """Whether numbers next to each other have like errors: then they measure something, where groups are only names."""
    kind = features.kinds[features.names.index(name)] if name in features.names else "category"
    if kind == "category":
        return False
    number = np.unique(code, return_inverse=True)[1]
    means = np.bincount(number, errors) / np.bincount(number)
    return shape.lag_correlation(means) > 2.0 / np.sqrt(means.size)


def _of_groups(problem: Problem, task: Task, fitted: Pilot) -> Iterator[Finding]:
    errors, rows = _errors(problem, fitted), np.arange(fitted.rows.size)
    if problem.groups is not None:  # copies resemble each other, which says nothing of groups
        rows = np.unique(problem.groups[fitted.rows], return_index=True)[1]
    features = problem.features
    texts = [features.names[j] for j in features.of_kind("category") if len(features.names) > 1]
    texts = [name for name in texts if name in features.codes][:MOST_TEXTS]
    for name, code in features.codes.items():
        unexplained, fit = errors, "the pilot fit"
        if name in texts:  # a fit that has the groups among its features has learned what their rows share
            without = pilot(replace(problem, features=features.without(name)), task)
            unexplained, fit = _errors(problem, without), "a fit without it"
        share = shape.shared_variance(unexplained[rows], code[fitted.rows][rows])
        if share > 0.1 and not _is_measured(name, features, unexplained[rows], code[fitted.rows][rows]):
            text = (
                f"The column {name} explains {share:.0%} of the variance that {fit} leaves. If rows to come will have "
                f"values of it that are not in this table, score that with --group {shlex.quote(name)}."
            )
            yield new_finding("groups", text, share, 0.1, about=name)


# The residuals.


def _of_residuals(problem: Problem, task: Task, fitted: Pilot, settings: Settings) -> Iterator[Finding]:
    residuals, y = fitted.residuals, fitted.y
    far, index = shape.beyond(residuals, fitted.spread, 5.0), shape.tail_index(residuals)
    if far > 0.01 or (index < 3.0 and residuals.size >= FEWEST_FOR_TAILS):
        df = settings.student.df if settings.student else float("nan")
        nearer = shape.beyond(residuals, fitted.spread, 3.5)
        text = (
            f"{far:.1%} of residuals are over 5 times their robust standard deviation (hardly any would be if they "
            f"were normal), {nearer:.1%} over 3.5 times; the tail index is {index:.2g}, and a Student t distribution "
            f"fits best with {df:g} degrees of freedom."
        )
        yield new_finding("heavy_tails", text, far, 0.01, details={"tail_index": index, "df": df})
    if far > 0.05:
        text = f"{far:.1%} of residuals are over 5 times their robust standard deviation."
        yield new_finding("contamination", text, far, 0.05)
    skewness = shape.medcouple(residuals, problem.seed)
    if abs(skewness) > 0.2:
        side = "above" if skewness > 0.0 else "below"
        text = f"Residuals reach further {side} their median than to the other side (medcouple {skewness:.2f})."
        yield new_finding("asymmetry", text, skewness, 0.2)
    yield from _of_spread(problem, fitted)
    power = settings.power
    if power is not None and power.error < WIDEST and abs(power.power) > 1.96 * power.error:
        text = f"Variance grows as the mean to the power {power.power:.2f}, give or take {1.96 * power.error:.2f}."
        yield new_finding("mean_variance_power", text, power.power, 0.0, details={"error": power.error})
    if task.counts:
        ratio = shape.overdispersion(y, fitted.mean)
        if ratio > 1.5:
            text = f"The variance is {ratio:.3g} times that of Poisson counts (Pearson's statistic per row)."
            yield new_finding("overdispersion", text, ratio, 1.5)
    if task.support == "positive" and not task.counts:
        # Of medians: where logs have long tails a few rows spoil the fit of the mean.
        kurtosis = shape.log_kurtosis(y, fitted.median)
        if kurtosis > 3.0:
            text = f"The excess kurtosis of residuals on the log scale is {kurtosis:.2g}."
            yield new_finding("heavy_log_tails", text, kurtosis, 3.0)
    yield from _of_leverage(problem, task)


def _of_spread(problem: Problem, fitted: Pilot) -> Iterator[Finding]:
    numbers = problem.features.of_kind("number", "levels")
    columns = problem.features.matrix[fitted.rows][:, numbers]
    medians = np.where(
        np.isnan(columns).all(axis=0), 0.0, np.nanmedian(np.where(np.isnan(columns), 0.0, columns), axis=0)
    )
    columns = np.where(np.isnan(columns), medians, columns)
    spread = columns.std(axis=0)
    columns = (columns - columns.mean(axis=0))[:, spread > 0.0] / spread[spread > 0.0]
    level = fitted.mean - fitted.mean.mean()
    scale = level.std()
    explaining = np.column_stack([level / scale, columns]) if scale > 0.0 else columns
    if explaining.shape[1] == 0 or explaining.shape[1] > fitted.y.size // 10:
        return
    test = shape.breusch_pagan((fitted.y - fitted.mean) ** 2, explaining)
    if test.p < 0.01 and test.ratio > 3.0:
        text = (
            f"The variance of the noisiest fifth of rows is {test.ratio:.3g} times that of the calmest "
            f"(Koenker's Breusch-Pagan test, p = {test.p:.1g})."
        )
        yield new_finding("heteroscedasticity", text, test.ratio, 3.0, details={"p": test.p})


def _of_leverage(problem: Problem, task: Task) -> Iterator[Finding]:
    numbers = problem.features.of_kind("number")
    columns = problem.features.matrix[:, numbers]
    complete = ~np.isnan(columns).any(axis=1)
    if not numbers or complete.mean() < 0.9:
        return
    bad = leverage.leverage(columns[complete], task.y[complete], problem.seed)
    if bad is None or not bad.matters:
        return
    rows = problem.features.row_numbers[complete][bad.rows]
    shown = ", ".join(str(row) for row in rows[:8]) + (", ..." if rows.size > 8 else "")
    which, lie, they = ("row (number", "lies", "it") if rows.size == 1 else ("rows (numbers", "lie", "them")
    text = (
        f"{rows.size} {which} {shown}) {lie} far from all others in the features, and far from the line through the "
        f"others: with {they} the mean absolute error of the other rows is {bad.dragged:.2f} times as large "
        f"(p = {bad.p:.1g})."
    )
    yield new_finding(
        "leverage", text, bad.dragged, leverage.DRAGGED, blocking=True, details={"rows": [int(r) for r in rows]}
    )
