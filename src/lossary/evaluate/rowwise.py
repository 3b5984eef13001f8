"""The public face of a rowwise loss: a target and a row of scores for each example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lossary.backends.cpu.rows.runner import RowRunner
from lossary.backends.cpu.runtime.access import DTYPES, side_by_side
from lossary.backends.cpu.runtime.total import Total
from lossary.backends.cpu.specs.conventions import EXTREME
from lossary.backends.cpu.specs.rows import RowSpec
from lossary.evaluate import arrays, row_options, weights
from lossary.evaluate.accumulate import Accumulator
from lossary.evaluate.description import Described
from lossary.evaluate.extremes import is_doubtful, is_moderate
from lossary.evaluate.missing import rows_without, without
from lossary.evaluate.outputs import fresh
from lossary.evaluate.parameters import any_needs_double, checked
from lossary.evaluate.reduction import known, reduced
from lossary.evaluate.refusals import refuse_weights
from lossary.evaluate.row_call import RowCall, RowKey
from lossary.evaluate.row_options import RowOptions
from lossary.evaluate.rows import RowPair, refuse_rows, row_delivered, row_destination, row_pair
from lossary.evaluate.weights import Denominator, Divisor
from lossary.rowwise import PREDICTIONS, TARGETS, RowLoss


class RowLossFunction(Described):
    """A rowwise loss and its parameters. Arguments are always ``(y_true, y_pred)``.

    ``y_pred`` has the classes along its last axis; ``y_true`` is one class index a row (any integer dtype), or target
    weights of the shape of ``y_pred``. Arrays of float16, bfloat16, float32 and float64 give results of the same dtype;
    whole numbers count as float64. Every method takes the loss's parameters as keywords, and

    class_weight : array of one number a class, optional
        What an example of each class weighs. A distribution weighs the sum of t * class_weight.
    ignore_index : int, optional
        Rows with this class index do not count: their loss and gradient are zero.
    label_smoothing : float in [0, 1), default 0
        The share of each target that is spread evenly over the classes that are not masked.
    temperature : positive float, default 1
        Scores are divided by it.
    soft_cap : positive float, optional
        Scores become ``soft_cap * tanh(score / soft_cap)``, before anything else.
    class_prior : array of one positive number a class, optional
        ``prior_strength * log(class_prior)`` is added to the scores (logit adjustment, arXiv:2007.07314).
    class_mask : boolean array of the shape of ``y_pred`` or one value a class, optional
        False where a class does not take part: the same as a score of -inf.
    missing : "error" or "nan", default "error"
        Whether a NaN among target weights raises, or the row is left out as one of weight zero. Of labels that are
        questions of their own (``multilabel_soft_margin``) one is left out by itself, as a masked class of target 0; a
        row without any label has weight zero.
    check : bool, default True
        Whether targets and finite predictions are compared with their domains; a ``ValueError`` names the first
        offender.

    A score that is NaN makes the row's loss and gradient NaN.
    """

    record: RowLoss  # type: ignore[assignment]

    def __init__(self, record: RowLoss, given: Mapping[str, float | np.ndarray] | None = None) -> None:
        super().__init__(record, given)  # type: ignore[arg-type]
        self._runners: dict[tuple[object, ...], RowRunner] = {}
        self._lost = any_needs_double(record.parameters, self.given)

    def __reduce__(self) -> tuple:
        from lossary.evaluate import registry  # noqa: PLC0415  only pickling needs it

        return registry.restored, (self.record if registry.is_own(self.record) else self.name, self.fixed)

    @property
    def target(self) -> str:  # type: ignore[override]
        """What a row of targets may hold."""
        return TARGETS[self.record.targets]

    @property
    def prediction(self) -> str:  # type: ignore[override]
        """What a row of predictions may hold."""
        return PREDICTIONS[self.record.prediction]

    def using(self, **parameters: object) -> RowLossFunction:
        """The same loss with parameters fixed.

        Examples
        --------
        >>> import lossary
        >>> lossary.focal_softmax.using(gamma=1.0)
        <loss focal_softmax(gamma=1)>
        """
        return RowLossFunction(self.record, {**self.fixed, **self._numbers(parameters)})

    # What it computes.

    def __call__(self, y_true: object, y_pred: object, *, check: bool = True, **options: Any) -> np.ndarray:
        """The loss of every row, not reduced: an array of the shape of ``y_pred`` without its last axis.

        Examples
        --------
        >>> import lossary
        >>> lossary.softmax_cross_entropy([0, 1], [[0.0, 0.0], [0.0, 0.0]])
        array([0.69314718, 0.69314718])
        """
        given, chosen, parameters = self._prepared(y_true, y_pred, options)
        weight = self.weight(given, chosen, None, None)
        written = fresh(given.f.shape[0], given.compute)
        self._run(("value",), given, chosen, parameters, weight, (written,), check)
        result = arrays.rounded(written, given.dtype).reshape(given.leading)
        return result[()] if given.leading == () else result

    def gradient(self, y_true: object, y_pred: object, *, check: bool = True, **options: Any) -> np.ndarray:
        """The derivative of every row's loss by each of its scores.

        Examples
        --------
        >>> import lossary
        >>> lossary.softmax_cross_entropy.gradient([0], [[0.0, 0.0]])
        array([[-0.5,  0.5]])
        """
        return self.quantity("grad", y_true, y_pred, check=check, **options)

    def hessian(self, y_true: object, y_pred: object, *, check: bool = True, **options: Any) -> np.ndarray:
        """The second derivative of every row's loss by each score twice: the diagonal of ``full_hessian``.

        Examples
        --------
        >>> import lossary
        >>> lossary.softmax_cross_entropy.hessian([0], [[0.0, 0.0]])
        array([[0.25, 0.25]])
        """
        return self.quantity("hess", y_true, y_pred, check=check, **options)

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
        **options: Any,
    ) -> float:
        """The weighted mean (or sum) of the loss: one number, from an exact sum rounded once.

        Parameters
        ----------
        y_true, y_pred : array-like
            One target, and a row of scores, for each example.
        sample_weight : array-like, one a row, optional
            Weights of zero or more. A row of weight zero does not count at all.
        mask : boolean array, one a row, optional
            True where a row counts.
        reduction : "mean" or "sum"
            The mean divides by ``denominator``.
        denominator : "weights", "count" or a number
            The sum of the weights that count (class weights are among them), the number of rows that count, or what
            you say.
        empty : float, optional
            The cost when nothing counts; without it that raises.

        Examples
        --------
        >>> import lossary
        >>> lossary.softmax_cross_entropy.cost([0, -1], [[0.0, 0.0], [5.0, 1.0]], ignore_index=-1)
        0.6931471805599453
        """
        known(reduction, denominator)
        total, divisor = self.parts(
            y_true, y_pred, sample_weight, mask=mask, denominator=denominator, check=check, **options
        )
        return reduced(self, total, divisor, reduction, empty)

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
        **options: Any,
    ) -> tuple[float, np.ndarray]:
        """The cost and its gradient by every score, in one pass over memory.

        ``out`` receives the gradient: an array of the shape and dtype of ``y_pred``, or ``y_pred`` itself.
        The other arguments are those of ``cost``.

        Examples
        --------
        >>> import lossary
        >>> lossary.softmax_cross_entropy.cost_and_gradient([0], [[0.0, 0.0]])
        (0.6931471805599453, array([[-0.5,  0.5]]))
        """
        known(reduction, denominator)
        given, chosen, parameters = self._prepared(y_true, y_pred, options)
        weight = self.weight(given, chosen, sample_weight, mask)
        counted = sample_weight is None and chosen.class_weight is None
        divisor = self.divisor(denominator, weight, given, counted)
        written = row_destination(out, given, self._kept(given, chosen, weight))
        cost = self.costed(given, chosen, parameters, weight, divisor, reduction, empty, written, check)
        return cost, row_delivered(written, out, given)

    def gradient_and_hessian(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        mask: object = None,
        *,
        out: tuple[np.ndarray, np.ndarray] | None = None,
        check: bool = True,
        **options: Any,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Every row's gradient and the diagonal of its Hessian, times its weight: what boosting takes.

        Examples
        --------
        >>> import lossary
        >>> lossary.softmax_cross_entropy.gradient_and_hessian([0], [[0.0, 0.0]], sample_weight=[2.0])
        (array([[-1.,  1.]]), array([[0.5, 0.5]]))
        """
        given, chosen, parameters = self._prepared(y_true, y_pred, options)
        weight = self.weight(given, chosen, sample_weight, mask, check)
        places = (None, None) if out is None else tuple(out)
        if len(places) != 2 or (out is not None and np.may_share_memory(*places)):
            raise ValueError("out must be two arrays that share no memory, for the gradient and for the curvature")
        kept = self._kept(given, chosen, weight)
        written = [row_destination(place, given, kept, f"out[{i}]") for i, place in enumerate(places)]
        self._run(("grad", "hess"), given, chosen, parameters, weight, written, check)
        first, second = (row_delivered(w, place, given) for w, place in zip(written, places, strict=True))
        return first, second

    def full_hessian(self, y_true: object, y_pred: object, *, check: bool = True, **options: Any) -> np.ndarray:
        """The second derivatives of every row's loss by each two of its scores: shape (..., k, k).

        Computed in float64 by NumPy, in memory of n k k numbers: for many classes take ``hessian_product``.

        Examples
        --------
        >>> import lossary
        >>> lossary.softmax_cross_entropy.full_hessian([0], [[0.0, 0.0]])
        array([[[ 0.25, -0.25],
                [-0.25,  0.25]]])
        """
        from lossary.evaluate.row_hessian import full  # noqa: PLC0415  the kernels do without it

        given, chosen, parameters = self._prepared(y_true, y_pred, options)
        weight = self.weight(given, chosen, None, None)
        if check:
            self._run((), given, chosen, parameters, weight, (), check, total=True)
        found = full(self.record, given, chosen, parameters, weight)
        return found.astype(given.dtype, copy=False).reshape(*given.shape, given.f.shape[1])

    def hessian_product(
        self, y_true: object, y_pred: object, direction: object, *, check: bool = True, **options: Any
    ) -> np.ndarray:
        """The Hessian of every row times a direction of the shape of ``y_pred``.

        Examples
        --------
        >>> import lossary
        >>> lossary.softmax_cross_entropy.hessian_product([0], [[0.0, 0.0]], [[1.0, 0.0]])
        array([[ 0.25, -0.25]])
        """
        from lossary.evaluate.row_hessian import product  # noqa: PLC0415  the kernels do without it

        given, chosen, parameters = self._prepared(y_true, y_pred, options)
        weight = self.weight(given, chosen, None, None)
        along = arrays.alike("direction", direction, given.shape).reshape(given.f.shape)
        if check:
            self._run((), given, chosen, parameters, weight, (), check, total=True)
        found = product(self.record, given, chosen, parameters, weight, along)
        return found.astype(given.dtype, copy=False).reshape(given.shape)

    def parts(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        *,
        mask: object = None,
        denominator: Denominator = "weights",
        check: bool = True,
        **options: Any,
    ) -> tuple[Total, Divisor]:
        """The exact numerator and denominator of the cost; shards merge by ``Total.plus`` and by adding ``units``."""
        given, chosen, parameters = self._prepared(y_true, y_pred, options)
        weight = self.weight(given, chosen, sample_weight, mask)
        divisor = self.divisor(denominator, weight, given, sample_weight is None and chosen.class_weight is None)
        divisor = divisor.beside(given.missing)
        return self._run((), given, chosen, parameters, weight, (), check, total=True), divisor

    def accumulator(self) -> Accumulator:
        """An empty cost, to be built up over batches and merged over machines."""
        return Accumulator(self)

    def quantity(self, name: str, y_true: object, y_pred: object, *, check: bool = True, **options: Any) -> np.ndarray:
        """A formula of the loss's file: "value" for every row, "grad" or "hess" for every score."""
        if name == "value":
            return self(y_true, y_pred, check=check, **options)
        self.record.quantity(name)
        given, chosen, parameters = self._prepared(y_true, y_pred, options)
        weight = self.weight(given, chosen, None, None)
        written = fresh(given.f.shape, given.compute)
        self._run((name,), given, chosen, parameters, weight, (written,), check)
        return row_delivered(written, None, given)

    def optimal_constant(
        self, y_true: object, sample_weight: object = None, *, classes: int, missing: str = "error"
    ) -> np.ndarray:
        """The best constant row of predictions, for a proper loss: from the classes' shares.

        ``classes`` is how many classes there are. Scores are the logarithms of the shares, -inf for a class that never
        occurs. Raises ValueError for a loss that is not proper.

        Examples
        --------
        >>> import lossary
        >>> lossary.multiclass_brier.optimal_constant([0, 0, 1, 2], classes=3)
        array([0.5 , 0.25, 0.25])
        """
        from lossary.evaluate.row_constant import optimal_row  # noqa: PLC0415

        return optimal_row(self, y_true, sample_weight, classes, missing)

    def mean(self, y_pred: object) -> np.ndarray:
        """The predicted probabilities of rows of predictions.

        Examples
        --------
        >>> import lossary
        >>> lossary.softmax_cross_entropy.mean([0.0, 0.0])
        array([0.5, 0.5])
        """
        from lossary.evaluate.links import ROW_INVERSES  # noqa: PLC0415

        return ROW_INVERSES[self.link](np.asarray(arrays.plain("y_pred", y_pred), dtype=np.float64))

    # How.

    def costed(
        self,
        given: RowPair,
        options: RowOptions,
        parameters: Mapping[str, float],
        weight: np.ndarray | None,
        divisor: Divisor,
        reduction: str,
        empty: float | None,
        written: np.ndarray | None,
        check: bool,
    ) -> float:
        """The cost of arrays made ready, and its gradient if there is a place where it may be written."""
        if written is None:
            total = self._run((), given, options, parameters, weight, (), check, total=True)
        else:
            over = divisor if reduction == "mean" else None
            total = self._run(("grad",), given, options, parameters, weight, (written,), check, over, total=True)
        return reduced(self, total, divisor, reduction, empty)

    def _numbers(self, parameters: Mapping[str, object]) -> dict[str, float]:
        """Parameters by name; one number a call, not one a row."""
        found = checked(self.record, parameters)
        for name, value in found.items():
            if not isinstance(value, float):
                raise TypeError(f"{self.name}: {name} must be one number, not an array")
        return found  # type: ignore[return-value]

    def _prepared(
        self, y_true: object, y_pred: object, given: Mapping[str, object]
    ) -> tuple[RowPair, RowOptions, dict[str, float]]:
        """Arrays, options and parameters of a call."""
        options, parameters = self.settled(given)
        rows = row_pair(self.record, y_true, y_pred, options.class_mask)
        if options.missing == "nan":
            rows = rows_without(self.record, rows)
        self.fits(options, rows.f.shape[1], rows.indexed)
        return rows, options, parameters

    def settled(self, given: Mapping[str, object]) -> tuple[RowOptions, dict[str, float]]:
        """Options and parameters of a call, out of its keywords."""
        options, rest = row_options.split(self.record, given)
        parameters = {**self.given, **self._numbers(rest)} if rest else self.given
        return options, parameters  # type: ignore[return-value]

    def fits(self, options: RowOptions, k: int, indexed: bool) -> None:
        """Raise if an option does not fit the number of scores or the kind of targets."""
        row_options.fits(self.record, options, k)
        if options.ignore_index is not None and not indexed:
            raise TypeError(f"{self.name}: ignore_index is for class indices; for rows of target weights pass mask=")

    def weight(
        self, given: RowPair, options: RowOptions, sample_weight: object, mask: object, check: bool = False
    ) -> np.ndarray | None:
        """What each row weighs, as doubles: sample weight, mask, ignored index and class weight together."""
        weight = weights.combined(sample_weight, mask, given.leading)
        if weight is not None:
            weight = side_by_side(weight, DTYPES["f8"])
            if check:
                refuse_weights(weight, given.leading)
        if given.lost is not None:
            weight = without(given.lost, weight, np.float64)
        if options.ignore_index is not None:
            counts = given.y != options.ignore_index
            weight = counts.astype(np.float64) if weight is None else np.where(counts, weight, 0.0)
        if options.class_weight is None:
            return weight
        if given.indexed:
            classes = np.take(options.class_weight, given.y, mode="clip")
            # A class that does not exist must not be weighed away before it is refused.
            classes[(given.y < 0) | (given.y >= options.class_weight.size)] = 1.0
        else:
            classes = given.y.astype(np.float64, copy=False) @ options.class_weight
        if weight is not None:
            classes = weights.product(self.name, weight, classes)
        return np.ascontiguousarray(classes)

    def divisor(self, denominator: Denominator, weight: np.ndarray | None, given: RowPair, unweighted: bool) -> Divisor:
        """The denominator; where rows either count or do not, counting them is faster than summing their weights."""
        kind = "count" if unweighted and denominator == "weights" else denominator
        return weights.divisor(kind, weight, given.f.shape[0], given.leading)

    def _kept(self, given: RowPair, options: RowOptions, weight: np.ndarray | None) -> list[np.ndarray]:
        """What an output must not overwrite while it is read, or while a refusal may still look at it."""
        kept = [each for each in (given.y, weight, options.class_weight) if each is not None]
        # Weights beyond the kernel's arithmetic have the gradient computed again.
        return kept if self.record.prediction == "scores" and weight is None else [*kept, given.f]

    def _run(
        self,
        outputs: tuple[str, ...],
        given: RowPair,
        options: RowOptions,
        parameters: Mapping[str, float],
        weight: np.ndarray | None,
        written: tuple[np.ndarray, ...] | list[np.ndarray],
        check: bool,
        divisor: Divisor | None = None,
        total: bool = False,
    ) -> Total:
        """Run one kernel, and refuse what its flags turn out to mean; outputs are divided by ``divisor``, if given."""
        widened = self.widened(given, options, parameters)
        call = RowCall(self, given, options, parameters, widened)
        scale = 1.0 if divisor is None or not divisor.units else divisor.reciprocal
        moderate = not outputs or is_moderate(scale)
        if moderate:
            flags, summed = call.run(outputs, weight, written, scale, total)
        else:
            flags, summed = call.run((), weight, (), 1.0, True)
        if flags and check:
            refuse_rows(self.record, str(self), given, weight, given.tolerances)
        if weight is None and moderate:
            return summed
        if total and weight is not None and is_doubtful(summed, weight.shape[0]):
            summed = call.numerator(weight)
        if outputs and (flags & EXTREME or not moderate):
            call.weigh(outputs, weight, written, divisor)
        return summed

    def widened(self, given: RowPair, options: RowOptions, parameters: Mapping[str, float]) -> bool:
        """Whether float32 data is to be computed in float64, as float32 would lose a parameter or an option."""
        if self.record.wide or given.f.dtype.char != "f" or (not given.indexed and given.y.dtype.char != "f"):
            return False
        if options.need_double():
            return True
        return self._lost if parameters is self.given else any_needs_double(self.record.parameters, parameters)

    def runner(self, key: RowKey) -> RowRunner:
        """The kernel that a call needs, ready to be called."""
        runner = self._runners.get(key)
        if runner is None:
            runner = self._runners[key] = RowRunner(RowSpec(self.record, *key))
        return runner
