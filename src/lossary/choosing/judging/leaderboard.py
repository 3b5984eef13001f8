"""Every candidate's scores, its skill, its bias, and how it compares with the best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lossary.choosing.comparison import scores as scoring
from lossary.choosing.comparison import yardsticks
from lossary.choosing.comparison.functionals import aims_at
from lossary.choosing.comparison.scores import Scores
from lossary.choosing.comparison.study import Candidate, Study
from lossary.choosing.comparison.yardsticks import Yardstick
from lossary.choosing.judging.beyond_constant import NO_EVIDENCE, Evidence, evidence_of_skill
from lossary.choosing.judging.bias import Bias, biases, decision_errors
from lossary.choosing.judging.coverage import Coverage, coverage
from lossary.choosing.judging.impossible_predictions import impossible_share
from lossary.choosing.judging.rank_association import association
from lossary.choosing.judging.significance import (
    Odds,
    Optimism,
    Resampler,
    TTest,
    corrected_t_test,
    corrected_winner,
)
from lossary.choosing.judging.stability import exploding_folds
from lossary.choosing.judging.ties import RivalScores, Rules, against_best


@dataclass(frozen=True)
class Entry:
    """One candidate. What was not computed, as the candidate failed or is itself the best, is None.

    ``scores`` has the yardsticks' mean scores, ``undefined`` why one is missing. ``gap`` is the score minus the best's,
    tested over folds; ``holm_p`` its p-value after Holm, ``confidence_p`` that of the model confidence set, ``odds``
    those of being better than the best, equal, or worse. ``tied`` says that it may be the best, ``standing`` why or
    why not, ``aims`` that its loss is least at what is wanted, ``impossible`` the share of predictions that cannot be,
    ``unstable`` in words how it explodes in a fold, if it does.
    """

    candidate: Candidate
    score: float | None
    skill: float | None
    scores: Mapping[str, float]
    undefined: Mapping[str, str]
    biases: tuple[Bias, ...] = ()
    coverage: Coverage | None = None
    decisions: Mapping[str, float] | None = None
    gap: TTest | None = None
    naive_p: float | None = None
    holm_p: float | None = None
    confidence_p: float | None = None
    odds: Odds | None = None
    tied: bool = False
    standing: str = ""
    aims: bool = True
    impossible: float = 0.0
    unstable: str = ""
    seconds: float | None = None
    failure: str = ""

    @property
    def label(self) -> str:
        return self.candidate.label

    @property
    def name(self) -> str:
        """The candidate as people read it."""
        return self.candidate.name

    @property
    def value(self) -> float:
        """The score of a candidate that has one, as rivals have."""
        assert self.score is not None
        return self.score


@dataclass(frozen=True)
class Leaderboard:
    """All candidates, best first by the first yardstick; behind them those that explode in a fold, and failed ones."""

    yardsticks: tuple[Yardstick, ...]
    entries: tuple[Entry, ...]
    constant: float
    """The score of the best constant."""
    rules: Rules
    folds: Mapping[str, np.ndarray]
    """Mean scores by the first yardstick, fold by fold."""
    ratio: float
    """Rows tested over rows trained on."""
    optimism: Optimism | None
    association: float = 1.0
    """The p-value of the best candidate's predictions not going with the targets, by ranks, times the candidates."""
    evidence: Evidence = NO_EVIDENCE
    """Whether any candidate saves more of the constant's score than luck would."""

    @property
    def primary(self) -> Yardstick:
        return self.yardsticks[0]

    @property
    def rope(self) -> float:
        """The difference of scores that is practically nothing."""
        return self.rules.rope * self._scale(self.constant)

    @property
    def small(self) -> float:
        """The difference of scores not worth a less simple candidate: relative to the best score, if that is less."""
        return self.rules.rope * min(self._scale(self.constant), abs(self.best.score or 0.0))

    def _scale(self, score: float) -> float:
        return score if np.isfinite(score) else abs(self.best.score or 0.0)

    def worse_by(self, one: Entry, other: Entry) -> float:
        """By which share the first's score is worse than the second's, as people read scores; below zero if better."""
        base = self.primary.read(other.value)
        return self.primary.read(one.value) / base - 1.0 if base else math.nan

    @property
    def rivals(self) -> tuple[Entry, ...]:
        """The candidates that have a score and are no constants, best first; behind them those that explode."""
        return tuple(e for e in self.entries if e.score is not None and e.candidate.kind != "constant")

    @property
    def eligible(self) -> tuple[Entry, ...]:
        """The rivals that may be recommended: steady, and better than the constant; if there are none, the best."""
        limit = self.constant if np.isfinite(self.constant) else np.inf
        return tuple(e for e in self.rivals if not e.unstable and e.value < limit) or (self.best,)

    @property
    def best(self) -> Entry:
        """The best rival that does not explode in a fold, if there is one."""
        return self.rivals[0]

    @property
    def tied(self) -> tuple[Entry, ...]:
        return tuple(e for e in self.rivals if e.tied)

    def entry(self, label: str) -> Entry:
        """The entry of a label; KeyError if there is none."""
        for entry in self.entries:
            if entry.label == label:
                return entry
        raise KeyError(label)

    def gap(self, one: str, other: str) -> TTest:
        """The first's score minus the second's, with the corrected t-test over folds."""
        return corrected_t_test(self.folds[one] - self.folds[other], self.ratio)


