"""Which losses take part: those that suit what is wanted and where the target lies, with parameters from the data.

What diagnostics speak for comes first, and that is all they decide: nothing is left out because of them. Squared error
always takes part, and for targets that are never negative so does it with a log link and on the log of the target, so
that a gain can be told from that of the link or of the transformation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from lossary.choosing.comparison.levels import interval_levels, quantile_level
from lossary.choosing.comparison.study import Want
from lossary.choosing.diagnosis.diagnose import Diagnosis, Settings
from lossary.choosing.given.answers import recipe_of
from lossary.choosing.given.losses import GivenLoss
from lossary.choosing.table.task import Task
from lossary.choosing.training.recipes import Recipe, is_forced, recipe
from lossary.choosing.training.trees import BUILT_IN, has_lightgbm

HUBER = 1.345
"""Times sigma: 95% of least squares' efficiency under normal errors (Holland and Welsch 1977)."""
TUKEY = 4.685

NONNEGATIVE = ("nonnegative", "positive", "percent")
"""Where the target lies, if logarithms of one and it may be taken, and help."""


@dataclass(frozen=True)
class Asked:
    """What a user asks to be compared: ``losses`` of their own choice, and whether ``only`` these beside the usual one.

    ``places`` are the rows' in their table, from 0, for refusals.
    """

    losses: Sequence[GivenLoss] = ()
    only: bool = False
    places: np.ndarray | None = None


def candidates(
    want: Want, task: Task, diagnosis: Diagnosis, models: Sequence[str], asked: Asked = Asked()
) -> list[Recipe]:
    """All recipes, models in turn: of each the reference, then what was asked for, then what diagnostics speak for.

    Raises ValueError for a loss that was asked for and cannot answer the question.
    """
    in_order: list[Recipe] = []
    for model in models:
        of_model = [r for r in _of_model(want, task, diagnosis, model, asked) if _trainable(r)]
        asked_for = [r.label for r in _asked_for(of_model, asked, model, want, task)]
        of_model.sort(
            key=lambda r: (
                r.candidate.kind != "reference",
                r.label not in asked_for,
                r.candidate.loss not in diagnosis.suggested(),
            )
        )
        in_order += of_model
    return _interleaved(in_order, models)


def left_out(want: Want, task: Task, diagnosis: Diagnosis, models: Sequence[str], asked: Asked = Asked()) -> list[str]:
    """Names of the recipes that nothing installed here can train."""
    return [r.name for model in models for r in _of_model(want, task, diagnosis, model, asked) if not _trainable(r)]


def _interleaved(recipes: list[Recipe], models: Sequence[str]) -> list[Recipe]:
    """The first of each model, then the second of each: what is cut off at the end then costs all models alike."""
    queues = [[r for r in recipes if r.model == model] for model in models]
    longest = max(map(len, queues), default=0)
    return [queue[i] for i in range(longest) for queue in queues if i < len(queue)]


def _trainable(recipe: Recipe) -> bool:
    if recipe.model != "boosting" or has_lightgbm():
        return True
    is_plain = not recipe.weights and (recipe.candidate.link != "log" or recipe.candidate.loss in ("poisson", "gamma"))
    return recipe.candidate.loss in BUILT_IN and is_plain and not recipe.parts[0].parameters.get("label_smoothing")


def _of_model(want: Want, task: Task, diagnosis: Diagnosis, model: str, asked: Asked) -> list[Recipe]:
    """The candidates of one model: those that suit, and those that were asked for and are not among them."""
    suiting = list(_that_suit(want, task, diagnosis, model))
    asked_for = _asked_for(suiting, asked, model, want, task)
    if asked.only:
        return [r for r in suiting if r.candidate.kind == "reference" and r not in asked_for] + asked_for
    return suiting + [r for r in asked_for if r not in suiting]


def _asked_for(suiting: Sequence[Recipe], asked: Asked, model: str, want: Want, task: Task) -> list[Recipe]:
    """What was asked for. Where no parameters are stated it is the first suiting candidate of the loss's name."""
    found: list[Recipe] = []
    for given in asked.losses:
        alike = [r for r in suiting if given.is_plain and _is_plainly(r, given)]
        made = alike[0] if alike else recipe_of(given, model, want, task, asked.places)
        found.append(next((r for r in suiting if r.label == made.label), made))
    return list({r.label: r for r in found}.values())


