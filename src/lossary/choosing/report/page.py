"""A report as one HTML file that needs nothing else: no network, and no script."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lossary.choosing.findings.sentences import sentence
from lossary.choosing.judging.decide import Decision
from lossary.choosing.report import candidate_charts, dependence_charts, figures
from lossary.choosing.report.content import content
from lossary.choosing.report.drawing import Picture
from lossary.choosing.report.supplement import Supplement
from lossary.choosing.report.words import clean, number

MOST_FITTED_CURVES = 4
"""Features along which fitted curves are drawn, at most."""
BREAKS = re.compile(r"(?<=_)(?=\w)|(?<=\w{12})(?=\w)")
"""Where a line may break inside a name: a column is no wider than it must be."""


@dataclass(frozen=True)
class Pictures:
    """The figures of a page; what a question has no use for is missing."""

    skill: Picture | None
    gaps: Picture | None
    importances: Picture | None
    effects: tuple[Picture, ...]
    errors: tuple[Picture, ...]
    calibration: tuple[Picture, ...]
    murphy: tuple[Picture, ...]
    fitted: tuple[Picture, ...]


def html(decision: Decision, supplement: Supplement | None = None) -> str:
    """The report as a page."""
    supplement = supplement or Supplement()
    script = files("lossary.choosing.report").joinpath("templates", "report.js").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=content(decision, supplement),
            pictures=_pictures(decision, supplement),
            script=script,
            script_digest=_digest(script),
        )
    )


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
    environment.filters["clean"] = clean
    environment.filters["number"] = number
    environment.filters["breakable"] = breakable
    environment.filters["sentence"] = sentence
    return environment


def breakable(text: str) -> Markup:
    """A heading in which lines may break at underscores, and inside very long words.

    Examples
    --------
    >>> breakable("wind_speed & gust")
    Markup('wind_<wbr>speed &amp; gust')
    """
    return Markup("<wbr>").join(BREAKS.split(text))


def _digest(script: str) -> str:
    """What the page's policy knows its one script by: no other is run, whatever a name or value holds."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def _pictures(decision: Decision, supplement: Supplement) -> Pictures:
    study, board, label = decision.study, decision.leaderboard, decision.shown_label
    names = {entry.label: entry.name for entry in board.entries}
    target = supplement.source.target
    predicted = f"probability of {study.classes[1]}" if len(study.classes) == 2 else target
    recommended = decision.verdict.recommended
    told = supplement.explanation
    return Pictures(
        skill=candidate_charts.skill_chart(board, "" if recommended is None else recommended.label, names),
        gaps=candidate_charts.gap_chart(board, names),
        importances=None if told is None else dependence_charts.importance_chart(told),
        effects=() if told is None else dependence_charts.effect_charts(told, names),
        errors=figures.residuals(study, label, names[label]) or figures.probabilities(study, label, names[label]),
        calibration=tuple(figures.reliability(each) for each in decision.calibration),
        murphy=tuple(figures.murphy_diagram(each, target, names) for each in decision.murphy),
        fitted=tuple(figures.fitted(each, predicted, names) for each in supplement.curves[:MOST_FITTED_CURVES]),
    )
