"""The network of ``lossary.fit.mlp``: how it is trained with PyTorch, and the model in NumPy that is kept.

Comes in: data, the rows held out, and a ``Recipe``. Goes out: a ``NetworkFit``. Imports ``problem``, ``evaluate`` and
``boosting``; only ``training`` imports torch.
"""
