"""What the adapters for boosters share: everything about a loss in a booster that no single booster decides.

In come a loss, labels, scores and weights; out come gradients and curvatures, starting scores, leaf values,
predictions, scikit-learn estimators and reports of a check. It imports the catalogue, ``lossary.evaluate`` and
``lossary.proof``, and knows no booster: ``lossary.lightgbm``, ``lossary.xgboost`` and ``lossary.catboost`` add only
what is their own.
"""
