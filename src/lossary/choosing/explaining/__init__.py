"""What the recommended candidate's predictions depend on: importances of the table's columns, and effects of the first.

Comes in: a decision and its inspection. Imports ``planning``, ``judging``, ``training`` and ``table``; a few fits are
done again on the folds of the comparison.
"""