def leaderboard(study: Study, rules: Rules | None = None, primary: str | None = None) -> Leaderboard:
    """Score every candidate, and compare it with the best.

    Parameters
    ----------
    study : Study
    rules : Rules, optional
    primary : str, optional
        The name of the yardstick that decides, where it is not the panel's first: "Poisson deviance".

    Raises ValueError if no candidate can be scored, or no yardstick has that name.
    """
    rules = rules or Rules()
    panel = _ordered(yardsticks.panel(study), primary)
    scores = [scoring.score_candidates(study, yardstick) for yardstick in panel]
    candidates = _with_constant(study)
    by_row = _all_rows(scores[0], candidates)
    if not any(c.label in by_row for c in candidates if c.kind != "constant"):
        reasons = "; ".join(f"{label}: {why}" for label, why in scores[0].undefined.items())
        raise ValueError(f"no candidate has a {panel[0].name} to be compared by: {reasons or 'there is none'}")
    constant = scoring.mean_score(study, scores[0].constant)
    entries = [_entry(study, c, scores, constant) for c in candidates]
    folds = {label: scoring.by_fold(study, rows) for label, rows in by_row.items()}
    entries = _with_stability(entries, folds, panel[0], constant)
    entries.sort(
        key=lambda e: (
            e.score is None,
            bool(e.unstable),
            e.score if e.score is not None else 0.0,
            e.candidate.complexity,
        )
    )
    ratio = float(np.mean([fold.test.size / fold.train.size for fold in study.folds]))
    board = Leaderboard(tuple(panel), tuple(entries), constant, rules, folds, ratio, None)
    return _compared(study, board, by_row, scores)


def _ordered(panel: Sequence[Yardstick], primary: str | None) -> list[Yardstick]:
    if primary is None:
        return list(panel)
    chosen = [y for y in panel if y.name.lower() == primary.lower()]
    if not chosen:
        names = ", ".join(repr(y.name) for y in panel)
        raise ValueError(f"no yardstick of this question is called {primary!r}; there are {names}")
    return [*chosen, *(y for y in panel if y is not chosen[0])]


def _with_constant(study: Study) -> list[Candidate]:
    candidates = list(study.candidates)
    if not any(c.kind == "constant" for c in candidates):
        candidates.append(Candidate("constant", "", {}, "constant", "identity", kind="constant", name="best constant"))
    return candidates


def _all_rows(scores: Scores, candidates: Sequence[Candidate]) -> dict[str, np.ndarray]:
    """Scores of every row by label; the constant's are those of the folds' constants."""
    by_label = {}
    for candidate in candidates:
        rows = scores.by_candidate.get(candidate.label)
        if candidate.kind == "constant" and rows is None:
            rows = scores.constant
        if rows is not None:
            by_label[candidate.label] = rows
    return by_label


