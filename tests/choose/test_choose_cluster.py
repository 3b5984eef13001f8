"""Clusters: where the work is done changes nothing in what comes of it."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import polars as pl
import pytest
from joblib import register_parallel_backend
from joblib.parallel import ThreadingBackend
from typer.testing import CliRunner

from lossary.choosing.planning import inspect_and_plan
from lossary.choosing.scheduling.engine import compare_candidates
from lossary.choosing.scheduling.store import Store
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.task import parse_question
from lossary.choosing.training import fold_fit
from lossary.cli.main import app

ROWS = 200


@pytest.fixture(scope="module")
def table():
    draw = np.random.default_rng(3)
    x = draw.uniform(0.0, 2.0, ROWS)
    return pl.DataFrame({"x": x, "y": 1.0 + 2.0 * x + draw.normal(size=ROWS)})


@pytest.fixture(scope="module")
def inspected(table):
    return inspect_and_plan(prepare_data(table, "y"), parse_question("mean"), models=["linear"], folds=3, repeats=1)


def run(inspected, folder=None, **more):
    problem, recipes = inspected.problem, inspected.workload.recipes[:2]
    return compare_candidates(problem, recipes, inspected.plan.folds, store=Store(folder, problem), **more).study


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_dask_gives_what_one_process_gives(inspected, tmp_path):
    distributed = pytest.importorskip("distributed")
    alone = run(inspected)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        together = run(inspected, tmp_path, jobs=2, backend="dask")
        where = client.run(lambda: "lossary.choosing.training.fold_fit" in sys.modules)
    assert any(where.values())  # it was the workers that trained
    for label, predictions in alone.predictions.items():
        np.testing.assert_array_equal(together.predictions[label], predictions)
    # What workers found is kept here, as ever.
    kept = len(list((tmp_path / "predictions").glob("*.npz")))
    assert kept == 2 * 3


def test_a_cluster_of_its_own_is_started_and_stopped(inspected):
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (ResourceWarning))
        found = run(inspected, jobs=2, backend="dask")
    label = next(iter(found.predictions))
    np.testing.assert_array_equal(found.predictions[label], run(inspected).predictions[label])
    with pytest.raises(ValueError, match="client"):
        distributed.get_client()


class Batches(ThreadingBackend):
    """As Ray's: it gives back all that it was given, or nothing."""

    supports_return_generator = False


def test_a_backend_that_answers_all_at_once_is_asked_little_by_little(inspected, tmp_path, monkeypatch):
    alone, trained, seen = run(inspected), [], []
    monkeypatch.setattr("lossary.choosing.scheduling.parallel.BACKENDS", ("batches",))
    register_parallel_backend("batches", Batches)
    monkeypatch.setattr(fold_fit, "run", lambda *unit, real=fold_fit.run: (trained.append(unit), real(*unit))[1])

    def watch(state):
        seen.append((state.done, len(list(tmp_path.glob("predictions/*.npz"))), len(trained)))

    together = run(inspected, tmp_path, jobs=2, backend="batches", watch=watch)
    for label, predictions in alone.predictions.items():
        np.testing.assert_array_equal(together.predictions[label], predictions)
    # Of six fits four are asked for at first; each is kept as it comes.
    assert seen == [(0, 0, 0), *((done, done, 4 if done <= 4 else 6) for done in range(1, 7))]


def test_ray_gives_what_one_process_gives(inspected):
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, logging_level="error")
    try:
        together = run(inspected, jobs=2, backend="ray")
    finally:
        ray.shutdown()
    for label, predictions in run(inspected).predictions.items():
        np.testing.assert_array_equal(together.predictions[label], predictions)


@pytest.mark.parametrize(("backend", "package"), [("ray", "ray"), ("dask", "distributed")])
def test_what_is_not_installed_is_named_in_one_line(table, tmp_path, monkeypatch, backend, package):
    monkeypatch.chdir(tmp_path)
    for name in (package, f"{package}.util", f"{package}.util.joblib", "dask.distributed"):
        monkeypatch.setitem(sys.modules, name, None)
    table.write_csv("data.csv")
    answer = CliRunner().invoke(
        app, ["choose", "data.csv", "--target", "y", "--models", "linear", "--backend", backend, "--jobs", "2"]
    )
    assert answer.exit_code == 2, answer.output
    last = answer.stderr.strip().splitlines()[-1]
    assert last.startswith(f"lossary: backend '{backend}' needs ")
    assert "pip install" in last
    assert "Traceback" not in answer.stderr
