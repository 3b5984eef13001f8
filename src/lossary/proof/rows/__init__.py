"""Attacks on a loss of a row of scores: its derivatives, claims, facts, domain and accuracy.

Comes in: the loss's record. Goes out: findings, and the table of its worst errors. Imports the files of
``lossary.proof`` except ``report``, and ``pointwise`` for what relations between the two kinds of loss need.
"""
