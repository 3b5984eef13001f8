"""The parameter ``loss`` of an estimator: a name or a loss, whose own parameters are ``loss__delta`` and so on."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import BaseEstimator

from lossary.evaluate.registry import AnyLoss, get


class LossEstimator(BaseEstimator):
    """An estimator with a ``loss``."""

    loss: str | AnyLoss

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; ``deep`` adds the loss's own, as ``loss__delta``."""
        params: dict[str, Any] = super().get_params(deep=deep)
        if deep:
            params |= {f"loss__{name}": value for name, value in _parameters(self.loss).items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; ``loss__delta=2.0`` sets one of the loss's own."""
        own = {name: value for name, value in params.items() if name.startswith("loss__")}
        super().set_params(**{name: value for name, value in params.items() if name not in own})
        if own:
            self.loss = get(self.loss).using(**{name.removeprefix("loss__"): value for name, value in own.items()})
        return self


def _parameters(loss: object) -> dict[str, Any]:
    """The parameters of a loss; none of what is no loss, which ``fit`` will refuse."""
    try:
        return dict(get(loss).given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return {}
