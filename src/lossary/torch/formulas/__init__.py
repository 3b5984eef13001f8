"""The losses' formulas on torch operations: for tensors and derivatives that no compiled kernel takes.

In come a loss's record and tensors; out come losses, gradients and derivatives of any order, as tensors. It imports
formulas, primitives and the symbolic back end, and nothing else of ``lossary.torch``.
"""
