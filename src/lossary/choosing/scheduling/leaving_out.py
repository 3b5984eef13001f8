"""Which candidates are left out first where there is no time for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lossary.choosing.training.recipes import Recipe

FEWEST = 2
"""Candidates under each model at least: the usual loss and another, or the model would tell nothing of losses."""

Cost = Callable[[Recipe], float]
"""Seconds that a recipe takes, as planned."""


def next_left_out(recipes: Sequence[Recipe], cost: Cost, fewest: int = FEWEST) -> Recipe | None:
    """The candidate that goes first: of the costliest model that can spare one the last, which decides least.

    Recipes come in order of importance. Each model keeps its usual loss, the first that is another loss, and so many
    in all. None if no model can spare any.
    """
    spare = {model: last for model in _models(recipes) if (last := _last_spare(_of(recipes, model), fewest))}
    if not spare:
        return None
    return spare[_costliest(recipes, list(spare), cost)]


def costliest_model(recipes: Sequence[Recipe], cost: Cost) -> str | None:
    """The model that costs most; None if there is only one left."""
    models = _models(recipes)
    return _costliest(recipes, models, cost) if len(models) > 1 else None


def _costliest(recipes: Sequence[Recipe], models: Sequence[str], cost: Cost) -> str:
    return max(models, key=lambda model: sum(map(cost, _of(recipes, model))))


def _last_spare(of_model: Sequence[Recipe], fewest: int) -> Recipe | None:
    usual = next((recipe for recipe in of_model if recipe.candidate.kind == "reference"), of_model[0])
    another = next((recipe for recipe in of_model if recipe.candidate.loss != usual.candidate.loss), None)
    spare = [recipe for recipe in of_model if recipe not in (usual, another)]
    return spare[-1] if spare and len(of_model) > fewest else None


def _models(recipes: Sequence[Recipe]) -> list[str]:
    return list(dict.fromkeys(recipe.model for recipe in recipes))


def _of(recipes: Sequence[Recipe], model: str) -> list[Recipe]:
    return [recipe for recipe in recipes if recipe.model == model]
