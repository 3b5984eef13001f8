"""One call of a loss of a row of scores in some guise, and what is held against its answer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from tests.fuzz import tally
from tests.fuzz.dressing import dressed, place
from tests.fuzz.exact import Answer, cost_right, shown, ulp

import lossary
from lossary.discovery import row_records
from lossary.evaluate.rows import options as row_options
from lossary.evaluate.rows.hessian import full
from lossary.evaluate.rows.options import RowOptions
from lossary.evaluate.rows.pair import RowPair
from lossary.proof.accuracy import ULPS
from lossary.proof.rows.accuracy import judge
from lossary.proof.rows.cases import Case as Row
from lossary.rowwise import RowLoss

RECORDS = {record.name: record for record in row_records()}
PER_ROW = {"call": "value", "gradient": "grad", "hessian": "hess"}
WRITING = {"cost_and_gradient": ("grad",), "gradient_and_hessian": ("grad", "hess")}
COSTS = ("cost", "cost_and_gradient", "parts", "accumulator")
METHODS = (*PER_ROW, *COSTS, "gradient_and_hessian", "full_hessian", "hessian_product")

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class RowCase:
    """One call. Rows, weights and mask are repeated until there are ``size`` rows."""

    loss: str
    method: str
    y: tuple[int, ...] | tuple[Numbers, ...]
    f: tuple[Numbers, ...]
    w: Numbers | None = None
    mask: tuple[bool, ...] | None = None
    parameters: Numbers = ()
    options: tuple[tuple[str, Any], ...] = ()
    size: int = 1
    shape: tuple[int, ...] | None = None
    kinds: tuple[str, str, str] = ("i8", "f8", "f8")
    layouts: tuple[str, str, str] = ("plain", "plain", "plain")
    one_weight: bool = False
    reduction: str = "mean"
    denominator: str | float = "weights"
    empty: float | None = None
    out: str = "none"
    cuts: tuple[int, ...] = ()

    @property
    def record(self) -> RowLoss:
        return RECORDS[self.loss]

    @property
    def indexed(self) -> bool:
        return isinstance(self.y[0], int)

    def check(self) -> None:
        """Raise AssertionError unless the answer is right, or the error one that has a reason."""
        RowAttempt(self).check()


class RowAttempt:
    """A case with its arrays."""

    def __init__(self, case: RowCase) -> None:
        self.case = case
        leading = (case.size,) if case.shape is None else case.shape
        self.single = case.kinds[1].strip(">") == "f4" and (case.indexed or case.kinds[0].strip(">") == "f4")
        self.dtype = np.dtype(np.float32 if self.single else np.float64)
        self.leading = leading
        self.y = self._repeated(np.array(case.y, np.int64 if case.indexed else self.dtype))
        self.f = self._repeated(np.array(case.f, self.dtype if case.indexed else case.kinds[1].strip(">")))
        self.w = None if case.w is None else self._repeated(np.array(case.w, case.kinds[2].strip(">")))
        if self.w is not None and case.one_weight and self.w.size:
            self.w = np.full_like(self.w, self.w.reshape(-1)[0])
        self.mask = None if case.mask is None else self._repeated(np.array(case.mask, bool))
        self.given = dict(zip((p.name for p in case.record.parameters), case.parameters, strict=True))
        self.function: Any = lossary.get(case.loss)

    def _repeated(self, array: np.ndarray) -> np.ndarray:
        many = -(-self.case.size // array.shape[0])
        return np.concatenate([array] * max(many, 1))[: self.case.size].reshape(*self.leading, *array.shape[1:])

    # The call.

    def check(self) -> None:
        case, reason = self.case, self.reason()
        tally.call(case.loss, case.method, case.layouts, case.kinds)
        try:
            result = self._called()
        except (ValueError, TypeError) as error:
            if reason is None:
                raise AssertionError(f"refused without a reason: {type(error).__name__}: {error}") from error
            tally.refused()
            return
        assert reason is None, f"an answer, although {reason}: {result}"
        plain = self._invoke(*(None if a is None else a.copy() for a in (self.y, self.f, self._whole_weight())))
        for got, wanted in zip(result, plain, strict=True):
            assert np.shape(got) == np.shape(wanted)
            same = np.array_equal(np.asarray(got, np.float64), np.asarray(wanted, np.float64), equal_nan=True)
            assert same, f"{got!r} is not what plain arrays give: {wanted!r}"
        tally.compared(case.method)
        self._judge(result)

    def _whole_weight(self) -> np.ndarray | None:
        """Weight and mask in one."""
        if self.mask is None:
            return self.w
        return self.mask.astype(np.float32) if self.w is None else np.where(self.mask, self.w, self.w.dtype.type(0))

    def _called(self) -> list[Any]:
        case = self.case
        y, f = (dressed(a, k, la) for a, k, la in zip((self.y, self.f), case.kinds, case.layouts, strict=False))
        w = None if self.w is None else dressed(self.w, case.kinds[2], case.layouts[2])
        if w is not None and case.one_weight and w.size:
            w = np.broadcast_to(w.reshape(-1)[:1].reshape((1,) * w.ndim), w.shape)
        mask = None if self.mask is None else dressed(self.mask, "?", case.layouts[2])
        out, f = place(case.out, f, y, w, f.shape, f.dtype if case.indexed else self._result_dtype(y, f))
        return self._invoke(y, f, w, mask, out)

    @staticmethod
    def _result_dtype(y: np.ndarray, f: np.ndarray) -> np.dtype:
        return f.dtype if y.dtype == f.dtype else np.promote_types(y.dtype, f.dtype)

    def _invoke(
        self,
        y: np.ndarray,
        f: np.ndarray,
        w: np.ndarray | None,
        mask: np.ndarray | None = None,
        out: np.ndarray | None = None,
    ) -> list[Any]:
        case, method, function = self.case, self.case.method, self.function
        given = {**self.given, **{k: np.array(v) if isinstance(v, tuple) else v for k, v in case.options}}
        if method in PER_ROW:
            return [(function if method == "call" else getattr(function, method))(y, f, **given)]
        if method == "full_hessian":
            return [function.full_hessian(y, f, **given)]
        if method == "hessian_product":
            return [function.hessian_product(y, f, np.ones(f.shape), **given)]
        if method == "gradient_and_hessian":
            places = {} if out is None else {"out": (out, np.zeros_like(out))}
            return list(function.gradient_and_hessian(y, f, w, mask, **places, **given))
        if method == "parts":
            total, divisor = function.parts(y, f, w, mask=mask, denominator=case.denominator, **given)
            return [total.over(divisor.units) if divisor.units else 0.0]
        if method == "accumulator":
            return [self._accumulated(y, f, w, mask, given)]
        more = {"reduction": case.reduction, "denominator": case.denominator, "empty": case.empty}
        if method == "cost":
            return [function.cost(y, f, w, mask, **more, **given)]
        return list(function.cost_and_gradient(y, f, w, mask, out=out, **more, **given))

    def _accumulated(self, y: np.ndarray, f: np.ndarray, w: Any, mask: Any, given: dict[str, Any]) -> float:
        size = f.shape[0]
        cuts = sorted({0, size, *(c % size for c in self.case.cuts)})
        merged = self.function.accumulator()
        for a, b in reversed(list(itertools.pairwise(cuts))):
            part = [None if each is None else each[a:b] for each in (y, f, w, mask)]
            merged.merge(self.function.accumulator().update(*part[:3], mask=part[3], **given))
        return merged.value

    # Which errors have a reason.

    def reason(self) -> str | None:
        case = self.case
        if case.w is not None and any(not (0.0 <= w < math.inf) for w in self._given_weights()):
            return "a weight is negative or not finite"
        counting = [i for i, w in enumerate(self.weights()) if w]
        if "class_weight" in dict(case.options) and any(_is_beyond_doubles(self.weights()[i]) for i in counting):
            return "a product of weights is beyond the range of doubles"
        classes = len(case.f[0]) + case.record.more_classes
        for i in counting:
            target = case.y[i % len(case.y)]
            if isinstance(target, int) and not 0 <= target < classes:
                return "a class index is none"
            if not isinstance(target, int) and case.record.targets != "scores" and min(target) < 0.0:
                return "a target weight is negative"
        given = isinstance(case.denominator, str) and case.empty is None
        divides = case.method == "accumulator" or (case.method in ("cost", "cost_and_gradient") and given)
        return "no example counts" if divides and not counting else None

    def _given_weights(self) -> list[float]:
        whole = self._whole_weight()
        return [1.0] * self.period if whole is None else whole.reshape(-1)[: self.period].tolist()

    @property
    def period(self) -> int:
        return min(len(self.case.f), self.case.size)

    def weights(self) -> list[Fraction]:
        """What each row of a period weighs: weight, mask, ignored index and the weights of classes."""
        options = dict(self.case.options)
        weighed = self.case.method in COSTS or self.case.method == "gradient_and_hessian"
        found = [Fraction(w) if weighed else Fraction(1) for w in map(_finite, self._given_weights())]
        by_class = options.get("class_weight")
        for i, target in enumerate(self.case.y[: self.period]):
            if isinstance(target, int):
                if target == options.get("ignore_index"):
                    found[i] = Fraction(0)
                elif by_class is not None and 0 <= target < len(by_class):
                    found[i] *= Fraction(by_class[target])
            elif by_class is not None:
                found[i] *= sum(Fraction(float(t)) * Fraction(c) for t, c in zip(target, by_class, strict=True))
        return found

    # The referee: the formulas in NumPy, and mpmath for rows as they are.

    @cached_property
    def exact(self) -> dict[str, np.ndarray]:
        """Every quantity of the rows of a period in float64: (rows,) or (rows, scores)."""
        case, record = self.case, self.case.record
        y = self.y.reshape(self.case.size, *np.shape(case.y[0]))[: self.period]
        f = self.f.reshape(self.case.size, -1)[: self.period].astype(np.float64)
        chosen = {k: np.array(v) if isinstance(v, tuple) else v for k, v in case.options}
        options: RowOptions = row_options.split(record, chosen)[0]
        if options.class_mask is not None:
            f = np.where(np.asarray(options.class_mask), f, -math.inf)
        pair = RowPair(y, f, (self.period,), np.dtype(np.float64))
        rows = _rows(record, pair, options, self.given)
        slope, _ = options.slopes(f)
        squared = full(record, pair, options, self.given, None)
        with np.errstate(all="ignore"):
            return {
                "value": rows.value,
                "grad": rows.over_scores("grad") * slope,
                "hess": np.einsum("nii->ni", squared),
                "full": squared,
            }

    def _judge(self, result: list[Any]) -> None:
        case, weights = self.case, self.weights()
        repeats = [len(range(i, case.size, self.period)) for i in range(self.period)]
        divisor = self._divisor(weights, repeats)
        if case.method in COSTS:
            cost, *result = result
            self._judge_cost(cost, weights, repeats, divisor)
        shared = divisor if case.method in COSTS and case.reduction == "mean" else Fraction(1)
        names = WRITING.get(case.method, (PER_ROW.get(case.method, ""),))
        if case.method in ("full_hessian", "hessian_product"):
            return  # NumPy's already
        for quantity, got in zip(names, result, strict=False):
            self._judge_each(quantity, np.asarray(got), [w / shared if shared else w for w in weights])

    def _divisor(self, weights: Sequence[Fraction], repeats: Sequence[int]) -> Fraction:
        if not isinstance(self.case.denominator, str):
            return Fraction(self.case.denominator)
        counted = self.case.denominator == "count"
        return sum(((1 if counted and w else w) * n for w, n in zip(weights, repeats, strict=True)), Fraction(0))

    @property
    def kind(self) -> str:
        return "f4" if self.single else "f8"

    def _allowed(self, number: float, largest: float) -> Fraction:
        """How far the plain formula and a kernel may be apart: what rounding the scores and a row's sums costs."""
        scale = 2**10 if self.case.options else 2**6
        return scale * (
            ulp(Fraction(number), self.kind) + Fraction(largest) * Fraction(float(np.finfo(self.dtype).eps))
        )

    def _answer(self, number: float, largest: float) -> Answer:
        if not math.isfinite(number):
            return Answer(special=number)
        return Answer(Fraction(number), self._allowed(number, largest))

    def _judge_cost(self, got: float, weights: list[Fraction], repeats: list[int], divisor: Fraction) -> None:
        case = self.case
        if not divisor:
            assert got == (case.empty if case.empty is not None else 0.0)
            return
        finite = np.abs(np.where(np.isfinite(self.f), self.f, 0.0)).reshape(self.case.size, -1).max(axis=1)
        answers = [self._answer(v, float(m)) for v, m in zip(self.exact["value"].tolist(), finite, strict=False)]
        summed = [w * n for w, n in zip(weights, repeats, strict=True)]
        by = divisor if case.reduction == "mean" else Fraction(1)
        assert cost_right(got, answers, summed, by, False, self.kind), (
            f"the cost is {got!r}, of {[*map(str, answers)]} weighing {[*map(shown, summed)]} over {shown(by)}"
        )

    def _judge_each(self, quantity: str, got: np.ndarray, factors: list[Fraction]) -> None:
        flat = got.reshape(self.case.size, -1).astype(np.float64)
        whole = np.resize(flat[: self.period], flat.shape)
        assert np.array_equal(flat, whole, equal_nan=True), "equal rows have unequal answers"
        wanted = self.exact[quantity].reshape(self.period, -1)
        for i, factor in enumerate(factors):
            if not factor:
                assert not flat[i].any(), f"{quantity}[{i}] is {flat[i]} in a row that does not count"
                continue
            scores = self.f.reshape(self.case.size, -1)[i].tolist() if quantity == "value" else []
            # A gradient that is a probability minus a target is known no better than these two.
            targets = np.ravel(self.case.y[i]).tolist() if quantity == "grad" and np.ndim(self.case.y[i]) else []
            finite = [abs(x) for x in (*wanted[i].tolist(), *scores, *targets) if math.isfinite(x)]
            for j, (number, expected) in enumerate(zip(flat[i].tolist(), wanted[i].tolist(), strict=True)):
                right = self._right(number, expected, max(finite, default=0.0), factor)
                assert right or self._infinite(i), (
                    f"{quantity}[{i}, {j}] is {number!r}, not {shown(factor)} times {expected!r} at {self.case.f[i]}"
                )
            if factor == 1 and not self.case.options:
                self._referee(quantity, i, flat[i])

    def _infinite(self, i: int) -> bool:
        """An infinite loss has no derivative to be held to."""
        return bool(np.isinf(self.exact["value"][i]))

    def _right(self, got: float, expected: float, largest: float, factor: Fraction) -> bool:
        if not math.isfinite(expected):
            return math.isnan(got) if math.isnan(expected) else got == expected
        if not math.isfinite(got):
            return abs(Fraction(expected) * factor) * 2 > Fraction(float(np.finfo(self.dtype).max))
        allowed = self._allowed(expected, largest) * factor + 8 * ulp(Fraction(expected) * factor, self.kind)
        return abs(Fraction(got) - Fraction(expected) * factor) <= allowed

    def _referee(self, quantity: str, i: int, got: np.ndarray) -> None:
        """The accuracy rule, on the first row of a case that has no NaN."""
        if i or not np.isfinite(got).all() or np.isnan(self.case.f[0]).any():
            return
        judged = judge(self.case.record, Row(self.case.y[0], self.case.f[0], self.case.parameters), self.dtype.type)
        for j in [0] if quantity == "value" else judged.scores[:2]:
            ulps = judged.error((quantity, j), float(got[j]))
            assert ulps <= ULPS, f"{quantity}[0, {j}] is {got[j]!r}: {ulps:.3g} of 4 ulps"
            tally.judged(1)


def _is_beyond_doubles(product: Fraction) -> bool:
    """Whether a product of two weights rounds to zero or to infinity."""
    try:
        return float(product) == 0.0
    except OverflowError:
        return True


def _finite(weight: float) -> float:
    return weight if math.isfinite(weight) else 0.0


def _rows(record: RowLoss, pair: RowPair, options: RowOptions, given: dict[str, float]) -> Any:
    from lossary.evaluate.rows.hessian import _rows as prepared  # noqa: PLC0415  the library's own slow path

    return prepared(record, pair, options, given)
