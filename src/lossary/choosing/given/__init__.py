"""What a user adds to a comparison: losses by name, from a module or a file, and estimators with losses of their own.

Comes in: specifications and objects; goes out: recipes. Imports ``training``, ``table`` and ``comparison``.
"""
