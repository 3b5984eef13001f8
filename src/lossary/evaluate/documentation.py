"""A loss's docstring, made from its record: what ``help(lossary.huber)`` and an editor show."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from lossary.backends.numpy import evaluate
from lossary.backends.numpy_rows import Rows
from lossary.evaluate.curves import Curved
from lossary.evaluate.page import ParameterInForce, page
from lossary.formula import Loss, Point
from lossary.rowwise import RowLoss, RowPoint

WIDTH = 100


def documented(loss: Curved) -> str:
    """The docstring: prose, formulas, when to take it, parameters, domain, claims, names elsewhere, examples."""
    said = page(loss)
    sections = {
        "Formula": [f"{formula.name} : {formula.text}" for formula in said.formulas],
        "Use it when": _wrapped(said.use_when),
        "Do not when": _wrapped(said.avoid_when),
        "Parameters": [line for parameter in said.parameters for line in _described(parameter)],
        "Domain": [f"{argument} : {words}" for argument, words in said.domain.items()],
        "Claims": [f"{claim.short} : {claim.meaning}" for claim in said.claims],
        "Names elsewhere": [
            *([f"here too : {', '.join(said.aliases)}"] if said.aliases else []),
            *(f"{library} : {name}" for library, name in said.elsewhere.items()),
        ],
        "See Also": [f"{related.name} : {related.why}" for related in said.related],
        "As computed": [f"{formula.name} : {formula.text}" for formula in said.as_computed],
        "Examples": _examples(loss.record),
    }
    parts = [said.called, said.prose]
    parts += [f"{title}\n{'-' * len(title)}\n" + "\n".join(lines) for title, lines in sections.items() if lines]
    parts.append("help(type(loss)) tells of its methods: cost, gradient, using, optimal_constant ...")
    return "\n\n".join(part for part in parts if part)


def _wrapped(sentences: str) -> list[str]:
    return textwrap.wrap(sentences, WIDTH)


def _described(parameter: ParameterInForce) -> list[str]:
    meaning = textwrap.wrap(parameter.meaning, WIDTH, initial_indent="    ", subsequent_indent="    ")
    return [f"{parameter.name} : float in {parameter.within}, default {parameter.default:g}", *meaning]


# Examples: the points that the loss's file itself knows, so that none is outside its domain.


def _examples(loss: Loss | RowLoss) -> list[str]:
    point = next((fact for fact in loss.facts if isinstance(fact, Point | RowPoint)), None)
    if point is None:
        return []
    given = "".join(f", {name}={value!r}" for name, value in point.given.items())
    arguments = f"({_shown(point.y)}, {_shown(point.f)}{given})"
    value, gradient = _computed(loss, point)
    return [
        ">>> import lossary",
        f">>> lossary.{loss.name}{arguments}.round(6)",
        repr(value.round(6)),
        f">>> lossary.{loss.name}.gradient{arguments}.round(6)",
        repr(gradient.round(6)),
    ]


def _shown(numbers: float | Sequence[float]) -> str:
    """Targets or predictions of one example, as they are typed."""
    one = [*numbers] if isinstance(numbers, Sequence) else numbers
    return repr([one]).replace("-inf", "float('-inf')")


def _computed(record: Loss | RowLoss, point: Point | RowPoint) -> tuple[np.ndarray, np.ndarray]:
    """Value and gradient at a point, by the formulas on plain arrays: nobody who asks for help waits for a compiler."""
    given = {p.name: float(point.given.get(p.name, p.default)) for p in record.parameters}
    if isinstance(record, RowLoss):
        assert isinstance(point, RowPoint)
        rows = row_of(record, point.y, point.f, given)
        return rows.value, rows.over_scores("grad")
    assert isinstance(point, Point)
    y, f = np.array([point.y]), np.array([point.f])
    return evaluate(record.value, y, f, *given.values()), evaluate(record.grad, y, f, *given.values())


def row_of(record: RowLoss, target: int | Sequence[float], scores: Sequence[float], given: Mapping[str, float]) -> Rows:
    """One row under a loss; a class index stands for a one in its place."""
    classes = len(scores) + record.more_classes
    weights = np.eye(classes)[target] if isinstance(target, int) else np.asarray(target, np.float64)
    return Rows(record, weights[np.newaxis], np.asarray(scores, np.float64)[np.newaxis], given)
