"""Kernels of a target and a prediction: their text, how they are compiled, and how they are called.

In goes a ``KernelSpec``, out comes a ``Runner``. ``kernels`` and ``text`` import ``specs`` and ``arithmetic``, and only
to compile; ``runner`` imports ``runtime`` and ``cache``.
"""
