"""The accuracy rule for rows: that of ``proof.accuracy``, whose inputs are all scores, stated weights and parameters.

``|got - exact| <= 4 ulp(exact) + 2 * sum |change of exact when an input moves one ulp|``

The sum runs over every score, every target weight that is stated (a class index states none) and every parameter. It
is taken input by input, those first that are likeliest to matter, and only until it suffices. A long row's inputs
move together instead, each way as good as any: what they change in sum is no more than the sum of what each changes.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import mpmath
import numpy as np
from mpmath import mp

from lossary.backends.numpy_rows import Rows
from lossary.backends.reference import DIGITS
from lossary.proof.accuracy import ULPS, plain_error, spacing
from lossary.proof.rows.cases import Case
from lossary.proof.rows.edge_cases import sweep
from lossary.proof.rows.evaluators import Evaluate
from lossary.proof.rows.exact_loss import ExactRowLoss, Number
from lossary.rowwise import ROW_QUANTITIES, RowLoss

MOST = 60
"""How many inputs of a row are tried one by one."""

VANISHING = 340
"""Digits between one and the smallest double."""

Input = tuple[str, str, int]
"""What moves: scores ("f"), weights ("t") or parameters ("p"); how, a key of ``_signs``; and a place."""

TOGETHER = {"f": ("alike", "against", "uphill"), "t": ("alike", "against")}
"""How the inputs of a long row move together."""

Answer = tuple[str, int]
"""A quantity and the score it is taken by; the value has score 0."""


@dataclass(frozen=True)
class Worst:
    """The worst error of a quantity: in ulps of what the rule allows (4 is the limit), and where."""

    ulps: float
    said: str
    got: float
    exact: float

    def __str__(self) -> str:
        return f"{self.ulps:.3g} of 4 ulp at {self.said}: got {self.got!r}, exact {self.exact!r}"


class Judge:
    """The referee's answers for one row, and how far each moves with each input."""

    def __init__(self, loss: RowLoss, case: Case, dtype: type) -> None:
        self._loss, self._case, self._dtype = loss, case, dtype
        self._changes: dict[Input, dict[Answer, Number]] = {}

    @cached_property
    def scores(self) -> list[int]:
        """The scores whose derivatives are judged: all of a short row.

        In a longer one the ends, the top and the bottom, those of the largest weights and one that is masked out.
        """
        f, t = np.array(self._case.f), np.array(self._case.weights(self._loss)[: len(self._case.f)])
        if f.size <= 4:
            return list(range(f.size))
        alive = np.where(f == -math.inf, math.inf, f)
        judged = {0, f.size - 1, int(f.argmax()), int(alive.argmin()), *np.argsort(-t, kind="stable")[:2].tolist()}
        judged |= set(np.flatnonzero(f == -math.inf)[:1].tolist())
        return sorted(judged)

    @cached_property
    def answers(self) -> dict[Answer, Number]:
        """The exact value, and the exact derivatives by the chosen scores."""
        return self._answered(self._case)

    @cached_property
    def _digits(self) -> int:
        """More where an exponential vanishes beside one, which 60 digits would not show either."""
        case = self._case
        column = [x for x in (*case.f, *(() if isinstance(case.y, int) else case.y)) if math.isfinite(x)]
        far = max(column) - min(column) > 100.0 or any(0.0 < abs(x) < 1e-50 or abs(x) > 100.0 for x in column)
        return DIGITS + VANISHING if far else DIGITS

    def _answered(self, case: Case) -> dict[Answer, Number]:
        with mp.workdps(self._digits):
            row = ExactRowLoss(self._loss, case.parameters).exact(case.weights(self._loss), case.f)
            answers = {("value", 0): row.value}
            for quantity in ROW_QUANTITIES[1:]:
                answers |= {(quantity, j): row.at(quantity, j) for j in self.scores}
        return answers

    def allowance(self, answer: Answer, needed: Number) -> Number:
        """Twice the sum of the changes, taken until it is as large as ``needed``."""
        total = mp.zero
        for tried, moved in enumerate(self._inputs(answer[1])):
            if total >= needed or tried >= MOST:
                break
            total += 2 * self._change(moved, answer)
        if total >= needed or len(self._case.f) <= MOST:
            return total
        return max(total, 2 * self._change_together(answer))

    def _change_together(self, answer: Answer) -> Number:
        """How far an answer moves with all scores, with all stated weights and with each parameter."""
        columns = ["f"] if isinstance(self._case.y, int) else ["f", "t"]
        total = sum((self._change(("p", "one", i), answer) for i in range(len(self._case.parameters))), mp.zero)
        for which in columns:
            total += max(self._change((which, how, answer[1]), answer) for how in TOGETHER[which])
        return total

    def _change(self, moved: Input, answer: Answer) -> Number:
        if moved not in self._changes:
            self._changes[moved] = self._changed(moved)
        return self._changes[moved][answer]

    def _inputs(self, j: int) -> Iterator[Input]:
        """All inputs that have an ulp, the likeliest to matter for score ``j`` first."""
        case, f = self._case, np.array(self._case.f)
        t = np.array(case.weights(self._loss))
        weighted = np.argsort(-np.abs(t), kind="stable")[: np.count_nonzero(t)].tolist()
        likeliest = [j, int(f.argmax()), *weighted[:8], j - 1, j + 1]
        places = [i for i in dict.fromkeys([*likeliest, *range(f.size)]) if 0 <= i < f.size and math.isfinite(f[i])]
        stated = [] if isinstance(case.y, int) else [j, *weighted, *range(t.size)]
        marked = [("f", i) for i in places[:3]]
        marked += [("t", c) for c in dict.fromkeys(stated) if math.isfinite(t[c])][:3]
        marked += [("p", i) for i in range(len(case.parameters))]
        marked += [("f", i) for i in places]
        marked += [("t", c) for c in stated if math.isfinite(t[c])]
        for which, i in dict.fromkeys(marked):
            yield which, "one", i

    def _changed(self, moved: Input) -> dict[Answer, Number]:
        """How far each answer moves with one input: the larger of both ways, of those that lead to a number."""
        changes = dict.fromkeys(self.answers, mp.zero)
        for towards in (math.inf, -math.inf):
            answers_moved = self._answered(self._moved(moved, towards))
            with mp.workdps(self._digits):
                for answer, centre in self.answers.items():
                    change = abs(answers_moved[answer] - centre)
                    if mpmath.isfinite(change):
                        changes[answer] = max(changes[answer], change)
        return changes

    def _moved(self, moved: Input, towards: float) -> Case:
        which = moved[0]
        column: np.ndarray = np.array(self._column(which), self._dtype)
        signs = self._signs(moved)
        up = np.nextafter(column, self._dtype(towards))
        down = np.nextafter(column, self._dtype(-towards))
        numbers = tuple(np.where(signs > 0.0, up, np.where(signs < 0.0, down, column)).astype(np.float64).tolist())
        if which == "f":
            return replace(self._case, f=numbers)
        return replace(self._case, y=numbers) if which == "t" else replace(self._case, parameters=numbers)

    def _column(self, which: str) -> tuple[float, ...]:
        return {"f": self._case.f, "t": self._case.weights(self._loss), "p": self._case.parameters}[which]

    def _signs(self, moved: Input) -> np.ndarray:
        """Which way each number of a column moves: 1, -1 or 0. Zeros and infinities stay when others move too."""
        which, how, j = moved
        column = np.array(self._column(which))
        alone = np.arange(column.size) == j
        if how == "one":
            return alone.astype(float)
        signs = np.ones(column.size)
        if how == "against":
            signs = np.where(alone, 1.0, -1.0)
        elif how == "uphill":
            signs = np.sign(self._gradient)
        return np.where((column == 0.0) | ~np.isfinite(column), 0.0, signs)

    @cached_property
    def _gradient(self) -> np.ndarray:
        t, f = np.array([self._case.weights(self._loss)]), np.array([self._case.f])
        gradient: np.ndarray = Rows(self._loss, t, f, self._case.given(self._loss)).over_scores("grad")[0]
        return gradient

    def error(self, answer: Answer, got: float, enough: float = ULPS) -> float:
        """The error in ulps of the rule, at most 4 where it holds; below ``enough`` it may be an upper bound."""
        exact = self.answers[answer]
        if mpmath.isinf(self.answers["value", 0]) and not mpmath.isfinite(exact):
            return 0.0  # an infinite loss has no derivative to be held to
        plain = plain_error(exact, got, self._dtype)
        if plain <= enough or not (math.isfinite(got) and mpmath.isfinite(exact)):
            return plain
        with mp.workdps(self._digits):
            distance = abs(mpmath.mpf(got) - exact)
            base = ULPS * spacing(exact, self._dtype)
            return float(ULPS * distance / (base + self.allowance(answer, distance * (ULPS / enough) - base)))


