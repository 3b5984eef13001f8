"""What the target is, and what may be asked of it: numbers and where they lie, or classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossary.choosing.comparison.study import FUNCTIONALS, Want
from lossary.choosing.table.features import category_numbers
from lossary.choosing.table.order import FEWEST, MOST, ordered_names

FEWEST_ROWS = 20
MOST_CLASSES = 100
PILE = 0.05
"""The share of whole targets on the largest value from which that may be as far as they can go."""

NEAR_ENDS = (5.0, 90.0)
"""Numbers from 0 to 100 that go below the one and above the other may be percent."""

PERCENT = re.compile(r"%|(?<![a-z])(percent|percentage|pct|perc)(?![a-z])")
OF_CLASSES = ("probability", "label")


@dataclass(frozen=True)
class Task:
    """A target that is complete. ``y`` holds numbers, or class indices with ``classes`` their names.

    ``support`` is "real", "nonnegative", "positive", "unit" (shares, or zeros and ones), "percent", "two values" or
    "classes"; ``counts`` says that all are whole, not negative and of more than two values. ``bounds`` are the ends of
    the scale, where they are known or likely; those of "unit", "percent" and "two values" are known. ``ordered`` is how
    many levels a target of few whole ones has, or how many classes if they are in order; else 0.
    """

    name: str
    y: np.ndarray
    support: str
    classes: tuple[str, ...] = ()
    counts: bool = False
    ordered: int = 0
    bounds: tuple[float, float] | None = None

    @property
    def is_bounded(self) -> bool:
        """Whether the target is known to lie between its bounds."""
        return self.support in ("unit", "percent", "two values")

    @property
    def is_number(self) -> bool:
        return not self.classes

    def described(self) -> str:
        """The target in a few words."""
        if self.classes:
            shown = ", ".join(self.classes[:6]) + (", ..." if len(self.classes) > 6 else "")
            return f"{len(self.classes)} classes{' in order' if self.ordered else ''}: {shown}"
        kind = "whole numbers" if self.counts else "numbers"
        ranges = {
            "real": "of any sign",
            "nonnegative": "of zero and more",
            "positive": "above zero",
            "unit": "between 0 and 1",
            "percent": "in percent",
            "two values": "of two values",
        }
        return f"{kind} {ranges[self.support]}, from {self.y.min():g} to {self.y.max():g}"


def task_of(
    name: str,
    values: np.ndarray,
    as_classes: bool | None = None,
    places: np.ndarray | None = None,
    declared: Sequence[str] = (),
) -> Task:
    """The task of a target without missing values.

    Text is classes, and so are numbers of two values, or of any few where ``as_classes`` asks for it; False asks for
    numbers. Classes keep the order that is ``declared`` or that their names show, else that of the alphabet. Raises
    ValueError for targets that cannot be learned: too few rows, one value, text that names rows, a class of one row,
    infinite numbers. ``places`` are the rows' in their table, from 0, if these are not all of it.
    """
    if values.size < FEWEST_ROWS:
        raise ValueError(
            f"{values.size} rows with a target are too few to tell one loss from another by; it takes at least "
            f"{FEWEST_ROWS}, and some hundred to tell much"
        )
    if values.dtype.kind == "M":
        raise ValueError(f"the target {name!r} holds dates; take the days since a date, or another column")
    if values.dtype == object:
        return _of_text(name, values, declared)
    not_finite = ~np.isfinite(values)
    if not_finite.any():
        row = int(np.argmax(not_finite))
        place = row if places is None else int(places[row])
        raise ValueError(f"the target {name!r} is {values[row]:g} in row {place + 1}; leave such rows out")
    distinct = np.unique(values)
    if distinct.size == 1:
        _refuse_constant(name, f"{distinct[0]:g}")
    if as_classes or (as_classes is None and distinct.size == 2):
        if distinct.size > MOST_CLASSES:
            raise ValueError(
                f"the target {name!r} has {distinct.size:,} different numbers, which are no classes; "
                "ask for the mean, the median or a quantile of it"
            )
        names = tuple(f"{v:g}" for v in distinct)
        levels = _whole_levels(distinct)
        return replace(_of_classes(name, np.searchsorted(distinct, values).astype(float), names), ordered=levels)
    return _of_numbers(name, values, distinct)


def with_positive(task: Task, positive: object) -> tuple[Task, bool]:
    """The task with this class as the second of two, and whether they changed places.

    Raises ValueError if there is no such class, or not just two.
    """
    if len(task.classes) != 2:
        raise ValueError(f"a positive class is one of two, but the target {task.name!r} has {task.described()}")
    name = f"{positive:g}" if isinstance(positive, (int, float, np.number)) else str(positive)
    if name not in task.classes:
        raise ValueError(
            f"the target {task.name!r} has no class {name!r} to be the positive one: its classes are "
            f"{task.classes[0]!r} and {task.classes[1]!r}"
        )
    if name == task.classes[1]:
        return task, False
    return replace(task, y=1.0 - task.y, classes=task.classes[::-1]), True


def _refuse_constant(name: str, value: str) -> None:
    raise ValueError(f"the target {name!r} is {value} in every row: there is nothing to predict (LY008)")


def _of_text(name: str, values: np.ndarray, declared: Sequence[str]) -> Task:
    numbers, names = category_numbers(values)
    in_order = ordered_names(names, declared)
    if not in_order:
        return _of_classes(name, numbers, names)
    place = np.array([in_order.index(each) for each in names], dtype=np.float64)
    task = _of_classes(name, place[numbers.astype(np.int64)], in_order)
    return replace(task, ordered=len(in_order))


def _of_classes(name: str, numbers: np.ndarray, names: tuple[str, ...]) -> Task:
    if len(names) == 1:
        _refuse_constant(name, repr(names[0]))
    if len(names) > MOST_CLASSES or len(names) > 0.5 * numbers.size:
        raise ValueError(
            f"the target {name!r} has {len(names):,} different values in {numbers.size:,} rows: that names rows more "
            f"than it classes them. Take another target, or join its values into at most {MOST_CLASSES} classes"
        )
    sizes = np.bincount(numbers.astype(np.int64), minlength=len(names))
    if sizes.min() < 2:
        single_row_classes = [name for name, size in zip(names, sizes, strict=True) if size < 2]
        more = f" (and {len(single_row_classes) - 1} more such)" if len(single_row_classes) > 1 else ""
        raise ValueError(
            f"class {single_row_classes[0]!r} of the target {name!r} has one row{more}: none is left to test on. "
            "Join rare classes, or leave their rows out"
        )
    return Task(name, numbers, "classes", names)


def _of_numbers(name: str, values: np.ndarray, distinct: np.ndarray) -> Task:
    low, high = float(distinct[0]), float(distinct[-1])
    is_whole = bool(np.all(distinct == np.round(distinct)))
    levels = _whole_levels(distinct)
    if distinct.size == 2:
        is_label = (low, high) == (0.0, 1.0)
        return Task(name, values, "unit" if is_label else "two values", bounds=(low, high))
    if low >= 0.0 and high <= 1.0:
        return Task(name, values, "unit", bounds=(0.0, 1.0))
    if low >= 0.0 and high <= 100.0 and PERCENT.search(name.casefold().replace("_", " ")):
        return Task(name, values, "percent", ordered=levels, bounds=(0.0, 100.0))
    support = "positive" if low > 0.0 else "nonnegative" if low == 0.0 else "real"
    bounds = _likely_bounds(values, low, high, is_whole)
    return Task(name, values, support, counts=is_whole and low >= 0.0, ordered=levels, bounds=bounds)


def _whole_levels(distinct: np.ndarray) -> int:
    """How many levels there are, if they are few and whole; else 0."""
    is_whole = bool(np.all(distinct == np.round(distinct)))
    return int(distinct.size) if is_whole and FEWEST <= distinct.size <= MOST else 0


def _likely_bounds(values: np.ndarray, low: float, high: float, is_whole: bool) -> tuple[float, float] | None:
    """The ends of the scale that numbers seem to lie on: those of percent, or of points and ratings with a most."""
    if 0.0 <= low <= NEAR_ENDS[0] and NEAR_ENDS[1] <= high <= 100.0:
        return 0.0, 100.0
    if is_whole and low in (0.0, 1.0) and float(np.mean(values == high)) >= PILE:
        return low, high
    return None


# What is wanted.


def parse_question(text: str | None, cost_under: float | None = None, cost_over: float | None = None) -> Want | None:
    """The question in a user's words: "mean", "median", "quantile:0.9", "interval:0.8", "probability", "label".

    None where nothing was said; costs alone ask for the quantile, or the label, of least cost. Raises ValueError for
    what is no question, and for costs that contradict it.
    """
    costs = _costs(cost_under, cost_over)
    under, over = costs or (1.0, 1.0)
    if text is None:
        return None if costs is None else Want("quantile", None, under, over)
    if not isinstance(text, str):
        raise TypeError(f"what is wanted is said in words, such as 'mean' or 'quantile:0.9', not {text!r}")
    name, level = _parse(text)
    if costs is not None and name not in ("label", "quantile"):
        level_of_costs = under / (under + over)
        raise ValueError(
            f"costs of {under:g} and {over:g} ask for the {level_of_costs:.3g} quantile (or for labels), "
            f"not for {text!r}: leave out the one or the other"
        )
    if costs is not None and level is not None:
        raise ValueError(
            f"{text!r} states a level and the costs amount to {under / (under + over):.3g}: give one of them"
        )
    if name == "quantile" and level is None and costs is None:
        raise ValueError("which quantile? Write quantile:0.9, or give --cost-under and --cost-over")
    return Want(name, level, under, over)


def _costs(under: float | None, over: float | None) -> tuple[float, float] | None:
    if under is None and over is None:
        return None
    costs = (1.0 if under is None else float(under), 1.0 if over is None else float(over))
    if not all(np.isfinite(c) and c > 0.0 for c in costs):
        raise ValueError(f"costs must be positive numbers, not {costs[0]:g} and {costs[1]:g}")
    return costs


def _parse(text: str) -> tuple[str, float | None]:
    words = {"prob": "probability", "q": "quantile", "average": "mean", "class": "label"}
    match = re.fullmatch(r"([a-z]+?):?(\d*\.?\d+)?", text.strip().lower())
    name = words.get(match[1], match[1]) if match else ""
    if match is None or name not in FUNCTIONALS:
        raise ValueError(
            f"nothing called {text!r} can be wanted; there are mean, median, quantile:0.9, interval:0.8, "
            "probability and label"
        )
    level = None if match[2] is None else float(match[2])
    if level is not None and name not in ("quantile", "interval"):
        raise ValueError(f"{name} takes no level; write {name} alone")
    if level is not None and not 0.0 < level < 1.0:
        raise ValueError(f"the level of {text!r} must lie between 0 and 1")
    return name, 0.8 if name == "interval" and level is None else level


def question_for(want: Want | None, task: Task) -> Want:
    """The question that a target admits, by default the mean of numbers and the probabilities of classes.

    Raises ValueError for a question that the target has no answer to.
    """
    if want is None:
        return Want("mean" if task.is_number else "probability", stated=False)
    if task.is_number:
        return want
    if want.functional == "quantile" and want.level is None:
        if len(task.classes) > 2:
            raise ValueError("costs of two kinds of error are for two classes; this target has more")
        return Want("label", None, want.cost_under, want.cost_over)
    if want.functional not in OF_CLASSES:
        raise ValueError(
            f"the target {task.name!r} has {task.described()}; ask for their probability or label, not for "
            f"the {want.functional}"
        )
    if want.cost_under != want.cost_over and len(task.classes) > 2:
        raise ValueError("costs of two kinds of error are for two classes; this target has more")
    return want


def possible_questions(task: Task) -> list[tuple[str, str]]:
    """What may be wanted of a target, and what that would be, in its own units: for a question to a person."""
    if not task.is_number:
        shares = np.bincount(task.y.astype(np.int64), minlength=len(task.classes)) / task.y.size
        top = int(np.argmax(shares))
        return [
            ("probability", f"how likely each class is ({task.classes[top]} overall: {shares[top]:.0%})"),
            ("label", f"which class it is (most often {task.classes[top]})"),
        ]
    mean, (median, low, high) = float(task.y.mean()), np.quantile(task.y, (0.5, 0.1, 0.9)).tolist()
    return [
        ("mean", f"the average, so that totals come out right (overall {mean:.4g})"),
        ("median", f"a typical value, as often too low as too high (overall {median:.4g})"),
        ("quantile:0.9", f"a level that nine in ten stay below (overall {high:.4g})"),
        ("interval:0.8", f"a range that holds eight in ten (overall {low:.4g} to {high:.4g})"),
    ]
