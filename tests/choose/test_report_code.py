"""Every block of a report's code, run as it is pasted, on a table of each kind."""

from __future__ import annotations

import re
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_limits

pytest.importorskip("jinja2")
pytest.importorskip("torch")
pytest.importorskip("lightgbm")
pytest.importorskip("xgboost")

import torch
from tests.support.report_tables import KINDS, Kind

from lossary.choosing.candidates import candidates
from lossary.choosing.choose import choose
from lossary.choosing.comparison.study import Candidate, Fold, Study
from lossary.choosing.comparison.thresholds import decided_classes
from lossary.choosing.comparison.yardsticks import panel
from lossary.choosing.diagnosis.diagnose import Diagnosis, Settings
from lossary.choosing.planning import Inspection
from lossary.choosing.report.code import networks
from lossary.choosing.report.code.blocks import COMPARED_IN, recipes
from lossary.choosing.report.code.install import EXTRAS, IN_CHOOSE, with_install
from lossary.choosing.report.code.winner import Winner
from lossary.choosing.report.supplement import columns_of_code, source_of
from lossary.choosing.table.data import prepare_data
from lossary.choosing.table.features import features_of
from lossary.choosing.table.task import parse_question, task_of, with_positive
from lossary.choosing.training import fold_fit
from lossary.choosing.training.linear_models import PENALTIES
from lossary.choosing.training.predictions import scale_of
from lossary.choosing.training.problem import Problem
from lossary.choosing.training.training_set import TreeSettings
from lossary.cli.data import read_frame

FEW_TREES = TreeSettings(rate=0.1, rounds=60)
LEAST = {"scikit-learn": 0.8, "LightGBM": 0.7, "XGBoost": 0.7, "PyTorch": 0.5}
"""The share of the comparison's skill on training rows that a host's code comes to, where it does not do the same."""

EXACT = 1e-3
"""The distance from the comparison's predictions, in their standard deviations, where the code does the same."""

SHIFTED = 0.3
"""The same where residuals of rows held out move predictions: other rows are held out."""


class Reported:
    """A kind's table as a file, the candidate that is said to have won, and the report's code for it."""

    def __init__(self, kind: Kind, folder: Path, model: str) -> None:
        read = read_frame(kind.write(folder), ["y"])
        data = prepare_data(read.frame, "y", **kind.prepared).of_file(read)
        question = dict(kind.question)
        positive = question.pop("positive", None)
        want = parse_question(kind.want, **question)
        task = task_of("y", data.y, want.functional in ("probability", "label"))
        if positive is not None:
            task, _ = with_positive(task, positive)
            want = replace(want, positive=positive)
        groups = None if data.groups is None else np.unique(data.groups, return_inverse=True)[1]
        told = Diagnosis((), Settings(spread=float(np.std(task.y))))
        features = features_of(data.columns, data.rows, data.times)
        problem = Problem(
            features, task.y, task.classes, data.weight, want, groups, data.time is not None, 0, "", FEW_TREES
        )
        inspection = Inspection(data, task, want, problem, problem, None, told, None, None)
        suitable = candidates(want, task, told, [model])
        self.recipe = next((each for each in suitable if each.label.startswith(kind.loss)), suitable[0])
        self.problem, self.rows = problem, data.rows
        self.all = Fold(np.arange(problem.y.size), np.arange(problem.y.size))
        self.study = Study(
            want, problem.y, data.weight, [self.all], [], {}, np.empty(0), task.classes, ordered=problem.ordered
        )
        path = next(folder.iterdir())
        self.told = (columns_of_code(inspection), source_of(inspection, str(path)), FEW_TREES)

    def codes(self, candidate: Candidate) -> dict[str, str]:
        return {each.host: each.code for each in recipes(self.study, candidate, *self.told) if each.code}

    def cost(self, predictions: np.ndarray, labels: np.ndarray | None = None) -> float:
        if self.problem.want.functional == "label":
            predictions = decided_classes(self.study, predictions, None) if labels is None else labels
        return float(np.average(panel(self.study)[0].score(self.problem.y, predictions), weights=self.problem.weight))

    def labels(self, found: Mapping[str, Any]) -> np.ndarray | None:
        """The labels that the code decided on, as numbers of classes."""
        if found.get("labels") is None:
            return None
        names = [f"{each:g}" if isinstance(each, float) else str(each) for each in found["labels"].tolist()]
        return np.array([float(self.problem.classes.index(name)) for name in names])[self.rows]


