"""A rowwise loss as one JavaScript function of a row: statistics in order, then its value and derivatives."""

from __future__ import annotations

from lossary.backends.trace.expression.table import trace
from lossary.backends.trace.printing.javascript import arrow
from lossary.formula import Formula
from lossary.rowwise import PER_SCORE, RowLoss, Statistic, arguments

MOST_STEPS = 200
"""A threshold's iteration ends long before: it climbs, and each step lands on a double."""

COLUMNS = (
    "const $k = $f.length, $rank = $f.map((_, i) => i + 1);",
    "const $before = [-Infinity, ...$f.slice(0, -1)], $after = [...$f.slice(1), Infinity];",
    "const $t_after = $f.map((_, i) => $t[i + 1] ?? 0);",
    "const $sum = terms => terms.reduce((sum, term) => sum + term, 0);",
    "const $running = terms => { let sum = 0; return terms.map(term => sum += term); };",
)


def row_script(loss: RowLoss) -> str:
    """A function of ``(scores, target weights, ...parameters)`` that gives ``{ value, grad, hess }``.

    Names of the row begin with a dollar sign, as those of statistics may be names of primitives.
    """
    columns = {*PER_SCORE, *(s.name for s in loss.statistics if s.per_score)}
    lines = [*COLUMNS, *(_statistic(s, columns) for s in loss.statistics)]
    grad, hess = (_over_scores(formula, columns) for formula in (loss.grad, loss.hess))
    lines.append(f"return {{ value: {_called(loss.value, columns)}, grad: {grad}, hess: {hess} }};")
    given = ", ".join(f"${name}" for name in ("f", "t", *(p.name for p in loss.parameters)))
    return f"({given}) => {{\n  " + "\n  ".join(lines) + "\n}"


def _called(formula: Formula, columns: set[str]) -> str:
    """The formula called with what it asks for by name, at score i where that is one a score."""
    names = arguments(formula)
    given = [f"${name}[i]" if name in columns else f"${name}" for name in names]
    return f"({arrow(trace(formula), names)})({', '.join(given)})"


def _over_scores(formula: Formula, columns: set[str]) -> str:
    return f"$f.map((_, i) => {_called(formula, columns)})"


def _statistic(statistic: Statistic, columns: set[str]) -> str:
    if statistic.kind == "threshold":
        return _threshold(statistic, columns)
    terms = _over_scores(statistic.term, columns)
    taken = {
        "row": _called(statistic.term, columns),
        "keep": terms,
        "max": f"Math.max(...{terms})",
        "sum": f"$sum({terms})",
        "expect": f"$sum($f.map((_, i) => $t[i] === 0 ? 0 : $t[i] * {_called(statistic.term, columns)}))",
        "running": f"$running({terms})",
        "running_back": f"$running({terms}.reverse()).reverse()",
    }
    return f"const ${statistic.name} = {taken[statistic.kind]};"


def _threshold(statistic: Statistic, columns: set[str]) -> str:
    assert statistic.step is not None
    name = f"${statistic.name}"
    sums = [f"const ${each} = $sum({_over_scores(formula, columns)});" for each, formula in statistic.sums]
    higher = _called(statistic.step, columns)
    body = " ".join([*sums, f"const $higher = {higher};", f"if (!($higher > {name})) break;", f"{name} = $higher;"])
    first = _called(statistic.term, columns)
    return f"let {name} = {first}; for (let step = 0; step < {MOST_STEPS}; step += 1) {{ {body} }}"
