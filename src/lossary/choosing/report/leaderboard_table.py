"""The leaderboard of a report: every candidate's scores as people read them, beside the best candidate's."""

from __future__ import annotations

from collections.abc import Iterator

from lossary.choosing.judging.leaderboard import Entry, Leaderboard
from lossary.choosing.judging.ties import STANDINGS
from lossary.choosing.report.tables import WIDEST, Table
from lossary.choosing.report.words import chance, clean, number, percent, short

FOLDS, ROWS = "p (folds)", "p (rows)"

HINTS = {
    "standing": "how the candidate compares with the best score, and why it is tied if it is",
    "skill": "the part of the best constant's score that is saved",
    "bias": "mean of predictions minus targets; for a quantile, the share below it minus the level",
    "covers": "the share of unseen targets below the quantile, or inside the interval (95% interval)",
    "missed": "the share of the second class that was taken for the first",
    "false alarms": "the share of the first class that was taken for the second",
    "odds: better / equal / worse": "chances of truly being better than the best, as good but for what is too small "
    "to matter, or worse (Bayesian correlated t-test)",
    FOLDS: "of the corrected t-test against the best, over folds: small values speak against the candidate",
    ROWS: "of the model confidence set, over rows drawn again: small values speak against the candidate",
    "seconds": "to train and predict, all folds together",
}
"""What a heading of the leaderboard stands for."""


def leaderboard_table(board: Leaderboard) -> Table:
    """Scores as people read them; the yardstick that decides comes first."""
    biased = any(e.biases for e in board.rivals)
    covered = any(e.coverage for e in board.rivals)
    decided = any(e.decisions for e in board.rivals)
    headings = ["standing", "candidate", *(y.shown for y in board.yardsticks), "skill"]
    headings += (["bias"] if biased else []) + (["covers"] if covered else [])
    headings += ["missed", "false alarms"] if decided else []
    headings += ["odds: better / equal / worse", FOLDS, ROWS, "seconds"]
    rows = []
    for entry in board.entries:
        cells = [_standing(entry), entry.name]
        cells += [_score(entry, position, board) for position in range(len(board.yardsticks))]
        cells += [percent(entry.skill)]
        cells += [_bias(entry)] if biased else []
        cells += [_covers(entry)] if covered else []
        cells += [percent((entry.decisions or {}).get(key)) for key in ("missed", "false alarms")] if decided else []
        cells += [
            _odds(entry),
            chance(entry.gap.p if entry.gap else None),
            chance(entry.confidence_p),
            number(entry.seconds, 2),
        ]
        rows.append(tuple(short(cell, WIDEST) for cell in cells))
    tied = tuple(e.tied for e in board.entries)
    numeric = (False, False, *[True] * (len(headings) - 2))
    hints = tuple(HINTS.get(heading, "") for heading in headings)
    brief = tuple(position < 3 or heading == "skill" for position, heading in enumerate(headings))
    keys = tuple(clean(e.label) for e in board.entries)
    return Table(tuple(headings), tuple(rows), numeric, tied, tuple(_missing_scores(board)), hints, brief, keys)


def _standing(entry: Entry) -> str:
    if entry.score is None:
        return "no score"
    return "out: fails in a fold" if entry.unstable else STANDINGS.get(entry.standing, "")


def _missing_scores(board: Leaderboard) -> Iterator[str]:
    """Which scores are missing, and why: yardsticks that miss the same candidates in one sentence."""
    missing: dict[str, list[str]] = {}
    for entry in board.entries:
        for yardstick, why in entry.undefined.items():
            missing.setdefault(yardstick, []).append(f"{short(entry.name, WIDEST)} ({clean(why)})")
    yardsticks_of: dict[str, list[str]] = {}
    for yardstick, candidates in missing.items():
        yardsticks_of.setdefault("; ".join(candidates), []).append(yardstick)
    for candidates_and_reasons, yardsticks in yardsticks_of.items():
        yield f"No {' and no '.join(yardsticks)}: {candidates_and_reasons}."


def _score(entry: Entry, position: int, board: Leaderboard) -> str:
    yardstick = board.yardsticks[position]
    score = entry.scores.get(yardstick.name)
    return "-" if score is None else number(yardstick.read(score))


def _bias(entry: Entry) -> str:
    return " / ".join(number(b.bias, 3, signed=True) for b in entry.biases[:3]) or "-"


def _covers(entry: Entry) -> str:
    covers = entry.coverage
    return f"{percent(covers.share)} ({percent(covers.low)} to {percent(covers.high)})" if covers else "-"


def _odds(entry: Entry) -> str:
    if entry.odds is None:
        return "-"
    return " / ".join(percent(part, 0) for part in (entry.odds.better, entry.odds.equal, entry.odds.worse))
