"""What a loss's page says, wherever it is shown: ``help``, the terminal, a notebook, a file, the site.

One function gathers it from the record; what shows it only lays it out.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lossary.backends import trace
from lossary.evaluate.claims_in_words import ClaimInWords, claims_in_words
from lossary.evaluate.curves import Curved
from lossary.evaluate.see_also import Related, see_also
from lossary.formula import REALS, Domain, Loss
from lossary.rowwise import PREDICTIONS, TARGETS, RowLoss

QUANTITIES = {"value": "value", "gradient": "grad", "curvature": "hess"}
"""What readers call the formulas, and their names in a record."""

LINKS = {
    "log": "the mean's logarithm",
    "logit": "a logit",
    "half_logit": "half a logit",
    "softmax": "their softmax are the probabilities",
    "sigmoid": "their sigmoids are the probabilities",
}


PREDICTED = {
    "huber": "between median and mean",
    "m-estimate": "a centre of its own",
    "location": "a centre of its own",
    "label": "the likelier label",
    "smoothed_hinge": "the likelier label",
    "focal": "a distorted probability",
    "generalized_cross_entropy": "a distorted probability",
    "poly1": "a distorted probability",
    "symmetric_cross_entropy": "a distorted probability",
    "jensen_shannon": "a centre of its own",
    "beta-median": "a median that weighs small targets more",
    "none": "nothing in particular",
}
"""What a loss's best prediction is, where its functional's name does not say it."""


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


def page(loss: Curved) -> Page:
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
    record: Loss | RowLoss = loss.record
    return Page(
        name=record.name,
        called=str(loss),
        title=record.title or record.name,
        brief=record.brief,
        prose=inspect.cleandoc(record.prose),
        formulas=formulas(record),
        as_computed=as_computed(record),
        use_when=record.use_when,
        avoid_when=record.avoid_when,
        parameters=tuple(_in_force(loss)),
        predicts=predicts(loss),
        domain=domain_in_words(record),
        claims=claims_in_words(_claims(loss)),
        aliases=record.aliases,
        elsewhere=record.elsewhere,
        sources=record.sources,
        related=see_also(record),
    )


def formulas(record: Loss | RowLoss) -> tuple[Equation, ...]:
    """Value, gradient and curvature as a textbook has them, by the prediction, of a row by the score of class j.

    Those that have no textbook form are the formulas that are computed; of a row that has one they are left out.
    """
    forms = {name: _textbook(record, quantity) for name, quantity in QUANTITIES.items()}
    if isinstance(record, RowLoss):
        given = tuple(form for form in forms.values() if form is not None)
        return given or _of_row(record)
    return tuple(form or _of_pair(record, name) for name, form in forms.items())


def as_computed(record: Loss | RowLoss) -> tuple[Equation, ...]:
    """The formulas that are computed in place of a textbook's, and of a row all numbers that they are made from."""
    replaced = [name for name, quantity in QUANTITIES.items() if _textbook(record, quantity) is not None]
    if isinstance(record, RowLoss):
        return _of_row(record) if replaced else ()
    return tuple(_of_pair(record, name) for name in replaced)


def _textbook(record: Loss | RowLoss, quantity: str) -> Equation | None:
    forms = {"value": record.textbook, "grad": record.textbook_grad, "hess": getattr(record, "textbook_hess", None)}
    if forms[quantity] is None:
        return None
    name = next(word for word, its in QUANTITIES.items() if its == quantity)
    return Equation(name, trace.textbook_text(record, quantity), trace.textbook_latex(record, quantity))


def _of_pair(record: Loss, name: str) -> Equation:
    quantity = QUANTITIES[name]
    return Equation(name, trace.loss_text(record, quantity), trace.loss_latex(record, quantity))


def _of_row(record: RowLoss) -> tuple[Equation, ...]:
    whole = trace.row_latex(record)
    return tuple(Equation(n, text, whole if n == "value" else None) for n, text in trace.row_texts(record))


def predicts(loss: Curved) -> str:
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
        return f"{level(*loss.given.values()):g}-{loss.record.functional}"
    return PREDICTED.get(loss.record.functional, loss.record.functional)


def domain_in_words(record: Loss | RowLoss) -> dict[str, str]:
    """The valid targets and predictions, by the names of the arguments that take them."""
    link = LINKS.get(record.link, "")
    if isinstance(record, Loss):
        target, prediction = _number(record.target), _number(record.prediction)
        return {"y_true": target, "y_pred": f"{prediction}: {link}" if link else prediction}
    target = TARGETS[record.targets]
    target += "; a class index stands for a one in its place" if record.targets != "scores" else ""
    prediction = PREDICTIONS[record.prediction]
    return {"y_true": target, "y_pred": f"{prediction}; {link}" if link else prediction}


def _number(domain: Domain) -> str:
    return "any number" if domain == REALS else str(domain)


def _in_force(loss: Curved) -> list[ParameterInForce]:
    values = {name: None if isinstance(x, np.ndarray) else float(x) for name, x in loss.given.items()}
    parameters = loss.record.parameters
    return [ParameterInForce(p.name, values[p.name], p.default, str(p.within), p.meaning) for p in parameters]


def _claims(loss: Curved) -> Mapping[str, bool | float]:
    """The claims at these parameters; none where a parameter differs from example to example."""
    given = [value for value in loss.given.values() if not isinstance(value, np.ndarray)]
    return loss.record.claims.given(*given) if len(given) == len(loss.given) else {}
