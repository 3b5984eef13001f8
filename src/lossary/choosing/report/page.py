"""A report as one HTML file that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lossary.choosing.comparison.study import Study
from lossary.choosing.findings.sentences import sentence
from lossary.choosing.judging.decide import Decision
from lossary.choosing.report import figures
from lossary.choosing.report.content import content
from lossary.choosing.report.figures import Picture
from lossary.choosing.report.supplement import Supplement
from lossary.choosing.report.words import clean, number

MOST_FITTED_CURVES = 4
"""Features along which fitted curves are drawn, at most."""


@dataclass(frozen=True)
class Pictures:
    """The figures of a page; what a question has no use for is missing."""

    forest: Picture | None
    residuals: Picture | None
    calibration: tuple[Picture, ...]
    murphy: tuple[Picture, ...]
    fitted: tuple[Picture, ...]


def html(decision: Decision, supplement: Supplement | None = None) -> str:
    """The report as a page."""
    supplement = supplement or Supplement()
    template = _environment().get_template("report.html.j2")
    return template.render(report=content(decision, supplement), pictures=_pictures(decision, supplement))


def brief(decision: Decision) -> str:
    """The headline and the leaderboard, for a notebook."""
    return _environment().get_template("brief.html.j2").render(report=content(decision, Supplement()))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lossary.choosing.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["svg"] = _svg
    environment.filters["clean"] = clean
    environment.filters["number"] = number
    environment.filters["sentence"] = sentence
    return environment


def _pictures(decision: Decision, supplement: Supplement) -> Pictures:
    study, label = decision.study, decision.shown_label
    curve = f"probability of {study.classes[1]}" if len(study.classes) == 2 else supplement.source.target
    return Pictures(
        forest=figures.forest(decision.leaderboard),
        residuals=figures.residuals(study, label) or figures.probabilities(study, label),
        calibration=tuple(figures.reliability(each) for each in decision.calibration),
        murphy=tuple(
            figures.murphy_diagram(replace(each, curves=_named(study, each.curves)), supplement.source.target)
            for each in decision.murphy
        ),
        fitted=tuple(
            figures.fitted(replace(each, curves=_named(study, each.curves)), curve)
            for each in supplement.curves[:MOST_FITTED_CURVES]
        ),
    )


def _named(study: Study, curves: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Curves under the names that people read."""
    return {study.name_of(label): curve for label, curve in curves.items()}


def _svg(picture: Picture) -> Markup:
    """Matplotlib escapes what is written into a figure: this is the one text that is not escaped again."""
    return Markup(picture.svg)
