"""Code that fits a candidate for numbers, in one host."""

from __future__ import annotations

from textwrap import indent

from lossary.choosing.report.code import hosts
from lossary.choosing.report.code.hosts import Host
from lossary.choosing.report.code.winner import Winner


def code(winner: Winner, host: str) -> str:
    """The code, or "" where a host cannot train it."""
    t = "t" if winner.candidate.target or winner.bounds else "y"
    weights = "weight" if winner.weighted else ""
    host_code = _host(winner, host, t, weights)
    if host_code is None:
        return ""
    is_stopped = host_code.stopping is not None or "[held]" in "".join(host_code.training)
    has_held_out = is_stopped or _residual_rows(winner, host_code) == "[held]"
    body = [f"loss = {winner.written}"]
    body += [f"t = {_transformed(winner)}"] if t == "t" else []
    body += hosts.split(winner) if has_held_out else []
    body += [*host_code.training, *_predicting(winner, host_code, t, weights)]
    head = ["import numpy as np"]
    head += hosts.split_imports(winner) if has_held_out else []
    head += ["import lossary", *host_code.imports]
    return "\n".join([*hosts.import_lines(head), "", *_for_levels(winner, body)])


def _transformed(winner: Winner) -> str:
    """The targets that are trained on."""
    if winner.bounds is None:
        return "np.log1p(y)"
    low, high = winner.bounds
    return f"{f'(y - {low:g})' if low else 'y'} / {high - low:g}"


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


def _residual_rows(winner: Winner, host: Host) -> str:
    """The rows whose residuals stand for those of new rows: a line's own, else those held out."""
    fitted = winner.candidate.model == "linear" and host.stopping is None
    return "" if fitted or not winner.needs_residuals else "[held]"


def _predicting(winner: Winner, host: Host, t: str, weights: str) -> list[str]:
    """Predictions in the target's units; where rounds are to settle, as a function that they are stopping by."""
    correction = _correction(winner, host, t, weights)
    if host.stopping is None:
        return [*correction, f"predictions = {_in_units(winner, host, 'X_new')}"]
    argument = f", {host.argument}" if host.argument else ""
    weight_argument = f", {weights}[held]" if weights else ""
    return [
        f"judge = {_judge(winner)}",
        "",
        f"def predicted(Z{argument}):",
        *(f"    {line}" for line in correction),
        f"    return {_in_units(winner, host, 'Z')}",
        "",
        *host.stopping(f"judge.cost(y[held], predicted(X[held]{argument}){weight_argument})"),
        *host.refitting,
        f"predictions = predicted(X_new{argument})",
    ]


def _correction(winner: Winner, host: Host, t: str, weights: str) -> list[str]:
    """What residuals add: a quantile of them, or the mean of their exponentials (Duan 1983)."""
    rows = _residual_rows(winner, host)
    residuals = f"{t}{rows} - {host.means.format(Z='X' + rows)}"
    weights_code = f"{weights}{rows}" if weights else ""
    if winner.candidate.shifted:
        weight_argument = f", {weights_code}" if weights_code else ""
        return [f'shift = lossary.get("quantile").using(tau=level).optimal_constant({residuals}{weight_argument})']
    if winner.smeared:
        weight_argument = f", weights={weights_code}" if weights_code else ""
        return [f"smear = np.average(np.exp({residuals}){weight_argument})"]
    return []


def _in_units(winner: Winner, host: Host, rows: str) -> str:
    mean_code = host.means.format(Z=rows)
    if winner.smeared:
        return f"np.exp({mean_code}) * smear - 1.0"
    if winner.candidate.shifted:
        mean_code += " + shift"
    if winner.bounds is not None:
        low, high = winner.bounds
        return f"{f'{low:g} + ' if low else ''}{high - low:g} * {mean_code}"
    return f"np.expm1({mean_code})" if winner.candidate.target else mean_code


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
