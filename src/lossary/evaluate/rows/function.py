"""The public face of a rowwise loss: a target and a row of scores for each example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, cast

import numpy as np

from lossary.evaluate.arrays import inputs
from lossary.evaluate.arrays.parameters import any_needs_double
from lossary.evaluate.base import BaseLossFunction
from lossary.evaluate.description import Described
from lossary.evaluate.links import ROW_INVERSES
from lossary.evaluate.rows import options as row_options
from lossary.evaluate.rows.call import RowCall, RowKernels, RowSettings
from lossary.evaluate.rows.constant import optimal_row
from lossary.evaluate.rows.direct import RowDirect
from lossary.evaluate.rows.options import PLAIN, RowOptions
from lossary.evaluate.rows.pair import RowPair, row_pair, rows_without
from lossary.rowwise import PREDICTIONS, TARGETS, RowLoss


class RowLossFunction(BaseLossFunction[RowLoss]):
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

    A score that is NaN makes the row's loss and gradient NaN. Results that are one a row have the shape of ``y_pred``
    without its last axis; gradients and the diagonal of the Hessian have its whole shape.

    Examples
    --------
    >>> import lossary
    >>> lossary.focal_softmax.using(gamma=1.0)
    <loss focal_softmax(gamma=1)>
    >>> lossary.softmax_cross_entropy.cost([0, 1], [[0.0, 0.0], [0.0, 0.0]], class_weight=[1.0, 3.0])
    0.6931471805599453
    """

    options: ClassVar[Mapping[str, object]] = {
        **Described.options,
        **{each.name: each.default for each in fields(RowOptions)},
    }
    inverse_links = ROW_INVERSES

    def __init__(self, record: RowLoss, given: Mapping[str, float | np.ndarray] | None = None) -> None:
        super().__init__(record, given)
        self._kernels = RowKernels(record)
        numbers = cast(dict[str, float], self.given)
        self._usual = RowSettings(PLAIN, numbers, any_needs_double(record.parameters, numbers))
        self.direct = RowDirect(record, self._kernels, self._usual)

    @property
    def target(self) -> str:
        """What a row of targets may hold."""
        return TARGETS[self.record.targets]

    @property
    def prediction(self) -> str:
        """What a row of predictions may hold."""
        return PREDICTIONS[self.record.prediction]

    def checked(self, parameters: Mapping[str, object]) -> dict[str, float | np.ndarray]:
        """Parameters by name, one number a call, not one a row; see ``BaseLossFunction.checked``."""
        values = super().checked(parameters)
        for name, value in values.items():
            if not isinstance(value, float):
                raise TypeError(f"{self.name}: {name} must be one number, not an array")
        return values

    def prepared(self, y_true: object, y_pred: object, options: Mapping[str, Any]) -> RowCall:
        return self.call(y_true, y_pred, self.settled(options))

    def settled(self, options: Mapping[str, object]) -> RowSettings:
        """Options and parameters of a call, out of its keywords."""
        if not options:
            return self._usual
        chosen, rest = row_options.split(self.record, options)
        if not rest:
            return RowSettings(chosen, self._usual.parameters, chosen.need_double() or self._usual.need_double)
        numbers = cast(dict[str, float], {**self.given, **self.checked(rest)})
        return RowSettings(chosen, numbers, chosen.need_double() or any_needs_double(self.record.parameters, numbers))

    def directly(self, settings: RowSettings) -> RowDirect | None:
        """Calls under these settings that need no look at their arguments; None where options change what is computed.

        An ignored index that is no class changes nothing where it does not occur: where it does, a kernel says so.
        """
        options = settings.options
        if options.ignore_index is not None and options.ignore_index >= 0:
            return None
        for each in fields(options):
            given = getattr(options, each.name)
            if each.name != "ignore_index" and (isinstance(given, np.ndarray) or given != each.default):
                return None
        return RowDirect(self.record, self._kernels, settings)

    def call(self, y_true: object, y_pred: object, settings: RowSettings) -> RowCall:
        """Arrays made ready for settings that were settled before."""
        options = settings.options
        pair = row_pair(self.record, y_true, y_pred, options.class_mask)
        if options.missing == "nan":
            pair = rows_without(self.record, pair)
        self.require_fit(options, pair.f.shape[1], pair.indexed)
        return self.call_on(pair, settings)

    def call_on(self, pair: RowPair, settings: RowSettings) -> RowCall:
        """A call on rows that are ready."""
        return RowCall(self, self._kernels, pair, settings)

    def require_fit(self, options: RowOptions, k: int, indexed: bool) -> None:
        """Raise if an option does not fit the number of scores or the kind of targets."""
        row_options.fits(self.record, options, k)
        if options.ignore_index is not None and not indexed:
            raise TypeError(f"{self.name}: ignore_index is for class indices; for rows of target weights pass mask=")

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
        from lossary.evaluate.rows.hessian import full  # noqa: PLC0415  the kernels do without it

        call = self._looked_at(y_true, y_pred, check, options)
        pair = call.pair
        hessian = full(self.record, pair, call.options, call.parameters, call.weight)
        return hessian.astype(pair.dtype, copy=False).reshape(*pair.shape, pair.f.shape[1])

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
        from lossary.evaluate.rows.hessian import product  # noqa: PLC0415  the kernels do without it

        call = self._looked_at(y_true, y_pred, check, options)
        pair = call.pair
        along = inputs.alike("direction", direction, pair.shape).reshape(pair.f.shape)
        products = product(self.record, pair, call.options, call.parameters, call.weight, along)
        return products.astype(pair.dtype, copy=False).reshape(pair.shape)

    def _looked_at(self, y_true: object, y_pred: object, check: bool, options: Mapping[str, Any]) -> RowCall:
        """A call's arguments made ready, and refused if need be, for what no kernel computes."""
        call = self.prepared(y_true, y_pred, options)
        call.weigh(None, None)
        if check:
            call.execute((), (), check, total=True)
        return call

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
        return optimal_row(self, y_true, sample_weight, classes, missing)
