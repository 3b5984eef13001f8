"""Every loss as a ``torch.nn.Module``, made from its function."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from torch import Tensor, nn

from lossary import discovery
from lossary.torch.interface import margins, torch_functions
from lossary.torch.interface.functions import Function, named

FUNCTIONS = {**torch_functions.FUNCTIONS, **margins.FUNCTIONS}

TORCH_NAMES = {
    "MSELoss": "mse_loss",
    "L1Loss": "l1_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss",
    "SoftMarginLoss": "soft_margin_loss",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "CrossEntropyLoss": "cross_entropy",
    "NLLLoss": "nll_loss",
    "KLDivLoss": "kl_div",
    "MultiMarginLoss": "multi_margin_loss",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
    "PoissonNLLLoss": "poisson_nll_loss",
    "GaussianNLLLoss": "gaussian_nll_loss",
    "MarginRankingLoss": "margin_ranking_loss",
    "HingeEmbeddingLoss": "hinge_embedding_loss",
    "CosineEmbeddingLoss": "cosine_embedding_loss",
    "TripletMarginLoss": "triplet_margin_loss",
}

SAME = {
    "squared_error": "MSELoss",
    "absolute_error": "L1Loss",
    "smooth_l1": "SmoothL1Loss",
    "huber": "HuberLoss",
    "logistic_margin": "SoftMarginLoss",
    "binary_cross_entropy": "BCELoss",
    "logistic": "BCEWithLogitsLoss",
    "softmax_cross_entropy": "CrossEntropyLoss",
    "multilabel_soft_margin": "MultiLabelSoftMarginLoss",
}
"""Losses of the catalogue that torch's name stands for, as it takes the same arguments."""


class LossModule(nn.Module):
    """A loss with its options. ``forward`` takes input and target, and options of this call alone.

    Options that are tensors are buffers, and move with the module; those that are ``nn.Parameter`` are learned, and
    belong to ``state_dict`` (the shape and scale of ``Barron``, say).
    """

    function: Function
    name: str
    accepted: frozenset[str]
    first: str | None = None

    def __init__(self, *leading: Any, **options: Any) -> None:
        super().__init__()
        if leading:
            if self.first is None or len(leading) > 1 or self.first in options:
                raise TypeError(f"{type(self).__name__} takes its options by name, such as reduction='mean'")
            options[self.first] = leading[0]
        unknown = sorted(set(options) - self.accepted)
        if unknown:
            raise TypeError(
                f"{type(self).__name__} has no option {unknown[0]!r}; it has {', '.join(sorted(self.accepted))}"
            )
        self._options = {name: value for name, value in options.items() if not isinstance(value, Tensor)}
        self._tensors = [name for name, value in options.items() if isinstance(value, Tensor)]
        for name in self._tensors:
            value = options[name]
            if isinstance(value, nn.Parameter):
                self.register_parameter(name, value)
            else:
                self.register_buffer(name, value)

    def forward(self, input: Tensor, target: Tensor, *more: Any, **options: Any) -> Tensor:
        """The loss of these; see ``lossary.torch.functional``."""
        tensors = {name: getattr(self, name) for name in self._tensors}
        return type(self).function(input, target, *more, **{**self._options, **tensors, **options})

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self._options.items())


@cache
def made(name: str) -> type[LossModule]:
    """The class of this name: torch's, or a loss's of the catalogue by any of its names."""
    if name in TORCH_NAMES:
        function = FUNCTIONS[TORCH_NAMES[name]]
        return _class(name, function, _accepted(function))
    record = discovery.find(name)
    if record.name in SAME:
        return made(SAME[record.name])
    canonical = camel(record.name)
    if name != canonical:
        return made(canonical)
    function = named(record.name)
    return _class(canonical, function, _accepted(function))


def camel(name: str) -> str:
    """A class's name for a loss's."""
    return "".join(word.capitalize() for word in name.split("_"))


def names() -> list[str]:
    """Every class, one a loss and one more where torch's takes other arguments."""
    return [*TORCH_NAMES, *(camel(n) for n in discovery.names() if n not in SAME)]


def _accepted(function: Function) -> frozenset[str]:
    """The options of a function, and of the one of the catalogue it is made of."""
    parameters = inspect.signature(function).parameters.values()
    own = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY or p.name == "weight"]
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    base = _accepted(named(_loss_behind(function))) if open_ended else frozenset()
    return frozenset(own) | base


def _loss_behind(function: Function) -> str:
    """The catalogue's name of the loss that a function of torch's name is made of."""
    by_function = {
        "nll_loss": "kl_target_prediction_log_probabilities",
        "kl_div": "kl_target_prediction_log_probabilities",
        "multi_margin_loss": "weston_watkins",
    }
    by_class = {class_name: loss for loss, class_name in SAME.items()}
    class_name = next(name for name, of in TORCH_NAMES.items() if FUNCTIONS[of] is function)
    return by_class.get(class_name) or by_function[function.__name__]


def _class(name: str, function: Function, accepted: frozenset[str]) -> type[LossModule]:
    positional = [
        p.name
        for p in inspect.signature(function).parameters.values()
        if p.kind is p.POSITIONAL_OR_KEYWORD and p.name == "weight"
    ]
    body = {
        "function": staticmethod(function),
        "name": function.__name__,
        "accepted": accepted,
        "first": positional[0] if positional else None,
        "__doc__": f"``lossary.torch.functional.{function.__name__}`` as a module.\n\n    {function.__doc__}",
        "__module__": "lossary.torch",
    }
    return type(name, (LossModule,), body)
