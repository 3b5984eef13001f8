"""From a study to a decision: leaderboard, verdict, findings, Murphy diagrams, calibration. Nothing is fitted."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from typing import Any

import numpy as np

from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.study import Candidate, Study, many_classes
from lossary.choosing.comparison.thresholds import cost_threshold
from lossary.choosing.findings.finding import Finding
from lossary.choosing.judging import gains
from lossary.choosing.judging.averaging import Average, best_average
from lossary.choosing.judging.calibration import Calibration, calibrations
from lossary.choosing.judging.comparison_findings import caveats, comparison_findings
from lossary.choosing.judging.gain_findings import with_effects
from lossary.choosing.judging.leaderboard import Entry, Leaderboard, leaderboard
from lossary.choosing.judging.murphy import Murphy, murphy
from lossary.choosing.judging.ties import Rules
from lossary.choosing.judging.verdict import Verdict, reach_verdict

MOST_CURVES = 6
"""Candidates drawn in one Murphy diagram."""

REASONS = (
    "leak",
    "leverage",
    "nothing_beats_constant",
    "nothing_to_gain",
    "winner",
    "tie",
    "link_gain",
    "threshold_gain",
    "model_gain",
    "naive_test_over_claims",
    "log_target_bias",
    "impossible_predictions",
    "coverage_off",
    "lone_row",
    "unstable",
    "optimism",
)
"""Findings that a verdict rests on, the weightiest first."""


@dataclass(frozen=True)
class Decision:
    """All that can be said of a study. ``to_dict`` and ``to_json`` give it as data."""

    study: Study
    leaderboard: Leaderboard
    verdict: Verdict
    findings: tuple[Finding, ...]
    murphy: tuple[Murphy, ...]
    calibration: tuple[Calibration, ...]
    """Of the recommended candidate, or where none is, of the best."""
    average: Average | None = None
    """The average of several candidates, against the recommended one; None where there is none to speak of."""

    @property
    def shown_label(self) -> str:
        """The candidate whose rows and curves are shown: the recommended one, or where none is, the best."""
        return _shown_label(self.study, self.leaderboard, self.verdict)

    @property
    def question(self) -> str:
        """What is asked of the target, in words."""
        return question(self.study)

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings, lists and dicts alone; a number that is not finite is None."""
        return _as_plain_data(
            {
                "question": self.question,
                "want": asdict(self.study.want),
                "rows": int(self.study.y.size),
                "folds": len(self.study.folds),
                "seed": self.study.seed,
                "verdict": _verdict(self),
                "average": self.average,
                "yardsticks": [
                    {"name": y.name, "shown": y.shown, "unit": y.unit, "decides": i == 0}
                    for i, y in enumerate(self.leaderboard.yardsticks)
                ],
                "constant": self.leaderboard.constant,
                "rules": asdict(self.leaderboard.rules),
                "scores_are": f"mean {self.leaderboard.primary.name}",
                "leaderboard": [_entry(e, self.study) for e in self.leaderboard.entries],
                "optimism": self.leaderboard.optimism,
                "evidence": {**asdict(self.leaderboard.evidence), "ranks_p": self.leaderboard.association},
                "findings": [f.to_dict() for f in self.findings],
                "murphy": [{"what": m.what, "theta": m.theta, "curves": dict(m.curves)} for m in self.murphy],
                "calibration": [asdict(c) for c in self.calibration],
            }
        )

    def to_json(self, indent: int | None = 2) -> str:
        """The decision as JSON."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)


def decide(
    study: Study, findings: Sequence[Finding] = (), rules: Rules | None = None, primary: str | None = None
) -> Decision:
    """Decide which candidate to use.

    Parameters
    ----------
    study : Study
        Out-of-fold predictions of all candidates on the same folds.
    findings : sequence of Finding
        What diagnostics found. One that is ``blocking`` decides the verdict where lines predict best: no loss mends it.
    rules : Rules, optional
        When a difference counts.
    primary : str, optional
        The yardstick that decides, if not the panel's first.

    Raises ValueError if no candidate can be scored.
    """
    board = leaderboard(study, rules, primary)
    verdict = reach_verdict(study, board, findings)
    shown = _shown_label(study, board, verdict)
    diagrams = murphy(study, _murphy_labels(board, shown))
    calibration = calibrations(study, shown)
    all_findings = sorted(
        (*with_effects(board, findings), *comparison_findings(study, board, verdict, diagrams, calibration)),
        key=lambda finding: (finding.code, finding.about),
    )
    verdict = replace(verdict, reasons=_reasons(all_findings, verdict), caveats=caveats(study, board))
    return Decision(study, board, verdict, tuple(all_findings), diagrams, calibration, _average(study, board, verdict))


def _average(study: Study, board: Leaderboard, verdict: Verdict) -> Average | None:
    """The average that might be used in place of the recommended candidate, where one is that predicts."""
    recommended = verdict.recommended
    if recommended is None or recommended.kind == "constant":
        return None
    return best_average(study, board, board.entry(recommended.label))


def _shown_label(study: Study, board: Leaderboard, verdict: Verdict) -> str:
    recommended = verdict.recommended
    has_predictions = recommended is not None and recommended.label in study.predictions
    return recommended.label if recommended is not None and has_predictions else board.best.label


def question(study: Study) -> str:
    """What is asked of the target, in words."""
    want = study.want
    if want.functional == "quantile":
        return f"the {quantile_level(want):g}-quantile: the number below which that share of targets falls"
    if want.functional == "interval":
        low, high = interval_levels(want)
        return f"the interval that holds {high - low:.0%} of the targets"
    if want.functional == "label" and want.cost_under != want.cost_over:
        return (
            f"the class, decided at the least cost: {want.cost_under:g} for a missed {_second(study)}, "
            f"{want.cost_over:g} for a false alarm"
        )
    return {
        "mean": "the mean: predictions that add up to the right total",
        "median": "the median: a typical value, as often too low as too high",
        "probability": "the probability of each class",
        "label": "the class, decided at the least cost",
    }[want.functional]


def _second(study: Study) -> str:
    return repr(study.classes[1]) if len(study.classes) == 2 else "second class"


def _murphy_labels(board: Leaderboard, shown: str) -> list[str]:
    """The candidates worth a curve: the one shown, the reference, then the best of the others."""
    usual = gains.reference(board)
    first = [shown, *([usual.label] if usual is not None else [])]
    return list(dict.fromkeys([*first, *(e.label for e in board.rivals)]))[:MOST_CURVES]


def _reasons(findings: Sequence[Finding], verdict: Verdict) -> tuple[Finding, ...]:
    """The findings that the verdict rests on; of those about single candidates the ones that matter to it."""
    recommended = verdict.recommended.label if verdict.recommended else ""
    concerned = {
        recommended,
        verdict.simplest,
        *(s.source for s in verdict.steps),
        "",
    }  # the simplest may have been passed over
    general = (
        "naive_test_over_claims",
        "link_gain",
        "model_gain",
        "threshold_gain",
        "optimism",
        "log_target_bias",
        "leak",
    )
    reasons = [f for f in findings if f.blocking or f.kind.name in REASONS]
    reasons = [f for f in reasons if f.blocking or f.about in concerned or f.kind.name in general]
    return tuple(sorted(reasons, key=lambda f: (not f.blocking, _rank(f.kind.name))))


def _rank(name: str) -> int:
    return REASONS.index(name) if name in REASONS else len(REASONS)


# As data.


def _verdict(decision: Decision) -> dict[str, Any]:
    verdict, study = decision.verdict, decision.study
    fields = {key: getattr(verdict, key) for key in ("code", "headline", "tied", "simplest", "steps", "caveats")}
    recommended = None if verdict.recommended is None else _candidate(verdict.recommended, study)
    read = decision.leaderboard.primary.shown
    cost = None if verdict.cost is None else {**asdict(verdict.cost), "scores_are": read}
    return fields | {"recommended": recommended, "cost": cost, "reasons": [f.code for f in verdict.reasons]}


def _entry(entry: Entry, study: Study) -> dict[str, Any]:
    elsewhere = ("candidate",)
    fields = {key: getattr(entry, key) for key in Entry.__dataclass_fields__ if key not in elsewhere}
    return {"candidate": _candidate(entry.candidate, study), **fields}


def _candidate(candidate: Candidate, study: Study) -> dict[str, Any]:
    """With the threshold that labels of two classes are cut at."""
    fields = {key: getattr(candidate, key) for key in Candidate.__dataclass_fields__}
    has_threshold = study.want.functional == "label" and not many_classes(study) and candidate.threshold is None
    return fields | ({"threshold": cost_threshold(study.want)} if has_threshold else {})


def _as_plain_data(value: Any) -> Any:
    """The same in numbers, strings, lists and dicts."""
    if isinstance(value, Mapping):
        return {str(key): _as_plain_data(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _as_plain_data(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, (list, tuple)):
        return [_as_plain_data(item) for item in value]
    if isinstance(value, np.ndarray):
        return _as_plain_data(value.tolist())
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, (int, np.integer)):
        return int(value)
    return value if value is None or isinstance(value, str) else str(value)
