"""PyTorch: ``torch.nn.functional``, and ``torch.distributions`` for the likelihoods it has no loss for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Laplace, StudentT

from bench.accuracy.peer import Answer, Compute, Function, Library, version

torch.set_num_threads(1)


def _autograd(value: Callable[..., Tensor]) -> Compute:
    """The loss ``value(f, y, *parameters)`` and its derivative by ``f``."""

    def compute(y: np.ndarray, f: np.ndarray, *parameters: float) -> Answer:
        target, prediction = torch.from_numpy(y), torch.from_numpy(f).requires_grad_(True)
        found = value(prediction, target, *parameters)
        found.sum().backward()
        assert prediction.grad is not None
        return found.detach().numpy(), prediction.grad.numpy()

    return compute


def _gaussian(f: Tensor, y: Tensor, scale: float) -> Tensor:
    return F.gaussian_nll_loss(f, y, torch.full_like(f, scale**2), full=True, reduction="none")


FUNCTIONS = {
    "squared_error": Function("MSELoss", _autograd(lambda f, y: F.mse_loss(f, y, reduction="none"))),
    "absolute_error": Function("L1Loss", _autograd(lambda f, y: F.l1_loss(f, y, reduction="none"))),
    "huber": Function("HuberLoss", _autograd(lambda f, y, delta: F.huber_loss(f, y, delta=delta, reduction="none"))),
    "smooth_l1": Function(
        "SmoothL1Loss", _autograd(lambda f, y, beta: F.smooth_l1_loss(f, y, beta=beta, reduction="none"))
    ),
    "logistic": Function(
        "BCEWithLogitsLoss",
        _autograd(lambda f, y, *_: F.binary_cross_entropy_with_logits(f, y, reduction="none")),
    ),
    "logistic_margin": Function("SoftMarginLoss", _autograd(lambda f, y: F.soft_margin_loss(f, y, reduction="none"))),
    "binary_cross_entropy": Function(
        "BCELoss",
        _autograd(lambda f, y: F.binary_cross_entropy(f, y, reduction="none")),
        note="BCELoss stops each logarithm at -100, and its gradient's divisor f(1 - f) at 1e-12.",
    ),
    "poisson": Function("PoissonNLLLoss", _autograd(lambda f, y: F.poisson_nll_loss(f, y, reduction="none"))),
    "gaussian_nll": Function("GaussianNLLLoss(full=True)", _autograd(_gaussian)),
    "laplace_nll": Function(
        "-distributions.Laplace.log_prob", _autograd(lambda f, y, scale: -Laplace(f, scale).log_prob(y))
    ),
    "student_t_nll": Function(
        "-distributions.StudentT.log_prob", _autograd(lambda f, y, scale, df: -StudentT(df, f, scale).log_prob(y))
    ),
}

LIBRARY = Library("PyTorch", version("torch"), FUNCTIONS)
