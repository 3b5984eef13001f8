"""What a loss's page says, wherever it is shown: ``help``, the terminal, a notebook, a file, the site.

One function gathers it from the record; what shows it only lays it out.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossary import discovery
from lossary.backends import trace
from lossary.evaluate.claims_in_words import ClaimInWords, claims_in_words
from lossary.evaluate.description import PREDICTED, Described
from lossary.evaluate.see_also import Related, see_also
from lossary.formula import Loss
from lossary.rowwise import PREDICTIONS, TARGETS, RowLoss

QUANTITIES = {"value": "value", "gradient": "grad", "curvature": "hess"}
"""What readers call the formulas, and their names in a record."""

LINKS = {
    "log": "the logarithm of a mean",
    "logit": "a logit",
    "half_logit": "half a logit",
    "softmax": "whose softmax are the probabilities",
    "sigmoid": "whose sigmoids are the probabilities",
}


@dataclass(frozen=True)
class Equation:
    """A formula by name, in a line of text and in LaTeX (without dollars), which a number of a row has not always."""

    name: str
    text: str
    latex: str | None


@dataclass(frozen=True)
class ParameterInForce:
    """A parameter: its value here (None where it differs from example to example), default, range and meaning."""

    name: str
    value: float | None
    default: float
    within: str
    meaning: str


@dataclass(frozen=True)
class Page:
    """Everything that is to be said of a loss at its parameters, in the order in which it is said.

    called         the loss with its parameters: "huber(delta=1)"
    formulas       value, gradient and curvature as a textbook has them
    as_computed    what is computed instead, for its digits; empty where that is the same
    use_when       when to take the loss; avoid_when: when not, and what to take then
    domain         the valid targets and predictions, in words
    predicts       what its best prediction is
    elsewhere      names in other libraries, with factors
    related        other losses, and why to look at them
    """

    name: str
    called: str
    title: str
    brief: str
    prose: str
    formulas: tuple[Equation, ...]
    as_computed: tuple[Equation, ...]
    use_when: str
    avoid_when: str
    parameters: tuple[ParameterInForce, ...]
    predicts: str
    domain: Mapping[str, str]
    claims: tuple[ClaimInWords, ...]
    aliases: tuple[str, ...]
    elsewhere: Mapping[str, str]
    sources: tuple[str, ...]
    related: tuple[Related, ...]


def page(loss: Described[Any]) -> Page:
    """What is to be said of a loss.

    Examples
    --------
    >>> import lossary
    >>> from lossary.evaluate.page import page
    >>> said = page(lossary.squared_error)
    >>> said.formulas[0]
    Equation(name='value', text='(f - y)^2', latex='(f - y)^{2}')
    >>> [related.name for related in said.related][0]
    'half_squared_error'
    """
    record = loss.record
    return Page(
        name=loss.name,
        called=str(loss),
        title=loss.title,
        brief=loss.brief,
        prose=inspect.cleandoc(loss.prose),
        formulas=formulas(record),
        as_computed=as_computed(record),
        use_when=record.use_when,
        avoid_when=record.avoid_when,
        parameters=tuple(_in_force(loss)),
        predicts=predicts(loss),
        domain=domain_in_words(record),
        claims=claims_in_words(_claims(loss)),
        aliases=loss.aliases,
        elsewhere=loss.elsewhere,
        sources=loss.sources,
        related=() if discovery.is_own(record) else see_also(record),
    )


def formulas(record: Loss | RowLoss) -> tuple[Equation, ...]:
    """Value, gradient and curvature as a textbook has them.

    Gradient and curvature are by the prediction; of a row that has a textbook form only the value is given.
    """
    if isinstance(record, RowLoss) and record.textbook is None:
        return _of_row(record)
    value = Equation("value", trace.textbook_text(record), trace.textbook_latex(record)) if record.textbook else None
    if isinstance(record, RowLoss):
        assert value is not None
        return (value,)
    return tuple(value if name == "value" and value else _of_pair(record, name) for name in QUANTITIES)


def as_computed(record: Loss | RowLoss) -> tuple[Equation, ...]:
    """The formulas that are computed in place of a textbook's: the value, and of a row all that it is made from."""
    if record.textbook is None:
        return ()
    return _of_row(record) if isinstance(record, RowLoss) else (_of_pair(record, "value"),)


def _of_pair(record: Loss, name: str) -> Equation:
    quantity = QUANTITIES[name]
    return Equation(name, trace.loss_text(record, quantity), trace.loss_latex(record, quantity))


def _of_row(record: RowLoss) -> tuple[Equation, ...]:
    whole = trace.row_latex(record)
    return tuple(Equation(n, text, whole if n == "value" else None) for n, text in trace.row_texts(record))


def predicts(loss: Described[Any]) -> str:
    """What the minimiser of the expected loss is, in words.

    Examples
    --------
    >>> import lossary
    >>> from lossary.evaluate.page import predicts
    >>> predicts(lossary.quantile.using(tau=0.9))
    '0.9-quantile'
    """
    level = getattr(loss.record, "functional_level", None)
    if level is not None:
        return f"{level(*loss.given.values()):g}-{loss.functional}"
    return PREDICTED.get(loss.functional, loss.functional)


def domain_in_words(record: Loss | RowLoss) -> dict[str, str]:
    """The valid targets and predictions, by the names of the arguments that take them."""
    if isinstance(record, RowLoss):
        target, prediction = TARGETS[record.targets], PREDICTIONS[record.prediction]
        target += " (a class index stands for a one in its place)" if record.targets != "scores" else ""
    else:
        target, prediction = str(record.target), str(record.prediction)
    return {"y_true": target, "y_pred": prediction + (f", {LINKS[record.link]}" if record.link in LINKS else "")}


def _in_force(loss: Described[Any]) -> list[ParameterInForce]:
    values = {name: None if isinstance(x, np.ndarray) else float(x) for name, x in loss.given.items()}
    return [ParameterInForce(p.name, values[p.name], p.default, str(p.within), p.meaning) for p in loss.parameters]


def _claims(loss: Described[Any]) -> Mapping[str, bool | float]:
    """The claims at these parameters; none where a parameter differs from example to example."""
    varying = any(isinstance(value, np.ndarray) for value in loss.given.values())
    return {} if varying else loss.claims
