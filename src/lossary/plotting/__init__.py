"""Losses drawn on matplotlib's axes, in notebooks and by the command line alike.

``series`` computes what is drawn, ``plot`` draws it, ``axes`` finds or makes the axes, ``style`` says what lines look
like.
"""
