"""Every loss as a ``torch.nn.Module``, made from its function."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any

from torch import Tensor, nn

from lossary import discovery
from lossary.formula import Loss
from lossary.rowwise import RowLoss
from lossary.torch.interface import functions, margins, torch_functions
from lossary.torch.interface.functions import Function, named
from lossary.torch.interface.positions import by_name, order

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
    "TripletMarginWithDistanceLoss": "triplet_margin_with_distance_loss",
    "MultiLabelMarginLoss": "multilabel_margin_loss",
}

CLASSES = {function: name for name, function in TORCH_NAMES.items()}
"""Classes by the names of torch's functions."""

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
    """A loss with its options, which are its attributes. ``forward`` takes input and target, and options of this call.

    Options that are tensors are buffers, and move with the module; those that are ``nn.Parameter`` are learned, and
    belong to ``state_dict`` (the shape and scale of ``Barron``, say). An option that was not given has its default.

    >>> import lossary.torch
    >>> loss = lossary.torch.HuberLoss(delta=2.0)
    >>> loss.delta, loss.reduction
    (2.0, 'mean')
    """

    function: Function
    name: str
    defaults: Mapping[str, Any] = {}
    """The options, by name, and what they are where they were not given."""
    order: tuple[str, ...] = ()
    """The options that may be given by their place."""

    def __init__(self, *places: Any, **options: Any) -> None:
        super().__init__()
        self._options: dict[str, Any] = {}
        self._tensors: list[str] = []
        label = type(self).__name__
        if places and not self.order:
            raise TypeError(f"{label} takes its options by name, such as reduction='mean'")
        options = by_name(label, self.order, places, options)
        unknown = sorted(set(options) - set(self.defaults))
        if unknown:
            raise TypeError(f"{label} has no option {unknown[0]!r}; it has {', '.join(sorted(self.defaults))}")
        for name, value in options.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in type(self).defaults or name in self._tensors:
            super().__setattr__(name, value)
        elif not isinstance(value, Tensor):
            self._options[name] = value
        else:
            self._options.pop(name, None)
            self._tensors.append(name)
            if isinstance(value, nn.Parameter):
                self.register_parameter(name, value)
            else:
                self.register_buffer(name, value)

    def __getattr__(self, name: str) -> Any:
        # Asked for what is neither an attribute of Python's nor, below, a tensor of the module's.
        defaults = type(self).defaults
        if name in defaults and name not in self.__dict__["_tensors"]:
            return self.__dict__["_options"].get(name, defaults[name])
        return super().__getattr__(name)

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
        return _class(name, function, order(getattr(nn, name)))
    if name in CLASSES:
        return made(CLASSES[name])
    record = discovery.find_in("torch", name)
    if record.name in SAME:
        return made(SAME[record.name])
    canonical = camel(record.name)
    if name != canonical:
        return made(canonical)
    function = named(record.name)
    return _class(canonical, function, _order_of(record))


@cache
def of_record(record: Loss | RowLoss) -> type[LossModule]:
    """The class of a loss: of the catalogue's, or of a user's own, whose modules pickle with their formulas."""
    if not discovery.is_own(record):
        return made(record.name)
    own = _class(camel(record.name), functions.made(record), _order_of(record))
    own.__reduce__ = lambda module: (_empty, (record,), module.__dict__)  # type: ignore[method-assign, assignment]
    return own


def _empty(record: Loss | RowLoss) -> LossModule:
    """A module of a user's own loss, to be filled by its pickle: nothing can be imported by the name of its class."""
    own = of_record(record)
    return own.__new__(own)


def _order_of(record: Loss | RowLoss) -> tuple[str, ...]:
    return ("weight",) if isinstance(record, RowLoss) else ()


def camel(name: str) -> str:
    """A class's name for a loss's."""
    return "".join(word.capitalize() for word in name.split("_"))


def names() -> list[str]:
    """Every class, one a loss and one more where torch's takes other arguments."""
    return [*TORCH_NAMES, *(camel(n) for n in discovery.names() if n not in SAME)]


def _defaults(function: Function) -> dict[str, Any]:
    """The options of a function with their defaults, and those of the one of the catalogue it is made of."""
    parameters = inspect.signature(function).parameters.values()
    own = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY or p.name == "weight"}
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return {**_defaults(named(_loss_behind(function))), **own} if open_ended else own


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


def _class(name: str, function: Function, order: tuple[str, ...]) -> type[LossModule]:
    body = {
        "function": staticmethod(function),
        "name": function.__name__,
        "defaults": _defaults(function),
        "order": order,
        "__doc__": f"``lossary.torch.functional.{function.__name__}`` as a module.\n\n    {function.__doc__}",
        "__module__": "lossary.torch",
    }
    return type(name, (LossModule,), body)
