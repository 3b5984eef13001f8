"""What would be compared before there is any data: the candidates of a question, by what is known beforehand.

Nothing is decided here. Targets are examples of what ``table/task.py`` tells apart, what is in the data are findings
with the settings that go with them, and the answer is what ``candidates`` gives for these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from lossary.choosing.candidates import candidates
from lossary.choosing.comparison.study import Want
from lossary.choosing.diagnosis.diagnose import Diagnosis, Settings, target_findings
from lossary.choosing.diagnosis.shape import Power, StudentT
from lossary.choosing.findings.catalogue import kind
from lossary.choosing.findings.finding import new_finding
from lossary.choosing.findings.kind import Kind
from lossary.choosing.table.task import Task, parse_question, possible_questions, task_of
from lossary.choosing.training.recipes import Recipe, is_forced
from lossary.discovery import names, record
from lossary.evaluate.registry import named

MODELS = ("linear", "boosting")
"""Whose candidates are told: a network's are among them."""


@dataclass(frozen=True, eq=False)
class Target:
    """A kind of target: a word for it, what it is in a sentence, and an example that the rules read."""

    name: str
    title: str
    task: Task


@dataclass(frozen=True)
class Question:
    """What may be wanted of a target: a word for it, what it is in a sentence, and the options of the command."""

    name: str
    title: str
    options: str
    want: Want


@dataclass(frozen=True)
class Trait:
    """Something that data may have: a finding, the settings that come with it, and the targets it is found in."""

    name: str
    title: str
    finding: str
    applies: Callable[[Task], bool]
    settings: Callable[[Settings], Settings] = lambda settings: settings

    @property
    def kind(self) -> Kind:
        """What the finding stands for."""
        return kind(self.finding)


ROWS = 60
_N = np.arange(float(ROWS))


@cache
def targets() -> tuple[Target, ...]:
    """Every kind of target that choosing tells apart."""
    ordered = np.array(["low", "medium", "high"], dtype=object)[np.arange(ROWS) % 3]
    named = np.array(["blue", "green", "red"], dtype=object)[np.arange(ROWS) % 3]
    return (
        Target("number", "A number of any sign: a difference, a temperature", task_of("y", _N - 20.5)),
        Target("positive", "An amount above zero: a price, a duration", task_of("y", 1.5 * _N + 0.7)),
        Target(
            "amount",
            "An amount that is often exactly zero: rain, claims",
            task_of("y", np.maximum(1.5 * _N - 30.2, 0.0)),
        ),
        Target("count", "A count: visits, faults, hires", task_of("y", 3.0 * _N)),
        Target("share", "A share between 0 and 1, or a percentage", task_of("y", _N / 59.0)),
        Target("two", "One of two classes: yes or no", task_of("y", _N % 2, True)),
        Target("classes", "One of several classes", task_of("y", named)),
        Target("grades", "One of several classes in order: grades, ratings", task_of("y", ordered)),
    )


@cache
def questions(target: Target) -> tuple[Question, ...]:
    """What may be wanted of a kind of target: what choosing asks a person, and errors that cost more one way."""
    asked = [(name, text.partition(" (")[0]) for name, text in possible_questions(target.task)]
    found = [Question(name, text, f"--want {name}", _parsed(name)) for name, text in asked]
    if target.task.is_number or len(target.task.classes) == 2:
        want = parse_question(None if target.task.is_number else "label", 3.0, 1.0)
        text = "what costs least, where predicting too low costs three times as much as too high"
        if not target.task.is_number:
            text = "which class it is, where missing one costs three times as much as a false alarm"
        options = "--cost-under 3 --cost-over 1"
        found.append(Question("costs", text, options, want or Want("quantile", None, 3.0, 1.0)))
    return tuple(found)


def _parsed(name: str) -> Want:
    want = parse_question(name)
    if want is None:
        raise ValueError(f"{name!r} asks for nothing")
    return want


def _number(task: Task) -> bool:
    return task.is_number


def _never_negative(task: Task) -> bool:
    return task.support in ("nonnegative", "positive")


def _classes(task: Task) -> bool:
    return not task.is_number


def _any(task: Task) -> bool:
    return True


