"""What a loss says of itself: its record, read through the parameters in force."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from lossary.evaluate.arrays.inputs import plain
from lossary.formula import Domain, Loss, Parameter
from lossary.rowwise import RowLoss

Record = TypeVar("Record", Loss, RowLoss)


class Documentation:
    """The docstring of a class of losses, and of each loss its own: ``help(lossary.huber)`` tells of Huber."""

    def __init__(self, of_class: str | None) -> None:
        self.of_class = of_class

    def __get__(self, loss: Described[Any] | None, kind: type) -> str | None:
        return self.of_class if loss is None else loss.documentation


class Described(ABC, Generic[Record]):
    """A loss's record together with values for its parameters."""

    options: ClassVar[Mapping[str, object]] = {"denominator": "weights"}
    """The options of a cost that change its number, with their defaults."""

    inverse_links: ClassVar[Mapping[str, Callable[[np.ndarray], np.ndarray]]]
    """From raw predictions to predicted means, by the name of the link."""

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        cls.__doc__ = Documentation(cls.__doc__)  # type: ignore[assignment]

    def __init__(self, record: Record, given: Mapping[str, float | np.ndarray] | None = None) -> None:
        self.record: Record = record
        self.fixed: dict[str, float | np.ndarray] = dict(given or {})
        self.given: dict[str, float | np.ndarray] = {
            p.name: self.fixed.get(p.name, p.default) for p in record.parameters
        }
        self.cost_root = bool(getattr(record, "cost_root", False))
        """Whether the cost is the square root of the mean loss."""

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def title(self) -> str:
        """What people call the loss, as it stands in a sentence: "Huber loss"."""
        return self.record.title or self.record.name

    @property
    def family(self) -> str:
        return self.record.family

    @property
    def brief(self) -> str:
        """The loss in a sentence; empty for a user's own."""
        return self.record.brief

    @property
    def prose(self) -> str:
        return self.record.prose

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return self.record.parameters

    @property
    @abstractmethod
    def target(self) -> Domain | str:
        """The valid targets."""

    @property
    @abstractmethod
    def prediction(self) -> Domain | str:
        """The valid predictions."""

    @property
    def domain(self) -> tuple[Domain | str, Domain | str]:
        """The valid targets and predictions."""
        return self.target, self.prediction

    @property
    def link(self) -> str:
        return self.record.link

    @property
    def functional(self) -> str:
        return self.record.functional

    @property
    def aliases(self) -> tuple[str, ...]:
        return self.record.aliases

    @property
    def sources(self) -> tuple[str, ...]:
        return self.record.sources

    @property
    def elsewhere(self) -> Mapping[str, str]:
        return self.record.elsewhere

    @property
    def claims(self) -> dict[str, bool | float]:
        """The claims made at these parameters."""
        return self.record.claims.given(*(float(v) for v in self.given.values()))

    @cached_property
    def latex(self) -> str:
        """The formula of the value, traced from the code that computes it."""
        from lossary.backends import trace  # noqa: PLC0415  only pages and `show` need it

        record: Loss | RowLoss = self.record
        return trace.row_latex(record) if isinstance(record, RowLoss) else trace.loss_latex(record)

    @cached_property
    def documentation(self) -> str:
        """The loss's own docstring, made from its record: prose, formulas, parameters, domain, examples."""
        from lossary.evaluate.documentation import documented  # noqa: PLC0415  only help and notebooks need it

        return documented(self)

    def _repr_html_(self) -> str:
        from lossary.evaluate.notebook import card  # noqa: PLC0415  only help and notebooks need it

        return card(self)

    def same_as(self, other: Described[Loss] | Described[RowLoss]) -> bool:
        """Whether the other is the same loss with the same values for its parameters."""
        pairs = zip(self.given.values(), other.given.values(), strict=False)
        # A user's own loss that has travelled between processes is another object of the same code.
        known = self.record is other.record
        same = known or self._formula == other._formula
        return same and all(np.array_equal(mine, theirs) for mine, theirs in pairs)

    @property
    def _formula(self) -> tuple[object, ...]:
        return self.name, self.cost_root, self.record.value.__code__

    def __str__(self) -> str:
        shown = ", ".join(f"{k}={v:g}" if isinstance(v, float) else f"{k}=array" for k, v in self.given.items())
        return f"{self.name}({shown})" if shown else self.name

    def __repr__(self) -> str:
        return f"<loss {self}>"

    def mean(self, y_pred: object) -> np.ndarray:
        """The predicted mean (or probabilities) of raw predictions: the inverse of the link.

        Examples
        --------
        >>> import lossary
        >>> lossary.poisson.mean([0.0])
        array([1.])
        >>> lossary.softmax_cross_entropy.mean([0.0, 0.0])
        array([0.5, 0.5])
        """
        return self.inverse_links[self.link](np.asarray(plain("y_pred", y_pred), dtype=np.float64))
