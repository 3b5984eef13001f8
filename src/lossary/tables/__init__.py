"""From files and columns of text to columns of numbers, dates and text: one reading for every command and function.

``files`` finds out what a file is and opens it, text files by ``delimited``. There every column is text first;
``columns`` decides from all its cells whether it holds ``numbers`` or ``dates``, and in which notation. What fits two
notations is refused, and so is a number among words: nothing is guessed in silence.
"""
