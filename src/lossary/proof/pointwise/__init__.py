"""Attacks on a loss of one prediction: its derivatives, claims, facts, functional, domain and accuracy.

Comes in: the loss's record. Goes out: findings. Imports ``accuracy``, ``points``, ``findings`` and ``claim_findings``
of ``lossary.proof``, and everything below it.
"""