def _is_plainly(recipe: Recipe, given: GivenLoss) -> bool:
    """Whether a candidate is of this loss, with no link, transformation or class weights put on it."""
    candidate = recipe.candidate
    plain = not candidate.target and not candidate.weights and not is_forced(given.loss, candidate.link)
    return plain and candidate.loss == given.name


def _that_suit(want: Want, task: Task, diagnosis: Diagnosis, model: str) -> Iterator[Recipe]:
    make = partial(_named, model=model)
    if not task.is_number:
        yield from _of_classes(make, want, task, diagnosis, model)
    elif want.functional == "mean":
        yield from _means(make, task, diagnosis, model)
    elif want.functional == "median":
        yield from _medians(make, task, diagnosis)
    else:
        ends = interval_levels(want) if want.functional == "interval" else (quantile_level(want),)
        yield from _quantiles(make, task, diagnosis.settings, ends)


def _of_classes(make: partial[Recipe], want: Want, task: Task, diagnosis: Diagnosis, model: str) -> Iterator[Recipe]:
    if len(task.classes) == 2:
        yield from _two_classes(make, want)
    else:
        yield from _many_classes(make, want)
    if "label_noise" in diagnosis.names():
        yield make("generalized_cross_entropy", {"q": 0.7}, complexity=3, why="gives up labels that it cannot explain")
    if (
        task.ordered and model != "mlp"
    ):  # a network gives each threshold a score of its own, and takes five times as long
        yield make("cumulative_logit", complexity=2, why="the classes are ordered")


def _named(loss: str, parameters: dict[str, float] | None = None, *, model: str, **options: object) -> Recipe:
    return recipe(loss, model, parameters, **options)  # type: ignore[arg-type]


def _means(make: partial[Recipe], task: Task, diagnosis: Diagnosis, model: str) -> Iterator[Recipe]:
    settings = diagnosis.settings
    huber = HUBER * settings.spread
    yield make("squared_error", reference=True, why="what is done by default")
    if task.bounds is not None:
        in_bounds = partial(make, bounds=task.bounds)
        yield in_bounds("binary_cross_entropy", why="variance as that of shares; right for any mean")
        if task.is_bounded:
            yield in_bounds("squared_error", link="logit", complexity=2, why="the link alone, with the usual loss")
            if np.unique(task.y).size > 2:
                yield make("huber", {"delta": huber}, complexity=2, why="resists outliers, and leaves the mean")
            return
    if task.support in ("nonnegative", "positive"):
        yield from _positive_means(make, task, settings, model)
    yield make("huber", {"delta": huber}, complexity=2, why="resists outliers; the mean only if symmetric")
    yield make("absolute_error", complexity=2, why="aims at the median: the mean only if symmetric")
    if settings.student is not None and settings.student.df < 30.0:
        parameters = {"scale": settings.student.scale, "df": settings.student.df}
        yield make("student_t_nll", parameters, complexity=2, why="the likeliest tails of the pilot's residuals")
    if "contamination" in diagnosis.names():
        yield make("tukey_biweight", {"c": TUKEY * settings.spread}, complexity=4, why="gives far rows up altogether")


def _positive_means(make: partial[Recipe], task: Task, settings: Settings, model: str) -> Iterator[Recipe]:
    yield make("squared_error", link="log", complexity=2, why="the link alone, with the usual loss")
    yield make("poisson", why="variance in proportion to the mean; right for any mean")
    power = settings.power.power if settings.power is not None else 1.5
    if 1.05 <= power <= 1.95:
        yield make("tweedie", {"p": power}, why=f"variance as the mean to the power {power:.2f}")
    elif task.support == "nonnegative":
        yield make("tweedie", {"p": 1.5}, why="a lump at zero beside positive amounts")
    if task.support == "positive":
        yield make("gamma", why="variance as the square of the mean")
        if power > 2.5:
            yield make("inverse_gaussian", why="variance as the cube of the mean")
    if task.counts:
        yield make(
            "negative_binomial",
            {"alpha": settings.dispersion},
            complexity=2,
            why="counts that vary more than Poisson's",
        )
    yield make("squared_error", target="log1p", complexity=3, why="for comparison: it predicts a geometric mean")
    if model == "linear":
        yield make(
            "squared_error", target="log1p", smeared=True, complexity=4, why="the same, brought back to the mean"
        )


