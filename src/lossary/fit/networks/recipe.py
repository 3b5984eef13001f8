"""How a network is trained: what a user may choose of it, and which choices are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lossary.fit.networks.learning_curve import Yardstick


@dataclass(frozen=True)
class Recipe:
    """How to train; an option that is out of range raises."""

    hidden: tuple[int, ...]
    patience: int
    max_epochs: int
    batch_size: int | None
    learning_rate: float
    weight_decay: float
    seed: int
    device: str
    progress: bool | None

    def __post_init__(self) -> None:
        if any(size < 1 for size in self.hidden):
            raise ValueError(f"hidden layers must have at least one unit, but hidden is {self.hidden}")
        whole: Mapping[str, int | None] = {
            "patience": self.patience,
            "max_epochs": self.max_epochs,
            "batch_size": self.batch_size,
        }
        for name, number in whole.items():
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, not {number!r}")
        if not 0.0 < self.learning_rate < np.inf:
            raise ValueError(f"learning_rate must be positive, not {self.learning_rate!r}")
        if not 0.0 <= self.weight_decay < np.inf:
            raise ValueError(f"weight_decay must be zero or more, not {self.weight_decay!r}")


@dataclass(frozen=True)
class Validation:
    """Which rows are held out, (rows,) booleans, and the named yardstick that their predictions are judged by."""

    held_out: np.ndarray
    name: str
    yardstick: Yardstick
