"""Compile the kernels that usual calls ask for, before anybody waits for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lossary.backends.cpu.cache import loader, store
from lossary.backends.cpu.specs.rows import NARROWEST_WIDE
from lossary.evaluate.arrays.weights import summing
from lossary.evaluate.pointwise.function import LossFunction
from lossary.evaluate.registry import AnyLoss, get
from lossary.evaluate.rows.function import RowLossFunction

CALLS = ("value", "gradient", "cost", "cost_and_gradient", "gradient_and_hessian")
"""The calls that kernels are compiled for."""

DTYPES = ("float32", "float64")
CLASSES = (3, NARROWEST_WIDE)
"""Scores a row: kernels of narrow rows are others than those of wide ones."""


@dataclass(frozen=True)
class Warmed:
    """What came of warming: how many kernels were compiled, how many calls found theirs, and what failed."""

    compiled: int
    ready: int
    failed: tuple[str, ...]


Call = tuple[str, Callable[[], object]]


def warm(
    *losses: str | AnyLoss,
    calls: Iterable[str] = CALLS,
    dtypes: Iterable[str] = DTYPES,
    progress: Callable[[int, int], None] | None = None,
) -> Warmed:
    """Compile what the usual calls of these losses need, and keep it, so that later processes find it.

    Each call is made with weights and without. For rows of scores also: class indices and rows of target weights, few
    classes and many (65 and more). That is up to 16 kernels a loss and 64 a rowwise one, of up to half a second each.
    Kernels of other options are compiled when they are first asked for, as ever.

    Parameters
    ----------
    losses : names as ``lossary.get`` takes them, or losses
    calls : of "value", "gradient", "cost", "cost_and_gradient" and "gradient_and_hessian", default all
    dtypes : of "float32" and "float64", default both
    progress : called with the number of calls done and that of all, optional

    Returns
    -------
    Warmed
        ``compiled``, ``ready`` (calls whose kernel was there) and ``failed`` (sentences about calls that raised).

    Raises
    ------
    ValueError
        No loss, or a name that nothing has.

    Examples
    --------
    >>> import lossary
    >>> lossary.cache.warm("huber", calls=["cost"], dtypes=["float64"]).failed
    ()
    """
    if not losses:
        raise ValueError('name the losses to warm, such as "huber" and "quantile"')
    work = _work(losses, calls, dtypes)
    # What is loaded may have been cleared from the disk, or come from another folder.
    loader.forget()
    summing.cache_clear()
    compiled, ready, failed = 0, 0, []
    for done, (name, call) in enumerate(work, start=1):
        before = len(store.compiled)
        try:
            with np.errstate(all="ignore"):
                call()
        except (TypeError, ValueError) as refusal:
            failed.append(f"{name}: {refusal}")
        compiled += len(store.compiled) - before
        ready += len(store.compiled) == before
        if progress is not None:
            progress(done, len(work))
    return Warmed(compiled, ready - len(failed), tuple(failed))


def planned(losses: Iterable[str | AnyLoss], calls: Iterable[str], dtypes: Iterable[str]) -> int:
    """How many calls ``warm`` would make."""
    return len(_work(losses, calls, dtypes))


def _work(losses: Iterable[str | AnyLoss], calls: Iterable[str], dtypes: Iterable[str]) -> list[Call]:
    chosen, kinds = _known("calls", calls, CALLS), _known("dtypes", dtypes, DTYPES)
    # A loss of its own holds no kernels yet.
    return [call for each in losses for call in _calls(get(each).using(), chosen, kinds)]


def _known(what: str, asked: Iterable[str], have: tuple[str, ...]) -> list[str]:
    names = [asked] if isinstance(asked, str) else list(asked)
    wrong = next((each for each in names if each not in have), None)
    if wrong is not None:
        raise ValueError(f"{what} must be of {', '.join(have)}, not {wrong!r}")
    return names


def _calls(loss: AnyLoss, calls: list[str], dtypes: list[str]) -> Iterator[Call]:
    """All calls of a loss, on numbers of which only the dtypes matter: nothing is checked, no answer is kept."""
    for dtype in dtypes:
        if isinstance(loss, RowLossFunction):
            for k in CLASSES:
                yield from _row_calls(loss, calls, np.full((2, k), 1.0 / k, dtype), k)
        else:
            ones = np.ones(2, dtype)
            yield from _named(loss, calls, ones, ones, np.ones(2, dtype))


def _row_calls(loss: RowLossFunction, calls: list[str], f: np.ndarray, k: int) -> Iterator[Call]:
    if loss.record.targets != "scores":
        yield from _named(loss, calls, np.zeros(2, np.int64), f, np.ones(2))
    targets = np.full((2, k + loss.record.more_classes), 1.0 / k, f.dtype)
    yield from _named(loss, calls, targets, f, np.ones(2))


def _named(
    loss: LossFunction | RowLossFunction, calls: list[str], y: np.ndarray, f: np.ndarray, weight: np.ndarray
) -> Iterator[Call]:
    for call in calls:
        name = f"{loss.name}, {call}, {f.dtype}"
        if call in ("value", "gradient"):
            method = loss if call == "value" else loss.gradient
            yield name, lambda method=method: method(y, f, check=False)  # type: ignore[misc]
            continue
        method = getattr(loss, call)
        for w in (None, weight):
            yield name, lambda method=method, w=w: method(y, f, w, check=False)  # type: ignore[misc]
