"""Tries to prove a loss wrong: what ``lossary.check`` and the tests run.

Comes in: the record of a loss. Goes out: a ``Report`` of findings, and the committed tables of worst errors. A room for
each kind of loss holds its attacks (``pointwise``, ``rows``); what they share stands beside the rooms. Imports
``evaluate``, the back ends and what is below them. Needs mpmath.
"""
