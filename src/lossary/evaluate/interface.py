"""The public face of a loss: call it, take its cost, gradient and curvature on NumPy arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lossary.backends.cpu.pointwise.runner import Runner
from lossary.backends.cpu.runtime.total import Total
from lossary.backends.cpu.specs.conventions import EXTREME
from lossary.backends.cpu.specs.pointwise import KernelSpec
from lossary.evaluate import arrays, weights
from lossary.evaluate.accumulate import Accumulator
from lossary.evaluate.again import Again
from lossary.evaluate.arrays import Pair
from lossary.evaluate.description import Described
from lossary.evaluate.extremes import is_doubtful, is_moderate
from lossary.evaluate.missing import counted, weighted
from lossary.evaluate.outputs import fresh
from lossary.evaluate.parameters import any_needs_double, checked, kept
from lossary.evaluate.reduction import known, reduced, rooted
from lossary.evaluate.refusals import refuse
from lossary.evaluate.weights import Denominator, Divisor
from lossary.formula import Loss

CURVATURES = {"exact": "hess", "majorizer": "majorizer", "fisher": "fisher"}


class LossFunction(Described):
    """A loss and its parameters. Arguments are always ``(y_true, y_pred)``, arrays of one shape.

    Arrays of float16, bfloat16, float32 and float64 give results of the same dtype; whole numbers count as float64.
    Every method takes the loss's parameters as keywords (numbers, or arrays of one value an example), and

    check : bool, default True
        Whether targets, and finite predictions, are compared with their domains; a ``ValueError`` names the first
        offender.
    broadcast : bool, default False
        Whether unequal shapes are stretched to fit; otherwise they raise.
    missing : "error" or "nan", default "error"
        Whether a target that is NaN raises, or is left out: as an example of weight zero it has the loss, gradient and
        curvature 0 and is in no denominator, whatever its prediction and weight.
    """

    def __init__(self, record: Loss, given: Mapping[str, float | np.ndarray] | None = None) -> None:
        super().__init__(record, given)
        numbers = tuple(v for v in self.given.values() if isinstance(v, float))
        # What a call needs when it names no parameter, and all are numbers: the usual and the quickest case.
        self._numbers = numbers if len(numbers) == len(self.given) else None
        self._single = (False,) * len(numbers)
        self._widened = any_needs_double(record.parameters, self.given)
        self._runners: dict[tuple[object, ...], Runner] = {}

    def __reduce__(self) -> tuple:
        from lossary.evaluate import registry  # noqa: PLC0415  only pickling needs it

        return registry.restored, (self.record if registry.is_own(self.record) else self.name, self.fixed)

    def using(self, **parameters: object) -> LossFunction:
        """The same loss with parameters fixed.

        Examples
        --------
        >>> import lossary
        >>> lossary.huber.using(delta=2.0)([0.0], [3.0])
        array([4.])
        """
        return LossFunction(self.record, {**self.fixed, **kept(self.record, parameters)})

    # What it computes.

    def __call__(
        self,
        y_true: object,
        y_pred: object,
        *,
        check: bool = True,
        broadcast: bool = False,
        missing: str = "error",
        **parameters: object,
    ) -> np.ndarray:
        """The loss of every example, not reduced.

        Examples
        --------
        >>> import lossary
        >>> lossary.huber([0.0, 0.0], [0.5, 3.0], delta=1.0)
        array([0.125, 2.5  ])
        """
        return self.quantity("value", y_true, y_pred, check=check, broadcast=broadcast, missing=missing, **parameters)

    def gradient(
        self,
        y_true: object,
        y_pred: object,
        *,
        check: bool = True,
        broadcast: bool = False,
        missing: str = "error",
        **parameters: object,
    ) -> np.ndarray:
        """The derivative of every example's loss by its prediction.

        Examples
        --------
        >>> import lossary
        >>> lossary.huber.gradient([0.0, 0.0], [0.5, 3.0])
        array([0.5, 1. ])
        """
        return self.quantity("grad", y_true, y_pred, check=check, broadcast=broadcast, missing=missing, **parameters)

    def hessian(
        self,
        y_true: object,
        y_pred: object,
        *,
        curvature: str = "exact",
        check: bool = True,
        broadcast: bool = False,
        missing: str = "error",
        **parameters: object,
    ) -> np.ndarray:
        """The second derivative of every example's loss, or another ``curvature``: "majorizer" or "fisher".

        Examples
        --------
        >>> import lossary
        >>> lossary.huber.hessian([0.0, 0.0], [0.5, 4.0])
        array([1., 0.])
        >>> lossary.huber.hessian([0.0, 0.0], [0.5, 4.0], curvature="majorizer")
        array([1.  , 0.25])
        """
        name = self._quantity(curvature)
        return self.quantity(name, y_true, y_pred, check=check, broadcast=broadcast, missing=missing, **parameters)

    def cost(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        mask: object = None,
        reduction: str = "mean",
        *,
        denominator: Denominator = "weights",
        empty: float | None = None,
        check: bool = True,
        broadcast: bool = False,
        missing: str = "error",
        **parameters: object,
    ) -> float:
        """The weighted mean (or sum) of the loss: one number, from an exact sum rounded once.

        Parameters
        ----------
        y_true, y_pred : array-like of one shape
        sample_weight : array-like of that shape, optional
            Weights of zero or more. An example of weight zero does not count at all.
        mask : boolean array of that shape, optional
            True where an example counts.
        reduction : "mean" or "sum"
            The mean divides by ``denominator``.
        denominator : "weights", "count" or a number
            The sum of weights, the number of examples of positive weight, or what you say.
        empty : float, optional
            The cost when nothing counts; without it that raises.

        Examples
        --------
        >>> import lossary
        >>> lossary.huber.cost([0.0, 0.0], [0.5, 3.0], sample_weight=[3.0, 1.0])
        0.71875
        """
        known(reduction, denominator)
        total, divisor = self.parts(
            y_true,
            y_pred,
            sample_weight,
            mask=mask,
            denominator=denominator,
            check=check,
            broadcast=broadcast,
            missing=missing,
            **parameters,
        )
        return self._reduced(total, divisor, reduction, empty)

    def cost_and_gradient(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        mask: object = None,
        reduction: str = "mean",
        *,
        denominator: Denominator = "weights",
        empty: float | None = None,
        out: np.ndarray | None = None,
        check: bool = True,
        broadcast: bool = False,
        missing: str = "error",
        **parameters: object,
    ) -> tuple[float, np.ndarray]:
        """The cost and its gradient by every prediction, in one pass over memory.

        ``out`` receives the gradient: an array of the predictions' shape and dtype, or the predictions themselves.
        The other arguments are those of ``cost``.

        Examples
        --------
        >>> import lossary
        >>> lossary.squared_error.cost_and_gradient([1.0, 2.0], [1.0, 4.0])
        (2.0, array([0., 2.]))
        """
        known(reduction, denominator)
        given = arrays.pair(y_true, y_pred, broadcast)
        weight = weights.combined(sample_weight, mask, given.shape, broadcast)
        if missing != "error":
            weight = weighted(missing, given.y, weight)
        divisor = weights.divisor(denominator, weight, given.f.shape[0], given.shape)
        read = (given.y, given.f) if weight is None else (given.y, given.f, weight)
        eaten = out is not None and _overlap(out, given, weight)
        # A weighted gradient may have to be computed twice, and must not overwrite what that takes.
        beside = fresh(given.f.shape[0], given.compute) if eaten and weight is not None else None
        written = arrays.destination(out, given, (*read, *self._arrays(parameters))) if beside is None else beside
        guarded = check and eaten and beside is None
        if guarded:  # the gradient will overwrite what a refusal must look at
            self._run((), given, weight, True, broadcast, parameters, (), total=True)
        # Taken beforehand: the gradient may be written over the weights.
        counting = weight != 0.0 if weight is not None and self.record.cost_root else None
        over = divisor if reduction == "mean" else None
        total = self._run(
            ("grad",), given, weight, check and not guarded, broadcast, parameters, (written,), over, total=True
        )
        cost = self._reduced(total, divisor, reduction, empty)
        if self.record.cost_root:
            rooted(written, cost, counting)
        return cost, arrays.delivered(written, out, given)

    def gradient_and_hessian(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        mask: object = None,
        *,
        curvature: str = "exact",
        out: tuple[np.ndarray, np.ndarray] | None = None,
        check: bool = True,
        broadcast: bool = False,
        missing: str = "error",
        **parameters: object,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Every example's gradient and curvature, times its weight: what Newton's method and boosting take.

        Examples
        --------
        >>> import lossary
        >>> lossary.logistic.gradient_and_hessian([0.0], [0.0], sample_weight=[2.0])
        (array([1.]), array([0.5]))
        """
        quantity = self._quantity(curvature)
        given = arrays.pair(y_true, y_pred, broadcast)
        weight = weights.combined(sample_weight, mask, given.shape, broadcast)
        if missing != "error":
            weight = weighted(missing, given.y, weight)
        places = (None, None) if out is None else tuple(out)
        if len(places) != 2 or (out is not None and np.may_share_memory(*places)):
            raise ValueError("out must be two arrays that share no memory, for the gradient and for the curvature")
        read = [given.y, given.f, *(() if weight is None else (weight,)), *self._arrays(parameters)]
        written = []
        for i, place in enumerate(places):
            chosen = arrays.destination(place, given, read, f"out[{i}]")
            eaten = weight is not None and place is not None and _overlap(place, given, weight)
            written.append(fresh(given.f.shape[0], given.compute) if eaten else chosen)
        guarded = check and weight is None and out is not None and any(_overlap(each, given, None) for each in out)
        if guarded:  # results will overwrite what a refusal must look at
            self._run((), given, weight, True, broadcast, parameters, (), total=True)
        self._run(("grad", quantity), given, weight, check and not guarded, broadcast, parameters, written)
        first, second = (arrays.delivered(w, place, given) for w, place in zip(written, places, strict=True))
        return first, second

    def cost_gradient_and_hessian(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        *,
        curvature: str = "exact",
        check: bool = True,
        broadcast: bool = False,
        missing: str = "error",
        **parameters: object,
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """The mean cost with its gradient and curvature by every prediction, in one pass; not of a root of a mean.

        Examples
        --------
        >>> import lossary
        >>> lossary.squared_error.cost_gradient_and_hessian([1.0, 2.0], [1.0, 4.0])
        (2.0, array([0., 2.]), array([1., 1.]))
        """
        if self.record.cost_root:
            raise TypeError(f"{self.name}: the root of a mean has no curvature prediction by prediction")
        quantity = self._quantity(curvature)
        given = arrays.pair(y_true, y_pred, broadcast)
        weight = weights.combined(sample_weight, None, given.shape, broadcast)
        if missing != "error":
            weight = weighted(missing, given.y, weight)
        divisor = weights.divisor("weights", weight, given.f.shape[0], given.shape)
        written = [np.empty(given.f.shape[0], dtype=given.compute) for _ in range(2)]
        total = self._run(("grad", quantity), given, weight, check, broadcast, parameters, written, divisor, total=True)
        first, second = (arrays.delivered(each, None, given) for each in written)
        return self._reduced(total, divisor, "mean", None), first, second

    def parts(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        *,
        mask: object = None,
        denominator: Denominator = "weights",
        check: bool = True,
        broadcast: bool = False,
        missing: str = "error",
        **parameters: object,
    ) -> tuple[Total, Divisor]:
        """The exact numerator and denominator of the cost; shards merge by ``Total.plus`` and by adding ``units``."""
        given = arrays.pair(y_true, y_pred, broadcast)
        weight = weights.combined(sample_weight, mask, given.shape, broadcast)
        if missing != "error":
            weight = weighted(missing, given.y, weight)
        divisor = weights.divisor(denominator, weight, given.f.shape[0], given.shape)
        if missing != "error":
            divisor = divisor.beside(counted(missing, given.y))
        return self._run((), given, weight, check, broadcast, parameters, (), total=True), divisor

    def accumulator(self) -> Accumulator:
        """An empty cost, to be built up over batches and merged over machines."""
        return Accumulator(self)

    def optimal_constant(self, y_true: object, sample_weight: object = None, *, missing: str = "error") -> float:
        """The best constant prediction: the one of least cost.

        Examples
        --------
        >>> import lossary
        >>> lossary.quantile.using(tau=0.5).optimal_constant([1.0, 2.0, 7.0])
        2.0
        """
        from lossary.evaluate.constant import optimal_constant  # noqa: PLC0415

        return optimal_constant(self, y_true, sample_weight, missing)

    def quantity(
        self,
        name: str,
        y_true: object,
        y_pred: object,
        *,
        check: bool = True,
        broadcast: bool = False,
        missing: str = "error",
        **parameters: object,
    ) -> np.ndarray:
        """One formula of the loss's file, for every example: "value", "grad", "hess", "majorizer" or "fisher"."""
        given = arrays.pair(y_true, y_pred, broadcast)
        written = fresh(given.f.shape[0], given.compute)
        weight = None if missing == "error" else weighted(missing, given.y, None)
        self._run((name,), given, weight, check, broadcast, parameters, (written,))
        return arrays.delivered(written, None, given)

    # How.

    def _quantity(self, curvature: str) -> str:
        if curvature not in CURVATURES:
            raise ValueError(f"curvature must be one of {', '.join(CURVATURES)}, not {curvature!r}")
        quantity = CURVATURES[curvature]
        if getattr(self.record, quantity) is None:
            have = ", ".join(c for c, q in CURVATURES.items() if getattr(self.record, q) is not None)
            raise ValueError(f"{self.name} has no {curvature} curvature; it has {have}")
        return quantity

    def _arrays(self, parameters: Mapping[str, object]) -> list[np.ndarray]:
        """The parameters in force that are arrays."""
        return [v for v in {**self.given, **parameters}.values() if isinstance(v, np.ndarray)]

    def _reduced(self, total: Total, divisor: Divisor, reduction: str, empty: float | None) -> float:
        cost = reduced(self, total, divisor, reduction, empty)
        return math.sqrt(cost) if self.record.cost_root and divisor.units else cost

    def _run(
        self,
        outputs: tuple[str, ...],
        given: Pair,
        weight: np.ndarray | None,
        check: bool,
        broadcast: bool,
        parameters: Mapping[str, object],
        written: Sequence[np.ndarray],
        divisor: Divisor | None = None,
        total: bool = False,
    ) -> Total:
        """Run one kernel, and refuse what its flags turn out to mean; outputs are divided by ``divisor``, if given."""
        inputs = [given.y, given.f] if weight is None else [given.y, given.f, weight]
        numbers: Sequence[float]
        if self._numbers is not None and not parameters:
            numbers, per_example, widened = self._numbers, self._single, self._widened
        else:
            merged = {**self.given, **checked(self.record, parameters)}
            per_example = tuple(isinstance(v, np.ndarray) for v in merged.values())
            numbers = [v for v in merged.values() if not isinstance(v, np.ndarray)]
            widened = given.compute == "f4" and any_needs_double(self.record.parameters, merged)
            for name, value in merged.items():
                if isinstance(value, np.ndarray):
                    inputs.append(arrays.alike(name, value, given.shape, broadcast).astype(np.float64, copy=False))
        scale = 1.0 if divisor is None or not divisor.units else divisor.reciprocal
        moderate = not outputs or is_moderate(scale)
        scaled = moderate and (scale != 1.0 or (weight is not None and bool(outputs)))
        dtypes = (
            given.y.dtype.char,
            given.f.dtype.char,
            weight.dtype.char if weight is not None else None,
            given.compute,
        )
        if moderate:
            runner = self.runner(outputs, dtypes, total, scaled, per_example, widened)
            flags, summed = runner(inputs, numbers, written, scale)
        else:
            flags, summed = self.runner((), dtypes, True, False, per_example, widened)(inputs, numbers, ())
        if flags and check:
            refuse(self.record, flags, given.y, given.f, weight, given.shape, str(self))
        if weight is None and moderate:
            return summed
        call = Again(self, given, weight, inputs, numbers, per_example, widened)
        if total and not call.exact_products and is_doubtful(summed, given.f.shape[0]):
            summed = call.numerator()
        if outputs and (flags & EXTREME or not moderate):
            call.weigh(outputs, written, divisor)
        return summed

    def runner(
        self,
        outputs: tuple[str, ...],
        dtypes: tuple[str, str, str | None, str],
        total: bool,
        scaled: bool,
        per_example: tuple[bool, ...] | None = None,
        widened: bool | None = None,
    ) -> Runner:
        """The kernel for these outputs and dtypes (of targets, predictions, weights, results), ready to be called."""
        wide = self._widened if widened is None else widened
        key = (outputs, dtypes, total, scaled, self._single if per_example is None else per_example, wide)
        found = self._runners.get(key)
        if found is None:
            found = self._runners[key] = Runner(self._spec(*key))
        return found

    def _spec(
        self,
        outputs: tuple[str, ...],
        dtypes: tuple[str, str, str | None, str],
        total: bool,
        scaled: bool,
        per_example: tuple[bool, ...],
        widened: bool,
    ) -> KernelSpec:
        y, f, w, out = dtypes
        kinds = arrays.KERNEL_DTYPES
        widened = widened and y == f == "f" and not self.record.wide
        return KernelSpec(
            self.record, kinds[y], kinds[f], w and kinds[w], out, outputs, total, scaled, per_example, widened
        )


def _overlap(out: np.ndarray, given: Pair, weight: np.ndarray | None) -> bool:
    share = np.may_share_memory
    return share(out, given.f) or share(out, given.y) or (weight is not None and share(out, weight))