@lru_cache(maxsize=3000)
def judge(loss: RowLoss, case: Case, dtype: type) -> Judge:
    """Kept, as every back end is compared with it."""
    return Judge(loss, case, dtype)


def worst(
    loss: RowLoss,
    quantity: str,
    dtype: type,
    evaluate: Evaluate,
    cases: Iterable[Case] | None = None,
    enough: float = ULPS,
) -> Worst:
    """The worst error of a back end over edge cases; ``enough`` as in ``Judge.error``."""
    largest = Worst(-1.0, "", math.nan, math.nan)
    for case, got in computed(loss, quantity, dtype, evaluate, sweep(loss, dtype) if cases is None else cases):
        referee = judge(loss, case, dtype)
        for j in [0] if quantity == "value" else referee.scores:
            ulps = referee.error((quantity, j), float(got[j]), enough)
            if ulps > largest.ulps:
                place = "" if quantity == "value" else f"score {j} of "
                exact = float(referee.answers[quantity, j])
                largest = Worst(ulps, place + case.said(loss), float(got[j]), exact)
    return largest


def computed(
    loss: RowLoss, quantity: str, dtype: type, evaluate: Evaluate, cases: Iterable[Case]
) -> Iterator[tuple[Case, np.ndarray]]:
    """Each case with what a back end makes of it: rows of one shape go together, as a user would send them."""
    groups: dict[tuple, list[Case]] = defaultdict(list)
    for case in cases:
        groups[len(case.f), isinstance(case.y, int), case.parameters].append(case)
    for (_, index, parameters), members in groups.items():
        y: np.ndarray = np.array([case.y for case in members], np.int64 if index else dtype)
        f: np.ndarray = np.array([case.f for case in members], dtype)
        results = np.asarray(evaluate(loss, quantity, y, f, parameters, dtype))
        yield from zip(members, results[:, np.newaxis] if quantity == "value" else results, strict=True)
