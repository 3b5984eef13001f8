"""What a torch user passes, made ready: dtypes, shapes, weights, reductions, missing targets, and memory for kernels.

In come a user's tensors and options; out come tensors of settled dtype and shape, arrays on the same memory, and
errors that speak of ``input`` and ``target``. It imports ``lossary.evaluate`` and ``lossary.torch.formulas``.
"""
