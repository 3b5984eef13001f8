"""One call of a pointwise loss in some guise, and what is held against its answer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from tests.fuzz import tally
from tests.fuzz.dressing import REFUSED, cast, dressed, dtype_of, native, place
from tests.fuzz.exact import Answer, answer, cost_right, scaled_right, shown
from tests.fuzz.users import found

from lossary.backends.cpu.runtime import threads
from lossary.evaluate.pointwise.function import CURVATURES, LossFunction
from lossary.formula import Loss

QUANTITIES = {"call": "value", "gradient": "grad", "hessian": "hess"}
COSTS = ("cost", "cost_and_gradient", "cost_gradient_and_hessian", "parts", "accumulator")
METHODS = (*QUANTITIES, *COSTS, "gradient_and_hessian")
MASKED = ("cost", "cost_and_gradient", "parts", "accumulator", "gradient_and_hessian")

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Case:
    """One call. ``y``, ``f``, ``w`` and ``mask`` are repeated until there are ``size`` examples."""

    loss: str
    method: str = "cost"
    y: Numbers = (0.0,)
    f: Numbers = (0.0,)
    w: Numbers | None = None
    mask: tuple[bool, ...] | None = None
    parameters: Numbers = ()
    per_example: bool = False
    size: int = 1
    shape: tuple[int, ...] | None = None
    kinds: tuple[str, str, str] = ("f8", "f8", "f8")
    layouts: tuple[str, str, str, str] = ("plain", "plain", "plain", "plain")
    one_weight: bool = False
    curvature: str = "exact"
    reduction: str = "mean"
    denominator: str | float = "weights"
    empty: float | None = None
    out: str = "none"
    cuts: tuple[int, ...] = ()
    threads: int = 1

    @property
    def full_shape(self) -> tuple[int, ...]:
        return (self.size,) if self.shape is None else self.shape

    def check(self) -> None:
        """Raise AssertionError unless the answer is right, or the error one that has a reason."""
        Attempt(self).check()


@cache
def function(name: str) -> LossFunction:
    return LossFunction(found(name))


@dataclass
class Attempt:
    """A case with its arrays."""

    case: Case
    y: np.ndarray = field(init=False)
    f: np.ndarray = field(init=False)
    w: np.ndarray | None = field(init=False)

    def __post_init__(self) -> None:
        case = self.case
        self.loss: Loss = found(case.loss)
        self.period = max(len(case.y), 1)
        self.y = self._repeated(cast(case.y, case.kinds[0]))
        self.f = self._repeated(cast(case.f, case.kinds[1]))
        self.w = None if case.w is None else self._repeated(cast(case.w, case.kinds[2]))
        if self.w is not None and case.one_weight and self.w.size:
            self.w = np.full_like(self.w, self.w.reshape(-1)[0])
        self.mask = None if case.mask is None else self._repeated(np.array(case.mask, bool))

    def _repeated(self, array: np.ndarray) -> np.ndarray:
        return np.resize(array, self.case.size).reshape(self.case.full_shape)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The formulas written out, in order."""
        curved = CURVATURES[self.case.curvature]
        method = self.case.method
        if method in QUANTITIES:
            return (curved if method == "hessian" else QUANTITIES[method],)
        return {"cost_and_gradient": ("grad",), "gradient_and_hessian": ("grad", curved)}.get(
            method, ("grad", curved) if method == "cost_gradient_and_hessian" else ()
        )

    @property
    def result_dtype(self) -> np.dtype:
        """That of the predictions, widened by floating targets; whole numbers count as doubles."""
        y, f = (native(dtype_of(kind)) for kind in self.case.kinds[:2])
        if f.kind in "iub":
            return np.dtype(np.float64)
        return f if y.kind in "iub" else np.promote_types(y, f)

    @property
    def kind(self) -> str:
        dtype = self.result_dtype
        return "bf16" if dtype.name == "bfloat16" else dtype.str[1:]

    @property
    def arithmetic(self) -> str:
        return "f8" if self.kind == "f8" else "f4"

    # The call.

    def check(self) -> None:
        case = self.case
        reason = self.reason()
        tally.call(case.loss, case.method, case.layouts, case.kinds)
        before = threads.count()
        try:
            if case.threads != before:
                threads.set_count(case.threads)
            result = self._called()
        except (ValueError, TypeError) as error:
            if reason is None:
                raise AssertionError(f"refused without a reason: {type(error).__name__}: {error}") from error
            tally.refused()
            return
        finally:
            if case.threads != before:
                threads.set_count(before)
        assert reason is None, f"an answer, although {reason}: {result}"
        self._compare_with_plain(result)
        self._judge(result)

    def _called(self) -> list[Any]:
        """The answer to the call in its guise: a list of numbers and arrays."""
        case = self.case
        dress = [dressed(a, k, la) for a, k, la in zip((self.y, self.f), case.kinds, case.layouts, strict=False)]
        weight = None if self.w is None else dressed(self.w, case.kinds[2], case.layouts[2])
        if weight is not None and case.one_weight and self.w is not None and self.w.size:
            weight = np.broadcast_to(weight.reshape(-1)[:1].reshape((1,) * self.w.ndim), self.w.shape)
        mask = None if self.mask is None else dressed(self.mask, "?", case.layouts[2])
        with np.errstate(over="ignore"):
            out, dress[1] = place(case.out, dress[1], dress[0], weight, case.full_shape, self._out_dtype())
        return self._invoke(dress[0], dress[1], weight, mask, out, case.layouts[3])

    def _out_dtype(self) -> np.dtype:
        """That of an array that takes the result: the predictions' own byte order, where that decides."""
        y, f = (dtype_of(kind) for kind in self.case.kinds[:2])
        keeps = f.kind not in "iub" and (f == y or y.kind in "iub")
        return f if keeps else self.result_dtype

    def _invoke(
        self,
        y: np.ndarray,
        f: np.ndarray,
        w: np.ndarray | None,
        mask: np.ndarray | None,
        out: np.ndarray | None,
        layout: str,
    ) -> list[Any]:
        case, method, called = self.case, self.case.method, function(self.case.loss)
        given: dict[str, Any] = self._parameters(layout)
        if method in QUANTITIES:
            more = {"curvature": case.curvature} if method == "hessian" else {}
            target = called if method == "call" else getattr(called, method)
            return [target(y, f, **more, **given)]
        if method == "gradient_and_hessian":
            places = {} if out is None else {"out": (out, np.zeros_like(out))}
            return list(called.gradient_and_hessian(y, f, w, mask, curvature=case.curvature, **places, **given))
        if method == "cost_gradient_and_hessian":
            return list(called.cost_gradient_and_hessian(y, f, w, curvature=case.curvature, **given))
        if method == "parts":
            total, divisor = called.parts(y, f, w, mask=mask, denominator=case.denominator, **given)
            return [total.over(divisor.units) if divisor.units else 0.0]
        if method == "accumulator":
            return [self._accumulated(y, f, w, mask, given)]
        more = {"reduction": case.reduction, "denominator": case.denominator, "empty": case.empty}
        if method == "cost":
            return [called.cost(y, f, w, mask, **more, **given)]
        return list(called.cost_and_gradient(y, f, w, mask, out=out, **more, **given))

    def _accumulated(
        self, y: np.ndarray, f: np.ndarray, w: np.ndarray | None, mask: np.ndarray | None, given: dict[str, Any]
    ) -> float:
        """The cost of shards along the first axis, merged from the last to the first."""
        called, shards = function(self.case.loss), []
        size = f.shape[0] if f.ndim else 1
        cuts = sorted({0, size, *(c % size for c in self.case.cuts)} if size and f.ndim else {0, size})
        for a, b in itertools.pairwise(cuts):
            part = slice(a, b) if f.ndim else ...
            chosen = {k: v[part] if isinstance(v, np.ndarray) and v.shape == f.shape else v for k, v in given.items()}
            shards.append(
                called.accumulator().update(
                    y[part],
                    f[part],
                    None if w is None else w[part],
                    mask=None if mask is None else mask[part],
                    **chosen,
                )
            )
        merged = called.accumulator()
        for shard in reversed(shards):
            merged.merge(shard)
        return merged.value

    def _parameters(self, layout: str) -> dict[str, Any]:
        names = [p.name for p in self.loss.parameters]
        numbers = dict(zip(names, self.case.parameters, strict=True))
        if not self.case.per_example:
            return dict(numbers)
        # An array of one value an example, alternating with the default.
        return {
            name: dressed(self._repeated(np.array(column, np.float64)), "f8", layout)
            for name, column in zip(names, zip(*self.points_parameters, strict=True), strict=True)
        }

    @property
    def points_parameters(self) -> list[Numbers]:
        """The parameters of each example of a period."""
        given, usual = self.case.parameters, self.loss.defaults()
        return [usual if self.case.per_example and i % 2 else given for i in range(self.period)]

    # Which errors have a reason.

    def reason(self) -> str | None:
        """Why the call must be refused, or None."""
        case = self.case
        if any(kind in REFUSED for kind in case.kinds[: 2 if case.w is None else 3]):
            return "a dtype holds no numbers that are taken"
        if {kind.strip(">") for kind in case.kinds[:2]} == {"f2", "bf16"}:
            return "float16 and bfloat16 have no common dtype"
        weights = self.weights()
        if any(not (0.0 <= w < math.inf) for w in weights):
            return "a weight is negative or not finite"
        counting = [i for i, w in enumerate(weights[: case.size]) if w]
        points = self.points()
        if any(points[i][0] not in self.loss.target for i in counting):
            return "a target is outside its domain"
        if any(math.isfinite(points[i][1]) and points[i][1] not in self.loss.prediction for i in counting):
            return "a prediction is outside its domain"
        if case.method in COSTS and self._must_divide() and not counting:
            return "no example counts"
        return None

    def _must_divide(self) -> bool:
        given = isinstance(self.case.denominator, str)
        if self.case.method in ("cost", "cost_and_gradient"):
            return given and self.case.empty is None
        return self.case.method in ("accumulator", "cost_gradient_and_hessian")

    def weights(self) -> list[float]:
        """What each example of a period weighs, masks included."""
        period = min(self.period, self.case.size)
        weight = np.ones(period)
        if self.w is not None and self.case.method not in QUANTITIES:
            weight = self.w.reshape(-1)[:period].astype(np.float64)
        if self.mask is not None:
            weight = np.where(self.mask.reshape(-1)[:period], weight, 0.0)
        return weight.tolist()

    def points(self) -> list[Numbers]:
        """The examples of a period as the loss sees them."""
        y, f = (a.reshape(-1)[: self.period].astype(np.float64).tolist() for a in (self.y, self.f))
        return [(a, b, *p) for a, b, p in zip(y, f, self.points_parameters, strict=False)]

    # The slow path.

    def _compare_with_plain(self, result: list[Any]) -> None:
        """The same numbers, laid out plainly, masks as weights: the same to the last bit."""
        case = self.case
        y, f = (np.array(a, order="C") for a in (self.y, self.f))
        w = self.w
        if self.mask is not None:
            w = (
                np.where(self.mask, 1.0, 0.0).astype(np.float32)
                if w is None
                else np.where(self.mask, w, w.dtype.type(0))
            )
        plain = self._invoke(y, f, None if w is None else np.array(w, order="C"), None, None, "plain")
        for got, wanted in zip(result, plain, strict=True):
            assert np.shape(got) == np.shape(wanted)
            same = np.array_equal(np.asarray(got, np.float64), np.asarray(wanted, np.float64), equal_nan=True)
            assert same, f"{got!r} is not what plain arrays give: {wanted!r}"
        tally.compared(case.method)

    # The referee.

    def _judge(self, result: list[Any]) -> None:
        weights = [Fraction(w) for w in self.weights()]
        repeats = [len(range(i, self.case.size, self.period)) for i in range(len(weights))]
        divisor = self._divisor(weights, repeats)
        cost = 0.0
        if self.case.method in COSTS:
            cost, *result = result
            self._judge_cost(cost, weights, repeats, divisor)
        shared = divisor if self.case.method in COSTS and self.case.reduction == "mean" else Fraction(1)
        if self.loss.cost_root and self.case.method == "cost_and_gradient":
            if not 0.0 < cost < math.inf:
                expected = [0.0 if not w or cost == 0.0 else math.nan for w in weights]
                assert np.array_equal(np.ravel(result[0])[: len(expected)], expected, equal_nan=True)
                return
            # The derivative of a root is that of what is under it over twice the root.
            shared *= 2 * Fraction(cost)
        for quantity, got in zip(self.outputs, result, strict=True):
            self._judge_each(quantity, np.asarray(got), [w / shared if shared else w for w in weights])

    def _divisor(self, weights: Sequence[Fraction], repeats: Sequence[int]) -> Fraction:
        if not isinstance(self.case.denominator, str):
            return Fraction(self.case.denominator)
        counted = self.case.denominator == "count"
        return sum(((1 if counted and w else w) * n for w, n in zip(weights, repeats, strict=True)), Fraction(0))

    def _answers(self, quantity: str, weights: Sequence[Fraction]) -> list[Answer]:
        dtype = np.float64 if self.arithmetic == "f8" else np.float32
        tally.judged(sum(1 for w in weights if w))
        return [
            answer(self.loss, quantity, p, dtype) if w else Answer()
            for p, w in zip(self.points(), weights, strict=False)
        ]

    def _judge_cost(self, got: float, weights: list[Fraction], repeats: list[int], divisor: Fraction) -> None:
        case = self.case
        assert type(got) is float
        if not divisor:
            assert got == (case.empty if case.empty is not None else 0.0)
            return
        summed = [w * n for w, n in zip(weights, repeats, strict=True)]
        by = divisor if case.reduction == "mean" else Fraction(1)
        root = self.loss.cost_root and case.method != "parts"
        answers = self._answers("value", weights)
        assert cost_right(got, answers, summed, by, root, self.arithmetic), (
            f"the cost is {got!r}, of {[*map(str, answers)]} weighing {[*map(shown, summed)]} over {shown(by)}"
        )

    def _judge_each(self, quantity: str, got: np.ndarray, factors: list[Fraction]) -> None:
        case = self.case
        assert got.shape == case.full_shape
        assert native(got.dtype) == self.result_dtype
        flat = got.reshape(-1).astype(np.float64)
        again = np.resize(flat[: self.period], flat.shape)
        assert np.array_equal(flat, again, equal_nan=True), "equal examples have unequal answers"
        answers = self._answers(quantity, factors)
        for i, (a, w, number) in enumerate(zip(answers, factors, flat.tolist(), strict=False)):
            right = scaled_right(number, a, w, self.kind, self.arithmetic) if w else number == 0.0
            assert right, f"{quantity}[{i}] is {number!r}, not {shown(w)} times {a} at {self.points()[i]}"
