"""What makes pages of the site out of records, code and results; ``pages()`` of a module gives MyST texts by path."""

import os

# Keras decides on its backend when it is imported, and takes TensorFlow where nothing is said.
os.environ.setdefault("KERAS_BACKEND", "torch")
