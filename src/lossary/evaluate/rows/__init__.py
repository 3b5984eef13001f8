"""Losses of a target and a row of scores: ``RowLossFunction``, and its options on classes and scores.

In come rows of scores, the classes along the last axis, with class indices or rows of target weights; out come one
number a row, or one a score. ``labels`` and ``softmax`` are functions of such rows. It may import ``arrays`` and what
all kinds of loss share (``base``, ``call`` and below), but not the other kinds and not the registry.
"""
