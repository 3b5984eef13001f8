"""Losses of one target and one prediction: ``LossFunction``.

In come arrays of one shape; out come numbers of that shape, and costs. It may import ``arrays`` and what all kinds of
loss share (``base``, ``call`` and below), but not the other kinds and not the registry.
"""
