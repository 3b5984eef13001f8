"""Code that fits a candidate for numbers, in one host."""

from __future__ import annotations

from textwrap import indent

from lossary.choosing.report.code import hosts, networks
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
    rows = _residual_rows(winner, host_code)
    has_held_out = is_stopped or rows == "[held]"
    body = [f"loss = {winner.written}"]
    body += [f"t = {_transformed(winner)}"] if t == "t" else []
    body += hosts.split(winner) if has_held_out else []
    body += [*host_code.training, *_predicting(winner, host_code, t, weights)]
    head = ["import numpy as np"]
    head += hosts.split_imports(winner) if has_held_out else []
    head += ["import lossary", *host_code.imports, *winner.imports]
    return "\n".join([*hosts.import_lines(head), "", *_for_levels(winner, body, rows, weights)])


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
        return networks.torch(winner, t, weights)
    if winner.candidate.model == "boosting":
        return hosts.histogram(winner, t, weights)
    return hosts.estimator(winner, t, weights, _judge(winner))


def _judge(winner: Winner) -> str:
    if winner.levels[0] is None:
        return 'lossary.get("squared_error")'
    return 'lossary.get("quantile").using(tau=level)'


def _residual_rows(winner: Winner, host: Host) -> str:
    """The rows whose residuals stand for those of new rows: of a line, which is soon fitted, all; else those held."""
    return "" if host.out_of_fold or not winner.needs_residuals else "[held]"


def _held_out(winner: Winner, host: Host) -> str:
    """Predictions of these rows by a model that has not seen them, in the units that were trained on."""
    return host.out_of_fold or host.means.format(Z="X" + _residual_rows(winner, host))


def _predicting(winner: Winner, host: Host, t: str, weights: str) -> list[str]:
    """Predictions in the target's units; where rounds are to settle, as a function that they are stopping by."""
    correction = _correction(winner, host, t, weights)
    in_units = f"predictions = {_in_units(winner, host, 'X_new')}"
    if winner.has_conformal_ends:
        apart = [f"held_out.append({_held_out(winner, host)})"]
        in_units = f"ends.append({host.means.format(Z='X_new')})"
    else:
        apart = correction
    if host.stopping is None:
        return [*apart, *host.refitting, in_units]
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
        *apart,  # by the model that has not seen the rows held out, before all rows are learned from
        *host.refitting,
        in_units,
    ]


def _correction(winner: Winner, host: Host, t: str, weights: str) -> list[str]:
    """What residuals add: a quantile of them, or the mean of their exponentials (Duan 1983)."""
    rows = _residual_rows(winner, host)
    residuals = f"{t}{rows} - {_held_out(winner, host)}"
    weights_code = f"{weights}{rows}" if weights else ""
    if winner.candidate.shifted:
        return [f"shift = {residual_quantile(residuals, 'level', weights_code)}"]
    if winner.smeared:
        weight_argument = f", weights={weights_code}" if weights_code else ""
        return [f"smear = np.average(np.exp({residuals}){weight_argument})"]
    return []


def residual_quantile(values: str, level: str, weights: str) -> str:
    """A quantile of what held-out rows show, for new rows."""
    if weights:
        return f'lossary.get("quantile").using(tau={level}).optimal_constant({values}, {weights})'
    return f'np.quantile({values}, {level}, method="weibull")'


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


def _for_levels(winner: Winner, body: list[str], rows: str, weights: str) -> list[str]:
    """The code once, or once for each end of an interval."""
    if not winner.is_interval:
        level = winner.levels[0]
        used = any("level" in line for line in body)
        return [f"level = {level:g}", *body] if used and level is not None else body
    low, high = winner.levels
    loop = [f"for level in ({low:g}, {high:g}):", *indent("\n".join(body), "    ").splitlines()]
    if winner.has_conformal_ends:
        return ["ends, held_out = [], []", *loop, *_widened(winner, rows, weights)]
    return [
        "ends = []",
        *loop,
        "    ends.append(predictions)",
        "predictions = np.sort(np.column_stack(ends), axis=1)",
    ]


def _widened(winner: Winner, rows: str, weights: str) -> list[str]:
    """Both ends moved until the interval holds the share of held-out rows that it should (Romano and others 2019)."""
    low, high = winner.levels
    assert low is not None
    assert high is not None
    t = f"np.log1p(y{rows})" if winner.candidate.target else f"y{rows}"
    margin = residual_quantile("outside", f"{high - low:g}", f"{weights}{rows}" if weights else "")
    ends = "np.sort(np.column_stack([ends[0] - margin, ends[1] + margin]), axis=1)"
    return [
        f"outside = np.maximum(held_out[0] - {t}, {t} - held_out[1])",
        f"margin = {margin}",
        f"predictions = {f'np.expm1({ends})' if winner.candidate.target else ends}",
    ]