def _entry(study: Study, candidate: Candidate, scores: Sequence[Scores], constant: float) -> Entry:
    means, undefined = {}, {}
    for yardstick_scores in scores:
        rows = _all_rows(yardstick_scores, [candidate]).get(candidate.label)
        if rows is None:
            undefined[yardstick_scores.yardstick.name] = yardstick_scores.undefined[candidate.label]
        else:
            means[yardstick_scores.yardstick.name] = scoring.mean_score(study, rows)
    score = means.get(scores[0].yardstick.name)
    seconds, failure = study.seconds.get(candidate.label), study.failures.get(candidate.label, "")
    if score is None:
        failure = failure or undefined[scores[0].yardstick.name]
        return Entry(candidate, None, None, means, undefined, seconds=seconds, failure=failure)
    entry = Entry(candidate, score, scoring.skill(score, constant), means, undefined, seconds=seconds, failure=failure)
    if candidate.label not in study.predictions:
        return entry
    return replace(
        entry,
        biases=biases(study, candidate.label),
        coverage=coverage(study, candidate.label),
        decisions=decision_errors(study, candidate.label),
        aims=aims_at(study.want, candidate),
        impossible=impossible_share(study, candidate.label),
    )


def _with_stability(
    entries: Sequence[Entry], folds: Mapping[str, np.ndarray], primary: Yardstick, overall: float
) -> list[Entry]:
    """The same entries, those that explode in a fold marked; where no row can cost more than a price, nothing does."""
    if primary.bounded:
        return list(entries)
    constant = next(e.label for e in entries if e.candidate.kind == "constant")
    scored = {e.label: folds[e.label] for e in entries if e.score is not None and e.label != constant}
    exploding = exploding_folds(scored, folds.get(constant), overall)
    marked = []
    for entry in entries:
        if entry.label in exploding:
            fold, score = exploding[entry.label]
            beside = ""
            if constant in folds:
                beside = f"; the best constant has {primary.read(folds[constant][fold]):.4g} there"
            words = f"in fold {fold + 1} its {primary.shown} is {primary.read(score):.4g}{beside}"
            entry = replace(entry, unstable=words)
        marked.append(entry)
    return marked


def _compared(
    study: Study, board: Leaderboard, rows: Mapping[str, np.ndarray], scores: Sequence[Scores]
) -> Leaderboard:
    """The same board with every rival tested against the best; those that explode inflate nobody's error."""
    steady = [e for e in board.rivals if not e.unstable] or list(board.rivals)
    rivals = _rival_scores(study, board, steady, rows)
    comparisons = zip(steady, against_best(rivals, board.rules), strict=True)
    compared = {entry.label: vars(comparison) for entry, comparison in comparisons}
    optimism = corrected_winner(
        rivals.by_row, rivals.weight, resampler=rivals.resampler, draws=board.rules.draws // 2, seed=study.seed
    )
    return replace(
        board,
        entries=tuple(replace(e, **compared.get(e.label, {})) for e in board.entries),
        optimism=optimism,
        association=min(1.0, association(study, board.best.label) * len(steady)),
        evidence=evidence_of_skill(study, scores, [e.label for e in steady]),
    )


def _rival_scores(
    study: Study, board: Leaderboard, rivals: Sequence[Entry], rows: Mapping[str, np.ndarray]
) -> RivalScores:
    by_row = np.column_stack([scoring.by_row(rows[entry.label]) for entry in rivals])
    complete = ~np.isnan(by_row).any(axis=1)
    groups = None if study.groups is None else study.groups[complete]
    return RivalScores(
        by_row=by_row[complete],
        by_fold=np.array([board.folds[entry.label] for entry in rivals]),
        weight=None if study.weight is None else study.weight[complete],
        ratio=board.ratio,
        rope=board.rope,
        constant=board.constant if np.isfinite(board.constant) else np.inf,
        resampler=Resampler(int(np.count_nonzero(complete)), study.ordered, groups),
        seed=study.seed,
    )
