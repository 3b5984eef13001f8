"""The public face of a loss of one target and one prediction: a ``LossFunction``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from lossary.backends.cpu.pointwise.runner import Runner
from lossary.evaluate.arrays import inputs
from lossary.evaluate.arrays.parameters import any_needs_double
from lossary.evaluate.base import BaseLossFunction
from lossary.evaluate.description import Described
from lossary.evaluate.links import INVERSES
from lossary.evaluate.pointwise.call import PointwiseCall
from lossary.evaluate.pointwise.constant import optimal_constant
from lossary.evaluate.pointwise.direct import Direct
from lossary.evaluate.pointwise.kernels import Dtypes, Kernels, ParameterValues
from lossary.evaluate.signatures import show_keywords
from lossary.formula import Domain, Loss

CURVATURES = {"exact": "hess", "majorizer": "majorizer", "fisher": "fisher"}


class LossFunction(BaseLossFunction[Loss]):
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

    options: ClassVar[Mapping[str, object]] = {**Described.options, "missing": "error"}
    inverse_links = INVERSES

    def __init__(self, record: Loss, given: Mapping[str, float | np.ndarray] | None = None) -> None:
        super().__init__(record, given)
        self._kernels = Kernels(record)
        # What a call takes that names no parameter, if all are numbers: the usual and the quickest case.
        self._usual: ParameterValues | None = None
        numbers = tuple(v for v in self.given.values() if isinstance(v, float))
        if len(numbers) == len(self.given):
            widened = any_needs_double(record.parameters, self.given)
            self._usual = ParameterValues(numbers, (), (False,) * len(numbers), widened)
            self.direct = Direct(self._kernels, self._usual)

    @property
    def target(self) -> Domain:
        """The valid targets."""
        return self.record.target

    @property
    def prediction(self) -> Domain:
        """The valid predictions."""
        return self.record.prediction

    def prepared(self, y_true: object, y_pred: object, options: Mapping[str, Any]) -> PointwiseCall:
        if not options and self._usual is not None:
            return PointwiseCall(self, self._kernels, inputs.pair(y_true, y_pred), self._usual)
        parameters = dict(options)
        broadcast, missing = parameters.pop("broadcast", False), parameters.pop("missing", "error")
        pair = inputs.pair(y_true, y_pred, broadcast)
        values = self._values(parameters, pair, broadcast)
        return PointwiseCall(self, self._kernels, pair, values, broadcast, missing)

    def _values(self, parameters: Mapping[str, object], pair: inputs.Pair, broadcast: bool) -> ParameterValues:
        """The parameters in force in a call that names these."""
        if not parameters and self._usual is not None:
            return self._usual
        merged = {**self.given, **self.checked(parameters)}
        numbers, per_example = [], []
        for name, value in merged.items():
            if isinstance(value, np.ndarray):
                flat = inputs.alike(name, value, pair.shape, broadcast)
                per_example.append(flat.astype(np.float64, copy=False))
            else:
                numbers.append(value)
        widened = pair.compute == "f4" and any_needs_double(self.record.parameters, merged)
        kinds = tuple([isinstance(value, np.ndarray) for value in merged.values()])
        return ParameterValues(tuple(numbers), tuple(per_example), kinds, widened)

    def curvature_quantity(self, options: dict[str, Any]) -> str:
        curvature = options.pop("curvature", "exact")
        if curvature not in CURVATURES:
            raise ValueError(f"curvature must be one of {', '.join(CURVATURES)}, not {curvature!r}")
        quantity = CURVATURES[curvature]
        if getattr(self.record, quantity) is None:
            have = ", ".join(c for c, q in CURVATURES.items() if getattr(self.record, q) is not None)
            raise ValueError(f"{self.name} has no {curvature} curvature; it has {have}")
        return quantity

    def cost_gradient_and_hessian(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        *,
        curvature: str = "exact",
        check: bool = True,
        **options: Any,
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """The mean cost with its gradient and curvature by every prediction, in one pass; not of a root of a mean.

        Examples
        --------
        >>> import lossary
        >>> lossary.squared_error.cost_gradient_and_hessian([1.0, 2.0], [1.0, 4.0])
        (2.0, array([0., 2.]), array([1., 1.]))
        """
        if self.cost_root:
            raise TypeError(f"{self.name}: the root of a mean has no curvature prediction by prediction")
        names = ("grad", self.curvature_quantity({"curvature": curvature}))
        call = self.prepared(y_true, y_pred, options)
        call.weigh(sample_weight, None)
        divisor = call.divisor("weights")
        written = [call.room(name) for name in names]
        total = call.execute(names, written, check, divisor, total=True)
        gradient, hessian = map(call.delivered, names, written)
        return self.reduced(total, divisor, "mean", None), gradient, hessian

    def optimal_constant(self, y_true: object, sample_weight: object = None, *, missing: str = "error") -> float:
        """The best constant prediction: the one of least cost.

        Examples
        --------
        >>> import lossary
        >>> lossary.quantile.using(tau=0.5).optimal_constant([1.0, 2.0, 7.0])
        2.0
        """
        return optimal_constant(self, y_true, sample_weight, missing)

    def runner(self, outputs: tuple[str, ...], dtypes: Dtypes, total: bool, scaled: bool) -> Runner:
        """The kernel for these outputs and dtypes, under parameters that are numbers: for callers with addresses."""
        assert self._usual is not None
        return self._kernels[outputs, dtypes, total, scaled, self._usual.per_example, self._usual.widened]


def _common(*, broadcast: bool = False, missing: str = "error", **parameters: object) -> None:
    """The keywords of every method."""


def _curved(*, curvature: str = "exact", broadcast: bool = False, missing: str = "error", **parameters: object) -> None:
    """The keywords of methods that take a curvature."""


show_keywords(
    LossFunction,
    {
        **dict.fromkeys(("__call__", "gradient", "quantity", "cost", "cost_and_gradient", "parts"), _common),
        **dict.fromkeys(("hessian", "gradient_and_hessian"), _curved),
        "cost_gradient_and_hessian": _common,
    },
)
