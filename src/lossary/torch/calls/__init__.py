"""One call of a loss, by kind of loss: arguments are read, and the way to compute it is chosen.

In come a loss's handle and what the user passed; out comes the loss or the cost, in the dtype of the input. It imports
``lossary.torch.execution``, ``lossary.torch.tensors`` and ``lossary.torch.formulas``.
"""
