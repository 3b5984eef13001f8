"""The functions besides the losses: softmax and its like, the linear layer with its cost, the best constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from tests.fuzz import tally
from tests.fuzz.dressing import LAYOUTS, dressed, native

import lossary

SOFT = ("softmax", "log_softmax", "logsumexp", "sigmoid")
ORDINARY = (0.0, 1.0, -1.0, 0.3, -2.5, 40.0, 700.0)
EXTREME = (1e4, -1e4, 5e-324, 1e300, -1e300, -np.inf, np.nan)
WEIGHTS = (0.0, 0.5, 1.0, 3.7)


@dataclass(frozen=True)
class LayerCase:
    """A call whose arguments are arrays; in every guise it is the same to the last bit."""

    function: str
    numbers: tuple[float, ...]
    columns: int
    kind: str
    layouts: tuple[str, str, str]
    y: tuple[int, ...] = ()
    w: tuple[float, ...] | None = None

    def check(self) -> None:
        """Raise AssertionError unless the guise changes nothing."""
        tally.call(self.function, self.function, self.layouts, (self.kind,))
        rows = np.array(self.numbers, np.float64).reshape(-1, self.columns)
        with np.errstate(over="ignore", under="ignore"):
            plain = rows.astype(native(np.dtype(self.kind)))
        got, wanted = self._called(True, plain), self._called(False, plain)
        for a, b in zip(got, wanted, strict=True):
            assert np.array_equal(np.asarray(a, np.float64), np.asarray(b, np.float64), equal_nan=True), (
                f"{a} is not {b}"
            )
        if self.function in ("softmax", "sigmoid"):
            within = np.asarray(wanted[0], np.float64)
            assert np.all(np.isnan(within) | ((within >= 0.0) & (within <= 1.0)))
        tally.compared(self.function)

    def _called(self, guised: bool, plain: np.ndarray) -> list[Any]:
        def worn(array: np.ndarray, kind: str, layout: str) -> np.ndarray:
            return dressed(array, kind, layout) if guised else array.copy()

        x = worn(plain, self.kind, self.layouts[0])
        if self.function in SOFT:
            return [getattr(lossary, self.function)(x)]
        y = worn(np.array(self.y), ">i4" if self.layouts[1] == "plain" else "i8", self.layouts[1])
        w = None if self.w is None else worn(np.array(self.w), "f8", self.layouts[2])
        if self.function == "optimal_constant":
            return [lossary.huber.optimal_constant(x[:, 0], w)]
        layer = worn(plain[:1] * 0.25 + np.arange(3.0, dtype=plain.dtype)[:, np.newaxis], self.kind, self.layouts[1])
        found = lossary.linear_cross_entropy(x, layer, y, sample_weight=w, empty=0.0)
        return [each for each in found if each is not None]


@st.composite
def layer_cases(draw: st.DrawFn) -> LayerCase:
    """One call; scores without a limit for softmax, ordinary ones where matrices are multiplied."""
    function = draw(st.sampled_from((*SOFT, "linear_cross_entropy", "optimal_constant")))
    soft = function in SOFT
    rows, columns = draw(st.integers(1, 4)), draw(st.sampled_from((1, 3, 5)))
    chosen = st.sampled_from(ORDINARY + EXTREME if soft else ORDINARY[:5])
    numbers = draw(st.lists(chosen, min_size=rows * columns, max_size=rows * columns))
    y = draw(st.lists(st.integers(0, 2), min_size=rows, max_size=rows))
    weighted = not soft and draw(st.booleans())
    w = draw(st.lists(st.sampled_from(WEIGHTS), min_size=rows, max_size=rows)) if weighted else None
    if w is not None and function == "optimal_constant":
        w[0] = 1.0
    kind = draw(st.sampled_from(("f8", ">f8", "f4", ">f4")))
    layouts = tuple(draw(st.sampled_from(LAYOUTS)) for _ in range(3))
    return LayerCase(function, tuple(numbers), columns, kind, layouts, tuple(y), None if w is None else tuple(w))  # type: ignore[arg-type]
