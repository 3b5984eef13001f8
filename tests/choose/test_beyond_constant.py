"""Whether anything is predicted better than by one number for all: seldom where nothing is, and not too seldom else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from lossary.choosing.comparison.folds import SplitRows, plan_folds
from lossary.choosing.comparison.scores import score_candidates
from lossary.choosing.comparison.study import Candidate, Fold, Study, Want
from lossary.choosing.judging.beyond_constant import evidence_of_skill
from lossary.choosing.judging.decide import decide
from lossary.choosing.judging.leaderboard import Rules, leaderboard
from lossary.choosing.judging.verdict import beats_constant

FEW = Rules(draws=50)
ROWS = 120


def line(X: np.ndarray, y: np.ndarray, new: np.ndarray, penalty: float) -> np.ndarray:
    columns, tested = (np.column_stack([np.ones(len(each)), each]) for each in (X, new))
    ridge = penalty * len(y) * np.diag([0.0, *[1.0] * X.shape[1]])
    return tested @ np.linalg.solve(columns.T @ columns + ridge, columns.T @ y)


def of_logs(X: np.ndarray, y: np.ndarray, new: np.ndarray) -> np.ndarray:
    level = min(y.min(), 0.0)
    return np.exp(line(X, np.log1p(y - level), new, 0.01)) - 1.0 + level


def nearest(X: np.ndarray, y: np.ndarray, new: np.ndarray) -> np.ndarray:
    distance = np.abs(new[:, None, 0] - X[None, :, 0])
    return y[np.argsort(distance, axis=1)[:, :7]].mean(axis=1)


def robust(X: np.ndarray, y: np.ndarray, new: np.ndarray) -> np.ndarray:
    return line(X, np.clip(y, *np.quantile(y, [0.1, 0.9])), new, 0.01)


FITS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "line": lambda X, y, new: line(X, y, new, 0.0),
    "ridge": lambda X, y, new: line(X, y, new, 1.0),
    "robust": robust,
    "of logs": of_logs,
    "nearest": nearest,
}


def compared(X: np.ndarray, y: np.ndarray, groups: np.ndarray | None = None, ordered: bool = False) -> Study:
    """Lines and neighbours on five folds, by the folds that ``choose`` would make."""
    split = plan_folds(SplitRows(y, 0, 0, groups, ordered), 5, 1).folds
    positive, predictions = y.min() >= 0.0, {name: np.full((1, y.size), np.nan) for name in FITS}
    for fold in split:
        for name, fit in FITS.items():
            found = fit(X[fold.train], y[fold.train], X[fold.test])
            predictions[name][0, fold.test] = np.maximum(found, 1e-3) if positive else found
    candidates = [Candidate(name, "squared_error", {}, "linear", "identity") for name in FITS]
    constants = np.array([y[fold.train].mean() for fold in split])
    return Study(
        Want("mean"), y, None, split, candidates, predictions, constants, ordered=ordered, groups=groups
    )  # fmt: skip


def said(study: Study) -> bool:
    return beats_constant(leaderboard(study, FEW))


def copied(random: np.random.Generator, rows: int) -> np.ndarray:
    """Numbers of rows, a third of which stand there twice."""
    return np.r_[: rows * 2 // 3, random.integers(0, rows * 2 // 3, rows - rows * 2 // 3)]


def lost(random: np.random.Generator) -> Iterator[tuple[str, Study]]:
    """Targets that the features say nothing about."""
    X = random.normal(size=(ROWS, 4))
    yield "normal", compared(X, random.normal(size=ROWS))
    yield "long tails", compared(X, random.standard_t(2.0, size=ROWS))
    yield "amounts", compared(X, random.lognormal(0.0, 1.5, size=ROWS))
    yield "counts", compared(X, random.negative_binomial(0.5, 0.2, size=ROWS).astype(float))
    again = copied(random, ROWS)
    yield "copies", compared(X[again], random.standard_t(3.0, size=ROWS)[again], groups=again)
    group = np.arange(ROWS) // 6
    yield "groups", compared(X, random.normal(size=ROWS)[group] + random.normal(size=ROWS), groups=group)
    yield "time", compared(X, random.normal(size=ROWS), ordered=True)
    yield "random walk", compared(X, np.cumsum(random.normal(size=ROWS)), ordered=True)


def test_false_alarms_are_rare():
    tries, alarms = 30, {}
    for seed in range(tries):
        for name, study in lost(np.random.default_rng(seed)):
            alarms[name] = alarms.get(name, 0) + said(study)
    # In all 240 at most one in twenty; no kind of data far beyond it.
    assert sum(alarms.values()) <= 0.05 * tries * len(alarms), alarms
    assert max(alarms.values()) <= 5, alarms


def test_skills_are_seen():
    # The twins: the same data, with something to learn.
    random = np.random.default_rng(1)
    X = random.normal(size=(ROWS, 4))
    truth, again, group = X[:, 0], copied(random, ROWS), np.arange(ROWS) // 6
    effects = 0.3 * random.normal(size=ROWS)[group]
    studies = {
        "normal": compared(X, truth + random.normal(size=ROWS)),
        "long tails": compared(X, truth + random.standard_t(2.0, size=ROWS)),
        "amounts": compared(X, np.exp(truth + random.normal(size=ROWS))),
        "counts": compared(X, random.poisson(random.gamma(0.8, np.exp(truth) / 0.8)).astype(float)),
        "copies": compared(X[again], (truth + random.standard_t(3.0, size=ROWS))[again], groups=again),
        "groups": compared(X, truth + effects + random.normal(size=ROWS), groups=group),
        "time": compared(X, truth + random.normal(size=ROWS), ordered=True),
    }
    assert {name for name, study in studies.items() if said(study)} == set(studies)


def test_copies_of_rows_are_no_groups_that_hide_ranks(random):
    # Squared error sees nothing in few rows with a long tail; ranks do, and copies do not take them away.
    x = random.normal(size=150)
    y = np.exp(1.2 * x + 1.6 * random.normal(size=150))
    again = np.r_[np.arange(150), 0, 1, 2]
    study = compared(x[again][:, None], y[again], groups=again)
    board = leaderboard(study, FEW)
    assert board.association < 0.01
    plain = leaderboard(replace(study, groups=None), FEW)
    assert board.association == pytest.approx(plain.association, rel=0.9)
    assert beats_constant(board)


def test_five_of_five_folds_in_order_of_time_are_enough(study_from, made, random):
    # Better than the constant by 28 to 66% in each fold, among twenty candidates; the t-test over folds has p = 0.125.
    y = random.normal(size=600)
    X = random.normal(size=(600, 1))
    study = compared(X, y, ordered=True)
    names = [f"line {i}" for i in range(20)]
    predictions = {name: np.full((1, 600), np.nan) for name in names}
    for fold, share in zip(study.folds, (0.28, 0.4, 0.66, 0.3, 0.5), strict=True):
        constant = y[fold.train].mean()
        for i, name in enumerate(names):
            left = np.sqrt(1.0 - share + 0.002 * i)
            predictions[name][0, fold.test] = y[fold.test] - left * (y[fold.test] - constant)
    study = replace(study, candidates=[made(name) for name in names], predictions=predictions)
    board = leaderboard(study, FEW)
    shares = 1.0 - board.folds["line 0"] / board.folds["constant"]
    assert shares == pytest.approx([0.28, 0.4, 0.66, 0.3, 0.5])
    assert beats_constant(board)
    # Steps of the level alone, with no order of rows within a fold to see: the folds tell.
    level = {name: p.copy() for name, p in predictions.items()}
    steps = y.copy()
    for number, fold in enumerate(study.folds):
        steps[fold.test] += 4.0 * (number + 1)
        for name in names:
            level[name][0, fold.test] = steps[fold.test].mean()
    constants = np.array([steps[fold.train].mean() for fold in study.folds])
    stepped = replace(study, y=steps, predictions=level, constants=constants)
    assert leaderboard(stepped, FEW).evidence.p == 1 / 32
    assert beats_constant(leaderboard(stepped, FEW))


def test_claims_are_seen_by_a_deviance_where_squared_error_drowns(study_from, made):
    random = np.random.default_rng(4)
    mean = np.exp(1.2 * random.normal(size=400))
    y = random.poisson(random.gamma(0.2, mean / 0.2)).astype(float)
    study = study_from(y, {"poisson": mean}, Want("mean"),
                       candidates=[made("poisson", loss="poisson", link="log")])  # fmt: skip
    board = leaderboard(study, FEW)
    assert evidence_of_skill(study, [score_candidates(study, board.primary)], ["poisson"]).p > 0.05
    assert board.evidence.p < 0.01
    assert board.evidence.yardstick == "Poisson deviance"
    assert board.best.value < board.constant
    assert beats_constant(replace(board, association=1.0))
    # Scored worse than the constant it is not recommended, and it is said which yardstick sees it.
    worse = replace(study, predictions={"poisson": study.predictions["poisson"] * 2.5})
    decision = decide(worse, rules=FEW)
    assert decision.leaderboard.best.value >= decision.leaderboard.constant
    assert decision.verdict.code == "constant"
    assert decision.verdict.headline == (
        "Predict the mean of the target for every row: by squared error no candidate is better, though by Poisson "
        "deviance one is."
    )
    (told,) = (f for f in decision.findings if f.kind.name == "nothing_beats_constant")
    assert "--primary 'Poisson deviance'" in told.text


def test_a_better_level_is_no_skill(study_from, random):
    # One huge target makes a poor constant of the mean, and a robust one beats it in nearly every row.
    y = random.lognormal(0.0, 0.5, size=200)
    y[17] = 500.0
    study = study_from(y, {"robust": np.full(200, np.median(y)) + 1e-3 * random.normal(size=200)}, Want("mean"))
    board = leaderboard(study, FEW)
    assert (board.folds["robust"] < board.folds["constant"]).sum() >= 4
    assert board.evidence.p > 0.05
    assert not beats_constant(board)


def test_it_is_the_test_of_random_signs(study_from, random):
    # By hand: eight groups have 256 patterns of signs; the share of them that save as much is p.
    y = random.normal(size=80)
    group = np.arange(80) // 10
    study = study_from(y, {"a": 0.4 * y + 0.7 * random.normal(size=80)}, Want("mean"), groups=group)
    board = leaderboard(study, FEW)
    saved = np.zeros(80)
    for number, fold in enumerate(study.folds):
        p = study.predictions["a"][0, fold.test]
        level, own = (p.mean() - y[fold.test]) ** 2, (p - y[fold.test]) ** 2
        saved[fold.test] = (level - own) / np.mean((y[fold.test] - study.constants[number]) ** 2)
    sums = np.bincount(group, saved)
    patterns = 1.0 - 2.0 * ((np.arange(256)[:, None] >> np.arange(8)) & 1)
    by_hand = np.mean(patterns @ sums >= sums.sum() - 1e-9)
    assert board.evidence.p == pytest.approx(by_hand)
    assert 0.0 < by_hand < 0.6


def test_few_groups_are_cut_into_pieces(study_from, random):
    y = random.normal(size=120)
    group = np.r_[np.zeros(30), np.ones(40), np.full(50, 7)]
    folds = [Fold(np.flatnonzero(group != g), np.flatnonzero(group == g)) for g in (0, 1, 7)]
    study = study_from(y, {"a": 0.5 * y + 0.4 * random.normal(size=120)}, Want("mean"), groups=group)
    study = replace(study, folds=folds, constants=np.array([y[fold.train].mean() for fold in folds]))
    # Three groups in three pieces each: of 512 patterns of signs none but the one found saves as much.
    assert leaderboard(study, FEW).evidence.p == 1 / 512
    lost = replace(study, predictions={"a": random.permutation(study.predictions["a"], axis=1)})
    assert leaderboard(lost, FEW).evidence.p > 0.05


def test_without_a_score_of_the_constant_nothing_is_tested(study_from, random):
    y = random.gamma(2.0, 1.0, 60)
    study = study_from(y, {"a": y * 1.1}, Want("mean"), constants=np.full(5, -1.0))
    board = leaderboard(study, FEW, "gamma deviance")
    assert evidence_of_skill(study, [], ["a"]).p == 1.0
    assert beats_constant(board)