def _medians(make: partial[Recipe], task: Task, diagnosis: Diagnosis) -> Iterator[Recipe]:
    settings = diagnosis.settings
    huber = HUBER * settings.spread
    yield make("absolute_error", reference=True, why="least at the median")
    yield make("squared_error", why="takes fewer rows where errors are normal; the median only if symmetric")
    yield make("huber", {"delta": huber}, complexity=2, why="between mean and median")
    yield make("pseudo_huber", {"delta": huber}, complexity=2, why="the same with a smooth bend")
    if settings.student is not None and settings.student.df < 30.0:
        parameters = {"scale": settings.student.scale, "df": settings.student.df}
        yield make("student_t_nll", parameters, complexity=2, why="the likeliest tails of the pilot's residuals")
    if "contamination" in diagnosis.names():
        yield make("tukey_biweight", {"c": TUKEY * settings.spread}, complexity=4, why="gives far rows up altogether")
    if task.support in NONNEGATIVE:
        yield make("absolute_error", target="log1p", complexity=3, why="the median of a log is the log of the median")
        yield make("squared_error", target="log1p", complexity=3, why="the median, if symmetric on the log scale")
        yield make("poisson", why="aims at the mean, with a log link")


def _quantiles(make: partial[Recipe], task: Task, settings: Settings, ends: tuple[float, ...]) -> Iterator[Recipe]:
    huber = HUBER * settings.spread
    is_one_quantile = len(ends) == 1
    adjusted = partial(make, "quantile", levels=ends, shifted=True)
    yield adjusted(reference=True, why="least at the quantile; then moved until rows held out are covered as asked")
    shifted = partial(make, shifted=True, complexity=2)
    yield shifted("squared_error", why="the mean and a quantile of residuals: enough where the spread is the same")
    yield shifted("huber", {"delta": huber}, why="the same around a robust centre")
    yield shifted("absolute_error", why="the same around the median")
    if task.support in NONNEGATIVE:
        yield adjusted(target="log1p", complexity=3, why="a quantile of a log is the log of it")
        yield shifted("squared_error", target="log1p", complexity=4, why="enough where the spread grows with the level")
    if is_one_quantile and task.support == "real" and settings.student is not None and settings.student.df < 30.0:
        parameters = {"scale": settings.student.scale, "df": settings.student.df}
        yield shifted("student_t_nll", parameters, why="around a centre that resists outliers")


def _two_classes(make: partial[Recipe], want: Want) -> Iterator[Recipe]:
    yield make("logistic", reference=True, why="what is done by default")
    yield make("focal", {"gamma": 1.0, "alpha": 0.5}, why="less weight on what is certain; undone for probabilities")
    yield make("focal", {"gamma": 2.0, "alpha": 0.5}, why="the same, stronger")
    yield make("logistic", {"label_smoothing": 0.1}, why="doubts every label a little")
    yield make("exponential", why="AdaBoost's loss")
    if want.functional == "label":
        yield make("squared_hinge", why="a margin, with some probability left")
        yield make("hinge", why="the margin alone: labels, no probabilities")
        if want.cost_under != want.cost_over:
            weights = (want.cost_over, want.cost_under)
            yield make("logistic", weights=weights, complexity=2, why="costs in training in place of the threshold")
            yield make("hinge", weights=weights, complexity=2, why="costs in training")


def _many_classes(make: partial[Recipe], want: Want) -> Iterator[Recipe]:
    yield make("softmax_cross_entropy", reference=True, why="what is done by default")
    yield make("focal_softmax", {"gamma": 1.0}, why="less weight on what is certain; undone for probabilities")
    yield make("focal_softmax", {"gamma": 2.0}, why="the same, stronger")
    yield make("one_vs_rest_logistic", why="each class against the rest")
    yield make("softmax_brier", why="squared error of probabilities")
    if want.functional == "label":
        yield make("multiclass_hinge", why="the margin alone: labels, no probabilities")
