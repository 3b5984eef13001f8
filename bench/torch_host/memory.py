"""``python -m bench.torch_host.memory``: the peaks of memory in ``docs/torch.md``, of tensors that no kernel takes.

Tensors in the processor's memory are sent the way that those of other devices take, and every block that torch asks its
allocator for is counted, forward and backward. The unit is the size of the gradient.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from lossary.torch import functional
from lossary.torch.execution import compiled, fast_path
from lossary.torch.tensors import kernels

BEGIN, END = "<!-- peaks: generated, do not edit -->", "<!-- end of peaks -->"
HEADINGS = ("loss", "dtype", "numbers", "torch", "here, by operations", "here, compiled")

POINTWISE = (
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "poisson_nll_loss",
    "soft_margin_loss",
)
"""Pointwise losses that torch has under the same name."""

LENGTH = 2_000_000


@dataclass(frozen=True)
class Case:
    """One loss, by the name that it has here and in torch, on numbers of one dtype and shape.

    ``compiling`` says that it is compiled too, which takes long: pointwise losses differ in nothing that could matter.
    """

    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]
    compiling: bool = False

    def arguments(self) -> tuple[Tensor, Tensor]:
        """Predictions that want a gradient, and targets."""
        drawn = torch.Generator().manual_seed(1857)
        f = torch.randn(self.shape, generator=drawn)
        if self.name == "binary_cross_entropy":
            f = torch.sigmoid(f)
        if len(self.shape) == 2:
            y = torch.randint(0, self.shape[1], self.shape[:1], generator=drawn)
        else:
            y = torch.randint(0, 2, self.shape, generator=drawn).to(self.dtype)
            y = 2.0 * y - 1.0 if self.name == "soft_margin_loss" else y
        return f.to(self.dtype).requires_grad_(), y


CASES = (
    Case("cross_entropy", torch.float32, (4096, 1000), compiling=True),
    Case("cross_entropy", torch.bfloat16, (4096, 1000), compiling=True),
    Case("cross_entropy", torch.float32, (200_000, 10)),
    *(Case(name, torch.float32, (LENGTH,), compiling=name == "huber_loss") for name in POINTWISE),
    Case("huber_loss", torch.bfloat16, (LENGTH,)),
)


@contextmanager
def elsewhere(compiling: bool = False) -> Iterator[None]:
    """Tensors in the processor's memory are treated as those of another device, for which torch may compile."""
    with ExitStack() as patches:
        patches.enter_context(mock.patch.object(kernels, "takes", return_value=False))
        patches.enter_context(mock.patch.object(fast_path, "_plain", return_value=False))
        patches.enter_context(mock.patch.object(compiled, "DEVICES", {"cpu"} if compiling else set()))
        yield


def peak(step: Callable[[], object]) -> int:
    """The most bytes that torch's allocator has given out at any time of a call, beyond those before it."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        step()
    now = most = 0
    for event in recorded.profiler.kineto_results.events():  # type: ignore[union-attr]
        if event.name() == "[memory]":
            now += event.nbytes()
            most = max(most, now)
    return most


def gradients(case: Case, function: Callable[[Tensor, Tensor], Tensor]) -> float:
    """The peak of a cost and its gradient, in sizes of the gradient."""
    f, y = case.arguments()

    def step() -> None:
        function(f, y).backward()
        f.grad = None

    step()
    return peak(step) / (f.numel() * f.element_size())


def of_torch(case: Case) -> float:
    """The peak of torch's own loss."""
    return gradients(case, getattr(torch.nn.functional, case.name))


def of_ours(case: Case, compiling: bool) -> float:
    """The peak of ours."""
    with elsewhere(compiling):
        return gradients(case, getattr(functional, case.name))


def row(case: Case) -> str:
    """A line of the table."""
    found = (
        of_torch(case),
        of_ours(case, compiling=False),
        *([of_ours(case, compiling=True)] if case.compiling else []),
    )
    numbers = " x ".join(f"{size:,}" for size in case.shape)
    peaks = [f"{each:.2f}" for each in found]
    cells = (f"`{case.name}`", str(case.dtype).removeprefix("torch."), numbers, *peaks, *[""] * (3 - len(peaks)))
    return f"| {' | '.join(cells)} |"


def filled(page: str, lines: list[str]) -> str:
    """The page with the table between its two marks."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    head = [f"| {' | '.join(HEADINGS)} |", "| --- | --- | ---: | ---: | ---: | ---: |"]
    table = "\n".join([*head, *lines])
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def main(page: Path = Path("docs/torch.md")) -> int:
    torch.set_num_threads(1)
    lines = []
    for case in CASES:
        lines.append(row(case))
        print(lines[-1], flush=True)
    page.write_text(filled(page.read_text(encoding="utf-8"), lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
