"""Code that fits a candidate for numbers, in one host."""

from __future__ import annotations

from textwrap import indent

from lossary.choosing.report.code import hosts
from lossary.choosing.report.code.hosts import Host
from lossary.choosing.report.code.winner import Winner


def code(winner: Winner, host: str) -> str:
    """The code, or "" where a host cannot train it."""
    t = "t" if winner.candidate.target else "y"
    weights = "weight" if winner.weighted else ""
    chosen = _host(winner, host, t, weights)
    if chosen is None:
        return ""
    splits = chosen.settled is not None or "[held]" in "".join(chosen.training) or _honest(winner, chosen) == "[held]"
    body = [f"loss = {winner.written}"]
    body += ["t = np.log1p(y)"] if t == "t" else []
    body += hosts.split(winner) if splits else []
    body += [*chosen.training, *_predicting(winner, chosen, t, weights)]
    head = ["import numpy as np"]
    head += hosts.split_imports(winner) if splits else []
    head += ["import lossary", *chosen.imports]
    return "\n".join([*hosts.import_lines(head), "", *_for_levels(winner, body)])


def _host(winner: Winner, host: str, t: str, weights: str) -> Host | None:
    if host == "LightGBM":
        return hosts.lightgbm(winner, t, weights)
    if host == "XGBoost":
        return hosts.xgboost(winner, t, weights)
    if host == "PyTorch":
        return hosts.torch(winner, t, weights)
    if winner.candidate.model == "boosting":
        return hosts.histogram(winner, t, weights)
    return hosts.estimator(winner, t, weights, _judge(winner))


def _judge(winner: Winner) -> str:
    if winner.levels[0] is None:
        return 'lossary.get("squared_error")'
    return 'lossary.get("quantile").using(tau=level)'


def _honest(winner: Winner, host: Host) -> str:
    """The rows whose residuals stand for those of new rows: a line's own, else those held out."""
    fitted = winner.candidate.model == "linear" and host.settled is None
    return "" if fitted or not (winner.candidate.shifted or winner.smeared) else "[held]"


def _predicting(winner: Winner, host: Host, t: str, weights: str) -> list[str]:
    """Predictions in the target's units; where rounds are to settle, as a function that they are settled by."""
    corrected = _correction(winner, host, t, weights)
    if host.settled is None:
        return [*corrected, f"predictions = {_in_units(winner, host, 'X_new')}"]
    more = f", {host.more}" if host.more else ""
    weigh = f", {weights}[held]" if weights else ""
    return [
        f"judge = {_judge(winner)}",
        "",
        f"def predicted(Z{more}):",
        *(f"    {line}" for line in corrected),
        f"    return {_in_units(winner, host, 'Z')}",
        "",
        *host.settled(f"judge.cost(y[held], predicted(X[held]{more}){weigh})"),
        f"predictions = predicted(X_new{more})",
    ]


def _correction(winner: Winner, host: Host, t: str, weights: str) -> list[str]:
    """What residuals add: a quantile of them, or the mean of their exponentials (Duan 1983)."""
    rows = _honest(winner, host)
    residuals = f"{t}{rows} - {host.means.format(Z='X' + rows)}"
    weigh = f"{weights}{rows}" if weights else ""
    if winner.candidate.shifted:
        told = f", {weigh}" if weigh else ""
        return [f'shift = lossary.get("quantile").using(tau=level).optimal_constant({residuals}{told})']
    if winner.smeared:
        told = f", weights={weigh}" if weigh else ""
        return [f"smear = np.average(np.exp({residuals}){told})"]
    return []


def _in_units(winner: Winner, host: Host, rows: str) -> str:
    found = host.means.format(Z=rows)
    if winner.smeared:
        return f"np.exp({found}) * smear - 1.0"
    if winner.candidate.shifted:
        found += " + shift"
    return f"np.expm1({found})" if winner.candidate.target else found


def _for_levels(winner: Winner, body: list[str]) -> list[str]:
    """The code once, or once for each end of an interval."""
    if not winner.is_interval:
        level = winner.levels[0]
        used = any("level" in line for line in body)
        return [f"level = {level:g}", *body] if used and level is not None else body
    low, high = winner.levels
    return [
        "ends = []",
        f"for level in ({low:g}, {high:g}):",
        *indent("\n".join(body), "    ").splitlines(),
        "    ends.append(predictions)",
        "predictions = np.sort(np.column_stack(ends), axis=1)",
    ]
