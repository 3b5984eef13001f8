"""Runs units of work here, in other processes, or on a cluster, and yields outcomes as they come."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from typing import Any

import numpy as np

from lossary.choosing.comparison.study import Fold
from lossary.choosing.training import fold_fit
from lossary.choosing.training.fold_fit import Outcome
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.recipes import Recipe

BACKENDS = ("loky", "threading", "dask", "ray")

Unit = tuple[Recipe, int, Fold]
"""A recipe, and a fold with its number."""
Done = tuple[Recipe, int, Outcome | str]
"""What came of a unit: an outcome, or the message of an error."""
RunAll = Callable[[Iterable[Unit]], Iterator[Done]]


def require_backend(backend: str) -> None:
    """Refuse a name that no backend has, before anything is run."""
    if backend not in BACKENDS:
        raise ValueError(f"the backend must be one of {', '.join(BACKENDS)}, not {backend!r}")


@contextmanager
def parallel(problem: Problem, jobs: int, backend: str) -> Iterator[RunAll]:
    """A function that runs units, here or in other processes, and yields outcomes as they come."""
    require_backend(backend)
    if jobs == 1 and backend == "loky":
        yield lambda units: (_attempt(problem, *unit) for unit in units)
        return
    from joblib import Parallel, delayed, parallel_config  # noqa: PLC0415  not needed for one process
    from joblib.parallel import get_active_backend  # noqa: PLC0415

    options = {**_threads(backend), **_scattered(problem, backend)}
    with _cluster(backend, jobs), parallel_config(backend=backend, n_jobs=jobs, **options), warnings.catch_warnings():
        # Networks leave memory behind: loky then takes a new process, and nothing is lost.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given", category=UserWarning)

        def run_all(units: Iterable[Unit]) -> Iterator[Done]:
            tasks = (delayed(_attempt)(problem, *unit) for unit in units)
            if get_active_backend()[0].supports_return_generator:
                yield from Parallel(return_as="generator_unordered", pre_dispatch="2*n_jobs", batch_size=1)(tasks)
            else:  # Ray: a few at a time, so that little is lost by an interruption
                with Parallel(batch_size=1) as workers:
                    while batch := list(islice(tasks, 2 * jobs)):
                        yield from workers(batch)

        yield run_all


def _scattered(problem: Problem, backend: str) -> dict[str, Any]:
    """Dask sends the problem to its workers once, not with every unit."""
    return {"scatter": [problem]} if backend == "dask" else {}


def _threads(backend: str) -> dict[str, Any]:
    return {"inner_max_num_threads": 1} if backend == "loky" else {}


def _cluster(backend: str, jobs: int) -> AbstractContextManager[Any]:
    """A client of a Dask cluster, made here unless there is one; Ray is registered with joblib."""
    if backend == "ray":
        try:
            from ray.util.joblib import register_ray  # noqa: PLC0415  only for those who ask
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError("backend 'ray' needs Ray: pip install 'lossary[ray]'", name="ray") from error
        register_ray()
    if backend != "dask":
        return nullcontext()
    try:
        from dask.distributed import Client, get_client  # noqa: PLC0415  only for those who ask
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("backend 'dask' needs Dask: pip install 'lossary[dask]'", name="dask") from error
    try:
        return nullcontext(get_client())
    except ValueError:
        return Client(n_workers=jobs, threads_per_worker=1, dashboard_address=None)


def _attempt(problem: Problem, recipe: Recipe, index: int, fold: Fold) -> Done:
    """One unit of work; a failure comes back as its message."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return recipe, index, fold_fit.run(problem, recipe, fold)
        except (ValueError, TypeError, ArithmeticError, RuntimeError, np.linalg.LinAlgError, ImportError) as error:
            return recipe, index, f"{type(error).__name__}: {' '.join(str(error).split())}"
