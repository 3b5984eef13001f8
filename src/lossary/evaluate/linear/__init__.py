"""Softmax cross-entropy of a linear layer whose scores are never held all at once.

In come a layer's inputs and weights, and targets; out come the cost and its gradients by all of them. ``chunks`` plans
within a budget of memory and walks over the rows. It may import ``arrays``, ``rows`` and the registry.
"""
