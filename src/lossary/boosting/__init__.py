"""What the adapters for boosters share: curvature, activations, starting constants, leaf values, comparisons.

It knows no booster. ``lossary.lightgbm``, ``lossary.xgboost`` and ``lossary.catboost`` are its users.
"""
