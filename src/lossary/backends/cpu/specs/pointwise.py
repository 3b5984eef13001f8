"""What distinguishes one pointwise kernel from another. It is needed on every call."""

from __future__ import annotations

from dataclasses import dataclass

from lossary.formula import Loss


@dataclass(frozen=True)
class KernelSpec:
    """A kernel: a loss, the dtypes of its arrays ("f8" or "f4"), and what it computes.

    outputs      the quantities written per example
    total        whether the values are also summed
    scaled       whether outputs are multiplied by weight and ``scale``: the gradient of a cost
    per_example  for each parameter, whether it is an array
    widened      whether float32 data is computed in float64, because a parameter or a weight is beyond float32
    """

    loss: Loss
    y: str
    f: str
    w: str | None
    out: str
    outputs: tuple[str, ...]
    total: bool
    scaled: bool
    per_example: tuple[bool, ...]
    widened: bool = False

    @property
    def arithmetic(self) -> str:
        """The dtype computed in: that of the data, but float64 where the loss asks for it."""
        return "f4" if (self.y, self.f) == ("f4", "f4") and not (self.loss.wide or self.widened) else "f8"

    @property
    def quantities(self) -> tuple[str, ...]:
        """The formulas that are evaluated."""
        return tuple(dict.fromkeys((*self.outputs, *(("value",) if self.total else ()))))

    @property
    def name(self) -> str:
        weights = self.w or "none"
        what = "_".join([*self.outputs, *(["total"] if self.total else []), *(["scaled"] if self.scaled else [])])
        arrays = "".join("a" if each else "s" for each in self.per_example) or "none"
        widened = "-widened" if self.widened else ""
        return f"{self.loss.name}-{what}-y{self.y}-f{self.f}-w{weights}-o{self.out}-p{arrays}{widened}"