TRAITS = (
    Trait(
        "outliers",
        "a few errors far larger than the rest",
        "heavy_tails",
        _number,
        lambda settings: replace(settings, student=StudentT(4.0, settings.spread)),
    ),
    Trait("strangers", "many rows that follow something else", "contamination", _number),
    Trait("lopsided", "errors that reach further to one side", "asymmetry", _number),
    Trait("fans-out", "some rows far noisier than others", "heteroscedasticity", _number),
    Trait(
        "grows",
        "variance that grows as a power of the mean",
        "mean_variance_power",
        _never_negative,
        lambda settings: replace(settings, power=Power(1.5, 0.1)),
    ),
    Trait(
        "grows-fast",
        "variance that grows as the cube of the mean",
        "mean_variance_power",
        lambda task: task.support == "positive",
        lambda settings: replace(settings, power=Power(3.0, 0.1)),
    ),
    Trait("overdispersed", "counts that vary more than Poisson's", "overdispersion", lambda task: task.counts),
    Trait("wrong-labels", "labels that may be wrong", "label_noise", _classes),
    Trait("rare", "one class that is rare", "imbalance", _classes),
    Trait("separable", "classes that can be told apart without error", "separable_classes", _classes),
    Trait("leverage", "rows far out in the features", "leverage", _number),
    Trait("gaps", "missing values", "missing_values", _any),
    Trait("time", "rows in order of time", "time_order", _any),
    Trait("groups", "several rows of one person, shop or machine", "groups", _any),
    Trait("few", "few rows", "few_rows", _any),
    Trait("leak", "a column that nearly gives the target away", "leak", _any),
)


def traits(target: Target) -> tuple[Trait, ...]:
    """What data with a kind of target may have."""
    return tuple(trait for trait in TRAITS if trait.applies(target.task))


def diagnosis(target: Target, having: Sequence[Trait]) -> Diagnosis:
    """What choosing would find: what the target shows, and the traits."""
    settings = Settings()
    for trait in having:
        settings = trait.settings(settings)
    findings = [*target_findings(target.task), *(new_finding(trait.finding, trait.title) for trait in having)]
    return Diagnosis(tuple(findings), settings)


class _Unranked(Diagnosis):
    """Findings that speak for no loss: candidates then come in the order in which they are listed."""

    def suggested(self) -> set[str]:
        return set()


def offered(target: Target, question: Question, having: Sequence[Trait] = ()) -> list[Recipe]:
    """What would be compared, in the order in which candidates are listed; of what models share, the first model's."""
    found = diagnosis(target, having)
    unranked = _Unranked(found.findings, found.settings)
    recipes: dict[object, Recipe] = {}
    for model in MODELS:
        for recipe in candidates(question.want, target.task, unranked, [model]):
            recipes.setdefault(key_of(recipe), recipe)
    return list(recipes.values())


def advised(target: Target, question: Question, having: Sequence[Trait] = ()) -> list[Recipe]:
    """What would be compared, in the order of a comparison: the usual loss, then what findings speak for.

    Examples
    --------
    >>> count = next(target for target in targets() if target.name == "count")
    >>> [recipe.candidate.loss for recipe in advised(count, questions(count)[0])][:4]
    ['squared_error', 'poisson', 'tweedie', 'negative_binomial']
    """
    spoken_for = diagnosis(target, having).suggested()
    recipes = offered(target, question, having)
    return sorted(recipes, key=lambda r: (r.candidate.kind != "reference", r.candidate.loss not in spoken_for))


def key_of(recipe: Recipe) -> tuple[object, ...]:
    """A candidate apart from its model: the loss with its parameters, and what else is done."""
    one = recipe.candidate
    return one.loss, tuple(sorted(one.parameters.items())), one.link, one.target, one.weights, one.shifted


def without_units(recipe: Recipe) -> Mapping[str, float]:
    """The parameters that mean the same for any data: those in units of y are the data's to say."""
    in_units = {p.name for p in record(recipe.candidate.loss).parameters if "units of y" in p.meaning}
    return {name: value for name, value in recipe.candidate.parameters.items() if name not in in_units}


def command(recipe: Recipe) -> str:
    """The command that fits this candidate alone; "" where only a comparison makes it."""
    one = recipe.candidate
    forced = one.loss in names() and is_forced(named(one.loss), one.link)
    if one.target or one.weights or forced or one.shifted or len(recipe.parts) > 1:
        return ""
    given = ",".join(f"{name}={value:g}" for name, value in without_units(recipe).items())
    return f"lossary fit data.csv --target y --loss {one.loss}{':' if given else ''}{given}"