def pasted(codes: Mapping[str, str], *hosts: str, **given: Any) -> dict[str, Any]:
    """What a session knows after blocks were pasted into it; any warning is an error."""
    known: dict[str, Any] = dict(given)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("error")
        for host in hosts:
            exec(compile(codes[host], host, "exec"), known)
    return known


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for the table, while another one, empty, is where the code is pasted."""
    (tmp_path / "a folder").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr(networks, "EPOCHS", 60)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield tmp_path / "a folder"
    torch.set_num_threads(threads)
    assert not list(Path.cwd().iterdir())


MODELS = ("linear", "boosting")
EVERY_BLOCK = "tests/choose/test_report_code.py::test_every_block_predicts_what_was_compared"


def every_kind() -> Iterator[Any]:
    """Each kind of table with each model; in every run one of the two, in turn."""
    for place, kind in enumerate(name for name in KINDS if name != "constant"):
        for model in MODELS:
            marks = () if model == MODELS[place % 2] else pytest.mark.slow(EVERY_BLOCK)
            yield pytest.param(kind, model, id=f"{kind}-{model}", marks=marks)


@pytest.mark.parametrize(("kind", "model"), list(every_kind()))
def test_every_block_predicts_what_was_compared(elsewhere: Path, kind: str, model: str) -> None:
    reported = Reported(KINDS[kind], elsewhere, model)
    codes = reported.codes(reported.recipe.candidate)
    hosts = [host for host in codes if host != "The table"]
    assert hosts[0] == COMPARED_IN[model]
    assert set(hosts) >= {"LightGBM", "XGBoost", "PyTorch"}
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the comparison's own are remarks
        own = fold_fit.run(reported.problem, reported.recipe, reported.all).predictions
        constant = np.broadcast_to(fold_fit.constants(reported.problem, [reported.all])[0], own.shape)
    base, own_cost = reported.cost(constant), reported.cost(own)
    assert own_cost < base
    for host in hosts:
        known = pasted(codes, "The table", host)
        found = np.asarray(known["predictions"])[reported.rows]
        assert found.shape == own.shape
        assert np.isfinite(found).all()
        if host == "scikit-learn" and model == "linear" and "GridSearchCV" not in codes[host]:
            limit = SHIFTED if reported.recipe.shifted or reported.recipe.smeared else EXACT
            np.testing.assert_allclose(found, own, atol=limit * own.std(), rtol=0.0, err_msg=host)
        skill = (base - reported.cost(found, reported.labels(known))) / (base - own_cost)
        assert skill >= LEAST[host], (host, skill)


@pytest.mark.parametrize("kind", ["numbers", "counts", "several classes", "weights"])
def test_blocks_for_a_network_teach_what_was_compared(elsewhere: Path, kind: str) -> None:
    reported = Reported(KINDS[kind], elsewhere, "mlp")
    codes = reported.codes(reported.recipe.candidate)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = fold_fit.run(reported.problem, reported.recipe, reported.all).predictions
        constant = np.broadcast_to(fold_fit.constants(reported.problem, [reported.all])[0], own.shape)
    base, own_cost = reported.cost(constant), reported.cost(own)
    for host in ("scikit-learn", "PyTorch"):
        found = np.asarray(pasted(codes, "The table", host)["predictions"])[reported.rows]
        assert (base - reported.cost(found)) / (base - own_cost) >= LEAST[host], host


def test_the_constants_block_finds_the_constant(elsewhere: Path) -> None:
    reported = Reported(KINDS["constant"], elsewhere, "linear")
    codes = reported.codes(Candidate("constant", "", {}, "constant", "identity", kind="constant"))
    found = pasted(codes, "The table", "Python")["prediction"]
    np.testing.assert_allclose(found, np.quantile(reported.problem.y, [0.1, 0.9]), atol=0.05)


def test_a_written_report_can_be_pasted(elsewhere: Path) -> None:
    """From Markdown, for a table at hand whose numbers are text, and with the model that was saved."""
    table = pl.read_csv(KINDS["text"].write(elsewhere), infer_schema=False)
    choice = choose(table, "y", want="mean", models=["linear"], losses=["squared_error"], only=True, folds=2, repeats=1)
    saved = choice.model.save(elsewhere / "a model.lossary")
    choice.report(elsewhere / "report.md", saved)
    text = (elsewhere / "report.md").read_text(encoding="utf-8")
    fenced = r":?\n(?:(?!```).)*?```python\n(.*?)\n```"
    codes = {name: re.search(name + fenced, text, re.DOTALL)[1] for name in ("in Python", "The table", "scikit-learn")}

    table.write_csv("new.csv")
    told = pasted(codes, "in Python")["predictions"]
    Path("new.csv").unlink()
    np.testing.assert_array_equal(told, choice.model.predict(table))

    found = pasted(codes, "The table", "scikit-learn", table=table, new=table.drop("y"))["predictions"]
    assert np.corrcoef(found, told)[0, 1] > 0.99


def test_a_penalty_of_other_units_is_a_number_where_the_loss_is_flat() -> None:
    """A slope of zero over one of zero is no number: within a margin, and for predictions that are no shares."""
    y = np.linspace(3.0, 400.0, 50)
    for loss, parameters, link in (
        ("epsilon_insensitive", {"epsilon": 90.0}, "identity"),
        ("binary_cross_entropy", {}, "logit"),
        ("huber", {"delta": 30.0}, "identity"),
    ):
        targets = y / 401.0 if link == "logit" else y
        study = Study(parse_question("mean"), targets, None, [], [], {}, np.empty(0))
        candidate = Candidate("a", loss, parameters, "linear", link)
        penalties = Winner(study, candidate, 10).penalties
        assert len(penalties) == len(PENALTIES)
        assert all(np.isfinite(each) and each > 0.0 for each in penalties), loss
    unit = scale_of(candidate, y).unit
    np.testing.assert_allclose(penalties, PENALTIES, rtol=1e-2)  # Huber's cost and coefficients: u**2 over u**2
    assert unit > 1.0


def test_every_block_says_what_to_install(elsewhere: Path) -> None:
    """The names are extras of the package, and have the modules that the code imports."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    assert set(EXTRAS) <= set(extras)
    assert f"lossary[cli,{','.join(reversed(IN_CHOOSE))}]" in extras["choose"]
    reported = Reported(KINDS["numbers"], elsewhere, "mlp")
    first = {host: code.splitlines()[0] for host, code in reported.codes(reported.recipe.candidate).items()}
    assert first == {
        "The table": '# pip install "lossary[choose]"',
        "scikit-learn": '# pip install "lossary[sklearn,torch]"',
        "LightGBM": '# pip install "lossary[lightgbm,sklearn]"',
        "XGBoost": '# pip install "lossary[sklearn,xgboost]"',
        "PyTorch": '# pip install "lossary[sklearn,torch]"',
    }
    assert with_install("table = lossary.read_table('/a/b.XLSX')").startswith('# pip install "lossary[choose,excel]"\n')
    assert with_install("import lossary").startswith('# pip install "lossary"\n')
