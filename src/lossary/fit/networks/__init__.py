"""The network of ``lossary.fit.mlp``: how it is trained with PyTorch, and the model in NumPy that is kept."""
